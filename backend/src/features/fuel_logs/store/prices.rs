//! What was paid, in the database.

use chrono::NaiveDate;
use sqlx::Result;

use crate::{
    core::{
        UserId,
        db::{Tx, fixed::Fixed},
    },
    features::{
        fuel_logs::{
            FuelLogId, FuelType,
            prices::{LastPaid, Paid},
        },
        stations::StationId,
        vehicles::VehicleId,
    },
    sql,
};

fn fuel(kept: Option<String>) -> Option<FuelType> {
    kept.and_then(|it| FuelType::try_from(it).ok())
}

#[derive(sqlx::FromRow)]
struct PaidRow {
    id: FuelLogId,
    vehicle_id: VehicleId,
    date: NaiveDate,
    fuel_type: Option<String>,
    price_per_gallon: Fixed<6, 3>,
}

/// What the user paid at the station, for `of` alone if that is said, the latest first.
pub(in crate::features::fuel_logs) async fn paid_at(
    tx: &mut Tx,
    user: &UserId,
    station: StationId,
    of: Option<FuelType>,
    most: i64,
) -> Result<Vec<Paid>> {
    let rows: Vec<PaidRow> = sql!(
        tx,
        fetch_all,
        "SELECT f.id, f.vehicle_id, f.date, f.fuel_type, f.price_per_gallon FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.station_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
           AND f.price_per_gallon IS NOT NULL
           AND (CAST($3 AS TEXT) IS NULL OR f.fuel_type = $3)
         ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
         LIMIT $4",
        user.as_str(),
        station,
        of.map(FuelType::as_str),
        most,
    )?;
    let paid = |it: PaidRow| Paid {
        fuel_log_id: it.id,
        vehicle_id: it.vehicle_id,
        date: it.date,
        fuel_type: fuel(it.fuel_type),
        price_per_gallon: it.price_per_gallon,
    };
    Ok(rows.into_iter().map(paid).collect())
}

#[derive(sqlx::FromRow)]
struct LastRow {
    station_id: StationId,
    fuel_type: Option<String>,
    date: NaiveDate,
    price_per_gallon: Fixed<6, 3>,
}

/// What the user paid last at each station for each fuel, the latest first.
pub(in crate::features::fuel_logs) async fn last_paid(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<LastPaid>> {
    let rows: Vec<LastRow> = sql!(
        tx,
        fetch_all,
        "SELECT station_id, fuel_type, date, price_per_gallon
         FROM (SELECT f.station_id, f.fuel_type, f.date, f.price_per_gallon, f.id,
                      ROW_NUMBER() OVER (
                        PARTITION BY f.station_id, f.fuel_type
                        ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
                      ) AS place
               FROM fuel_logs f
               JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
               WHERE f.user_id = $1 AND f.station_id IS NOT NULL
                 AND f.price_per_gallon IS NOT NULL AND v.deleted_at IS NULL) AS placed
         WHERE place = 1
         ORDER BY date DESC, id DESC",
        user.as_str(),
    )?;
    let paid = |it: LastRow| LastPaid {
        station_id: it.station_id,
        fuel_type: fuel(it.fuel_type),
        date: it.date,
        price_per_gallon: it.price_per_gallon,
    };
    Ok(rows.into_iter().map(paid).collect())
}
