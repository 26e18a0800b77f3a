//! Moments, as they are sent and as they are typed.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{Schema, json_schema};

use super::{Field, Given};

/// A moment (RFC 3339); a day alone stands for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub DateTime<Utc>);

impl Field for Moment {
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        let (Given::Text(text) | Given::Typed(text)) = given else {
            return Err("has to be a text".to_owned());
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
            .ok_or_else(|| "has to be a moment, such as 2026-12-31T23:59:59Z".to_owned())
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "anyOf": [{ "format": "date-time" }, { "format": "date" }],
            "examples": ["2026-12-31T23:59:59Z", "2026-12-31"],
        })
    }
}
