//! Sums over a whole history, kept until something changes: they would cost more with each year.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use uuid::Uuid;

use super::stats::{self, FuelStats, Summary};
use crate::{
    core::{App, Error, Result, UserId, http::SerializedJson},
    features::vehicles::VehicleId,
};

/// How long they are kept: as the list of vehicles is.
const KEPT: Duration = Duration::from_mins(5);

/// Part of the keys: raised with each change of what is kept, which another version could not read.
const FORM: u32 = 3;

/// Where it is kept which edition of a user's sums counts. A change needs to know of no vehicle: it
/// ends the edition, and with it all that was kept under it.
#[must_use]
pub fn edition_key(user: &UserId) -> String {
    format!("fuel-logs:edition:{}", user.as_str())
}

/// Where the summaries of a user's vehicles are kept.
#[must_use]
pub fn summaries_key(user: &UserId) -> String {
    format!("fuel-logs:summaries:{FORM}:{}", user.as_str())
}

/// The summary of every vehicle of the user's that has fuel logs.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn summaries(app: &App, user: &UserId) -> Result<HashMap<VehicleId, Summary>> {
    let compute = || async { to_json(&stats::summaries(app, user).await?) };
    let kept = app.get_or_compute_for(user, &summaries_key(user), KEPT, compute).await?;
    match serde_json::from_slice(&kept) {
        Ok(summaries) => Ok(summaries),
        // Another version's.
        Err(_) => stats::summaries(app, user).await,
    }
}

/// What the user's vehicle's fuel logs add up to.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash.
pub async fn stats(app: &App, user: &UserId, vehicle: VehicleId) -> Result<FuelStats> {
    let kept = keep(app, user, vehicle).await?;
    let read = |kept: &Kept| {
        let exact = serde_json::from_slice(&kept.exact).ok()?;
        Some(FuelStats { exact, ..serde_json::from_slice(&kept.document).ok()? })
    };
    match read(&kept) {
        Some(stats) => Ok(stats),
        // Another version's.
        None => stats::stats(app, user, vehicle).await,
    }
}

/// The same as the API's document.
///
/// # Errors
/// As [`stats()`].
pub(super) async fn document(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<SerializedJson<FuelStats>> {
    Ok(SerializedJson::new(keep(app, user, vehicle).await?.document))
}

/// What is kept of a vehicle's sums: the document as it is given away, after a line with what it
/// does not tell.
struct Kept {
    exact: Bytes,
    document: Bytes,
}

impl Kept {
    fn of(stats: &FuelStats) -> Result<Self> {
        Ok(Self { exact: to_json(&stats.exact)?, document: to_json(stats)? })
    }

    fn body(&self) -> Bytes {
        [&self.exact[..], &self.document[..]].join(&b'\n').into()
    }

    fn read(body: &Bytes) -> Option<Self> {
        let end = body.iter().position(|it| *it == b'\n')?;
        Some(Self { exact: body.slice(..end), document: body.slice(end + 1..) })
    }
}

async fn keep(app: &App, user: &UserId, vehicle: VehicleId) -> Result<Kept> {
    let edition = || async { Ok(Uuid::now_v7().to_string().into()) };
    // Before anything is looked up under it: what is worked out after this commit, or another, that
    // ended it is kept where nobody looks any more.
    let edition = app.get_or_compute_for(user, &edition_key(user), KEPT, edition).await?;
    let edition = String::from_utf8_lossy(&edition);
    let key = format!("fuel-logs:stats:{FORM}:{edition}:{}:{vehicle}", user.as_str());
    let compute = async || Kept::of(&stats::stats(app, user, vehicle).await?);
    let body = || async { Ok(compute().await?.body()) };
    match Kept::read(&app.cache.get_or_compute(&key, KEPT, body).await?) {
        Some(kept) => Ok(kept),
        // Another version's.
        None => compute().await,
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Bytes> {
    let body = serde_json::to_vec(value).map_err(|error| Error::Internal(error.into()))?;
    Ok(body.into())
}
