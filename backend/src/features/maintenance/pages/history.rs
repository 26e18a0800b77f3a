//! The history page of a vehicle: services and fill-ups in one timeline, upcoming items, and costs
//! by year.

use std::cmp::Ordering;

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Response},
};
use chrono::NaiveDate;

use super::{chart::CostChart, due::Row, find_vehicle, format, to_history};
use crate::{
    app::App,
    core::{
        Result,
        http::{Cursor, Form, Idempotency, Limit, Path, Query},
        locale::Message,
        units::UnitFormatter,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelLog, FuelLogCursor},
        maintenance::{Item, costs, plans, service, upcoming},
        vehicles::VehicleId,
    },
    input, t,
};

/// The number of entries per page, and the maximum number of upcoming items shown above them.
const ENTRIES: Limit = Limit::new(40);
const DUE: Limit = Limit::new(20);

input! {
    /// The page to show
    pub(super) struct HistoryQuery {
        /// The cursor of the services
        services: Option<Cursor<service::CompletedKey>>,
        /// The cursor of the fill-ups
        fills: Option<FuelLogCursor>,
    }
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/history.html")]
struct History {
    layout: Layout,
    vehicle: VehicleId,
    title: String,
    due: Vec<Row>,
    years: Vec<(String, Vec<Entry>)>,
    /// The URL of the next page.
    older: Option<String>,
    is_first_page: bool,
    /// One chart per currency.
    costs: Vec<CostChart>,
    plans: Vec<(&'static str, &'static Message)>,
    default_plan: &'static str,
}

impl History {
    fn is_default(&self, plan: &str) -> bool {
        plan == self.default_plan
    }
}

/// A service or a fill-up.
struct Entry {
    date: NaiveDate,
    name: Message,
    about: Option<String>,
    odometer: Option<String>,
    location: Option<String>,
    cost: Option<String>,
    /// The URL of the edit page.
    edit: String,
    is_fill: bool,
}

impl Entry {
    fn of_item(item: &Item, units: &UnitFormatter) -> Self {
        let (name, about) = format::title(&item.r#type, item.description.as_deref());
        Self {
            date: item.completed_date.unwrap_or_default(),
            name,
            about,
            odometer: item.completed_odometer.map(|it| format::distance(it, units)),
            location: item.service_location.clone(),
            cost: item.amount.map(|it| units.amount(it)),
            edit: format!("/maintenance/{}/edit", item.id),
            is_fill: false,
        }
    }

    fn of_fill(log: &FuelLog, units: &UnitFormatter) -> Self {
        Self {
            date: log.date,
            name: t!("maintenance-fill-up"),
            about: log
                .volume
                .map(|it| format!("{}\u{a0}{}", units.fuel(it), units.volume.symbol())),
            odometer: log.odometer.map(|it| units.reading_with_unit(it)),
            location: log.station_name.clone(),
            cost: log.amount.map(|it| units.amount(it)),
            edit: format!("/fuel-logs/{}/edit", log.id),
            is_fill: true,
        }
    }
}

/// A page of the history, latest first, with the query of the next page.
struct Timeline {
    entries: Vec<Entry>,
    older: Option<String>,
}

/// Merges services and fill-ups, and keeps a cursor for each of the two lists.
fn merge(
    services: Vec<Item>,
    fills: Vec<FuelLog>,
    query: &HistoryQuery,
    units: &UnitFormatter,
) -> Timeline {
    let all = services.len() + fills.len();
    let (mut services, mut fills) = (services.into_iter().peekable(), fills.into_iter().peekable());
    let (mut after_service, mut after_fill) = (query.services, query.fills);
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
            entries.push(Entry::of_fill(&log, units));
        } else {
            let Some(item) = services.next() else { break };
            after_service = item.completed_date.map(|it| Cursor::after((it, item.id)));
            entries.push(Entry::of_item(&item, units));
        }
    }
    let parts = [
        ("services", after_service.map(Cursor::text)),
        ("fills", after_fill.map(FuelLogCursor::text)),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, cursor)| cursor.map(|it| format!("{name}={it}")))
        .collect();
    let older = (all > entries.len()).then(|| parts.join("&"));
    Timeline { entries, older }
}

/// Groups entries by year.
fn group_by_year(entries: Vec<Entry>) -> Vec<(String, Vec<Entry>)> {
    let mut years: Vec<(String, Vec<Entry>)> = Vec::new();
    for entry in entries {
        let year = format::year(entry.date);
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
    layout: Layout,
) -> Result<Html<String>> {
    let vehicle = find_vehicle(&app, &user, id).await?;
    let preferences = &user.0.preferences;
    let units = preferences.display_units();
    let is_first_page = query.services.is_none() && query.fills.is_none();
    let services = service::list_completed(&app, &user, id, query.services, ENTRIES).await?;
    // One more than a page, to find out whether another page follows.
    let listing = fuel_logs::Listing {
        vehicle: Some(id),
        cursor: query.fills,
        limit: Limit::new(u16::try_from(ENTRIES.plus_one()).unwrap_or(u16::MAX)),
        ..fuel_logs::Listing::default()
    };
    let fills = fuel_logs::list(&app, &user, &listing).await?.items;
    let timeline = merge(services, fills, &query, &units);
    let title = vehicle.title();
    let today = preferences.today(app.clock.now());
    let listing = upcoming::Listing { vehicle: Some(id), limit: DUE, cursor: None };
    let due = upcoming::list(&app, &user, today, &listing).await?.items;
    let costs = costs::of_vehicle(&app, &user, id).await?;
    web::page(&History {
        layout,
        vehicle: id,
        due: due.iter().map(|it| Row::of(it, title.clone(), &units)).collect(),
        title,
        years: group_by_year(timeline.entries),
        older: timeline.older.map(|it| format!("/vehicles/{id}/maintenance?{it}")),
        is_first_page,
        costs: CostChart::of(&costs, &units),
        plans: plans::options(),
        default_plan: plans::default_for(&vehicle),
    })
}

/// Applies a maintenance plan to the vehicle.
pub(super) async fn apply_plan(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    form: Form,
) -> Result<Response> {
    let selection = form.read::<plans::PlanSelection>(&app)?;
    let today = user.0.preferences.today(app.clock.now());
    let unit = user.0.preferences.distance_unit;
    plans::apply_to_vehicle(&app, &user, id, &selection, (today, unit), &Idempotency::default())
        .await?;
    Ok(to_history(id, &t!("maintenance-plan-added")))
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/costs.html")]
struct CostsPage {
    layout: Layout,
    /// One chart per currency.
    costs: Vec<CostChart>,
}

/// Shows the costs of all vehicles.
pub(super) async fn show_costs(
    State(app): State<App>,
    user: User,
    layout: Layout,
) -> Result<Html<String>> {
    let costs = costs::of_user(&app, &user).await?;
    let costs = CostChart::of(&costs, &user.0.preferences.display_units());
    web::page(&CostsPage { layout, costs })
}
