//! Fuel logs: fill-ups and the fuel economy calculated from them.
//!
//! Other features can read a vehicle's statistics ([`stats()`]), its latest logs ([`list`]), a
//! summary of every vehicle ([`summaries`]) and the prices paid at stations ([`prices_paid_at`],
//! [`last_prices_paid`]).

mod api;
mod cache;
mod economy;
mod fuel;
mod model;
mod pages;
mod plausibility;
mod prices;
mod quantities;
mod readings;
mod service;
mod stats;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_cache;
#[cfg(test)]
mod tests_consistency;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_stations;
mod window;

pub use cache::{generation_cache_key, stats, summaries, summaries_cache_key};
pub use economy::{Interval, NoEconomyReason};
pub use fuel::FuelType;
pub use model::{ExactEconomy, FuelLog, FuelLogId, Id};
pub use prices::{LastPricePaid, PricePaid, last_prices_paid, prices_paid_at};
pub use readings::{READING_SOURCE, RECOMPUTE};
pub use service::{Listing, list};
pub use stats::{CurrencyStats, FuelStats, Summary, latest_intervals};
pub use store::ClosedInterval;

use super::Feature;

/// The fuel logs feature.
pub const FEATURE: Feature = Feature {
    name: "fuel-logs",
    folder: "fuel_logs",
    migrations: crate::migrations![
        "001_create_fuel_logs",
        "002_keep_economy",
        "003_keep_fuel_type",
        "003_show_rows_to_their_user",
        "004_store_typed_values",
    ],
    api: api::router,
    pages: pages::router,
    grants: &[],
    tables_without_grants: &[("fuel_logs", "the user's own data")],
};
