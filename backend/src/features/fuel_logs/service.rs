//! What can be done with fuel logs, and the rules for it.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    FuelLog, FuelLogId,
    entered::Entered,
    model::{Derived, Exact, FuelLogChange, Id, NewFuelLog, Places, Position},
    plausible::{self, History},
    store,
    window::{self, Near, Window},
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::{self, Tx},
        error::FieldError,
        http::{Created, Cursor, Idempotency, IfMatch, Limit, Page},
        input::{Change, Clearable, Confirmed, LongText, Text},
        money::Currency,
        units::{Distance, UnitFormatter, day},
    },
    features::{
        accounts::{Preferences, User},
        stations::{self, StationId},
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    read_replica,
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
            total: i64::MAX,
            id: FuelLogId(Uuid::max()),
        },
    };
    let from = listing.from.unwrap_or(NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default());
    let days = (from, listing.to.unwrap_or(before.date));
    let limit = listing.limit;
    let rows = read_replica!(app.db, user, |tx| {
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
    let total = parts.next()?.parse().ok()?;
    let id = FuelLogId(parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(Position { date, total, id })
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

/// The error for a log that was not found: its vehicle may be in the trash.
async fn missing(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Error> {
    if let Some(vehicle) = store::vehicle_of(tx, user, id).await? {
        vehicles::find(tx, user, vehicle).await?;
    }
    Ok(Error::NotFound("fuel log"))
}

/// The parts of a request that decide which values must be confirmed.
struct Asking<'a> {
    entered: &'a Entered,
    /// Whether the request sets the date or the vehicle.
    is_dated: bool,
    /// The member of the request that decides what is driven between the fill-ups.
    moved_by: &'static str,
    /// The vehicle's latest reading before the request.
    latest: Option<(NaiveDate, Distance)>,
    may_roll_back: bool,
    confirmed: Option<&'a Confirmed>,
    preferences: &'a Preferences,
    now: DateTime<Utc>,
}

/// Adds a fill-up and updates the vehicle's odometer.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewFuelLog,
    idempotency: &Idempotency,
) -> Result<Created<FuelLog>> {
    let now = app.clock.now();
    let entered = Entered::of_new(&new).map_err(Error::Invalid)?;
    let mut log = FuelLog {
        id: FuelLogId(Uuid::now_v7()),
        vehicle_id: VehicleId(new.vehicle_id.0),
        date: new.date,
        odometer_reading: None,
        odometer: None,
        trip_distance: None,
        gallons: None,
        volume: None,
        price_per_gallon: None,
        unit_price: None,
        total_cost: None,
        amount: None,
        currency: None,
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
        confirmed: Vec::new(),
        figures: Exact::default(),
        derived: Derived::Nothing,
        places: Places::default(),
    };
    let preferences = &user.0.preferences;
    entered.apply(&mut log, preferred_currency(preferences)).map_err(Error::Invalid)?;
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = idempotency.begin(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    name_station(&mut tx, user, &mut log, None).await?;
    // Locked until the commit: otherwise two concurrent requests would each compute economy without
    // the other's fill-up.
    let vehicle = hold_vehicle(&mut tx, user, log.vehicle_id).await?;
    let window = place(&mut tx, user, &mut log).await?;
    let asking = Asking {
        entered: &entered,
        is_dated: true,
        moved_by: entered.moved_by("date"),
        latest: vehicle.odometer.latest(),
        may_roll_back: new.allow_odometer_rollback == Some(true),
        confirmed: new.confirm.as_ref(),
        preferences,
        now,
    };
    let others = settle(&mut tx, user, &mut log, window, &asking).await?;
    store::insert(&mut tx, user, &log).await.map_err(no_station)?;
    for other in others {
        store::update_figures(&mut tx, user, other, now).await?;
    }
    if let Some(reading) = log.odometer {
        odometer::refresh_after_insert(&mut tx, user, &vehicle, log.date, reading, now).await?;
    }
    let created = idempotency
        .store_response(&mut tx, user, format!("/api/fuel-logs/{}", log.id), &log)
        .await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(created)
}

/// Changes a fill-up, and whatever its change touches.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: FuelLogId,
    change: FuelLogChange,
    if_match: &IfMatch,
) -> Result<FuelLog> {
    let now = app.clock.now();
    let entered = Entered::of_change(&change).map_err(Error::Invalid)?;
    let mut tx = app.db.write_for(user).await?;
    let target = match change.vehicle_id {
        Change::Unchanged => None,
        Change::Set(id) => Some(VehicleId(id.0)),
    };
    let (old, vehicle) = hold_log(&mut tx, user, id, target).await?;
    if_match.check(&old)?;
    let (may_roll_back, confirmed) =
        (change.allow_odometer_rollback == Some(true), change.confirm.clone());
    let is_named = !matches!(change.station_name, Clearable::Unchanged);
    let mut log = apply(change, old.clone());
    let preferences = &user.0.preferences;
    entered.apply(&mut log, preferred_currency(preferences)).map_err(Error::Invalid)?;
    log.updated_at = now;
    if !is_named {
        name_station(&mut tx, user, &mut log, Some(&old)).await?;
    }
    let moves = log.vehicle_id != old.vehicle_id
        || log.date != old.date
        || log.odometer != old.odometer
        || log.trip_distance != old.trip_distance;
    let is_dated = log.date != old.date;
    let goes_elsewhere = log.vehicle_id != old.vehicle_id;
    forget_confirmed(&mut log, &entered, is_dated, goes_elsewhere);
    let window = if moves {
        let around = window::around(&mut tx, user, old.vehicle_id, old.position(), id).await?;
        for other in around.recompute(None) {
            store::update_figures(&mut tx, user, other, now).await?;
        }
        place(&mut tx, user, &mut log).await?
    } else {
        window::around(&mut tx, user, log.vehicle_id, log.position(), id).await?
    };
    let asking = Asking {
        entered: &entered,
        is_dated: is_dated || goes_elsewhere,
        moved_by: entered.moved_by(if goes_elsewhere { "vehicleId" } else { "date" }),
        latest: vehicle.odometer.latest(),
        may_roll_back: may_roll_back || !moves,
        confirmed: confirmed.as_ref(),
        preferences,
        now,
    };
    let others = settle(&mut tx, user, &mut log, window, &asking).await?;
    store::update(&mut tx, user, &log).await.map_err(no_station)?;
    for other in others {
        store::update_figures(&mut tx, user, other, now).await?;
    }
    if moves {
        follow(&mut tx, user, &vehicle, old.vehicle_id, now).await?;
    }
    vehicles::commit_and_invalidate(app, user, tx).await?;
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
    for other in around.recompute(None) {
        store::update_figures(&mut tx, user, other, now).await?;
    }
    odometer::refresh(&mut tx, user, &vehicle, now).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(log)
}

/// Recomputes all figures of the vehicle's fill-ups within the caller's transaction, after a
/// replacement of its odometer was added or deleted.
pub(super) async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    let replacements = odometer::replacements(tx, user, vehicle).await?;
    let rows = store::all(tx, user, vehicle).await?;
    let total = |row: &Near| replacements.total(row.date, row.odometer_exact);
    for other in window::recompute_all(rows, total) {
        store::update_figures(tx, user, other, now).await?;
    }
    Ok(())
}

fn preferred_currency(preferences: &Preferences) -> Currency {
    Currency::stored(&preferences.currency).unwrap_or(Currency::USD)
}

/// Updates the odometers after a fill-up has changed: of its vehicle, and of the vehicle that it
/// belonged to before.
async fn follow(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    before: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    odometer::refresh(tx, user, vehicle, now).await?;
    if before != vehicle.id {
        let before = vehicles::lock(tx, user, before).await?;
        odometer::refresh(tx, user, &before, now).await?;
    }
    Ok(())
}

/// Finds the log's position among the vehicle's fill-ups, and the fill-ups around it.
async fn place(tx: &mut Tx, user: &UserId, log: &mut FuelLog) -> Result<Window> {
    if let Some(reading) = log.odometer {
        let replacements = odometer::replacements(tx, user, log.vehicle_id).await?;
        let total = replacements.total(log.date, reading.exact());
        log.places = Places { odometer: reading.exact(), total };
        return window::around(tx, user, log.vehicle_id, log.position(), log.id).await;
    }
    // A fill-up without a reading is the last of its day.
    let last = Position { date: log.date, total: i64::MAX, id: log.id };
    let window = window::around(tx, user, log.vehicle_id, last, log.id).await?;
    log.places = window.places_after(log.trip_distance);
    Ok(window)
}

/// Computes the figures of the log and of those around it. Refuses a log that contradicts the others,
/// or that has unconfirmed values that look wrong.
async fn settle(
    tx: &mut Tx,
    user: &UserId,
    log: &mut FuelLog,
    window: Window,
    asking: &Asking<'_>,
) -> Result<Vec<window::Recomputed>> {
    let shown = asking.preferences.display_units();
    if !asking.may_roll_back {
        check_order(tx, user, &window, log, asking.moved_by, &shown).await?;
    }
    let history = History::of(&window.before);
    // A fill-up that follows the vehicle's latest reading, which is another fill-up's, was compared with
    // it already: the usual case costs no more statements.
    let last = window.before.iter().find(|it| it.is_measured());
    let is_next = asking.latest.map(|it| (it.0, it.1.exact()))
        == last.map(|it| (it.date, it.odometer_exact))
        && last.is_none_or(|it| it.date <= log.date);
    let others = window.recompute(Some(log));
    let today = asking.preferences.today(asking.now);
    let mut asked = plausible::check(
        log,
        asking.entered,
        (asking.is_dated, asking.moved_by),
        &history,
        today,
        &shown,
    );
    let moves = (asking.entered.moves() || asking.is_dated) && !is_next;
    if moves && !asking.may_roll_back && asked.iter().all(|it| it.name() != asking.moved_by) {
        asked.extend(beside_others(tx, user, log, asking.moved_by, &shown).await?);
    }
    let mut open = Vec::new();
    for fault in asked {
        let member = typed_name(fault.name());
        let pointer = format!("/{member}");
        let confirms = |it: &Confirmed| it.has(member) || it.has(fault.name());
        // A reading that was confirmed stays right when only its date changes.
        let is_of_reading = !asking.entered.moves() && fault.name() == asking.moved_by;
        let is_right = |it: &String| {
            *it == pointer || (is_of_reading && (it == "/odometer" || it == "/tripDistance"))
        };
        if log.confirmed.iter().any(is_right) {
            continue;
        }
        if asking.confirmed.is_some_and(confirms) {
            log.confirmed.push(pointer);
        } else {
            open.push(fault);
        }
    }
    if open.is_empty() { Ok(others) } else { Err(Error::Invalid(open)) }
}

/// Asks about a reading that does not fit the vehicle's other readings: those entered by hand or with
/// a service. Fill-ups are compared with each other by [`check_order`].
async fn beside_others(
    tx: &mut Tx,
    user: &UserId,
    log: &FuelLog,
    name: &'static str,
    shown: &UnitFormatter,
) -> Result<Option<FieldError>> {
    let Some(reading) = log.odometer else { return Ok(None) };
    let (date, exact) = (log.date, reading.exact());
    let found =
        odometer::find_contradiction(tx, user, log.vehicle_id, date, exact, Some(log.id.0)).await?;
    let found = found.filter(|it| it.other.kind != odometer::SourceKind::FuelLog);
    if let Some(found) = found.filter(|it| plausible::contradicts(it, exact)) {
        let other = shown.reading_with_unit(found.other.reading);
        let relation = match found.side {
            odometer::Side::Before => "less than the earlier",
            odometer::Side::After => "more than the later",
        };
        let on = day(found.other.date);
        let detail = format!("is {relation} reading of {other}, on {on}: correct one of the two");
        return Ok(Some(FieldError::implausible(name, detail, other)));
    }
    let replaced = odometer::replacements(tx, user, log.vehicle_id).await?;
    let most =
        odometer::exceeded_maximum(tx, user, log.vehicle_id, (date, exact), &replaced).await?;
    let most = most.filter(|most| plausible::is_far_beyond(exact, *most));
    let fault = |most: i64| {
        let most = format!("{}\u{a0}{}", shown.exact_distance(most), shown.distance.sign());
        let detail = "is unusually high: check it, or confirm that it is right";
        FieldError::implausible(name, detail, format!("at most {most}"))
    };
    Ok(most.map(fault))
}

/// The name of a member's typed form: confirming one form confirms the other as well.
fn typed_name(name: &str) -> &str {
    match name {
        "odometerReading" => "odometer",
        "gallons" => "volume",
        "pricePerGallon" => "unitPrice",
        "totalCost" => "amount",
        name => name,
    }
}

/// Removes the confirmations of values that a change replaces. A reading that was confirmed for one
/// vehicle says nothing about another.
fn forget_confirmed(log: &mut FuelLog, entered: &Entered, is_dated: bool, goes_elsewhere: bool) {
    log.confirmed.retain(|pointer| match pointer.trim_start_matches('/') {
        "date" => !is_dated,
        "odometer" | "tripDistance" => !entered.moves() && !goes_elsewhere,
        "volume" | "unitPrice" | "amount" => !entered.pays(),
        _ => true,
    });
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
                vehicles::lock(tx, user, held).await?
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
        let name = stations::find_name(tx, user, station).await?;
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
    vehicles::lock(tx, user, id).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("vehicleId", "is not a vehicle of yours"),
        Error::InTrash { vehicle, .. } => {
            Error::Invalid(vec![FieldError::in_trash("vehicleId", vehicle)])
        }
        other => other,
    })
}

/// Refuses a reading whose running total is less than that of an earlier day, or more than that of a
/// later day.
async fn check_order(
    tx: &mut Tx,
    user: &UserId,
    window: &Window,
    log: &FuelLog,
    name: &'static str,
    shown: &UnitFormatter,
) -> Result<()> {
    if log.odometer.is_none() {
        return Ok(());
    }
    let at = log.position();
    let (miss_before, miss_after) = window.may_miss_days(at);
    let mut before = window.day_before(at).cloned();
    if miss_before {
        before = store::day_before(tx, user, log.vehicle_id, at.date, log.id).await?;
    }
    let mut after = window.day_after(at).cloned();
    if miss_after {
        after = store::day_after(tx, user, log.vehicle_id, at.date, log.id).await?;
    }
    let (other, relation, side) = match (before, after) {
        (Some(before), _) if before.total_exact > at.total => (before, "less than", "before"),
        (_, Some(after)) if after.total_exact < at.total => (after, "more than", "after"),
        _ => return Ok(()),
    };
    let reading = other.reading().unwrap_or(Distance::miles(0));
    let detail = format!(
        "is {relation} the {} of the fill-up {side} it, on {}",
        shown.reading_with_unit(reading),
        day(other.date)
    );
    Err(Error::Invalid(vec![FieldError {
        kind: Some("odometer-order"),
        fuel_log: Some(other.id.0),
        ..FieldError::at(name, detail)
    }]))
}

/// The log after the change, except for its quantities and figures.
fn apply(change: FuelLogChange, log: FuelLog) -> FuelLog {
    FuelLog {
        vehicle_id: match change.vehicle_id {
            Change::Unchanged => log.vehicle_id,
            Change::Set(id) => VehicleId(id.0),
        },
        date: change.date.or(log.date),
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
    }
}
