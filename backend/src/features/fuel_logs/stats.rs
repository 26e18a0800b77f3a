//! Statistics over a vehicle's fuel logs.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    economy::{self, Interval},
    store::{self, ClosedInterval, MonthlySums},
};
use crate::{
    app::App,
    core::{
        Result, UserId,
        db::fixed::{Fixed, divide_rounded},
        money::{Currency, Money},
        units::{GALLON_US, MILE, UnitFormatter},
    },
    features::vehicles::{self, VehicleId},
    read_replica,
};

/// The maximum number of intervals in the chart.
const MAX_CHART_INTERVALS: i64 = 60;

/// Statistics over a vehicle's fuel logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelStats {
    /// The number of fuel logs.
    pub logs: i64,
    /// The number of fuel logs with an implausible value that was confirmed.
    pub confirmed_logs: i64,
    /// Miles driven between fill-ups.
    pub distance: i64,
    /// The total volume in US gallons.
    pub gallons: Fixed<12, 3>,
    /// The currency of all amounts; null if there is none or more than one.
    pub currency: Option<Currency>,
    /// The total cost, excluding fill-ups with unknown cost; null if there is more than one currency.
    #[serde(serialize_with = "serialize_optional_amount")]
    pub total_cost: Option<Fixed<18, 3>>,
    /// The average miles per US gallon: the distance of all known intervals divided by their volume.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// Miles per US gallon of the most economical interval.
    pub best_mpg: Option<Fixed<16, 2>>,
    /// Miles per US gallon of the least economical interval.
    pub worst_mpg: Option<Fixed<16, 2>>,
    /// The fuel cost per mile over the intervals with known cost; null if there is more than one
    /// currency.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// The average price per US gallon over the fill-ups with known cost; null if there is more
    /// than one currency.
    pub average_price_per_gallon: Option<Fixed<16, 3>>,
    /// The costs in each currency.
    pub currencies: Vec<CurrencyStats>,
    /// The date of the first fuel log.
    pub first_date: Option<NaiveDate>,
    /// The date of the last fuel log.
    pub last_date: Option<NaiveDate>,
    /// The statistics by month, earliest first. An interval counts toward the month in which it ends.
    pub months: Vec<MonthStats>,
    /// The exact values, for conversion to other units without rounding twice.
    #[serde(skip)]
    pub exact: ExactStats,
}

/// Statistics that are not rounded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExactStats {
    /// The sum of all known intervals.
    pub known: Option<Interval>,
    /// The most economical interval.
    pub best: Option<Interval>,
    /// The least economical interval.
    pub worst: Option<Interval>,
    /// For each currency, the distance and cost of the known intervals with known cost.
    pub costs: Vec<CostOfDistance>,
    /// The dates of fill-ups with implausible values that were confirmed.
    pub confirmed: Vec<NaiveDate>,
}

/// The fuel cost of a distance in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostOfDistance {
    /// The currency.
    pub currency: Currency,
    /// The cost, in thousandths.
    pub thousandths: i64,
    /// In tenths of a millimeter; more than zero.
    pub distance: i64,
}

impl CostOfDistance {
    /// Formats the fuel cost per unit of distance, with three decimals.
    #[must_use]
    pub fn format(&self, units: &UnitFormatter) -> String {
        let cost = Money { thousandths: self.thousandths, currency: self.currency };
        units.exact_cost_of_distance(cost, self.distance)
    }
}

impl ExactStats {
    /// Formats the fuel cost per unit of distance in each currency, with three decimals.
    #[must_use]
    pub fn format_costs_of_distance(&self, units: &UnitFormatter) -> Vec<String> {
        self.costs.iter().map(|it| it.format(units)).collect()
    }
}

/// The cost of the fuel logs in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyStats {
    /// The currency.
    pub currency: Currency,
    /// The total cost, excluding fill-ups with unknown cost.
    #[serde(serialize_with = "serialize_amount")]
    pub total_cost: Fixed<18, 3>,
    /// The fuel cost per mile.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// The average price per US gallon.
    pub average_price_per_gallon: Option<Fixed<16, 3>>,
}

impl CurrencyStats {
    /// Formats the total cost with its currency.
    #[must_use]
    pub fn format_total_cost(&self, units: &UnitFormatter) -> String {
        units.amount(Money { thousandths: self.total_cost.units(), currency: self.currency })
    }
}

/// Statistics over the fuel logs of one month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthStats {
    /// The month, such as `2026-01`.
    pub month: String,
    /// Miles driven between fill-ups.
    pub distance: i64,
    /// The total volume in US gallons.
    pub gallons: Fixed<12, 3>,
    /// The currency of the total cost; null if there is none or more than one.
    pub currency: Option<Currency>,
    /// The total cost, excluding fill-ups with unknown cost; null if there is more than one currency.
    #[serde(serialize_with = "serialize_optional_amount")]
    pub total_cost: Option<Fixed<18, 3>>,
    /// The average miles per US gallon over the intervals that end in the month.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// The number of fuel logs.
    pub logs: i64,
    /// The number of fuel logs with an implausible value that was confirmed.
    pub confirmed_logs: i64,
}

/// A summary of one vehicle's fuel logs, for the list of vehicles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The date of the last fuel log.
    pub last_date: NaiveDate,
    /// The sum of all known intervals.
    pub known: Option<Interval>,
    /// The latest known intervals, earliest first.
    pub latest: Vec<Interval>,
}

/// The maximum number of intervals in a summary.
const MAX_SUMMARY_INTERVALS: i64 = 16;

/// Computes the summaries of all of the user's vehicles that have fuel logs, with two statements.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub(super) async fn summaries(app: &App, user: &UserId) -> Result<HashMap<VehicleId, Summary>> {
    let (sums, latest) = read_replica!(app.db, user, |tx| {
        let sums = store::sums_by_vehicle(&mut tx, user).await?;
        Ok((sums, store::latest_intervals_by_vehicle(&mut tx, user, MAX_SUMMARY_INTERVALS).await?))
    })?;
    let mut summaries: HashMap<_, _> = sums
        .into_iter()
        .map(|it| {
            let known = to_interval(it.interval(), it.interval_volume());
            (it.vehicle_id, Summary { last_date: it.last_date, known, latest: Vec::new() })
        })
        .collect();
    for (vehicle, interval) in latest {
        if let Some(summary) = summaries.get_mut(&vehicle) {
            summary.latest.push(interval);
        }
    }
    Ok(summaries)
}

/// Computes the fuel statistics of one of the user's vehicles.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or in the trash.
pub(super) async fn stats(app: &App, user: &UserId, vehicle: VehicleId) -> Result<FuelStats> {
    read_replica!(app.db, user, |tx| {
        vehicles::find(&mut tx, user, vehicle).await?;
        let months = store::monthly_sums(&mut tx, user, vehicle).await?;
        let mut stats = to_stats(&months);
        // Only the dates in the months that contain the extreme value are read again.
        if let Some((mpg, days)) = find_extreme(stats.best_mpg, &months, |it| it.best_mpg) {
            let best = store::intervals_with_mpg(&mut tx, user, vehicle, mpg, days).await?;
            stats.exact.best = best.into_iter().max_by(Interval::compare_economy);
        }
        if let Some((mpg, days)) = find_extreme(stats.worst_mpg, &months, |it| it.worst_mpg) {
            let worst = store::intervals_with_mpg(&mut tx, user, vehicle, mpg, days).await?;
            stats.exact.worst = worst.into_iter().min_by(Interval::compare_economy);
        }
        if stats.confirmed_logs > 0 {
            stats.exact.confirmed = store::confirmed_days(&mut tx, user, vehicle).await?;
        }
        Ok(stats)
    })
}

/// Returns an extreme economy and the range of dates on which intervals with it can end.
fn find_extreme(
    mpg: Option<Fixed<16, 2>>,
    months: &[MonthlySums],
    of: impl Fn(&MonthlySums) -> Option<Fixed<16, 2>>,
) -> Option<(Fixed<16, 2>, (NaiveDate, NaiveDate))> {
    let has_it = || months.iter().filter(|it| of(it) == mpg);
    let first = has_it().map(|it| it.first_date).min()?;
    Some((mpg?, (first, has_it().map(|it| it.last_date).max()?)))
}

/// The vehicle's latest known intervals with the dates on which they end, earliest first.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub async fn latest_intervals(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<ClosedInterval>> {
    read_replica!(app.db, user, |tx| Ok(store::latest_intervals(
        &mut tx,
        user,
        vehicle,
        MAX_CHART_INTERVALS
    )
    .await?))
}

/// Serializes an amount with two decimals, or with three if the third is not zero.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "how serde calls it")]
fn serialize_amount<Z: Serializer>(
    amount: &Fixed<18, 3>,
    serializer: Z,
) -> Result<Z::Ok, Z::Error> {
    match Fixed::<18, 2>::from_units(amount.units() / 10) {
        Some(cents) if amount.units() % 10 == 0 => cents.serialize(serializer),
        _ => amount.serialize(serializer),
    }
}

#[expect(clippy::ref_option, reason = "how serde calls it")]
fn serialize_optional_amount<Z: Serializer>(
    amount: &Option<Fixed<18, 3>>,
    serializer: Z,
) -> Result<Z::Ok, Z::Error> {
    match amount {
        Some(amount) => serialize_amount(amount, serializer),
        None => serializer.serialize_none(),
    }
}

/// The sums over several rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    logs: i64,
    confirmed: i64,
    distance: i128,
    volume: i128,
    priced_volume: i128,
    amount: i128,
    volume_amount: i128,
    interval: i128,
    interval_volume: i128,
    interval_amount: i128,
    priced_interval: i128,
}

impl Sum {
    fn from_rows<'a>(rows: impl Iterator<Item = &'a MonthlySums>) -> Self {
        rows.fold(Self::default(), |sum, row| Self {
            logs: sum.logs + row.logs,
            confirmed: sum.confirmed + row.confirmed,
            distance: sum.distance + row.distance().unwrap_or_default(),
            volume: sum.volume + row.volume().unwrap_or_default(),
            priced_volume: sum.priced_volume + row.priced_volume().unwrap_or_default(),
            amount: sum.amount + i128::from(row.amount.map_or(0, Fixed::units)),
            volume_amount: sum.volume_amount
                + i128::from(row.volume_amount().map_or(0, Fixed::units)),
            interval: sum.interval + row.interval().unwrap_or_default(),
            interval_volume: sum.interval_volume + row.interval_volume().unwrap_or_default(),
            interval_amount: sum.interval_amount
                + i128::from(row.interval_amount.map_or(0, Fixed::units)),
            priced_interval: sum.priced_interval + row.priced_interval().unwrap_or_default(),
        })
    }

    fn miles(&self) -> i64 {
        divide_rounded(self.distance, MILE.into())
            .and_then(|it| i64::try_from(it).ok())
            .unwrap_or(i64::MAX)
    }

    fn gallons(&self) -> Fixed<12, 3> {
        Fixed::from_ratio(self.volume, i128::from(GALLON_US) / 1000).unwrap_or(Fixed::MAX)
    }

    fn mpg(&self) -> Option<Fixed<16, 2>> {
        Fixed::from_ratio(
            self.interval.checked_mul(100 * i128::from(GALLON_US))?,
            self.interval_volume.checked_mul(MILE.into())?,
        )
    }

    fn total_cost(&self) -> Fixed<18, 3> {
        i64::try_from(self.amount).ok().and_then(Fixed::from_units).unwrap_or(Fixed::MAX)
    }

    fn cost_per_mile(&self) -> Option<Fixed<16, 3>> {
        economy::cost_per_mile(self.interval_amount, self.priced_interval)
    }

    fn price_per_gallon(&self) -> Option<Fixed<16, 3>> {
        Fixed::from_ratio(self.volume_amount.checked_mul(GALLON_US.into())?, self.priced_volume)
    }
}

/// The distinct currencies of the rows.
fn currencies<'a>(rows: impl Iterator<Item = &'a MonthlySums>) -> Vec<Currency> {
    let of = rows.filter_map(|it| Currency::stored(it.currency.as_deref()?));
    of.collect::<BTreeSet<_>>().into_iter().collect()
}

fn to_stats(rows: &[MonthlySums]) -> FuelStats {
    let all = Sum::from_rows(rows.iter());
    let codes = currencies(rows.iter());
    let is_one = codes.len() <= 1;
    let sums: Vec<_> = codes
        .iter()
        .map(|currency| {
            let is_of = |it: &&MonthlySums| it.currency.as_deref() == Some(currency.as_str());
            (*currency, Sum::from_rows(rows.iter().filter(is_of)))
        })
        .collect();
    let of_currency = |(currency, sum): &(Currency, Sum)| CurrencyStats {
        currency: *currency,
        total_cost: sum.total_cost(),
        cost_per_mile: sum.cost_per_mile(),
        average_price_per_gallon: sum.price_per_gallon(),
    };
    let cost_of_currency = |(currency, sum): &(Currency, Sum)| {
        let distance = i64::try_from(sum.priced_interval).ok().filter(|it| *it > 0)?;
        let thousandths = i64::try_from(sum.interval_amount).ok()?;
        Some(CostOfDistance { currency: *currency, thousandths, distance })
    };
    FuelStats {
        logs: all.logs,
        confirmed_logs: all.confirmed,
        distance: all.miles(),
        gallons: all.gallons(),
        currency: codes.first().copied().filter(|_| is_one),
        total_cost: is_one.then(|| all.total_cost()),
        average_mpg: all.mpg(),
        best_mpg: rows.iter().filter_map(|it| it.best_mpg).max(),
        worst_mpg: rows.iter().filter_map(|it| it.worst_mpg).min(),
        cost_per_mile: all.cost_per_mile().filter(|_| is_one),
        average_price_per_gallon: all.price_per_gallon().filter(|_| is_one),
        currencies: sums.iter().map(of_currency).collect(),
        first_date: rows.iter().map(|it| it.first_date).min(),
        last_date: rows.iter().map(|it| it.last_date).max(),
        months: rows.chunk_by(|a, b| a.month == b.month).map(to_month_stats).collect(),
        exact: ExactStats {
            known: to_interval(Some(all.interval), Some(all.interval_volume)),
            costs: sums.iter().filter_map(cost_of_currency).collect(),
            ..ExactStats::default()
        },
    }
}

/// Combines the rows of one month, one or more for each currency.
fn to_month_stats(rows: &[MonthlySums]) -> MonthStats {
    let (sum, codes) = (Sum::from_rows(rows.iter()), currencies(rows.iter()));
    let is_one = codes.len() <= 1;
    MonthStats {
        month: rows.first().map(|it| it.month.clone()).unwrap_or_default(),
        distance: sum.miles(),
        gallons: sum.gallons(),
        currency: codes.first().copied().filter(|_| is_one),
        total_cost: is_one.then(|| sum.total_cost()),
        average_mpg: sum.mpg(),
        logs: sum.logs,
        confirmed_logs: sum.confirmed,
    }
}

/// Converts a sum of intervals. Returns `None` if there are none.
fn to_interval(distance: Option<i128>, volume: Option<i128>) -> Option<Interval> {
    let positive = |it: Option<i128>| i64::try_from(it?).ok().filter(|it| *it > 0);
    Some(Interval { distance: positive(distance)?, volume: positive(volume)?, cost: None })
}
