//! The `Vin` type and its syntax (49 CFR 565.13 to 565.15, ISO 3779).

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use vpic::CheckDigit;

use crate::{
    core::{
        input::{Field, FieldValue},
        locale::Message,
    },
    t,
};

/// A well-formed VIN: 17 uppercase letters and digits without I, O and Q, not all of them the same.
/// The check digit may be wrong; [`check_plausibility`](super::check_plausibility) reports that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx_derive::Type)]
#[serde(transparent)]
pub struct Vin(String);

impl Vin {
    /// The VIN as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a VIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VinError {
    /// The text is too short or too long.
    Length(usize),
    /// A letter that VINs don't use because it looks like a digit.
    Letter {
        /// The position, starting at 1.
        position: usize,
        /// I, O or Q.
        letter: char,
        /// The digit that it resembles.
        digit: char,
    },
    /// Neither a letter nor a digit.
    Character {
        /// The position, starting at 1.
        position: usize,
        /// The character.
        character: char,
    },
    /// The same character 17 times, as people enter in a required field that they want to skip.
    Repeated,
}

impl std::error::Error for VinError {}

impl std::fmt::Display for VinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Message::from(self.clone()).fmt(f)
    }
}

impl From<VinError> for Message {
    fn from(error: VinError) -> Self {
        match error {
            VinError::Length(count) => t!("vin-field-length", count = count),
            VinError::Letter { position, letter, digit } => t!(
                "vin-field-letter",
                position = position,
                letter = letter.to_string(),
                digit = digit.to_string(),
            ),
            VinError::Character { position, character } => {
                t!("vin-field-character", position = position, character = format!("{character:?}"),)
            }
            VinError::Repeated => t!("vin-field-repeated"),
        }
    }
}

impl TryFrom<&str> for Vin {
    type Error = VinError;

    fn try_from(text: &str) -> Result<Self, VinError> {
        Self::parse(text)
    }
}

impl Vin {
    /// Parses a VIN that was typed or scanned. The text is normalized first (see `normalize`). The
    /// check digit is not verified.
    ///
    /// # Errors
    /// If the text is not a VIN. Positions refer to the normalized text.
    pub fn parse(text: &str) -> Result<Self, VinError> {
        let text = normalize(text);
        let length = text.chars().count();
        if length != 17 {
            return Err(VinError::Length(length));
        }
        for (character, position) in text.chars().zip(1..) {
            match character {
                'I' => return Err(VinError::Letter { position, letter: 'I', digit: '1' }),
                letter @ ('O' | 'Q') => {
                    return Err(VinError::Letter { position, letter, digit: '0' });
                }
                _ if character.is_ascii_alphanumeric() => {}
                _ => return Err(VinError::Character { position, character }),
            }
        }
        let mut characters = text.chars();
        let first = characters.next();
        if characters.all(|it| Some(it) == first) {
            return Err(VinError::Repeated);
        }
        Ok(Self(text))
    }

    /// Its check digit, and the expected one.
    #[must_use]
    pub fn check_digit(&self) -> CheckDigit {
        vpic::check_digit(&self.0)
    }
}

/// Converts a VIN to upper case and removes everything else around and between its characters:
/// spaces, dashes, the asterisks around a barcode, a label (`VIN:`), and the letter I that precedes
/// the VIN in Code 39 barcodes of imported vehicles.
pub(super) fn normalize(text: &str) -> String {
    let is_part = |it: &char| {
        !it.is_whitespace()
            && !matches!(it, '-' | '*' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    let text: String = text.chars().filter(is_part).map(|it| it.to_ascii_uppercase()).collect();
    // VINs don't contain the letter I, so this must be a label.
    let text = text.strip_prefix("VIN").map_or(text.as_str(), |rest| {
        let rest = ["NUMBER", "NO"].iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
        rest.trim_start_matches(['.', ':', '#', '='])
    });
    let is_import = text.starts_with('I') && text.chars().count() == 18;
    text.get(usize::from(is_import)..).unwrap_or_default().to_owned()
}

impl Field for Vin {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text) => {
                Self::parse(text).map_err(Message::from)
            }
            _ => Err(t!("core-field-string")),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[\\s*-]*([Vv][Ii][Nn][.:#=]*)?[\\s*-]*[Ii]?([\\s*-]*[A-HJ-NPR-Za-hj-npr-z0-9]){17}[\\s*-]*$",
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

    use super::Vin;

    fn parse_error(text: &str) -> String {
        Vin::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_vin_is_stored_in_upper_case() {
        assert_eq!(Vin::parse(" 1hgcm82633a004352 ").unwrap().as_str(), "1HGCM82633A004352");
    }

    #[test]
    fn errors_say_what_is_wrong_and_where() {
        assert!(
            parse_error("1HGCM82633A00435").starts_with("has 16 characters instead of 17: compare")
        );
        assert!(parse_error("1HGCM82633A0043521").starts_with("has 18 characters instead of 17: "));
        assert!(
            parse_error("IHGCM82633A004352").starts_with("position 1: VINs don’t use the letter I")
        );
        assert!(
            parse_error("1HGCM82633A0O4352")
                .starts_with("position 13: VINs don’t use the letter O")
        );
        assert!(
            parse_error("1HGCM82633A00435q")
                .starts_with("position 17: VINs don’t use the letter Q")
        );
        assert!(parse_error("1HGCM8263/A004352").starts_with("position 10: '/' isn’t a letter"));
        assert!(parse_error("1HGCM82633Ä004352").starts_with("position 11: 'Ä' isn’t a letter"));
    }

    #[test]
    fn one_repeated_character_is_not_a_vin() {
        for character in "0123456789ABCDEFGHJKLMNPRSTUVWXYZ".chars() {
            let text = character.to_string().repeat(17);
            assert!(parse_error(&text).contains("the same character 17 times"), "{text}");
            assert!(
                parse_error(&format!("VIN: {text}")).contains("the same character 17 times"),
                "{text}"
            );
        }
        assert!(Vin::parse("11111111111111112").is_ok());
    }

    #[test]
    fn printed_and_scanned_vins_are_parsed() {
        for text in [
            "1HGCM82633A004352",
            "1HG CM826 3 3A 004352",
            "1HG-CM826-3-3A-004352",
            "1HG–CM826—3−3A‑004352",
            "*1HGCM82633A004352*",
            "I1HGCM82633A004352",
            "*I1HGCM82633A004352*",
            "i1hgcm82633a004352",
            "VIN:1HGCM82633A004352",
            "VIN: 1HGCM82633A004352",
            "vin 1HGCM82633A004352",
            "VIN No. 1HGCM82633A004352",
            "VIN number: *I1HGCM82633A004352*",
            "VIN#1HGCM82633A004352",
            "VIN1HGCM82633A004352",
            "\u{a0}1HGCM82633A\u{2009}004352\r\n",
        ] {
            assert_eq!(Vin::parse(text).unwrap().as_str(), "1HGCM82633A004352", "{text:?}");
        }
        // An I in place of a 1 is not a prefix.
        assert!(
            parse_error("IHGCM82633A004352").starts_with("position 1: VINs don’t use the letter I")
        );
        assert!(parse_error("VIN: 1HGCM82633A00435").starts_with("has 16 characters"));
        assert!(parse_error("VIN:").starts_with("has 0 characters"));
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "(VIN:? )?[*I]?[A-HJ-NPR-Z0-9 -]{17,22}[*]?") {
            if let Ok(vin) = Vin::parse(&text) {
                prop_assert_eq!(Vin::parse(vin.as_str()).unwrap(), vin);
            }
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _ = Vin::parse(text.as_str());
        }
    }
}
