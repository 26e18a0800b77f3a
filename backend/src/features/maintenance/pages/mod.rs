//! The pages for maintenance: upcoming items, forms and history.

mod answer;
mod chart;
mod complete;
mod due;
mod form;
pub(super) mod format;
mod history;
mod quick_add;

use axum::{
    Router,
    response::Response,
    routing::{get, post},
};

use crate::{
    app::App,
    core::{
        Result,
        locale::Message,
        units::{Distance, UnitFormatter},
        web::Flash,
    },
    features::{
        accounts::User,
        maintenance::calendar,
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/maintenance", get(due::show))
        .route("/maintenance/new", get(quick_add::show))
        .route("/maintenance/costs", get(history::show_costs))
        .route("/maintenance/{id}/edit", get(form::show_edit).post(form::change))
        .route("/maintenance/{id}/complete", get(complete::show).post(complete::complete))
        .route("/maintenance/{id}/postpone", post(complete::postpone))
        .route("/maintenance/{id}/skip", post(complete::skip))
        .route("/maintenance/{id}/delete", post(form::remove))
        .route("/vehicles/{id}/maintenance", get(history::show))
        .route("/vehicles/{id}/maintenance/new", get(form::show_new).post(form::add))
        .route("/vehicles/{id}/maintenance/plan", post(history::apply_plan))
        .merge(calendar::pages())
}

async fn find_vehicle(app: &App, user: &User, id: VehicleId) -> Result<Vehicle> {
    vehicles::find(&mut app.db.read_for(user).await?, user, id).await
}

/// A vehicle with its running total.
struct VehicleMileage {
    vehicle: Vehicle,
    /// In tenths of a millimeter.
    total: i64,
}

async fn find_vehicle_mileage(app: &App, user: &User, id: VehicleId) -> Result<VehicleMileage> {
    let mut tx = app.db.read_for(user).await?;
    let vehicle = vehicles::find(&mut tx, user, id).await?;
    let total = odometer::current_running_total(&mut tx, user, &vehicle).await?;
    Ok(VehicleMileage { vehicle, total })
}

impl VehicleMileage {
    /// Returns how to enter a due reading if the odometer does not show the running total, or else
    /// an empty string.
    fn hint(&self, units: &UnitFormatter) -> String {
        let reading = self.vehicle.odometer.reading();
        let Some(reading) = reading.filter(|it| it.exact() != self.total) else {
            return String::new();
        };
        let total = Distance::from_exact(self.total, reading.unit());
        t!(
            "maintenance-total-hint",
            reading = format::distance(reading, units),
            total = format::distance(total, units)
        )
        .to_string()
    }
}

fn history_path(id: VehicleId) -> String {
    format!("/vehicles/{id}/maintenance")
}

/// Redirects to the vehicle's maintenance page, which shows `message`.
fn to_history(id: VehicleId, message: &Message) -> Response {
    Flash::new(message).redirect_to(&history_path(id))
}
