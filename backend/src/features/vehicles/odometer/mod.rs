//! The odometer log: a vehicle's odometer readings from all sources, in one list.
//!
//! When an odometer is replaced, the readings start over, but the running total continues. Other features
//! that store readings describe them with [`stored_reading!`], and add them to the log with a
//! [`ReadingSource`] among their contributions.

mod api;
mod model;
mod pages;
mod plausibility;
mod running_total;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_typed;

pub use super::contribution::reading_sources;
pub(super) use api::router as api;
pub(super) use model::EnteredReading;
pub use model::{
    Position, ReadingSource, ReadingsQuery, RecomputeFn, SourceFn, SourceFuture, SourceKind,
    SourceReading, VehicleReading,
};
pub(super) use pages::router as pages;
pub use running_total::{Replacement, Replacements};
pub(super) use service::log_todays_reading;
pub use service::{
    Contradiction, RecentReadings, Side, current_running_total, exceeded_maximum,
    find_contradiction, recent_readings, refresh, refresh_after_insert, replacements,
    running_total,
};
pub use store::StoredReading;

pub use crate::stored_reading;
