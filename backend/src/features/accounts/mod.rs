//! Accounts: who may come in, and what they prefer.
//!
//! Other features take [`User`] in their handlers: a request that has one is signed in. [`Signer`] is
//! for what only a session may do, [`Administrator`] for what only an administrator may;
//! [`administered`] is what administrators do with accounts.

pub mod administered;
mod api;
mod arrival;
mod challenges;
mod credential;
mod doors;
mod factors;
pub mod feeds;
mod guesses;
mod hashing;
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
mod tests_doors;
#[cfg(test)]
mod tests_limits;
#[cfg(test)]
mod tests_pages;
mod tokens;
mod user;

pub use arrival::Arrival;
pub use credential::Credential;
pub use doors::Doors;
pub use factors::SECRETS;
pub use identify::{identify, visitor_of};
pub use model::{Email, NewPassword, Preferences, Proof, Scope, Signed, Theme};
#[cfg(test)]
pub(crate) use oidc::tests::fake::Fake;
pub use oidc::{check_discovery, discovery_address};
pub use recipients::{Recipient, recipients};
pub use review::is_held;
pub use service::{
    CHORE, Created, FirstAdministrator, NewByOperator, create, create_first_administrator,
    first_administrator, has_accounts, setup_token,
};
pub use session::{Administrator, Signer, User, has_lately_confirmed, visitor};
pub use user::UserId;

/// The user of this name, whoever that is: for tests of what names can be.
#[cfg(test)]
pub(crate) fn user_named(name: &str) -> UserId {
    UserId::new(name.to_owned())
}

use super::{AfterReset, Feature, Grant};

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
        "007_review_access",
        "008_challenges_without_rows",
        "009_seal_secrets",
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
        Grant { table: "sessions", after_reset: AfterReset::Ended },
        Grant { table: "personal_tokens", after_reset: AfterReset::Ended },
        Grant { table: "calendar_links", after_reset: AfterReset::Ended },
        Grant { table: "known_devices", after_reset: AfterReset::Ended },
        Grant { table: "pending_sign_ins", after_reset: AfterReset::Ended },
        Grant {
            table: "passkeys",
            after_reset: AfterReset::Held {
                list: factors::held,
                remove: ("/settings/factors/passkeys/", "/remove"),
            },
        },
        Grant {
            table: "identities",
            after_reset: AfterReset::Held {
                list: oidc::held,
                remove: ("/settings/identities/", "/unlink"),
            },
        },
        Grant {
            table: "totp_secrets",
            after_reset: AfterReset::Unchanged("a code alone opens nothing without the password"),
        },
        Grant {
            table: "recovery_codes",
            after_reset: AfterReset::Unchanged("a code alone opens nothing without the password"),
        },
        Grant {
            table: "mail_links",
            after_reset: AfterReset::Unchanged(
                "a link confirms an address or turns mail off, and opens nothing",
            ),
        },
    ],
    grants_nothing: &[
        ("accounts", "the account itself"),
        ("first_account", "which account was the first"),
        ("user_preferences", "how things are shown"),
        (
            "kept_answers",
            "answers to requests that may be sent again, given only to the signed-in user",
        ),
        ("server_keys", "what the service itself encrypts with"),
        ("spent_challenges", "answers that open nothing any more"),
    ],
};
