//! Texts of one line or several.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};

use super::{Field, FieldValue};
use crate::{
    input::invisible::{IN_PATTERN, reject_invisible},
    locale::Message,
    t,
};

/// Patterns of one line that is not blank, and of any one line.
pub(super) const SOME_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*$";
pub(super) const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// The pattern of several lines.
const LINES: &str = "^([^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]|\\r\\n)*$";

/// Extends a pattern to exclude invisible characters.
pub(super) fn pattern(lines: &str) -> String {
    lines.replace("\\u007f-\\u009f]", &format!("\\u007f-\\u009f{IN_PATTERN}]"))
}

/// One line of text of at most `MAX` characters: trimmed, not empty, without control or invisible
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

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

impl From<LongText> for String {
    fn from(text: LongText) -> Self {
        text.0
    }
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

/// Whether a text is blank and within the length limit. A text with control characters is not
/// blank: it is rejected.
pub(super) fn is_blank_text(text: &str) -> bool {
    let is_control = |it: char| it.is_control() && !matches!(it, '\n' | '\t');
    text.trim().is_empty()
        && text.chars().count() <= LongText::MAX
        && !text.replace("\r\n", "\n").contains(is_control)
}

/// The text of a field.
pub(super) fn text_of(given: &FieldValue) -> Result<&str, Message> {
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
