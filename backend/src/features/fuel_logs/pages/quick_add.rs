//! Adding a fill-up from the menu, without choosing a vehicle first.

use axum::{extract::State, response::Redirect};

use crate::{
    app::App,
    core::Result,
    features::{
        accounts::User,
        fuel_logs::service,
        vehicles::{self, Vehicle, VehicleId},
    },
};

/// Another vehicle of the user: the path of its form, and its name.
pub(super) type OtherVehicle = (String, String);

/// Redirects to the form for the vehicle of the latest fill-up, or else for the first vehicle in use,
/// preferably one that takes fuel.
pub(super) async fn show(State(app): State<App>, user: User) -> Result<Redirect> {
    let vehicle = service::last_used_vehicle(&app, &user).await?;
    Ok(Redirect::to(&vehicle.map_or_else(|| "/vehicles/new".to_owned(), form_path)))
}

/// The other vehicles in use.
pub(super) async fn other_vehicles(
    app: &App,
    user: &User,
    chosen: VehicleId,
) -> Result<Vec<OtherVehicle>> {
    let all = vehicles::list_all(app, user).await?;
    let names = vehicles::unique_names(&all);
    let is_offered = |it: &&Vehicle| it.is_active && it.kind.takes_fuel() && it.id != chosen;
    let others = all.iter().filter(is_offered);
    Ok(others
        .map(|it| (form_path(it.id), names.get(&it.id).cloned().unwrap_or_default()))
        .collect())
}

fn form_path(vehicle: VehicleId) -> String {
    format!("/vehicles/{vehicle}/fuel-logs/new?choose=true")
}
