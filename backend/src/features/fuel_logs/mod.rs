//! Fuel logs: fill-ups and the fuel economy calculated from them.
//!
//! Other features can read a vehicle's statistics ([`stats()`]), its latest logs ([`list`]), a
//! summary of every vehicle ([`summaries`]), their costs and distances of this month and the last
//! ([`overview()`]), the vehicle used last ([`last_used_vehicle`]) and the prices paid at stations ([`prices_paid_at`],
//! [`last_prices_paid`]). The pages of vehicles show what this feature contributes to them.

mod api;
mod cache;
mod economy;
mod fuel;
mod model;
mod overview;
mod pages;
mod plausibility;
mod prices;
mod quantities;
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

pub use cache::{stats, summaries};
pub use economy::{Interval, NoEconomyReason};
pub use fuel::FuelType;
pub use model::{ExactEconomy, FuelLog, FuelLogCursor, FuelLogId, Id};
pub use overview::{FuelMonth, FuelOverview, overview};
pub use prices::{LastPricePaid, PricePaid, last_prices_paid, prices_paid_at};
pub use service::{Listing, last_used_vehicle, list};
pub use stats::{CostOfDistance, CurrencyStats, FuelStats, Summary, latest_intervals};
pub use store::ClosedInterval;

use self::store::FuelLogReading;
use super::{
    Contribution, Feature,
    vehicles::{self, VehiclePages, odometer::ReadingSource},
};
use crate::{
    core::{
        feature::{Access, Table},
        web::{Icon, MenuEntry},
    },
    t,
};

/// The fuel logs feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_fuel_logs": ["vehicles"],
        "002_keep_economy": ["vehicles"],
        "003_keep_fuel_type",
        "003_show_rows_to_their_user",
        "004_store_typed_values": ["fuel_logs", "odometer_readings", "user_preferences"],
    ],
    tables: &[Table::of_users("fuel_logs", Access::None("the user's own data")).for_analytics()],
    api: api::router,
    pages: pages::router,
    outdated_cache_keys: &[cache::generation_cache_key, cache::summaries_cache_key],
    contributions: &[
        Contribution::Vehicles(vehicles::Contribution::Readings(
            ReadingSource::of::<FuelLogReading>(),
        )),
        Contribution::Vehicles(vehicles::Contribution::Recomputation(service::RECOMPUTE)),
        Contribution::Vehicles(vehicles::Contribution::Pages(VehiclePages {
            sections: |app, user, page| Box::pin(pages::vehicle::render(app, user, page)),
            cards: |app, user, vehicles| Box::pin(pages::card::render(app, user, vehicles)),
        })),
    ],
    menu: &[MenuEntry::new(15, || t!("core-menu-add-fill-up"), "/fuel-logs/new", Icon::Plus)],
    ..Feature::new("fuel-logs", "fuel_logs")
};
