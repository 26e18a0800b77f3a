//! Whose data a statement may touch.

use std::sync::Arc;

use uuid::Uuid;

/// A user's name in every table that holds what is theirs (the seed's `user_id`).
///
/// Only this capsule makes one, from the account of somebody who has signed in: no other code can
/// call a store's function for whomever it likes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The user as their account's row names them.
    pub(super) fn new(name: String) -> Self {
        Self(name.into())
    }

    /// The user of an account that this service keeps itself: `local|` and the account's id.
    pub(super) fn local(account: Uuid) -> Self {
        Self(format!("local|{account}").into())
    }

    /// As the database and the cache's keys hold it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
