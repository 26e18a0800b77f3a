//! The odometer readings of fill-ups. Every statement filters by user.

use chrono::NaiveDate;
use sqlx::Result;

use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::vehicles::odometer::{ReadingsQuery, SourceKind, SourceReading, VehicleReading},
    sql,
};

/// A fill-up with an odometer reading. Fill-ups without one have no unit.
#[derive(sqlx_derive::FromRow)]
struct Row {
    id: uuid::Uuid,
    date: NaiveDate,
    odometer_exact: i64,
    odometer_unit: String,
}

impl From<Row> for SourceReading {
    fn from(row: Row) -> Self {
        let reading = Distance::from_columns(Some(row.odometer_exact), Some(&row.odometer_unit));
        Self {
            id: row.id,
            kind: SourceKind::FuelLog,
            date: row.date,
            reading: reading.unwrap_or(Distance::miles(0)),
            previous_reading: None,
            notes: None,
        }
    }
}

/// The readings before a position, latest first.
pub(in super::super) async fn before(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, date, odometer_exact, odometer_unit FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND odometer_unit IS NOT NULL AND date <= $3
           AND (date, odometer_exact, id) < ($3, $4, $5)
         ORDER BY date DESC, odometer_exact DESC, id DESC
         LIMIT $6",
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.position.1,
        query.position.2,
        query.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

/// The readings on later dates, earliest first.
pub(in super::super) async fn after(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, date, odometer_exact, odometer_unit FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND odometer_unit IS NOT NULL AND date > $3
         ORDER BY date, odometer_exact, id
         LIMIT $4",
        user.as_str(),
        query.vehicle,
        query.position.0,
        query.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

/// The latest readings of each of the user's vehicles.
pub(in super::super) async fn latest(
    tx: &mut Tx,
    user: &UserId,
    limit_per_vehicle: i64,
) -> Result<Vec<VehicleReading>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, date, odometer_exact
         FROM (SELECT vehicle_id, date, odometer_exact,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id
                        ORDER BY date DESC, odometer_exact DESC, id DESC
                      ) AS place
               FROM fuel_logs
               WHERE user_id = $1 AND odometer_unit IS NOT NULL) AS placed
         WHERE place <= $2",
        user.as_str(),
        limit_per_vehicle,
    )
}
