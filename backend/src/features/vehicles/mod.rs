//! Vehicles: what a user drives.
//!
//! Other features may look one up within their own transaction ([`find`], [`hold`]) and derive its
//! odometer again ([`odometer::refresh`]; then end with [`commit`]). [`odometer`] is the log of odometer
//! readings.

mod api;
mod doubts;
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

pub use model::{LatestReading, Vehicle, VehicleId, VehicleKind, names};
pub use service::{commit, find, hold, list_all, list_key, list_with_inactive, names_in, replay};

use super::{Feature, vin::Vin};

/// The vehicles capsule.
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
    grants_nothing: &[
        ("vehicles", "the user's own data"),
        ("odometer_readings", "the user's own data"),
        ("user_editions", "a counter"),
    ],
};
