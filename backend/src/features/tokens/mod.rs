//! Tokens with which programs authenticate: personal tokens for the API, and calendar links
//! ([`calendar_links`]). A token is shown only once; only its hash is stored.
//!
//! The migrations of the accounts feature create the tables: they are older than this feature.

mod api;
pub mod calendar_links;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use service::last_used;

use super::{Contribution, Feature, sessions};
use crate::core::feature::{Access, OnPasswordReset, Table};

/// The tokens feature.
pub const FEATURE: Feature = Feature {
    tables: &[
        Table::of_accounts("personal_tokens", Access::Granted(OnPasswordReset::Delete)),
        Table::of_accounts("calendar_links", Access::Granted(OnPasswordReset::Delete)),
    ],
    api: api::router,
    pages: pages::router,
    contributions: &[
        Contribution::Sessions(sessions::Contribution::BearerTokens(|app, token, hash| {
            Box::pin(service::find_owner(app, token, hash))
        })),
        Contribution::Sessions(sessions::Contribution::Revocation(|tx, account| {
            Box::pin(service::revoke_all(tx, account))
        })),
        Contribution::Sessions(sessions::Contribution::Revocation(|tx, account| {
            Box::pin(calendar_links::revoke_all(tx, account))
        })),
    ],
    ..Feature::new("tokens", "tokens")
};
