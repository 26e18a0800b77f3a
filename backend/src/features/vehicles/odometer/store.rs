//! Readings noted by hand in the database. Every statement names the user it is for.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Asked, Seen, SourceKind, total::Replacement};
use crate::{
    core::{UserId, db::Tx},
    features::vehicles::VehicleId,
    sql,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    date: NaiveDate,
    reading: i32,
    previous_reading: Option<i32>,
    notes: Option<String>,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        let is_replacement = row.previous_reading.is_some();
        Self {
            id: row.id,
            kind: if is_replacement { SourceKind::Replacement } else { SourceKind::Manual },
            date: row.date,
            reading: row.reading,
            previous_reading: row.previous_reading,
            notes: row.notes,
        }
    }
}

pub(super) async fn insert(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    seen: &Seen,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO odometer_readings
           (id, user_id, vehicle_id, date, reading, previous_reading, notes, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        seen.id,
        user.as_str(),
        vehicle,
        seen.date,
        seen.reading,
        seen.previous_reading,
        &seen.notes,
        now,
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Owned {
    vehicle_id: VehicleId,
    #[sqlx(flatten)]
    row: Row,
}

/// The reading and its vehicle, unless that is in the trash.
pub(super) async fn find(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
) -> Result<Option<(VehicleId, Seen)>> {
    let owned: Option<Owned> = sql!(
        tx,
        fetch_optional,
        "SELECT o.* FROM odometer_readings o
         JOIN vehicles v ON v.id = o.vehicle_id AND v.user_id = o.user_id
         WHERE o.user_id = $1 AND o.id = $2 AND v.deleted_at IS NULL",
        user.as_str(),
        id,
    )?;
    Ok(owned.map(|it| (it.vehicle_id, it.row.into())))
}

/// The vehicle of the reading, in the trash or not.
pub(super) async fn vehicle_of(tx: &mut Tx, user: &UserId, id: Uuid) -> Result<Option<VehicleId>> {
    let row: Option<(VehicleId,)> = sql!(
        tx,
        fetch_optional,
        "SELECT vehicle_id FROM odometer_readings WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )?;
    Ok(row.map(|it| it.0))
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: Uuid) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM odometer_readings WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )?;
    Ok(())
}

/// The vehicle's readings before a position, the latest first.
pub(super) async fn before(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT * FROM odometer_readings
         WHERE vehicle_id = $2 AND user_id = $1 AND (date, reading, id) < ($3, $4, $5)
         ORDER BY date DESC, reading DESC, id DESC
         LIMIT $6",
        user.as_str(),
        asked.vehicle,
        asked.beyond.0,
        asked.beyond.1,
        asked.beyond.2,
        asked.most,
    )?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// The vehicle's readings of later days, the earliest first.
pub(super) async fn after(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT * FROM odometer_readings
         WHERE vehicle_id = $2 AND user_id = $1 AND date > $3
         ORDER BY date, reading, id
         LIMIT $4",
        user.as_str(),
        asked.vehicle,
        asked.beyond.0,
        asked.most,
    )?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// The latest readings of each of the user's vehicles: vehicle, day, miles.
pub(super) async fn latest(
    tx: &mut Tx,
    user: &UserId,
    most_each: i64,
) -> Result<Vec<(VehicleId, NaiveDate, i32)>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, date, reading
         FROM (SELECT vehicle_id, date, reading,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id ORDER BY date DESC, reading DESC, id DESC
                      ) AS place
               FROM odometer_readings
               WHERE user_id = $1) AS placed
         WHERE place <= $2",
        user.as_str(),
        most_each,
    )
}

/// The vehicle's odometers that were replaced, in order.
pub(super) async fn replacements(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<Replacement>> {
    sql!(
        tx,
        fetch_all,
        "SELECT date, reading, previous_reading FROM odometer_readings
         WHERE vehicle_id = $2 AND user_id = $1 AND previous_reading IS NOT NULL
         ORDER BY date, id",
        user.as_str(),
        vehicle,
    )
}

#[derive(sqlx::FromRow)]
struct OfVehicle {
    vehicle_id: VehicleId,
    #[sqlx(flatten)]
    replacement: Replacement,
}

/// Those of all the user's vehicles, in order.
pub(super) async fn all_replacements(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<(VehicleId, Replacement)>> {
    let rows: Vec<OfVehicle> = sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, date, reading, previous_reading FROM odometer_readings
         WHERE user_id = $1 AND previous_reading IS NOT NULL
         ORDER BY date, id",
        user.as_str(),
    )?;
    Ok(rows.into_iter().map(|it| (it.vehicle_id, it.replacement)).collect())
}
