//! What can be done with the odometer log, and the rules for it.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{
    Asked, Seen, Source, SourceKind,
    model::{NewReading, Position, Shown},
    store,
    total::{self, Replacement},
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        error::Fault,
        http::{Created, Cursor, IfMatch, Limit, Once, Page},
    },
    features::{
        READINGS,
        vehicles::{Vehicle, VehicleId, service},
    },
};

/// The readings that are noted by hand.
pub const SOURCE: Source = Source {
    before: |tx, user, asked| Box::pin(async move { Ok(store::before(tx, user, asked).await?) }),
    after: |tx, user, asked| Box::pin(async move { Ok(store::after(tx, user, asked).await?) }),
    latest: |tx, user, most| Box::pin(async move { Ok(store::latest(tx, user, most).await?) }),
};

/// Later than any reading.
fn end() -> Position {
    (NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(), i32::MAX, Uuid::max())
}

fn position(cursor: &Cursor) -> Option<Position> {
    let mut parts = cursor.parts();
    let date = parts.next()?.parse().ok();
    let date = date.filter(|it: &NaiveDate| (1..=9999).contains(&it.year()))?;
    let position = (date, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(position)
}

/// A page of what the vehicle's odometer showed, from every source, the latest first.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash, `Invalid` for a foreign cursor.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Page<Shown>> {
    let beyond = match cursor {
        None => end(),
        Some(cursor) => position(cursor)
            .ok_or_else(|| Error::invalid("cursor", "is not a cursor that this service gave"))?,
    };
    let mut tx = app.db.read_for(user).await?;
    service::find(&mut tx, user, vehicle).await?;
    let asked = Asked { vehicle, beyond, most: limit.and_one() };
    let mut all = before(&mut tx, user, asked).await?;
    all.truncate(limit.rows() + 1);
    let replaced = store::replacements(&mut tx, user, vehicle).await?;
    let page = Page::of(all, limit, Seen::cursor);
    let items = page.items.into_iter().map(|it| shown(vehicle, it, &replaced)).collect();
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn shown(vehicle: VehicleId, seen: Seen, replaced: &[Replacement]) -> Shown {
    Shown {
        id: seen.id,
        vehicle_id: vehicle,
        source: seen.kind,
        date: seen.date,
        reading: seen.reading,
        running_total: total::running_total(replaced, seen.date, seen.reading),
        previous_reading: seen.previous_reading,
        notes: seen.notes,
    }
}

/// What every source tells of the time before a position, the latest first.
async fn before(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let mut all = Vec::new();
    for source in READINGS {
        all.extend((source.before)(tx, user, asked).await?);
    }
    all.sort_unstable_by_key(|it| std::cmp::Reverse(it.position()));
    Ok(all)
}

/// The user's reading `id`, of those noted by hand.
pub(super) async fn find(app: &App, user: &UserId, id: Uuid) -> Result<Shown> {
    find_in(&mut app.db.read_for(user).await?, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: Uuid) -> Result<Shown> {
    let Some((vehicle, seen)) = store::find(tx, user, id).await? else {
        // Its vehicle may be in the trash.
        if let Some(vehicle) = store::vehicle_of(tx, user, id).await? {
            service::find(tx, user, vehicle).await?;
        }
        return Err(Error::NotFound("odometer reading"));
    };
    let replaced = store::replacements(tx, user, vehicle).await?;
    Ok(shown(vehicle, seen, &replaced))
}

/// Notes what the vehicle's odometer shows, and raises the vehicle's with it.
///
/// # Errors
/// `Invalid` where it contradicts a reading before or after it, unless that is said to be so.
pub(super) async fn add(
    app: &App,
    user: &UserId,
    id: VehicleId,
    new: NewReading,
    once: &Once,
) -> Result<Created<Shown>> {
    let now = app.clock.now();
    let is_replacement = new.is_replacement == Some(true);
    if new.previous_reading.is_some() && !is_replacement {
        let why = "is only there where isReplacement is true";
        return Err(Error::invalid("previousReading", why));
    }
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return service::replay(app, user, tx, before).await;
    }
    let vehicle = service::hold(&mut tx, user, id).await?;
    let around = around(&mut tx, user, id, new.date).await?;
    let previous_reading = is_replacement.then(|| {
        let told = around.0.as_ref().map_or(vehicle.odometer_reading, |it| it.reading);
        new.previous_reading.map_or(told, |it| it.0)
    });
    let seen = Seen {
        id: Uuid::now_v7(),
        kind: if is_replacement { SourceKind::Replacement } else { SourceKind::Manual },
        date: new.date,
        reading: new.reading.0,
        previous_reading,
        notes: new.notes.map(|it| it.0),
    };
    let mut replaced = store::replacements(&mut tx, user, id).await?;
    replaced.extend(previous_reading.map(|previous_reading| Replacement {
        date: seen.date,
        reading: seen.reading,
        previous_reading,
    }));
    replaced.sort_unstable();
    if new.allow_odometer_rollback != Some(true) {
        check_order(&seen, &around, &replaced)?;
    }
    store::insert(&mut tx, user, id, &seen, now).await?;
    let highest = seen.reading.max(previous_reading.unwrap_or_default());
    service::raise_odometer(&mut tx, user, &vehicle, highest, now).await?;
    let shown = shown(id, seen, &replaced);
    let location = format!("/api/odometer-readings/{}", shown.id);
    let created = once.keep(&mut tx, user, location, &shown).await?;
    service::commit(app, user, tx).await?;
    Ok(created)
}

/// The nearest readings of earlier and of later days.
type Around = (Option<Seen>, Option<Seen>);

async fn around(tx: &mut Tx, user: &UserId, vehicle: VehicleId, date: NaiveDate) -> Result<Around> {
    let asked = Asked { vehicle, beyond: (date, i32::MIN, Uuid::nil()), most: 1 };
    let earlier = before(tx, user, asked).await?.into_iter().next();
    let mut later = Vec::new();
    for source in READINGS {
        later.extend((source.after)(tx, user, asked).await?);
    }
    let later = later.into_iter().min_by_key(Seen::position);
    Ok((earlier, later))
}

/// Refuses a reading by which the running total would go back.
fn check_order(seen: &Seen, around: &Around, replaced: &[Replacement]) -> Result<()> {
    let total = |it: &Seen| total::running_total(replaced, it.date, it.reading);
    let at = total(seen);
    let refuse = |relation: &str, side: &str, other: &Seen| {
        let detail = format!(
            "is {relation} the {} miles of the {} {side} it, on {}",
            other.reading,
            other.kind.in_words(),
            other.date,
        );
        let fuel_log = (other.kind == SourceKind::FuelLog).then_some(other.id);
        let fault =
            Fault { kind: Some("odometer-order"), fuel_log, ..Fault::at("reading", detail) };
        Err(Error::Invalid(vec![fault]))
    };
    match around {
        (Some(earlier), _) if total(earlier) > at => refuse("less than", "before", earlier),
        (_, Some(later)) if total(later) < at => refuse("more than", "after", later),
        _ => Ok(()),
    }
}

/// Removes a reading that was noted by hand.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: Uuid,
    if_match: &IfMatch,
) -> Result<VehicleId> {
    let mut tx = app.db.write_for(user).await?;
    let vehicle = find_in(&mut tx, user, id).await?.vehicle_id;
    service::hold(&mut tx, user, vehicle).await?;
    if_match.check(&find_in(&mut tx, user, id).await?)?;
    store::delete(&mut tx, user, id).await?;
    service::commit(app, user, tx).await?;
    Ok(vehicle)
}

/// What the vehicle had done when its odometer showed `reading` on `date`, in miles, within the
/// caller's transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn running_total(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, reading): (NaiveDate, i32),
) -> Result<i32> {
    let replaced = store::replacements(tx, user, vehicle).await?;
    Ok(miles(total::running_total(&replaced, date, reading)))
}

/// What the vehicle has done as far as is known, in miles, within the caller's transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn shown_now(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<i32> {
    let replaced = store::replacements(tx, user, vehicle.id).await?;
    if replaced.is_empty() {
        return Ok(vehicle.odometer_reading);
    }
    let asked = Asked { vehicle: vehicle.id, beyond: end(), most: 1 };
    let latest = before(tx, user, asked).await?.into_iter().next();
    let total = latest.map(|it| total::running_total(&replaced, it.date, it.reading));
    Ok(total.map_or(vehicle.odometer_reading, miles))
}

fn miles(total: i64) -> i32 {
    i32::try_from(total.max(0)).unwrap_or(i32::MAX)
}

/// Whether the vehicle's odometer was replaced between two days, within the caller's transaction:
/// readings on either side need not be in order.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn is_replaced_between(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (one, other): (NaiveDate, NaiveDate),
) -> Result<bool> {
    let replaced = store::replacements(tx, user, vehicle).await?;
    Ok(replaced.iter().any(|it| (one.min(other)..=one.max(other)).contains(&it.date)))
}

/// What a vehicle's odometer showed lately.
#[derive(Debug, Default)]
pub struct Latest {
    /// Days and running totals, in miles, in no order.
    pub readings: Vec<(NaiveDate, i32)>,
    /// Whether it was ever replaced: what the vehicle's record says is then no total.
    pub is_replaced: bool,
}

/// What the odometers of the user's vehicles showed lately, by every source: as many as `most_each` by
/// each, within the caller's transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn latest(
    tx: &mut Tx,
    user: &UserId,
    most_each: i64,
) -> Result<HashMap<VehicleId, Latest>> {
    let mut replaced: HashMap<VehicleId, Vec<Replacement>> = HashMap::new();
    for (vehicle, replacement) in store::all_replacements(tx, user).await? {
        replaced.entry(vehicle).or_default().push(replacement);
    }
    let mut latest: HashMap<VehicleId, Latest> = HashMap::new();
    for source in READINGS {
        for (vehicle, date, reading) in (source.latest)(tx, user, most_each).await? {
            let of = replaced.get(&vehicle);
            let total = total::running_total(of.map_or(&[], Vec::as_slice), date, reading);
            let entry = latest.entry(vehicle).or_default();
            entry.is_replaced = of.is_some();
            entry.readings.push((date, miles(total)));
        }
    }
    Ok(latest)
}
