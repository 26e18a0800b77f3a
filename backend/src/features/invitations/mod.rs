//! Invitations: links that let one person each make an account.
//!
//! Accounts claim one in the transaction that makes the account; administrators make, list and
//! withdraw them. Of a link's token only the hash is kept.

mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::Invitation;
pub use service::{PERIODIC_TASK, claim, find, list, look_up, make, refusal, withdraw};

use super::Feature;

/// The invitations' capsule; its endpoints are the administrators'.
pub const FEATURE: Feature = Feature {
    name: "invitations",
    folder: "invitations",
    migrations: crate::migrations!["001_create_invitations"],
    api: aide::axum::ApiRouter::new,
    pages: axum::Router::new,
    grants: &[],
    grants_nothing: &[(
        "invitations",
        "an invitation makes another account; it does not open this one",
    )],
};
