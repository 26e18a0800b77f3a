//! The form of VINs: which standard they follow, and which model years they settle.

use std::sync::LazyLock;

use vpic::{Date, Decoder, Form, FormKind, check_digit};

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::embedded().expect("the data are whole"));
const TODAY: Date = Date { year: 2026, month: 11, day: 26 };

fn form(vin: &str) -> Form {
    DECODER.form(vin, Some(TODAY))
}

fn looks_mistyped(vin: &str) -> bool {
    DECODER.looks_mistyped(vin, Some(TODAY))
}

/// VINs in the forms of European manufacturers that write the model year: `?` stands for its character.
const WITH_YEAR: [&str; 15] = [
    "WAUZZZ8K9?A123456", // Audi
    "WVWZZZ1KZ?W123456", // Volkswagen
    "WV1ZZZ7HZ?H012345", // Volkswagen vans
    "VSSZZZ5FZ?R123456", // Seat
    "TMBJJ7NE0?0123456", // Skoda
    "WP0ZZZ99Z?S123456", // Porsche
    "W0LPD6EC9?G123456", // Opel
    "YV1MW765B?2123456", // Volvo
    "SALLNABE1?A123456", // Land Rover
    "SAJAA05M8?PS12345", // Jaguar
    "SHHFK2860?U012345", // Honda of Europe
    "U5YHM516A?L123456", // Kia of Europe
    "TMAJ3811A?J123456", // Hyundai of Europe
    "WF05XXGCC5?S12345", // Ford of Europe: position 11
    "NM0GXXTTPG?Y12345", // Ford Otosan: position 11
];

/// The same for manufacturers that write no model year: whatever stands at position 10 is no year.
const WITHOUT_YEAR: [&str; 16] = [
    "WDD2050041F123456", // Mercedes-Benz, left-hand drive
    "WDB2110062A123456", // Mercedes-Benz, right-hand drive
    "W1K2130161A123456", // Mercedes-Benz
    "WBA3D31000J123456", // BMW
    "WMWXM720X0T123456", // Mini
    "VF1BZ0B0H48123456", // Renault
    "UU1KSD0F545123456", // Dacia
    "VF33CRHYB83123456", // Peugeot
    "VF7NC5FWC31123456", // Citroën
    "VR3UPHNKSL5123456", // Peugeot
    "ZFA31200000123456", // Fiat
    "ZAR94000007123456", // Alfa Romeo
    "VNKKTUD320A012345", // Toyota of Europe
    "SB1KE3JE30E012345", // Toyota of Europe
    "SJNFAAJ11U1234567", // Nissan of Europe
    "XLRTEH4300G123456", // DAF
];

/// The character of a model year, for the years of both cycles.
fn character(year: u16) -> char {
    let characters = "ABCDEFGHJKLMNPRSTVWXY123456789";
    characters.chars().nth(usize::from((year - 1980) % 30)).expect("thirty characters")
}

#[test]
fn no_european_form_settles_a_model_year() {
    for pattern in WITH_YEAR {
        for year in 1996..=2026_u16 {
            for year in [year, year - 30] {
                let vin = pattern.replace('?', &character(year.max(1980)).to_string());
                let form = form(&vin);
                assert!(
                    form.kind != FormKind::NorthAmerican && form.year.is_none(),
                    "{vin} {year}"
                );
                if year >= 1980 {
                    assert!(form.year_candidates.contains(&year), "{vin} {year}: {form:?}");
                }
                assert!(!form.is_year_settled() && form.year_candidates.len() <= 2, "{vin}");
            }
        }
    }
    for vin in WITHOUT_YEAR {
        let form = form(vin);
        assert_eq!((form.kind, form.year), (FormKind::European, None), "{vin}");
        assert_eq!(form.year_candidates, [0_u16; 0], "{vin}");
    }
}

#[test]
fn correct_european_vins_do_not_look_mistyped() {
    for pattern in WITH_YEAR {
        for year in 1996..=2026_u16 {
            let vin = pattern.replace('?', &character(year).to_string());
            assert!(!looks_mistyped(&vin), "{vin}");
        }
    }
    for vin in WITHOUT_YEAR {
        assert!(!looks_mistyped(vin), "{vin}");
    }
}

#[test]
fn north_american_form_settles_the_year_of_a_light_vehicle() {
    for (vin, year) in [
        ("1HGCM82633A004352", 2003),
        ("5YJ3E1EA7KF328931", 2019), // A wrong check digit, for everybody to see.
        ("WBA3A5C57CF256651", 2012), // Built in Germany for sale in the USA.
        ("1FTFW5L86RFB45612", 2024),
    ] {
        let form = form(vin);
        assert_eq!(form.kind, FormKind::NorthAmerican, "{vin}");
        assert_eq!((form.year, form.year_candidates), (Some(year), vec![year]), "{vin}");
    }
}

#[test]
fn trailers_and_heavy_trucks_settle_no_year_that_comes_round_again() {
    for pattern in ["1M2AX07C??M012345", "1JJV532D??L012345", "1HD1KB41??Y012345"] {
        for (year, candidates) in
            [(2012, vec![2012, 1982]), (1995, vec![2025, 1995]), (2005, vec![2005])]
        {
            let mut vin = pattern.replacen("??", &format!("0{}", character(year)), 1);
            let digit = check_digit(&vin).expected.expect("it is whole");
            vin.replace_range(8..9, &digit.to_string());
            let form = form(&vin);
            assert_eq!(form.kind, FormKind::NorthAmerican, "{vin}");
            assert_eq!(form.year_candidates, candidates, "{vin}");
            assert_eq!(form.year, Some(2005).filter(|_| year == 2005), "{vin}");
        }
    }
}

#[test]
fn the_weight_of_a_truck_says_whether_position_7_settles_its_year() {
    // An F-150, and an F-350 of 11,500 pounds, from the same manufacturer.
    assert_eq!(form("1FTFW5L86RFB45612").year, Some(2024));
    let heavy = form("1FT8W3BT0EEA12345");
    assert_eq!((heavy.kind, heavy.year), (FormKind::NorthAmerican, None));
    assert_eq!(heavy.year_candidates, [2014, 1984]);
}

#[test]
fn a_vehicle_built_in_mexico_for_europe_is_not_read_by_the_american_rule() {
    let form = form("3VWZZZ1KZCM123456");
    assert_eq!((form.kind, form.year), (FormKind::Other, None));
    assert!(form.year_candidates.contains(&2012));
}

#[test]
fn seven_is_north_america_from_f_on() {
    for (vin, kind) in [
        ("7SAYGDEE0NF012345", FormKind::NorthAmerican),
        ("7A8DH0H0595103456", FormKind::Other),
        ("70AYGDEE0NF012345", FormKind::NorthAmerican),
    ] {
        let mut vin = vin.to_owned();
        let digit = check_digit(&vin).expected.expect("it is whole");
        vin.replace_range(8..9, &digit.to_string());
        assert_eq!(form(&vin).kind, kind, "{vin}");
    }
}

#[test]
fn a_year_contradicts_a_vin_that_writes_another() {
    let accord = form("1HGCM82633A004352");
    assert!(!accord.contradicts(2003) && accord.contradicts(2004) && accord.contradicts(1973));
    let audi = form("WAUZZZ8K9DA123456");
    // Registered in the year before or after.
    assert!([2012, 2013, 2014, 1983].into_iter().all(|year| !audi.contradicts(year)));
    assert!(audi.contradicts(2003));
    let ford = form("WF05XXGCC5DS12345");
    assert!(!ford.contradicts(2013) && ford.contradicts(2005));
    let mercedes = form("W1K2130161A123456");
    assert!((1980..=2028).all(|year| !mercedes.contradicts(year)));
    // Nobody knows whether this manufacturer writes the year.
    assert!((1980..=2028).all(|year| !form("U5YHM516AEL123456").contradicts(year)));
}

#[test]
fn real_vins_are_settled_as_nhtsa_dates_them_and_imports_are_in_north_american_form() {
    let (mut imports, mut settled) = (0_u32, 0_u32);
    for line in include_str!("golden/vins.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (vin, source, codes, year) = (fields[0], fields[1], fields[2], fields[5]);
        if source.starts_with("made") {
            continue;
        }
        let form = form(vin);
        if let Some(settled_year) = form.year {
            assert_eq!(settled_year.to_string(), year, "{vin}");
            settled += 1;
        }
        if codes == "0" && !matches!(vin.as_bytes()[0], b'1'..=b'5' | b'7') {
            assert_eq!(form.kind, FormKind::NorthAmerican, "{vin}");
            imports += 1;
        }
    }
    assert!(imports > 1700 && settled > 1700, "{imports} {settled}");
}

#[test]
fn an_import_with_one_wrong_digit_looks_mistyped() {
    let mut tried = 0_u32;
    for line in include_str!("golden/vins.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (vin, source, codes) = (fields[0], fields[1], fields[2]);
        // NHTSA exempts whole ranges of others from the check digit.
        if source.starts_with("made") || source == "exceptions" || codes != "0" {
            continue;
        }
        if matches!(vin.as_bytes()[0], b'1'..=b'5' | b'7') {
            continue;
        }
        for place in 8..17 {
            let mut wrong = vin.as_bytes().to_vec();
            if wrong[place].is_ascii_digit() {
                wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
                let wrong = String::from_utf8(wrong).expect("it is ASCII");
                assert!(looks_mistyped(&wrong), "{wrong}");
                tried += 1;
            }
        }
        assert!(!looks_mistyped(vin), "{vin}");
    }
    assert!(tried > 300, "{tried}");
}
