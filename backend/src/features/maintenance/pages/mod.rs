//! Maintenance as pages: what is due, adding and changing it, doing it, and what was done.

mod chart;
mod complete;
mod due;
mod form;
mod history;
pub(super) mod words;

use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};

use crate::{
    core::{App, Result},
    features::{
        accounts::User,
        maintenance::calendar,
        vehicles::{self, Vehicle, VehicleId},
    },
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/maintenance", get(due::show))
        .route("/maintenance/costs", get(history::show_costs))
        .route("/maintenance/{id}/edit", get(form::show_edit).post(form::change))
        .route("/maintenance/{id}/complete", get(complete::show).post(complete::complete))
        .route("/maintenance/{id}/postpone", post(complete::postpone))
        .route("/maintenance/{id}/skip", post(complete::skip))
        .route("/maintenance/{id}/delete", post(form::remove))
        .route("/vehicles/{id}/maintenance", get(history::show))
        .route("/vehicles/{id}/maintenance/new", get(form::show_new).post(form::add))
        .route("/vehicles/{id}/maintenance/plan", post(history::put_plan))
        .merge(calendar::pages())
}

async fn find_vehicle(app: &App, user: &User, id: VehicleId) -> Result<Vehicle> {
    vehicles::find(&mut app.db.read_for(user).await?, user, id).await
}

fn to_history(id: VehicleId) -> Response {
    Redirect::to(&format!("/vehicles/{id}/maintenance")).into_response()
}
