//! A vehicle's history: its services and fill-ups as one timeline, what is due next, and what it all
//! cost by year.

use std::cmp::Ordering;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Response},
};
use chrono::NaiveDate;

use super::{chart::Costs, due::Row, find_vehicle, to_history, words};
use crate::{
    core::{
        App, Result,
        http::{Cursor, Form, Limit, Once, Path, Query},
        units::Shown,
        web::{self, Shell},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelLog},
        maintenance::{Item, costs, plans, service, upcoming},
        vehicles::VehicleId,
    },
    input,
};

/// How many entries a page has, and how many that are due are shown above them.
const ENTRIES: Limit = Limit::new(40);
const DUE: Limit = Limit::new(20);

input! {
    /// Which part of the history
    pub(super) struct HistoryQuery {
        /// Where its services begin
        services: Option<Cursor>,
        /// Where its fill-ups begin
        fills: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/history.html")]
struct History {
    shell: Shell,
    vehicle: VehicleId,
    title: String,
    due: Vec<Row>,
    years: Vec<(String, Vec<Entry>)>,
    /// The address of the next page.
    older: Option<String>,
    is_first_page: bool,
    /// One for each currency.
    costs: Vec<Costs>,
    plans: Vec<(&'static str, &'static str)>,
    usual_plan: &'static str,
}

impl History {
    fn is_usual(&self, plan: &str) -> bool {
        plan == self.usual_plan
    }
}

/// A service or a fill-up.
struct Entry {
    date: NaiveDate,
    name: String,
    about: Option<String>,
    odometer: Option<String>,
    place: Option<String>,
    cost: Option<String>,
    /// Where it is changed.
    edit: String,
    is_fill: bool,
}

impl Entry {
    fn of_item(item: &Item, shown: &Shown) -> Self {
        let (name, about) = words::title(&item.kind, item.description.as_deref());
        Self {
            date: item.completed_date.unwrap_or_default(),
            name,
            about,
            odometer: item.completed_odometer.map(|it| words::reading(it, shown)),
            place: item.service_location.clone(),
            cost: item.amount.map(|it| shown.amount(it)),
            edit: format!("/maintenance/{}/edit", item.id),
            is_fill: false,
        }
    }

    fn of_fill(log: &FuelLog, shown: &Shown) -> Self {
        Self {
            date: log.date,
            name: "Fill-up".to_owned(),
            about: log.volume.map(|it| format!("{}\u{a0}{}", shown.fuel(it), shown.volume.sign())),
            odometer: log.odometer.map(|it| shown.reading_with_unit(it)),
            place: log.station_name.clone(),
            cost: log.amount.map(|it| shown.amount(it)),
            edit: format!("/fuel-logs/{}/edit", log.id),
            is_fill: true,
        }
    }
}

/// Part of a history, the latest first, and where the next part begins.
struct Timeline {
    entries: Vec<Entry>,
    older: Option<String>,
}

/// Merges services and fill-ups, each with where a list of its own would go on after it.
fn merged(
    services: Vec<Item>,
    fills: Vec<FuelLog>,
    query: &HistoryQuery,
    shown: &Shown,
) -> Timeline {
    let all = services.len() + fills.len();
    let (mut services, mut fills) = (services.into_iter().peekable(), fills.into_iter().peekable());
    let (mut after_service, mut after_fill) = (query.services.clone(), query.fills.clone());
    let mut entries = Vec::new();
    while entries.len() < ENTRIES.rows() {
        let order = match (services.peek(), fills.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (Some(item), Some(log)) => item.completed_date.cmp(&Some(log.date)),
        };
        if order == Ordering::Less {
            let Some(log) = fills.next() else { break };
            after_fill = Some(log.cursor());
            entries.push(Entry::of_fill(&log, shown));
        } else {
            let Some(item) = services.next() else { break };
            after_service = item.completed_date.map(|it| Cursor::new(&[&it, &item.id]));
            entries.push(Entry::of_item(&item, shown));
        }
    }
    let parts = [("services", after_service), ("fills", after_fill)];
    let parts: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, cursor)| cursor.map(|it| format!("{name}={}", it.text())))
        .collect();
    let older = (all > entries.len()).then(|| parts.join("&"));
    Timeline { entries, older }
}

/// The entries of each year.
fn by_year(entries: Vec<Entry>) -> Vec<(String, Vec<Entry>)> {
    let mut years: Vec<(String, Vec<Entry>)> = Vec::new();
    for entry in entries {
        let year = words::year(entry.date);
        match years.last_mut() {
            Some((last, entries)) if *last == year => entries.push(entry),
            _ => years.push((year, vec![entry])),
        }
    }
    years
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<HistoryQuery>,
    shell: Shell,
) -> Result<Html<String>> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let preferences = &user.0.preferences;
    let shown = preferences.display_units();
    let is_first_page = query.services.is_none() && query.fills.is_none();
    let services = service::list_done(&app, &user, id, query.services.as_ref(), ENTRIES).await?;
    // One more than a page, so that it is known whether another follows.
    let listing = fuel_logs::Listing {
        vehicle: Some(id),
        cursor: query.fills.clone(),
        limit: Limit::new(u16::try_from(ENTRIES.and_one()).unwrap_or(u16::MAX)),
        ..fuel_logs::Listing::default()
    };
    let fills = fuel_logs::list(&app, &user, &listing).await?.items;
    let timeline = merged(services, fills, &query, &shown);
    let title = vehicle.title();
    let today = preferences.today(app.clock.now());
    let listing = upcoming::Listing { vehicle: Some(id), limit: DUE, cursor: None };
    let due = upcoming::list(&app, &user, today, &listing).await?.items;
    let costs = costs::of_vehicle(&app, &user, id).await?;
    web::page(&History {
        shell,
        vehicle: id,
        due: due.iter().map(|it| Row::of(it, title.clone(), &shown)).collect(),
        title,
        years: by_year(timeline.entries),
        older: timeline.older.map(|it| format!("/vehicles/{id}/maintenance?{it}")),
        is_first_page,
        costs: Costs::of(&costs, &shown),
        plans: plans::choices(),
        usual_plan: plans::usual(&vehicle),
    })
}

/// Puts a maker's usual schedule on the vehicle.
pub(super) async fn put_plan(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    form: Form,
) -> Result<Response> {
    let choice = form.read::<plans::Choice>(&app)?;
    let today = user.0.preferences.today(app.clock.now());
    let unit = user.0.preferences.distance_unit;
    plans::put(&app, &user, id, &choice, (today, unit), &Once::default()).await?;
    Ok(to_history(id))
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/costs.html")]
struct CostsPage {
    shell: Shell,
    /// One for each currency.
    costs: Vec<Costs>,
}

/// What was spent on all vehicles.
pub(super) async fn show_costs(
    State(app): State<App>,
    user: User,
    shell: Shell,
) -> Result<Html<String>> {
    let costs = costs::of_user(&app, &user).await?;
    let costs = Costs::of(&costs, &user.0.preferences.display_units());
    web::page(&CostsPage { shell, costs })
}
