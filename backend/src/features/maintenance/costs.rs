//! What was spent on maintenance, by year and type.

use super::store::{self, YearCost};
use crate::{
    core::{App, Result, UserId},
    features::vehicles::VehicleId,
    read_any,
};

/// What was spent on the user's vehicle.
pub(super) async fn of_vehicle(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<YearCost>> {
    read_any!(app.db, user, |tx| Ok(store::costs_of_vehicle(&mut tx, user, vehicle).await?))
}

/// What was spent on all of the user's vehicles that are not in the trash.
pub(super) async fn of_user(app: &App, user: &UserId) -> Result<Vec<YearCost>> {
    read_any!(app.db, user, |tx| Ok(store::costs_of_user(&mut tx, user).await?))
}
