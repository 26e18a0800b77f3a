//! Properties that hold for any input. `VPIC_FUZZ_SECONDS` sets the duration of the last test.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use vpic::{Date, Decoder, Options};

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::embedded().expect("the embedded data is valid"));

/// Calls every method and checks that the results are consistent.
fn examine(typed: &str, options: &Options) {
    let decoded = DECODER.decode_with(typed, options);
    assert!(decoded.vin().chars().count() <= 32);
    let codes = decoded.error_codes();
    assert!(!codes.is_empty(), "{typed:?} has no code");
    let is_clean = decoded.problems().is_empty();
    assert_eq!(is_clean, codes == "0", "{typed:?}: {codes}");
    for problem in decoded.problems() {
        assert!(!problem.text.is_empty());
        assert!(problem.positions.iter().all(|position| (1..=32).contains(position)));
    }
    assert!(decoded.error_text().chars().count() <= 500);
    assert!(decoded.additional_error_text().chars().count() <= 500);
    for suggestion in decoded.suggestions() {
        assert!(vpic::check_digit(&suggestion).ok && suggestion.len() == 17);
    }
    let suggested = decoded.suggested_vin();
    assert!(suggested.is_empty() || suggested.chars().count() == decoded.vin().chars().count());
    assert_eq!(
        decoded.parts().iter().map(|part| part.positions.clone().count()).sum::<usize>(),
        17
    );
    for (element, value) in decoded.values() {
        assert!(!value.is_empty() && decoded.value_by_id(element.id).is_some());
        assert!(decoded.value(element.code).is_some());
    }
    assert!(decoded.to_flat_values().len() >= 7);
    let _ = (decoded.possible_values(), decoded.descriptor(), decoded.check_digit());
    let format = DECODER.format(typed, options.today);
    assert!(
        format.year_candidates.len() <= 2
            && (format.year.is_none() || format.year_candidates.len() == 1)
    );
    let _ = DECODER.looks_mistyped(typed, options.today);
    let again = DECODER.decode_with(decoded.vin(), options);
    if typed.trim().chars().count() <= 32 && decoded.vin().trim() == decoded.vin() {
        assert_eq!(again.error_codes(), codes, "{typed:?} decoded again");
    }
}

fn any_day() -> impl Strategy<Value = Options> {
    let hint = proptest::option::of(any::<u16>());
    let day = (any::<u16>(), any::<u8>(), any::<u8>());
    (hint, proptest::option::of(day)).prop_map(|(model_year, day)| Options {
        model_year,
        today: day.map(|(year, month, day)| Date { year, month, day }),
    })
}

proptest! {
    #[test]
    fn any_text_is_decoded(text in any::<String>(), options in any_day()) {
        examine(&text, &options);
    }

    #[test]
    fn any_text_similar_to_a_vin_is_decoded(text in "[A-Za-z0-9 *!|#_-]{0,20}", options in any_day()) {
        examine(&text, &options);
    }

    #[test]
    fn one_changed_digit_invalidates_the_check_digit(place in 0_usize..17, digit in 0_u8..10) {
        let mut vin = *b"1HGCM82633A004352";
        prop_assume!(place != 8 && vin[place].is_ascii_digit() && vin[place] != b'0' + digit);
        vin[place] = b'0' + digit;
        // Weights and differences are below 11, a prime, so their product is never 0 modulo 11.
        prop_assert!(!vpic::check_digit(std::str::from_utf8(&vin).unwrap()).ok);
    }
}

/// A simple random number generator, so that a run can be repeated with its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the duration of a test is not a setting of the service"
)]
fn vins_with_typos_are_decoded() {
    let seconds = std::env::var("VPIC_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let seed =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    eprintln!("seed {seed}");
    let mut random = Random(seed);
    let known: Vec<&str> = include_str!("golden/vins.tsv")
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    let typos: Vec<char> =
        "ABCDEFGHJKLMNPRSTUVWXYZ0123456789IOQioq*-_ |#.,é\u{0}\u{1F697}".chars().collect();
    while Instant::now() < until {
        let mut vin: Vec<char> = known[random.below(known.len())].chars().collect();
        for _ in 0..random.below(5) {
            let place = random.below(vin.len() + 1);
            let typo = typos[random.below(typos.len())];
            match random.below(8) {
                0 => vin.insert(place, typo),
                1 if place < vin.len() => {
                    vin.remove(place);
                }
                2 => vin.truncate(place),
                _ if place < vin.len() => vin[place] = typo,
                _ => {}
            }
        }
        let model_year =
            (random.below(4) == 0).then(|| u16::try_from(1970 + random.below(80)).unwrap());
        let today = Some(Date::from(u16::try_from(1960 + random.below(120)).unwrap()));
        examine(&vin.into_iter().collect::<String>(), &Options { model_year, today });
    }
}
