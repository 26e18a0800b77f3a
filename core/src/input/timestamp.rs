//! Timestamps, as JSON and as form input.

use crate::{locale::Message, t};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::{Schema, json_schema};

use super::{Field, FieldValue};

/// A timestamp (RFC 3339); a date alone means the end of that day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<Timestamp> for DateTime<Utc> {
    fn from(moment: Timestamp) -> Self {
        moment.0
    }
}

impl Field for Timestamp {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let (FieldValue::Text(text) | FieldValue::Typed(text)) = given else {
            return Err(t!("core-field-string"));
        };
        let text = text.trim();
        let years = 1..=9999;
        let end = |day: NaiveDate| day.and_hms_opt(23, 59, 59).map(|it| it.and_utc());
        let moment = match text.parse::<NaiveDate>() {
            Ok(day) => end(day),
            Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|it| it.to_utc()),
        };
        moment
            .filter(|it| years.contains(&chrono::Datelike::year(it)))
            .map(|it| Self(chrono::SubsecRound::trunc_subsecs(it, 6)))
            .ok_or_else(|| t!("core-field-time"))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "anyOf": [{ "format": "date-time" }, { "format": "date" }],
            "examples": ["2026-12-31T23:59:59Z", "2026-12-31"],
        })
    }
}
