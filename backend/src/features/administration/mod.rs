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

use super::Feature;
use crate::{
    core::{
        feature::{Access, OnPasswordReset, Table},
        web::{Icon, MenuEntry},
    },
    t,
};

/// The administration feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations!["001_create_password_resets"],
    tables: &[Table::of_accounts("password_resets", Access::Granted(OnPasswordReset::Delete))],
    api: api::router,
    pages: pages::router,
    menu: &[MenuEntry {
        is_for_administrators: true,
        ..MenuEntry::new(60, || t!("core-menu-admin"), "/admin", Icon::People).secondary()
    }],
    periodic_tasks: &[PERIODIC_TASK],
    ..Feature::new("administration", "administration")
};
