//! Stations: where fuel is sold. What is known of one is shared by all users; that it is a favourite,
//! and what somebody notes of it, is theirs.

mod api;
mod fields;
mod geo;
mod import;
mod merge;
mod model;
mod pages;
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
mod upstream;

pub use fields::FUELS;
pub use import::{Command, Imports, run};
pub use model::{Station, StationId};
pub use providers::Providers;
pub use service::{favorites, find, name_of};

use super::Feature;
use crate::core::{
    db::Tx,
    jobs::{Chore, Work},
};

/// Deletes withdrawn stations that nobody uses anymore.
pub const CHORE: Chore = Chore {
    name: "withdrawn-stations",
    run: |tx, _| Box::pin(async { Ok(store::delete_unused(tx).await?) }),
};

/// Adds the words of stations that the transaction has inserted to SQLite's index. PostgreSQL's follows by
/// itself.
pub fn index_words(tx: &mut Tx) -> Work<'_> {
    Box::pin(async { Ok(store::words::take_in(tx).await?) })
}

/// The stations capsule.
pub const FEATURE: Feature = Feature {
    name: "stations",
    folder: "stations",
    migrations: crate::migrations![
        "001_create_stations",
        "002_favorites_and_cells",
        "003_fill_ups_point_at_stations",
        "004_show_rows_to_their_user",
        "004_keep_imports",
        "005_find_by_words",
        "006_withdraw_stations",
        "007_count_what_imports_leave_out",
        "008_find_without_accents",
    ],
    api: api::router,
    pages: pages::router,
    grants: &[],
    grants_nothing: &[("station_favorites", "the user's own data")],
};
