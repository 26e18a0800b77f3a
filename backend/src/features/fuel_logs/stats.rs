//! What a vehicle's fuel logs add up to.

use std::collections::HashMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    economy::{self, Interval, SumOfCost, SumOfGallons},
    store::{self, Month},
};
use crate::{
    core::{App, Result, UserId, db::fixed::Fixed},
    features::vehicles::{self, VehicleId},
    read_any,
};

/// How many intervals the chart shows at most.
const CHARTED: i64 = 60;

/// What a vehicle's fuel logs add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelStats {
    /// How many there are.
    pub logs: i64,
    /// Miles from fill-up to fill-up.
    pub distance: i64,
    /// US gallons of all of them.
    pub gallons: Fixed<12, 3>,
    /// What they cost, as far as that is known.
    pub total_cost: Fixed<12, 2>,
    /// Miles per US gallon: all known intervals' distance over all their fuel.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// The best interval's.
    pub best_mpg: Option<Fixed<16, 2>>,
    /// The worst interval's.
    pub worst_mpg: Option<Fixed<16, 2>>,
    /// What the fuel for a mile costs, over the known intervals whose cost is known.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// What a US gallon costs, over the fills whose cost is known.
    pub average_price_per_gallon: Option<Fixed<16, 3>>,
    /// The first one's day.
    pub first_date: Option<NaiveDate>,
    /// The last one's day.
    pub last_date: Option<NaiveDate>,
    /// The same by month, the earliest first; an interval counts where it closes.
    pub months: Vec<MonthStats>,
    /// The known intervals' sum, for showing the average in other units.
    #[serde(skip)]
    pub known: Option<Interval>,
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
    /// What they cost, as far as that is known.
    pub total_cost: Fixed<12, 2>,
    /// Miles per US gallon over the intervals that close in it.
    pub average_mpg: Option<Fixed<16, 2>>,
    /// How many there are.
    pub logs: i64,
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
    let (sums, latest) = read_any!(app.db, user, |tx| {
        let sums = store::sums_of_user(&mut tx, user).await?;
        Ok((sums, store::intervals_of_user(&mut tx, user, GLANCED).await?))
    })?;
    let mut summaries: HashMap<_, _> = sums
        .into_iter()
        .map(|it| {
            let gallons = it.interval_gallons.map_or(0, Fixed::units);
            let known = known(it.interval_distance.unwrap_or_default(), gallons);
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
    read_any!(app.db, user, |tx| {
        vehicles::find(&mut tx, user, vehicle).await?;
        Ok(sum(&store::months(&mut tx, user, vehicle).await?))
    })
}

/// The vehicle's latest known intervals with the days they closed on, the earliest first.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn latest_intervals(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<(NaiveDate, Interval)>> {
    read_any!(app.db, user, |tx| Ok(store::intervals(&mut tx, user, vehicle, CHARTED).await?))
}

fn sum(months: &[Month]) -> FuelStats {
    let over = |of: fn(&Month) -> Option<i64>| months.iter().filter_map(of).sum::<i64>();
    let distance = over(|it| it.distance);
    let gallons = over(|it| it.gallons.map(Fixed::units));
    let total_cost = over(|it| it.total_cost.map(Fixed::units));
    let priced_gallons = over(|it| it.priced_gallons.map(Fixed::units));
    let interval_distance = over(|it| it.interval_distance);
    let interval_gallons = over(|it| it.interval_gallons.map(Fixed::units));
    let interval_cost = over(|it| it.interval_cost.map(Fixed::units));
    let priced_distance = over(|it| it.priced_distance);
    FuelStats {
        logs: months.iter().map(|it| it.logs).sum(),
        distance,
        gallons: SumOfGallons::from_units(gallons).unwrap_or(SumOfGallons::MAX),
        total_cost: SumOfCost::from_units(total_cost).unwrap_or(SumOfCost::MAX),
        average_mpg: mpg(interval_distance, interval_gallons),
        best_mpg: months.iter().filter_map(|it| it.best_mpg).max(),
        worst_mpg: months.iter().filter_map(|it| it.worst_mpg).min(),
        cost_per_mile: economy::cost_per_mile(interval_cost.into(), priced_distance.into()),
        // Cents over thousandths of a gallon, in thousandths.
        average_price_per_gallon: Fixed::from_ratio(
            i128::from(total_cost) * 10_000,
            priced_gallons.into(),
        ),
        first_date: months.iter().map(|it| it.first_date).min(),
        last_date: months.iter().map(|it| it.last_date).max(),
        months: months.iter().map(MonthStats::from).collect(),
        known: known(interval_distance, interval_gallons),
    }
}

/// The sum of known intervals, if there are any.
fn known(miles: i64, thousandths: i64) -> Option<Interval> {
    let distance = i32::try_from(miles).ok().filter(|it| *it > 0)?;
    Some(Interval { distance, gallons: SumOfGallons::from_units(thousandths)?, cost: None })
}

fn mpg(miles: i64, thousandths: i64) -> Option<Fixed<16, 2>> {
    Fixed::from_ratio(i128::from(miles) * 100_000, thousandths.into())
}

impl From<&Month> for MonthStats {
    fn from(month: &Month) -> Self {
        let fuel = month.interval_gallons.map(Fixed::units).unwrap_or_default();
        Self {
            month: month.month.clone(),
            distance: month.distance.unwrap_or_default(),
            gallons: month.gallons.unwrap_or_default(),
            total_cost: month.total_cost.unwrap_or_default(),
            average_mpg: mpg(month.interval_distance.unwrap_or_default(), fuel),
            logs: month.logs,
        }
    }
}
