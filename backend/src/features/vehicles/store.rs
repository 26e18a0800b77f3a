//! Vehicles in the database. Every statement is restricted to one user.

use chrono::{DateTime, Utc};
use sqlx::Result;

use super::{Vehicle, VehicleId, Vin, service::Listing};
use crate::{
    core::{UserId, db::Tx},
    select, sql,
};

pub(super) async fn insert(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<()> {
    vehicle.insert(tx, user).await?;
    Ok(())
}

/// Finds the vehicle, in the trash or not.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Option<Vehicle>> {
    sql!(
        tx,
        fetch_optional,
        select!(Vehicle: "SELECT {*} FROM vehicles WHERE user_id = $1 AND id = $2"),
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
            select!(Vehicle: "SELECT {*} FROM vehicles WHERE user_id = $1 AND id = $2 FOR UPDATE"),
            user.as_str(),
            id,
        ),
    }
}

pub(super) async fn find_by_vin(tx: &mut Tx, user: &UserId, vin: &Vin) -> Result<Option<Vehicle>> {
    sql!(
        tx,
        fetch_optional,
        select!(Vehicle: "SELECT {*} FROM vehicles WHERE user_id = $1 AND vin = $2"),
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
        select!(Vehicle: "SELECT {*} FROM vehicles
         WHERE user_id = $1 AND (deleted_at IS NOT NULL) = $2 AND (created_at, id) < ($3, $4)
           AND (deleted_at IS NOT NULL OR is_active = $6)
         ORDER BY created_at DESC, id DESC
         LIMIT $5"),
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
        select!(Vehicle: "SELECT {*} FROM vehicles WHERE user_id = $1 AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC"),
        user.as_str(),
    )
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<()> {
    vehicle.update(tx, user).await?;
    Ok(())
}
