//! The SQL statements for fuel logs. Every statement filters by user.

mod prices;
mod sums;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;

use super::{
    FuelLog, FuelLogId, FuelType,
    model::{Mileage, Position},
    window::{Neighbor, Recomputed},
};
use crate::{
    core::{
        UserId,
        db::Tx,
        http::Limit,
        money::{Currency, SumOfThousandths, Thousandths},
        units::{Distance, DistanceUnit, Volume},
    },
    features::vehicles::VehicleId,
    sql,
};

pub(super) use prices::{last_prices_paid, prices_paid_at};
pub use sums::ClosedInterval;
pub(super) use sums::{
    MonthlySums, confirmed_days, intervals_with_mpg, latest_intervals, latest_intervals_by_vehicle,
    monthly_sums, sums_by_vehicle,
};

/// The first and the last day of a range.
pub(super) type Days = (NaiveDate, NaiveDate);

pub(super) async fn insert(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    let interval = log.exact.interval;
    sql!(
        tx,
        execute,
        "INSERT INTO fuel_logs
           (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost,
            station_name, notes, created_at, updated_at, is_full, missed_previous,
            odometer_exact, odometer_unit, total_exact, trip_exact, trip_unit,
            volume_exact, volume_unit, unit_price, unit_price_per, amount, currency, derived,
            confirmed, distance_exact, interval_exact, interval_volume, interval_amount, mpg,
            economy_reason, station_id, fuel_type)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13,
                 $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
                 $27, $28, $29, $30, $31, $32, $33, $34)",
        log.id,
        user.as_str(),
        log.vehicle_id,
        log.date,
        reference_reading(log.mileage),
        log.reference_gallons(),
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.created_at,
        log.is_full,
        log.missed_previous,
        log.mileage.odometer,
        log.odometer.map(|it| it.unit().as_str()),
        log.mileage.total,
        log.trip_distance.map(Distance::exact),
        log.trip_distance.map(|it| it.unit().as_str()),
        log.volume.map(Volume::exact),
        log.volume.map(|it| it.unit().as_str()),
        log.unit_price.map(|it| it.value),
        log.unit_price.map(|it| it.per.as_str()),
        log.amount.and_then(|it| Thousandths::from_units(it.thousandths)),
        log.currency.as_ref().map(Currency::as_str),
        log.derived.as_str(),
        stored_words(&log.confirmed),
        log.exact.distance,
        interval.map(|it| it.distance),
        interval.map(|it| it.volume),
        interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
        log.mpg,
        log.economy_reason.map(super::economy::NoEconomyReason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
    Ok(())
}

/// The value of the reference schema's column: the reading or, if there is none, the last known
/// reading.
fn reference_reading(mileage: Mileage) -> i32 {
    Distance::from_exact(mileage.odometer, DistanceUnit::Miles).whole_miles()
}

fn stored_words(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    let interval = log.exact.interval;
    sql!(
        tx,
        execute,
        "UPDATE fuel_logs
         SET vehicle_id = $3, date = $4, odometer_reading = $5, gallons = $6,
             price_per_gallon = $7, total_cost = $8, station_name = $9, notes = $10,
             updated_at = $11, is_full = $12, missed_previous = $13, odometer_exact = $14,
             odometer_unit = $15, total_exact = $16, trip_exact = $17, trip_unit = $18,
             volume_exact = $19, volume_unit = $20, unit_price = $21, unit_price_per = $22,
             amount = $23, currency = $24, derived = $25, confirmed = $26, distance_exact = $27,
             interval_exact = $28, interval_volume = $29, interval_amount = $30, mpg = $31,
             economy_reason = $32, station_id = $33, fuel_type = $34
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        log.id,
        log.vehicle_id,
        log.date,
        reference_reading(log.mileage),
        log.reference_gallons(),
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.updated_at,
        log.is_full,
        log.missed_previous,
        log.mileage.odometer,
        log.odometer.map(|it| it.unit().as_str()),
        log.mileage.total,
        log.trip_distance.map(Distance::exact),
        log.trip_distance.map(|it| it.unit().as_str()),
        log.volume.map(Volume::exact),
        log.volume.map(|it| it.unit().as_str()),
        log.unit_price.map(|it| it.value),
        log.unit_price.map(|it| it.per.as_str()),
        log.amount.and_then(|it| Thousandths::from_units(it.thousandths)),
        log.currency.as_ref().map(Currency::as_str),
        log.derived.as_str(),
        stored_words(&log.confirmed),
        log.exact.distance,
        interval.map(|it| it.distance),
        interval.map(|it| it.volume),
        interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
        log.mpg,
        log.economy_reason.map(super::economy::NoEconomyReason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
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
        economy.interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
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
        "SELECT f.id, f.vehicle_id, f.date, f.odometer_exact, f.odometer_unit, f.total_exact, f.trip_exact, f.trip_unit,
       f.volume_exact, f.volume_unit, f.unit_price, f.unit_price_per, f.amount, f.currency, f.derived, f.confirmed,
       f.fuel_type, f.station_name, f.station_id, f.notes, f.created_at, f.updated_at, f.is_full, f.missed_previous,
       f.distance_exact, f.interval_exact, f.interval_volume, f.interval_amount, f.economy_reason
     FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND f.id = $2 AND v.deleted_at IS NULL",
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
pub(super) const LIST_FOR_VEHICLE: &str = "SELECT f.id, f.vehicle_id, f.date, f.odometer_exact, f.odometer_unit, f.total_exact, f.trip_exact, f.trip_unit,
       f.volume_exact, f.volume_unit, f.unit_price, f.unit_price_per, f.amount, f.currency, f.derived, f.confirmed,
       f.fuel_type, f.station_name, f.station_id, f.notes, f.created_at, f.updated_at, f.is_full, f.missed_previous,
       f.distance_exact, f.interval_exact, f.interval_volume, f.interval_amount, f.economy_reason
     FROM fuel_logs f
     JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
     WHERE f.vehicle_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
       AND (f.date, f.total_exact, f.id) < ($3, $4, $5)
       AND f.date >= $6 AND f.date <= $7
     ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
     LIMIT $8";

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
        "SELECT f.id, f.vehicle_id, f.date, f.odometer_exact, f.odometer_unit, f.total_exact, f.trip_exact, f.trip_unit,
       f.volume_exact, f.volume_unit, f.unit_price, f.unit_price_per, f.amount, f.currency, f.derived, f.confirmed,
       f.fuel_type, f.station_name, f.station_id, f.notes, f.created_at, f.updated_at, f.is_full, f.missed_previous,
       f.distance_exact, f.interval_exact, f.interval_volume, f.interval_amount, f.economy_reason
     FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND v.deleted_at IS NULL
           AND (f.date, f.total_exact, f.id) < ($2, $3, $4)
           AND f.date >= $5 AND f.date <= $6
         ORDER BY f.date DESC, f.total_exact DESC, f.id DESC
         LIMIT $7",
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
        "SELECT id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency,
                is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount,
                economy_reason
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, total_exact, id) < ($3, $4, $5)
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT $7",
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
        "SELECT id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency,
                is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount,
                economy_reason
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, total_exact, id) > ($3, $4, $5)
         ORDER BY date, total_exact, id
         LIMIT $7",
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
        "SELECT id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency,
                is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount,
                economy_reason
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $4 AND date < $3
           AND odometer_unit IS NOT NULL
         ORDER BY date DESC, total_exact DESC, id DESC
         LIMIT 1",
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
        "SELECT id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency,
                is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount,
                economy_reason
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $4 AND date > $3
           AND odometer_unit IS NOT NULL
         ORDER BY date, total_exact, id
         LIMIT 1",
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
        "SELECT id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency,
                is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount,
                economy_reason
         FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2
         ORDER BY date, total_exact, id",
        user.as_str(),
        vehicle,
    )
}
