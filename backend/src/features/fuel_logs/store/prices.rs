//! The SQL statements for prices paid.

use chrono::NaiveDate;
use sqlx::Result;

use crate::{
    core::{
        UserId,
        db::{Tx, fixed::Fixed},
        money::Currency,
        units::{UnitPrice, VolumeUnit},
    },
    features::{
        fuel_logs::{
            FuelLogId, FuelType,
            prices::{LastPricePaid, PricePaid},
        },
        stations::StationId,
        vehicles::VehicleId,
    },
    sql,
};

fn parse_fuel(stored: Option<String>) -> Option<FuelType> {
    stored.and_then(|it| FuelType::try_from(it).ok())
}

#[derive(sqlx_derive::FromRow)]
struct PriceRow {
    id: FuelLogId,
    vehicle_id: VehicleId,
    date: NaiveDate,
    fuel_type: Option<String>,
    #[sqlx(flatten)]
    price: Price,
}

/// A price with its unit of volume and its currency.
#[derive(sqlx_derive::FromRow)]
struct Price {
    unit_price: Fixed<12, 4>,
    unit_price_per: String,
    currency: String,
}

impl Price {
    /// Parses the columns. Returns `None` if the unit or the currency is unknown.
    fn parse(self) -> Option<(UnitPrice, Currency)> {
        let per = VolumeUnit::try_from(self.unit_price_per).ok()?;
        Some((UnitPrice { value: self.unit_price, per }, Currency::stored(&self.currency)?))
    }
}

/// Lists the prices the user paid at a station, newest first, optionally for one fuel.
pub(in crate::features::fuel_logs) async fn prices_paid_at(
    tx: &mut Tx,
    user: &UserId,
    station: StationId,
    fuel: Option<FuelType>,
    limit: i64,
) -> Result<Vec<PricePaid>> {
    let rows: Vec<PriceRow> = sql!(
        tx,
        fetch_all,
        "SELECT f.id, f.vehicle_id, f.date, f.fuel_type, f.unit_price, f.unit_price_per, f.currency
         FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.station_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
           AND f.unit_price IS NOT NULL AND f.currency IS NOT NULL
           AND (CAST($3 AS TEXT) IS NULL OR f.fuel_type = $3)
         ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
         LIMIT $4",
        user.as_str(),
        station,
        fuel.map(FuelType::as_str),
        limit,
    )?;
    let paid = |it: PriceRow| {
        let (unit_price, currency) = it.price.parse()?;
        Some(PricePaid {
            fuel_log_id: it.id,
            vehicle_id: it.vehicle_id,
            date: it.date,
            fuel_type: parse_fuel(it.fuel_type),
            price_per_gallon: unit_price.of_us_gallon(),
            unit_price,
            currency,
        })
    };
    Ok(rows.into_iter().filter_map(paid).collect())
}

#[derive(sqlx_derive::FromRow)]
struct LastPriceRow {
    station_id: StationId,
    fuel_type: Option<String>,
    date: NaiveDate,
    #[sqlx(flatten)]
    price: Price,
}

/// Lists the most recent price the user paid for each fuel and currency at each station, newest first.
pub(in crate::features::fuel_logs) async fn last_prices_paid(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<LastPricePaid>> {
    let rows: Vec<LastPriceRow> = sql!(
        tx,
        fetch_all,
        "SELECT station_id, fuel_type, date, unit_price, unit_price_per, currency
         FROM (SELECT f.station_id, f.fuel_type, f.date, f.unit_price, f.unit_price_per, f.currency,
                      f.id,
                      ROW_NUMBER() OVER (
                        PARTITION BY f.station_id, f.fuel_type, f.currency
                        ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
                      ) AS place
               FROM fuel_logs f
               JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
               WHERE f.user_id = $1 AND f.station_id IS NOT NULL
                 AND f.unit_price IS NOT NULL AND f.currency IS NOT NULL AND v.deleted_at IS NULL) AS placed
         WHERE place = 1
         ORDER BY date DESC, id DESC",
        user.as_str(),
    )?;
    let paid = |it: LastPriceRow| {
        let (unit_price, currency) = it.price.parse()?;
        Some(LastPricePaid {
            station_id: it.station_id,
            fuel_type: parse_fuel(it.fuel_type),
            date: it.date,
            unit_price,
            currency,
        })
    };
    Ok(rows.into_iter().filter_map(paid).collect())
}
