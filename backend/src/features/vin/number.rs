//! Vehicle identification numbers: their characters and their check digit (49 CFR 565.13 to 15,
//! ISO 3779).

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use vpic::CheckDigit;

use crate::core::input::{Field, Given};

/// Seventeen letters and digits without I, O or Q, in upper case, with a check digit that holds
/// where the standard demands one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Vin(String);

impl Vin {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why text is no VIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VinError {
    /// It is too short or too long.
    #[error("has {0} characters, and a VIN has 17")]
    Length(usize),
    /// A letter that is left out because it looks like a digit.
    #[error(
        "position {position}: the letter {letter} is not used in a VIN; it may be the digit {digit}"
    )]
    Letter {
        /// Counted from one.
        position: usize,
        /// I, O or Q.
        letter: char,
        /// What it is mistaken for.
        digit: char,
    },
    /// Neither a letter nor a digit.
    #[error("position {position}: {character:?} is neither a letter from A to Z nor a digit")]
    Character {
        /// Counted from one.
        position: usize,
        /// What stands there.
        character: char,
    },
    /// The check digit does not fit the rest, so some character is wrong.
    #[error(
        "position 9: the check digit is {given} and the other characters ask for {expected}, \
         so one character at least is not as it stands on the vehicle"
    )]
    CheckDigit {
        /// What stands there.
        given: char,
        /// What should.
        expected: char,
    },
}

impl TryFrom<&str> for Vin {
    type Error = VinError;

    fn try_from(text: &str) -> Result<Self, VinError> {
        let vin = Self::well_formed(text)?;
        match vin.check_digit() {
            CheckDigit {
                given: Some(given),
                expected: Some(expected),
                required: true,
                ok: false,
            } => Err(VinError::CheckDigit { given, expected }),
            _ => Ok(vin),
        }
    }
}

impl Vin {
    /// Reads the characters of a VIN, whatever its check digit says: there is something to tell
    /// of such a one, too.
    ///
    /// # Errors
    /// Any fault but that of the check digit.
    pub fn well_formed(text: &str) -> Result<Self, VinError> {
        let text = text.trim();
        let length = text.chars().count();
        if length != 17 {
            return Err(VinError::Length(length));
        }
        for (character, position) in text.chars().zip(1..) {
            let letter = character.to_ascii_uppercase();
            match letter {
                'I' => return Err(VinError::Letter { position, letter, digit: '1' }),
                'O' | 'Q' => return Err(VinError::Letter { position, letter, digit: '0' }),
                _ if letter.is_ascii_alphanumeric() => {}
                _ => return Err(VinError::Character { position, character }),
            }
        }
        Ok(Self(text.to_ascii_uppercase()))
    }

    /// What stands at position 9, and what should.
    #[must_use]
    pub fn check_digit(&self) -> CheckDigit {
        vpic::check_digit(&self.0)
    }
}

impl Field for Vin {
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Typed(text) => {
                Self::try_from(text.as_str()).map_err(|error| error.to_string())
            }
            _ => Err("has to be a text".to_owned()),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$",
            "examples": ["1HGCM82633A004352"],
        })
    }
}

impl JsonSchema for Vin {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Vin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-HJ-NPR-Z0-9]{17}$" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Vin, VinError};

    fn told(text: &str) -> String {
        Vin::try_from(text).unwrap_err().to_string()
    }

    #[test]
    fn a_vin_is_kept_in_upper_case() {
        assert_eq!(Vin::try_from(" 1hgcm82633a004352 ").unwrap().as_str(), "1HGCM82633A004352");
    }

    #[test]
    fn a_wrong_vin_says_where_and_why() {
        assert_eq!(told("1HGCM82633A00435"), "has 16 characters, and a VIN has 17");
        assert_eq!(told("1HGCM82633A0043521"), "has 18 characters, and a VIN has 17");
        assert!(told("IHGCM82633A004352").starts_with("position 1: the letter I is not used"));
        assert!(told("1HGCM82633A0O4352").starts_with("position 13: the letter O is not used"));
        assert!(told("1HGCM82633A00435q").starts_with("position 17: the letter Q is not used"));
        assert!(told("1HGCM8263-A004352").starts_with("position 10: '-' is neither"));
        assert!(told("1HGCM82633Ä004352").starts_with("position 11: 'Ä' is neither"));
        assert!(told("1HGCM82643A004352").starts_with("position 9: the check digit is 4 and"));
    }

    #[test]
    fn the_check_digit_counts_in_north_america_and_china_only() {
        for vin in ["1M8GDM9AXKP042788", "5GZCZ43D13S812715", "11111111111111111"] {
            assert!(Vin::try_from(vin).is_ok(), "{vin}");
        }
        for vin in ["1M8GDM9A1KP042788", "LM8GDM9A1KP042788"] {
            assert!(matches!(Vin::try_from(vin), Err(VinError::CheckDigit { .. })), "{vin}");
        }
        for vin in ["WBA3A5C51CF256651", "WBA3A5C52CF256651", "JM8GDM9A1KP042788"] {
            assert!(Vin::try_from(vin).is_ok(), "{vin}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_caught(
            vin in "1[A-HJ-NPR-Z0-9]{7}0[A-HJ-NPR-Z0-9]{8}",
            position in (9_usize..17),
            step in 1_u8..10,
        ) {
            let mut vin = vin.into_bytes();
            vin[position] = b"0123456789"[position % 10];
            let digit = vpic::check_digit(std::str::from_utf8(&vin).unwrap());
            vin[8] = digit.expected.unwrap() as u8;
            prop_assert!(Vin::try_from(std::str::from_utf8(&vin).unwrap()).is_ok());
            // Another digit there changes the sum by less than eleven times its weight.
            vin[position] = b'0' + (vin[position] - b'0' + step) % 10;
            prop_assert!(Vin::try_from(std::str::from_utf8(&vin).unwrap()).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = Vin::try_from(text.as_str());
        }
    }
}
