//! What fill-ups add up to, in the database.

use chrono::NaiveDate;
use sqlx::Result;

use crate::{
    core::{
        UserId,
        db::{Tx, fixed::Fixed},
    },
    features::{
        fuel_logs::{
            Interval,
            economy::{SumOfCost, SumOfGallons},
        },
        vehicles::VehicleId,
    },
    sql,
};

/// One month's sums. A sum over nothing is none.
#[derive(Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the month's own name")]
pub(in crate::features::fuel_logs) struct Month {
    /// `2026-01`.
    pub(in crate::features::fuel_logs) month: String,
    pub(in crate::features::fuel_logs) logs: i64,
    pub(in crate::features::fuel_logs) first_date: NaiveDate,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    pub(in crate::features::fuel_logs) distance: Option<i64>,
    pub(in crate::features::fuel_logs) gallons: Option<SumOfGallons>,
    pub(in crate::features::fuel_logs) total_cost: Option<SumOfCost>,
    /// The gallons whose cost is known.
    pub(in crate::features::fuel_logs) priced_gallons: Option<SumOfGallons>,
    /// Over the intervals that close in the month.
    pub(in crate::features::fuel_logs) interval_distance: Option<i64>,
    pub(in crate::features::fuel_logs) interval_gallons: Option<SumOfGallons>,
    pub(in crate::features::fuel_logs) interval_cost: Option<SumOfCost>,
    /// The miles of those whose cost is known.
    pub(in crate::features::fuel_logs) priced_distance: Option<i64>,
    pub(in crate::features::fuel_logs) best_mpg: Option<Fixed<16, 2>>,
    pub(in crate::features::fuel_logs) worst_mpg: Option<Fixed<16, 2>>,
}

/// The vehicle's sums by month, the earliest first.
pub(in crate::features::fuel_logs) async fn months(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<Month>> {
    sql!(
        tx,
        fetch_all,
        "SELECT SUBSTR(CAST(date AS TEXT), 1, 7) AS month,
                COUNT(*) AS logs,
                MIN(date) AS first_date,
                MAX(date) AS last_date,
                SUM(trip_distance) AS distance,
                SUM(gallons) AS gallons,
                SUM(total_cost) AS total_cost,
                SUM(CASE WHEN total_cost IS NOT NULL THEN gallons END) AS priced_gallons,
                SUM(interval_distance) AS interval_distance,
                SUM(interval_gallons) AS interval_gallons,
                SUM(interval_cost) AS interval_cost,
                SUM(CASE WHEN interval_cost IS NOT NULL THEN interval_distance END)
                  AS priced_distance,
                MAX(mpg) AS best_mpg,
                MIN(mpg) AS worst_mpg
         FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1
         GROUP BY 1
         ORDER BY 1",
        user.as_str(),
        vehicle,
    )
}

#[derive(sqlx::FromRow)]
struct Chart {
    date: NaiveDate,
    interval_distance: i32,
    interval_gallons: SumOfGallons,
}

/// The vehicle's latest known intervals with the days they closed on, the earliest first.
pub(in crate::features::fuel_logs) async fn intervals(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    most: i64,
) -> Result<Vec<(NaiveDate, Interval)>> {
    let rows: Vec<Chart> = sql!(
        tx,
        fetch_all,
        "SELECT date, interval_distance, interval_gallons FROM fuel_logs
         WHERE vehicle_id = $2 AND user_id = $1 AND interval_distance IS NOT NULL
         ORDER BY date DESC, odometer_reading DESC, id DESC
         LIMIT $3",
        user.as_str(),
        vehicle,
        most,
    )?;
    let interval = |row: Chart| {
        let (distance, gallons) = (row.interval_distance, row.interval_gallons);
        (row.date, Interval { distance, gallons, cost: None })
    };
    Ok(rows.into_iter().rev().map(interval).collect())
}

/// What all of a vehicle's logs add up to. A sum over nothing is none.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::features::fuel_logs) struct Sums {
    pub(in crate::features::fuel_logs) vehicle_id: VehicleId,
    pub(in crate::features::fuel_logs) last_date: NaiveDate,
    pub(in crate::features::fuel_logs) interval_distance: Option<i64>,
    pub(in crate::features::fuel_logs) interval_gallons: Option<SumOfGallons>,
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
                SUM(interval_distance) AS interval_distance,
                SUM(interval_gallons) AS interval_gallons
         FROM fuel_logs
         WHERE user_id = $1
         GROUP BY vehicle_id",
        user.as_str(),
    )
}

#[derive(sqlx::FromRow)]
struct Latest {
    vehicle_id: VehicleId,
    interval_distance: i32,
    interval_gallons: SumOfGallons,
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
        "SELECT vehicle_id, interval_distance, interval_gallons
         FROM (SELECT vehicle_id, interval_distance, interval_gallons,
                      ROW_NUMBER() OVER (
                        PARTITION BY vehicle_id
                        ORDER BY date DESC, odometer_reading DESC, id DESC
                      ) AS place
               FROM fuel_logs
               WHERE user_id = $1 AND interval_distance IS NOT NULL) AS placed
         WHERE place <= $2
         ORDER BY vehicle_id, place DESC",
        user.as_str(),
        most_each,
    )?;
    let interval = |row: Latest| {
        let (distance, gallons) = (row.interval_distance, row.interval_gallons);
        (row.vehicle_id, Interval { distance, gallons, cost: None })
    };
    Ok(rows.into_iter().map(interval).collect())
}
