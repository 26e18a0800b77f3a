//! The latest readings of vehicles, and their running totals.

use std::{cmp::Ordering, collections::HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::{nearby::last_before, replacements};
use crate::{
    core::{
        Result, UserId,
        db::Tx,
        http::SortKey as _,
        units::{Distance, MILE, whole_miles},
    },
    features::vehicles::{
        Vehicle, VehicleId,
        contribution::reading_sources,
        odometer::{Position, Replacement, Replacements, store},
    },
};

/// Recomputes the vehicle's odometer from its readings: the latest by date, and within a day the highest
/// running total. Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn refresh(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    now: DateTime<Utc>,
) -> Result<()> {
    let replaced = replacements(tx, user, vehicle.id).await?;
    let last = last_before(tx, user, vehicle.id, Position::last(), None, &replaced).await?;
    let last = last.map(|it| (it.date, it.reading));
    if last != vehicle.odometer.latest() {
        store::set_odometer(tx, user, vehicle.id, last, now).await?;
    }
    Ok(())
}

/// Like [`refresh`], but only for an added reading, with no other change. It needs at most one statement,
/// unless the vehicle's latest reading is of the same day.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn refresh_after_insert(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    date: NaiveDate,
    reading: Distance,
    now: DateTime<Utc>,
) -> Result<()> {
    let is_latest = match vehicle.odometer.latest() {
        Some((last, _)) if last > date => false,
        Some((last, latest)) if last == date => {
            let replaced = replacements(tx, user, vehicle.id).await?;
            replaced.compare(date, reading.exact(), latest.exact()) == Ordering::Greater
        }
        _ => true,
    };
    if is_latest {
        store::set_odometer(tx, user, vehicle.id, Some((date, reading)), now).await?;
    }
    Ok(())
}

/// The running total in miles for a reading of `reading` miles on `date`, within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn running_total(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, reading): (NaiveDate, i32),
) -> Result<i32> {
    let replaced = replacements(tx, user, vehicle).await?;
    Ok(miles(replaced.total(date, i64::from(reading) * MILE)))
}

/// The vehicle's running total at its latest reading, in tenths of a millimeter; 0 for a vehicle without
/// readings. Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn current_running_total(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<i64> {
    let Some((date, reading)) = vehicle.odometer.latest() else { return Ok(0) };
    let replaced = replacements(tx, user, vehicle.id).await?;
    Ok(replaced.total(date, reading.exact()))
}

fn miles(exact: i64) -> i32 {
    i32::try_from(whole_miles(exact.max(0))).unwrap_or(i32::MAX)
}

/// A vehicle's latest odometer readings.
#[derive(Debug, Default)]
pub struct RecentReadings {
    /// Dates and running totals in tenths of a millimeter, in no particular order.
    pub readings: Vec<(NaiveDate, i64)>,
    /// Whether an odometer was ever replaced. If so, the vehicle's latest reading is not its running total.
    pub is_replaced: bool,
}

/// The latest odometer readings of each of the user's vehicles, up to `limit_each` per source. Runs within
/// the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn recent_readings(
    tx: &mut Tx,
    user: &UserId,
    limit_each: i64,
) -> Result<HashMap<VehicleId, RecentReadings>> {
    let mut replaced: HashMap<VehicleId, Vec<Replacement>> = HashMap::new();
    for (vehicle, replacement) in store::all_replacements(tx, user).await? {
        replaced.entry(vehicle).or_default().push(replacement);
    }
    let replaced: HashMap<_, _> =
        replaced.into_iter().map(|(vehicle, all)| (vehicle, Replacements::new(all))).collect();
    let mut recent: HashMap<VehicleId, RecentReadings> = HashMap::new();
    for source in reading_sources() {
        for (vehicle, date, reading) in (source.latest)(tx, user, limit_each).await? {
            let replacements = replaced.get(&vehicle);
            let entry = recent.entry(vehicle).or_default();
            entry.is_replaced = replacements.is_some();
            entry.readings.push((date, replacements.map_or(reading, |it| it.total(date, reading))));
        }
    }
    Ok(recent)
}
