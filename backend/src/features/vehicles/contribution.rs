//! What other features contribute to vehicles.

use super::odometer::{ReadingSource, RecomputeFn};
use crate::features;

/// What a feature contributes to vehicles.
pub enum Contribution {
    /// Odometer readings.
    Readings(ReadingSource),
    /// Recomputes values that depend on a vehicle's running totals, when an odometer is replaced.
    Recomputation(RecomputeFn),
}

/// The contributions of all features.
fn all() -> impl Iterator<Item = &'static Contribution> {
    features::ALL.iter().flat_map(|it| it.contributions)
}

/// The sources of odometer readings.
pub fn reading_sources() -> impl Iterator<Item = &'static ReadingSource> {
    all().filter_map(|it| match it {
        Contribution::Readings(source) => Some(source),
        Contribution::Recomputation(_) => None,
    })
}

/// The functions to call when an odometer is replaced.
pub(super) fn recomputations() -> impl Iterator<Item = &'static RecomputeFn> {
    all().filter_map(|it| match it {
        Contribution::Recomputation(recompute) => Some(recompute),
        Contribution::Readings(_) => None,
    })
}
