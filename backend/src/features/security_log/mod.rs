//! The security log: what happened at the doors and to accounts, kept for 90 days.
//!
//! Whoever lets somebody in, refuses them or changes what an account may do calls [`record`], in
//! the transaction of what it records. Secrets are never part of an event.

mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Event, Kind, Located, SecurityEvent};
pub use service::{Listing, PERIODIC_TASK, list, record};

use super::Feature;

/// The security log's capsule; administrators read it through theirs.
pub const FEATURE: Feature = Feature {
    name: "security-log",
    folder: "security_log",
    migrations: crate::migrations!["001_create_security_events", "002_count_repetitions"],
    api: aide::axum::ApiRouter::new,
    pages: axum::Router::new,
    grants: &[],
    grants_nothing: &[("security_events", "a record of what happened")],
};
