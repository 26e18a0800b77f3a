//! The form of a VIN: whether it is built by 49 CFR 565, and what its model year can be.
//!
//! NHTSA's procedure reads every VIN by 49 CFR 565, the rule of North America. Elsewhere only ISO 3779
//! applies: position 9 is the manufacturer's own, position 7 says nothing about the year, and position
//! 10 holds the model year of some manufacturers and part of a serial number of others. A year that is
//! read from such a VIN by the American rule is often thirty years too early, or made up. So NHTSA's
//! answer stays as it is, and the form stands beside it.

use crate::check_digit::check_digit;
use crate::decoded::Decoded;
use crate::decoder::{Decoder, Maker, Options};
use crate::symbols::{VIN_CHARACTERS, characters};
use crate::wmi::{LENGTH, Vin};
use crate::year::{FIRST_YEAR, year_of};

/// Whose rules a VIN follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    /// 49 CFR 565: built in North America, or elsewhere for sale there.
    NorthAmerican,
    /// A European manufacturer's own, within ISO 3779.
    European,
    /// Any other.
    Other,
}

/// The form of a VIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Whose rules it follows.
    pub kind: FormKind,
    /// The model year, if the VIN settles it.
    pub year: Option<u16>,
    /// The model years that the VIN may mean, latest first: one where it is settled, none where the
    /// VIN doesn't say.
    pub year_candidates: Vec<u16>,
    /// The position that holds the model year, where the manufacturer is known to write it.
    pub year_position: Option<usize>,
}

impl Form {
    /// Whether the VIN settles its model year.
    #[must_use]
    pub fn is_year_settled(&self) -> bool {
        self.year.is_some()
    }

    /// Whether the VIN contradicts a model year. In North American form the year must be one of the
    /// candidates. Elsewhere people go by the year of registration, so a year next to a candidate passes.
    #[must_use]
    pub fn contradicts(&self, year: u16) -> bool {
        let off_by = u16::from(self.kind != FormKind::NorthAmerican);
        self.year_position.is_some()
            && !self.year_candidates.is_empty()
            && self.year_candidates.iter().all(|it| it.abs_diff(year) > off_by)
    }
}

pub(crate) fn of(nhtsa: &Decoder, decoded: &Decoded<'_>, maker: &Maker) -> Form {
    let vin = &decoded.vin;
    let kind = kind_of(decoded, maker);
    if kind == FormKind::NorthAmerican {
        let years = [maker.years.year, maker.years.other];
        let mut year_candidates: Vec<_> = years.into_iter().flatten().collect();
        if let Some(year) = year_of_light_truck(nhtsa, vin, maker) {
            year_candidates = vec![year];
        }
        let year = match year_candidates.as_slice() {
            [year] => Some(*year),
            _ => None,
        };
        return Form { kind, year, year_candidates, year_position: Some(10) };
    }
    let place = year_place(vin);
    let year_position = match place {
        YearPlace::At(position) => Some(position),
        YearPlace::Nowhere | YearPlace::Unknown => None,
    };
    let year_candidates = candidates(vin, place, maker.latest);
    Form { kind, year: None, year_candidates, year_position }
}

/// The year of a truck of 10,000 pounds at most, for which position 7 settles it, from a manufacturer
/// of light and heavy ones: the VIN must decode as a light truck of that year, and mustn't as a heavy
/// one of the other.
fn year_of_light_truck(nhtsa: &Decoder, vin: &Vin, maker: &Maker) -> Option<u16> {
    let (later, earlier) = (maker.years.year?, maker.years.other?);
    if !maker.is_truck {
        return None;
    }
    let (year, other) = match vin.at(7)? {
        b'0'..=b'9' => (earlier, later),
        _ => (later, earlier),
    };
    let (decoded, other) =
        (nhtsa.decode_year(vin, maker, year), nhtsa.decode_year(vin, maker, other));
    let is_whole = |it: &Decoded<'_>| it.model().is_some() && !has_errors(it);
    (is_whole(&decoded)
        && is_light(&decoded) == Some(true)
        && (!is_whole(&other) || is_light(&other) == Some(true)))
    .then_some(year)
}

/// Whether a truck weighs 10,000 pounds at most with its load: NHTSA's classes 1 and 2.
fn is_light(decoded: &Decoded<'_>) -> Option<bool> {
    let class = decoded.gross_weight_rating()?.strip_prefix("Class ")?;
    Some(class.starts_with(['1', '2']))
}

/// Whether the characters don't fit the manufacturer's descriptions, or there are none.
fn has_errors(decoded: &Decoded<'_>) -> bool {
    [2, 3, 4, 5, 7, 8, 11].iter().any(|code| decoded.found.has(*code))
}

fn kind_of(decoded: &Decoded<'_>, maker: &Maker) -> FormKind {
    let vin = &decoded.vin;
    let first = vin.at(1).unwrap_or_default();
    let found = &decoded.found;
    let agrees = decoded.check_digit().ok || found.is_exception;
    let is_north_american = if is_built_in_north_america(vin) {
        // Some are built there for Europe, in European form: those have no check digit at position 9.
        agrees || !has_errors(decoded) && may_be_digit(vin)
    } else {
        vin.length() == LENGTH
            && agrees
            && found.has(0)
            && decoded.model().is_some()
            && has_year_by_rule(vin, maker)
    };
    match first {
        _ if is_north_american => FormKind::NorthAmerican,
        b'S'..=b'Z' => FormKind::European,
        _ => FormKind::Other,
    }
}

/// ISO 3780: 1 to 5, and 7F to 70 in its order, which has the letters first and 0 last.
fn is_built_in_north_america(vin: &Vin) -> bool {
    match vin.at(1) {
        Some(b'1'..=b'5') => true,
        Some(b'7') => vin.at(2).is_some_and(|it| matches!(it, b'F'..=b'Z' | b'0'..=b'9')),
        _ => false,
    }
}

/// Whether a check digit can stand at position 9; so it can where nothing stands there yet.
fn may_be_digit(vin: &Vin) -> bool {
    vin.at(9).is_none_or(|it| it.is_ascii_digit() || it == b'X')
}

/// Whether the year is the one that positions 7 and 10 give: NHTSA's procedure moves it by thirty
/// years where its tables would otherwise have nothing.
fn has_year_by_rule(vin: &Vin, maker: &Maker) -> bool {
    if !maker.is_light {
        return maker.years.year.is_some();
    }
    let back = match vin.at(7) {
        Some(b'0'..=b'9') => 30,
        _ => 0,
    };
    let year = vin.at(10).and_then(year_of).map(|it| it - back);
    year.is_some() && year == maker.years.year
}

/// Whether one character of a whole VIN is probably wrong: it decodes clean except for its check digit,
/// or would if one of positions 4 to 8, 10 and 11 had another character that the check digit agrees with.
pub(crate) fn looks_mistyped(nhtsa: &Decoder, decoded: &Decoded<'_>, options: &Options) -> bool {
    let (vin, found) = (&decoded.vin, &decoded.found);
    let digit = decoded.check_digit();
    if vin.length() != LENGTH || digit.expected.is_none() || !found.has(1) || found.has(7) {
        return false;
    }
    let is_invalid_elsewhere = found.invalid & !(1 << (CHECK_DIGIT - 1)) != 0;
    let is_clean = [2, 3, 4, 5, 8, 11, 14].iter().all(|code| !found.has(*code));
    if is_clean && !is_invalid_elsewhere {
        return true;
    }
    let mut changed = vin.text.clone().into_bytes();
    CHANGED.into_iter().any(|position| {
        let given = changed[position - 1];
        let is_fixed = characters(VIN_CHARACTERS).any(|character| {
            changed[position - 1] = character as u8;
            let Ok(text) = std::str::from_utf8(&changed) else { return false };
            check_digit(text).ok && nhtsa.decode_with(text, options).error_codes() == "0"
        });
        changed[position - 1] = given;
        is_fixed
    })
}

/// The position of the check digit.
const CHECK_DIGIT: usize = 9;
/// The positions that are tried with other characters: those that the tables speak of, without the
/// manufacturer's own.
const CHANGED: [usize; 7] = [4, 5, 6, 7, 8, 10, 11];

/// Where the model year is outside North American form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum YearPlace {
    /// At this position.
    At(usize),
    /// The VIN doesn't have it.
    Nowhere,
    /// Perhaps at position 10, where ISO 3779 recommends it.
    Unknown,
}

/// Manufacturers that write the model year at position 10 in every market: Volkswagen, Audi, Skoda,
/// Seat, Porsche, Opel, Volvo, Saab, Jaguar and Land Rover.
const AT_TEN: &[&str] = &[
    "AAV", "SAJ", "SAL", "TMB", "TRU", "VSS", "VWV", "W0L", "W0V", "WAU", "WP0", "WP1", "WUA",
    "WV1", "WV2", "WV3", "WVG", "WVW", "YS3", "YV1", "YV4",
];
/// Ford of Europe: the year at position 11, the month at 12.
const AT_ELEVEN: &[&str] = &["NM0", "SFA", "TW2", "VS6", "WF0", "X9F", "Z6F"];
/// Manufacturers that write no year: Mercedes-Benz (position 10 is the side of the steering wheel), BMW,
/// Renault, Dacia, Nissan Europe, Peugeot, Citroën, DS, Fiat, Alfa Romeo, Lancia, Toyota Europe.
const NOWHERE: &[&str] = &[
    "NMT", "SB1", "SJN", "UU1", "VF1", "VF2", "VF3", "VF6", "VF7", "VF8", "VNK", "VNV", "VR1",
    "VR3", "VR7", "VS5", "VSA", "VSK", "VSY", "W1K", "W1N", "W1T", "W1V", "WB1", "WBA", "WBS",
    "WBW", "WBX", "WBY", "WDA", "WDB", "WDC", "WDD", "WDF", "WEB", "WMA", "WME", "WMW", "ZAR",
    "ZFA", "ZFC", "ZLA",
];

fn year_place(vin: &Vin) -> YearPlace {
    let maker = vin.bytes().get(..3).unwrap_or_default();
    let is_in = |makers: &[&str]| makers.iter().any(|it| it.as_bytes() == maker);
    if is_in(AT_TEN) {
        YearPlace::At(10)
    } else if is_in(AT_ELEVEN) {
        YearPlace::At(11)
    } else if is_in(NOWHERE) {
        YearPlace::Nowhere
    } else {
        YearPlace::Unknown
    }
}

fn candidates(vin: &Vin, place: YearPlace, latest: u16) -> Vec<u16> {
    let position = match place {
        YearPlace::At(position) => position,
        YearPlace::Unknown => 10,
        YearPlace::Nowhere => return Vec::new(),
    };
    let Some(year) = vin.at(position).and_then(year_of) else { return Vec::new() };
    [year, year - 30].into_iter().filter(|it| (FIRST_YEAR..=latest).contains(it)).collect()
}
