//! Whose data a statement may touch.

use std::sync::Arc;

use uuid::Uuid;

/// A user's name in every table that holds what is theirs (the seed's `user_id`).
///
/// It is made from an account that has signed in, never from a request's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The user of an account that this service keeps itself: `local|` and the account's id.
    #[must_use]
    pub fn local(account: Uuid) -> Self {
        Self(format!("local|{account}").into())
    }

    /// As the database and the cache's keys hold it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
