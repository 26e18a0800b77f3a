//! What fill-ups add up to, in the database.
//!
//! Exact distances and volumes are summed in two parts, the millions and the remainder: the sum of a
//! few very large ones does not fit in 64 bits.

use chrono::NaiveDate;
use sqlx::Result;

use super::Days;
use crate::{
    core::{
        UserId,
        db::{Tx, fixed::Fixed},
        money::SumOfThousandths,
    },
    features::{fuel_logs::Interval, vehicles::VehicleId},
    sql,
};

/// Combines the two parts of a sum; none if there were no values.
fn joined(millions: Option<i64>, rest: Option<i64>) -> Option<i128> {
    Some(i128::from(millions?) * 1_000_000 + i128::from(rest?))
}

/// One month's sums in one currency, or of the fill-ups without a currency; apart for fill-ups with and
/// without an amount, a volume, and an interval's amount. So a sum is none if there were no values, and
/// else a sum of all fill-ups of the row.
#[derive(Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the month's own name")]
pub(in crate::features::fuel_logs) struct Month {
    /// `2026-01`.
    pub(in crate::features::fuel_logs) month: String,
    pub(in crate::features::fuel_logs) currency: Option<String>,
    pub(in crate::features::fuel_logs) logs: i64,
    /// How many have a value that looked wrong and was confirmed.
    pub(in crate::features::fuel_logs) confirmed: i64,
    pub(in crate::features::fuel_logs) first_date: NaiveDate,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    distance: Option<i64>,
    distance_rest: Option<i64>,
    volume: Option<i64>,
    volume_rest: Option<i64>,
    pub(in crate::features::fuel_logs) amount: Option<SumOfThousandths>,
    interval: Option<i64>,
    interval_rest: Option<i64>,
    interval_volume: Option<i64>,
    interval_volume_rest: Option<i64>,
    pub(in crate::features::fuel_logs) interval_amount: Option<SumOfThousandths>,
    pub(in crate::features::fuel_logs) best_mpg: Option<Fixed<16, 2>>,
    pub(in crate::features::fuel_logs) worst_mpg: Option<Fixed<16, 2>>,
}

impl Month {
    /// From fill-up to fill-up, in tenths of a millimeter.
    pub(in crate::features::fuel_logs) fn distance(&self) -> Option<i128> {
        joined(self.distance, self.distance_rest)
    }

    /// In picoliters.
    pub(in crate::features::fuel_logs) fn volume(&self) -> Option<i128> {
        joined(self.volume, self.volume_rest)
    }

    /// The volume whose amount is known.
    pub(in crate::features::fuel_logs) fn priced_volume(&self) -> Option<i128> {
        self.volume().filter(|_| self.amount.is_some())
    }

    /// The amount whose volume is known.
    pub(in crate::features::fuel_logs) fn volume_amount(&self) -> Option<SumOfThousandths> {
        self.amount.filter(|_| self.volume.is_some())
    }

    /// The distance of the intervals that close in the month.
    pub(in crate::features::fuel_logs) fn interval(&self) -> Option<i128> {
        joined(self.interval, self.interval_rest)
    }

    /// The fuel of those intervals.
    pub(in crate::features::fuel_logs) fn interval_volume(&self) -> Option<i128> {
        joined(self.interval_volume, self.interval_volume_rest)
    }

    /// The distance of those intervals whose amount is known.
    pub(in crate::features::fuel_logs) fn priced_interval(&self) -> Option<i128> {
        self.interval().filter(|_| self.interval_amount.is_some())
    }
}

/// The vehicle's sums by month and currency, the earliest first.
pub(in crate::features::fuel_logs) async fn months(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<Month>> {
    sql!(
        tx,
        fetch_all,
        "SELECT SUBSTR(CAST(date AS TEXT), 1, 7) AS month,
                currency,
                COUNT(*) AS logs,
                COUNT(confirmed) AS confirmed,
                MIN(date) AS first_date,
                MAX(date) AS last_date,
                CAST(SUM(distance_exact / 1000000) AS BIGINT) AS distance,
                CAST(SUM(distance_exact % 1000000) AS BIGINT) AS distance_rest,
                CAST(SUM(volume_exact / 1000000) AS BIGINT) AS volume,
                CAST(SUM(volume_exact % 1000000) AS BIGINT) AS volume_rest,
                SUM(amount) AS amount,
                CAST(SUM(interval_exact / 1000000) AS BIGINT) AS interval,
                CAST(SUM(interval_exact % 1000000) AS BIGINT) AS interval_rest,
                CAST(SUM(interval_volume / 1000000) AS BIGINT) AS interval_volume,
                CAST(SUM(interval_volume % 1000000) AS BIGINT) AS interval_volume_rest,
                SUM(interval_amount) AS interval_amount,
                MAX(mpg) AS best_mpg,
                MIN(mpg) AS worst_mpg
         FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1
         GROUP BY 1, 2, amount IS NULL, volume_exact IS NULL, interval_amount IS NULL
         ORDER BY 1, 2",
        user.as_str(),
        vehicle,
    )
}

/// The intervals with this rounded economy that close within `days`: several can round to the same.
pub(in crate::features::fuel_logs) async fn intervals_with(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    mpg: Fixed<16, 2>,
    days: Days,
) -> Result<Vec<Interval>> {
    let rows: Vec<(i64, i64)> = sql!(
        tx,
        fetch_all,
        "SELECT DISTINCT interval_exact, interval_volume FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND date >= $4 AND date <= $5
           AND interval_exact IS NOT NULL AND mpg = $3",
        user.as_str(),
        vehicle,
        mpg,
        days.0,
        days.1,
    )?;
    let interval = |(distance, volume)| Interval { distance, volume, cost: None };
    Ok(rows.into_iter().map(interval).collect())
}

/// The days of the vehicle's fill-ups that have values which looked wrong and were confirmed.
pub(in crate::features::fuel_logs) async fn confirmed_days(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<NaiveDate>> {
    let rows: Vec<(NaiveDate,)> = sql!(
        tx,
        fetch_all,
        "SELECT DISTINCT date FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND confirmed IS NOT NULL
         ORDER BY date",
        user.as_str(),
        vehicle,
    )?;
    Ok(rows.into_iter().map(|it| it.0).collect())
}

#[derive(sqlx::FromRow)]
struct Chart {
    date: NaiveDate,
    interval_exact: i64,
    interval_volume: i64,
}

/// The day that a known interval closed on, and the interval.
pub type Closed = (NaiveDate, Interval);

/// The vehicle's latest known intervals, the earliest first.
pub(in crate::features::fuel_logs) async fn intervals(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    most: i64,
) -> Result<Vec<Closed>> {
    let rows: Vec<Chart> = sql!(
        tx,
        fetch_all,
        "SELECT date, interval_exact, interval_volume FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND interval_exact IS NOT NULL
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT $3",
        user.as_str(),
        vehicle,
        most,
    )?;
    let interval = |row: Chart| {
        let (distance, volume) = (row.interval_exact, row.interval_volume);
        (row.date, Interval { distance, volume, cost: None })
    };
    Ok(rows.into_iter().rev().map(interval).collect())
}

/// What all of a vehicle's logs add up to. A sum over nothing is none.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::features::fuel_logs) struct Sums {
    pub(in crate::features::fuel_logs) vehicle_id: VehicleId,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    interval: Option<i64>,
    interval_rest: Option<i64>,
    interval_volume: Option<i64>,
    interval_volume_rest: Option<i64>,
}

impl Sums {
    /// The distance of the known intervals, in tenths of a millimeter.
    pub(in crate::features::fuel_logs) fn interval(&self) -> Option<i128> {
        joined(self.interval, self.interval_rest)
    }

    /// Their fuel, in picoliters.
    pub(in crate::features::fuel_logs) fn interval_volume(&self) -> Option<i128> {
        joined(self.interval_volume, self.interval_volume_rest)
    }
}

/// The sums of every vehicle of the user's that has logs.
pub(in crate::features::fuel_logs) async fn sums_of_user(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<Sums>> {
    sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id,
                MAX(date) AS last_date,
                CAST(SUM(interval_exact / 1000000) AS BIGINT) AS interval,
                CAST(SUM(interval_exact % 1000000) AS BIGINT) AS interval_rest,
                CAST(SUM(interval_volume / 1000000) AS BIGINT) AS interval_volume,
                CAST(SUM(interval_volume % 1000000) AS BIGINT) AS interval_volume_rest
         FROM fuel_logs
         WHERE user_id = $1
         GROUP BY vehicle_id",
        user.as_str(),
    )
}

#[derive(sqlx::FromRow)]
struct Latest {
    vehicle_id: VehicleId,
    interval_exact: i64,
    interval_volume: i64,
}

/// The latest known intervals of each of the user's vehicles, the earliest first.
pub(in crate::features::fuel_logs) async fn intervals_of_user(
    tx: &mut Tx,
    user: &UserId,
    most_each: i64,
) -> Result<Vec<(VehicleId, Interval)>> {
    let rows: Vec<Latest> = sql!(
        tx,
        fetch_all,
        "SELECT vehicle_id, interval_exact, interval_volume
         FROM (SELECT vehicle_id, interval_exact, interval_volume,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id
                        ORDER BY date DESC, total_exact DESC, id DESC
                      ) AS place
               FROM fuel_logs
               WHERE user_id = $1 AND interval_exact IS NOT NULL) AS placed
         WHERE place <= $2
         ORDER BY vehicle_id, place DESC",
        user.as_str(),
        most_each,
    )?;
    let interval = |row: Latest| {
        let (distance, volume) = (row.interval_exact, row.interval_volume);
        (row.vehicle_id, Interval { distance, volume, cost: None })
    };
    Ok(rows.into_iter().map(interval).collect())
}
