//! What was paid, in the database.

use sqlx::Result;

use crate::{
    core::{UserId, db::Tx},
    features::{
        fuel_logs::prices::{LastPaid, Paid},
        stations::StationId,
    },
    sql,
};

/// What the user paid at the station, the latest first.
pub(in crate::features::fuel_logs) async fn paid_at(
    tx: &mut Tx,
    user: &UserId,
    station: StationId,
    most: i64,
) -> Result<Vec<Paid>> {
    sql!(
        tx,
        fetch_all,
        "SELECT f.id AS fuel_log_id, f.vehicle_id, f.date, f.price_per_gallon FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.station_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
           AND f.price_per_gallon IS NOT NULL
         ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
         LIMIT $3",
        user.as_str(),
        station,
        most,
    )
}

/// What the user paid last at each station.
pub(in crate::features::fuel_logs) async fn last_paid(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<LastPaid>> {
    sql!(
        tx,
        fetch_all,
        "SELECT station_id, date, price_per_gallon
         FROM (SELECT f.station_id, f.date, f.price_per_gallon,
                      ROW_NUMBER() OVER (
                        PARTITION BY f.station_id
                        ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
                      ) AS place
               FROM fuel_logs f
               JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
               WHERE f.user_id = $1 AND f.station_id IS NOT NULL
                 AND f.price_per_gallon IS NOT NULL AND v.deleted_at IS NULL) AS placed
         WHERE place = 1",
        user.as_str(),
    )
}
