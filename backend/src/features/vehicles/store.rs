//! Vehicles in the database. Every statement is restricted to one user.

use chrono::{DateTime, Utc};
use sqlx::Result;

use super::{Vehicle, VehicleId, Vin, service::Listing};
use crate::{
    core::{UserId, db::Tx, units::Distance},
    sql,
};

pub(super) async fn insert(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO vehicles
           (id, user_id, vin, make, model, year, nickname, color, license_plate,
            odometer_reading, is_active, created_at, updated_at, odometer_exact, odometer_unit,
            odometer_date, identifier, kind, confirmed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $12, $10, $11, $11, $13, $14, $15, $16, $17, $18)",
        vehicle.id,
        user.as_str(),
        vehicle.vin_column(),
        &vehicle.make,
        &vehicle.model,
        vehicle.year,
        &vehicle.nickname,
        &vehicle.color,
        &vehicle.license_plate,
        vehicle.is_active,
        vehicle.created_at,
        vehicle.odometer_reading,
        vehicle.odometer.reading().map(Distance::exact),
        vehicle.odometer.reading().map(|it| it.unit().as_str()),
        vehicle.odometer.latest().map(|it| it.0),
        &vehicle.identifier,
        vehicle.kind.as_str(),
        vehicle.confirmed.column(),
    )?;
    Ok(())
}

/// Finds the vehicle, in the trash or not.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Option<Vehicle>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT * FROM vehicles WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )
}

/// Like [`find`], but also locks the vehicle and its records until the transaction ends. PostgreSQL locks the
/// row; SQLite has only one writer anyway.
pub(super) async fn lock(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Option<Vehicle>> {
    match tx {
        Tx::Sqlite(_) => find(tx, user, id).await,
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_optional,
            "SELECT * FROM vehicles WHERE user_id = $1 AND id = $2 FOR UPDATE",
            user.as_str(),
            id,
        ),
    }
}

pub(super) async fn find_by_vin(tx: &mut Tx, user: &UserId, vin: &Vin) -> Result<Option<Vehicle>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT * FROM vehicles WHERE user_id = $1 AND vin = $2",
        user.as_str(),
        vin,
    )
}

/// A page of vehicles after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    user: &UserId,
    listing: &Listing,
    after: (DateTime<Utc>, VehicleId),
) -> Result<Vec<Vehicle>> {
    sql!(
        tx,
        fetch_all,
        "SELECT * FROM vehicles
         WHERE user_id = $1 AND (deleted_at IS NOT NULL) = $2 AND (created_at, id) < ($3, $4)
           AND (deleted_at IS NOT NULL OR is_active = $6)
         ORDER BY created_at DESC, id DESC
         LIMIT $5",
        user.as_str(),
        listing.deleted,
        after.0,
        after.1,
        listing.limit.plus_one(),
        listing.active,
    )
}

/// All vehicles outside the trash, newest first.
pub(super) async fn list_all(tx: &mut Tx, user: &UserId) -> Result<Vec<Vehicle>> {
    sql!(
        tx,
        fetch_all,
        "SELECT * FROM vehicles WHERE user_id = $1 AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC",
        user.as_str(),
    )
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE vehicles
         SET vin = $3, make = $4, model = $5, year = $6, nickname = $7, color = $8,
             license_plate = $9, is_active = $10, updated_at = $11, deleted_at = $12,
             identifier = $13, kind = $14, confirmed = $15
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        vehicle.id,
        vehicle.vin_column(),
        &vehicle.make,
        &vehicle.model,
        vehicle.year,
        &vehicle.nickname,
        &vehicle.color,
        &vehicle.license_plate,
        vehicle.is_active,
        vehicle.updated_at,
        vehicle.deleted_at,
        &vehicle.identifier,
        vehicle.kind.as_str(),
        vehicle.confirmed.column(),
    )?;
    Ok(())
}
