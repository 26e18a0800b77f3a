//! Second factors: authenticator apps, recovery codes, and passkeys. Passkeys can also be used alone,
//! without a password.
//!
//! Sign-ins call the [`SecondFactor`] that this feature contributes to sessions, after the password was
//! verified. Factors can only be changed in a session that confirmed the password within the last ten
//! minutes.
//!
//! The migrations of the accounts feature create the tables: they are older than this feature.

mod api;
mod extractors;
mod model;
mod pages;
mod passkeys;
mod pending;
mod recovery;
mod relying_party;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_passkeys;
mod totp;
mod totp_secrets;

pub use service::has_any;

use super::{
    Contribution, Feature,
    sessions::{self, SecondFactor},
};
use crate::core::feature::{Access, OnPasswordReset, Table};

/// The second factors feature.
pub const FEATURE: Feature = Feature {
    tables: &[
        Table::of_accounts("totp_secrets", Access::Granted(CODES_UNCHANGED)),
        Table::of_accounts("recovery_codes", Access::Granted(CODES_UNCHANGED)),
        Table::of_accounts(
            "passkeys",
            Access::Granted(OnPasswordReset::RequireReview {
                list: service::list_grants,
                remove: ("/settings/factors/passkeys/", "/remove"),
            }),
        ),
        Table::of_accounts("pending_sign_ins", Access::Granted(OnPasswordReset::Delete)),
    ],
    api: api::router,
    pages: pages::router,
    periodic_tasks: &[pending::PURGE_TASK],
    secrets: &[totp_secrets::SECRETS],
    contributions: &[
        Contribution::Sessions(sessions::Contribution::SecondFactor(SecondFactor {
            is_missing: |tx, app, owner| Box::pin(service::is_missing_required(tx, app, owner)),
            begin: |tx, app, account| Box::pin(pending::begin_pending_sign_in(tx, app, account)),
            supports_passkeys: relying_party::supports_passkeys,
        })),
        Contribution::Sessions(sessions::Contribution::Revocation(|tx, account| {
            Box::pin(pending::cancel_pending_sign_ins(tx, account))
        })),
    ],
    ..Feature::new("factors", "factors")
};

/// Codes of second factors after a password reset.
const CODES_UNCHANGED: OnPasswordReset =
    OnPasswordReset::Unchanged("a code alone cannot sign in without the password");

/// The code that an authenticator app with this secret shows.
#[cfg(test)]
pub(super) fn code_at(secret: &[u8], at: chrono::DateTime<chrono::Utc>) -> String {
    totp::Totp::new(secret, "").unwrap().code_at(at)
}
