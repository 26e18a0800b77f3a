//! What a personal token is.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::super::model::Scope;
use crate::{
    core::input::{Moment, Text},
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
