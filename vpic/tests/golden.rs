//! Compares results with those of another decoder with the same month's tables, for real VINs and
//! for generated ones with and without typos. See `golden/README.md`.

use std::collections::BTreeMap;

use vpic::{Date, Decoder, Options};

/// The columns after the VIN, its source and the error codes.
const COLUMNS: [&str; 10] = [
    "Make",
    "Model",
    "ModelYear",
    "BodyClass",
    "EngineCylinders",
    "DisplacementL",
    "FuelTypePrimary",
    "DriveType",
    "TransmissionStyle",
    "Trim",
];

#[test]
fn golden_vins_are_decoded_as_expected() {
    let decoder = Decoder::embedded().unwrap();
    let options =
        Options { model_year: None, today: Some(Date { year: 2026, month: 11, day: 26 }) };
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut real = 0;
    let mut all = 0;
    for line in include_str!("golden/vins.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (vin, source, codes) = (fields[0], fields[1], fields[2]);
        let answer = decoder.decode_with(vin, &options);
        all += 1;
        real += usize::from(!source.starts_with("generated"));
        if answer.error_codes() != codes {
            wrong
                .entry("ErrorCode")
                .or_default()
                .push(format!("{vin}: {} not {codes}", answer.error_codes()));
        }
        for (column, expected) in COLUMNS.iter().zip(&fields[3..]) {
            let value = answer.value(column).unwrap_or_default();
            if value != *expected {
                wrong.entry(column).or_default().push(format!("{vin}: {value} not {expected}"));
            }
        }
    }
    assert!(real >= 2000 && all >= 4000, "{real} real of {all}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
