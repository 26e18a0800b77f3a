//! Locks vehicles to change the records that belong to them.

use super::{Vehicle, VehicleId, service};
use crate::core::{Error, Result, UserId, db::Tx, error::FieldError, locale::Message};

/// A record that belongs to a vehicle.
pub trait VehicleRecord: Sized + Send {
    /// The type of its id.
    type Id: Copy + Send + Sync;

    /// The vehicle that the record belongs to.
    fn vehicle_id(&self) -> VehicleId;

    /// Loads the user's record `id` within the caller's transaction.
    ///
    /// # Errors
    /// `NotFound`, or `InTrash` if its vehicle is in the trash.
    fn load(tx: &mut Tx, user: &UserId, id: Self::Id) -> impl Future<Output = Result<Self>> + Send;
}

/// Locks the vehicle that a request body names in `vehicleId`, within the caller's transaction.
///
/// # Errors
/// `Invalid`, with `unknown` if the user has no such vehicle.
pub async fn lock_named(
    tx: &mut Tx,
    user: &UserId,
    id: VehicleId,
    unknown: fn() -> Message,
) -> Result<Vehicle> {
    service::lock(tx, user, id).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("vehicleId", unknown()),
        Error::InTrash { vehicle, .. } => {
            Error::Invalid(vec![FieldError::in_trash("vehicleId", vehicle)])
        }
        other => other,
    })
}

/// Locks the vehicle of the record `id`, and `target` if a request body moves the record there, within
/// the caller's transaction. The second part of `target` is as in [`lock_named`]. Returns the record
/// and the vehicle that it will belong to: `target`, or by default its current one. Vehicles are
/// locked in the order of their ids to avoid deadlocks.
///
/// # Errors
/// As [`VehicleRecord::load`], and as [`lock_named`] for `target`; `Unavailable` if other requests
/// keep moving the record.
pub async fn lock_record<R: VehicleRecord>(
    tx: &mut Tx,
    user: &UserId,
    id: R::Id,
    target: Option<(VehicleId, fn() -> Message)>,
) -> Result<(R, Vehicle)> {
    // While this waits for the lock, another request may move the record to a different vehicle.
    for _ in 0..3 {
        let own = R::load(tx, user, id).await?.vehicle_id();
        let vehicle = match target.filter(|it| it.0 != own) {
            None => service::lock(tx, user, own).await?,
            Some((target, unknown)) if own < target => {
                service::lock(tx, user, own).await?;
                lock_named(tx, user, target, unknown).await?
            }
            Some((target, unknown)) => {
                let vehicle = lock_named(tx, user, target, unknown).await?;
                service::lock(tx, user, own).await?;
                vehicle
            }
        };
        let record = R::load(tx, user, id).await?;
        if record.vehicle_id() == own {
            return Ok((record, vehicle));
        }
    }
    Err(Error::Unavailable)
}
