//! What a personal token is.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

use super::super::model::Scope;
use crate::{
    core::input::{Field, Given, Text},
    input,
};

/// A personal token, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersonalToken {
    /// What it is known by.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// What it is good for.
    #[sqlx(try_from = "String")]
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; never, unless said.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A personal token that was made just now, with the token itself: it is not shown again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewlyMade {
    #[serde(flatten)]
    pub record: PersonalToken,
    /// What to send as `Authorization: Bearer …`.
    pub token: String,
}

input! {
    /// What it takes to make a personal token
    pub(super) struct NewToken {
        /// What to call it
        pub name: Text<100>,
        /// What it is good for
        pub scope: Scope,
        /// When it ends; never, unless said
        pub expires_at: Option<Moment>,
    }
}

/// A moment (RFC 3339); a day alone stands for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub DateTime<Utc>);

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
