//! Maintenance costs by year and type.

use super::store::{self, YearCost};
use crate::{
    app::App,
    core::{Result, UserId},
    features::vehicles::VehicleId,
    read_replica,
};

/// Returns the costs of a vehicle.
pub(super) async fn of_vehicle(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<YearCost>> {
    read_replica!(app.db, user, |tx| Ok(store::list_vehicle_costs(&mut tx, user, vehicle).await?))
}

/// Returns the costs of all vehicles outside the trash.
pub(super) async fn of_user(app: &App, user: &UserId) -> Result<Vec<YearCost>> {
    read_replica!(app.db, user, |tx| Ok(store::list_user_costs(&mut tx, user).await?))
}
