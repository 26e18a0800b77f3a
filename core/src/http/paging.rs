//! Keyset pagination: the cursor is the sort key of the last row.

use crate::{locale::Message, t};
use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Result,
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
    pub fn new<K: SortKey>(mut rows: Vec<T>, limit: Limit, key: impl FnOnce(&T) -> K) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = rows.last().filter(|_| more).map(|last| key(last).text());
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

/// A value by which a list is sorted: one part of a [`SortKey`].
pub trait SortValue: Copy {
    /// A value that no stored one is greater than.
    fn last() -> Self;

    /// The value as text, without an underscore.
    fn text(self) -> String;

    /// Reads a text; `None` if it is not one of [`SortValue::text`].
    fn parse(text: &str) -> Option<Self>;
}

impl SortValue for i64 {
    fn last() -> Self {
        Self::MAX
    }

    fn text(self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl SortValue for Uuid {
    fn last() -> Self {
        Self::max()
    }

    fn text(self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A date of which both engines can store the year.
impl SortValue for NaiveDate {
    fn last() -> Self {
        Self::from_ymd_opt(9999, 12, 31).unwrap_or_default()
    }

    fn text(self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|it: &Self| (1..=9999).contains(&it.year()))
    }
}

impl SortValue for DateTime<Utc> {
    fn last() -> Self {
        end_of_time()
    }

    fn text(self) -> String {
        self.timestamp_micros().to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_timestamp_micros(text.parse().ok()?)
            .filter(|it| (Self::UNIX_EPOCH..=end_of_time()).contains(it))
    }
}

/// The values by which a list is sorted. Together they are different for each row.
pub trait SortKey: Copy {
    /// A key that no stored one is greater than.
    fn last() -> Self;

    /// The key as text.
    fn text(self) -> String;

    /// Reads a text; `None` if it is not one of [`SortKey::text`].
    fn parse(text: &str) -> Option<Self>;
}

/// The sort key of a list with the newest record first: when it was created, and its id.
pub type NewestFirst<Id = Uuid> = (DateTime<Utc>, Id);

impl<A: SortValue, B: SortValue> SortKey for (A, B) {
    fn last() -> Self {
        (A::last(), B::last())
    }

    fn text(self) -> String {
        format!("{}_{}", self.0.text(), self.1.text())
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, second) = text.split_once('_')?;
        Some((A::parse(first)?, B::parse(second)?))
    }
}

impl<A: SortValue, B: SortValue, C: SortValue> SortKey for (A, B, C) {
    fn last() -> Self {
        (A::last(), B::last(), C::last())
    }

    fn text(self) -> String {
        format!("{}_{}_{}", self.0.text(), self.1.text(), self.2.text())
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('_')?;
        let (second, third) = <(B, C)>::parse(rest)?;
        Some((A::parse(first)?, second, third))
    }
}

/// The start of a page: the sort key of the row before it. Its text is opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<K>(K);

impl<K: SortKey> Cursor<K> {
    /// The maximum length of a cursor's text.
    const MAX_LENGTH: usize = 200;

    /// Creates the cursor of the page after the row with this sort key.
    #[must_use]
    pub fn after(key: K) -> Self {
        Self(key)
    }

    /// The sort key of the row before the page.
    #[must_use]
    pub fn key(self) -> K {
        self.0
    }

    /// The sort key after which a page of a descending list starts; without a cursor, a key after
    /// which all rows are.
    #[must_use]
    pub fn start(cursor: Option<Self>) -> K {
        cursor.map_or_else(K::last, Self::key)
    }

    /// The text of the cursor.
    #[must_use]
    pub fn text(self) -> String {
        self.0.text()
    }
}

impl<K: SortKey> Field for Cursor<K> {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let key = match given {
            FieldValue::Typed(text) if text.len() <= Self::MAX_LENGTH => K::parse(text),
            _ => None,
        };
        key.map(Self).ok_or_else(|| t!("core-field-cursor"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": Self::MAX_LENGTH })
    }
}

/// Later than any stored time, and still a valid time in both engines.
#[must_use]
pub fn end_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Cursor, DateTime, Field as _, FieldValue, NaiveDate, SortKey, Utc, Uuid};

    fn read<K: SortKey>(text: &str) -> Option<K> {
        let given = FieldValue::Typed(text.to_owned());
        Cursor::read(&given, NaiveDate::default()).ok().map(Cursor::key)
    }

    #[test]
    fn a_cursor_reads_its_own_text() {
        let id = Uuid::from_u128(7);
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        let moment: DateTime<Utc> = "2026-01-31T10:20:30.123456Z".parse().unwrap();
        assert_eq!(read(&Cursor::after((moment, id)).text()), Some((moment, id)));
        assert_eq!(read(&Cursor::after((day, -5, id)).text()), Some((day, -5, id)));
        assert_eq!(read(&Cursor::after((-5, id)).text()), Some((-5, id)));
        let last: (DateTime<Utc>, Uuid) = SortKey::last();
        assert_eq!(read(&Cursor::after(last).text()), Some(last));
    }

    #[test]
    fn another_text_is_no_cursor() {
        let nil = Uuid::nil();
        let texts = ["", "x", "_", "1", "1_", &format!("1_{nil}_"), &format!("_1_{nil}"), "1_2"];
        for text in texts {
            assert_eq!(read::<(i64, Uuid)>(text), None, "{text}");
            assert_eq!(read::<(NaiveDate, i64, Uuid)>(text), None, "{text}");
        }
        // Neither engine stores these.
        for text in [format!("-1_{nil}"), format!("9000000000000000000_{nil}")] {
            assert_eq!(read::<(DateTime<Utc>, Uuid)>(&text), None, "{text}");
        }
        for text in [format!("-0001-01-01_{nil}"), format!("+10000-01-01_{nil}")] {
            assert_eq!(read::<(NaiveDate, Uuid)>(&text), None, "{text}");
        }
    }
}
