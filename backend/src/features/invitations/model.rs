//! What an invitation is.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// An invitation to make an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its name in this service.
    pub id: Uuid,
    /// The only e-mail address that it is good for, where it is bound to one.
    pub email: Option<String>,
    /// The administrator who made it.
    pub created_by: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When an account was made with it.
    pub used_at: Option<DateTime<Utc>>,
    /// The account that was made with it.
    pub used_by: Option<Uuid>,
}

impl Invitation {
    /// Whether an account can still be made with it.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}
