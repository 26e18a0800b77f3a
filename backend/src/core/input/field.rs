//! The kinds of field, each read in one way.

use chrono::{Datelike as _, Months, NaiveDate};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{
    Given,
    hidden::{IN_PATTERN, refuse_hidden},
    number::{self, NumberFormat},
    reader::camel_case,
};
use crate::core::db::fixed::Fixed;

/// The first motor car's year: nothing here is older.
const FIRST_YEAR: i32 = 1886;

/// A value that can be read from one field.
pub trait Field: Sized {
    /// Whether it is a text, of which one of blanks alone is nothing at all.
    const IS_TEXT: bool = false;

    /// Reads it; `today` is what dates are held against.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the field's name.
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

/// A member of an input: a [`Field`] that has to be there, an `Option`, or a change to one.
pub trait Member: Sized {
    /// Whether it has to be there.
    const REQUIRED: bool = false;

    /// Reads it from the field, if there is one.
    ///
    /// # Errors
    /// As [`Field::read`].
    fn read(given: Option<&Given>, today: NaiveDate) -> Result<Self, String>;

    /// Its JSON schema.
    fn schema() -> Schema;
}

impl<T: Field> Member for T {
    const REQUIRED: bool = true;

    fn read(given: Option<&Given>, today: NaiveDate) -> Result<Self, String> {
        match given {
            None | Some(Given::Null) => Err("is required".to_owned()),
            Some(given) => T::read(given, today),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// Whether a text has nothing but blanks, and no more of them than any text may have. One with a
/// control character is not nothing: it is refused.
fn is_nothing(text: &str) -> bool {
    let is_bare = |it: char| it.is_control() && !matches!(it, '\n' | '\t');
    text.trim().is_empty()
        && text.chars().count() <= LongText::MAX
        && !text.replace("\r\n", "\n").contains(is_bare)
}

/// May be left out.
impl<T: Field> Member for Option<T> {
    fn read(given: Option<&Given>, today: NaiveDate) -> Result<Self, String> {
        match given {
            None | Some(Given::Null) => Ok(None),
            Some(Given::Text(text) | Given::Typed(text)) if T::IS_TEXT && is_nothing(text) => {
                Ok(None)
            }
            Some(given) => T::read(given, today).map(Some),
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}

/// A merge patch's word on a value that is always there: keep it, or set another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// It is not mentioned.
    Keep,
    /// This instead.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// What the value is after the change.
    #[must_use]
    pub fn or(&self, current: T) -> T {
        match self {
            Self::Keep => current,
            Self::Set(value) => value.clone(),
        }
    }
}

impl<T> Change<T> {
    /// The value that was given, if one was.
    #[must_use]
    pub fn given(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Change<T> {
    fn read(given: Option<&Given>, today: NaiveDate) -> Result<Self, String> {
        match given {
            None => Ok(Self::Keep),
            Some(Given::Null) => Err("cannot be cleared".to_owned()),
            Some(given) => T::read(given, today).map(Self::Set),
        }
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// A merge patch's word on a value that may be absent: keep it, clear it, or set another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearable<T> {
    /// It is not mentioned.
    Keep,
    /// Nothing from now on.
    Clear,
    /// This instead.
    Set(T),
}

impl<T> Clearable<T> {
    /// The same change, with its value converted.
    #[must_use]
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Clearable<U> {
        match self {
            Self::Keep => Clearable::Keep,
            Self::Clear => Clearable::Clear,
            Self::Set(value) => Clearable::Set(convert(value)),
        }
    }

    /// What the value is after the change.
    #[must_use]
    pub fn or(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Member for Clearable<T> {
    fn read(given: Option<&Given>, today: NaiveDate) -> Result<Self, String> {
        match given {
            None => Ok(Self::Keep),
            Some(given) => {
                Ok(<Option<T> as Member>::read(Some(given), today)?.map_or(Self::Clear, Self::Set))
            }
        }
    }

    fn schema() -> Schema {
        nullable::<T>()
    }
}

/// One line of text that is not blank, as a pattern; and any one line.
const SOME_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*$";
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// Several lines, as a pattern.
const LINES: &str = "^([^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";

/// Such a pattern that also excludes the hidden characters.
fn pattern(lines: &str) -> String {
    lines.replace("\\u007f-\\u009f]", &format!("\\u007f-\\u009f{IN_PATTERN}]"))
}

/// One line of text of at most `MAX` characters: trimmed, not empty, without control or hidden
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

impl<const MAX: usize> Field for Text<MAX> {
    const IS_TEXT: bool = true;

    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        let text = text_of(given)?;
        if text.chars().any(char::is_control) {
            return Err("holds a control character".to_owned());
        }
        refuse_hidden(text)?;
        bounded(text.trim(), MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX, "pattern": pattern(SOME_LINE) })
    }
}

/// Text of at most 10,000 characters that may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongText(pub String);

impl LongText {
    /// The most characters it may have.
    pub const MAX: usize = 10_000;
}

impl Field for LongText {
    const IS_TEXT: bool = true;

    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        // Forms send line breaks as two characters.
        let text = text_of(given)?.replace("\r\n", "\n");
        if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\t')) {
            return Err("holds a control character".to_owned());
        }
        refuse_hidden(&text)?;
        bounded(text.trim(), Self::MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": Self::MAX, "pattern": pattern(LINES),
        })
    }
}

/// A day from 1886 on, as `YYYY-MM-DD`.
pub(super) fn day(given: &Given) -> Result<NaiveDate, String> {
    let date = calendar_day(given)?;
    if date.year() < FIRST_YEAR { Err(format!("is before {FIRST_YEAR}")) } else { Ok(date) }
}

/// Any day of the calendar, as `YYYY-MM-DD`.
pub(super) fn calendar_day(given: &Given) -> Result<NaiveDate, String> {
    let wrong = || "has to be a date as YYYY-MM-DD".to_owned();
    let text = text_of(given).map_err(|_| wrong())?.trim();
    // The parser alone would take `2026-1-5` and `+2026-01-05` too.
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten().ok_or_else(wrong)
}

fn text_of(given: &Given) -> Result<&str, String> {
    match given {
        Given::Text(text) | Given::Typed(text) => Ok(text),
        _ => Err("has to be a text".to_owned()),
    }
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if text.chars().count() > most {
        return Err(format!("has more than {most} characters"));
    }
    Ok(text.to_owned())
}

impl Field for bool {
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        match given {
            Given::Bool(value) => Ok(*value),
            Given::Typed(text) if text == "true" || text == "on" => Ok(true),
            Given::Typed(text) if text == "false" => Ok(false),
            _ => Err("has to be true or false".to_owned()),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

impl Field for NaiveDate {
    /// A day from 1886 to a year ahead, as `YYYY-MM-DD`.
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let date = day(given)?;
        if today.checked_add_months(Months::new(12)).is_some_and(|limit| date > limit) {
            return Err("is more than a year ahead".to_owned());
        }
        Ok(date)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

impl<const P: u32, const S: u32> Field for Fixed<P, S> {
    /// A number that is not negative, or the text of one.
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        let text = match given {
            Given::Number(text) | Given::Text(text) => text.trim(),
            Given::Typed(text) => &plain(text, NumberFormat::decimal(S))?,
            _ => return Err("has to be a number".to_owned()),
        };
        let value = Self::parse(text).map_err(|error| error.to_string())?;
        if value.units() < 0 { Err("is negative".to_owned()) } else { Ok(value) }
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

/// The plain text of a number that was typed into a form.
///
/// # Errors
/// What is wrong, as [`Field::read`] tells it.
fn plain(typed: &str, format: NumberFormat) -> Result<String, String> {
    number::parse(typed, format).map(|it| it.value).map_err(|error| error.to_string())
}

/// A whole number from `least` to `most`: a JSON number, or what was typed into a form.
///
/// # Errors
/// What is wrong, as [`Field::read`] tells it.
pub(super) fn whole_number(given: &Given, least: i32, most: i32) -> Result<i32, String> {
    let number = match given {
        Given::Number(text) => Fixed::<10, 0>::parse(text),
        Given::Typed(text) => Fixed::<10, 0>::parse(&plain(text, NumberFormat::WHOLE)?),
        _ => return Err("has to be a whole number".to_owned()),
    };
    let outside = || format!("has to be from {least} to {most}");
    match number {
        Ok(number) => i32::try_from(number.units())
            .ok()
            .filter(|it| (least..=most).contains(it))
            .ok_or_else(outside),
        Err(crate::core::db::fixed::FixedError::TooLarge(_)) => Err(outside()),
        Err(_) => Err("has to be a whole number".to_owned()),
    }
}

/// An odometer's reading, in whole miles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Odometer(pub i32);

impl Odometer {
    /// The most that is taken: ten times what any car has done.
    pub const MAX: i32 = 99_999_999;
}

impl Field for Odometer {
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        whole_number(given, 0, Self::MAX).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "integer", "minimum": 0, "maximum": Self::MAX, "examples": [84_210],
        })
    }
}

/// A model year: 1886 to two years ahead, as makers sell next year's models early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelYear(pub i32);

impl Field for ModelYear {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        whole_number(given, FIRST_YEAR, today.year() + 2).map(Self)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": FIRST_YEAR, "examples": [2024] })
    }
}

fn nullable<T: Field>() -> Schema {
    let mut value = T::schema().to_value();
    if let Some(members) = value.as_object_mut().filter(|_| T::IS_TEXT) {
        // Where it may be left out, a text of blanks alone is as good as none.
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

/// The schema of an input: its description and, for each member, its name, description, schema
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
