//! Determines whether a VIN follows 49 CFR 565, and its possible model years.
//!
//! NHTSA's procedure decodes every VIN according to 49 CFR 565, the North American standard.
//! Elsewhere only ISO 3779 applies: manufacturers are free to use position 9, position 7 says
//! nothing about the year, and position 10 is the model year for some manufacturers and part of the
//! serial number for others. The North American rule often yields a year that is 30 years too early
//! or meaningless. NHTSA's result is returned unchanged; this module provides a reliable one in
//! addition.

use crate::check_digit::check_digit;
use crate::decoded::Decoded;
use crate::decoder::{Decoder, Manufacturer, Options};
use crate::symbols::{VIN_CHARACTERS, characters};
use crate::wmi::{LENGTH, Vin};
use crate::year::{FIRST_YEAR, year_of};

/// The standard that a VIN follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatKind {
    /// 49 CFR 565, for vehicles built or sold in North America.
    NorthAmerican,
    /// ISO 3779 as used by a European manufacturer.
    European,
    /// ISO 3779 as used by any other manufacturer.
    Other,
}

/// The format of a VIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VinFormat {
    /// The standard that it follows.
    pub kind: FormatKind,
    /// The model year, if it is certain.
    pub year: Option<u16>,
    /// The possible model years, latest first: one if it is certain, none if the VIN does not
    /// contain the model year.
    pub year_candidates: Vec<u16>,
    /// The position of the model year, if the manufacturer is known to encode it.
    pub year_position: Option<usize>,
}

impl VinFormat {
    /// Whether the VIN determines the model year unambiguously.
    #[must_use]
    pub fn is_year_certain(&self) -> bool {
        self.year.is_some()
    }

    /// Whether the VIN contradicts a model year. In the North American format, the year must be one
    /// of the candidates. Elsewhere the year of registration is often used, so one more or less is
    /// accepted.
    #[must_use]
    pub fn contradicts(&self, year: u16) -> bool {
        let off_by = u16::from(self.kind != FormatKind::NorthAmerican);
        self.year_position.is_some()
            && !self.year_candidates.is_empty()
            && self.year_candidates.iter().all(|it| it.abs_diff(year) > off_by)
    }
}

pub(crate) fn detect(
    vpic_decoder: &Decoder,
    decoded: &Decoded<'_>,
    manufacturer: &Manufacturer,
) -> VinFormat {
    let vin = &decoded.vin;
    let kind = kind_of(decoded, manufacturer);
    if kind == FormatKind::NorthAmerican {
        let years = [manufacturer.years.year, manufacturer.years.other];
        let mut year_candidates: Vec<_> = years.into_iter().flatten().collect();
        if let Some(year) = year_of_light_truck(vpic_decoder, vin, manufacturer) {
            year_candidates = vec![year];
        }
        let year = match year_candidates.as_slice() {
            [year] => Some(*year),
            _ => None,
        };
        return VinFormat { kind, year, year_candidates, year_position: Some(10) };
    }
    let position = find_year_position(vin);
    let year_position = match position {
        YearPosition::At(position) => Some(position),
        YearPosition::None | YearPosition::Unknown => None,
    };
    let year_candidates = year_candidates(vin, position, manufacturer.latest);
    VinFormat { kind, year: None, year_candidates, year_position }
}

/// The model year of a light truck (up to 10,000 pounds), which position 7 determines, from a
/// manufacturer of light and heavy trucks. The VIN must decode as a light truck of that year, and
/// must not decode as a heavy truck of the other possible year.
fn year_of_light_truck(
    vpic_decoder: &Decoder,
    vin: &Vin,
    manufacturer: &Manufacturer,
) -> Option<u16> {
    let (later, earlier) = (manufacturer.years.year?, manufacturer.years.other?);
    if !manufacturer.is_truck {
        return None;
    }
    let (year, other) = match vin.at(7)? {
        b'0'..=b'9' => (earlier, later),
        _ => (later, earlier),
    };
    let (decoded, other) = (
        vpic_decoder.decode_year(vin, manufacturer, year),
        vpic_decoder.decode_year(vin, manufacturer, other),
    );
    let is_whole = |it: &Decoded<'_>| it.model().is_some() && !has_errors(it);
    (is_whole(&decoded)
        && is_light(&decoded) == Some(true)
        && (!is_whole(&other) || is_light(&other) == Some(true)))
    .then_some(year)
}

/// Whether the gross weight rating of a truck is at most 10,000 pounds: NHTSA's classes 1 and 2.
fn is_light(decoded: &Decoded<'_>) -> Option<bool> {
    let class = decoded.gross_weight_rating()?.strip_prefix("Class ")?;
    Some(class.starts_with(['1', '2']))
}

/// Whether some characters match no pattern of the manufacturer, or there are no patterns.
fn has_errors(decoded: &Decoded<'_>) -> bool {
    [2, 3, 4, 5, 7, 8, 11].iter().any(|code| decoded.found.has(*code))
}

fn kind_of(decoded: &Decoded<'_>, manufacturer: &Manufacturer) -> FormatKind {
    let vin = &decoded.vin;
    let first = vin.at(1).unwrap_or_default();
    let found = &decoded.found;
    let agrees = decoded.check_digit().ok || found.is_exception;
    let is_north_american = if is_built_in_north_america(vin) {
        // Some vehicles are built there for Europe. Their VINs have no check digit at position 9.
        agrees || !has_errors(decoded) && may_have_check_digit(vin)
    } else {
        vin.length() == LENGTH
            && agrees
            && found.has(0)
            && decoded.model().is_some()
            && follows_year_rule(vin, manufacturer)
    };
    match first {
        _ if is_north_american => FormatKind::NorthAmerican,
        b'S'..=b'Z' => FormatKind::European,
        _ => FormatKind::Other,
    }
}

/// North American codes in ISO 3780: 1 to 5, and 7F to 70 (in its order, letters precede digits and
/// 0 is last).
fn is_built_in_north_america(vin: &Vin) -> bool {
    match vin.at(1) {
        Some(b'1'..=b'5') => true,
        Some(b'7') => vin.at(2).is_some_and(|it| matches!(it, b'F'..=b'Z' | b'0'..=b'9')),
        _ => false,
    }
}

/// Whether position 9 is a possible check digit, or missing.
fn may_have_check_digit(vin: &Vin) -> bool {
    vin.at(9).is_none_or(|it| it.is_ascii_digit() || it == b'X')
}

/// Whether the year is the one encoded in positions 7 and 10. NHTSA's procedure shifts it by 30
/// years if its tables have no data otherwise.
fn follows_year_rule(vin: &Vin, manufacturer: &Manufacturer) -> bool {
    if !manufacturer.is_light {
        return manufacturer.years.year.is_some();
    }
    let back = match vin.at(7) {
        Some(b'0'..=b'9') => 30,
        _ => 0,
    };
    let year = vin.at(10).and_then(year_of).map(|it| it - back);
    year.is_some() && year == manufacturer.years.year
}

/// Whether one character of a complete VIN is probably wrong: it decodes without errors except for
/// its check digit, or would if one of positions 4 to 8, 10 and 11 had another character that
/// matches the check digit.
pub(crate) fn looks_mistyped(
    vpic_decoder: &Decoder,
    decoded: &Decoded<'_>,
    options: &Options,
) -> bool {
    let (vin, found) = (&decoded.vin, &decoded.found);
    let digit = decoded.check_digit();
    if vin.length() != LENGTH || digit.expected.is_none() || !found.has(1) || found.has(7) {
        return false;
    }
    let is_invalid_elsewhere = found.invalid & !(1 << (CHECK_DIGIT_POSITION - 1)) != 0;
    let is_clean = [2, 3, 4, 5, 8, 11, 14].iter().all(|code| !found.has(*code));
    if is_clean && !is_invalid_elsewhere {
        return true;
    }
    let mut changed = vin.text.clone().into_bytes();
    TRIED_POSITIONS.into_iter().any(|position| {
        let given = changed[position - 1];
        let is_fixed = characters(VIN_CHARACTERS).any(|character| {
            changed[position - 1] = character as u8;
            let Ok(text) = std::str::from_utf8(&changed) else { return false };
            check_digit(text).ok && vpic_decoder.decode_with(text, options).error_codes() == "0"
        });
        changed[position - 1] = given;
        is_fixed
    })
}

/// The position of the check digit.
const CHECK_DIGIT_POSITION: usize = 9;
/// The positions at which other characters are tried: those that the tables describe, without the
/// manufacturer's code.
const TRIED_POSITIONS: [usize; 7] = [4, 5, 6, 7, 8, 10, 11];

/// Where the model year is outside the North American format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum YearPosition {
    /// At this position.
    At(usize),
    /// The VIN does not contain it.
    None,
    /// Possibly at position 10, as ISO 3779 recommends.
    Unknown,
}

/// Manufacturers that encode the model year at position 10 in every market: Volkswagen, Audi, Skoda,
/// Seat, Porsche, Opel, Volvo, Saab, Jaguar and Land Rover.
const YEAR_AT_10: &[&str] = &[
    "AAV", "SAJ", "SAL", "TMB", "TRU", "VSS", "VWV", "W0L", "W0V", "WAU", "WP0", "WP1", "WUA",
    "WV1", "WV2", "WV3", "WVG", "WVW", "YS3", "YV1", "YV4",
];
/// Ford of Europe encodes the year at position 11 and the month at 12.
const YEAR_AT_11: &[&str] = &["NM0", "SFA", "TW2", "VS6", "WF0", "X9F", "Z6F"];
/// Manufacturers that encode no year: Mercedes-Benz (position 10 is the side of the steering
/// wheel), BMW, Renault, Dacia, Nissan Europe, Peugeot, Citroën, DS, Fiat, Alfa Romeo, Lancia,
/// Toyota Europe.
const WITHOUT_YEAR: &[&str] = &[
    "NMT", "SB1", "SJN", "UU1", "VF1", "VF2", "VF3", "VF6", "VF7", "VF8", "VNK", "VNV", "VR1",
    "VR3", "VR7", "VS5", "VSA", "VSK", "VSY", "W1K", "W1N", "W1T", "W1V", "WB1", "WBA", "WBS",
    "WBW", "WBX", "WBY", "WDA", "WDB", "WDC", "WDD", "WDF", "WEB", "WMA", "WME", "WMW", "ZAR",
    "ZFA", "ZFC", "ZLA",
];

fn find_year_position(vin: &Vin) -> YearPosition {
    let manufacturer = vin.bytes().get(..3).unwrap_or_default();
    let is_in = |codes: &[&str]| codes.iter().any(|it| it.as_bytes() == manufacturer);
    if is_in(YEAR_AT_10) {
        YearPosition::At(10)
    } else if is_in(YEAR_AT_11) {
        YearPosition::At(11)
    } else if is_in(WITHOUT_YEAR) {
        YearPosition::None
    } else {
        YearPosition::Unknown
    }
}

fn year_candidates(vin: &Vin, position: YearPosition, latest: u16) -> Vec<u16> {
    let position = match position {
        YearPosition::At(position) => position,
        YearPosition::Unknown => 10,
        YearPosition::None => return Vec::new(),
    };
    let Some(year) = vin.at(position).and_then(year_of) else { return Vec::new() };
    [year, year - 30].into_iter().filter(|it| (FIRST_YEAR..=latest).contains(it)).collect()
}
