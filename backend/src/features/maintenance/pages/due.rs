//! The page of upcoming items of all vehicles, most urgent first.

use askama::Template;
use axum::{extract::State, response::Html};

use super::format;
use crate::{
    app::App,
    core::{
        Result,
        http::{Cursor, Limit, Query},
        locale::Message,
        units::UnitFormatter,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        maintenance::{DueStatus, ItemId, Upcoming, upcoming},
        vehicles::{self, Vehicle, VehicleId},
    },
    input,
};

/// The number of items per page.
const ROWS: Limit = Limit::new(50);

input! {
    /// The page to show
    pub(super) struct DueQuery {
        /// The cursor of the page
        cursor: Option<Cursor<upcoming::UrgencyKey>>,
    }
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/due.html")]
struct Due {
    layout: Layout,
    rows: Vec<Row>,
    /// The active vehicles, to which items can be added.
    garage: Vec<(VehicleId, String)>,
    /// The cursor of the next page.
    more: Option<String>,
    is_first_page: bool,
}

/// An item in the list.
pub(super) struct Row {
    pub(super) id: ItemId,
    pub(super) name: Message,
    pub(super) about: Option<String>,
    pub(super) vehicle: VehicleId,
    pub(super) vehicle_title: String,
    /// The class and the text of the badge.
    pub(super) badge: Option<(&'static str, Message)>,
    pub(super) is_overdue: bool,
    pub(super) due: Vec<Message>,
    pub(super) prediction: Option<Message>,
    pub(super) interval: Option<Message>,
}

impl Row {
    pub(super) fn of(due: &Upcoming, vehicle_title: String, units: &UnitFormatter) -> Self {
        let (name, about) = format::title(&due.item.r#type, due.item.description.as_deref());
        Self {
            id: due.item.id,
            name,
            about,
            vehicle: due.item.vehicle_id,
            vehicle_title,
            badge: format::badge(due.status),
            is_overdue: due.status == DueStatus::Overdue,
            due: format::due(due, units),
            prediction: format::prediction(due),
            interval: format::interval(&due.item, units),
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Query(query): Query<DueQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let units = user.0.preferences.display_units();
    let today = user.0.preferences.today(app.clock.now());
    let is_first_page = query.cursor.is_none();
    let listing = upcoming::Listing { vehicle: None, cursor: query.cursor, limit: ROWS };
    let page = upcoming::list(&app, &user, today, &listing).await?;
    let vehicles = vehicles::list_all(&app, &user).await?;
    let names = vehicles::unique_names(&vehicles);
    let name = |it: &Vehicle| (it.id, names.get(&it.id).cloned().unwrap_or_default());
    let garage = vehicles.iter().filter(|it| it.is_active).map(name).collect();
    let row = |due: &Upcoming| Row::of(due, due.vehicle.name.clone(), &units);
    web::page(&Due {
        layout,
        rows: page.items.iter().map(row).collect(),
        garage,
        more: page.next_cursor,
        is_first_page,
    })
}
