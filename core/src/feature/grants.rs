//! Grants: everything that can sign in to an account, act on its behalf, or send its data elsewhere,
//! and how a password reset affects it.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{Result, UserId, db::Tx, locale::Message, t};

/// The kind of access that a grant gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantKind {
    /// A passkey, which can sign in on its own.
    Passkey,
    /// A linked identity at an OpenID provider, which can sign in on its own.
    Identity,
    /// A channel that notifications are sent to.
    NotificationChannel,
}

impl GrantKind {
    /// The label shown to users.
    #[must_use]
    pub fn label(self) -> Message {
        match self {
            Self::Passkey => t!("accounts-grant-passkey"),
            Self::Identity => t!("accounts-grant-identity"),
            Self::NotificationChannel => t!("accounts-grant-channel"),
        }
    }
}

/// The owner of grants.
#[derive(Debug, Clone, Copy)]
pub struct GrantOwner<'a> {
    /// The id that scopes their data.
    pub user: &'a UserId,
    /// Their account.
    pub account: Uuid,
    /// Their email address.
    pub email: &'a str,
}

/// How a password reset affects the rows of a table.
#[derive(Debug, Clone, Copy)]
pub enum OnPasswordReset {
    /// The rows are deleted.
    Delete,
    /// Existing rows have no effect until the owner has reviewed them.
    RequireReview {
        /// Lists the rows within a transaction scoped to the user.
        list: for<'a> fn(&'a mut Tx, GrantOwner<'a>) -> BoxFuture<'a, Result<Vec<GrantSummary>>>,
        /// The path that a form posts to in order to remove a row: the parts before and after its id.
        remove: (&'static str, &'static str),
    },
    /// The rows stay as they are, for the given reason.
    Unchanged(&'static str),
}

/// A grant as the account owner reviews it
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantSummary {
    /// The kind of grant.
    pub kind: GrantKind,
    /// The id, unique within its kind.
    pub id: Uuid,
    /// The name of a passkey, the subject of an identity, or the address of a channel.
    pub name: String,
    /// When the grant was added.
    pub created_at: DateTime<Utc>,
}
