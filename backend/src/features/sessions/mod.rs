//! Sessions: signing up, in and out, authenticating requests, and reviewing what has access to an account.
//!
//! Features that authenticate requests by tokens, sign users in or ask for a second factor contribute to
//! this one ([`Contribution`]). The extractors of the signed-in user are in
//! [`accounts`](super::accounts).
//!
//! The migrations of the accounts feature create the tables: they are older than this feature.

mod api;
pub mod attempts;
mod authentication;
mod contribution;
mod identify;
mod model;
mod pages;
mod redirect;
mod review;
mod service;
mod store;
#[cfg(test)]
mod tests_limits;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_security;

pub use api::SignedInResponse;
pub use authentication::{Cookies, OpenedSession, authenticate, load_principal};
pub use contribution::{
    BeginFn, Contribution, FindTokenOwner, ProviderOption, RevokeFn, SecondFactor,
    begin_second_factor,
};
pub use identify::identify;
pub use redirect::{redirect_to_second_factor, redirect_to_sign_in};
pub use service::{
    PURGE_TASK, SignedIn, confirm_password, has_recently_confirmed, is_recently_confirmed,
    last_seen, open_session, record_failure, revoke_access,
};

use super::Feature;
use crate::core::feature::{Access, OnPasswordReset, Table};

/// The sessions feature.
pub const FEATURE: Feature = Feature {
    tables: &[
        Table::of_accounts("sessions", Access::Granted(OnPasswordReset::Delete)),
        Table::of_accounts("known_devices", Access::Granted(OnPasswordReset::Delete)),
        Table::shared("guess_budgets"),
    ],
    api: || api::router().merge(review::api()),
    pages: || pages::router().merge(review::pages()),
    periodic_tasks: &[PURGE_TASK],
    ..Feature::new("sessions", "sessions")
};
