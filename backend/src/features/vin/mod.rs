//! VINs: what they are, and what they mean.
//!
//! The program brings NHTSA's tables along ([`vpic`]) and asks nobody unless the settings say so.
//! Others may read a [`Vin`] and have it decoded ([`decode`]), which never fails, or have told what
//! fuel it means ([`fuel_type`]).

mod api;
mod command;
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
mod tests_live;

pub use command::{Arguments, run};
pub use model::{DecodedVin, Source};
pub use number::Vin;
pub use offline::{Choices, choices, fuel_type};
pub use pages::{Card, card};
pub use service::{CHORE, Vins, decode};

use super::Feature;

/// The VIN capsule.
pub const FEATURE: Feature = Feature {
    name: "vin",
    folder: "vin",
    migrations: crate::migrations!["001_create_vin_cache"],
    api: api::router,
    pages: pages::router,
};
