//! Operations on the odometer log, and their rules.

mod checks;
mod latest;
mod nearby;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use checks::{Contradiction, Side, exceeded_maximum, find_contradiction};
pub use latest::{
    RecentReadings, current_running_total, recent_readings, refresh, refresh_after_insert,
    running_total,
};

use self::{
    checks::{contradiction, future_date, implausibly_high, out_of_order},
    nearby::{before, last_before},
};
use super::{
    ReadingsQuery, SourceKind, SourceReading,
    model::{EnteredReading, NewReading, OdometerReading, Position},
    running_total::{Replacement, Replacements},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        error::FieldError,
        http::{Created, Cursor, Idempotency, IfMatch, Limit, Page},
        input::Confirmed,
        units::{Distance, whole_miles},
    },
    features::{
        accounts::User,
        vehicles::{
            Vehicle, VehicleId, VehicleRecord, contribution::recomputations, lock_record, service,
        },
    },
    t,
};

/// A page of the vehicle's readings from all sources, latest first.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or is in the trash.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
    cursor: Option<Cursor<Position>>,
    limit: Limit,
) -> Result<Page<OdometerReading>> {
    let mut tx = app.db.read_for(user).await?;
    service::find(&mut tx, user, vehicle).await?;
    let query = ReadingsQuery { vehicle, position: Cursor::start(cursor), limit: limit.plus_one() };
    let mut all = before(&mut tx, user, query).await?;
    all.truncate(limit.rows() + 1);
    let replaced = replacements(&mut tx, user, vehicle).await?;
    let page = Page::new(all, limit, SourceReading::position);
    let items =
        page.items.into_iter().map(|it| to_odometer_reading(vehicle, it, &replaced)).collect();
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn to_odometer_reading(
    vehicle: VehicleId,
    stored: SourceReading,
    replaced: &Replacements,
) -> OdometerReading {
    let total = replaced.total(stored.date, stored.reading.exact());
    OdometerReading {
        id: stored.id,
        vehicle_id: vehicle,
        source: stored.kind,
        date: stored.date,
        reading: stored.reading.whole_miles(),
        running_total: whole_miles(total),
        previous_reading: stored.previous_reading.map(Distance::whole_miles),
        notes: stored.notes,
        odometer: stored.reading,
        previous_odometer: stored.previous_reading,
        total_exact: total,
    }
}

/// Finds the user's reading `id` among those logged by hand.
pub(super) async fn find(app: &App, user: &UserId, id: Uuid) -> Result<OdometerReading> {
    find_in(&mut app.db.read_for(user).await?, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: Uuid) -> Result<OdometerReading> {
    let Some((vehicle, stored)) = store::find(tx, user, id).await? else {
        // Its vehicle may be in the trash.
        if let Some(vehicle) = store::find_vehicle_id(tx, user, id).await? {
            service::find(tx, user, vehicle).await?;
        }
        return Err(Error::NotFound(crate::t!("core-not-found-reading")));
    };
    let replaced = replacements(tx, user, vehicle).await?;
    Ok(to_odometer_reading(vehicle, stored, &replaced))
}

impl VehicleRecord for OdometerReading {
    type Id = Uuid;

    fn vehicle_id(&self) -> VehicleId {
        self.vehicle_id
    }

    async fn load(tx: &mut Tx, user: &UserId, id: Uuid) -> Result<Self> {
        find_in(tx, user, id).await
    }
}

/// Adds a reading to the vehicle's log.
///
/// # Errors
/// `Invalid` if it contradicts an earlier or later reading and that is not allowed, or if it looks wrong and
/// is not confirmed.
pub(super) async fn add(
    app: &App,
    user: &User,
    id: VehicleId,
    new: NewReading,
    idempotency: &Idempotency,
) -> Result<Created<OdometerReading>> {
    let now = app.clock.now();
    let is_replacement = new.is_replacement == Some(true);
    let (EnteredReading { name, reading }, previous) = entered_readings(&new)?;
    app.write_once(user, idempotency, async |tx| {
        let vehicle = service::lock(tx, user, id).await?;
        let replaced_before = replacements(tx, user, id).await?;
        let mut replaced = replaced_before.clone();
        let mut new_reading = SourceReading {
            id: Uuid::now_v7(),
            kind: SourceKind::Manual,
            date: new.date,
            reading,
            previous_reading: None,
            notes: new.notes.map(|it| it.0),
        };
        if is_replacement {
            let previous = if let Some(previous) = previous {
                previous.reading
            } else {
                let end_of_day = (new.date, i64::MAX, Uuid::max());
                let last = last_before(tx, user, id, end_of_day, None, &replaced).await?;
                last.map_or(Distance::of_tenths(0, reading.unit()), |it| it.reading)
            };
            new_reading.kind = SourceKind::Replacement;
            new_reading.previous_reading = Some(previous);
            replaced = replaced.with(Replacement {
                date: new_reading.date,
                reading_exact: reading.exact(),
                previous_exact: previous.exact(),
            });
        }
        let mut faults = Vec::new();
        if new.allow_odometer_rollback != Some(true) {
            let entry = (new_reading.date, reading.exact());
            let found = contradiction(tx, user, id, entry, None, &replaced).await?;
            faults.extend(found.map(|it| out_of_order(name, &it)));
        }
        let is_confirmed = |name: &str| new.confirm.as_ref().is_some_and(|it| it.has(name));
        let today = user.0.preferences.today(now);
        if new_reading.date > today && !is_confirmed("date") {
            faults.push(future_date("date", today));
        }
        // The running total of a replacement follows from the old odometer's last reading.
        let last = if is_replacement { previous } else { Some(EnteredReading { name, reading }) };
        if let Some(last) = last.filter(|it| faults.is_empty() && !is_confirmed(it.name)) {
            let entry = (new_reading.date, last.reading.exact());
            let max = exceeded_maximum(tx, user, id, entry, &replaced_before).await?;
            faults.extend(max.map(|max| implausibly_high(last.name, max)));
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        store::insert(tx, user, id, &new_reading, now).await?;
        refresh_after_insert(tx, user, &vehicle, new_reading.date, reading, now).await?;
        if is_replacement {
            recompute(tx, user, id, now).await?;
        }
        let added = to_odometer_reading(id, new_reading, &replaced);
        let location = format!("/api/odometer-readings/{}", added.id);
        Ok((location, added))
    })
    .await
}

/// The reading, and the last reading of the old odometer if it was sent.
fn entered_readings(new: &NewReading) -> Result<(EnteredReading, Option<EnteredReading>)> {
    let mut faults = Vec::new();
    let mut collect = |read: Result<Option<EnteredReading>, FieldError>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let reading =
        collect(EnteredReading::combine(("odometer", new.odometer), ("reading", new.reading)));
    let previous = collect(EnteredReading::combine(
        ("previousOdometer", new.previous_odometer),
        ("previousReading", new.previous_reading),
    ));
    if let Some(previous) = previous.filter(|_| new.is_replacement != Some(true)) {
        faults.push(FieldError::at(previous.name, t!("vehicles-field-not-replacement")));
    }
    match reading {
        Some(reading) if faults.is_empty() => Ok((reading, previous)),
        None if faults.is_empty() => Err(Error::invalid("odometer", t!("core-field-required"))),
        _ => Err(Error::Invalid(faults)),
    }
}

/// Logs today's reading that was sent with the vehicle, within the caller's transaction.
///
/// # Errors
/// `Invalid` if it is less than an earlier reading, or looks wrong and is not confirmed.
pub(in crate::features::vehicles) async fn log_todays_reading(
    app: &App,
    tx: &mut Tx,
    user: &User,
    vehicle: &Vehicle,
    EnteredReading { name, reading }: EnteredReading,
    confirm: Option<&Confirmed>,
) -> Result<()> {
    let now = app.clock.now();
    let today = user.0.preferences.today(now);
    let replaced = replacements(tx, user, vehicle.id).await?;
    let total = replaced.total(today, reading.exact());
    let end_of_day = (today, i64::MAX, Uuid::max());
    let last = last_before(tx, user, vehicle.id, end_of_day, None, &replaced).await?;
    let last = last.filter(|it| replaced.total(it.date, it.reading.exact()) > total);
    let found = if let Some(other) = last {
        Some(Contradiction { other, side: Side::Before })
    } else {
        let entry = (today, reading.exact());
        contradiction(tx, user, vehicle.id, entry, None, &replaced).await?
    };
    if let Some(found) = found {
        return Err(Error::Invalid(vec![out_of_order(name, &found)]));
    }
    if !confirm.is_some_and(|it| it.has(name)) {
        let entry = (today, reading.exact());
        if let Some(max) = exceeded_maximum(tx, user, vehicle.id, entry, &replaced).await? {
            return Err(Error::Invalid(vec![implausibly_high(name, max)]));
        }
    }
    let new_reading = SourceReading {
        id: Uuid::now_v7(),
        kind: SourceKind::Manual,
        date: today,
        reading,
        previous_reading: None,
        notes: None,
    };
    store::insert(tx, user, vehicle.id, &new_reading, now).await?;
    refresh_after_insert(tx, user, vehicle, today, reading, now).await
}

/// Deletes a reading from the log. Returns its vehicle.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: Uuid,
    if_match: &IfMatch,
) -> Result<VehicleId> {
    app.write(user, async |tx| {
        let (reading, vehicle) = lock_record::<OdometerReading>(tx, user, id, None).await?;
        if_match.check(&reading)?;
        store::delete(tx, user, id).await?;
        let now = app.clock.now();
        refresh(tx, user, &vehicle, now).await?;
        if reading.source == SourceKind::Replacement {
            recompute(tx, user, vehicle.id, now).await?;
        }
        Ok(vehicle.id)
    })
    .await
}

/// Recomputes the values that depend on the vehicle's running totals.
async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    for recompute in recomputations() {
        recompute(tx, user, (vehicle, now)).await?;
    }
    Ok(())
}

/// The vehicle's replaced odometers, within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn replacements(tx: &mut Tx, user: &UserId, vehicle: VehicleId) -> Result<Replacements> {
    Ok(Replacements::new(store::replacements(tx, user, vehicle).await?))
}
