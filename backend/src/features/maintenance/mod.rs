//! Maintenance: completed services, open items and when they repeat.
//!
//! Other features can invalidate the cached upcoming items by their key ([`upcoming_key`]).

mod api;
mod calendar;
mod costs;
mod fields;
mod forecast;
mod model;
mod pages;
mod plans;
mod plausibility;
mod readings;
mod row;
mod schedule;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_corrections;
#[cfg(test)]
mod tests_entered_values;
#[cfg(test)]
mod tests_error_pointers;
#[cfg(test)]
mod tests_odometer_replacement;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_series;
#[cfg(test)]
mod tests_upcoming;
mod types;
mod upcoming;

pub use model::{Item, ItemId};
pub use readings::READINGS;
pub use service::RECOMPUTE;
pub use types::{TypeGroup, TypeName};
pub use upcoming::{DueStatus, NamedVehicle, Upcoming, list_all as list_upcoming, upcoming_key};

use super::Feature;

/// The maintenance feature.
pub const FEATURE: Feature = Feature {
    name: "maintenance",
    folder: "maintenance",
    migrations: crate::migrations![
        "001_create_maintenance",
        "002_repeat_maintenance",
        "003_show_rows_to_their_user",
        "004_store_typed_values",
        "005_store_derived_due",
    ],
    api: api::router,
    pages: pages::router,
    grants: &[],
    tables_without_grants: &[("maintenance", "the user's own data")],
};
