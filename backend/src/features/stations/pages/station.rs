//! The page of one station: what it is, what one notes of it, and what one paid there.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;

use crate::{
    core::{
        App, Result,
        chart::{Chart, Dot, Point},
        db::fixed::Fixed,
        http::{Path, Search},
        input::Text,
        units::{Shown, day, sign_of},
        web::{self, Shell},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelLogId, FuelType, Paid},
        stations::{Station, StationId, fields::FUELS, service},
        vehicles::{self, Vehicle},
    },
    input,
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
    /// The fuels that were paid for here, where it is more than one.
    fuel_choices: Vec<FuelChoice>,
    /// What the fuel is called that the prices are of; nothing where it is not noted.
    fuel: &'static str,
    prices: Vec<Price>,
    chart: Option<Chart>,
    average: String,
    /// What a price is of: `€/l`, and the same after an amount with its sign: `/l`.
    unit: String,
    price_sign: String,
    /// Degrees north and east.
    place: Option<(String, String)>,
}

/// A fuel of which the prices may be shown.
struct FuelChoice {
    /// As the query has it, and as people call it.
    name: &'static str,
    label: &'static str,
    count: usize,
    is_shown: bool,
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
        let price = Fixed::<16, 3>::from_units(dot.point.value).unwrap_or_default();
        format!("{}: {price} {}", day(dot.point.date), self.unit)
    }

    /// The chart in words.
    fn chart_text(&self) -> String {
        format!("{} prices. Average {} {}.", self.prices.len(), self.average, self.unit)
    }
}

input! {
    /// What of a station is shown
    pub(super) struct StationQuery {
        /// Prices of this fuel, `none` for those whose fuel is not noted; else of the latest one
        fuel: Option<Text<20>>,
    }
}

/// What the query calls prices whose fuel is not noted.
const NOT_NOTED: &str = "none";

fn name_of(paid: &Paid) -> &'static str {
    paid.fuel_type.map_or(NOT_NOTED, FuelType::as_str)
}

/// The prices of one fuel, `wanted` or the one paid for last, and what other fuels there are.
fn of_one_fuel(mut paid: Vec<Paid>, wanted: Option<&str>) -> (Vec<Paid>, Vec<FuelChoice>) {
    let Some(last) = paid.first().map(name_of) else { return (paid, Vec::new()) };
    let mut counts = BTreeMap::new();
    for it in &paid {
        *counts.entry(name_of(it)).or_default() += 1;
    }
    let shown = counts.keys().copied().find(|it| Some(*it) == wanted).unwrap_or(last);
    paid.retain(|it| name_of(it) == shown);
    let all = FuelType::ALL.iter().copied().chain([(NOT_NOTED, "Not noted")]);
    let choices = all.filter_map(|(name, label)| {
        let count = *counts.get(name)?;
        Some(FuelChoice { name, label, count, is_shown: name == shown })
    });
    let choices: Vec<_> = choices.collect();
    (paid, if choices.len() > 1 { choices } else { Vec::new() })
}

/// Degrees without the zeros at their end.
fn plain<const P: u32>(degrees: Fixed<P, 8>) -> String {
    degrees.to_string().trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The latest prices in order, and what they are on average, both in the user's unit of volume and in
/// the currency that was paid last: prices in another are not comparable.
fn draw(paid: &[Paid], shown: &Shown) -> (Option<Chart>, String) {
    let price = |it: &Paid| it.unit_price.in_unit(shown.volume).value.units() / 10;
    let currency = paid.first().map(|it| it.currency);
    let points: Vec<_> = paid
        .iter()
        .filter(|it| Some(it.currency) == currency)
        .take(CHARTED)
        .map(|it| Point { date: it.date, value: price(it), is_confirmed: false })
        .collect();
    let points: Vec<_> = points.into_iter().rev().collect();
    let sum: i64 = points.iter().map(|it| it.value).sum();
    let count = i128::try_from(points.len()).unwrap_or_default();
    let average = Fixed::<16, 3>::from_ratio(sum.into(), count);
    let text = average.map(|it| it.to_string()).unwrap_or_default();
    (Chart::of(&points, average.map(Fixed::units), 3), text)
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    Search(query): Search<StationQuery>,
    shell: Shell,
) -> Result<Html<String>> {
    let station = service::find(&app, &user, id).await?;
    let shown = user.0.preferences.display_units();
    let paid = fuel_logs::paid_at(&app, &user, id, None).await?;
    let (paid, fuel_choices) = of_one_fuel(paid, query.fuel.as_ref().map(|it| it.0.as_str()));
    let vehicles = vehicles::list_active(&app, &user).await?;
    let titles = vehicles::load_names(&mut app.db.read_for(&user).await?, &user).await?;
    let currency = paid.first().map_or(shown.currency.clone(), |it| it.currency.to_string());
    let (chart, average) = draw(&paid, &shown);
    let price = |it: Paid| Price {
        fuel_log: it.fuel_log_id,
        date: it.date,
        vehicle: titles.get(&it.vehicle_id).cloned().unwrap_or_default(),
        paid: shown.unit_price(it.unit_price, it.currency),
    };
    let sold = |it: &&(&str, &str)| station.fuel_types.contains(&it.0);
    web::page(&StationPage {
        shell,
        may_change: service::check_may_change(&user, &station).is_ok(),
        fuels: FUELS.iter().filter(sold).map(|it| it.1).collect::<Vec<_>>().join(", "),
        vehicles,
        fuel_choices,
        fuel: paid.first().and_then(|it| it.fuel_type).map_or("", FuelType::label),
        prices: paid.into_iter().map(price).collect(),
        chart,
        average,
        unit: format!("{}/{}", sign_of(&currency), shown.volume.sign()),
        price_sign: format!("/{}", shown.volume.sign()),
        place: station.latitude.zip(station.longitude).map(|it| (plain(it.0), plain(it.1))),
        station,
    })
}
