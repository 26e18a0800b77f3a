//! The id that scopes data to a user.

use std::sync::Arc;

/// The value of `user_id` in every table that contains a user's data.
///
/// Only the accounts feature creates one, from the account of an authenticated user. Other code
/// therefore cannot call a store function for an arbitrary user. A lint rejects calls of
/// [`UserId::issue`] elsewhere, and a test names the one file that may allow them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Creates the id from the `user_id` of an account. Only the accounts feature may call this.
    #[must_use]
    pub fn issue(user_id: &str) -> Self {
        Self(user_id.into())
    }

    /// Creates an id for this crate's unit tests.
    #[cfg(test)]
    pub(crate) fn example(user_id: &str) -> Self {
        Self(user_id.into())
    }

    /// The id as it appears in the database and in cache keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
