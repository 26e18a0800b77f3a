//! The home page, and the migration that needs the data of several features.

mod attention;
mod pages;
mod service;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_migration;

use super::Feature;
use crate::{
    core::web::{Icon, MenuEntry},
    t,
};

/// The home feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_derive_odometers": ["vehicles", "fuel_logs", "maintenance", "odometer_readings"],
    ],
    pages: pages::router,
    menu: &[MenuEntry::new(5, || t!("core-menu-home"), "/", Icon::Home)],
    outdated_cache_keys: &[service::overview_cache_key],
    // Databases have recorded the migration under the name that the feature had before.
    recorded_name: "garage",
    ..Feature::new("home", "home")
};
