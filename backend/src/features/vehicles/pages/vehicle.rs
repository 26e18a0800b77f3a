//! The page of one vehicle: its details, and the sections of other features.

use askama::Template;
use axum::{extract::State, response::Html};

use super::{find, odometer_text};
use crate::{
    app::App,
    core::{
        Result,
        http::{Path, Query},
        input::Text,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        vehicles::{
            Vehicle, VehicleId,
            contribution::{self, PageRequest, PageSections},
        },
    },
    input,
};

input! {
    /// Pagination
    pub(super) struct PageQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<Text<200>>,
    }
}

#[derive(Template)]
#[template(path = "features/vehicles/templates/vehicle.html")]
struct VehiclePage {
    layout: Layout,
    vehicle: Vehicle,
    title: String,
    /// Year, make and model, if the title is a nickname.
    description: Option<String>,
    /// The latest reading, if there is one.
    odometer: Option<String>,
    /// Whether this is the page of the latest records.
    is_first_page: bool,
    sections: Vec<PageSections>,
}

impl VehiclePage {
    fn has_chart(&self) -> bool {
        self.sections.iter().any(|it| it.chart.is_some())
    }
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<PageQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let units = user.0.preferences.display_units();
    let vehicle = find(&app, &user, id).await?;
    let cursor = query.cursor.as_ref().map(|it| it.0.as_str());
    let mut sections = Vec::new();
    for pages in contribution::pages() {
        let request = PageRequest { vehicle: &vehicle, cursor };
        sections.push((pages.sections)(&app, &user, request).await?);
    }
    web::page(&VehiclePage {
        layout,
        title: vehicle.title(),
        description: vehicle.description().filter(|_| vehicle.nickname.is_some()),
        odometer: vehicle.odometer.reading().map(|it| odometer_text(it, &units)),
        is_first_page: cursor.is_none(),
        sections,
        vehicle,
    })
}
