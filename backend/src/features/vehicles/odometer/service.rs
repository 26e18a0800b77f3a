//! Operations on the odometer log, and their rules.

use std::{cmp::Ordering, collections::HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    ReadingSource, ReadingsQuery, SourceKind, SourceReading,
    model::{EnteredReading, NewReading, OdometerReading, Position},
    plausibility,
    running_total::{Replacement, Replacements},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        error::FieldError,
        http::{Created, Cursor, Idempotency, IfMatch, Limit, Page, SortKey as _},
        input::Confirmed,
        locale::Value,
        units::{Distance, MILE, whole_miles},
    },
    features::{
        accounts::User,
        vehicles::{
            Vehicle, VehicleId, VehicleRecord,
            contribution::{reading_sources, recomputations},
            lock_record, service,
        },
    },
    t,
};

/// The readings that are logged by hand.
pub const SOURCE: ReadingSource = ReadingSource {
    before: |tx, user, query| Box::pin(async move { Ok(store::before(tx, user, query).await?) }),
    after: |tx, user, query| Box::pin(async move { Ok(store::after(tx, user, query).await?) }),
    latest: |tx, user, limit| Box::pin(async move { Ok(store::latest(tx, user, limit).await?) }),
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

/// The readings of all sources before a position, latest first.
async fn before(tx: &mut Tx, user: &UserId, query: ReadingsQuery) -> Result<Vec<SourceReading>> {
    let mut all = Vec::new();
    for source in reading_sources() {
        all.extend((source.before)(tx, user, query).await?);
    }
    all.sort_unstable_by_key(|it| std::cmp::Reverse(it.position()));
    Ok(all)
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

/// The number of earlier readings of each source that a reading is checked against.
const CHECKED_READINGS: i64 = 20;

/// Returns the highest plausible reading on a date if `exact` exceeds it, or `None` if `exact` is plausible.
/// Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn exceeded_maximum(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, exact): (NaiveDate, i64),
    replaced: &Replacements,
) -> Result<Option<i64>> {
    let position = (date, i64::MAX, Uuid::max());
    let query = ReadingsQuery { vehicle, position, limit: CHECKED_READINGS };
    let earlier = before(tx, user, query).await?;
    let totals = earlier.iter().map(|it| (it.date, replaced.total(it.date, it.reading.exact())));
    let total = replaced.total(date, exact);
    let max = plausibility::max_total(&totals.collect::<Vec<_>>(), date);
    // Convert the running total to a reading of that day's odometer.
    Ok((total > max).then_some(max - (total - exact)))
}

/// The fault of a reading that is higher than `max`, in tenths of a millimeter.
fn implausibly_high(name: &str, max: i64) -> FieldError {
    FieldError::implausible(
        name,
        t!("vehicles-field-reading-high"),
        t!("vehicles-field-reading-high-expected", max = Value::Distance(max)),
    )
}

fn future_date(name: &str, today: NaiveDate) -> FieldError {
    let expected = t!("vehicles-field-date-in-future-expected", today = today);
    FieldError::implausible(name, t!("vehicles-field-date-in-future"), expected)
}

/// The position of a reading relative to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On an earlier day, with a higher running total.
    Before,
    /// On a later day, with a lower running total.
    After,
}

/// An existing reading that a new one contradicts because the running total would decrease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The existing reading.
    pub other: SourceReading,
    /// Its position relative to the new reading.
    pub side: Side,
}

/// Finds the nearest reading, from any source, that a reading of `exact` tenths of a millimeter on `date`
/// contradicts. Ignores the record `except`, which is being changed. Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_contradiction(
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
    let new_total = replaced.total(date, exact);
    let total = |it: &SourceReading| replaced.total(it.date, it.reading.exact());
    let start_of_day = (date, i64::MIN, Uuid::nil());
    let earlier = last_before(tx, user, vehicle, start_of_day, except, replaced).await?;
    if let Some(other) = earlier.filter(|it| total(it) > new_total) {
        return Ok(Some(Contradiction { other, side: Side::Before }));
    }
    let later = first_after(tx, user, vehicle, date, except, replaced).await?;
    let later = later.filter(|it| total(it) < new_total);
    Ok(later.map(|other| Contradiction { other, side: Side::After }))
}

fn out_of_order(name: &str, found: &Contradiction) -> FieldError {
    let other = &found.other;
    let (reading, source) = (other.reading, other.kind.label());
    let detail = match found.side {
        Side::Before => t!(
            "vehicles-field-less-than-earlier",
            reading = reading,
            date = other.date,
            source = source
        ),
        Side::After => t!(
            "vehicles-field-more-than-later",
            reading = reading,
            date = other.date,
            source = source
        ),
    };
    let fuel_log = (other.kind == SourceKind::FuelLog).then_some(other.id);
    FieldError { kind: Some("odometer-order"), fuel_log, ..FieldError::at(name, detail) }
}

/// The maximum number of readings per source to compare for a day on which an odometer was replaced.
const MAX_PER_DAY: i64 = 100;

/// The latest reading before a position, ordered by date and running total. Ignores the record `except`.
async fn last_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    position: Position,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<SourceReading>> {
    let query = ReadingsQuery { vehicle, position, limit: 1 + i64::from(except.is_some()) };
    let mut all = before(tx, user, query).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.first().map(|it| it.date) else { return Ok(None) };
    if replaced.has_any_on(date) {
        all = before(tx, user, ReadingsQuery { limit: MAX_PER_DAY, ..query }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.max_by(|one, other| by_total(replaced, one, other)))
}

/// The earliest reading after a date, ordered by date and running total. Ignores the record `except`.
async fn first_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<SourceReading>> {
    let position = (date, i64::MAX, Uuid::max());
    let query = ReadingsQuery { vehicle, position, limit: 1 + i64::from(except.is_some()) };
    let mut all = after(tx, user, query).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.iter().map(|it| it.date).min() else { return Ok(None) };
    if replaced.has_any_on(date) {
        all = after(tx, user, ReadingsQuery { limit: MAX_PER_DAY, ..query }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.min_by(|one, other| by_total(replaced, one, other)))
}

/// The readings of all sources on dates after that of a position, in no particular order.
async fn after(tx: &mut Tx, user: &UserId, query: ReadingsQuery) -> Result<Vec<SourceReading>> {
    let mut all = Vec::new();
    for source in reading_sources() {
        all.extend((source.after)(tx, user, query).await?);
    }
    Ok(all)
}

/// Compares readings of one day.
fn by_total(replaced: &Replacements, one: &SourceReading, other: &SourceReading) -> Ordering {
    replaced.compare(one.date, one.reading.exact(), other.reading.exact())
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
