//! What a vehicle's fuel logs add up to.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    economy::{self, Interval},
    store::{self, Closed, Month},
};
use crate::{
    core::{
        App, Result, UserId,
        db::fixed::{Fixed, divide_rounded},
        money::{Currency, Money},
        units::{GALLON_US, MILE, UnitFormatter},
    },
    features::vehicles::{self, VehicleId},
    read_replica,
};

/// How many intervals the chart shows at most.
const CHARTED: i64 = 60;

/// What a vehicle's fuel logs add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelStats {
    /// How many there are.
    pub logs: i64,
    /// How many have a value that looked wrong and was confirmed.
    pub confirmed_logs: i64,
    /// Miles from fill-up to fill-up.
    pub distance: i64,
    /// US gallons of all of them.
    pub gallons: Fixed<12, 3>,
    /// The currency of every amount here; null where there is none, or more than one.
    pub currency: Option<Currency>,
    /// What they cost, as far as that is known; null where there is more than one currency.
    #[serde(serialize_with = "two_decimals")]
    pub total_cost: Option<Fixed<18, 3>>,
    /// Miles per US gallon: all known intervals' distance over all their fuel.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// The best interval's.
    pub best_mpg: Option<Fixed<16, 2>>,
    /// The worst interval's.
    pub worst_mpg: Option<Fixed<16, 2>>,
    /// The cost of the fuel for a mile, over the known intervals whose cost is known; null where
    /// there is more than one currency.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// The price of a US gallon, over the fills whose cost is known; null where there is more than
    /// one currency.
    pub average_price_per_gallon: Option<Fixed<16, 3>>,
    /// The money of each currency.
    pub currencies: Vec<CurrencyStats>,
    /// The first one's day.
    pub first_date: Option<NaiveDate>,
    /// The last one's day.
    pub last_date: Option<NaiveDate>,
    /// The same by month, the earliest first; an interval counts where it closes.
    pub months: Vec<MonthStats>,
    /// The figures themselves, for showing them in other units without rounding twice.
    #[serde(skip)]
    pub exact: ExactStats,
}

/// Figures that are not rounded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExactStats {
    /// The known intervals' sum.
    pub known: Option<Interval>,
    /// The best interval.
    pub best: Option<Interval>,
    /// The worst interval.
    pub worst: Option<Interval>,
    /// For each currency, the sum of the known intervals whose cost is known, with their cost.
    pub costs: Vec<CostOfDistance>,
    /// The days of fill-ups that have values which looked wrong and were confirmed.
    pub confirmed: Vec<NaiveDate>,
}

/// What a distance cost in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostOfDistance {
    /// The currency.
    pub currency: Currency,
    /// The cost, in thousandths.
    pub thousandths: i64,
    /// In tenths of a millimeter; more than zero.
    pub distance: i64,
}

impl ExactStats {
    /// The cost of the fuel for one unit of distance, in each currency, to the thousandth.
    #[must_use]
    pub fn costs_of_distance(&self, shown: &UnitFormatter) -> Vec<String> {
        let cost = |it: &CostOfDistance| {
            let cost = Money { thousandths: it.thousandths, currency: it.currency };
            shown.exact_cost_of_distance(cost, it.distance)
        };
        self.costs.iter().map(cost).collect()
    }
}

/// What the fuel logs of one currency cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyStats {
    /// The currency.
    pub currency: Currency,
    /// What they cost, as far as that is known.
    #[serde(serialize_with = "two_decimals_at_least")]
    pub total_cost: Fixed<18, 3>,
    /// The cost of the fuel for a mile.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// The price of a US gallon.
    pub average_price_per_gallon: Option<Fixed<16, 3>>,
}

impl CurrencyStats {
    /// What they cost, with the currency.
    #[must_use]
    pub fn spent(&self, shown: &UnitFormatter) -> String {
        shown.amount(Money { thousandths: self.total_cost.units(), currency: self.currency })
    }
}

/// One month's fuel logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthStats {
    /// `2026-01`.
    pub month: String,
    /// Miles from fill-up to fill-up.
    pub distance: i64,
    /// US gallons.
    pub gallons: Fixed<12, 3>,
    /// The currency of what they cost; null where there is none, or more than one.
    pub currency: Option<Currency>,
    /// What they cost, as far as that is known; null where there is more than one currency.
    #[serde(serialize_with = "two_decimals")]
    pub total_cost: Option<Fixed<18, 3>>,
    /// Miles per US gallon over the intervals that close in it.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// How many there are.
    pub logs: i64,
    /// How many have a value that looked wrong and was confirmed.
    pub confirmed_logs: i64,
}

/// What is worth knowing at a glance of one vehicle's fuel logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The last one's day.
    pub last_date: NaiveDate,
    /// The known intervals' sum.
    pub known: Option<Interval>,
    /// The latest known intervals, the earliest first.
    pub latest: Vec<Interval>,
}

/// How many intervals a summary has at most.
const GLANCED: i64 = 16;

/// The summary of every vehicle of the user's that has fuel logs: two statements, however many.
///
/// # Errors
/// Unavailable where the database is away.
pub(super) async fn summaries(app: &App, user: &UserId) -> Result<HashMap<VehicleId, Summary>> {
    let (sums, latest) = read_replica!(app.db, user, |tx| {
        let sums = store::sums_of_user(&mut tx, user).await?;
        Ok((sums, store::intervals_of_user(&mut tx, user, GLANCED).await?))
    })?;
    let mut summaries: HashMap<_, _> = sums
        .into_iter()
        .map(|it| {
            let known = known(it.interval(), it.interval_volume());
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

/// What the user's vehicle's fuel logs add up to.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash.
pub(super) async fn stats(app: &App, user: &UserId, vehicle: VehicleId) -> Result<FuelStats> {
    read_replica!(app.db, user, |tx| {
        vehicles::find(&mut tx, user, vehicle).await?;
        let months = store::months(&mut tx, user, vehicle).await?;
        let mut stats = sum(&months);
        // Only the days of the months that have it are read once more.
        if let Some((mpg, days)) = extreme(stats.best_mpg, &months, |it| it.best_mpg) {
            let best = store::intervals_with(&mut tx, user, vehicle, mpg, days).await?;
            stats.exact.best = best.into_iter().max_by(Interval::compare_economy);
        }
        if let Some((mpg, days)) = extreme(stats.worst_mpg, &months, |it| it.worst_mpg) {
            let worst = store::intervals_with(&mut tx, user, vehicle, mpg, days).await?;
            stats.exact.worst = worst.into_iter().min_by(Interval::compare_economy);
        }
        if stats.confirmed_logs > 0 {
            stats.exact.confirmed = store::confirmed_days(&mut tx, user, vehicle).await?;
        }
        Ok(stats)
    })
}

/// An extreme economy, and from which day to which the intervals that have it close.
fn extreme(
    mpg: Option<Fixed<16, 2>>,
    months: &[Month],
    of: impl Fn(&Month) -> Option<Fixed<16, 2>>,
) -> Option<(Fixed<16, 2>, (NaiveDate, NaiveDate))> {
    let has_it = || months.iter().filter(|it| of(it) == mpg);
    let first = has_it().map(|it| it.first_date).min()?;
    Some((mpg?, (first, has_it().map(|it| it.last_date).max()?)))
}

/// The vehicle's latest known intervals with the days they closed on, the earliest first.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn latest_intervals(app: &App, user: &UserId, vehicle: VehicleId) -> Result<Vec<Closed>> {
    read_replica!(app.db, user, |tx| Ok(store::intervals(&mut tx, user, vehicle, CHARTED).await?))
}

/// Serializes an amount with a third decimal only if that is not zero.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "how serde calls it")]
fn two_decimals_at_least<Z: Serializer>(
    amount: &Fixed<18, 3>,
    serializer: Z,
) -> Result<Z::Ok, Z::Error> {
    match Fixed::<18, 2>::from_units(amount.units() / 10) {
        Some(cents) if amount.units() % 10 == 0 => cents.serialize(serializer),
        _ => amount.serialize(serializer),
    }
}

#[expect(clippy::ref_option, reason = "how serde calls it")]
fn two_decimals<Z: Serializer>(
    amount: &Option<Fixed<18, 3>>,
    serializer: Z,
) -> Result<Z::Ok, Z::Error> {
    match amount {
        Some(amount) => two_decimals_at_least(amount, serializer),
        None => serializer.serialize_none(),
    }
}

/// Sums over several rows.
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
    fn of<'a>(rows: impl Iterator<Item = &'a Month>) -> Self {
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

/// The currencies of these rows.
fn currencies<'a>(rows: impl Iterator<Item = &'a Month>) -> Vec<Currency> {
    let of = rows.filter_map(|it| Currency::stored(it.currency.as_deref()?));
    of.collect::<BTreeSet<_>>().into_iter().collect()
}

fn sum(rows: &[Month]) -> FuelStats {
    let all = Sum::of(rows.iter());
    let codes = currencies(rows.iter());
    let is_one = codes.len() <= 1;
    let sums: Vec<_> = codes
        .iter()
        .map(|currency| {
            let is_of = |it: &&Month| it.currency.as_deref() == Some(currency.as_str());
            (*currency, Sum::of(rows.iter().filter(is_of)))
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
        months: rows.chunk_by(|a, b| a.month == b.month).map(month).collect(),
        exact: ExactStats {
            known: known(Some(all.interval), Some(all.interval_volume)),
            costs: sums.iter().filter_map(cost_of_currency).collect(),
            ..ExactStats::default()
        },
    }
}

/// One month, from its rows for each currency.
fn month(rows: &[Month]) -> MonthStats {
    let (sum, codes) = (Sum::of(rows.iter()), currencies(rows.iter()));
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

/// The sum of known intervals, if there are any.
fn known(distance: Option<i128>, volume: Option<i128>) -> Option<Interval> {
    let positive = |it: Option<i128>| i64::try_from(it?).ok().filter(|it| *it > 0);
    Some(Interval { distance: positive(distance)?, volume: positive(volume)?, cost: None })
}
