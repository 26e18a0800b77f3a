//! Fuel logs in the database. Every statement names the user it is for.

mod prices;
mod sums;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;

use super::{
    FuelLog, FuelLogId, FuelType,
    model::{Places, Position},
    window::{Near, Recomputed},
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

pub(super) use prices::{last_paid, paid_at};
pub use sums::Closed;
pub(super) use sums::{
    Month, confirmed_days, intervals, intervals_of_user, intervals_with, months, sums_of_user,
};

/// From which day to which, both included.
pub(super) type Days = (NaiveDate, NaiveDate);

pub(super) async fn insert(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    let interval = log.figures.interval;
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
        seed_reading(log.places),
        log.seed_gallons(),
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.created_at,
        log.is_full,
        log.missed_previous,
        log.places.odometer,
        log.odometer.map(|it| it.unit().as_str()),
        log.places.total,
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
        log.figures.distance,
        interval.map(|it| it.distance),
        interval.map(|it| it.volume),
        interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
        log.mpg,
        log.economy_reason.map(super::economy::Reason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
    Ok(())
}

/// The value of the reference schema's column: the reading or, if there is none, the last known one.
fn seed_reading(places: Places) -> i32 {
    Distance::from_exact(places.odometer, DistanceUnit::Miles).whole_miles()
}

fn stored_words(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    let interval = log.figures.interval;
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
        seed_reading(log.places),
        log.seed_gallons(),
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.updated_at,
        log.is_full,
        log.missed_previous,
        log.places.odometer,
        log.odometer.map(|it| it.unit().as_str()),
        log.places.total,
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
        log.figures.distance,
        interval.map(|it| it.distance),
        interval.map(|it| it.volume),
        interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
        log.mpg,
        log.economy_reason.map(super::economy::Reason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
    Ok(())
}

/// Stores the figures of another fill-up than the one that is written.
pub(super) async fn update_figures(
    tx: &mut Tx,
    user: &UserId,
    recomputed: Recomputed,
    now: DateTime<Utc>,
) -> Result<()> {
    let figures = recomputed.figures;
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
        figures.distance,
        figures.interval.map(|it| it.distance),
        figures.interval.map(|it| it.volume),
        figures.interval.and_then(|it| SumOfThousandths::from_units(it.cost?.thousandths)),
        figures.interval.and_then(|it| it.mpg()),
        figures.reason.map(super::economy::Reason::as_str),
        now,
        recomputed.places.odometer,
        recomputed.places.total,
        seed_reading(recomputed.places),
    )?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<()> {
    sql!(tx, execute, "DELETE FROM fuel_logs WHERE user_id = $1 AND id = $2", user.as_str(), id,)?;
    Ok(())
}

/// The log, unless its vehicle is in the trash.
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

/// The vehicle of the log, in the trash or not.
pub(super) async fn vehicle_of(
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

/// Read through the vehicle's own index: a test holds the plan.
pub(super) const LIST_OF_VEHICLE: &str = "SELECT f.id, f.vehicle_id, f.date, f.odometer_exact, f.odometer_unit, f.total_exact, f.trip_exact, f.trip_unit,
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

/// At most a page of one vehicle's logs before `before`, newest first.
pub(super) async fn list_of_vehicle(
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
        LIST_OF_VEHICLE,
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

/// At most a page of all the user's logs before `before`, newest first.
pub(super) async fn list_of_user(
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

/// The vehicle's next logs before `at`, the nearest first, without the log `except`.
pub(super) async fn some_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
    most: i64,
) -> Result<Vec<Near>> {
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
        except,
        most,
    )
}

/// The vehicle's next logs after `at`, the nearest first, without the log `except`.
pub(super) async fn some_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
    most: i64,
) -> Result<Vec<Near>> {
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
        except,
        most,
    )
}

/// The vehicle's nearest log of an earlier day that has a reading.
pub(super) async fn day_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: FuelLogId,
) -> Result<Option<Near>> {
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
        except,
    )
}

/// The vehicle's nearest log of a later day that has a reading.
pub(super) async fn day_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: FuelLogId,
) -> Result<Option<Near>> {
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
        except,
    )
}

/// All of the vehicle's logs in order.
pub(super) async fn all(tx: &mut Tx, user: &UserId, vehicle: VehicleId) -> Result<Vec<Near>> {
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
