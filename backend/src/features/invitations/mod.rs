//! Invitations: single-use links for creating an account.
//!
//! `accounts` redeems an invitation in the transaction that creates the account. Administrators
//! create, list and revoke invitations. Only the hash of a link's token is stored.

mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::Invitation;
pub use service::{
    PURGE_TASK, create, find, find_usable, invalid_invitation, list, redeem, revoke,
};

use super::Feature;
use crate::core::feature::{Access, Table};

/// The invitations feature. Its endpoints are part of `administration`.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations!["001_create_invitations"],
    tables: &[Table::of_accounts(
        "invitations",
        Access::None("an invitation creates another account and gives no access to this one"),
    )],
    periodic_tasks: &[PURGE_TASK],
    ..Feature::new("invitations", "invitations")
};
