//! What was paid at stations: by one user, and shown to nobody else.

use std::collections::HashMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::{FuelLogId, FuelType, store};
use crate::{
    core::{App, Result, UserId, db::fixed::Fixed, money::Currency, units::UnitPrice},
    features::{stations::StationId, vehicles::VehicleId},
};

/// The most fill-ups at one station that are looked back upon.
const MOST: i64 = 500;

/// What one fill-up at a station cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The fill-up.
    pub fuel_log_id: FuelLogId,
    /// Whose fill-up it was.
    pub vehicle_id: VehicleId,
    /// The day.
    pub date: NaiveDate,
    /// Which fuel it was, where that is noted.
    pub fuel_type: Option<FuelType>,
    /// What a US gallon cost; null where that is more than the reference schema's column holds.
    pub price_per_gallon: Option<Fixed<6, 3>>,
    /// What it cost, as it was entered.
    pub unit_price: UnitPrice,
    /// The price's currency.
    pub currency: Currency,
}

/// What the user paid last at a station for one fuel in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPaid {
    /// Where.
    pub station_id: StationId,
    /// Which fuel it was, where that is noted.
    pub fuel_type: Option<FuelType>,
    /// When.
    pub date: NaiveDate,
    /// What it cost, as it was entered.
    pub unit_price: UnitPrice,
    /// The price's currency.
    pub currency: Currency,
}

/// What the user paid at the station, for the fuel `of` alone if that is said, the latest first,
/// without vehicles in the trash.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn paid_at(
    app: &App,
    user: &UserId,
    station: StationId,
    of: Option<FuelType>,
) -> Result<Vec<Paid>> {
    let mut tx = app.db.read_for(user).await?;
    Ok(store::paid_at(&mut tx, user, station, of, MOST).await?)
}

/// What the user paid last at each station that a fill-up names, for each fuel and currency, the latest
/// first.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn last_paid(app: &App, user: &UserId) -> Result<HashMap<StationId, Vec<LastPaid>>> {
    let mut tx = app.db.read_for(user).await?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for paid in store::last_paid(&mut tx, user).await? {
        all.entry(paid.station_id).or_default().push(paid);
    }
    Ok(all)
}
