//! The list of everything that signs in to an account, acts for it, or sends its data elsewhere, and
//! what a password reset does with it. Each feature lists its own tables.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::accounts::Principal;
use crate::core::{Result, db::Tx};

/// What kind of access something gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantKind {
    /// A passkey, which signs in by itself.
    Passkey,
    /// An identity at a provider, which signs in by itself.
    Identity,
    /// A place where notifications are sent.
    NotificationChannel,
}

impl GrantKind {
    /// As people read it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Passkey => "Passkey",
            Self::Identity => "Linked log-in",
            Self::NotificationChannel => "Notification channel",
        }
    }
}

/// A table whose rows sign in to an account, act for it, or send its data elsewhere.
#[derive(Debug)]
pub struct Grant {
    /// The table.
    pub table: &'static str,
    /// What a password reset does with the rows.
    pub after_reset: AfterReset,
}

/// What a password reset does with the rows of a table.
#[derive(Debug)]
pub enum AfterReset {
    /// It deletes them.
    Ended,
    /// Rows that existed before have no effect until the owner has reviewed them.
    Held {
        /// Lists them in a transaction of the user's.
        list: for<'a> fn(&'a mut Tx, &'a Principal) -> BoxFuture<'a, Result<Vec<Held>>>,
        /// The path that a form removes one with: what comes before its id, and what after.
        remove: (&'static str, &'static str),
    },
    /// It leaves them as they are, for this reason.
    Unchanged(&'static str),
}

/// Something that can act for an account, as its owner reviews it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// What it is.
    pub kind: GrantKind,
    /// Identifies it among those of its kind.
    pub id: Uuid,
    /// A passkey's name, an identity's subject, a channel's address.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}
