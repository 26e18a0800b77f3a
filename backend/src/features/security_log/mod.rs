//! The security log: sign-ins and account changes, retained for 90 days.
//!
//! Code that signs users in, rejects a sign-in, or changes an account's access calls [`record`] in the
//! same transaction as the change. Events never contain secrets.

mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Event, EventKind, EventWithOrigin, SecurityEvent};
pub use service::{EventQuery, PURGE_TASK, list, record};

use super::Feature;

/// The security log feature. Its endpoints are part of `administration`.
pub const FEATURE: Feature = Feature {
    name: "security-log",
    folder: "security_log",
    migrations: crate::migrations!["001_create_security_events", "002_count_repetitions"],
    api: aide::axum::ApiRouter::new,
    pages: axum::Router::new,
    grants: &[],
    tables_without_grants: &[("security_events", "a record of what happened")],
};
