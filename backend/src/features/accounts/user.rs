//! The id that scopes data to a user.

use std::sync::Arc;

use uuid::Uuid;

/// The value of `user_id` in every table that contains a user's data.
///
/// Only the accounts feature can create one, from the account of an authenticated user. Other code
/// therefore cannot call a store function for an arbitrary user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Creates the id from the `user_id` of an account.
    pub(super) fn new(name: String) -> Self {
        Self(name.into())
    }

    /// Creates the id of a local account: `local|` and the account's id.
    pub(super) fn local(account: Uuid) -> Self {
        Self(format!("local|{account}").into())
    }

    /// The id as it appears in the database and in cache keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
