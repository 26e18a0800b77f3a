//! The SQL statements that sum up fill-ups.
//!
//! Exact distances and volumes are summed in two parts, the millions and the remainder, because the
//! sum of a few very large values does not fit in 64 bits.

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

/// Combines the two parts of a sum. Returns `None` if there were no values.
pub(super) fn join_parts(millions: Option<i64>, rest: Option<i64>) -> Option<i128> {
    Some(i128::from(millions?) * 1_000_000 + i128::from(rest?))
}

/// The sums of one group of fill-ups. Fill-ups are grouped by month, by currency, and by whether
/// they have an amount, a volume and an interval amount. So each sum covers either all fill-ups of
/// the group or none.
#[derive(Debug, sqlx_derive::FromRow)]
pub(in crate::features::fuel_logs) struct MonthlySums {
    /// `2026-01`.
    pub(in crate::features::fuel_logs) month: String,
    pub(in crate::features::fuel_logs) currency: Option<String>,
    pub(in crate::features::fuel_logs) logs: i64,
    /// The number of fill-ups with an implausible value that was confirmed.
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

impl MonthlySums {
    /// The distance between fill-ups, in tenths of a millimeter.
    pub(in crate::features::fuel_logs) fn distance(&self) -> Option<i128> {
        join_parts(self.distance, self.distance_rest)
    }

    /// The volume, in picoliters.
    pub(in crate::features::fuel_logs) fn volume(&self) -> Option<i128> {
        join_parts(self.volume, self.volume_rest)
    }

    /// The volume with a known amount.
    pub(in crate::features::fuel_logs) fn priced_volume(&self) -> Option<i128> {
        self.volume().filter(|_| self.amount.is_some())
    }

    /// The amount with a known volume.
    pub(in crate::features::fuel_logs) fn volume_amount(&self) -> Option<SumOfThousandths> {
        self.amount.filter(|_| self.volume.is_some())
    }

    /// The distance of the intervals that end in the month.
    pub(in crate::features::fuel_logs) fn interval(&self) -> Option<i128> {
        join_parts(self.interval, self.interval_rest)
    }

    /// The volume of those intervals.
    pub(in crate::features::fuel_logs) fn interval_volume(&self) -> Option<i128> {
        join_parts(self.interval_volume, self.interval_volume_rest)
    }

    /// The distance of those intervals with a known amount.
    pub(in crate::features::fuel_logs) fn priced_interval(&self) -> Option<i128> {
        self.interval().filter(|_| self.interval_amount.is_some())
    }
}

/// The vehicle's sums by month and currency, earliest first.
pub(in crate::features::fuel_logs) async fn monthly_sums(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<MonthlySums>> {
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

/// The intervals with this rounded economy that end within `days`. Several can round to the same value.
pub(in crate::features::fuel_logs) async fn intervals_with_mpg(
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

/// The dates of the vehicle's fill-ups with implausible values that were confirmed.
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

#[derive(sqlx_derive::FromRow)]
struct ClosedIntervalRow {
    date: NaiveDate,
    interval_exact: i64,
    interval_volume: i64,
}

/// A known interval and the date on which it ends.
pub type ClosedInterval = (NaiveDate, Interval);

/// The vehicle's latest known intervals, earliest first.
pub(in crate::features::fuel_logs) async fn latest_intervals(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    limit: i64,
) -> Result<Vec<ClosedInterval>> {
    let rows: Vec<ClosedIntervalRow> = sql!(
        tx,
        fetch_all,
        "SELECT date, interval_exact, interval_volume FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND interval_exact IS NOT NULL
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT $3",
        user.as_str(),
        vehicle,
        limit,
    )?;
    let interval = |row: ClosedIntervalRow| {
        let (distance, volume) = (row.interval_exact, row.interval_volume);
        (row.date, Interval { distance, volume, cost: None })
    };
    Ok(rows.into_iter().rev().map(interval).collect())
}

/// The sums of all of a vehicle's logs. A sum is `None` if there are no values.
#[derive(Debug, sqlx_derive::FromRow)]
pub(in crate::features::fuel_logs) struct VehicleSums {
    pub(in crate::features::fuel_logs) vehicle_id: VehicleId,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    interval: Option<i64>,
    interval_rest: Option<i64>,
    interval_volume: Option<i64>,
    interval_volume_rest: Option<i64>,
}

impl VehicleSums {
    /// The distance of the known intervals, in tenths of a millimeter.
    pub(in crate::features::fuel_logs) fn interval(&self) -> Option<i128> {
        join_parts(self.interval, self.interval_rest)
    }

    /// The volume of those intervals, in picoliters.
    pub(in crate::features::fuel_logs) fn interval_volume(&self) -> Option<i128> {
        join_parts(self.interval_volume, self.interval_volume_rest)
    }
}

/// The sums of all of the user's vehicles that have logs.
pub(in crate::features::fuel_logs) async fn sums_by_vehicle(
    tx: &mut Tx,
    user: &UserId,
) -> Result<Vec<VehicleSums>> {
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

#[derive(sqlx_derive::FromRow)]
struct VehicleIntervalRow {
    vehicle_id: VehicleId,
    interval_exact: i64,
    interval_volume: i64,
}

/// The latest known intervals of each of the user's vehicles, earliest first.
pub(in crate::features::fuel_logs) async fn latest_intervals_by_vehicle(
    tx: &mut Tx,
    user: &UserId,
    limit_per_vehicle: i64,
) -> Result<Vec<(VehicleId, Interval)>> {
    let rows: Vec<VehicleIntervalRow> = sql!(
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
        limit_per_vehicle,
    )?;
    let interval = |row: VehicleIntervalRow| {
        let (distance, volume) = (row.interval_exact, row.interval_volume);
        (row.vehicle_id, Interval { distance, volume, cost: None })
    };
    Ok(rows.into_iter().map(interval).collect())
}
