//! The invitation type.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// An invitation to create an account
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx_derive::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The invitation's id.
    pub id: Uuid,
    /// The email address that the invitation is restricted to, if any.
    pub email: Option<String>,
    /// The administrator who created the invitation.
    pub created_by: Uuid,
    /// When the invitation was created.
    pub created_at: DateTime<Utc>,
    /// When the invitation expires.
    pub expires_at: DateTime<Utc>,
    /// When the invitation was used.
    pub used_at: Option<DateTime<Utc>>,
    /// The account that was created with the invitation.
    pub used_by: Option<Uuid>,
}

impl Invitation {
    /// Whether the invitation has neither been used nor expired.
    #[must_use]
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}
