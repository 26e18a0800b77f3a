//! The page of the odometer log.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{Html, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{Position, SourceKind, model::OdometerReading, service};
use crate::{
    app::App,
    core::{
        Result,
        http::{Cursor, Form, Idempotency, IfMatch, Limit, Path, Query},
        locale::Message,
        units,
        web::{self, Flash, FormView, Layout},
    },
    features::{
        accounts::User,
        vehicles::{self, VehicleId},
    },
    input, t,
};

pub(in crate::features::vehicles) fn router() -> Router<App> {
    Router::new()
        .route("/vehicles/{id}/odometer", get(show).post(add))
        .route("/odometer-readings/{id}/delete", post(remove))
}

const LABELS: &[(&str, &str)] = &[
    ("odometer", "vehicles-odometer-reading"),
    ("odometerUnit", "vehicles-odometer-unit"),
    ("date", "vehicles-odometer-date"),
    ("isReplacement", "vehicles-odometer-replaced"),
    ("previousOdometer", "vehicles-odometer-previous"),
    ("previousOdometerUnit", "vehicles-odometer-unit"),
    ("notes", "vehicles-odometer-notes"),
];

/// The number of readings per page.
const PAGE_SIZE: Limit = Limit::new(50);

input! {
    /// Pagination
    struct LogQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<Position>>,
    }
}

#[derive(Template)]
#[template(path = "features/vehicles/templates/odometer.html")]
struct LogPage {
    layout: Layout,
    view: FormView,
    vehicle: VehicleId,
    title: String,
    rows: Vec<Row>,
    older: Option<String>,
    distance_sign: &'static str,
}

/// A reading, as a row of the list.
struct Row {
    date: chrono::NaiveDate,
    reading: String,
    /// The running total, if it differs from the reading.
    total: Option<String>,
    source: Message,
    notes: Option<String>,
    /// The ID of a reading that was logged by hand and can be deleted.
    deletable_id: Option<Uuid>,
}

impl Row {
    fn of(reading: OdometerReading, units: &units::UnitFormatter) -> Self {
        let is_deletable = matches!(reading.source, SourceKind::Manual | SourceKind::Replacement);
        Self {
            date: reading.date,
            reading: units.reading(reading.odometer),
            total: (reading.total_exact != reading.odometer.exact())
                .then(|| units.exact_distance(reading.total_exact)),
            source: reading.source.label(),
            notes: reading.notes,
            deletable_id: is_deletable.then_some(reading.id),
        }
    }
}

async fn page(
    app: &App,
    user: &User,
    id: VehicleId,
    cursor: Option<Cursor<Position>>,
    (layout, view): (Layout, FormView),
) -> Result<LogPage> {
    let units = user.0.preferences.display_units();
    let vehicle = vehicles::find(&mut app.db.read_for(user).await?, user, id).await?;
    let page = service::list(app, user, id, cursor, PAGE_SIZE).await?;
    Ok(LogPage {
        layout,
        view,
        vehicle: id,
        title: vehicle.title(),
        rows: page.items.into_iter().map(|it| Row::of(it, &units)).collect(),
        older: page.next_cursor,
        distance_sign: units.distance.symbol(),
    })
}

/// Adds the units of the readings to the form: the units in which the form was shown, or else the user's
/// unit.
fn with_units(mut form: Form, user: &User) -> Form {
    for name in ["odometer", "previousOdometer"] {
        // A unit is only read together with its value.
        form.typed.entry(name.to_owned()).or_default();
        let unit = format!("{name}Unit");
        if form.get(&unit).is_empty() {
            form.set(&unit, user.0.preferences.distance_unit.as_str().to_owned());
        }
    }
    // Ignore the fields of older forms: they are in the user's unit, which may have changed since.
    for name in ["reading", "previousReading"] {
        form.typed.remove(name);
    }
    form
}

async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<LogQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let today = user.0.preferences.today(app.clock.now());
    let form = Form::from_fields([
        ("date", today.to_string()),
        (Idempotency::FORM_FIELD, Idempotency::new_form_token()),
    ]);
    let form = with_units(form, &user);
    let view = FormView::new(LABELS, form);
    web::page(&page(&app, &user, id, query.cursor, (layout, view)).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let form = with_units(form, &user);
    let mut copy = form.clone();
    let idempotency = Idempotency::from_form(&mut copy, &id.to_string());
    let added = async { service::add(&app, &user, id, copy.read(&app)?, &idempotency).await };
    match added.await {
        Ok(_) => Ok(to_log(id, &t!("vehicles-reading-saved"))),
        Err(error) => {
            let view = FormView::rejected(LABELS, form, error)?;
            web::invalid_form_page(&page(&app, &user, id, None, (layout, view)).await?)
        }
    }
}

async fn remove(State(app): State<App>, user: User, Path(id): Path<Uuid>) -> Result<Response> {
    let vehicle = service::remove(&app, &user, id, &IfMatch::default()).await?;
    Ok(to_log(vehicle, &t!("vehicles-reading-deleted")))
}

/// Redirects to the vehicle's odometer log, which shows `message`.
fn to_log(id: VehicleId, message: &Message) -> Response {
    Flash::new(message).redirect_to(&format!("/vehicles/{id}/odometer"))
}
