//! The vehicles of a user.
//!
//! Other features look up a vehicle within their own transaction with [`find`] or [`lock`]. After changing a
//! reading, they call [`odometer::refresh`] and end the transaction with [`commit_and_invalidate`].
//! [`odometer`] is the log of odometer readings.

mod api;
mod confirmations;
mod model;
pub mod odometer;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_vin;
#[cfg(test)]
mod tests_without_vin;

pub use model::{LatestReading, Vehicle, VehicleId, VehicleKind, unique_names};
pub use service::{
    commit_and_invalidate, find, list_active, list_all, list_cache_key, load_names, lock, replay,
};

use super::{Feature, vin::Vin};

/// The vehicles feature.
pub const FEATURE: Feature = Feature {
    name: "vehicles",
    folder: "vehicles",
    migrations: crate::migrations![
        "001_create_vehicles",
        "002_own_vehicles",
        "003_log_odometer",
        "004_show_rows_to_their_user",
        "005_type_odometers",
        "006_vehicles_without_vin",
        "007_confirm_vins",
        "008_editions",
    ],
    api: || api::router().merge(odometer::api()),
    pages: || pages::router().merge(odometer::pages()),
    grants: &[],
    tables_without_grants: &[
        ("vehicles", "the user's own data"),
        ("odometer_readings", "the user's own data"),
        ("user_editions", "a counter"),
    ],
};
