//! Administration: who may use the service, and what happened at its doors.
//!
//! An administrator's power ends at accounts: nothing here reads what is under one. The command
//! line gets the same, for whoever is locked out.

mod api;
mod command;
mod csv;
mod invitations;
mod log;
mod model;
mod pages;
mod resets;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_create;
#[cfg(test)]
mod tests_log;
#[cfg(test)]
mod tests_pages;
mod users;

pub use command::{Command, run};
pub use resets::CHORE;

use super::{AfterReset, Feature, Grant};

/// The administration's capsule.
pub const FEATURE: Feature = Feature {
    name: "administration",
    folder: "administration",
    migrations: crate::migrations!["001_create_password_resets"],
    api: api::router,
    pages: pages::router,
    grants: &[Grant { table: "password_resets", after_reset: AfterReset::Ended }],
    grants_nothing: &[],
};
