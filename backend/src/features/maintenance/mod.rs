//! Maintenance: what was done to a vehicle, what is due, and what comes again.
//!
//! Other features may know where a user's due items are kept ([`upcoming_key`]).

mod api;
mod calendar;
mod costs;
mod entered;
mod forecast;
mod model;
mod pages;
mod plans;
mod plausible;
mod readings;
mod row;
mod schedule;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_corrected;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_replaced;
#[cfg(test)]
mod tests_sent;
#[cfg(test)]
mod tests_series;
#[cfg(test)]
mod tests_typed;
#[cfg(test)]
mod tests_upcoming;
mod types;
mod upcoming;

pub use model::{Item, ItemId};
pub use readings::READINGS;
pub use service::RECOMPUTE;
pub use types::{Group, TypeName};
pub use upcoming::{NamedVehicle, Status, Upcoming, list_all as due, upcoming_key};

use super::Feature;

/// The maintenance capsule.
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
    grants_nothing: &[("maintenance", "the user's own data")],
};
