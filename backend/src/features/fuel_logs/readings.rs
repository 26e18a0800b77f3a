//! Provides the odometer readings of fill-ups to the odometer log.

use super::{
    service,
    store::readings::{after, before, latest},
};
use crate::features::vehicles::odometer::{ReadingSource, RecomputeFn};

/// Recomputes the economy of a vehicle's fill-ups.
pub(super) const RECOMPUTE: RecomputeFn =
    |tx, user, (vehicle, now)| Box::pin(service::recompute(tx, user, vehicle, now));

/// The odometer readings of fill-ups.
pub(super) const READING_SOURCE: ReadingSource = ReadingSource {
    before: |tx, user, query| Box::pin(async move { Ok(before(tx, user, query).await?) }),
    after: |tx, user, query| Box::pin(async move { Ok(after(tx, user, query).await?) }),
    latest: |tx, user, limit| Box::pin(async move { Ok(latest(tx, user, limit).await?) }),
};
