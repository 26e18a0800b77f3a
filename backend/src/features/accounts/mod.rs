//! Accounts: authentication, sessions, tokens and user preferences.
//!
//! Handlers of other features require authentication by taking one of these extractors: [`User`] for any
//! signed-in user, [`SessionUser`] to reject personal tokens, [`Administrator`] for administrators.
//! [`admin`] is the API for managing other users' accounts.

pub mod admin;
mod api;
mod attempts;
mod auth_state;
pub mod calendar_links;
mod challenges;
mod client_info;
mod credential;
mod factors;
mod hash_queue;
mod identify;
pub mod mail;
mod model;
mod oidc;
mod pages;
mod passwords;
mod recipients;
mod redirect;
mod review;
mod service;
mod session;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_limits;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_security;
mod tokens;
mod user;

pub use auth_state::AuthState;
pub use client_info::ClientInfo;
pub use credential::Credential;
pub use factors::SECRETS;
pub use identify::identify;
pub use model::{
    AuthMethod, Email, NewPassword, Preferences, Principal, Scope, Theme, browser_name,
};
#[cfg(test)]
pub(crate) use oidc::tests::fake_provider::FakeProvider;
pub use oidc::{check_discovery, discovery_url};
pub use recipients::{Recipient, list_recipients};
pub use redirect::redirect_to_sign_in;
pub use review::needs_review;
pub use service::{
    AccountInput, CreatedAccount, FirstAdministrator, PURGE_TASK, check_first_administrator,
    create, create_first_administrator, has_accounts, setup_token,
};
pub use session::{Administrator, SessionUser, User, authenticate, has_recently_confirmed};

/// Builds a `UserId` from any string, for tests of unusual ids.
#[cfg(test)]
pub(crate) fn user_named(name: &str) -> crate::core::UserId {
    user::user_id(name)
}

use super::Feature;
use crate::{
    core::{
        feature::{Access, OnPasswordReset, Table},
        web::{Icon, MenuEntry},
    },
    t,
};

/// The accounts feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_accounts",
        "002_keep_answers",
        "003_keep_every_door",
        "004_keep_identities",
        "004_second_factors",
        "005_calendar_links",
        "006_show_rows_to_their_user",
        "007_review_access",
        "008_challenges_without_rows",
        "009_seal_secrets",
        "010_add_locale": ["user_preferences"],
    ],
    tables: &[
        Table::of_accounts("accounts", Access::None("the account itself")),
        Table::of_accounts("first_account", Access::None("which account was the first")),
        Table::of_accounts("sessions", Access::Granted(OnPasswordReset::Delete)),
        Table::of_users("user_preferences", Access::None("display settings")),
        Table::of_users(
            "kept_answers",
            Access::None(
                "responses to requests with an idempotency key, replayed only to the same user",
            ),
        ),
        Table::of_accounts("personal_tokens", Access::Granted(OnPasswordReset::Delete)),
        Table::of_accounts("known_devices", Access::Granted(OnPasswordReset::Delete)),
        Table::shared("guess_budgets"),
        Table::of_accounts(
            "identities",
            Access::Granted(OnPasswordReset::RequireReview {
                list: oidc::list_grants,
                remove: ("/settings/identities/", "/unlink"),
            }),
        ),
        Table::of_accounts("totp_secrets", Access::Granted(CODES_UNCHANGED)),
        Table::of_accounts("recovery_codes", Access::Granted(CODES_UNCHANGED)),
        Table::of_accounts(
            "passkeys",
            Access::Granted(OnPasswordReset::RequireReview {
                list: factors::list_grants,
                remove: ("/settings/factors/passkeys/", "/remove"),
            }),
        ),
        Table::of_accounts("pending_sign_ins", Access::Granted(OnPasswordReset::Delete)),
        Table::of_accounts("calendar_links", Access::Granted(OnPasswordReset::Delete)),
        Table::of_accounts(
            "mail_links",
            Access::Granted(OnPasswordReset::Unchanged(
                "a link confirms an address or unsubscribes, and cannot sign in",
            )),
        ),
        Table::shared("server_keys"),
        Table::shared("spent_challenges"),
        Table::shared("service_key"),
    ],
    api: || api::router().merge(tokens::api()).merge(factors::api()).merge(review::api()),
    pages: || {
        pages::router()
            .merge(tokens::pages())
            .merge(factors::pages())
            .merge(oidc::pages())
            .merge(review::pages())
            .merge(mail::pages())
    },
    menu: &[MenuEntry::new(50, || t!("core-menu-settings"), "/settings", Icon::Settings)],
    periodic_tasks: &[PURGE_TASK],
    secrets: &[SECRETS],
    ..Feature::new("accounts", "accounts")
};

/// Codes of second factors after a password reset.
const CODES_UNCHANGED: OnPasswordReset =
    OnPasswordReset::Unchanged("a code alone cannot sign in without the password");
