//! The odometer log: what a vehicle's odometer showed, from every source, as one list.
//!
//! A cluster that was replaced begins anew; the running total goes on. Whoever else keeps readings
//! gives them to the log by a [`Source`] in `features::READINGS`.

mod api;
mod model;
mod pages;
mod plausible;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_typed;
mod total;

pub(super) use api::router as api;
pub(super) use model::Entered;
pub use model::{Ask, Asked, Found, OfVehicle, Position, Recompute, Seen, Source, SourceKind};
pub(super) use pages::router as pages;
pub(super) use service::enter;
pub use service::{
    Contradiction, Latest, SOURCE, Side, check, latest, most_plausible, reading_added, refresh,
    replacements, running_total, shown_now,
};
pub use total::{Replacement, Replacements};
