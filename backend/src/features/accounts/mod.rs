//! Accounts: who may come in, and what they prefer.
//!
//! Other features take [`User`] in their handlers: a request that has one is signed in. [`Signer`] is
//! for what only a session may do, [`Administrator`] for what only an administrator may;
//! [`administered`] is what administrators do with accounts.

pub mod administered;
mod api;
mod arrival;
mod credential;
mod doors;
mod factors;
pub mod feeds;
mod guesses;
mod model;
mod oidc;
mod pages;
mod passwords;
mod recipients;
mod service;
mod session;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_doors;
#[cfg(test)]
mod tests_pages;
mod tokens;
mod user;

pub use arrival::Arrival;
pub use credential::Credential;
pub use doors::Doors;
pub use model::{Email, NewPassword, Preferences, Proof, Scope, Signed, Theme};
#[cfg(test)]
pub(crate) use oidc::tests::fake::Fake;
pub use recipients::{Recipient, recipients};
pub use service::{CHORE, has_accounts, setup_token};
pub use session::{Administrator, Signer, User, visitor};
pub use user::UserId;

/// The user of this name, whoever that is: for tests of what names can be.
#[cfg(test)]
pub(crate) fn user_named(name: &str) -> UserId {
    UserId::new(name.to_owned())
}

use super::Feature;

/// The accounts capsule.
pub const FEATURE: Feature = Feature {
    name: "accounts",
    folder: "accounts",
    migrations: crate::migrations![
        "001_create_accounts",
        "002_keep_answers",
        "003_keep_every_door",
        "004_keep_identities",
        "004_second_factors",
        "005_calendar_links",
        "006_show_rows_to_their_user",
    ],
    api: || api::router().merge(tokens::api()).merge(factors::api()),
    pages: || pages::router().merge(tokens::pages()).merge(factors::pages()).merge(oidc::pages()),
};
