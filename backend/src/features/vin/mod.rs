//! VINs: what they are, and what they mean.
//!
//! The program brings NHTSA's tables along ([`vpic`]) and asks nobody unless the settings say so.
//! Others may read a [`Vin`], have it decoded ([`decode`]), learn what looks wrong about it ([`doubts()`])
//! and what fuel it means ([`fuel_type`]).

mod api;
mod command;
mod doubts;
mod honest;
mod live;
mod model;
mod number;
mod offline;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_form;
#[cfg(test)]
mod tests_live;

pub use command::{Arguments, run};
pub use doubts::doubts;
pub use model::{DecodedVin, Source};
pub use number::Vin;
pub use offline::{Choices, choices, fuel_type};
pub use pages::{Card, card};
pub use service::{PERIODIC_TASK, Vins, decode};

use super::Feature;

/// The VIN capsule.
pub const FEATURE: Feature = Feature {
    name: "vin",
    folder: "vin",
    migrations: crate::migrations!["001_create_vin_cache", "002_clear_vin_cache"],
    api: api::router,
    pages: pages::router,
    grants: &[],
    tables_without_grants: &[],
};
