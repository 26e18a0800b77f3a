//! Accounts: their credentials and preferences, and who sent a request.
//!
//! Handlers of other features require authentication by taking one of these extractors: [`User`] for any
//! signed-in user, [`SessionUser`] to reject personal tokens, [`Administrator`] for administrators.
//! [`admin`] is the API for managing other users' accounts.

pub mod admin;
mod api;
mod auth_state;
pub mod challenges;
mod client_info;
mod cookies;
mod credential;
mod extractors;
mod hash_queue;
pub mod mail;
mod model;
mod pages;
pub mod passwords;
mod recipients;
mod regions;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_welcome;
mod user;

pub use auth_state::{AuthState, TokenHash, evict_cached};
pub use client_info::ClientInfo;
pub use cookies::{
    DEVICE_COOKIE, SESSION_COOKIE, Token, find_cookie, find_token_hash, session_token_hash,
    set_cookie,
};
pub use credential::Credential;
pub use extractors::{Administrator, AnySession, RequestPrincipal, SessionUser, User};
pub use model::{
    Account, AuthMethod, CredentialOwner, Email, NewPassword, Password, Preferences, Principal,
    Scope, Theme, browser_name,
};
pub use recipients::{Recipient, list_recipients};
pub use service::{
    AccountInput, CreatedAccount, FirstAdministrator, PURGE_TASK, check_first_administrator,
    create, create_first_administrator, find_preferences, find_stored, find_stored_by_email,
    has_accounts, has_accounts_in, insert_local, insert_without_password, lock_stored,
    needs_review, record_first_account, set_admin, set_password, set_review_since, setup_token,
};
pub use store::StoredAccount;
pub use user::{applicant_id, hashed_user_id, user_id_of_subject};

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
        Table::of_users("user_preferences", Access::None("display settings")),
        Table::of_users(
            "kept_answers",
            Access::None(
                "responses to requests with an idempotency key, replayed only to the same user",
            ),
        ),
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
    api: api::router,
    pages: || pages::router().merge(mail::pages()),
    menu: &[
        MenuEntry::new(50, || t!("core-menu-settings"), "/settings", Icon::Settings).secondary()
    ],
    periodic_tasks: &[PURGE_TASK],
    ..Feature::new("accounts", "accounts")
};
