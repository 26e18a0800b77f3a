//! What can be done with fuel logs, and the rules for it.

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{
    FuelLog, FuelLogId,
    model::{FuelLogChange, Id, NewFuelLog, Position, price_and_total},
    store,
    window::{self, Window},
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::{self, Tx},
        error::Fault,
        http::{Created, Cursor, IfMatch, Limit, Once, Page},
        input::{Change, Clearable, LongText, Odometer, Text},
    },
    features::{
        stations::{self, StationId},
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    read_any,
};

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Of one vehicle; else of all that are not in the trash.
    pub vehicle: Option<VehicleId>,
    /// Not before this day.
    pub from: Option<NaiveDate>,
    /// Not after this day.
    pub to: Option<NaiveDate>,
    /// Where the page begins.
    pub cursor: Option<Cursor>,
    /// How many at most.
    pub limit: Limit,
}

/// A page of the user's fuel logs, newest first: one statement, whatever the history.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash, `Invalid` for a foreign cursor.
pub async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<FuelLog>> {
    let before = match &listing.cursor {
        Some(cursor) => position(cursor)
            .ok_or_else(|| Error::invalid("cursor", "is not a cursor that this service gave"))?,
        None => Position {
            date: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(),
            odometer: i32::MAX,
            id: FuelLogId(Uuid::max()),
        },
    };
    let from = listing.from.unwrap_or(NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default());
    let days = (from, listing.to.unwrap_or(before.date));
    let limit = listing.limit;
    let rows = read_any!(app.db, user, |tx| {
        let Some(vehicle) = listing.vehicle else {
            return Ok(store::list_of_user(&mut tx, user, days, before, limit).await?);
        };
        let rows = store::list_of_vehicle(&mut tx, user, vehicle, days, before, limit).await?;
        if rows.is_empty() {
            // No logs and no such vehicle are two answers.
            vehicles::find(&mut tx, user, vehicle).await?;
        }
        Ok(rows)
    })?;
    Ok(Page::of(rows, listing.limit, FuelLog::cursor))
}

fn position(cursor: &Cursor) -> Option<Position> {
    let mut parts = cursor.parts();
    let years = 1..=9999;
    let date: NaiveDate =
        parts.next()?.parse().ok().filter(|it: &NaiveDate| years.contains(&it.year()))?;
    let odometer = parts.next()?.parse().ok()?;
    let id = FuelLogId(parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(Position { date, odometer, id })
}

/// The user's fuel log `id`.
pub(super) async fn find(app: &App, user: &UserId, id: FuelLogId) -> Result<FuelLog> {
    let mut tx = app.db.read_for(user).await?;
    find_in(&mut tx, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<FuelLog> {
    match store::find(tx, user, id).await? {
        Some(found) => Ok(found),
        None => Err(missing(tx, user, id).await?),
    }
}

/// Why there is no such log: its vehicle may be in the trash.
async fn missing(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Error> {
    if let Some(vehicle) = store::vehicle_of(tx, user, id).await? {
        vehicles::find(tx, user, vehicle).await?;
    }
    Ok(Error::NotFound("fuel log"))
}

/// Adds a fill-up, and raises the vehicle's odometer with it.
pub(super) async fn add(
    app: &App,
    user: &UserId,
    new: NewFuelLog,
    once: &Once,
) -> Result<Created<FuelLog>> {
    let now = app.clock.now();
    let (price, total) = price_and_total(new.gallons.0, new.price_per_gallon, new.total_cost)
        .map_err(|(field, why)| Error::invalid(field, why))?;
    let mut log = FuelLog {
        id: FuelLogId(Uuid::now_v7()),
        vehicle_id: VehicleId(new.vehicle_id.0),
        date: new.date,
        odometer_reading: new.odometer_reading.0,
        gallons: new.gallons.0,
        price_per_gallon: price,
        total_cost: total,
        fuel_type: new.fuel_type,
        station_name: new.station_name.map(|it| it.0),
        station_id: new.station_id.map(|it| StationId(it.0)),
        notes: new.notes.map(|it| it.0),
        is_full: new.is_full.unwrap_or(true),
        missed_previous: new.missed_previous.unwrap_or(false),
        created_at: now,
        updated_at: now,
        distance: None,
        mpg: None,
        cost_per_mile: None,
        economy_reason: None,
        interval: None,
    };
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    name_station(&mut tx, user, &mut log, None).await?;
    // Held until the commit: two at once would each work out economy without the other.
    let vehicle = hold_vehicle(&mut tx, user, log.vehicle_id).await?;
    let around = window::around(&mut tx, user, vehicle.id, log.position(), log.id).await?;
    if new.allow_odometer_rollback != Some(true) {
        check_order(&mut tx, user, &around, &log).await?;
    }
    let others = around.settle(Some(&mut log));
    store::insert(&mut tx, user, &log).await.map_err(no_station)?;
    for (id, figures) in others {
        store::update_figures(&mut tx, user, id, figures, now).await?;
    }
    vehicles::raise_odometer(&mut tx, user, &vehicle, log.odometer_reading, now).await?;
    let created = once.keep(&mut tx, user, format!("/api/fuel-logs/{}", log.id), &log).await?;
    vehicles::commit(app, user, tx).await?;
    Ok(created)
}

/// Changes a fill-up, and whatever its change touches.
pub(super) async fn change(
    app: &App,
    user: &UserId,
    id: FuelLogId,
    change: FuelLogChange,
    if_match: &IfMatch,
) -> Result<FuelLog> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    let target = match change.vehicle_id {
        Change::Keep => None,
        Change::Set(id) => Some(VehicleId(id.0)),
    };
    let (old, vehicle) = hold_log(&mut tx, user, id, target).await?;
    if_match.check(&old)?;
    let may_roll_back = change.allow_odometer_rollback == Some(true);
    let is_named = !matches!(change.station_name, Clearable::Keep);
    let mut log = apply(change, old.clone())?;
    log.updated_at = now;
    if !is_named {
        name_station(&mut tx, user, &mut log, Some(&old)).await?;
    }
    let has_moved = log.vehicle_id != old.vehicle_id || log.position() != old.position();
    if has_moved {
        let around = window::around(&mut tx, user, old.vehicle_id, old.position(), id).await?;
        for (id, figures) in around.settle(None) {
            store::update_figures(&mut tx, user, id, figures, now).await?;
        }
    }
    let around = window::around(&mut tx, user, log.vehicle_id, log.position(), id).await?;
    if has_moved && !may_roll_back {
        check_order(&mut tx, user, &around, &log).await?;
    }
    let others = around.settle(Some(&mut log));
    store::update(&mut tx, user, &log).await.map_err(no_station)?;
    for (id, figures) in others {
        store::update_figures(&mut tx, user, id, figures, now).await?;
    }
    vehicles::raise_odometer(&mut tx, user, &vehicle, log.odometer_reading, now).await?;
    vehicles::commit(app, user, tx).await?;
    Ok(log)
}

/// Removes a fill-up for good.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: FuelLogId,
    if_match: &IfMatch,
) -> Result<FuelLog> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    let (log, vehicle) = hold_log(&mut tx, user, id, None).await?;
    if_match.check(&log)?;
    store::delete(&mut tx, user, id).await?;
    let around = window::around(&mut tx, user, vehicle.id, log.position(), id).await?;
    for (id, figures) in around.settle(None) {
        store::update_figures(&mut tx, user, id, figures, now).await?;
    }
    vehicles::commit(app, user, tx).await?;
    Ok(log)
}

/// The log as it is once its vehicle is held, and the vehicle that it goes to: `target`, else its
/// own. Two are held in the order of their ids, lest two requests wait for each other.
async fn hold_log(
    tx: &mut Tx,
    user: &UserId,
    id: FuelLogId,
    target: Option<VehicleId>,
) -> Result<(FuelLog, Vehicle)> {
    // While this waits for its vehicle, the log may go to another.
    for _ in 0..3 {
        let own = find_in(tx, user, id).await?.vehicle_id;
        let target = target.unwrap_or(own);
        let (first, second) = (own.min(target), own.max(target));
        let mut goes_to = None;
        for held in if first == second { vec![first] } else { vec![first, second] } {
            let vehicle = if held == own {
                vehicles::hold(tx, user, held).await?
            } else {
                hold_vehicle(tx, user, held).await?
            };
            if held == target {
                goes_to = Some(vehicle);
            }
        }
        let log = find_in(tx, user, id).await?;
        if let Some(vehicle) = goes_to.filter(|_| log.vehicle_id == own) {
            return Ok((log, vehicle));
        }
    }
    Err(Error::Unavailable)
}

/// A fill-up at a station that is known here has the station's name, unless it says another.
async fn name_station(
    tx: &mut Tx,
    user: &UserId,
    log: &mut FuelLog,
    old: Option<&FuelLog>,
) -> Result<()> {
    let Some(station) = log.station_id else { return Ok(()) };
    let is_new = old.is_none_or(|old| old.station_id != log.station_id);
    if is_new {
        let name = stations::name_of(tx, user, station).await?;
        let name = name.ok_or_else(|| Error::invalid("stationId", NO_STATION))?;
        if old.is_some() || log.station_name.is_none() {
            log.station_name = Some(name);
        }
    }
    Ok(())
}

const NO_STATION: &str = "is not a station that is known here";

/// The only row that a fill-up refers to and that nothing holds is its station.
pub(super) fn no_station(error: sqlx::Error) -> Error {
    if db::is_foreign_key_violation(&error) {
        Error::invalid("stationId", NO_STATION)
    } else {
        error.into()
    }
}

/// A vehicle that a body names: one that is not the user's is a fault of that field.
async fn hold_vehicle(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    vehicles::hold(tx, user, id).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("vehicleId", "is not a vehicle of yours"),
        Error::InTrash { vehicle, .. } => {
            Error::Invalid(vec![Fault::in_trash("vehicleId", vehicle)])
        }
        other => other,
    })
}

/// The fill-up that a reading runs backwards from or to.
pub(super) struct Contradiction {
    pub(super) other: FuelLog,
    /// Whether it lies before the reading's day; else after.
    pub(super) is_before: bool,
}

/// Whether a reading on a day, in miles, runs backwards among the vehicle's fill-ups without the
/// one that is `except`.
pub(super) async fn contradiction(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
    (date, odometer): (NaiveDate, i32),
    except: Option<FuelLogId>,
) -> Result<Option<Contradiction>> {
    let id = except.unwrap_or(FuelLogId(Uuid::max()));
    let at = Position { date, odometer, id };
    let mut tx = app.db.read_for(user).await?;
    Ok(find_contradiction(&window::around(&mut tx, user, vehicle, at, id).await?, at))
}

/// Holds a reading against the nearest days before and after.
fn find_contradiction(around: &Window, at: Position) -> Option<Contradiction> {
    match (around.day_before(at), around.day_after(at)) {
        (Some(before), _) if before.odometer_reading > at.odometer => {
            Some(Contradiction { other: before.clone(), is_before: true })
        }
        (_, Some(after)) if after.odometer_reading < at.odometer => {
            Some(Contradiction { other: after.clone(), is_before: false })
        }
        _ => None,
    }
}

/// Refuses a reading that runs backwards between the nearest days before and after, unless the
/// odometer was replaced in between.
async fn check_order(tx: &mut Tx, user: &UserId, around: &Window, log: &FuelLog) -> Result<()> {
    let Some(Contradiction { other, is_before }) = find_contradiction(around, log.position())
    else {
        return Ok(());
    };
    let days = (other.date, log.date);
    if odometer::is_replaced_between(tx, user, log.vehicle_id, days).await? {
        return Ok(());
    }
    let (relation, side) = if is_before { ("less than", "before") } else { ("more than", "after") };
    let detail = format!(
        "is {relation} the {} miles of the fill-up {side} it, on {} (fuel log {})",
        other.odometer_reading, other.date, other.id
    );
    Err(Error::Invalid(vec![Fault {
        kind: Some("odometer-order"),
        fuel_log: Some(other.id.0),
        ..Fault::at("odometerReading", detail)
    }]))
}

/// The log after the change; what it says about economy is not worked out yet.
fn apply(change: FuelLogChange, log: FuelLog) -> Result<FuelLog> {
    let gallons = match change.gallons {
        Change::Keep => log.gallons,
        Change::Set(volume) => volume.0,
    };
    // What was worked out is worked out again; what was given stays until it is mentioned.
    let (price, total) = (log.price_per_gallon, log.total_cost);
    let was_worked_out = price_and_total(log.gallons, price, None)
        .is_ok_and(|it| it == (price, total))
        || price_and_total(log.gallons, None, total).is_ok_and(|it| it == (price, total));
    let derive = |price, total| {
        price_and_total(gallons, price, total).map_err(|(field, why)| Error::invalid(field, why))
    };
    let (price_per_gallon, total_cost) = match (change.price_per_gallon, change.total_cost) {
        (Clearable::Keep, Clearable::Keep) if gallons == log.gallons => (price, total),
        (Clearable::Keep, Clearable::Keep) if was_worked_out => derive(price, None)?,
        (Clearable::Set(price), Clearable::Keep) if was_worked_out => derive(Some(price), None)?,
        (Clearable::Keep, Clearable::Set(total)) if was_worked_out => derive(None, Some(total))?,
        (new_price, new_total) => (new_price.or(price), new_total.or(total)),
    };
    Ok(FuelLog {
        vehicle_id: match change.vehicle_id {
            Change::Keep => log.vehicle_id,
            Change::Set(id) => VehicleId(id.0),
        },
        date: change.date.or(log.date),
        odometer_reading: change.odometer_reading.or(Odometer(log.odometer_reading)).0,
        gallons,
        price_per_gallon,
        total_cost,
        fuel_type: change.fuel_type.or(log.fuel_type),
        station_name: change.station_name.or(log.station_name.map(Text)).map(|it| it.0),
        station_id: change
            .station_id
            .or(log.station_id.map(|it| Id(it.0)))
            .map(|it| StationId(it.0)),
        notes: change.notes.or(log.notes.map(LongText)).map(|it| it.0),
        is_full: change.is_full.or(log.is_full),
        missed_previous: change.missed_previous.or(log.missed_previous),
        ..log
    })
}
