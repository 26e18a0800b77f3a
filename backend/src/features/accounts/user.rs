//! Creates user ids: the only code that may, so that other code cannot act for an arbitrary user.
#![expect(clippy::disallowed_methods, reason = "no other file may create a user id")]

use uuid::Uuid;

use crate::core::UserId;

/// The id with this text, from an account or for one that is being created.
pub(super) fn user_id(name: &str) -> UserId {
    UserId::issue(name)
}

/// The id of a local account: `local|` and the account's id.
pub(super) fn local_user_id(account: Uuid) -> UserId {
    user_id(&format!("local|{account}"))
}
