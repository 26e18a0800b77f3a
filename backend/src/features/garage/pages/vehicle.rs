//! The page of one vehicle: its details, fuel figures and fill-ups.

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;

use crate::{
    app::App,
    core::{
        Result,
        chart::{Chart, Dot, Point},
        db::fixed::Fixed,
        http::{Limit, Path, Query},
        locale::{self, Message},
        units::{DistanceUnit, UnitFormatter, grouped, rounded},
        web::{self, Layout},
    },
    features::{
        accounts::User,
        fuel_logs::{
            self, ClosedInterval, FuelLog, FuelLogCursor, FuelLogId, FuelStats, Interval, Listing,
            NoEconomyReason,
        },
        vehicles::{self, Vehicle, VehicleId},
    },
    input, t,
};

/// The number of fill-ups per page.
const PAGE_SIZE: Limit = Limit::new(50);

input! {
    /// Pagination
    pub(super) struct FillsQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<FuelLogCursor>,
    }
}

#[derive(Template)]
#[template(path = "features/garage/templates/vehicle.html")]
struct VehiclePage {
    layout: Layout,
    vehicle: Vehicle,
    title: String,
    /// Year, make and model, if the title is a nickname.
    description: Option<String>,
    odometer: String,
    tiles: Vec<Tile>,
    /// A sentence about fill-ups with unusual values that were confirmed, if there are any.
    confirmed: Option<Message>,
    chart: Option<Chart>,
    /// A text alternative for the chart.
    chart_text: Option<Message>,
    average: Option<String>,
    fills: Vec<Fill>,
    /// The cursor of the next page.
    older: Option<String>,
    /// Whether this is the page of the latest fill-ups.
    is_first_page: bool,
    distance_sign: &'static str,
    volume_sign: &'static str,
    economy_sign: &'static str,
}

impl VehiclePage {
    /// Whether a point depends on a value that looked wrong and was confirmed.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn has_confirmed_points(&self, chart: &Chart) -> bool {
        chart.dots.iter().any(|it| it.point.is_confirmed)
    }

    /// The tooltip of a point in the chart.
    fn point_title(&self, dot: &Dot) -> Message {
        let (date, economy, unit) = (dot.point.date, tenths(dot.point.value), self.economy_sign);
        if dot.point.is_confirmed {
            t!("garage-chart-point-confirmed", date = date, economy = economy, unit = unit)
        } else {
            t!("garage-chart-point", date = date, economy = economy, unit = unit)
        }
    }
}

/// Formats hundredths, rounded to one decimal.
fn tenths(hundredths: i64) -> String {
    rounded(Fixed::<16, 2>::from_units(hundredths).unwrap_or_default(), 1)
}

/// A figure with its label and unit.
struct Tile {
    label: Message,
    value: String,
    unit: &'static str,
}

/// The figures of the vehicle's fuel logs; empty if it has none.
fn tiles(stats: &FuelStats, units: &UnitFormatter) -> Vec<Tile> {
    if stats.logs == 0 {
        return Vec::new();
    }
    let economy = units.economy.symbol();
    let tile = |label, value: Option<String>, unit| {
        let unit = if value.is_some() { unit } else { "" };
        Tile { label, value: value.unwrap_or_else(|| "–".to_owned()), unit }
    };
    let spent: Vec<_> = stats.currencies.iter().map(|it| it.format_total_cost(units)).collect();
    let of_interval = |it: Option<Interval>| it?.format(units);
    let per_distance = match units.distance {
        DistanceUnit::Miles => t!("garage-figure-cost-per-mile"),
        DistanceUnit::Kilometers => t!("garage-figure-cost-per-km"),
    };
    vec![
        tile(t!("garage-figure-average"), average(stats, units), economy),
        tile(t!("garage-figure-best"), of_interval(stats.exact.best), economy),
        tile(t!("garage-figure-worst"), of_interval(stats.exact.worst), economy),
        tile(per_distance, joined(&stats.exact.format_costs_of_distance(units)), ""),
        tile(t!("garage-figure-spent"), joined(&spent), ""),
        tile(t!("garage-figure-fill-ups"), Some(grouped(stats.logs)), ""),
    ]
}

/// A sentence saying that the figures depend on unusual values; `None` if there are no such values.
fn confirmed(logs: i64) -> Option<Message> {
    (logs > 0).then(|| t!("garage-figures-confirmed", count = logs))
}

/// Joins the figures of several currencies; `None` if there are none.
fn joined(figures: &[String]) -> Option<String> {
    (!figures.is_empty()).then(|| figures.join(" + "))
}

fn average(stats: &FuelStats, units: &UnitFormatter) -> Option<String> {
    stats.exact.known?.format(units)
}

/// A fill-up, as a row of the list.
struct Fill {
    id: FuelLogId,
    date: NaiveDate,
    station: Option<String>,
    odometer: Option<String>,
    distance: Option<String>,
    volume: Option<String>,
    price: Option<String>,
    total: Option<String>,
    economy: Option<String>,
    /// Whether a value looked wrong and was confirmed.
    is_confirmed: bool,
    /// Why it has no fuel economy.
    reason: Option<Message>,
}

impl Fill {
    fn of(log: FuelLog, units: &UnitFormatter) -> Self {
        Self {
            id: log.id,
            date: log.date,
            odometer: log.odometer.map(|it| units.reading(it)),
            distance: log.exact.distance.filter(|it| *it > 0).map(|it| units.exact_distance(it)),
            volume: log.volume.map(|it| units.fuel(it)),
            price: log.unit_price.zip(log.currency).map(|(it, of)| units.unit_price(it, of)),
            total: log.amount.map(|it| units.amount(it)),
            economy: log.exact.interval.and_then(|it| it.format(units)),
            is_confirmed: !log.confirmed.is_empty(),
            reason: log.economy_reason.map(NoEconomyReason::label),
            station: log.station_name,
        }
    }
}

fn draw(intervals: &[ClosedInterval], stats: &FuelStats, units: &UnitFormatter) -> Option<Chart> {
    let economy = |it: &Interval| it.economy(units.economy);
    // An interval depends on all fill-ups from the one that opens it to the one that closes it.
    let opened = std::iter::once(None).chain(intervals.iter().map(|it| Some(it.0)));
    let points: Vec<_> = intervals
        .iter()
        .zip(opened)
        .filter_map(|((closed, it), opened)| {
            let is_inside = |day: &NaiveDate| opened.is_none_or(|it| it <= *day) && day <= closed;
            let is_confirmed = stats.exact.confirmed.iter().any(is_inside);
            Some(Point { date: *closed, value: economy(it)?.units(), is_confirmed })
        })
        .collect();
    Chart::new(&points, stats.exact.known.as_ref().and_then(economy).map(Fixed::units), 2)
}

/// Describes the chart for screen readers.
fn describe_chart(chart: &Chart, stats: &FuelStats, units: &UnitFormatter) -> Message {
    let month = |dot: Option<&Dot>| dot.map(|it| locale::month(it.point.date)).unwrap_or_default();
    t!(
        "garage-chart-text",
        count = chart.dots.len(),
        first = month(chart.dots.first()),
        last = month(chart.dots.last()),
        average = average(stats, units).unwrap_or_default(),
        unit = units.economy.symbol(),
    )
}

pub(super) async fn show(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<FillsQuery>,
    layout: Layout,
) -> Result<Html<String>> {
    let units = user.0.preferences.display_units();
    let vehicle = {
        let mut tx = app.db.read_for(&user).await?;
        vehicles::find(&mut tx, &user, id).await?
    };
    let is_first_page = query.cursor.is_none();
    let listing =
        Listing { vehicle: Some(id), cursor: query.cursor, limit: PAGE_SIZE, ..Listing::default() };
    let fills = fuel_logs::list(&app, &user, &listing).await?;
    let stats = fuel_logs::stats(&app, &user, id).await?;
    let intervals = fuel_logs::latest_intervals(&app, &user, id).await?;
    let chart = draw(&intervals, &stats, &units);
    let title = vehicle.title();
    web::page(&VehiclePage {
        layout,
        description: vehicle.description().filter(|_| vehicle.nickname.is_some()),
        title,
        odometer: vehicle.odometer.reading().map_or_else(|| "0".to_owned(), |it| units.reading(it)),
        tiles: tiles(&stats, &units),
        confirmed: confirmed(stats.confirmed_logs),
        chart_text: chart.as_ref().map(|it| describe_chart(it, &stats, &units)),
        chart,
        average: average(&stats, &units),
        fills: fills.items.into_iter().map(|log| Fill::of(log, &units)).collect(),
        older: fills.next_cursor,
        is_first_page,
        distance_sign: units.distance.symbol(),
        volume_sign: units.volume.symbol(),
        economy_sign: units.economy.symbol(),
        vehicle,
    })
}
