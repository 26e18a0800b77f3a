//! Administration: accounts, invitations, password resets and the security log.
//!
//! Administrators manage accounts, but cannot see the data of users. The same actions are available
//! on the command line, for operators who are locked out.

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
pub use resets::PERIODIC_TASK;

use super::{Feature, Grant, OnPasswordReset};

/// The administration feature.
pub const FEATURE: Feature = Feature {
    name: "administration",
    folder: "administration",
    migrations: crate::migrations!["001_create_password_resets"],
    api: api::router,
    pages: pages::router,
    grants: &[Grant { table: "password_resets", on_password_reset: OnPasswordReset::Delete }],
    tables_without_grants: &[],
};
