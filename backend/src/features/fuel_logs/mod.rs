//! Fuel logs: every fill-up, and what it says about economy.
//!
//! Other features may read a vehicle's statistics ([`stats`]) and its latest logs ([`list`]).

mod api;
mod economy;
mod model;
mod pages;
mod service;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod window;

pub use economy::{Interval, Reason};
pub use model::{FuelLog, FuelLogId};
pub use service::{Listing, list};
pub use stats::{FuelStats, latest_intervals, stats};

use super::Feature;

/// The fuel logs capsule.
pub const FEATURE: Feature = Feature {
    name: "fuel-logs",
    folder: "fuel_logs",
    migrations: crate::migrations!["001_create_fuel_logs", "002_keep_economy"],
    api: api::router,
    pages: pages::router,
};
