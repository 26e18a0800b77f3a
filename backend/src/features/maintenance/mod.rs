//! Maintenance: completed services, open items and when they repeat.

mod api;
mod calendar;
mod costs;
mod fields;
mod forecast;
mod model;
mod overview;
mod pages;
mod plans;
mod plausibility;
mod readings;
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
pub use overview::{MaintenanceOverview, Payment, overview};
pub use types::{TypeGroup, TypeName};
pub use upcoming::{DueStatus, NamedVehicle, Upcoming, list_all as list_upcoming};

use self::store::CompletionReading;
use super::{
    Contribution, Feature,
    vehicles::{self, odometer::ReadingSource},
};
use crate::{
    core::{
        feature::{Access, Table},
        web::{Icon, MenuEntry},
    },
    t,
};

/// The maintenance feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_maintenance": ["vehicles"],
        "002_repeat_maintenance": ["vehicles"],
        "003_show_rows_to_their_user",
        "004_store_typed_values": ["maintenance", "user_preferences"],
        "005_store_derived_due": ["maintenance"],
    ],
    tables: &[Table::of_users("maintenance", Access::None("the user's own data")).for_analytics()],
    api: api::router,
    pages: pages::router,
    menu: &[MenuEntry::new(20, || t!("core-menu-maintenance"), "/maintenance", Icon::Wrench)],
    outdated_cache_keys: &[upcoming::upcoming_key],
    contributions: &[
        Contribution::Vehicles(vehicles::Contribution::Readings(ReadingSource::of::<
            CompletionReading,
        >())),
        Contribution::Vehicles(vehicles::Contribution::Recomputation(service::RECOMPUTE)),
    ],
    ..Feature::new("maintenance", "maintenance")
};
