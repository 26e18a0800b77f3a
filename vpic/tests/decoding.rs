//! Examples of decoded VINs.

use std::sync::LazyLock;

use vpic::{Date, Decoded, Decoder, Options, PartKind};

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::embedded().expect("the embedded data is valid"));
const TODAY: Date = Date { year: 2026, month: 11, day: 26 };

fn decode(vin: &str) -> Decoded<'static> {
    DECODER.decode_with(vin, &Options { today: Some(TODAY), model_year: None })
}

fn decode_as_of(vin: &str, model_year: u16) -> Decoded<'static> {
    DECODER.decode_with(vin, &Options { today: Some(TODAY), model_year: Some(model_year) })
}

#[test]
fn a_clean_vin_is_decoded() {
    let accord = decode("1HGCM82633A004352");
    assert_eq!(accord.make(), Some("HONDA"));
    assert_eq!(accord.model(), Some("Accord"));
    assert_eq!(accord.model_year(), Some(2003));
    assert_eq!(accord.trim(), Some("EX-V6"));
    assert_eq!(accord.body_class(), Some("Coupe"));
    assert_eq!(accord.vehicle_type(), Some("PASSENGER CAR"));
    assert_eq!(accord.manufacturer(), Some("AMERICAN HONDA MOTOR CO., INC."));
    assert_eq!(accord.engine_model(), Some("J30A4"));
    assert_eq!(accord.engine_cylinders(), Some(6));
    assert_eq!(accord.displacement_l(), Some("2.998832712"));
    assert_eq!(accord.displacement_ci(), Some("183"));
    assert_eq!(accord.fuel_type(), Some("Gasoline"));
    assert_eq!(accord.transmission_style(), Some("Automatic"));
    assert_eq!(accord.transmission_speeds(), Some(5));
    assert_eq!(accord.doors(), Some(2));
    assert_eq!(accord.plant_city(), Some("MARYSVILLE"));
    assert_eq!(accord.plant_country(), Some("UNITED STATES (USA)"));
    assert_eq!(accord.plant_state(), Some("OHIO"));
    assert_eq!(accord.error_codes(), "0");
    assert!(accord.problems().is_empty() && accord.suggestions().is_empty());
    assert!(accord.is_model_year_certain());
}

#[test]
fn values_are_found_by_name_and_by_id() {
    let accord = decode("1HGCM82633A004352");
    assert_eq!(accord.value("DisplacementL"), accord.value_by_id(13));
    assert_eq!(accord.value("displacementl"), accord.value_by_id(13));
    assert_eq!(accord.value("NoSuchElement"), None);
    let (element, value) = accord.values().find(|(element, _)| element.id == 13).unwrap();
    assert_eq!(
        (element.code, element.name, element.group),
        ("DisplacementL", "Displacement (L)", "Engine")
    );
    assert_eq!(value, "2.998832712");
    assert!(accord.to_flat_values().contains(&("ErrorCode", "0".to_owned())));
}

#[test]
fn case_and_surrounding_whitespace_are_ignored() {
    for typed in ["1hgcm82633a004352", "  1HGCM82633A004352\n", "\t1HgCm82633A004352 "] {
        let decoded = decode(typed);
        assert_eq!((decoded.vin(), decoded.error_codes().as_str()), ("1HGCM82633A004352", "0"));
    }
}

#[test]
fn malformed_input_has_error_codes_and_positions() {
    for (typed, codes, positions) in [
        ("", "6,7,11", &[][..]),
        ("1HG", "6,8,11", &[]),
        ("1HGCM826", "6,11", &[]),
        ("1HGCM82633A00435", "6", &[]),
        ("1HGCM82633A0043521", "400", &[18]),
        ("1HGCM82633I004352", "1,3,14,400", &[11]),
        ("1HGCM82633-004352", "1,3,14,400", &[11]),
        ("1HGCM82633A00435é", "1,400", &[17]),
        ("1HGCM8263UA004352", "1,11,400", &[10]),
        ("ZZZCM82633A004352", "1,7", &[]),
        ("1HGCM82643A004352", "1", &[]),
    ] {
        let decoded = decode(typed);
        assert_eq!(decoded.error_codes(), codes, "{typed}");
        let invalid = decoded.problems().into_iter().find(|problem| problem.code == 400);
        assert_eq!(
            invalid.map(|problem| problem.positions).unwrap_or_default(),
            positions,
            "{typed}"
        );
    }
}

#[test]
fn long_input_is_truncated() {
    for text in
        ["A".repeat(1 << 20), "é".repeat(1 << 19), " ".repeat(1 << 20), "1HG\0".repeat(1 << 18)]
    {
        let decoded = decode(&text);
        assert!(decoded.vin().chars().count() <= 32);
        assert!(!decoded.problems().is_empty());
    }
}

#[test]
fn a_vin_with_a_wrong_check_digit_is_decoded_with_a_problem() {
    let decoded = decode("1HGCM82643A004352");
    assert_eq!(decoded.model(), Some("Accord"));
    let digit = decoded.check_digit();
    assert_eq!(
        (digit.given, digit.expected, digit.required, digit.ok),
        (Some('4'), Some('3'), true, false)
    );
    let problem = &decoded.problems()[0];
    assert_eq!(
        (problem.code, problem.positions.as_slice(), problem.detail.as_str()),
        (1, &[9][..], "4 should be 3")
    );
}

#[test]
fn a_typo_has_a_suggestion() {
    for typed in [
        "1HGCM82633I004352",
        "1HGCM82633A0O4352",
        "1HG-CM826-33A004352",
        "1HGCM82633A OO4352",
        "IHGCM82633A004352",
    ] {
        assert_eq!(decode(typed).suggestions(), ["1HGCM82633A004352"], "{typed}");
    }
}

#[test]
fn a_wrong_character_is_described_in_nhtsas_words() {
    let decoded = decode("1HGCM82633I004352");
    assert_eq!(decoded.suggested_vin(), "1HGCM82633!004352");
    assert_eq!(decoded.possible_values(), "(11:A)");
    assert_eq!(
        decoded.additional_error_text(),
        "Unused position(s): 11. Invalid character(s): 11:I."
    );
}

#[test]
fn position_7_determines_the_year_cycle_of_a_car() {
    assert_eq!(decode("1HGCM82633A004352").model_year(), Some(2003));
    assert_eq!(decode("5YJ3E1EA7KF328931").model_year(), Some(2019));
}

#[test]
fn a_model_year_that_contradicts_the_vin_causes_a_warning() {
    assert_eq!(decode_as_of("1HGCM82633A004352", 2003).error_codes(), "0");
    let other = decode_as_of("1HGCM82633A004352", 1970);
    assert!(other.error_codes().contains("12"), "{}", other.error_codes());
    assert_eq!(other.model_year(), Some(2003));
}

#[test]
fn the_parts_cover_all_positions_and_have_values() {
    for vin in ["1HGCM82633A004352", "1J9BG7360PA286762", "1HG", ""] {
        let decoded = decode(vin);
        let parts = decoded.parts();
        let positions: Vec<usize> = parts.iter().flat_map(|part| part.positions.clone()).collect();
        assert_eq!(positions, (1..=17).collect::<Vec<_>>());
        let characters: String = parts.iter().map(|part| part.characters.as_str()).collect();
        assert_eq!(characters, vin);
    }
    let decoded = decode("1HGCM82633A004352");
    let parts = decoded.parts();
    let of = |kind| parts.iter().find(|part| part.kind == kind).unwrap();
    let has_value = |kind, code| of(kind).values.iter().any(|(element, _)| element.code == code);
    assert!(has_value(PartKind::Manufacturer, "Manufacturer"));
    assert!(has_value(PartKind::Descriptor, "Model") && has_value(PartKind::Descriptor, "Make"));
    assert!(has_value(PartKind::ModelYear, "ModelYear") && has_value(PartKind::Plant, "PlantCity"));
}

#[test]
fn digits_in_a_vin_are_read_as_values() {
    let trailer = decode("1J9BG7360PA286762");
    assert_eq!(trailer.value("TrailerLength"), Some("73"));
    assert_eq!(trailer.value("Axles"), Some("6"));
}

#[test]
fn makes_and_models_are_listed_by_year() {
    let years = DECODER.years();
    assert_eq!((*years.start(), *years.end()), (1980, 2027));
    let makes = DECODER.makes(Some(2003));
    assert!(makes.is_sorted_by_key(|make| make.to_uppercase()));
    assert!(makes.contains(&"Honda") && !makes.contains(&"Tesla"));
    assert_eq!(DECODER.make_name("HONDA"), Some("Honda"));
    assert_eq!(DECODER.make_name("no such make"), None);
    assert_eq!(DECODER.element("DisplacementL").unwrap().name, "Displacement (L)");
    assert!(makes.windows(2).all(|pair| pair[0] != pair[1]));
    let models = DECODER.models(Some(2003), "honda");
    assert!(models.is_sorted() && models.contains(&"Accord") && !models.contains(&"HR-V"));
    assert!(models.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(DECODER.models(None, "Honda").len() > models.len());
    assert!(DECODER.models(Some(2003), "no such make").is_empty());
    assert!(DECODER.makes(Some(1900)).is_empty());
}

#[test]
fn the_decoder_has_a_month_and_can_be_shared_between_threads() {
    assert_eq!(DECODER.month(), "2026-10");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(decode("1HGCM82633A004352").make(), Some("HONDA")));
        }
    });
}
