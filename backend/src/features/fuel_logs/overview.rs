//! The fill-ups of all vehicles at a glance, for the home page: this month and the last, the fuel cost
//! of a distance, and the latest fill-up.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    stats::CostOfDistance,
    store::{self, PeriodSums},
};
use crate::{
    core::{
        Result, UserId,
        db::{Tx, fixed::Fixed},
        money::{Currency, Money},
        months::TwoMonths,
    },
    features::vehicles::VehicleId,
};

/// A vehicle's fill-ups at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FuelOverview {
    /// The number of fill-ups.
    pub logs: i64,
    /// The date of the first fill-up.
    pub first_date: NaiveDate,
    /// The date of the latest fill-up.
    pub last_date: NaiveDate,
    /// What the latest fill-up cost, if known: the currency, and the amount in thousandths.
    last_amount: Option<(Currency, i64)>,
    /// For each currency, the distance and cost of the known intervals with known cost.
    pub costs: Vec<CostOfDistance>,
    /// The current month.
    pub this_month: FuelMonth,
    /// The month before.
    pub last_month: FuelMonth,
}

/// A vehicle's fill-ups of one month.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FuelMonth {
    /// The distance between fill-ups, in tenths of a millimeter.
    pub distance: i64,
    /// The amount in each currency, in thousandths, excluding fill-ups with unknown cost.
    pub amounts: BTreeMap<Currency, i64>,
}

impl FuelOverview {
    /// What the latest fill-up cost, if known.
    #[must_use]
    pub fn last_amount(&self) -> Option<Money> {
        self.last_amount.map(|(currency, thousandths)| Money { thousandths, currency })
    }

    /// The average number of days between fill-ups; `None` with fewer than two.
    #[must_use]
    pub fn days_between(&self) -> Option<i64> {
        let days = self.last_date.signed_duration_since(self.first_date).num_days();
        (self.logs > 1).then(|| days / (self.logs - 1))
    }
}

/// Reads the overviews of the user's vehicles that have fill-ups, with one statement, within the caller's
/// transaction.
///
/// # Errors
/// `Unavailable` if the database can't be reached.
pub async fn overview(
    tx: &mut Tx,
    user: &UserId,
    months: TwoMonths,
) -> Result<HashMap<VehicleId, FuelOverview>> {
    let rows = store::period_sums(tx, user, months).await?;
    let by_vehicle = rows.chunk_by(|a, b| a.vehicle_id == b.vehicle_id);
    Ok(by_vehicle.filter_map(|rows| Some((rows.first()?.vehicle_id, combine(rows)?))).collect())
}

/// Combines the rows of one vehicle.
fn combine(rows: &[PeriodSums]) -> Option<FuelOverview> {
    let month = |period| {
        let rows = || rows.iter().filter(move |it| it.period == period);
        let distance = rows().filter_map(PeriodSums::distance).sum::<i128>();
        FuelMonth {
            distance: i64::try_from(distance).unwrap_or(i64::MAX),
            amounts: rows().filter_map(|it| Some((currency(it)?, it.amount?.units()))).collect(),
        }
    };
    let mut costs: BTreeMap<Currency, (i64, i128)> = BTreeMap::new();
    for row in rows {
        let cost = row.interval_amount.map(Fixed::units).zip(row.priced_interval());
        if let Some((currency, (thousandths, distance))) = currency(row).zip(cost) {
            let sum = costs.entry(currency).or_default();
            *sum = (sum.0.saturating_add(thousandths), sum.1 + distance);
        }
    }
    let costs = costs.into_iter().filter_map(|(currency, (thousandths, distance))| {
        let distance = i64::try_from(distance).ok().filter(|it| *it > 0)?;
        Some(CostOfDistance { currency, thousandths, distance })
    });
    Some(FuelOverview {
        logs: rows.iter().map(|it| it.logs).sum(),
        first_date: rows.iter().map(|it| it.first_date).min()?,
        last_date: rows.iter().map(|it| it.last_date).max()?,
        last_amount: rows.iter().find_map(|it| Some((currency(it)?, it.latest_amount?.units()))),
        costs: costs.collect(),
        this_month: month(2),
        last_month: month(1),
    })
}

fn currency(row: &PeriodSums) -> Option<Currency> {
    Currency::stored(row.currency.as_deref()?)
}
