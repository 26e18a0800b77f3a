//! Vehicle identification numbers (VINs) and what they say about a vehicle.
//!
//! VINs are decoded with NHTSA's tables, which are compiled into the program ([`vpic`]). NHTSA's
//! web service is queried only if the settings enable it. Other features can parse a [`Vin`],
//! decode it ([`decode`]), check it for likely mistakes ([`check_plausibility`]) and look up the
//! vehicle's fuel ([`fuel_type`]).

mod api;
mod command;
mod foreign;
mod model;
mod nhtsa;
mod number;
mod offline;
mod pages;
mod plausibility;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_foreign;
#[cfg(test)]
mod tests_nhtsa;

pub use command::{Arguments, run};
pub use model::{DecodedVin, Source};
pub use number::Vin;
pub use offline::{Choices, choices, fuel_type};
pub use pages::{Card, card};
pub use plausibility::check_plausibility;
pub use service::{PURGE_TASK, VinDecoder, decode};

use super::Feature;
use crate::core::feature::Table;

/// The VIN feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations!["001_create_vin_cache", "002_clear_vin_cache"],
    tables: &[Table::shared("vin_cache").for_analytics()],
    api: api::router,
    pages: pages::router,
    periodic_tasks: &[PURGE_TASK],
    ..Feature::new("vin", "vin")
};
