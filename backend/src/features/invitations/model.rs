//! The invitation type.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::service::TokenHash;
use crate::record;

record! {
    /// An invitation to create an account
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Invitation {
        /// The invitation's id.
        pub id: Uuid {
            once id;
        }
        /// The email address that the invitation is restricted to, if any.
        pub email: Option<String> {
            once email;
            write email_key = invitation.email.as_ref().map(|it| it.to_lowercase());
        }
        /// The administrator who created the invitation.
        pub created_by: Uuid {
            once created_by;
        }
        /// When the invitation was created.
        pub created_at: DateTime<Utc> {
            once created_at;
        }
        /// When the invitation expires.
        pub expires_at: DateTime<Utc> {
            once expires_at;
        }
        /// When the invitation was used.
        pub used_at: Option<DateTime<Utc>> {
            once used_at;
        }
        /// The account that was created with the invitation.
        pub used_by: Option<Uuid> {
            once used_by;
        }
    }
    table "invitations" by id as invitation;
    write token_hash = &token[..];
    insert(pub(super), token: &TokenHash);
}

impl Invitation {
    /// Whether the invitation has neither been used nor expired.
    #[must_use]
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}
