//! The forms to add, edit and delete a station.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::redirect_to_station;
use crate::{
    core::{
        App, Error, Result,
        error::Fault,
        http::{Form, IfMatch, Once, Path},
        web::{self, Errors, Sheet, Shell},
    },
    features::{
        accounts::User,
        stations::{
            Station, StationId,
            fields::FUEL_TYPES,
            model::{NewStation, StationChange},
            service,
        },
    },
};

const LABELS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("brand", "Brand"),
    ("address", "Address"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("phone", "Phone"),
    ("website", "Website"),
    ("fuelTypes", "Fuels"),
];

#[derive(Template)]
#[template(path = "features/stations/templates/form.html")]
struct StationForm {
    shell: Shell,
    sheet: Sheet,
    title: String,
    /// The parent page and its title.
    back: String,
    back_title: String,
    /// A hint with the known fuels.
    fuels: String,
    /// The station that is being edited; `None` for a new one.
    stored: Option<StationId>,
}

impl StationForm {
    fn of_new(shell: Shell, sheet: Sheet) -> Self {
        let known: Vec<_> = FUEL_TYPES.iter().map(|it| it.0).collect();
        Self {
            shell,
            sheet,
            title: "Add a station".to_owned(),
            back: "/stations".to_owned(),
            back_title: "Stations".to_owned(),
            fuels: format!("Any of {}.", known.join(", ")),
            stored: None,
        }
    }

    fn of(station: &Station, shell: Shell, sheet: Sheet) -> Self {
        Self {
            title: format!("Edit {}", station.name),
            back: format!("/stations/{}", station.id),
            back_title: station.name.clone(),
            stored: Some(station.id),
            ..Self::of_new(shell, sheet)
        }
    }
}

/// The form with the station's values.
fn stored_form(station: &Station) -> Form {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Form::of([
        ("name", station.name.clone()),
        ("brand", text(&station.brand)),
        ("address", text(&station.address)),
        ("latitude", station.latitude.map(|it| it.to_string()).unwrap_or_default()),
        ("longitude", station.longitude.map(|it| it.to_string()).unwrap_or_default()),
        ("phone", text(&station.phone)),
        ("website", text(&station.website)),
        ("fuelTypes", station.fuel_types.join(", ")),
    ])
}

pub(super) async fn show_new(_: User, shell: Shell) -> Result<Html<String>> {
    let form = Form::of([(Once::FIELD, Once::fresh())]);
    web::page(&StationForm::of_new(shell, Sheet::new(LABELS, form)))
}

pub(super) async fn add(
    State(app): State<App>,
    user: User,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let mut copy = form.clone();
    let once = Once::of_form(&mut copy, "station");
    let added = match copy.read::<NewStation>(&app) {
        Ok(new) => service::add(&app, &user, new, &once).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(created) => {
            Ok(Redirect::to(created.location().trim_start_matches("/api")).into_response())
        }
        Err(error) => {
            let sheet = Sheet::again(LABELS, form, Errors::of(error)?);
            web::page_again(&StationForm::of_new(shell, sheet))
        }
    }
}

/// Finds a station that the user is allowed to change.
async fn find_for_change(app: &App, user: &User, id: StationId) -> Result<Station> {
    let station = service::find(app, user, id).await?;
    service::check_may_change(user, &station)?;
    Ok(station)
}

pub(super) async fn show_edit(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    shell: Shell,
) -> Result<Html<String>> {
    let station = find_for_change(&app, &user, id).await?;
    let sheet = Sheet::new(LABELS, stored_form(&station));
    web::page(&StationForm::of(&station, shell, sheet))
}

pub(super) async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    shell: Shell,
    form: Form,
) -> Result<Response> {
    let station = find_for_change(&app, &user, id).await?;
    let changed = form.clone().changed_from(&stored_form(&station));
    if changed.typed.is_empty() {
        return Ok(redirect_to_station(id).into_response());
    }
    let saved = match changed.read::<StationChange>(&app) {
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(redirect_to_station(id).into_response()),
        Err(error) => {
            let errors = match error {
                Error::Conflict { detail, .. } => Errors(vec![Fault::at("name", detail)]),
                other => Errors::of(other)?,
            };
            let sheet = Sheet::again(LABELS, form, errors);
            web::page_again(&StationForm::of(&station, shell, sheet))
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<Redirect> {
    service::remove(&app, &user, id, &IfMatch::default()).await?;
    Ok(Redirect::to("/stations"))
}
