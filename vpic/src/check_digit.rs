//! The check digit at position 9, defined in 49 CFR 565.15(c). ISO 3779 leaves it to each country.

use crate::symbols::{DIGITS, VIN_CHARACTERS, YEAR_CHARACTERS, bit};
use crate::wmi::{LENGTH, Vin};

/// Table IV: the weight of each position.
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// The character at position 9 and the expected check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckDigit {
    /// The character at position 9, if the VIN is long enough.
    pub given: Option<char>,
    /// The check digit calculated from the other 16 characters; `None` if the VIN is not well-formed.
    pub expected: Option<char>,
    /// Whether a check digit is required by law: if the first character is 1 to 5 or 7 (North
    /// America, 49 CFR 565) or L (China, GB 16735). Elsewhere manufacturers are free to use
    /// position 9.
    pub required: bool,
    /// Whether `given` equals `expected`.
    pub ok: bool,
}

/// Computes the check digit of a VIN. Surrounding whitespace and case are ignored.
#[must_use]
pub fn check_digit(vin: &str) -> CheckDigit {
    compute(&Vin::new(vin))
}

pub(crate) fn compute(vin: &Vin) -> CheckDigit {
    let given = (vin.length() >= 9).then(|| vin.character(9));
    let expected = if vin.length() == LENGTH { sum(vin.bytes()).map(to_character) } else { None };
    let required = vin.at(1).is_some_and(|first| matches!(first, b'1'..=b'5' | b'7' | b'L'));
    CheckDigit { given, expected, required, ok: given.is_some() && given == expected }
}

/// Computes the check digit as NHTSA does: there is none if the last characters are not digits.
/// These are positions 14 to 17 (15 to 17 for low-volume manufacturers), and also 13 if
/// `digit_at_13` is set.
pub(crate) fn compute_as_nhtsa(vin: &[u8], digit_at_13: bool) -> Option<u8> {
    let is_low_volume = vin.get(2) == Some(&b'9');
    let fits = vin.iter().enumerate().all(|(index, character)| {
        let allowed = match index + 1 {
            10 => YEAR_CHARACTERS,
            13 if !is_low_volume && digit_at_13 => DIGITS,
            14 if !is_low_volume => DIGITS,
            15.. => DIGITS,
            _ => VIN_CHARACTERS,
        };
        allowed & bit(*character) != 0
    });
    if !fits || vin.len() != LENGTH {
        return None;
    }
    sum(vin).map(|rest| to_character(rest) as u8)
}

fn to_character(rest: u32) -> char {
    char::from_digit(rest, 10).unwrap_or('X')
}

/// The weighted sum of the transliterated characters, modulo 11.
fn sum(vin: &[u8]) -> Option<u32> {
    let mut sum = 0;
    for (index, (character, weight)) in vin.iter().zip(WEIGHTS).enumerate() {
        if index != 8 {
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
    fn check_digits_are_computed_as_in_the_regulation() {
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
    fn a_check_digit_is_required_in_north_america_and_china() {
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
    fn nhtsa_requires_digits_at_the_end() {
        assert_eq!(compute_as_nhtsa(b"1HGCM82633A004352", true), Some(b'3'));
        assert_eq!(compute_as_nhtsa(b"1HGCM82633A0A4352", true), None);
        assert!(compute_as_nhtsa(b"1HGCM82633A0A4352", false).is_some());
        assert_eq!(compute_as_nhtsa(b"1HGCM82633A00435A", false), None);
    }
}
