//! The SQL statements for fuel logs. Every statement filters by user.

mod overview;
mod prices;
mod readings;
mod sums;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;

use super::{
    FuelLog, FuelLogId,
    model::{Position, reference_reading, stored_cost},
    window::{Neighbor, Recomputed},
};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    features::vehicles::VehicleId,
    select, sql,
};

pub(super) use overview::{PeriodSums, period_sums};
pub(super) use prices::{last_prices_paid, prices_paid_at};
pub(super) use readings::FuelLogReading;
pub use sums::ClosedInterval;
pub(super) use sums::{
    MonthlySums, confirmed_days, intervals_with_mpg, latest_intervals, latest_intervals_by_vehicle,
    monthly_sums, sums_by_vehicle,
};

/// The first and the last day of a range.
pub(super) type Days = (NaiveDate, NaiveDate);

pub(super) async fn insert(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    log.insert(tx, user).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    log.update(tx, user).await?;
    Ok(())
}

/// Stores the recomputed economy of a fill-up near the changed one.
pub(super) async fn update_economy(
    tx: &mut Tx,
    user: &UserId,
    recomputed: Recomputed,
    now: DateTime<Utc>,
) -> Result<()> {
    let economy = recomputed.economy;
    sql!(
        tx,
        execute,
        "UPDATE fuel_logs
         SET distance_exact = $3, interval_exact = $4, interval_volume = $5, interval_amount = $6,
             mpg = $7, economy_reason = $8, updated_at = $9, odometer_exact = $10,
             total_exact = $11, odometer_reading = $12
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        recomputed.id,
        economy.distance,
        economy.interval.map(|it| it.distance),
        economy.interval.map(|it| it.volume),
        economy.interval.and_then(stored_cost),
        economy.interval.and_then(|it| it.mpg()),
        economy.reason.map(super::economy::NoEconomyReason::as_str),
        now,
        recomputed.mileage.odometer,
        recomputed.mileage.total,
        reference_reading(recomputed.mileage),
    )?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<()> {
    sql!(tx, execute, "DELETE FROM fuel_logs WHERE user_id = $1 AND id = $2", user.as_str(), id,)?;
    Ok(())
}

/// Finds a log, unless its vehicle is in the trash.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Option<FuelLog>> {
    sql!(
        tx,
        fetch_optional,
        select!(FuelLog: "SELECT {f.*}
         FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND f.id = $2 AND v.deleted_at IS NULL"),
        user.as_str(),
        id,
    )
}

/// Finds the vehicle of a log, even if it is in the trash.
pub(super) async fn find_vehicle_id(
    tx: &mut Tx,
    user: &UserId,
    id: FuelLogId,
) -> Result<Option<VehicleId>> {
    let row: Option<(VehicleId,)> = sql!(
        tx,
        fetch_optional,
        "SELECT vehicle_id FROM fuel_logs WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )?;
    Ok(row.map(|it| it.0))
}

/// Uses the index `idx_fuel_logs_vehicle_list`; a test checks the query plan.
pub(super) const LIST_FOR_VEHICLE: &str = select!(FuelLog: "SELECT {f.*}
         FROM fuel_logs f
     JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
     WHERE f.vehicle_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
       AND (f.date, f.total_exact, f.id) < ($3, $4, $5)
       AND f.date >= $6 AND f.date <= $7
     ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
     LIMIT $8");

/// Lists a page of one vehicle's logs before the position `before`, newest first.
pub(super) async fn list_for_vehicle(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    days: Days,
    before: Position,
    limit: Limit,
) -> Result<Vec<FuelLog>> {
    sql!(
        tx,
        fetch_all,
        LIST_FOR_VEHICLE,
        user.as_str(),
        vehicle,
        before.date,
        before.total,
        before.id,
        days.0,
        days.1,
        limit.plus_one(),
    )
}

/// Lists a page of all of the user's logs before the position `before`, newest first.
pub(super) async fn list_for_user(
    tx: &mut Tx,
    user: &UserId,
    days: Days,
    before: Position,
    limit: Limit,
) -> Result<Vec<FuelLog>> {
    sql!(
        tx,
        fetch_all,
        select!(FuelLog: "SELECT {f.*}
         FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND v.deleted_at IS NULL
           AND (f.date, f.total_exact, f.id) < ($2, $3, $4)
           AND f.date >= $5 AND f.date <= $6
         ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
         LIMIT $7"),
        user.as_str(),
        before.date,
        before.total,
        before.id,
        days.0,
        days.1,
        limit.plus_one(),
    )
}

/// Lists the vehicle's logs before `at`, nearest first, without the log `excluded`.
pub(super) async fn list_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    excluded: FuelLogId,
    limit: i64,
) -> Result<Vec<Neighbor>> {
    sql!(
        tx,
        fetch_all,
        select!(Neighbor: "SELECT {*}
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, total_exact, id) < ($3, $4, $5)
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT $7"),
        user.as_str(),
        vehicle,
        at.date,
        at.total,
        at.id,
        excluded,
        limit,
    )
}

/// Lists the vehicle's logs after `at`, nearest first, without the log `excluded`.
pub(super) async fn list_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    excluded: FuelLogId,
    limit: i64,
) -> Result<Vec<Neighbor>> {
    sql!(
        tx,
        fetch_all,
        select!(Neighbor: "SELECT {*}
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, total_exact, id) > ($3, $4, $5)
         ORDER BY date, total_exact, id
         LIMIT $7"),
        user.as_str(),
        vehicle,
        at.date,
        at.total,
        at.id,
        excluded,
        limit,
    )
}

/// Finds the vehicle's nearest log with a reading on an earlier day.
pub(super) async fn find_on_earlier_day(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    excluded: FuelLogId,
) -> Result<Option<Neighbor>> {
    sql!(
        tx,
        fetch_optional,
        select!(Neighbor: "SELECT {*}
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $4 AND date < $3
           AND odometer_unit IS NOT NULL
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT 1"),
        user.as_str(),
        vehicle,
        date,
        excluded,
    )
}

/// Finds the vehicle's nearest log with a reading on a later day.
pub(super) async fn find_on_later_day(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    excluded: FuelLogId,
) -> Result<Option<Neighbor>> {
    sql!(
        tx,
        fetch_optional,
        select!(Neighbor: "SELECT {*}
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $4 AND date > $3
           AND odometer_unit IS NOT NULL
         ORDER BY date, total_exact, id
         LIMIT 1"),
        user.as_str(),
        vehicle,
        date,
        excluded,
    )
}

/// Lists all of the vehicle's logs in order.
pub(super) async fn list_all(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
) -> Result<Vec<Neighbor>> {
    sql!(
        tx,
        fetch_all,
        select!(Neighbor: "SELECT {*}
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2
         ORDER BY date, total_exact, id"),
        user.as_str(),
        vehicle,
    )
}
