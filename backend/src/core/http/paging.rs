//! Keyset pagination: the cursor is the sort key of the last row.

use crate::{core::locale::Message, t};
use std::borrow::Cow;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;

use crate::core::{
    Error, Result,
    input::{Field, FieldValue},
};

/// One page of a list, newest first.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page of at most `limit` rows from up to `limit + 1` queried rows.
    #[must_use]
    pub fn new(mut rows: Vec<T>, limit: Limit, key: impl FnOnce(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = rows.last().filter(|_| more).map(|last| key(last).0);
        Self { items: rows, next_cursor }
    }
}

impl<T: JsonSchema> JsonSchema for Page<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("PageOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({
            "type": "object",
            "description": "One page of a list, newest first",
            "properties": {
                "items": { "type": "array", "items": item },
                "nextCursor": {
                    "type": ["string", "null"],
                    "description": "The `cursor` of the next page; null on the last page",
                },
            },
            "required": ["items", "nextCursor"],
        })
    }
}

/// The maximum number of records on a page: 1 to 500, default 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The maximum.
    const MAX: u16 = 500;

    /// Creates a constant limit.
    #[must_use]
    pub const fn new(rows: u16) -> Self {
        Self(rows)
    }

    /// The limit as a length.
    #[must_use]
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// One row more than the page, to find out whether there is another page.
    #[must_use]
    pub fn plus_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl Field for Limit {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let (FieldValue::Typed(text) | FieldValue::Number(text)) = given else {
            return Err(t!("core-field-whole-number"));
        };
        let digits = Some(text.trim()).filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        let limit =
            digits.and_then(|it| it.parse::<u16>().ok()).filter(|it| (1..=Self::MAX).contains(it));
        limit.map(Self).ok_or_else(|| t!("core-field-range", least = 1, most = Self::MAX))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MAX, "default": 100 })
    }
}

/// The start of a page: the sort key of the row before it. Its text is opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from the parts of a sort key.
    #[must_use]
    pub fn new(parts: &[&dyn std::fmt::Display]) -> Self {
        Self(parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("_"))
    }

    /// Creates a cursor from a time and an id: see [`after_cursor`].
    #[must_use]
    pub fn at(moment: chrono::DateTime<chrono::Utc>, id: &dyn std::fmt::Display) -> Self {
        Self::new(&[&moment.timestamp_micros(), id])
    }

    /// The text of the cursor.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The parts of the sort key, in order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('_')
    }
}

impl Field for Cursor {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Typed(text) if text.len() <= 200 => Ok(Self(text.clone())),
            _ => Err(t!("core-field-cursor")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": 200 })
    }
}

/// Later than any stored time, and still a valid time in both engines.
#[must_use]
pub fn end_of_time() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(253_402_300_799, 0).unwrap_or_default()
}

/// The time and id after which a page starts: the cursor's, or before all rows.
///
/// # Errors
/// `Invalid` if the cursor does not belong to such a list.
pub fn after_cursor(
    cursor: Option<&Cursor>,
) -> Result<(chrono::DateTime<chrono::Utc>, uuid::Uuid)> {
    match cursor {
        None => Ok((end_of_time(), uuid::Uuid::max())),
        Some(cursor) => {
            moment_and_id(cursor).ok_or_else(|| Error::invalid("cursor", t!("core-field-cursor")))
        }
    }
}

fn moment_and_id(cursor: &Cursor) -> Option<(chrono::DateTime<chrono::Utc>, uuid::Uuid)> {
    let mut parts = cursor.parts();
    let moment = chrono::DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)
        .filter(|it| (chrono::DateTime::UNIX_EPOCH..=end_of_time()).contains(it))?;
    let id = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((moment, id))
}
