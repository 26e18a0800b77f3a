//! The garage, and the page of one vehicle.

mod vehicle;

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};
use chrono::NaiveDate;

use crate::{
    core::{
        App, Result, chart,
        units::Shown,
        web::{self, Shell},
    },
    features::{
        accounts::User,
        fuel_logs::{self, Summary},
        vehicles::{self, Vehicle, VehicleId},
    },
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/vehicles", get(show)).route("/vehicles/{id}", get(vehicle::show))
}

#[derive(Template)]
#[template(path = "features/garage/templates/garage.html")]
struct Garage {
    shell: Shell,
    cards: Vec<Card>,
    distance_sign: &'static str,
    economy_sign: &'static str,
}

/// One vehicle at a glance.
struct Card {
    id: VehicleId,
    title: String,
    nickname: Option<String>,
    plate: Option<String>,
    odometer: String,
    economy: Option<String>,
    /// How economy went lately.
    spark: Option<String>,
    last_date: Option<NaiveDate>,
}

impl Card {
    fn of(vehicle: Vehicle, summary: Option<&Summary>, shown: &Shown) -> Self {
        let title = vehicle.title();
        let latest: Vec<_> = summary
            .into_iter()
            .flat_map(|it| &it.latest)
            .filter_map(|it| it.economy(shown.economy))
            .map(|it| if shown.economy.more_is_better() { it.units() } else { -it.units() })
            .collect();
        Self {
            id: vehicle.id,
            nickname: vehicle.nickname.filter(|it| *it != title),
            title,
            plate: vehicle.license_plate,
            odometer: shown.distance(vehicle.odometer_reading.into()),
            economy: summary
                .and_then(|it| it.known)
                .and_then(|it| it.shown(shown)),
            spark: chart::spark(&latest),
            last_date: summary.map(|it| it.last_date),
        }
    }
}

async fn show(State(app): State<App>, user: User, shell: Shell) -> Result<Html<String>> {
    let shown = user.0.preferences.shown();
    let vehicles = vehicles::list_all(&app, &user).await?;
    let summaries = fuel_logs::summaries(&app, &user).await?;
    let card = |vehicle: Vehicle| {
        let summary = summaries.get(&vehicle.id);
        Card::of(vehicle, summary, &shown)
    };
    web::page(&Garage {
        shell,
        cards: vehicles.into_iter().map(card).collect(),
        distance_sign: shown.distance.sign(),
        economy_sign: shown.economy.sign(),
    })
}
