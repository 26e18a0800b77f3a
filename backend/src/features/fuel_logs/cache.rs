//! Caches statistics over a vehicle's whole history until something changes. The history only grows, so
//! computing them gets more expensive every year.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use uuid::Uuid;

use super::stats::{self, FuelStats, Summary};
use crate::{
    app::App,
    core::{Error, Result, UserId, http::SerializedJson},
    features::vehicles::VehicleId,
};

/// How long entries are cached: as long as the list of vehicles.
const TTL: Duration = Duration::from_mins(5);

/// Part of the cache keys. Increment it whenever the format of cached values changes, so that another
/// version of the service doesn't read them.
const FORMAT_VERSION: u32 = 3;

/// The cache key of the current generation of a user's statistics. The keys of the statistics
/// contain the generation, so deleting this entry invalidates the statistics of all of the user's
/// vehicles at once.
#[must_use]
pub(super) fn generation_cache_key(user: &UserId) -> String {
    format!("fuel-logs:edition:{}", user.as_str())
}

/// The cache key of the summaries of a user's vehicles.
#[must_use]
pub(super) fn summaries_cache_key(user: &UserId) -> String {
    format!("fuel-logs:summaries:{FORMAT_VERSION}:{}", user.as_str())
}

/// The summaries of the user's vehicles that have fuel logs.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub async fn summaries(app: &App, user: &UserId) -> Result<HashMap<VehicleId, Summary>> {
    let compute = || async { to_json(&stats::summaries(app, user).await?) };
    let cached = app.get_or_compute_for(user, &summaries_cache_key(user), TTL, compute).await?;
    match serde_json::from_slice(&cached) {
        Ok(summaries) => Ok(summaries),
        // Written by another version of the service.
        Err(_) => stats::summaries(app, user).await,
    }
}

/// The fuel statistics of one of the user's vehicles.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or in the trash.
pub async fn stats(app: &App, user: &UserId, vehicle: VehicleId) -> Result<FuelStats> {
    let cached = get_or_compute(app, user, vehicle).await?;
    let decode = |cached: &CachedStats| {
        let exact = serde_json::from_slice(&cached.exact).ok()?;
        Some(FuelStats { exact, ..serde_json::from_slice(&cached.document).ok()? })
    };
    match decode(&cached) {
        Some(stats) => Ok(stats),
        // Written by another version of the service.
        None => stats::stats(app, user, vehicle).await,
    }
}

/// The fuel statistics as the API's JSON document.
///
/// # Errors
/// As [`stats()`].
pub(super) async fn stats_document(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<SerializedJson<FuelStats>> {
    Ok(SerializedJson::new(get_or_compute(app, user, vehicle).await?.document))
}

/// A cached entry: a line with the exact values, which the API doesn't return, followed by the API's
/// JSON document.
struct CachedStats {
    exact: Bytes,
    document: Bytes,
}

impl CachedStats {
    fn new(stats: &FuelStats) -> Result<Self> {
        Ok(Self { exact: to_json(&stats.exact)?, document: to_json(stats)? })
    }

    fn to_bytes(&self) -> Bytes {
        [&self.exact[..], &self.document[..]].join(&b'\n').into()
    }

    fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|it| *it == b'\n')?;
        Some(Self { exact: bytes.slice(..end), document: bytes.slice(end + 1..) })
    }
}

async fn get_or_compute(app: &App, user: &UserId, vehicle: VehicleId) -> Result<CachedStats> {
    let new_generation = || async { Ok(Uuid::now_v7().to_string().into()) };
    // Read the generation before computing: if a write invalidates it in the meantime, the result is
    // stored under the old generation, where no later request finds it.
    let generation =
        app.get_or_compute_for(user, &generation_cache_key(user), TTL, new_generation).await?;
    let generation = String::from_utf8_lossy(&generation);
    let key = format!("fuel-logs:stats:{FORMAT_VERSION}:{generation}:{}:{vehicle}", user.as_str());
    let compute = async || CachedStats::new(&stats::stats(app, user, vehicle).await?);
    let bytes = || async { Ok(compute().await?.to_bytes()) };
    match CachedStats::from_bytes(&app.cache.get_or_compute(&key, TTL, bytes).await?) {
        Some(cached) => Ok(cached),
        // Written by another version of the service.
        None => compute().await,
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Bytes> {
    let body = serde_json::to_vec(value).map_err(|error| Error::Internal(error.into()))?;
    Ok(body.into())
}
