//! The sections of a vehicle's page about its fill-ups: figures, the chart of fuel economy, and the list.

use askama::Template;
use axum::response::Html;
use chrono::NaiveDate;

use crate::{
    app::App,
    core::{
        Error, Result,
        chart::{Chart, Dot, Point},
        db::fixed::Fixed,
        http::Limit,
        input::{Field as _, FieldValue},
        locale::{self, Message},
        units::{DistanceUnit, UnitFormatter, grouped, rounded},
        web,
    },
    features::{
        accounts::User,
        fuel_logs::{
            ClosedInterval, FuelLog, FuelLogCursor, FuelLogId, FuelStats, Interval, Listing,
            NoEconomyReason, latest_intervals, service, stats,
        },
        vehicles::{PageRequest, PageSections, VehicleId},
    },
    t,
};

/// The number of fill-ups per page.
const PAGE_SIZE: Limit = Limit::new(50);

/// The figures.
#[derive(Template)]
#[template(path = "features/fuel_logs/templates/vehicle_figures.html")]
struct Figures {
    tiles: Vec<Tile>,
    /// A sentence about fill-ups with unusual values that were confirmed, if there are any.
    confirmed: Option<Message>,
}

/// The chart of fuel economy.
#[derive(Template)]
#[template(path = "features/fuel_logs/templates/vehicle_chart.html")]
struct ChartSection {
    chart: Chart,
    /// The vehicle's name.
    title: String,
    average: Option<String>,
    /// A text alternative for the chart.
    text: Message,
    economy_sign: &'static str,
}

impl ChartSection {
    /// Whether a point depends on a value that looked wrong and was confirmed.
    fn has_confirmed_points(&self) -> bool {
        self.chart.dots.iter().any(|it| it.point.is_confirmed)
    }

    /// The tooltip of a point in the chart.
    fn point_title(&self, dot: &Dot) -> Message {
        let (date, economy, unit) = (dot.point.date, tenths(dot.point.value), self.economy_sign);
        if dot.point.is_confirmed {
            t!("fuel-logs-chart-point-confirmed", date = date, economy = economy, unit = unit)
        } else {
            t!("fuel-logs-chart-point", date = date, economy = economy, unit = unit)
        }
    }
}

/// One page of the list of fill-ups.
#[derive(Template)]
#[template(path = "features/fuel_logs/templates/vehicle_fill_ups.html")]
struct FillUps {
    vehicle: VehicleId,
    fills: Vec<Fill>,
    /// The cursor of the next page.
    older: Option<String>,
    /// Whether this is the page of the latest fill-ups.
    is_first_page: bool,
    distance_sign: &'static str,
    volume_sign: &'static str,
    economy_sign: &'static str,
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
        DistanceUnit::Miles => t!("fuel-logs-figure-cost-per-mile"),
        DistanceUnit::Kilometers => t!("fuel-logs-figure-cost-per-km"),
    };
    vec![
        tile(t!("fuel-logs-figure-average"), average(stats, units), economy),
        tile(t!("fuel-logs-figure-best"), of_interval(stats.exact.best), economy),
        tile(t!("fuel-logs-figure-worst"), of_interval(stats.exact.worst), economy),
        tile(per_distance, joined(&stats.exact.format_costs_of_distance(units)), ""),
        tile(t!("fuel-logs-figure-spent"), joined(&spent), ""),
        tile(t!("fuel-logs-figure-fill-ups"), Some(grouped(stats.logs)), ""),
    ]
}

/// A sentence saying that the figures depend on unusual values; `None` if there are no such values.
fn confirmed(logs: i64) -> Option<Message> {
    (logs > 0).then(|| t!("fuel-logs-figures-confirmed", count = logs))
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
        "fuel-logs-chart-text",
        count = chart.dots.len(),
        first = month(chart.dots.first()),
        last = month(chart.dots.last()),
        average = average(stats, units).unwrap_or_default(),
        unit = units.economy.symbol(),
    )
}

/// Renders the sections of a vehicle's page.
pub(in crate::features::fuel_logs) async fn render(
    app: &App,
    user: &User,
    PageRequest { vehicle, cursor }: PageRequest<'_>,
) -> Result<PageSections> {
    let units = user.0.preferences.display_units();
    let cursor = cursor.map(|it| read_cursor(app, it)).transpose()?;
    let is_first_page = cursor.is_none();
    let listing =
        Listing { vehicle: Some(vehicle.id), cursor, limit: PAGE_SIZE, ..Listing::default() };
    let fills = service::list(app, user, &listing).await?;
    if fills.items.is_empty() && is_first_page && !vehicle.kind.takes_fuel() {
        return Ok(PageSections::default());
    }
    let records = web::page(&FillUps {
        vehicle: vehicle.id,
        fills: fills.items.into_iter().map(|log| Fill::of(log, &units)).collect(),
        older: fills.next_cursor,
        is_first_page,
        distance_sign: units.distance.symbol(),
        volume_sign: units.volume.symbol(),
        economy_sign: units.economy.symbol(),
    })?;
    let overview = PageSections { records: Some(records), ..PageSections::default() };
    if !is_first_page {
        return Ok(overview);
    }
    let stats = stats(app, user, vehicle.id).await?;
    let intervals = latest_intervals(app, user, vehicle.id).await?;
    Ok(PageSections {
        figures: figures(&stats, &units)?,
        chart: draw(&intervals, &stats, &units)
            .map(|chart| {
                web::page(&ChartSection {
                    text: describe_chart(&chart, &stats, &units),
                    chart,
                    title: vehicle.title(),
                    average: average(&stats, &units),
                    economy_sign: units.economy.symbol(),
                })
            })
            .transpose()?,
        ..overview
    })
}

fn read_cursor(app: &App, text: &str) -> Result<FuelLogCursor> {
    let given = FieldValue::Typed(text.to_owned());
    FuelLogCursor::read(&given, app.clock.today()).map_err(|why| Error::invalid("cursor", why))
}

/// Renders the figures; `None` if the vehicle has no fill-ups.
fn figures(stats: &FuelStats, units: &UnitFormatter) -> Result<Option<Html<String>>> {
    let tiles = tiles(stats, units);
    if tiles.is_empty() {
        return Ok(None);
    }
    web::page(&Figures { tiles, confirmed: confirmed(stats.confirmed_logs) }).map(Some)
}
