//! The list of vehicles.

mod vehicle;

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};
use chrono::NaiveDate;

use crate::{
    app::App,
    core::{
        Result, chart,
        http::Query,
        units::UnitFormatter,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{self, Summary},
        vehicles::{self, Vehicle, VehicleId},
    },
    input,
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/vehicles", get(show)).route("/vehicles/{id}", get(vehicle::show))
}

#[derive(Template)]
#[template(path = "features/garage/templates/garage.html")]
struct Garage {
    layout: Layout,
    cards: Vec<Card>,
    /// Whether these are the vehicles in use.
    is_active: bool,
    /// Whether to link to the vehicles out of use.
    has_inactive: bool,
    distance_sign: &'static str,
    economy_sign: &'static str,
}

/// The maximum number of vehicles on the page.
const MAX_VEHICLES: usize = 500;

/// A summary of one vehicle.
struct Card {
    id: VehicleId,
    title: String,
    /// Year, make and model, if the title is a nickname.
    description: Option<String>,
    plate: Option<String>,
    odometer: String,
    economy: Option<String>,
    /// The sparkline of recent fuel economy.
    sparkline: Option<String>,
    last_date: Option<NaiveDate>,
}

impl Card {
    fn of(
        vehicle: &Vehicle,
        title: String,
        summary: Option<&Summary>,
        units: &UnitFormatter,
    ) -> Self {
        let recent: Vec<_> = summary
            .into_iter()
            .flat_map(|it| &it.latest)
            .filter_map(|it| it.economy(units.economy))
            .map(|it| if units.economy.more_is_better() { it.units() } else { -it.units() })
            .collect();
        Self {
            id: vehicle.id,
            description: vehicle.description().filter(|_| vehicle.nickname.is_some()),
            // The title of a vehicle without a nickname already contains the plate.
            plate: vehicle.license_plate.clone().filter(|it| !title.contains(it)),
            title,
            odometer: vehicle
                .odometer
                .reading()
                .map_or_else(|| "0".to_owned(), |it| units.reading(it)),
            economy: summary.and_then(|it| it.known).and_then(|it| it.format(units)),
            sparkline: chart::sparkline(&recent),
            last_date: summary.map(|it| it.last_date),
        }
    }
}

input! {
    /// Filters
    struct GarageQuery {
        /// `false` lists the vehicles out of use instead of those in use
        active: Option<bool>,
    }
}

async fn show(
    State(app): State<App>,
    user: User,
    Query(query): Query<GarageQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let units = user.0.preferences.display_units();
    let is_active = query.active.unwrap_or(true);
    let all = vehicles::list_all(&app, &user).await?;
    let names = vehicles::unique_names(&all);
    let has_inactive = is_active && all.iter().any(|it| !it.is_active);
    let vehicles = all.iter().filter(|it| it.is_active == is_active).take(MAX_VEHICLES);
    let summaries = fuel_logs::summaries(&app, &user).await?;
    let card = |vehicle: &Vehicle| {
        let name = names.get(&vehicle.id).cloned().unwrap_or_default();
        Card::of(vehicle, name, summaries.get(&vehicle.id), &units)
    };
    web::page(&Garage {
        layout,
        cards: vehicles.map(card).collect(),
        is_active,
        has_inactive,
        distance_sign: units.distance.symbol(),
        economy_sign: units.economy.symbol(),
    })
}
