//! Logging a service from the home screen, without choosing a vehicle first.

use axum::{extract::State, response::Redirect};

use crate::{
    app::App,
    core::Result,
    features::{accounts::User, fuel_logs},
};

/// Redirects to the types of service of the vehicle of the latest fill-up, or else of the first vehicle in use.
pub(super) async fn show(State(app): State<App>, user: User) -> Result<Redirect> {
    let vehicle = fuel_logs::last_used_vehicle(&app, &user).await?;
    Ok(Redirect::to(&vehicle.map_or_else(
        || "/vehicles/new".to_owned(),
        |id| format!("/vehicles/{id}/maintenance/new?done=true"),
    )))
}
