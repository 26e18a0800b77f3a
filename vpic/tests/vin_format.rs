//! Which standard VINs follow, and which model years they determine.

use std::sync::LazyLock;

use vpic::{Date, Decoder, FormatKind, VinFormat, check_digit};

static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::embedded().expect("the embedded data is valid"));
const TODAY: Date = Date { year: 2026, month: 11, day: 26 };

fn format(vin: &str) -> VinFormat {
    DECODER.format(vin, Some(TODAY))
}

fn looks_mistyped(vin: &str) -> bool {
    DECODER.looks_mistyped(vin, Some(TODAY))
}

/// VINs of European manufacturers that encode the model year. `?` is a placeholder for its character.
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

/// VINs of European manufacturers that don't encode the model year: position 10 has another meaning.
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

/// The character of a model year in either cycle.
fn character(year: u16) -> char {
    let characters = "ABCDEFGHJKLMNPRSTVWXY123456789";
    characters.chars().nth(usize::from((year - 1980) % 30)).expect("thirty characters")
}

#[test]
fn european_vins_never_have_a_certain_model_year() {
    for pattern in WITH_YEAR {
        for year in 1996..=2026_u16 {
            for year in [year, year - 30] {
                let vin = pattern.replace('?', &character(year.max(1980)).to_string());
                let format = format(&vin);
                assert!(
                    format.kind != FormatKind::NorthAmerican && format.year.is_none(),
                    "{vin} {year}"
                );
                if year >= 1980 {
                    assert!(format.year_candidates.contains(&year), "{vin} {year}: {format:?}");
                }
                assert!(!format.is_year_certain() && format.year_candidates.len() <= 2, "{vin}");
            }
        }
    }
    for vin in WITHOUT_YEAR {
        let format = format(vin);
        assert_eq!((format.kind, format.year), (FormatKind::European, None), "{vin}");
        assert_eq!(format.year_candidates, [0_u16; 0], "{vin}");
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
fn north_american_vins_of_light_vehicles_have_a_certain_model_year() {
    for (vin, year) in [
        ("1HGCM82633A004352", 2003),
        ("5YJ3E1EA7KF328931", 2019),
        ("WBA3A5C57CF256651", 2012), // Built in Germany for sale in the USA.
        ("1FTFW5L86RFB45612", 2024),
    ] {
        let format = format(vin);
        assert_eq!(format.kind, FormatKind::NorthAmerican, "{vin}");
        assert_eq!((format.year, format.year_candidates), (Some(year), vec![year]), "{vin}");
    }
}

#[test]
fn trailers_and_heavy_trucks_have_ambiguous_model_years() {
    for pattern in ["1M2AX07C??M012345", "1JJV532D??L012345", "1HD1KB41??Y012345"] {
        for (year, candidates) in
            [(2012, vec![2012, 1982]), (1995, vec![2025, 1995]), (2005, vec![2005])]
        {
            let mut vin = pattern.replacen("??", &format!("0{}", character(year)), 1);
            let digit = check_digit(&vin).expected.expect("the VIN is complete");
            vin.replace_range(8..9, &digit.to_string());
            let format = format(&vin);
            assert_eq!(format.kind, FormatKind::NorthAmerican, "{vin}");
            assert_eq!(format.year_candidates, candidates, "{vin}");
            assert_eq!(format.year, Some(2005).filter(|_| year == 2005), "{vin}");
        }
    }
}

#[test]
fn the_weight_of_a_truck_determines_whether_its_model_year_is_certain() {
    // An F-150, and an F-350 of 11,500 pounds, from the same manufacturer.
    assert_eq!(format("1FTFW5L86RFB45612").year, Some(2024));
    let heavy = format("1FT8W3BT0EEA12345");
    assert_eq!((heavy.kind, heavy.year), (FormatKind::NorthAmerican, None));
    assert_eq!(heavy.year_candidates, [2014, 1984]);
}

#[test]
fn a_vehicle_built_in_mexico_for_europe_is_not_in_north_american_format() {
    let format = format("3VWZZZ1KZCM123456");
    assert_eq!((format.kind, format.year), (FormatKind::Other, None));
    assert!(format.year_candidates.contains(&2012));
}

#[test]
fn codes_7f_to_70_are_north_american() {
    for (vin, kind) in [
        ("7SAYGDEE0NF012345", FormatKind::NorthAmerican),
        ("7A8DH0H0595103456", FormatKind::Other),
        ("70AYGDEE0NF012345", FormatKind::NorthAmerican),
    ] {
        let mut vin = vin.to_owned();
        let digit = check_digit(&vin).expected.expect("the VIN is complete");
        vin.replace_range(8..9, &digit.to_string());
        assert_eq!(format(&vin).kind, kind, "{vin}");
    }
}

#[test]
fn a_different_model_year_contradicts_a_vin() {
    let accord = format("1HGCM82633A004352");
    assert!(!accord.contradicts(2003) && accord.contradicts(2004) && accord.contradicts(1973));
    let audi = format("WAUZZZ8K9DA123456");
    // The year of registration may differ by one.
    assert!([2012, 2013, 2014, 1983].into_iter().all(|year| !audi.contradicts(year)));
    assert!(audi.contradicts(2003));
    let ford = format("WF05XXGCC5DS12345");
    assert!(!ford.contradicts(2013) && ford.contradicts(2005));
    let mercedes = format("W1K2130161A123456");
    assert!((1980..=2028).all(|year| !mercedes.contradicts(year)));
    // It is unknown whether this manufacturer encodes the model year.
    assert!((1980..=2028).all(|year| !format("U5YHM516AEL123456").contradicts(year)));
}

#[test]
fn certain_model_years_match_nhtsas_and_imports_are_in_north_american_format() {
    let (mut imports, mut certain) = (0_u32, 0_u32);
    for line in include_str!("golden/vins.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (vin, source, codes, year) = (fields[0], fields[1], fields[2], fields[5]);
        if source.starts_with("generated") {
            continue;
        }
        let format = format(vin);
        if let Some(certain_year) = format.year {
            assert_eq!(certain_year.to_string(), year, "{vin}");
            certain += 1;
        }
        if codes == "0" && !matches!(vin.as_bytes()[0], b'1'..=b'5' | b'7') {
            assert_eq!(format.kind, FormatKind::NorthAmerican, "{vin}");
            imports += 1;
        }
    }
    assert!(imports > 1700 && certain > 1700, "{imports} {certain}");
}

#[test]
fn an_imported_vehicles_vin_with_one_wrong_digit_looks_mistyped() {
    let mut tried = 0_u32;
    for line in include_str!("golden/vins.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (vin, source, codes) = (fields[0], fields[1], fields[2]);
        // NHTSA exempts whole ranges of VINs from the check digit.
        if source.starts_with("generated") || source == "exceptions" || codes != "0" {
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
