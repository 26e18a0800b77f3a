//! Fuel logs in the database. Every statement names the user it is for.

mod prices;
mod sums;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;

use super::{
    FuelLog, FuelLogId, FuelType,
    economy::Figures,
    model::{Position, Row},
};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    features::vehicles::VehicleId,
    sql,
};

pub(super) use prices::{last_paid, paid_at};
pub(super) use sums::{Month, intervals, intervals_of_user, months, sums_of_user};

/// From which day to which, both included.
pub(super) type Days = (NaiveDate, NaiveDate);

pub(super) async fn insert(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO fuel_logs
           (id, user_id, vehicle_id, date, odometer_reading, gallons, price_per_gallon, total_cost,
            station_name, notes, created_at, updated_at, is_full, missed_previous,
            trip_distance, interval_distance, interval_gallons, interval_cost, mpg, economy_reason,
            station_id, fuel_type)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13,
                 $14, $15, $16, $17, $18, $19, $20, $21)",
        log.id,
        user.as_str(),
        log.vehicle_id,
        log.date,
        log.odometer_reading,
        log.gallons,
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.created_at,
        log.is_full,
        log.missed_previous,
        log.distance,
        log.interval.map(|it| it.distance),
        log.interval.map(|it| it.gallons),
        log.interval.and_then(|it| it.cost),
        log.mpg,
        log.economy_reason.map(super::economy::Reason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, user: &UserId, log: &FuelLog) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE fuel_logs
         SET vehicle_id = $3, date = $4, odometer_reading = $5, gallons = $6,
             price_per_gallon = $7, total_cost = $8, station_name = $9, notes = $10,
             updated_at = $11, is_full = $12, missed_previous = $13, trip_distance = $14,
             interval_distance = $15, interval_gallons = $16, interval_cost = $17, mpg = $18,
             economy_reason = $19, station_id = $20, fuel_type = $21
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        log.id,
        log.vehicle_id,
        log.date,
        log.odometer_reading,
        log.gallons,
        log.price_per_gallon,
        log.total_cost,
        &log.station_name,
        &log.notes,
        log.updated_at,
        log.is_full,
        log.missed_previous,
        log.distance,
        log.interval.map(|it| it.distance),
        log.interval.map(|it| it.gallons),
        log.interval.and_then(|it| it.cost),
        log.mpg,
        log.economy_reason.map(super::economy::Reason::as_str),
        log.station_id,
        log.fuel_type.map(FuelType::as_str),
    )?;
    Ok(())
}

/// Keeps what the log says about economy now.
pub(super) async fn update_figures(
    tx: &mut Tx,
    user: &UserId,
    id: FuelLogId,
    figures: Figures,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE fuel_logs
         SET trip_distance = $3, interval_distance = $4, interval_gallons = $5,
             interval_cost = $6, mpg = $7, economy_reason = $8, updated_at = $9
         WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
        figures.trip,
        figures.interval.map(|it| it.distance),
        figures.interval.map(|it| it.gallons),
        figures.interval.and_then(|it| it.cost),
        figures.interval.and_then(|it| it.mpg()),
        figures.reason.map(super::economy::Reason::as_str),
        now,
    )?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<()> {
    sql!(tx, execute, "DELETE FROM fuel_logs WHERE user_id = $1 AND id = $2", user.as_str(), id,)?;
    Ok(())
}

/// The log, unless its vehicle is in the trash.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Option<FuelLog>> {
    let row: Option<Row> = sql!(
        tx,
        fetch_optional,
        "SELECT f.* FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND f.id = $2 AND v.deleted_at IS NULL",
        user.as_str(),
        id,
    )?;
    Ok(row.map(FuelLog::from))
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
pub(super) const LIST_OF_VEHICLE: &str = "SELECT f.* FROM fuel_logs f
     JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
     WHERE f.vehicle_id = $2 AND f.user_id = $1 AND v.deleted_at IS NULL
       AND (f.date, f.odometer_reading, f.id) < ($3, $4, $5)
       AND f.date >= $6 AND f.date <= $7
     ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
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
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        LIST_OF_VEHICLE,
        user.as_str(),
        vehicle,
        before.date,
        before.odometer,
        before.id,
        days.0,
        days.1,
        limit.and_one(),
    )?;
    Ok(rows.into_iter().map(FuelLog::from).collect())
}

/// At most a page of all the user's logs before `before`, newest first.
pub(super) async fn list_of_user(
    tx: &mut Tx,
    user: &UserId,
    days: Days,
    before: Position,
    limit: Limit,
) -> Result<Vec<FuelLog>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT f.* FROM fuel_logs f
         JOIN vehicles v ON v.id = f.vehicle_id AND v.user_id = f.user_id
         WHERE f.user_id = $1 AND v.deleted_at IS NULL
           AND (f.date, f.odometer_reading, f.id) < ($2, $3, $4)
           AND f.date >= $5 AND f.date <= $6
         ORDER BY f.date DESC, f.odometer_reading DESC, f.id DESC
         LIMIT $7",
        user.as_str(),
        before.date,
        before.odometer,
        before.id,
        days.0,
        days.1,
        limit.and_one(),
    )?;
    Ok(rows.into_iter().map(FuelLog::from).collect())
}

/// The vehicle's next logs before `at`, the nearest first, without the log `except`.
pub(super) async fn some_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
    most: i64,
) -> Result<Vec<FuelLog>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT * FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, odometer_reading, id) < ($3, $4, $5)
         ORDER BY date DESC, odometer_reading DESC, id DESC
         LIMIT $7",
        user.as_str(),
        vehicle,
        at.date,
        at.odometer,
        at.id,
        except,
        most,
    )?;
    Ok(rows.into_iter().map(FuelLog::from).collect())
}

/// The vehicle's next logs after `at`, the nearest first, without the log `except`.
pub(super) async fn some_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
    most: i64,
) -> Result<Vec<FuelLog>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT * FROM fuel_logs
         WHERE user_id = $1 AND vehicle_id = $2 AND id <> $6
           AND (date, odometer_reading, id) > ($3, $4, $5)
         ORDER BY date, odometer_reading, id
         LIMIT $7",
        user.as_str(),
        vehicle,
        at.date,
        at.odometer,
        at.id,
        except,
        most,
    )?;
    Ok(rows.into_iter().map(FuelLog::from).collect())
}
