//! What administrators send and get.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::input::{Change, Field, Given, Moment, Text},
    features::{
        accounts::{Email, NewPassword},
        invitations::Invitation,
    },
    input,
};

/// Names one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct AccountId(pub Uuid);

impl Field for AccountId {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<36>::read(given, today)?;
        text.parse().map(Self).map_err(|_| "has to be an id".to_owned())
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

input! {
    /// What to change of what an account may do
    pub(super) struct UserChange {
        /// Whether it may run the service
        pub is_admin: Change<bool>,
        /// Whether nobody may sign in with it; that ends its sessions and revokes its tokens
        pub is_disabled: Change<bool>,
    }
}

input! {
    /// What it takes to invite somebody
    pub(super) struct NewInvitation {
        /// The only address that it is good for; any, unless said
        pub email: Option<Email>,
        /// When it ends: 90 days ahead at most, in 7 days unless said
        pub expires_at: Option<Moment>,
    }
}

input! {
    /// A new password, and what a reset's link holds
    pub(super) struct Reset {
        /// What the link holds
        pub token: Text<100>,
        /// The password from now on: 8 to 256 characters
        pub password: NewPassword,
    }
}

/// A link to set a new password with, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResetLink {
    /// The link; it is not shown again.
    pub url: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// An invitation that was made just now, with its link: it is not shown again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationLink {
    #[serde(flatten)]
    pub record: Invitation,
    /// The link.
    pub url: String,
}
