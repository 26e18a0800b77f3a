//! Readings that are logged by hand, in the database. Every statement is restricted to one user.

mod source;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{SourceReading, running_total::Replacement};
use crate::{
    core::{UserId, db::Tx, record::With, units::Distance},
    features::vehicles::VehicleId,
    select, sql,
};

pub use source::StoredReading;

pub(super) async fn insert(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    reading: &SourceReading,
    now: DateTime<Utc>,
) -> Result<()> {
    reading.insert(tx, user, vehicle, now).await?;
    Ok(())
}

/// Finds a reading and its vehicle, unless the vehicle is in the trash.
pub(super) async fn find(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
) -> Result<Option<(VehicleId, SourceReading)>> {
    let found: Option<With<SourceReading, VehicleId>> = sql!(
        tx,
        fetch_optional,
        select!(SourceReading: "SELECT {o.*}, o.vehicle_id FROM odometer_readings o
         JOIN vehicles v ON v.id = o.vehicle_id AND v.user_id = o.user_id
         WHERE o.user_id = $1 AND o.id = $2 AND v.deleted_at IS NULL"),
        user.as_str(),
        id,
    )?;
    Ok(found.map(|With(reading, vehicle)| (vehicle, reading)))
}

/// Finds the vehicle of a reading, in the trash or not.
pub(super) async fn find_vehicle_id(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
) -> Result<Option<VehicleId>> {
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

crate::stored_reading! {
    SourceReading: "odometer_readings", date "date", exact "reading_exact",
    if "reading_exact IS NOT NULL"
}

/// The vehicle's odometer replacements, by date.
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

#[derive(sqlx_derive::FromRow)]
struct VehicleReplacement {
    vehicle_id: VehicleId,
    #[sqlx(flatten)]
    replacement: Replacement,
}

/// The odometer replacements of all of the user's vehicles, by date.
pub(super) async fn all_replacements(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<(VehicleId, Replacement)>> {
    let rows: Vec<VehicleReplacement> = sql!(
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
