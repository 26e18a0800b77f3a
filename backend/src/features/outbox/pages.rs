//! The page of the outbox, and the list of pages to store.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::header,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    app::App,
    core::{
        Result,
        locale::Message,
        units::{DistanceUnit, VolumeUnit},
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs,
        vehicles::{self, VehicleId},
    },
    t,
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/outbox", get(show)).route("/outbox/pages", get(list_pages))
}

/// The number of vehicles whose forms a browser stores.
const MAX_VEHICLES: usize = 5;

#[derive(Template)]
#[template(path = "features/outbox/templates/outbox.html")]
struct OutboxPage {
    layout: Layout,
    /// The names of the vehicles by id, as JSON.
    vehicles: String,
    /// The symbols of the units by code, as JSON.
    units: String,
    /// The kinds of forms, as the service worker names them, and their labels.
    kinds: [(&'static str, Message); 3],
}

/// Shows the page, which is the same whether the browser's outbox is empty or not: a script lists the entries.
async fn show(State(app): State<App>, user: User, layout: Layout) -> Result<Html<String>> {
    let names = vehicles::load_names(&mut app.db.read_for(&user).await?, &user).await?;
    let names: BTreeMap<String, String> =
        names.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let volumes = [VolumeUnit::Liters, VolumeUnit::GallonsUs, VolumeUnit::GallonsUk];
    let distances = [DistanceUnit::Kilometers, DistanceUnit::Miles];
    let units: BTreeMap<&str, &str> = volumes
        .iter()
        .map(|it| (it.as_str(), it.symbol()))
        .chain(distances.iter().map(|it| (it.as_str(), it.symbol())))
        .collect();
    web::page(&OutboxPage {
        layout,
        vehicles: json!(names).to_string(),
        units: json!(units).to_string(),
        kinds: [
            ("fill-up", t!("outbox-fill-up")),
            ("reading", t!("outbox-reading")),
            ("service", t!("outbox-service")),
        ],
    })
}

/// Lists the pages that a browser stores for use without a connection: the outbox, and the forms for new records
/// of the vehicle used last and a few others.
async fn list_pages(State(app): State<App>, user: User) -> Result<Response> {
    let last_used = fuel_logs::last_used_vehicle(&app, &user).await?;
    let in_use = vehicles::list_active(&app, &user).await?;
    let others = in_use.iter().map(|it| it.id).filter(|it| Some(*it) != last_used);
    let stored = last_used.into_iter().chain(others).take(MAX_VEHICLES);
    let pages: Vec<String> = ["/outbox", "/fuel-logs/new", "/maintenance/new"]
        .map(str::to_owned)
        .into_iter()
        .chain(stored.flat_map(forms_of))
        .collect();
    let body = json!({ "pages": pages }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn forms_of(vehicle: VehicleId) -> [String; 3] {
    [
        format!("/vehicles/{vehicle}/fuel-logs/new?choose=true"),
        format!("/vehicles/{vehicle}/odometer"),
        // One form for all types of service: the type is a field.
        format!("/vehicles/{vehicle}/maintenance/new?done=true&anyType=true"),
    ]
}
