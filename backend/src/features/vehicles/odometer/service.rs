//! Operations on the odometer log, and their rules.

use std::{cmp::Ordering, collections::HashMap};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    Asked, Seen, Source, SourceKind,
    model::{Entered, NewReading, Position, Shown},
    plausible, store,
    total::{Replacement, Replacements},
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        error::Fault,
        http::{Created, Cursor, IfMatch, Limit, Once, Page},
        input::Confirmed,
        units::{self, Distance, MILE, whole_miles},
    },
    features::{
        READINGS, RECOMPUTED,
        accounts::User,
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
    (NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(), i64::MAX, Uuid::max())
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
    let replaced = replacements(&mut tx, user, vehicle).await?;
    let page = Page::of(all, limit, Seen::cursor);
    let items = page.items.into_iter().map(|it| shown(vehicle, it, &replaced)).collect();
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn shown(vehicle: VehicleId, seen: Seen, replaced: &Replacements) -> Shown {
    let total = replaced.total(seen.date, seen.reading.exact());
    Shown {
        id: seen.id,
        vehicle_id: vehicle,
        source: seen.kind,
        date: seen.date,
        reading: seen.reading.whole_miles(),
        running_total: whole_miles(total),
        previous_reading: seen.previous_reading.map(Distance::whole_miles),
        notes: seen.notes,
        odometer: seen.reading,
        previous_odometer: seen.previous_reading,
        total_exact: total,
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
    let replaced = replacements(tx, user, vehicle).await?;
    Ok(shown(vehicle, seen, &replaced))
}

/// Adds a reading to the vehicle's log.
///
/// # Errors
/// `Invalid` where it contradicts a reading before or after it and that is not allowed, or looks wrong
/// and is not confirmed.
pub(super) async fn add(
    app: &App,
    user: &User,
    id: VehicleId,
    new: NewReading,
    once: &Once,
) -> Result<Created<Shown>> {
    let now = app.clock.now();
    let is_replacement = new.is_replacement == Some(true);
    let (Entered { name, reading }, previous) = entered(&new)?;
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return service::replay(app, user, tx, before).await;
    }
    let vehicle = service::hold(&mut tx, user, id).await?;
    let until_now = replacements(&mut tx, user, id).await?;
    let mut replaced = until_now.clone();
    let mut seen = Seen {
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
            let until = (new.date, i64::MAX, Uuid::max());
            let last = last_before(&mut tx, user, id, until, None, &replaced).await?;
            last.map_or(Distance::of_tenths(0, reading.unit()), |it| it.reading)
        };
        seen.kind = SourceKind::Replacement;
        seen.previous_reading = Some(previous);
        replaced = replaced.with(Replacement {
            date: seen.date,
            reading_exact: reading.exact(),
            previous_exact: previous.exact(),
        });
    }
    let preferences = &user.0.preferences;
    let shown_in = preferences.display_units();
    let mut faults = Vec::new();
    if new.allow_odometer_rollback != Some(true) {
        let at = (seen.date, reading.exact());
        let found = contradiction(&mut tx, user, id, at, None, &replaced).await?;
        faults.extend(found.map(|it| out_of_order(name, &it, &shown_in)));
    }
    let is_confirmed = |name: &str| new.confirm.as_ref().is_some_and(|it| it.has(name));
    let today = preferences.today(now);
    if seen.date > today && !is_confirmed("date") {
        faults.push(in_the_future("date", today));
    }
    // The running total of a replacement comes from the old odometer.
    let last = if is_replacement { previous } else { Some(Entered { name, reading }) };
    if let Some(last) = last.filter(|it| faults.is_empty() && !is_confirmed(it.name)) {
        let at = (seen.date, last.reading.exact());
        let most = most_plausible(&mut tx, user, id, at, &until_now).await?;
        faults.extend(most.map(|most| too_much(last.name, most, &shown_in)));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    store::insert(&mut tx, user, id, &seen, now).await?;
    reading_added(&mut tx, user, &vehicle, seen.date, reading, now).await?;
    if is_replacement {
        recompute(&mut tx, user, id, now).await?;
    }
    let shown = shown(id, seen, &replaced);
    let location = format!("/api/odometer-readings/{}", shown.id);
    let created = once.keep(&mut tx, user, location, &shown).await?;
    service::commit(app, user, tx).await?;
    Ok(created)
}

/// The reading and the old odometer's last one.
fn entered(new: &NewReading) -> Result<(Entered, Option<Entered>)> {
    let mut faults = Vec::new();
    let mut take = |read: Result<Option<Entered>, Fault>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let reading = take(Entered::of(("odometer", new.odometer), ("reading", new.reading)));
    let previous = take(Entered::of(
        ("previousOdometer", new.previous_odometer),
        ("previousReading", new.previous_reading),
    ));
    if let Some(previous) = previous.filter(|_| new.is_replacement != Some(true)) {
        faults.push(Fault::at(previous.name, "is allowed only if isReplacement is true"));
    }
    match reading {
        Some(reading) if faults.is_empty() => Ok((reading, previous)),
        None if faults.is_empty() => Err(Error::invalid("odometer", "is required")),
        _ => Err(Error::Invalid(faults)),
    }
}

/// Adds a reading dated today that was sent with the vehicle, within the caller's transaction.
///
/// # Errors
/// `Invalid` where it is less than an earlier reading, or looks wrong and is not confirmed.
pub(in crate::features::vehicles) async fn enter(
    app: &App,
    tx: &mut Tx,
    user: &User,
    vehicle: &Vehicle,
    Entered { name, reading }: Entered,
    confirm: Option<&Confirmed>,
) -> Result<()> {
    let now = app.clock.now();
    let preferences = &user.0.preferences;
    let (today, shown) = (preferences.today(now), preferences.display_units());
    let replaced = replacements(tx, user, vehicle.id).await?;
    let at = replaced.total(today, reading.exact());
    let until = (today, i64::MAX, Uuid::max());
    let last = last_before(tx, user, vehicle.id, until, None, &replaced).await?;
    let last = last.filter(|it| replaced.total(it.date, it.reading.exact()) > at);
    let found = if let Some(other) = last {
        Some(Contradiction { other, side: Side::Before })
    } else {
        let at = (today, reading.exact());
        contradiction(tx, user, vehicle.id, at, None, &replaced).await?
    };
    if let Some(found) = found {
        return Err(Error::Invalid(vec![out_of_order(name, &found, &shown)]));
    }
    if !confirm.is_some_and(|it| it.has(name)) {
        let at = (today, reading.exact());
        if let Some(most) = most_plausible(tx, user, vehicle.id, at, &replaced).await? {
            return Err(Error::Invalid(vec![too_much(name, most, &shown)]));
        }
    }
    let seen = Seen {
        id: Uuid::now_v7(),
        kind: SourceKind::Manual,
        date: today,
        reading,
        previous_reading: None,
        notes: None,
    };
    store::insert(tx, user, vehicle.id, &seen, now).await?;
    reading_added(tx, user, vehicle, today, reading, now).await
}

/// How many earlier readings of each source are used to check a reading.
const RECENT: i64 = 20;

/// The highest plausible reading on a day if `exact` exceeds it, and none if `exact` is plausible.
/// Within the caller's transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn most_plausible(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, exact): (NaiveDate, i64),
    replaced: &Replacements,
) -> Result<Option<i64>> {
    let beyond = (date, i64::MAX, Uuid::max());
    let earlier = before(tx, user, Asked { vehicle, beyond, most: RECENT }).await?;
    let totals = earlier.iter().map(|it| (it.date, replaced.total(it.date, it.reading.exact())));
    let total = replaced.total(date, exact);
    let most = plausible::most(&totals.collect::<Vec<_>>(), date);
    // As a reading of that day's odometer.
    Ok((total > most).then_some(most - (total - exact)))
}

fn too_much(name: &str, most: i64, shown: &units::Shown) -> Fault {
    let most = format!("{}\u{a0}{}", shown.exact_distance(most), shown.distance.sign());
    Fault::implausible(
        name,
        "is unusually high: check it, or confirm that it is right",
        format!("at most {most}"),
    )
}

fn in_the_future(name: &str, today: NaiveDate) -> Fault {
    let detail = "is in the future: check it, or confirm that it is right";
    Fault::implausible(name, detail, format!("{today} or earlier"))
}

/// Which side of a reading another one is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On an earlier day, with a higher running total.
    Before,
    /// On a later day, with a lower running total.
    After,
}

/// A reading that a new one contradicts, since the running total would decrease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The existing reading.
    pub other: Seen,
    /// Which side it is on.
    pub side: Side,
}

/// The nearest reading, from any source, that a reading of `exact` tenths of a millimeter on `date`
/// contradicts, within the caller's transaction. `except` is the record that is changed.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn check(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    exact: i64,
    except: Option<Uuid>,
) -> Result<Option<Contradiction>> {
    let replaced = replacements(tx, user, vehicle).await?;
    contradiction(tx, user, vehicle, (date, exact), except, &replaced).await
}

async fn contradiction(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, exact): (NaiveDate, i64),
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<Contradiction>> {
    let at = replaced.total(date, exact);
    let total = |it: &Seen| replaced.total(it.date, it.reading.exact());
    let beyond = (date, i64::MIN, Uuid::nil());
    let earlier = last_before(tx, user, vehicle, beyond, except, replaced).await?;
    if let Some(other) = earlier.filter(|it| total(it) > at) {
        return Ok(Some(Contradiction { other, side: Side::Before }));
    }
    let later = first_after(tx, user, vehicle, date, except, replaced).await?;
    let later = later.filter(|it| total(it) < at);
    Ok(later.map(|other| Contradiction { other, side: Side::After }))
}

fn out_of_order(name: &str, found: &Contradiction, shown: &units::Shown) -> Fault {
    let other = &found.other;
    let (relation, side) = match found.side {
        Side::Before => ("less than", "before"),
        Side::After => ("more than", "after"),
    };
    let detail = format!(
        "is {relation} the {} of the {} {side} it, on {}: correct one of the two",
        shown.reading_with_unit(other.reading),
        other.kind.in_words(),
        other.date,
    );
    let fuel_log = (other.kind == SourceKind::FuelLog).then_some(other.id);
    Fault { kind: Some("odometer-order"), fuel_log, ..Fault::at(name, detail) }
}

/// How many readings of one source are compared for a day on which an odometer was replaced.
const MOST_OF_A_DAY: i64 = 100;

/// The latest reading before a position, except `except`: by date, and within a day by running total.
async fn last_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    beyond: Position,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<Seen>> {
    let asked = Asked { vehicle, beyond, most: 1 + i64::from(except.is_some()) };
    let mut all = before(tx, user, asked).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.first().map(|it| it.date) else { return Ok(None) };
    if replaced.is_any_on(date) {
        all = before(tx, user, Asked { most: MOST_OF_A_DAY, ..asked }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.max_by(|one, other| by_total(replaced, one, other)))
}

/// The earliest reading of a later day, except `except`; within a day, the lowest running total.
async fn first_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<Seen>> {
    let beyond = (date, i64::MAX, Uuid::max());
    let asked = Asked { vehicle, beyond, most: 1 + i64::from(except.is_some()) };
    let mut all = after(tx, user, asked).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.iter().map(|it| it.date).min() else { return Ok(None) };
    if replaced.is_any_on(date) {
        all = after(tx, user, Asked { most: MOST_OF_A_DAY, ..asked }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.min_by(|one, other| by_total(replaced, one, other)))
}

/// The readings of every source on days after that of a position, in no particular order.
async fn after(tx: &mut Tx, user: &UserId, asked: Asked) -> Result<Vec<Seen>> {
    let mut all = Vec::new();
    for source in READINGS {
        all.extend((source.after)(tx, user, asked).await?);
    }
    Ok(all)
}

/// Orders readings of one day.
fn by_total(replaced: &Replacements, one: &Seen, other: &Seen) -> Ordering {
    replaced.compare(one.date, one.reading.exact(), other.reading.exact())
}

/// Deletes a reading from the log.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: Uuid,
    if_match: &IfMatch,
) -> Result<VehicleId> {
    let mut tx = app.db.write_for(user).await?;
    let vehicle = find_in(&mut tx, user, id).await?.vehicle_id;
    let vehicle = service::hold(&mut tx, user, vehicle).await?;
    let reading = find_in(&mut tx, user, id).await?;
    if_match.check(&reading)?;
    store::delete(&mut tx, user, id).await?;
    let now = app.clock.now();
    refresh(&mut tx, user, &vehicle, now).await?;
    if reading.source == SourceKind::Replacement {
        recompute(&mut tx, user, vehicle.id, now).await?;
    }
    service::commit(app, user, tx).await?;
    Ok(vehicle.id)
}

/// Recomputes the values that depend on the vehicle's running totals.
async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    for recompute in RECOMPUTED {
        recompute(tx, user, (vehicle, now)).await?;
    }
    Ok(())
}

/// The vehicle's replaced odometers, within the caller's transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn replacements(tx: &mut Tx, user: &UserId, vehicle: VehicleId) -> Result<Replacements> {
    Ok(Replacements::new(store::replacements(tx, user, vehicle).await?))
}

/// Derives the vehicle's odometer from its readings again: the latest by date, and within a day the
/// highest running total. Within the caller's transaction, which ends with
/// [`commit`](super::super::commit).
///
/// # Errors
/// Unavailable where the database is away.
pub async fn refresh(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    now: DateTime<Utc>,
) -> Result<()> {
    let replaced = replacements(tx, user, vehicle.id).await?;
    let last = last_before(tx, user, vehicle.id, end(), None, &replaced).await?;
    let last = last.map(|it| (it.date, it.reading));
    if last != vehicle.odometer.latest() {
        store::set_odometer(tx, user, vehicle.id, last, now).await?;
    }
    Ok(())
}

/// Like [`refresh`], for a reading that was added while no other was changed. This needs at most one
/// statement, unless the vehicle's latest reading is of the same day.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn reading_added(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    date: NaiveDate,
    reading: Distance,
    now: DateTime<Utc>,
) -> Result<()> {
    let is_latest = match vehicle.odometer.latest() {
        Some((last, _)) if last > date => false,
        Some((last, shown)) if last == date => {
            let replaced = replacements(tx, user, vehicle.id).await?;
            replaced.compare(date, reading.exact(), shown.exact()) == Ordering::Greater
        }
        _ => true,
    };
    if is_latest {
        store::set_odometer(tx, user, vehicle.id, Some((date, reading)), now).await?;
    }
    Ok(())
}

/// The running total when the odometer showed `reading` miles on `date`, in miles, within the
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
    let replaced = replacements(tx, user, vehicle).await?;
    Ok(miles(replaced.total(date, i64::from(reading) * MILE)))
}

/// The vehicle's running total at its latest reading, in tenths of a millimeter, within the caller's
/// transaction; 0 for a vehicle without readings.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn shown_now(tx: &mut Tx, user: &UserId, vehicle: &Vehicle) -> Result<i64> {
    let Some((date, reading)) = vehicle.odometer.latest() else { return Ok(0) };
    let replaced = replacements(tx, user, vehicle.id).await?;
    Ok(replaced.total(date, reading.exact()))
}

fn miles(exact: i64) -> i32 {
    i32::try_from(whole_miles(exact.max(0))).unwrap_or(i32::MAX)
}

/// A vehicle's latest odometer readings.
#[derive(Debug, Default)]
pub struct Latest {
    /// Days and running totals, in tenths of a millimeter, in no order.
    pub readings: Vec<(NaiveDate, i64)>,
    /// Whether an odometer was ever replaced: the vehicle's latest reading is then not its running total.
    pub is_replaced: bool,
}

/// The latest odometer readings of each of the user's vehicles, as many as `most_each` of each source,
/// within the caller's transaction.
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
    let replaced: HashMap<_, _> =
        replaced.into_iter().map(|(vehicle, all)| (vehicle, Replacements::new(all))).collect();
    let mut latest: HashMap<VehicleId, Latest> = HashMap::new();
    for source in READINGS {
        for (vehicle, date, reading) in (source.latest)(tx, user, most_each).await? {
            let of = replaced.get(&vehicle);
            let entry = latest.entry(vehicle).or_default();
            entry.is_replaced = of.is_some();
            entry.readings.push((date, of.map_or(reading, |it| it.total(date, reading))));
        }
    }
    Ok(latest)
}
