//! Fuel logs: every fill-up, and what it says about economy.
//!
//! Other features may read a vehicle's statistics ([`stats()`]), its latest logs ([`list`]), what is
//! worth knowing of all vehicles at a glance ([`summaries`]), and what was paid where ([`paid_at`],
//! [`last_paid`]).

mod api;
mod economy;
mod entered;
mod fuel;
mod kept;
mod model;
mod pages;
mod plausible;
mod prices;
mod readings;
mod service;
mod stats;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_figures;
#[cfg(test)]
mod tests_kept;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_stations;
mod window;

pub use economy::{Interval, Reason};
pub use fuel::FuelType;
pub use kept::{edition_key, stats, summaries, summaries_key};
pub use model::{Exact, FuelLog, FuelLogId, Id};
pub use prices::{LastPaid, Paid, last_paid, paid_at};
pub use readings::{READINGS, RECOMPUTE};
pub use service::{Listing, list};
pub use stats::{CurrencyStats, FuelStats, Summary, latest_intervals};
pub use store::Closed;

use super::Feature;

/// The fuel logs capsule.
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
