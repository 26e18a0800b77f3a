//! What was paid at stations: by one user, and shown to nobody else.

use std::collections::HashMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::{FuelLogId, store};
use crate::{
    core::{App, Result, UserId, db::fixed::Fixed},
    features::{stations::StationId, vehicles::VehicleId},
};

/// The most fill-ups at one station that are looked back upon.
const MOST: i64 = 500;

/// What one fill-up at a station cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The fill-up.
    pub fuel_log_id: FuelLogId,
    /// Whose fill-up it was.
    pub vehicle_id: VehicleId,
    /// The day.
    pub date: NaiveDate,
    /// What a US gallon cost.
    pub price_per_gallon: Fixed<6, 3>,
}

/// What the user paid last at a station.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LastPaid {
    /// Where.
    pub station_id: StationId,
    /// When.
    pub date: NaiveDate,
    /// What a US gallon cost.
    pub price_per_gallon: Fixed<6, 3>,
}

/// What the user paid at the station, the latest first, without vehicles in the trash.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn paid_at(app: &App, user: &UserId, station: StationId) -> Result<Vec<Paid>> {
    let mut tx = app.db.read().await?;
    Ok(store::paid_at(&mut tx, user, station, MOST).await?)
}

/// What the user paid last at each station that a fill-up names.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn last_paid(app: &App, user: &UserId) -> Result<HashMap<StationId, LastPaid>> {
    let mut tx = app.db.read().await?;
    let rows = store::last_paid(&mut tx, user).await?;
    Ok(rows.into_iter().map(|it| (it.station_id, it)).collect())
}
