//! What odometers showed at fill-ups, for the odometer log. Every statement names the user it is for.

use chrono::NaiveDate;
use sqlx::Result;

use super::service;
use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::vehicles::odometer::{
        ReadingSource, ReadingsQuery, RecomputeFn, SourceKind, SourceReading, VehicleReading,
    },
    sql,
};

/// Computes the fill-ups' figures again.
pub const RECOMPUTE: RecomputeFn =
    |tx, user, (vehicle, now)| Box::pin(service::recompute(tx, user, vehicle, now));

/// The readings of fill-ups.
pub const READINGS: ReadingSource = ReadingSource {
    before: |tx, user, asked| Box::pin(async move { Ok(before(tx, user, asked).await?) }),
    after: |tx, user, asked| Box::pin(async move { Ok(after(tx, user, asked).await?) }),
    latest: |tx, user, most| Box::pin(async move { Ok(latest(tx, user, most).await?) }),
};

/// A fill-up with an odometer reading. One without has no unit.
#[derive(sqlx::FromRow)]
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

async fn before(tx: &mut Tx, user: &UserId, asked: ReadingsQuery) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, date, odometer_exact, odometer_unit FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND odometer_unit IS NOT NULL AND date <= $3
           AND (date, odometer_exact, id) < ($3, $4, $5)
         ORDER BY date DESC, odometer_exact DESC, id DESC
         LIMIT $6",
        user.as_str(),
        asked.vehicle,
        asked.position.0,
        asked.position.1,
        asked.position.2,
        asked.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

async fn after(tx: &mut Tx, user: &UserId, asked: ReadingsQuery) -> Result<Vec<SourceReading>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT id, date, odometer_exact, odometer_unit FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND odometer_unit IS NOT NULL AND date > $3
         ORDER BY date, odometer_exact, id
         LIMIT $4",
        user.as_str(),
        asked.vehicle,
        asked.position.0,
        asked.limit,
    )?;
    Ok(rows.into_iter().map(SourceReading::from).collect())
}

async fn latest(tx: &mut Tx, user: &UserId, most_each: i64) -> Result<Vec<VehicleReading>> {
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
        most_each,
    )
}
