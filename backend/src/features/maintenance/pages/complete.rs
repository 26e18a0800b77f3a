//! Completes, postpones and skips items.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Response},
};

use super::{
    answer, find_vehicle,
    form::{distance_value, render_rejected_postponement, to_api_form, with_units},
    format, to_history,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{Form, Idempotency, IfMatch, Path},
        locale::Message,
        money::Money,
        units::{Distance, DistanceUnit, currency_symbol},
        web::{self, Errors, FormView, Layout},
    },
    features::{
        accounts::User,
        maintenance::{Item, ItemId, model::Postponement, service},
    },
    t,
};

const LABELS: &[(&str, &str)] = &[
    ("completedDate", "maintenance-label-completed-date"),
    ("completedOdometer", "maintenance-label-odometer"),
    ("amount", "maintenance-label-cost"),
    ("serviceLocation", "maintenance-label-location"),
    ("notes", "maintenance-label-notes"),
];

#[derive(Template)]
#[template(path = "features/maintenance/templates/complete.html")]
struct Complete {
    layout: Layout,
    view: FormView,
    name: Message,
    about: Option<String>,
    vehicle_title: String,
    /// How the item repeats, if it does.
    repetition: Option<Message>,
    currency_sign: String,
}

async fn render(
    app: &App,
    user: &User,
    item: &Item,
    layout: Layout,
    view: Option<FormView>,
) -> Result<Complete> {
    let vehicle = find_vehicle(app, user, item.vehicle_id).await?;
    let preferences = &user.0.preferences;
    let units = preferences.display_units();
    // Most items are marked as done on the same day and at the latest reading.
    let fresh = || {
        let reading = vehicle.odometer.reading();
        let unit = reading.map_or(units.distance, Distance::unit);
        let currency = item.currency.map_or(units.currency.clone(), |it| it.to_string());
        Form::from_fields([
            ("completedDate", preferences.today(app.clock.now()).to_string()),
            ("completedOdometer", distance_value(reading, unit)),
            ("completedOdometerUnit", unit.as_str().to_owned()),
            ("amount", item.amount.map(Money::number).unwrap_or_default()),
            ("currency", currency),
            ("serviceLocation", item.service_location.clone().unwrap_or_default()),
            ("notes", item.notes.clone().unwrap_or_default()),
            (Idempotency::FORM_FIELD, Idempotency::new_form_token()),
        ])
    };
    let view = view.unwrap_or_else(|| FormView::new(LABELS, fresh()));
    let (name, about) = format::title(&item.r#type, item.description.as_deref());
    Ok(Complete {
        layout,
        currency_sign: currency_symbol(view.get("currency")).to_owned(),
        view,
        name,
        about,
        vehicle_title: vehicle.title(),
        repetition: format::interval(item, &units).map(|interval| match item.interval_months {
            Some(_) => t!("maintenance-repeats-from-date", interval = interval),
            None => t!("maintenance-repeats-from-reading", interval = interval),
        }),
    })
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    layout: Layout,
) -> Result<Html<String>> {
    let item = service::find(&app, &user, id).await?;
    web::page(&render(&app, &user, &item, layout, None).await?)
}

pub(super) async fn complete(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let item = service::find(&app, &user, id).await?;
    let form = with_units(form, &user.0.preferences.display_units());
    let mut copy = to_api_form(form.clone(), &user.0.preferences.display_units());
    let idempotency = Idempotency::from_form(&mut copy, &id.to_string());
    let done = async {
        service::complete(&app, &user, id, copy.read(&app)?, &IfMatch::default(), &idempotency)
            .await
    };
    match done.await {
        Ok(done) => {
            let flash = answer::completed(&app, &user, &item, done.body()).await;
            Ok(flash.redirect_to("/maintenance"))
        }
        Err(error) => {
            let errors = Errors::from_error(error)?;
            let view = FormView::with_errors(LABELS, form, errors);
            web::invalid_form_page(&render(&app, &user, &item, layout, Some(view)).await?)
        }
    }
}

pub(super) async fn postpone(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    layout: Layout,
    form: Form,
) -> Result<Response> {
    let item = service::find(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let form = with_units(form, &units);
    let unit = form.get("dueOdometerUnit").to_owned();
    let own = DistanceUnit::try_from(unit.clone()).unwrap_or(units.distance);
    // A value that is unchanged while the other one is later is not sent: it would be rejected.
    let now = Form::from_fields([
        ("dueDate", item.due_date.map(|it| it.to_string()).unwrap_or_default()),
        ("dueOdometer", distance_value(item.due_odometer, own)),
        ("dueOdometerUnit", unit.clone()),
    ]);
    let mut changed = form.clone().changed_from(&now);
    if changed.typed.contains_key("dueOdometer") {
        changed.set("dueOdometerUnit", unit);
    }
    let sent = if changed.typed.is_empty() { form.clone() } else { changed };
    let (any, idempotency) = (IfMatch::default(), Idempotency::default());
    let postponed = match sent.read::<Postponement>(&app) {
        Ok(to) => service::postpone(&app, &user, id, to, &any, &idempotency).await,
        Err(error) => Err(error),
    };
    match postponed {
        Ok(_) => {
            let message = t!("maintenance-postponed", name = answer::name(&item));
            Ok(to_history(item.vehicle_id, &message))
        }
        Err(error) => {
            let errors = Errors::from_error(error)?;
            render_rejected_postponement(&app, &user, &item, layout, (&form, &errors)).await
        }
    }
}

pub(super) async fn skip(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
) -> Result<Response> {
    let item = service::find(&app, &user, id).await?;
    let (any, idempotency) = (IfMatch::default(), Idempotency::default());
    service::skip(&app, &user, id, &any, &idempotency).await?;
    let message = t!("maintenance-skipped", name = answer::name(&item));
    Ok(to_history(item.vehicle_id, &message))
}
