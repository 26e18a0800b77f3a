//! Second factors: authenticator apps, recovery codes, and passkeys. Passkeys can also be used alone,
//! without a password.
//!
//! The rest of `accounts` calls [`begin_pending_sign_in`] after verifying a password,
//! [`cancel_pending_sign_ins`] when a password changes, and [`is_missing_required`] for every
//! authenticated request. Factors can only be changed in a session that confirmed the password within
//! the last ten minutes.

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

pub(super) use api::router as api;
pub(super) use extractors::AnySession;
pub(super) use pages::{redirect_to_second_factor, router as pages};
pub(super) use pending::{begin_pending_sign_in, cancel_pending_sign_ins, purge_pending_sign_ins};
pub(super) use relying_party::RelyingParty;
pub(super) use service::{has_any, is_missing_required, is_recently_confirmed, list_grants};
pub use totp_secrets::SECRETS;

/// The code that an authenticator app with this secret shows.
#[cfg(test)]
pub(super) fn code_at(secret: &[u8], at: chrono::DateTime<chrono::Utc>) -> String {
    totp::Totp::new(secret, "").unwrap().code_at(at)
}
