//! Second factors: one-time codes of an authenticator app, recovery codes, and passkeys, which
//! also sign in alone.
//!
//! The capsule asks [`wait`] after a password was right, [`forget`] when passwords change, and
//! [`is_missing`] of everybody who is signed in. Factors are turned on and off only by a session
//! whose owner has given the password within ten minutes.

mod api;
mod entrant;
mod model;
mod pages;
mod passkeys;
mod recovery;
mod sealed;
mod service;
mod sign_in;
mod site;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_passkeys;
mod totp;

pub(super) use api::router as api;
pub(super) use entrant::Entrant;
pub(super) use pages::{ask_for_second, router as pages};
pub use sealed::SECRETS;
pub(super) use service::{has_any, held, is_fresh, is_missing};
pub(super) use sign_in::{forget, purge, wait};
pub(super) use site::Site;

/// The code that an app with this secret shows.
#[cfg(test)]
pub(super) fn code_at(secret: &[u8], at: chrono::DateTime<chrono::Utc>) -> String {
    totp::Totp::new(secret, "").unwrap().code_at(at)
}
