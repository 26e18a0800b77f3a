//! The requests and responses of administrators.

use crate::core::locale::Message;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::input::{Change, Field, FieldValue, Text, Timestamp},
    features::{
        accounts::{Email, NewPassword},
        invitations::Invitation,
    },
    input,
};

/// The id of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct AccountId(pub Uuid);

impl Field for AccountId {
    fn read(value: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<36>::read(value, today)?;
        text.parse().map(Self).map_err(|_| crate::t!("core-field-id"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

input! {
    /// Changes to an account
    pub(super) struct UserChange {
        /// Whether the account is an administrator
        pub is_admin: Change<bool>,
        /// Whether the account is disabled; disabling it ends its sessions and revokes its tokens
        pub is_disabled: Change<bool>,
    }
}

input! {
    /// A new invitation
    pub(super) struct NewInvitation {
        /// The only email address that can register with it; any address by default
        pub email: Option<Email>,
        /// When the invitation expires: at most 90 days ahead, in 7 days by default
        pub expires_at: Option<Timestamp>,
    }
}

input! {
    /// A password reset: a new password with the token of a reset link
    pub(super) struct Reset {
        /// The token from the link
        pub token: Text<100>,
        /// The new password: 8 to 256 characters
        pub password: NewPassword,
    }
}

/// A link with which the password can be reset once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResetLink {
    /// The link. It is not shown again.
    pub url: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
}

/// A new invitation with its link, which is not shown again.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationLink {
    #[serde(flatten)]
    pub record: Invitation,
    /// The link to register.
    pub url: String,
}
