//! Prices that a user has paid at stations. They are visible only to that user.

use std::collections::HashMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::{FuelLogId, FuelType, store};
use crate::{
    app::App,
    core::{Result, UserId, db::fixed::Fixed, money::Currency, units::UnitPrice},
    features::{stations::StationId, vehicles::VehicleId},
};

/// The maximum number of fill-ups per station that are returned.
const MAX_FILL_UPS: i64 = 500;

/// The price paid for a fill-up at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PricePaid {
    /// The fuel log.
    pub fuel_log_id: FuelLogId,
    /// The vehicle that was filled up.
    pub vehicle_id: VehicleId,
    /// The date of the fill-up.
    pub date: NaiveDate,
    /// The fuel type, if it was logged.
    pub fuel_type: Option<FuelType>,
    /// The price per US gallon; null if it does not fit in six digits.
    pub price_per_gallon: Option<Fixed<6, 3>>,
    /// The price per unit of volume as it was entered.
    pub unit_price: UnitPrice,
    /// The currency of the price.
    pub currency: Currency,
}

/// The price the user paid most recently at a station for one fuel in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPricePaid {
    /// The station.
    pub station_id: StationId,
    /// The fuel type, if it was logged.
    pub fuel_type: Option<FuelType>,
    /// The date of the fill-up.
    pub date: NaiveDate,
    /// The price per unit of volume as it was entered.
    pub unit_price: UnitPrice,
    /// The currency of the price.
    pub currency: Currency,
}

/// The prices the user paid at a station, newest first, optionally for one fuel. Vehicles in the
/// trash are excluded.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub async fn prices_paid_at(
    app: &App,
    user: &UserId,
    station: StationId,
    fuel: Option<FuelType>,
) -> Result<Vec<PricePaid>> {
    let mut tx = app.db.read_for(user).await?;
    Ok(store::prices_paid_at(&mut tx, user, station, fuel, MAX_FILL_UPS).await?)
}

/// The most recent price the user paid for each fuel and currency at each station, newest first.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub async fn last_prices_paid(
    app: &App,
    user: &UserId,
) -> Result<HashMap<StationId, Vec<LastPricePaid>>> {
    let mut tx = app.db.read_for(user).await?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for paid in store::last_prices_paid(&mut tx, user).await? {
        all.entry(paid.station_id).or_default().push(paid);
    }
    Ok(all)
}
