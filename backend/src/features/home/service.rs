//! What the home page shows: the user's vehicles, and their fill-ups and maintenance at a glance.

use std::{collections::HashMap, time::Duration};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    core::{Error, Result, UserId, months::TwoMonths},
    features::{
        fuel_logs::{self, FuelOverview},
        maintenance::{self, MaintenanceOverview},
        vehicles::VehicleId,
    },
};

/// How long the overview is cached: as long as the list of vehicles.
const TTL: Duration = Duration::from_mins(5);

/// Part of the cache key. Increment it whenever the format of the cached value changes.
const FORMAT_VERSION: u32 = 1;

/// The cache key of a user's overview.
#[must_use]
pub(super) fn overview_cache_key(user: &UserId) -> String {
    format!("home:overview:{FORMAT_VERSION}:{}", user.as_str())
}

/// The fill-ups and the maintenance of all of a user's vehicles at a glance.
#[derive(Serialize, Deserialize)]
pub(super) struct Overview {
    /// The first day of the month that is the current one in these figures.
    month: NaiveDate,
    pub(super) fuel: HashMap<VehicleId, FuelOverview>,
    pub(super) maintenance: MaintenanceOverview,
}

/// Loads the overview for a day.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn overview(app: &App, user: &UserId, today: NaiveDate) -> Result<Overview> {
    let months = TwoMonths::on(today);
    let compute = || async {
        let body = serde_json::to_vec(&read(app, user, months).await?);
        Ok(body.map_err(|error| Error::Internal(error.into()))?.into())
    };
    let key = overview_cache_key(user);
    let cached = app.get_or_compute_for(user, &key, TTL, compute).await?;
    match serde_json::from_slice::<Overview>(&cached) {
        Ok(overview) if overview.month == months.current => Ok(overview),
        // A month has begun since, or another version of the service has cached this.
        _ => read(app, user, months).await,
    }
}

/// Reads the overview with a fixed number of statements.
async fn read(app: &App, user: &UserId, months: TwoMonths) -> Result<Overview> {
    let mut tx = app.db.read_for(user).await?;
    Ok(Overview {
        month: months.current,
        fuel: fuel_logs::overview(&mut tx, user, months).await?,
        maintenance: maintenance::overview(&mut tx, user, months).await?,
    })
}
