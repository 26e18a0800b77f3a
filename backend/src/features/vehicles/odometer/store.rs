//! Readings noted by hand in the database. Every statement names the user it is for.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Asked, OfVehicle, Seen, SourceKind, total::Replacement};
use crate::{
    core::{UserId, db::Tx, units::Distance},
    features::vehicles::VehicleId,
    sql,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    date: NaiveDate,
    reading_exact: i64,
    reading_unit: String,
    previous_exact: Option<i64>,
    previous_unit: Option<String>,
    notes: Option<String>,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        let reading = Distance::from_columns(Some(row.reading_exact), Some(&row.reading_unit));
        let is_replacement = row.previous_exact.is_some();
        Self {
            id: row.id,
            kind: if is_replacement { SourceKind::Replacement } else { SourceKind::Manual },
            date: row.date,
            reading: reading.unwrap_or(Distance::miles(0)),
            previous_reading: Distance::from_columns(
                row.previous_exact,
                row.previous_unit.as_deref(),
            ),
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
           (id, user_id, vehicle_id, date, reading, previous_reading, notes, created_at,
            reading_exact, reading_unit, previous_exact, previous_unit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        seen.id,
        user.as_str(),
        vehicle,
        seen.date,
        seen.reading.whole_miles(),
        seen.previous_reading.map(Distance::whole_miles),
        &seen.notes,
        now,
        seen.reading.exact(),
        seen.reading.unit().as_str(),
        seen.previous_reading.map(Distance::exact),
        seen.previous_reading.map(|it| it.unit().as_str()),
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
         WHERE vehicle_id = $2 AND user_id = $1 AND (date, reading_exact, id) < ($3, $4, $5)
         ORDER BY date DESC, reading_exact DESC, id DESC
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
         ORDER BY date, reading_exact, id
         LIMIT $4",
        user.as_str(),
        asked.vehicle,
        asked.beyond.0,
        asked.most,
    )?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// The latest readings of each of the user's vehicles.
pub(super) async fn latest(tx: &mut Tx, user: &UserId, most_each: i64) -> Result<Vec<OfVehicle>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, date, reading_exact
         FROM (SELECT vehicle_id, date, reading_exact,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id ORDER BY date DESC, reading_exact DESC, id DESC
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
        "SELECT date, reading_exact, previous_exact FROM odometer_readings
         WHERE vehicle_id = $2 AND user_id = $1 AND previous_exact IS NOT NULL
         ORDER BY date, id",
        user.as_str(),
        vehicle,
    )
}

#[derive(sqlx::FromRow)]
struct ReplacementOf {
    vehicle_id: VehicleId,
    #[sqlx(flatten)]
    replacement: Replacement,
}

/// Those of all the user's vehicles, in order.
pub(super) async fn all_replacements(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<(VehicleId, Replacement)>> {
    let rows: Vec<ReplacementOf> = sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, date, reading_exact, previous_exact FROM odometer_readings
         WHERE user_id = $1 AND previous_exact IS NOT NULL
         ORDER BY date, id",
        user.as_str(),
    )?;
    Ok(rows.into_iter().map(|it| (it.vehicle_id, it.replacement)).collect())
}

/// Sets the vehicle's latest reading.
pub(super) async fn set_odometer(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    latest: Option<(NaiveDate, Distance)>,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE vehicles
         SET odometer_reading = $3, odometer_exact = $4, odometer_unit = $5, odometer_date = $6,
             updated_at = $7
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        vehicle,
        latest.map_or(0, |it| it.1.whole_miles()),
        latest.map(|it| it.1.exact()),
        latest.map(|it| it.1.unit().as_str()),
        latest.map(|it| it.0),
        now,
    )?;
    Ok(())
}
