//! The pages of vehicles: the list, a vehicle's page, the form, and the trash.

mod list;
mod model_picker;
mod vehicle;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    Vehicle, VehicleId, VehicleKind,
    model::VehicleChange,
    service::{self, Listing},
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Cursor, Form, Idempotency, IfMatch, Limit, NewestFirst, Path, Query},
        locale::Message,
        units::{Distance, UnitFormatter},
        web::{self, Errors, Flash, FormView, Layout},
    },
    features::{accounts::User, vin},
    input, t,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/vehicles", get(list::show))
        .route("/vehicles/{id}", get(vehicle::show))
        .route("/vehicles/new", get(show_new).post(add))
        .route("/vehicles/choose", get(model_picker::show))
        .route("/vehicles/{id}/edit", get(show_edit).post(change))
        .route("/vehicles/{id}/active", post(set_active))
        .route("/vehicles/{id}/trash", post(remove))
        .route("/vehicles/{id}/restore", post(restore))
        .route("/trash", get(show_trash))
}

#[derive(Template)]
#[template(path = "features/vehicles/templates/form.html")]
struct VehicleForm {
    layout: Layout,
    view: FormView,
    is_new: bool,
    /// Whether the stored vehicle has a VIN.
    has_vin: bool,
    kinds: Vec<(&'static str, Message)>,
    title: Message,
    /// The parent page and its title.
    back: String,
    back_title: String,
    /// The other vehicle that has the entered VIN.
    vin_conflict: Option<VinConflict>,
    /// The result of the VIN lookup.
    card: Option<vin::Card>,
}

/// Another vehicle with the same VIN.
struct VinConflict {
    id: Uuid,
    is_in_trash: bool,
}

impl VehicleForm {
    fn of_new(layout: Layout, view: FormView) -> Self {
        Self {
            layout,
            view,
            is_new: true,
            has_vin: false,
            kinds: VehicleKind::ALL.iter().map(|it| (it.0, Message::plain(it.1))).collect(),
            title: t!("vehicles-form-add"),
            back: "/vehicles".to_owned(),
            back_title: t!("vehicles-title").to_string(),
            vin_conflict: None,
            card: None,
        }
    }

    fn of(vehicle: &Vehicle, layout: Layout, view: FormView) -> Self {
        Self {
            is_new: false,
            has_vin: vehicle.vin.is_some(),
            title: t!("vehicles-form-edit", vehicle = vehicle.title()),
            back: format!("/vehicles/{}", vehicle.id),
            back_title: vehicle.title(),
            ..Self::of_new(layout, view)
        }
    }
}

/// The form with the vehicle's values.
fn stored_form(vehicle: &Vehicle) -> Form {
    Form::from_fields(vehicle.form_fields())
}

/// Adds the unit of the odometer reading to the form: the unit in which the form was shown, or else the
/// user's.
fn with_unit(mut form: Form, user: &User) -> Form {
    // Ignore the field of older forms: it is in the user's unit, which may have changed since.
    form.typed.remove("odometerReading");
    // A unit is only read together with its value.
    form.typed.entry("odometer".to_owned()).or_default();
    if form.get("odometerUnit").is_empty() {
        form.set("odometerUnit", user.0.preferences.distance_unit.as_str().to_owned());
    }
    form
}

/// Converts an error into field errors, and the vehicle that has the same VIN, if any.
fn form_errors(error: Error) -> Result<(Errors, Option<VinConflict>)> {
    match error {
        Error::Conflict { name, detail, vehicle } => {
            let is_in_trash = name == "vin-in-trash";
            let errors = Errors::from_error(Error::invalid("vin", detail))?;
            Ok((errors, vehicle.map(|id| VinConflict { id, is_in_trash })))
        }
        other => Ok((Errors::from_error(other)?, None)),
    }
}

/// Formats an odometer reading: `84,537 mi`.
fn odometer_text(reading: Distance, units: &UnitFormatter) -> String {
    format!("{} {}", units.reading(reading), units.distance.symbol())
}

fn path(id: VehicleId) -> String {
    format!("/vehicles/{id}")
}

/// Shows the form, filled with the values in the query. This is how a VIN is looked up without JavaScript:
/// the form is submitted here, and is returned with the decoded values filled in.
async fn show_new(
    State(app): State<App>,
    user: User,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let mut typed = Form::default();
    for (name, text) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if Vehicle::LABELS.iter().any(|label| label.0 == name) {
            typed.set(&name, text.chars().take(200).collect());
        }
    }
    let card = vin::card(&app, typed.get("vin"), typed.get("year")).await?;
    let is_decoded = |it: &&vin::DecodedVin| it.valid && it.make.is_some();
    if let Some(decoded) = card.as_ref().map(vin::Card::decoded).filter(is_decoded) {
        let decoded = [
            ("year", decoded.year.map(|it| it.to_string())),
            ("make", decoded.make.clone()),
            ("model", decoded.model.clone()),
        ];
        for (name, text) in decoded {
            if let Some(text) = text.filter(|_| typed.get(name).trim().is_empty()) {
                typed.set(name, text);
            }
        }
    }
    let page = VehicleForm::of_new(layout, FormView::new(Vehicle::LABELS, with_unit(typed, &user)));
    web::page(&VehicleForm { card, ..page })
}

async fn add(State(app): State<App>, user: User, layout: Layout, form: Form) -> Result<Response> {
    let form = with_unit(form, &user);
    let added =
        async { service::add(&app, &user, form.read(&app)?, &Idempotency::default()).await };
    match added.await {
        // The page of a record has the path of its JSON document, without /api.
        Ok(created) => {
            let path = created.location().trim_start_matches("/api");
            let flash = Flash::new(&t!("vehicles-added"))
                .with_link(format!("{path}/maintenance"), &t!("vehicles-added-next"));
            Ok(flash.redirect_to(path))
        }
        Err(error) => {
            let (errors, vin_conflict) = form_errors(error)?;
            let mut card = vin::card(&app, form.get("vin"), form.get("year")).await?;
            if errors.on("vin").is_some() {
                card = card.and_then(vin::Card::without_error);
            }
            let view = FormView::with_errors(Vehicle::LABELS, form, errors);
            let page = VehicleForm::of_new(layout, view);
            web::invalid_form_page(&VehicleForm { vin_conflict, card, ..page })
        }
    }
}

async fn find(app: &App, user: &User, id: VehicleId) -> Result<Vehicle> {
    let mut tx = app.db.read_for(user).await?;
    service::find(&mut tx, user, id).await
}

async fn show_edit(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    layout: Layout,
) -> Result<Html<String>> {
    let vehicle = find(&app, &user, id).await?;
    let view = FormView::new(Vehicle::LABELS, stored_form(&vehicle));
    web::page(&VehicleForm::of(&vehicle, layout, view))
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let vehicle = find(&app, &user, id).await?;
    let mut changed = form.clone().changed_from(&stored_form(&vehicle));
    // Odometer readings are edited on their own page.
    changed.typed.retain(|name, _| !name.starts_with("odometer"));
    if changed.typed.keys().eq(["confirm"]) {
        changed.typed.clear();
    }
    // Send an unchanged year too: it may contradict a new VIN.
    if changed.typed.contains_key("vin") {
        changed.set("year", form.get("year").to_owned());
    }
    if changed.typed.is_empty() {
        return Ok(Redirect::to(&path(id)).into_response());
    }
    let saved = match changed.read::<VehicleChange>(&app) {
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(Flash::new(&t!("vehicles-saved")).redirect_to(&path(id))),
        Err(error) => {
            let (errors, vin_conflict) = form_errors(error)?;
            let view = FormView::with_errors(Vehicle::LABELS, form, errors);
            let page = VehicleForm::of(&vehicle, layout, view);
            web::invalid_form_page(&VehicleForm { vin_conflict, ..page })
        }
    }
}

/// Sets whether a vehicle is in use.
async fn set_active(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    form: Form,
) -> Result<Response> {
    let only = Form::from_fields([("isActive", form.get("isActive").to_owned())]);
    let change = only.read::<VehicleChange>(&app)?;
    let vehicle = service::change(&app, &user, id, change, &IfMatch::default()).await?;
    let message =
        if vehicle.is_active { t!("vehicles-activated") } else { t!("vehicles-deactivated") };
    Ok(Flash::new(&message).redirect_to(&path(id)))
}

async fn remove(State(app): State<App>, user: User, Path(id): Path<VehicleId>) -> Result<Response> {
    service::remove(&app, &user, id, &IfMatch::default()).await?;
    let flash = Flash::new(&t!("vehicles-trashed")).with_undo(format!("/vehicles/{id}/restore"));
    Ok(flash.redirect_to("/vehicles"))
}

async fn restore(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
) -> Result<Response> {
    let (any, idempotency) = (IfMatch::default(), Idempotency::default());
    service::restore(&app, &user, id, &any, &idempotency).await?;
    Ok(Flash::new(&t!("vehicles-restored")).redirect_to(&path(id)))
}

input! {
    /// Pagination
    struct TrashQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<NewestFirst<VehicleId>>>,
    }
}

#[derive(Template)]
#[template(path = "features/vehicles/templates/trash.html")]
struct Trash {
    layout: Layout,
    vehicles: Vec<TrashedVehicle>,
    /// The cursor of the next page.
    older: Option<String>,
}

/// A vehicle in the trash.
struct TrashedVehicle {
    id: VehicleId,
    title: String,
    plate: Option<String>,
    /// The date it was moved to the trash.
    since: NaiveDate,
}

async fn show_trash(
    State(app): State<App>,
    user: User,
    layout: Layout,
    Query(query): Query<TrashQuery>,
) -> Result<Html<String>> {
    let listing = Listing {
        deleted: true,
        cursor: query.cursor,
        limit: Limit::new(50),
        ..Listing::default()
    };
    let page = service::read_list(&app, &user, &listing).await?;
    let trashed = |vehicle: Vehicle| TrashedVehicle {
        id: vehicle.id,
        title: vehicle.title(),
        plate: vehicle.nickname.and(vehicle.license_plate),
        since: user.0.preferences.today(vehicle.deleted_at.unwrap_or(vehicle.updated_at)),
    };
    let vehicles = page.items.into_iter().map(trashed).collect();
    web::page(&Trash { layout, vehicles, older: page.next_cursor })
}
