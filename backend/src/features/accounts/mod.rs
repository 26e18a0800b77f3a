//! Accounts: who may come in, and what they prefer.
//!
//! Other features take [`User`] in their handlers: a request that has one is signed in.

mod api;
mod doors;
mod model;
mod pages;
mod passwords;
mod service;
mod session;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pages;

pub use doors::Doors;
pub use model::{Preferences, Signed, Theme};
pub use service::{CHORE, has_accounts};
pub use session::{User, visitor};

use super::Feature;

/// The accounts capsule.
pub const FEATURE: Feature = Feature {
    name: "accounts",
    folder: "accounts",
    migrations: crate::migrations!["001_create_accounts", "002_keep_answers"],
    api: api::router,
    pages: pages::router,
};
