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
use crate::core::feature::{Access, Table};

/// The security log feature. Its endpoints are part of `administration`.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations!["001_create_security_events", "002_count_repetitions"],
    tables: &[
        // Events are immutable, except for their count.
        Table::of_accounts("security_events", Access::None("a record of what happened"))
            .updatable_only_in("count, last_at"),
    ],
    periodic_tasks: &[PURGE_TASK],
    ..Feature::new("security-log", "security_log")
};
