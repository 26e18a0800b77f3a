//! The page of one station: what it is, what one notes of it, and what one paid there.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;

use crate::{
    core::{
        App, Result,
        chart::{Chart, Dot, Point},
        db::fixed::Fixed,
        http::Path,
        units::{Shown, day},
        web::{self, Shell},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelLogId, Paid},
        stations::{Station, StationId, fields::FUELS, service},
        vehicles::{self, Vehicle},
    },
};

/// How many prices the chart shows at most.
const CHARTED: usize = 60;

#[derive(Template)]
#[template(path = "features/stations/templates/station.html")]
struct StationPage {
    shell: Shell,
    station: Station,
    /// Whether whoever looks may change it.
    may_change: bool,
    fuels: String,
    /// The vehicles that may be filled up here.
    vehicles: Vec<Vehicle>,
    prices: Vec<Price>,
    chart: Option<Chart>,
    average: String,
    /// What a price is of: `€/l`, and the same after an amount with its sign: `/l`.
    unit: String,
    price_sign: String,
    /// Degrees north and east.
    place: Option<(String, String)>,
}

/// What one fill-up here cost, as a row.
struct Price {
    fuel_log: FuelLogId,
    date: NaiveDate,
    vehicle: String,
    paid: String,
}

impl StationPage {
    /// A point of the chart in words.
    fn told(&self, dot: &Dot) -> String {
        let price = Fixed::<6, 3>::from_units(dot.point.value).unwrap_or_default();
        format!("{}: {price} {}", day(dot.point.date), self.unit)
    }

    /// The chart in words.
    fn chart_text(&self) -> String {
        format!("{} prices. Average {} {}.", self.prices.len(), self.average, self.unit)
    }
}

/// Degrees without the zeros at their end.
fn plain<const P: u32>(degrees: Fixed<P, 8>) -> String {
    degrees.to_string().trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The latest prices in order, and what they are on average, both in the user's units.
fn draw(paid: &[Paid], shown: &Shown) -> (Option<Chart>, String) {
    let price = |it: &Paid| shown.volume.price_from_gallon(it.price_per_gallon).units();
    let points: Vec<_> = paid
        .iter()
        .take(CHARTED)
        .rev()
        .map(|it| Point { date: it.date, value: price(it) })
        .collect();
    let sum: i64 = points.iter().map(|it| it.value).sum();
    let count = i128::try_from(points.len()).unwrap_or_default();
    let average = Fixed::<6, 3>::from_ratio(sum.into(), count);
    let text = average.map(|it| it.to_string()).unwrap_or_default();
    (Chart::of(&points, average.map(Fixed::units), 3), text)
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    shell: Shell,
) -> Result<Html<String>> {
    let station = service::find(&app, &user, id).await?;
    let shown = user.0.preferences.shown();
    let paid = fuel_logs::paid_at(&app, &user, id).await?;
    let vehicles = vehicles::list_all(&app, &user).await?;
    let titles: HashMap<_, _> = vehicles.iter().map(|it| (it.id, it.title())).collect();
    let (chart, average) = draw(&paid, &shown);
    let price = |it: Paid| Price {
        fuel_log: it.fuel_log_id,
        date: it.date,
        vehicle: titles.get(&it.vehicle_id).cloned().unwrap_or_default(),
        paid: shown.price_in_full(it.price_per_gallon),
    };
    let sold = |it: &&(&str, &str)| station.fuel_types.contains(&it.0);
    web::page(&StationPage {
        shell,
        may_change: station.is_made_by(&user) || user.0.is_admin,
        fuels: FUELS.iter().filter(sold).map(|it| it.1).collect::<Vec<_>>().join(", "),
        vehicles,
        prices: paid.into_iter().map(price).collect(),
        chart,
        average,
        unit: format!("{}/{}", shown.currency_sign(), shown.volume.sign()),
        price_sign: format!("/{}", shown.volume.sign()),
        place: station.latitude.zip(station.longitude).map(|it| (plain(it.0), plain(it.1))),
        station,
    })
}
