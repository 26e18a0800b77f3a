//! Describes the errors in a VIN in NHTSA's words, and suggests corrections.

use crate::check_digit::{self, check_digit};
use crate::decoded::Decoded;
use crate::findings::{Findings, allowed_at, matching_check_digit};
use crate::symbols::{VIN_CHARACTERS, bit, characters};
use crate::wmi::{LENGTH, Vin};

const POSSIBLE_VALUES: &str = "In the Possible values section, the Numeric value before the : indicates the position in error and the values after the : indicate the possible values that are allowed in this position.";
const SEVERAL_POSSIBLE_VALUES: &str = "The error positions are indicated by ! in Suggested VIN. In the Possible values section, each pair of parenthesis indicate information about each error position in VIN . The Numeric value before the : indicates the position in error and the values after the : indicate the possible values that are allowed in this position";
const OFF_ROAD: &str = " NOTE: Disregard if this is an off-road vehicle PIN, as check digit calculation may not be accurate.";
const EXCEPTION: &str = " NOTE: Check Digit Exception - The check digit was given an exception based on data from the OEM indicating an error on production.";
const INCOMPLETE: &str = "Incomplete Vehicle Warning - Please be advised that the vehicle may have been altered and may not be an accurate representation of the vehicle in its current condition.";
const UNSETTLED: &str = "The Model Year decoded for this VIN may be incorrect. If you know the Model year, please enter it and decode again to get more accurate information.";
/// The maximum length of texts in NHTSA's database.
const MAX_LENGTH: usize = 500;

/// A problem with a VIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// NHTSA's error code.
    pub code: u16,
    /// NHTSA's text, without the code.
    pub text: String,
    /// The affected positions, starting at 1; empty if the whole VIN is affected.
    pub positions: Vec<usize>,
    /// Human-readable details, such as the wrong or the possible characters; may be empty.
    pub detail: String,
}

pub(crate) fn list(decoded: &Decoded<'_>) -> Vec<Problem> {
    let found = &decoded.found;
    let problem = |code: &crate::findings::Code| {
        let (positions, detail) = match code.number {
            1 => (vec![9], check_digit_detail(&decoded.vin)),
            2..=5 => (positions(found.wrong), possible(decoded)),
            6 => (Vec::new(), format!("{} of 17 characters", decoded.vin.length())),
            11 if decoded.vin.length() >= 10 => (vec![10], decoded.vin.character(10).to_string()),
            12 => (vec![10], decoded.model_year().map(|year| year.to_string()).unwrap_or_default()),
            14 => (positions(found.unused), unused(found)),
            400 => (positions(found.invalid << 1), invalid(found, &decoded.vin)),
            _ => (Vec::new(), String::new()),
        };
        Problem { code: code.number, text: sentence(found, code), positions, detail }
    };
    found.codes().filter(|code| code.number != 0).map(problem).collect()
}

fn check_digit_detail(vin: &Vin) -> String {
    let digit = check_digit::compute(vin);
    match (digit.given, digit.expected) {
        (Some(given), Some(expected)) if given != expected => {
            format!("{given} should be {expected}")
        }
        _ => String::new(),
    }
}

/// The text of a code, with a note that applies to this VIN.
fn sentence(found: &Findings, code: &crate::findings::Code) -> String {
    let note = match code.number {
        1 if found.is_off_road => OFF_ROAD,
        0 if found.is_exception => EXCEPTION,
        _ => "",
    };
    format!("{}{note}", code.text)
}

pub(crate) fn codes(found: &Findings) -> String {
    let mut codes = String::new();
    for code in found.codes() {
        if !codes.is_empty() {
            codes.push(',');
        }
        codes.push_str(&code.number.to_string());
    }
    codes
}

pub(crate) fn text(found: &Findings) -> String {
    let sentences: Vec<String> =
        found.codes().map(|code| format!("{} - {}", code.number, sentence(found, code))).collect();
    cut(&sentences.join("; "))
}

pub(crate) fn additional(decoded: &Decoded<'_>) -> String {
    let found = &decoded.found;
    let mut text = String::new();
    let mut add = |sentence: &str| {
        text = cut(format!("{text} {sentence}").trim());
    };
    if found.has(4) {
        add(POSSIBLE_VALUES);
    }
    if found.has(5) {
        add(SEVERAL_POSSIBLE_VALUES);
    }
    if found.unused != 0 {
        add(&format!("Unused position(s): {}.", unused(found)));
    }
    if found.invalid != 0 {
        add(&format!("Invalid character(s): {}.", invalid(found, &decoded.vin)));
    }
    if found.is_incomplete_vehicle {
        add(INCOMPLETE);
    }
    if !decoded.is_year_certain() {
        add(UNSETTLED);
    }
    text
}

fn unused(found: &Findings) -> String {
    let positions: Vec<String> = positions(found.unused).iter().map(ToString::to_string).collect();
    positions.join(",")
}

fn invalid(found: &Findings, vin: &Vin) -> String {
    let each = |position: &usize| format!("{position}:{}", vin.character(*position));
    let invalid: Vec<String> = (1..=vin.length())
        .filter(|p| found.invalid >> (p - 1) & 1 == 1)
        .map(|p| each(&p))
        .collect();
    invalid.join(", ")
}

pub(crate) fn suggested(decoded: &Decoded<'_>) -> String {
    let (found, vin) = (&decoded.found, &decoded.vin);
    if found.wrong == 0 && found.invalid == 0 {
        return String::new();
    }
    let each = |(index, character): (usize, char)| match found.fix {
        _ if found.invalid >> index & 1 == 1 => '!',
        Some((position, fixed)) if position == index + 1 => char::from(fixed),
        _ if found.wrong >> (index + 1) & 1 == 1 => '!',
        _ => character,
    };
    vin.text.chars().enumerate().map(each).collect()
}

pub(crate) fn possible(decoded: &Decoded<'_>) -> String {
    let found = &decoded.found;
    let each = |position: usize| {
        let fits: String = match found.fix {
            Some((_, fixed)) => char::from(fixed).to_string(),
            None => characters(allowed_at(found, position)).collect(),
        };
        format!("({position}:{fits})")
    };
    positions(found.wrong).into_iter().map(each).collect()
}

/// VINs that differ from the typed text by one typo: NHTSA's correction, another character at the
/// only wrong position, digits in place of similar letters that VINs don't use, or separators
/// removed. All of them have a correct check digit.
pub(crate) fn suggestions(decoded: &Decoded<'_>) -> Vec<String> {
    let (found, vin) = (&decoded.found, &decoded.vin);
    let mut suggestions = Vec::new();
    let mut add = |text: String| {
        let is_whole = text.bytes().all(|byte| VIN_CHARACTERS & bit(byte) != 0);
        if is_whole && text != vin.text && check_digit(&text).ok && !suggestions.contains(&text) {
            suggestions.push(text);
        }
    };
    if let Some((position, fixed)) = found.fix {
        add(replaced(vin, position, char::from(fixed)));
    } else if found.wrong.is_power_of_two() {
        let position = found.wrong.trailing_zeros() as usize;
        for character in matching_check_digit(vin, position, allowed_at(found, position)) {
            add(replaced(vin, position, char::from(character)));
        }
    }
    let look_alike = |character| match character {
        'I' => '1',
        'O' | 'Q' => '0',
        character => character,
    };
    let plain: String =
        vin.text.chars().filter(|character| character.is_alphanumeric()).map(look_alike).collect();
    // If no characters were removed, check them against those that the manufacturer uses.
    let is_used = |(position, character): (usize, u8)| {
        let allowed = allowed_at(found, position);
        allowed == 0 || allowed & bit(character) != 0 || vin.at(position) == Some(character)
    };
    if plain.len() == LENGTH && (vin.length() != LENGTH || (1..).zip(plain.bytes()).all(is_used)) {
        add(plain);
    }
    suggestions
}

fn replaced(vin: &Vin, position: usize, by: char) -> String {
    let each = |(index, character)| if index + 1 == position { by } else { character };
    vin.text.chars().enumerate().map(each).collect()
}

fn positions(bits: u32) -> Vec<usize> {
    (1..32).filter(|position| bits >> position & 1 == 1).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_LENGTH).collect()
}
