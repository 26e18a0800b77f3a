//! Everything that is due, of all vehicles, most urgent first.

use askama::Template;
use axum::{extract::State, response::Html};

use super::words;
use crate::{
    core::{
        App, Result,
        http::{Cursor, Limit, Query},
        units::Shown,
        web::{self, Shell},
    },
    features::{
        accounts::User,
        maintenance::{ItemId, Upcoming, upcoming},
        vehicles::{self, Vehicle, VehicleId},
    },
    input,
};

/// How many items a page has.
const ROWS: Limit = Limit::new(50);

input! {
    /// Which of what is due
    pub(super) struct DueQuery {
        /// Where the page begins
        cursor: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "features/maintenance/templates/due.html")]
struct Due {
    shell: Shell,
    rows: Vec<Row>,
    /// The vehicles that something can be added to.
    garage: Vec<(VehicleId, String)>,
    /// Where the next page begins.
    more: Option<String>,
    is_first_page: bool,
}

/// An item that is due.
pub(super) struct Row {
    pub(super) id: ItemId,
    pub(super) name: String,
    pub(super) about: Option<String>,
    pub(super) vehicle: VehicleId,
    pub(super) vehicle_title: String,
    /// The badge's class, and what it says.
    pub(super) badge: (&'static str, &'static str),
    pub(super) due: Vec<String>,
    pub(super) prediction: Option<String>,
    pub(super) interval: Option<String>,
}

impl Row {
    pub(super) fn of(due: &Upcoming, vehicle_title: String, shown: &Shown) -> Self {
        let (name, about) = words::title(&due.item.kind, due.item.description.as_deref());
        Self {
            id: due.item.id,
            name,
            about,
            vehicle: due.item.vehicle_id,
            vehicle_title,
            badge: words::badge(due.status),
            due: words::due(due, shown),
            prediction: words::prediction(due),
            interval: words::interval(&due.item, shown),
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Query(query): Query<DueQuery>,
    shell: Shell,
) -> Result<Html<String>> {
    let shown = user.0.preferences.display_units();
    let today = user.0.preferences.today(app.clock.now());
    let is_first_page = query.cursor.is_none();
    let listing = upcoming::Listing { vehicle: None, cursor: query.cursor, limit: ROWS };
    let page = upcoming::list(&app, &user, today, &listing).await?;
    let vehicles = vehicles::list_all(&app, &user).await?;
    let names = vehicles::unique_names(&vehicles);
    let name = |it: &Vehicle| (it.id, names.get(&it.id).cloned().unwrap_or_default());
    let garage = vehicles.iter().filter(|it| it.is_active).map(name).collect();
    let row = |due: &Upcoming| Row::of(due, due.vehicle.name.clone(), &shown);
    web::page(&Due {
        shell,
        rows: page.items.iter().map(row).collect(),
        garage,
        more: page.next_cursor,
        is_first_page,
    })
}
