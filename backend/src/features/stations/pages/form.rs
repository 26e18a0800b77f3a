//! The forms to add, edit and delete a station.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::station_path;
use crate::{
    app::App,
    core::{
        Error, Result,
        error::FieldError,
        http::{Form, Idempotency, IfMatch, Path},
        locale::Message,
        web::{self, Errors, Flash, FormView, Layout},
    },
    features::{
        accounts::User,
        stations::{Station, StationId, fields::FUEL_TYPES, model::StationChange, service},
    },
    t,
};

#[derive(Template)]
#[template(path = "features/stations/templates/form.html")]
struct StationForm {
    layout: Layout,
    view: FormView,
    title: Message,
    /// The parent page and its title.
    back: String,
    back_title: String,
    /// A hint with the known fuels.
    fuels: String,
    /// The station that is being edited; `None` for a new one.
    stored: Option<StationId>,
}

impl StationForm {
    fn of_new(layout: Layout, view: FormView) -> Self {
        let known: Vec<_> = FUEL_TYPES.iter().map(|it| it.0).collect();
        Self {
            layout,
            view,
            title: t!("stations-form-add"),
            back: "/stations".to_owned(),
            back_title: t!("stations-title").to_string(),
            fuels: t!("stations-form-fuels-hint", fuels = known.join(", ")).to_string(),
            stored: None,
        }
    }

    fn of(station: &Station, layout: Layout, view: FormView) -> Self {
        Self {
            title: t!("stations-form-edit", station = &station.name),
            back: format!("/stations/{}", station.id),
            back_title: station.name.clone(),
            stored: Some(station.id),
            ..Self::of_new(layout, view)
        }
    }
}

/// The form with the station's values.
fn stored_form(station: &Station) -> Form {
    Form::from_fields(station.form_fields())
}

pub(super) async fn show_new(_: User, layout: Layout) -> Result<Html<String>> {
    let form = Form::from_fields([(Idempotency::FORM_FIELD, Idempotency::new_form_token())]);
    web::page(&StationForm::of_new(layout, FormView::new(Station::LABELS, form)))
}

pub(super) async fn add(
    State(app): State<App>,
    user: User,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let mut copy = form.clone();
    let idempotency = Idempotency::from_form(&mut copy, "station");
    let added = async { service::add(&app, &user, copy.read(&app)?, &idempotency).await };
    match added.await {
        Ok(created) => {
            let path = created.location().trim_start_matches("/api");
            Ok(Flash::new(&t!("stations-saved")).redirect_to(path))
        }
        Err(error) => {
            let view = FormView::rejected(Station::LABELS, form, error)?;
            web::invalid_form_page(&StationForm::of_new(layout, view))
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
    layout: Layout,
) -> Result<Html<String>> {
    let station = find_for_change(&app, &user, id).await?;
    let view = FormView::new(Station::LABELS, stored_form(&station));
    web::page(&StationForm::of(&station, layout, view))
}

pub(super) async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let station = find_for_change(&app, &user, id).await?;
    let changed = form.clone().changed_from(&stored_form(&station));
    if changed.typed.is_empty() {
        return Ok(Redirect::to(&station_path(id)).into_response());
    }
    let saved = match changed.read::<StationChange>(&app) {
        Ok(change) => service::change(&app, &user, id, change, &IfMatch::default()).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(Flash::new(&t!("stations-saved")).redirect_to(&station_path(id))),
        Err(error) => {
            let errors = match error {
                Error::Conflict { detail, .. } => Errors(vec![FieldError::at("name", detail)]),
                other => Errors::from_error(other)?,
            };
            let view = FormView::with_errors(Station::LABELS, form, errors);
            web::invalid_form_page(&StationForm::of(&station, layout, view))
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<Response> {
    service::remove(&app, &user, id, &IfMatch::default()).await?;
    Ok(Flash::new(&t!("stations-deleted")).redirect_to("/stations"))
}
