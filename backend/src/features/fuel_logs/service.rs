//! Operations on fuel logs: the business rules, transactions and cache invalidation.

mod checks;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use self::checks::{CheckContext, drop_stale_confirmations, recompute_and_check};
use super::{
    FuelLog, FuelLogCursor, FuelLogId,
    model::{FuelLogChange, Mileage, NewFuelLog, Position},
    quantities::Quantities,
    store,
    window::{self, Neighbor, Window},
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::{self, Tx},
        http::{Created, Idempotency, IfMatch, Limit, Page},
        input::{Change, Clearable},
        locale::Message,
        money::Currency,
    },
    features::{
        accounts::{Preferences, User},
        stations,
        vehicles::{self, Vehicle, VehicleId, VehicleRecord, odometer},
    },
    read_replica, t,
};

/// Recomputes the economy of a vehicle's fill-ups, when an odometer is replaced.
pub(super) const RECOMPUTE: odometer::RecomputeFn =
    |tx, user, (vehicle, now)| Box::pin(recompute(tx, user, vehicle, now));

/// Filters and pagination for a list of fuel logs.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Only fuel logs of this vehicle; by default, of all vehicles that are not in the trash.
    pub vehicle: Option<VehicleId>,
    /// Only fuel logs on or after this day.
    pub from: Option<NaiveDate>,
    /// Only fuel logs on or before this day.
    pub to: Option<NaiveDate>,
    /// The position after which the page begins.
    pub cursor: Option<FuelLogCursor>,
    /// The maximum number of items.
    pub limit: Limit,
}

/// Lists a page of the user's fuel logs, newest first, with a single statement.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or in the trash.
pub async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<FuelLog>> {
    let before = FuelLogCursor::start(listing.cursor);
    let from = listing.from.unwrap_or(NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default());
    let days = (from, listing.to.unwrap_or(before.date));
    let limit = listing.limit;
    let rows = read_replica!(app.db, user, |tx| {
        let Some(vehicle) = listing.vehicle else {
            return Ok(store::list_for_user(&mut tx, user, days, before, limit).await?);
        };
        let rows = store::list_for_vehicle(&mut tx, user, vehicle, days, before, limit).await?;
        if rows.is_empty() {
            // An unknown vehicle is an error; a vehicle without logs is not.
            vehicles::find(&mut tx, user, vehicle).await?;
        }
        Ok(rows)
    })?;
    Ok(Page::new(rows, listing.limit, FuelLog::position))
}

/// The vehicle of the user's latest fill-up, or else the first vehicle in use; none if no vehicle is in use.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn last_used_vehicle(app: &App, user: &UserId) -> Result<Option<VehicleId>> {
    let vehicles = vehicles::list_all(app, user).await?;
    let latest = Listing { limit: Limit::new(1), ..Listing::default() };
    let latest = list(app, user, &latest).await?.items.first().map(|it| it.vehicle_id);
    let in_use = || vehicles.iter().filter(|it| it.is_active);
    let vehicle = in_use()
        .find(|it| Some(it.id) == latest)
        .or_else(|| in_use().find(|it| it.kind.takes_fuel()))
        .or_else(|| in_use().next());
    Ok(vehicle.map(|it| it.id))
}

/// Finds the user's fuel log `id`.
pub(super) async fn find(app: &App, user: &UserId, id: FuelLogId) -> Result<FuelLog> {
    let mut tx = app.db.read_for(user).await?;
    find_in(&mut tx, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<FuelLog> {
    match store::find(tx, user, id).await? {
        Some(found) => Ok(found),
        None => Err(not_found_error(tx, user, id).await?),
    }
}

impl VehicleRecord for FuelLog {
    type Id = FuelLogId;

    fn vehicle_id(&self) -> VehicleId {
        self.vehicle_id
    }

    async fn load(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Self> {
        find_in(tx, user, id).await
    }
}

/// The error for a log that was not found. It differs if the log's vehicle is in the trash.
async fn not_found_error(tx: &mut Tx, user: &UserId, id: FuelLogId) -> Result<Error> {
    if let Some(vehicle) = store::find_vehicle_id(tx, user, id).await? {
        vehicles::find(tx, user, vehicle).await?;
    }
    Ok(Error::NotFound(t!("core-not-found-fuel-log")))
}

/// Adds a fill-up and updates the vehicle's odometer.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewFuelLog,
    idempotency: &Idempotency,
) -> Result<Created<FuelLog>> {
    let now = app.clock.now();
    let quantities = Quantities::from_new(&new).map_err(Error::Invalid)?;
    let (may_roll_back, confirmed) =
        (new.allow_odometer_rollback == Some(true), new.confirm.clone());
    let mut log = new.into_record(FuelLogId(Uuid::now_v7()), now);
    let preferences = &user.0.preferences;
    quantities.apply(&mut log, preferred_currency(preferences)).map_err(Error::Invalid)?;
    app.write_once(user, idempotency, async |tx| {
        set_station_name(tx, user, &mut log, None).await?;
        // Locked until the commit. Otherwise two concurrent requests would each compute economy without
        // the other's fill-up.
        let vehicle = vehicles::lock_named(tx, user, log.vehicle_id, unknown_vehicle).await?;
        let window = locate(tx, user, &mut log).await?;
        let context = CheckContext {
            quantities: &quantities,
            sets_date: true,
            distance_member: quantities.distance_member("date"),
            latest: vehicle.odometer.latest(),
            may_roll_back,
            confirmed: confirmed.as_ref(),
            preferences,
            now,
        };
        let others = recompute_and_check(tx, user, &mut log, window, &context).await?;
        store::insert(tx, user, &log).await.map_err(map_missing_station)?;
        for other in others {
            store::update_economy(tx, user, other, now).await?;
        }
        if let Some(reading) = log.odometer {
            odometer::refresh_after_insert(tx, user, &vehicle, log.date, reading, now).await?;
        }
        Ok((format!("/api/fuel-logs/{}", log.id), log))
    })
    .await
}

/// Changes a fill-up, and recomputes the economy of the fill-ups that the change affects.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: FuelLogId,
    change: FuelLogChange,
    if_match: &IfMatch,
) -> Result<FuelLog> {
    let now = app.clock.now();
    let quantities = Quantities::from_change(&change).map_err(Error::Invalid)?;
    app.write(user, async |tx| {
        let target = match change.vehicle_id {
            Change::Unchanged => None,
            Change::Set(id) => Some(VehicleId(id.0)),
        };
        let (old, vehicle) = lock_log(tx, user, id, target).await?;
        if_match.check(&old)?;
        let (may_roll_back, confirmed) =
            (change.allow_odometer_rollback == Some(true), change.confirm.clone());
        let is_named = !matches!(change.station_name, Clearable::Unchanged);
        let mut log = old.clone();
        change.apply_to(&mut log);
        let preferences = &user.0.preferences;
        quantities.apply(&mut log, preferred_currency(preferences)).map_err(Error::Invalid)?;
        log.updated_at = now;
        if !is_named {
            set_station_name(tx, user, &mut log, Some(&old)).await?;
        }
        let moves = log.vehicle_id != old.vehicle_id
            || log.date != old.date
            || log.odometer != old.odometer
            || log.trip_distance != old.trip_distance;
        let sets_date = log.date != old.date;
        let changes_vehicle = log.vehicle_id != old.vehicle_id;
        drop_stale_confirmations(&mut log, &quantities, sets_date, changes_vehicle);
        let window = if moves {
            let around = window::load_around(tx, user, old.vehicle_id, old.position(), id).await?;
            for other in around.recompute(None) {
                store::update_economy(tx, user, other, now).await?;
            }
            locate(tx, user, &mut log).await?
        } else {
            window::load_around(tx, user, log.vehicle_id, log.position(), id).await?
        };
        let context = CheckContext {
            quantities: &quantities,
            sets_date: sets_date || changes_vehicle,
            distance_member: quantities.distance_member(if changes_vehicle {
                "vehicleId"
            } else {
                "date"
            }),
            latest: vehicle.odometer.latest(),
            may_roll_back: may_roll_back || !moves,
            confirmed: confirmed.as_ref(),
            preferences,
            now,
        };
        let others = recompute_and_check(tx, user, &mut log, window, &context).await?;
        store::update(tx, user, &log).await.map_err(map_missing_station)?;
        for other in others {
            store::update_economy(tx, user, other, now).await?;
        }
        if moves {
            refresh_odometers(tx, user, &vehicle, old.vehicle_id, now).await?;
        }
        Ok(log)
    })
    .await
}

/// Deletes a fill-up.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: FuelLogId,
    if_match: &IfMatch,
) -> Result<FuelLog> {
    let now = app.clock.now();
    app.write(user, async |tx| {
        let (log, vehicle) = lock_log(tx, user, id, None).await?;
        if_match.check(&log)?;
        store::delete(tx, user, id).await?;
        let around = window::load_around(tx, user, vehicle.id, log.position(), id).await?;
        for other in around.recompute(None) {
            store::update_economy(tx, user, other, now).await?;
        }
        odometer::refresh(tx, user, &vehicle, now).await?;
        Ok(log)
    })
    .await
}

/// Recomputes the economy of all of the vehicle's fill-ups in the caller's transaction, after an
/// odometer replacement was added or deleted.
async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    let replacements = odometer::replacements(tx, user, vehicle).await?;
    let rows = store::list_all(tx, user, vehicle).await?;
    let total = |row: &Neighbor| replacements.total(row.date, row.odometer_exact);
    for other in window::recompute_all(rows, total) {
        store::update_economy(tx, user, other, now).await?;
    }
    Ok(())
}

fn preferred_currency(preferences: &Preferences) -> Currency {
    Currency::stored(&preferences.currency).unwrap_or(Currency::USD)
}

/// Updates the odometer of a changed fill-up's vehicle, and of the vehicle it belonged to before.
async fn refresh_odometers(
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

/// Determines the log's position among the vehicle's fill-ups, and loads the fill-ups around it.
async fn locate(tx: &mut Tx, user: &UserId, log: &mut FuelLog) -> Result<Window> {
    if let Some(reading) = log.odometer {
        let replacements = odometer::replacements(tx, user, log.vehicle_id).await?;
        let total = replacements.total(log.date, reading.exact());
        log.mileage = Mileage { odometer: reading.exact(), total };
        return window::load_around(tx, user, log.vehicle_id, log.position(), log.id).await;
    }
    // A fill-up without a reading is sorted last on its day.
    let last = Position { date: log.date, total: i64::MAX, id: log.id };
    let window = window::load_around(tx, user, log.vehicle_id, last, log.id).await?;
    log.mileage = window.mileage_after(log.trip_distance);
    Ok(window)
}

/// Locks the log's vehicle and `target`, if any: see [`vehicles::lock_record`].
async fn lock_log(
    tx: &mut Tx,
    user: &UserId,
    id: FuelLogId,
    target: Option<VehicleId>,
) -> Result<(FuelLog, Vehicle)> {
    let target = target.map(|it| (it, unknown_vehicle as fn() -> Message));
    vehicles::lock_record(tx, user, id, target).await
}

fn unknown_vehicle() -> Message {
    t!("fuel-logs-field-vehicle")
}

/// Sets the station name of a fill-up at a saved station, unless the request has a name.
async fn set_station_name(
    tx: &mut Tx,
    user: &UserId,
    log: &mut FuelLog,
    old: Option<&FuelLog>,
) -> Result<()> {
    let Some(station) = log.station_id else { return Ok(()) };
    let is_new = old.is_none_or(|old| old.station_id != log.station_id);
    if is_new {
        let name = stations::find_name(tx, user, station).await?;
        let name = name.ok_or_else(unknown_station)?;
        if old.is_some() || log.station_name.is_none() {
            log.station_name = Some(name);
        }
    }
    Ok(())
}

fn unknown_station() -> Error {
    Error::invalid("stationId", t!("fuel-logs-field-station"))
}

/// Converts a foreign-key violation to an error of `stationId`. The station is the only row a fill-up
/// references that isn't locked.
pub(super) fn map_missing_station(error: sqlx::Error) -> Error {
    if db::is_foreign_key_violation(&error) { unknown_station() } else { error.into() }
}
