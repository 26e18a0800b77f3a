//! The types of fields and how each is read.

use crate::{core::locale::Message, t};
use chrono::{Datelike as _, Months, NaiveDate};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{
    FieldValue,
    invisible::{IN_PATTERN, reject_invisible},
    number::{self, NumberFormat},
    reader::camel_case,
};
use crate::core::db::fixed::Fixed;

/// The year of the first automobile: no date can be earlier.
const FIRST_YEAR: i32 = 1886;

/// A value that can be read from a field.
pub trait Field: Sized {
    /// Whether it is a text: if optional, a blank text means no value.
    const IS_TEXT: bool = false;

    /// Reads the value. Dates are checked against `today`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that starts with the field's name.
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

/// A member of an input: a required [`Field`], an `Option` of one, or a change to one.
pub trait Member: Sized {
    /// Whether it is required.
    const REQUIRED: bool = false;

    /// Reads the value from the field, if present.
    ///
    /// # Errors
    /// As [`Field::read`].
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

impl<T: Field> Member for T {
    const REQUIRED: bool = true;

    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None | Some(FieldValue::Null) => Err(t!("core-field-required")),
            Some(given) => T::read(given, today),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// Whether a text is blank and within the length limit. A text with control characters is not
/// blank: it is rejected.
fn is_blank_text(text: &str) -> bool {
    let is_control = |it: char| it.is_control() && !matches!(it, '\n' | '\t');
    text.trim().is_empty()
        && text.chars().count() <= LongText::MAX
        && !text.replace("\r\n", "\n").contains(is_control)
}

/// An optional member.
impl<T: Field> Member for Option<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None | Some(FieldValue::Null) => Ok(None),
            Some(FieldValue::Text(text) | FieldValue::Typed(text))
                if T::IS_TEXT && is_blank_text(text) =>
            {
                Ok(None)
            }
            Some(given) => T::read(given, today).map(Some),
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}

/// A change to a required value in a merge patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The member is absent.
    Unchanged,
    /// The new value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// The value after the change.
    #[must_use]
    pub fn or(&self, current: T) -> T {
        match self {
            Self::Unchanged => current,
            Self::Set(value) => value.clone(),
        }
    }
}

impl<T> Change<T> {
    /// The new value, if any.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Unchanged => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Change<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None => Ok(Self::Unchanged),
            Some(FieldValue::Null) => Err(t!("core-field-not-clearable")),
            Some(given) => T::read(given, today).map(Self::Set),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// A change to an optional value in a merge patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearable<T> {
    /// The member is absent.
    Unchanged,
    /// The value is removed.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Clearable<T> {
    /// Converts the new value.
    #[must_use]
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Clearable<U> {
        match self {
            Self::Unchanged => Clearable::Unchanged,
            Self::Clear => Clearable::Clear,
            Self::Set(value) => Clearable::Set(convert(value)),
        }
    }

    /// The value after the change.
    #[must_use]
    pub fn or(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Unchanged => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Clearable<T> {
    fn read(given: Option<&FieldValue>, today: NaiveDate) -> Result<Self, Message> {
        match given {
            None => Ok(Self::Unchanged),
            Some(given) => {
                Ok(<Option<T> as Member>::read(Some(given), today)?.map_or(Self::Clear, Self::Set))
            }
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}

/// Patterns of one line that is not blank, and of any one line.
const SOME_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*$";
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// The pattern of several lines.
const LINES: &str = "^([^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";

/// Extends a pattern to exclude invisible characters.
fn pattern(lines: &str) -> String {
    lines.replace("\\u007f-\\u009f]", &format!("\\u007f-\\u009f{IN_PATTERN}]"))
}

/// One line of text of at most `MAX` characters: trimmed, not empty, without control or invisible
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

impl<const MAX: usize> Field for Text<MAX> {
    const IS_TEXT: bool = true;

    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let text = text_of(given)?;
        if text.chars().any(char::is_control) {
            return Err(t!("core-field-control-character"));
        }
        reject_invisible(text)?;
        bounded(text.trim(), MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": pattern(SOME_LINE) })
    }
}

/// Text of at most 10,000 characters, with line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongText(pub String);

impl LongText {
    /// The maximum number of characters.
    pub const MAX: usize = 10_000;
}

impl Field for LongText {
    const IS_TEXT: bool = true;

    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        // Forms send line breaks as CRLF.
        let text = text_of(given)?.replace("\r\n", "\n");
        if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\t')) {
            return Err(t!("core-field-control-character"));
        }
        reject_invisible(&text)?;
        bounded(text.trim(), Self::MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": Self::MAX, "pattern": pattern(LINES),
        })
    }
}

/// Reads a date from 1886 on, as `YYYY-MM-DD`.
pub(super) fn day(given: &FieldValue) -> Result<NaiveDate, Message> {
    let date = calendar_day(given)?;
    if date.year() < FIRST_YEAR {
        Err(t!("core-field-date-too-early", year = FIRST_YEAR.to_string()))
    } else {
        Ok(date)
    }
}

/// Reads any date, as `YYYY-MM-DD`.
pub(super) fn calendar_day(given: &FieldValue) -> Result<NaiveDate, Message> {
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

fn text_of(given: &FieldValue) -> Result<&str, Message> {
    match given {
        FieldValue::Text(text) | FieldValue::Typed(text) => Ok(text),
        _ => Err(t!("core-field-string")),
    }
}

fn bounded(text: &str, most: usize) -> Result<String, Message> {
    if text.is_empty() {
        return Err(t!("core-field-empty"));
    }
    if text.chars().count() > most {
        return Err(t!("core-field-too-long", most = most));
    }
    Ok(text.to_owned())
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
pub(super) fn whole_number(given: &FieldValue, least: i32, most: i32) -> Result<i32, Message> {
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
        Err(crate::core::db::fixed::FixedError::TooLarge(_)) => Err(outside()),
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

impl Field for ModelYear {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        whole_number(given, FIRST_YEAR, today.year() + 2).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": FIRST_YEAR, "examples": [2024] })
    }
}

fn nullable<T: Field>() -> Schema {
    let mut value = T::schema().to_value();
    if let Some(members) = value.as_object_mut().filter(|_| T::IS_TEXT) {
        // If it is optional, a blank text means no value.
        members.remove("minLength");
        if members.get("pattern").is_some_and(|it| *it == pattern(SOME_LINE)) {
            members.insert("pattern".to_owned(), json!(pattern(LINE)));
        }
    }
    if let Some(choices) = value.get_mut("enum").and_then(Value::as_array_mut) {
        choices.push(Value::Null);
    }
    match value.get_mut("type") {
        Some(Value::Array(types)) => types.push(json!("null")),
        Some(one) => *one = json!([one.take(), "null"]),
        None => value = json!({ "anyOf": [value, { "type": "null" }] }),
    }
    value.try_into().unwrap_or_default()
}

/// The schema of an input, from its description and, for each member, its name, description, schema
/// and whether it is required.
#[must_use]
pub fn schema_of(about: &str, members: &[(&str, &str, Schema, bool)]) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, doc, schema, is_required) in members {
        let name = camel_case(name);
        let mut schema = schema.clone().to_value();
        schema["description"] = json!(doc.trim());
        if *is_required {
            required.push(json!(name));
        }
        properties.insert(name, schema);
    }
    json_schema!({
        "type": "object",
        "description": about.trim(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
