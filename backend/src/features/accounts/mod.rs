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
pub use identify::{find_principal, identify};
pub use model::{
    AuthMethod, Email, NewPassword, Preferences, Principal, Scope, Theme, browser_name,
};
#[cfg(test)]
pub(crate) use oidc::tests::fake_provider::FakeProvider;
pub use oidc::{check_discovery, discovery_url};
pub use recipients::{Recipient, list_recipients};
pub use review::needs_review;
pub use service::{
    AccountInput, CreatedAccount, FirstAdministrator, PURGE_TASK, check_first_administrator,
    create, create_first_administrator, has_accounts, setup_token,
};
pub use session::{Administrator, SessionUser, User, authenticate, has_recently_confirmed};
pub use user::UserId;

/// Builds a `UserId` from any string, for tests of unusual ids.
#[cfg(test)]
pub(crate) fn user_named(name: &str) -> UserId {
    UserId::new(name.to_owned())
}

use super::{Feature, Grant, OnPasswordReset};

/// The accounts feature.
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
        "007_review_access",
        "008_challenges_without_rows",
        "009_seal_secrets",
        "010_add_locale",
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
    grants: &[
        Grant { table: "sessions", on_password_reset: OnPasswordReset::Delete },
        Grant { table: "personal_tokens", on_password_reset: OnPasswordReset::Delete },
        Grant { table: "calendar_links", on_password_reset: OnPasswordReset::Delete },
        Grant { table: "known_devices", on_password_reset: OnPasswordReset::Delete },
        Grant { table: "pending_sign_ins", on_password_reset: OnPasswordReset::Delete },
        Grant {
            table: "passkeys",
            on_password_reset: OnPasswordReset::RequireReview {
                list: factors::list_grants,
                remove: ("/settings/factors/passkeys/", "/remove"),
            },
        },
        Grant {
            table: "identities",
            on_password_reset: OnPasswordReset::RequireReview {
                list: oidc::list_grants,
                remove: ("/settings/identities/", "/unlink"),
            },
        },
        Grant {
            table: "totp_secrets",
            on_password_reset: OnPasswordReset::Unchanged(
                "a code alone cannot sign in without the password",
            ),
        },
        Grant {
            table: "recovery_codes",
            on_password_reset: OnPasswordReset::Unchanged(
                "a code alone cannot sign in without the password",
            ),
        },
        Grant {
            table: "mail_links",
            on_password_reset: OnPasswordReset::Unchanged(
                "a link confirms an address or unsubscribes, and cannot sign in",
            ),
        },
    ],
    tables_without_grants: &[
        ("accounts", "the account itself"),
        ("first_account", "which account was the first"),
        ("user_preferences", "display settings"),
        (
            "kept_answers",
            "responses to requests with an idempotency key, replayed only to the same user",
        ),
        ("server_keys", "encryption keys of the service itself"),
        ("spent_challenges", "challenges that can no longer be used"),
    ],
};
