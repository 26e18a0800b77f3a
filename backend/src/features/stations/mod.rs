//! Fuel stations. All users share the details of a station; favorites and notes belong to one user.

mod api;
mod fields;
mod geo;
mod import;
mod merge;
mod model;
mod pages;
mod provider_cache;
mod providers;
mod search;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_import;
#[cfg(test)]
mod tests_import_pages;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_providers;
#[cfg(test)]
mod tests_search;

pub use fields::FUEL_TYPES;
pub use import::{Command, Imports, run};
pub use model::{Station, StationId};
pub use providers::Providers;
pub use service::{favorites, find, find_name};

use super::Feature;
use crate::{
    core::{
        db::Tx,
        feature::{Access, Table},
        periodic::{PeriodicTask, TaskFuture},
        web::{Icon, MenuEntry},
    },
    t,
};

/// Deletes withdrawn stations that are no longer used.
const PURGE_WITHDRAWN: PeriodicTask = PeriodicTask {
    name: "withdrawn-stations",
    run: |tx, _| Box::pin(async { Ok(store::delete_unused(tx).await?) }),
};

/// Adds the stations that the transaction inserted to SQLite's full-text index. PostgreSQL maintains its
/// index itself.
fn update_search_index(tx: &mut Tx) -> TaskFuture<'_> {
    Box::pin(async { Ok(store::words::index_new(tx).await?) })
}

/// The stations feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_stations",
        "002_favorites_and_cells",
        "003_fill_ups_point_at_stations": ["fuel_logs"],
        "004_show_rows_to_their_user",
        "004_keep_imports",
        "005_find_by_words",
        "006_withdraw_stations": ["fuel_logs", "station_favorites"],
        "007_count_what_imports_leave_out",
        "008_find_without_accents",
    ],
    tables: &[
        Table::shared("stations").for_analytics(),
        Table::of_users("station_favorites", Access::None("the user's own data")).for_analytics(),
        Table::shared("station_imports"),
    ],
    api: api::router,
    pages: pages::router,
    menu: &[MenuEntry::new(30, || t!("core-menu-stations"), "/stations", Icon::Pump).secondary()],
    periodic_tasks: &[PURGE_WITHDRAWN],
    index_builders: &[update_search_index],
    ..Feature::new("stations", "stations")
};
