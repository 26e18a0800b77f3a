//! The vehicles of a user.
//!
//! Other features look up a vehicle within their own unit of work with [`find`] or [`lock`], and lock a record
//! together with its vehicle with [`lock_record`]. After changing a reading, they call [`odometer::refresh`].
//! [`odometer`] is the log of odometer readings. Other features contribute their readings to it, and their
//! sections to the pages of vehicles ([`Contribution`]).

mod api;
mod appearance;
mod confirmations;
mod contribution;
mod model;
pub mod odometer;
mod pages;
mod records;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_list_and_page;
#[cfg(test)]
mod tests_pages;
#[cfg(test)]
mod tests_vin;
#[cfg(test)]
mod tests_without_vin;

pub use contribution::{
    CardPart, CardsFn, Contribution, PageRequest, PageSections, SectionsFn, VehiclePages,
};
pub use model::{LatestReading, Vehicle, VehicleId, VehicleKind, unique_names};
pub use records::{VehicleRecord, lock_named, lock_record};
pub use service::{find, list_active, list_all, list_cache_key, load_names, lock};

use self::odometer::{ReadingSource, SourceReading};
use super::{Feature, vin::Vin};
use crate::{
    core::{
        feature::{Access, Table},
        web::{Icon, MenuEntry},
    },
    t,
};

/// The vehicles feature.
pub const FEATURE: Feature = Feature {
    migrations: crate::migrations![
        "001_create_vehicles",
        "002_own_vehicles",
        "003_log_odometer",
        "004_show_rows_to_their_user",
        "005_type_odometers": ["vehicles", "odometer_readings"],
        "006_vehicles_without_vin": ["vehicles"],
        "007_confirm_vins": ["vehicles"],
        "008_editions",
    ],
    tables: &[
        Table::of_users("vehicles", Access::None("the user's own data")).for_analytics(),
        Table::of_users("odometer_readings", Access::None("the user's own data")).for_analytics(),
        Table::of_users("user_editions", Access::None("a counter")),
    ],
    api: || api::router().merge(odometer::api()),
    pages: || pages::router().merge(odometer::pages()),
    menu: &[
        MenuEntry {
            sections: &["/fuel-logs"],
            ..MenuEntry::new(10, || t!("core-menu-vehicles"), "/vehicles", Icon::Car)
        },
        MenuEntry::new(40, || t!("core-menu-trash"), "/trash", Icon::Trash).secondary(),
    ],
    outdated_cache_keys: &[list_cache_key],
    contributions: &[super::Contribution::Vehicles(Contribution::Readings(
        // Those that are logged by hand.
        ReadingSource::of::<SourceReading>(),
    ))],
    ..Feature::new("vehicles", "vehicles")
};
