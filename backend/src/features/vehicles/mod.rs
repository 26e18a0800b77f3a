//! Vehicles: what a user drives.
//!
//! Other features may look one up within their own transaction ([`find`], [`hold`]) and raise its
//! odometer ([`raise_odometer`]; then end with [`commit`]).

mod api;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_pages;
mod vin;

pub use model::{Vehicle, VehicleId};
pub use service::{commit, find, hold, list_all, list_key, raise_odometer};
pub use vin::Vin;

use super::Feature;

/// The vehicles capsule.
pub const FEATURE: Feature = Feature {
    name: "vehicles",
    folder: "vehicles",
    migrations: crate::migrations!["001_create_vehicles", "002_own_vehicles"],
    api: api::router,
    pages: pages::router,
};
