//! Position 9: the check digit of 49 CFR 565.15(c), which ISO 3779 leaves to each country.

use crate::symbols::{DIGITS, VIN_CHARACTERS, YEAR_CHARACTERS, bit};
use crate::wmi::{LENGTH, Vin};

/// Table IV: what each position counts.
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// What position 9 holds, and what it should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckDigit {
    /// Position 9, if the VIN reaches there.
    pub given: Option<char>,
    /// What the other sixteen characters come to; `None` if they are not sixteen or not of a VIN.
    pub expected: Option<char>,
    /// Whether the law of the place demands one: first character 1 to 5 or 7 (North America, 49 CFR
    /// 565), or L (China, GB 16735). Elsewhere position 9 is the maker's own.
    pub required: bool,
    /// Whether the two are the same.
    pub ok: bool,
}

/// The check digit of a VIN, trimmed and without regard to case.
#[must_use]
pub fn check_digit(vin: &str) -> CheckDigit {
    of(&Vin::new(vin))
}

pub(crate) fn of(vin: &Vin) -> CheckDigit {
    let given = (vin.length() >= 9).then(|| vin.character(9));
    let expected = if vin.length() == LENGTH { sum(vin.bytes()).map(character) } else { None };
    let required = vin.at(1).is_some_and(|first| matches!(first, b'1'..=b'5' | b'7' | b'L'));
    CheckDigit { given, expected, required, ok: given.is_some() && given == expected }
}

/// NHTSA's digit, which has none for a VIN whose last characters are not the digits they must be:
/// 14 to 17 (15 to 17 of a small maker), and 13 as well where `thirteenth` says so.
pub(crate) fn of_nhtsa(vin: &[u8], thirteenth: bool) -> Option<u8> {
    let small = vin.get(2) == Some(&b'9');
    let fits = vin.iter().enumerate().all(|(place, character)| {
        let allowed = match place + 1 {
            10 => YEAR_CHARACTERS,
            13 if !small && thirteenth => DIGITS,
            14 if !small => DIGITS,
            15.. => DIGITS,
            _ => VIN_CHARACTERS,
        };
        allowed & bit(*character) != 0
    });
    if !fits || vin.len() != LENGTH {
        return None;
    }
    sum(vin).map(|rest| character(rest) as u8)
}

fn character(rest: u32) -> char {
    char::from_digit(rest, 10).unwrap_or('X')
}

/// The weighted sum of the transliterated characters, modulo 11.
fn sum(vin: &[u8]) -> Option<u32> {
    let mut sum = 0;
    for (place, (character, weight)) in vin.iter().zip(WEIGHTS).enumerate() {
        if place != 8 {
            sum += transliterate(*character)? * weight;
        }
    }
    Some(sum % 11)
}

/// Table III.
fn transliterate(character: u8) -> Option<u32> {
    Some(match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        b'A'..=b'H' => u32::from(character - b'A') + 1,
        b'J'..=b'N' => u32::from(character - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(character - b'S') + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_regulation() {
        for (vin, expected) in [
            ("1HGCM82633A004352", Some('3')),
            ("11111111111111111", Some('1')),
            ("1M8GDM9AXKP042788", Some('X')),
            ("1HGCM82633A00435", None),
            ("1HGCM82633I004352", None),
        ] {
            assert_eq!(check_digit(vin).expected, expected, "{vin}");
        }
    }

    #[test]
    fn a_check_digit_is_required_where_the_law_demands_one() {
        for (vin, required) in [
            ("1HGCM", true),
            ("5YJ", true),
            ("7SA", true),
            ("LFV", true),
            ("6FP", false),
            ("8AF", false),
            ("WVW", false),
            ("", false),
        ] {
            assert_eq!(check_digit(vin).required, required, "{vin}");
        }
        let european = check_digit("WVWZZZ1JZXW000001");
        assert!(!european.ok && !european.required && european.given == Some('Z'));
    }

    #[test]
    fn nhtsa_wants_digits_at_the_end() {
        assert_eq!(of_nhtsa(b"1HGCM82633A004352", true), Some(b'3'));
        assert_eq!(of_nhtsa(b"1HGCM82633A0A4352", true), None);
        assert!(of_nhtsa(b"1HGCM82633A0A4352", false).is_some());
        assert_eq!(of_nhtsa(b"1HGCM82633A00435A", false), None);
    }
}
