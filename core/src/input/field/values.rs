//! Dates, numbers and whether something is true.

use chrono::{Datelike as _, Months, NaiveDate};
use schemars::{Schema, json_schema};
use serde_json::Value;

use super::{Field, FieldValue, text::text_of};
use crate::{
    db::fixed::Fixed,
    input::number::{self, NumberFormat},
    locale::Message,
    t,
};

/// The year of the first automobile: no date can be earlier.
const FIRST_YEAR: i32 = 1886;

/// Reads a date from 1886 on, as `YYYY-MM-DD`.
pub(in crate::input) fn day(given: &FieldValue) -> Result<NaiveDate, Message> {
    let date = calendar_day(given)?;
    if date.year() < FIRST_YEAR {
        Err(t!("core-field-date-too-early", year = FIRST_YEAR.to_string()))
    } else {
        Ok(date)
    }
}

/// Reads any date, as `YYYY-MM-DD`.
pub(in crate::input) fn calendar_day(given: &FieldValue) -> Result<NaiveDate, Message> {
    let wrong = || t!("core-field-date");
    let text = text_of(given).map_err(|_| wrong())?.trim();
    // The parser alone would also accept `2026-1-5` and `+2026-01-05`.
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten().ok_or_else(wrong)
}

impl Field for bool {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Bool(value) => Ok(*value),
            FieldValue::Typed(text) if text == "true" || text == "on" => Ok(true),
            FieldValue::Typed(text) if text == "false" => Ok(false),
            _ => Err(t!("core-field-boolean")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

impl Field for NaiveDate {
    /// A date from 1886 to a year ahead, as `YYYY-MM-DD`.
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let date = day(given)?;
        if today.checked_add_months(Months::new(12)).is_some_and(|limit| date > limit) {
            return Err(t!("core-field-date-year-ahead"));
        }
        Ok(date)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

impl<const P: u32, const S: u32> Field for Fixed<P, S> {
    /// A number that is not negative, or a string with one.
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let text = match given {
            FieldValue::Number(text) | FieldValue::Text(text) => text.trim(),
            FieldValue::Typed(text) => &plain(text, NumberFormat::decimal(S))?,
            _ => return Err(t!("core-field-number")),
        };
        let value = Self::parse(text).map_err(Message::from)?;
        if value.units() < 0 { Err(t!("core-field-not-negative")) } else { Ok(value) }
    }

    fn schema() -> Schema {
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let (whole, most) = (P - S, number(&Self::MAX.to_string()));
        json_schema!({
            "type": ["number", "string"],
            "minimum": 0, "maximum": most, "multipleOf": number(&format!("1e-{S}")),
            "pattern": format!("^0*[0-9]{{1,{whole}}}(\\.[0-9]{{1,{S}}})?$"),
        })
    }
}

/// Converts a number as typed into a form to plain text.
///
/// # Errors
/// As for [`Field::read`].
fn plain(typed: &str, format: NumberFormat) -> Result<String, Message> {
    number::parse(typed, format).map(|it| it.value).map_err(Message::from)
}

/// Reads a whole number from `least` to `most`: a JSON number, or text typed into a form.
///
/// # Errors
/// As for [`Field::read`].
pub(in crate::input) fn whole_number(
    given: &FieldValue,
    least: i32,
    most: i32,
) -> Result<i32, Message> {
    let number = match given {
        FieldValue::Number(text) => Fixed::<10, 0>::parse(text),
        FieldValue::Typed(text) => Fixed::<10, 0>::parse(&plain(text, NumberFormat::WHOLE)?),
        _ => return Err(t!("core-field-whole-number")),
    };
    // Numbers of four digits can be years, which have no thousands separator.
    let outside = || match most {
        ..10_000 => t!("core-field-range", least = least.to_string(), most = most.to_string()),
        _ => t!("core-field-range", least = least, most = most),
    };
    match number {
        Ok(number) => i32::try_from(number.units())
            .ok()
            .filter(|it| (least..=most).contains(it))
            .ok_or_else(outside),
        Err(crate::db::fixed::FixedError::TooLarge(_)) => Err(outside()),
        Err(_) => Err(t!("core-field-whole-number")),
    }
}

/// An odometer reading in whole miles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Odometer(pub i32);

impl Odometer {
    /// The maximum: ten times what any car has driven.
    pub const MAX: i32 = 99_999_999;
}

impl Field for Odometer {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        whole_number(given, 0, Self::MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "integer", "minimum": 0, "maximum": Self::MAX, "examples": [84_210],
        })
    }
}

/// A model year: from 1886 to two years ahead, because manufacturers sell next year's models early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelYear(pub i32);

impl From<ModelYear> for i32 {
    fn from(year: ModelYear) -> Self {
        year.0
    }
}

impl Field for ModelYear {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        whole_number(given, FIRST_YEAR, today.year() + 2).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": FIRST_YEAR, "examples": [2024] })
    }
}
