//! The page of one station: its details, the user's notes, and the prices paid there.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;

use crate::{
    app::App,
    core::{
        Result,
        chart::{Chart, Dot, Point},
        db::fixed::Fixed,
        http::{Path, QueryForm},
        input::Text,
        locale::Message,
        units::{UnitFormatter, currency_symbol},
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelLogId, FuelType, PricePaid},
        stations::{Station, StationId, fields::FUEL_TYPES, service},
        vehicles::{self, Vehicle},
    },
    input, t,
};

/// The maximum number of prices in the chart.
const MAX_CHART_POINTS: usize = 60;

#[derive(Template)]
#[template(path = "features/stations/templates/station.html")]
struct StationPage {
    layout: Layout,
    station: Station,
    /// Whether the user may change the station.
    may_change: bool,
    fuels: String,
    /// The vehicles that a fill-up can be added for.
    vehicles: Vec<Vehicle>,
    /// The fuels that the user paid for here, if there are several.
    fuel_choices: Vec<FuelChoice>,
    /// The fuel whose prices are shown, if known.
    fuel: Option<Message>,
    prices: Vec<Price>,
    chart: Option<Chart>,
    average: String,
    /// The unit of the prices with the currency, such as `€/l`.
    unit: String,
    /// The unit to append to an amount with a currency sign, such as `/l`.
    price_sign: String,
    /// The latitude and the longitude.
    location: Option<(String, String)>,
}

/// A fuel whose prices can be shown.
struct FuelChoice {
    /// The value in the query.
    name: &'static str,
    label: Message,
    count: usize,
    is_selected: bool,
}

/// The price of one fill-up, as a row of the list.
struct Price {
    fuel_log: FuelLogId,
    date: NaiveDate,
    vehicle: String,
    paid: String,
}

impl StationPage {
    /// The tooltip of a point in the chart.
    fn point_title(&self, dot: &Dot) -> Message {
        let price = Fixed::<16, 3>::from_units(dot.point.value).unwrap_or_default();
        t!(
            "stations-chart-point",
            date = dot.point.date,
            price = price.to_string(),
            unit = &self.unit
        )
    }

    fn chart_heading(&self) -> Message {
        match &self.fuel {
            Some(fuel) => t!("stations-chart-heading-for", fuel = fuel, unit = &self.unit),
            None => t!("stations-chart-heading", unit = &self.unit),
        }
    }

    fn chart_title(&self) -> Message {
        match &self.fuel {
            Some(fuel) => t!("stations-chart-title-for", fuel = fuel, station = &self.station.name),
            None => t!("stations-chart-title", station = &self.station.name),
        }
    }

    /// A text alternative for the chart.
    fn chart_text(&self) -> Message {
        t!(
            "stations-chart-text",
            count = self.prices.len(),
            average = &self.average,
            unit = &self.unit
        )
    }

    fn prices_heading(&self) -> Message {
        match &self.fuel {
            Some(fuel) => t!("stations-paid-for", fuel = fuel),
            None => t!("stations-paid"),
        }
    }
}

input! {
    /// Filters
    pub(super) struct StationQuery {
        /// Shows the prices of this fuel, or of fill-ups without a fuel if `none`; by default, the prices
        /// of the fuel paid for last
        fuel: Option<Text<20>>,
    }
}

/// The value in the query for prices without a fuel.
const NO_FUEL: &str = "none";

fn fuel_key(paid: &PricePaid) -> &'static str {
    paid.fuel_type.map_or(NO_FUEL, FuelType::as_str)
}

/// Selects the prices of the requested fuel, or else of the fuel paid for last. Also returns the fuels to
/// choose from.
fn select_fuel(
    mut paid: Vec<PricePaid>,
    requested: Option<&str>,
) -> (Vec<PricePaid>, Vec<FuelChoice>) {
    let Some(last) = paid.first().map(fuel_key) else { return (paid, Vec::new()) };
    let mut counts = BTreeMap::new();
    for it in &paid {
        *counts.entry(fuel_key(it)).or_default() += 1;
    }
    let selected = counts.keys().copied().find(|it| Some(*it) == requested).unwrap_or(last);
    paid.retain(|it| fuel_key(it) == selected);
    let all = FuelType::ALL.iter().copied().chain([(NO_FUEL, "stations-fuel-unknown")]);
    let choices = all.filter_map(|(name, label)| {
        let count = *counts.get(name)?;
        let label = Message::plain(label);
        Some(FuelChoice { name, label, count, is_selected: name == selected })
    });
    let choices: Vec<_> = choices.collect();
    (paid, if choices.len() > 1 { choices } else { Vec::new() })
}

/// Formats degrees without trailing zeros.
fn format_degrees<const P: u32>(degrees: Fixed<P, 8>) -> String {
    degrees.to_string().trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Draws the latest prices and calculates their average, in the user's volume unit. Uses only prices in the
/// last currency, since other prices are not comparable.
fn draw(paid: &[PricePaid], units: &UnitFormatter) -> (Option<Chart>, String) {
    let price = |it: &PricePaid| it.unit_price.in_unit(units.volume).value.units() / 10;
    let currency = paid.first().map(|it| it.currency);
    let points: Vec<_> = paid
        .iter()
        .filter(|it| Some(it.currency) == currency)
        .take(MAX_CHART_POINTS)
        .map(|it| Point { date: it.date, value: price(it), is_confirmed: false })
        .collect();
    let points: Vec<_> = points.into_iter().rev().collect();
    let sum: i64 = points.iter().map(|it| it.value).sum();
    let count = i128::try_from(points.len()).unwrap_or_default();
    let average = Fixed::<16, 3>::from_ratio(sum.into(), count);
    let text = average.map(|it| it.to_string()).unwrap_or_default();
    (Chart::new(&points, average.map(Fixed::units), 3), text)
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    QueryForm(query): QueryForm<StationQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let station = service::find(&app, &user, id).await?;
    let units = user.0.preferences.display_units();
    let paid = fuel_logs::prices_paid_at(&app, &user, id, None).await?;
    let (paid, fuel_choices) = select_fuel(paid, query.fuel.as_ref().map(|it| it.0.as_str()));
    let vehicles = vehicles::list_active(&app, &user).await?;
    let titles = vehicles::load_names(&mut app.db.read_for(&user).await?, &user).await?;
    let currency = paid.first().map_or(units.currency.clone(), |it| it.currency.to_string());
    let (chart, average) = draw(&paid, &units);
    let price = |it: PricePaid| Price {
        fuel_log: it.fuel_log_id,
        date: it.date,
        vehicle: titles.get(&it.vehicle_id).cloned().unwrap_or_default(),
        paid: units.unit_price(it.unit_price, it.currency),
    };
    let sold = |it: &&(&str, &str)| station.fuel_types.contains(&it.0);
    let label = |it: &(&str, &'static str)| Message::plain(it.1).to_string();
    web::page(&StationPage {
        layout,
        may_change: service::check_may_change(&user, &station).is_ok(),
        fuels: FUEL_TYPES.iter().filter(sold).map(label).collect::<Vec<_>>().join(", "),
        vehicles,
        fuel_choices,
        fuel: paid.first().and_then(|it| it.fuel_type).map(|it| Message::plain(it.label())),
        prices: paid.into_iter().map(price).collect(),
        chart,
        average,
        unit: format!("{}/{}", currency_symbol(&currency), units.volume.symbol()),
        price_sign: format!("/{}", units.volume.symbol()),
        location: station
            .latitude
            .zip(station.longitude)
            .map(|it| (format_degrees(it.0), format_degrees(it.1))),
        station,
    })
}
