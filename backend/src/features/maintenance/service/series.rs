//! Completing an item and what it leaves behind; postponing and skipping one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{add_reading, amount_name, check, currency, hold_item, reading_name};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        error::Fault,
        http::{Done, IfMatch, Once},
        units::{Distance, DistanceUnit},
    },
    features::{
        accounts::User,
        maintenance::{
            Item, ItemId,
            entered::{self, Entered},
            model::{Completed, Completion, Postponement},
            plausible::Checks,
            readings,
            schedule::{Bounds, Due, Place},
            store,
        },
        vehicles::{self, VehicleId},
    },
};

/// Completes an item; one that comes again leaves the next one behind in the same transaction.
///
/// # Errors
/// `Conflict` where it was completed before, `Invalid` where something looks wrong and is not
/// confirmed.
pub(in crate::features::maintenance) async fn complete(
    app: &App,
    user: &User,
    id: ItemId,
    done: Completion,
    if_match: &IfMatch,
    once: &Once,
) -> Result<Done<Completed>> {
    let now = app.clock.now();
    let mut faults = Vec::new();
    let (typed, miles) = (done.completed_odometer, done.completed_mileage);
    let reading = entered::COMPLETED.of_new(typed, miles, &mut faults);
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let (item, vehicle) = hold_item(&mut tx, user, id, None).await?;
    if_match.check(&item)?;
    check_open(&item)?;
    let confirmed = done.confirm.unwrap_or_default();
    let checks = Checks {
        confirmed: &confirmed,
        date: Some("completedDate"),
        reading: Some(reading_name(typed.is_none())),
        amount: Some(amount_name(done.amount.is_none())),
    };
    let paid = Entered::new(done.amount, done.cost, done.currency);
    let paid = paid.change(item.amount, currency(&user.0.preferences), &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut completed = Item {
        completed_date: Some(done.completed_date),
        service_location: done.service_location.map(|it| it.0).or(item.service_location),
        notes: done.notes.map(|it| it.0).or(item.notes),
        is_completed: true,
        updated_at: now,
        ..item
    };
    completed.set_completed_odometer(reading);
    completed.set_amount(paid);
    check(&mut tx, user, &completed, &checks, now).await?;
    store::update(&mut tx, user, &completed).await?;
    add_reading(&mut tx, user, &vehicle, &completed, now).await?;
    // Without a reading, the next one is counted from the readings around the date.
    let reading = match (typed, miles) {
        (None, None) => "completedDate",
        (typed, _) => reading_name(typed.is_none()),
    };
    let sent = Sent { date: "completedDate", reading };
    let next = leave_next(&mut tx, user, &completed, sent, now).await?;
    let answer = Completed { completed, next };
    let done = once.keep(&mut tx, user, String::new(), &answer).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(done)
}

/// The members that a completion's date and odometer reading were sent as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) date: &'static str,
    pub(super) reading: &'static str,
}

/// Adds the item that follows a completed one, where it repeats.
///
/// # Errors
/// `Invalid` if the next one would be due beyond the [`Bounds`].
pub(super) async fn leave_next(
    tx: &mut Tx,
    user: &UserId,
    completed: &Item,
    sent: Sent,
    now: DateTime<Utc>,
) -> Result<Option<Item>> {
    let Some((place, due)) = next_time(tx, user, completed).await? else { return Ok(None) };
    check_bounds(due, sent, now)?;
    let mut next = Item { place, ..following(completed, now) };
    next.derive_due(due);
    leave_behind(tx, user, next).await.map(Some)
}

/// Corrects when the next item is due after the completion of the one before it was corrected, unless
/// the next one is completed or its due date or reading was changed since. It moves to another vehicle
/// with the one before it.
///
/// # Errors
/// `Invalid` if the next one would be due beyond the [`Bounds`].
pub(super) async fn correct_next(
    tx: &mut Tx,
    user: &UserId,
    (old, corrected): (&Item, &Item),
    sent: Sent,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(next) = find_derived(tx, user, old).await? else { return Ok(()) };
    let Some((place, due)) = next_time(tx, user, corrected).await? else { return Ok(()) };
    check_bounds(due, sent, now)?;
    let mut again =
        Item { vehicle_id: corrected.vehicle_id, place, updated_at: now, ..next.clone() };
    again.derive_due(due);
    let is_changed =
        (again.vehicle_id, again.place, again.due()) != (next.vehicle_id, next.place, next.due());
    if is_changed {
        store::update(tx, user, &again).await?;
    }
    Ok(())
}

/// Undoes a completion that was deleted: the next item is due when the deleted one was, unless the next
/// one is completed or its due date or reading was changed since.
pub(super) async fn restore_next(
    tx: &mut Tx,
    user: &UserId,
    deleted: &Item,
    now: DateTime<Utc>,
) -> Result<()> {
    let next = find_derived(tx, user, deleted).await?;
    let Some(next) = next.filter(|_| deleted.due() != Due::default()) else { return Ok(()) };
    let (place, derived) = (deleted.place, deleted.derived);
    let previous_id = deleted.previous_id;
    let mut again = Item { place, derived, previous_id, updated_at: now, ..next };
    again.set_due(deleted.due());
    store::update(tx, user, &again).await?;
    Ok(())
}

/// Whether deleting the item changes when the next one is due.
pub(in crate::features::maintenance) async fn has_next(
    app: &App,
    user: &UserId,
    item: &Item,
) -> Result<bool> {
    if !item.is_completed || item.due() == Due::default() {
        return Ok(false);
    }
    Ok(find_derived(&mut app.db.read_for(user).await?, user, item).await?.is_some())
}

/// The open item that follows a completed one, unless its due date or reading was changed since.
async fn find_derived(tx: &mut Tx, user: &UserId, completed: &Item) -> Result<Option<Item>> {
    let next = store::find_next(tx, user, completed.id).await?;
    Ok(next.filter(|it| it.is_due_as_derived() && it.vehicle_id == completed.vehicle_id))
}

/// Corrects when the vehicle's next items are due after its running totals have changed.
pub(super) async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    for next in store::list_following(tx, user, vehicle).await? {
        let Some(previous) = next.previous_id.filter(|_| next.is_due_as_derived()) else {
            continue;
        };
        let previous = store::find(tx, user, previous).await?;
        let Some(previous) = previous.filter(|it| it.is_completed && it.vehicle_id == vehicle)
        else {
            continue;
        };
        let Some((place, due)) = next_time(tx, user, &previous).await? else { continue };
        let is_same = (place, due) == (next.place, next.due());
        if is_same || !Bounds::on(now.date_naive()).has_day(due) || !Bounds::has_reading(due) {
            continue;
        }
        let mut again = Item { place, updated_at: now, ..next };
        again.derive_due(due);
        store::update(tx, user, &again).await?;
    }
    Ok(())
}

/// The next item's place in the series and what it is due at after this completion; none if the item
/// does not repeat.
async fn next_time(tx: &mut Tx, user: &UserId, completed: &Item) -> Result<Option<(Place, Due)>> {
    let Some(date) = completed.completed_date else { return Ok(None) };
    let every = completed.interval();
    if every.is_empty() {
        return Ok(None);
    }
    // The running total, which does not restart when the odometer is replaced.
    let (exact, unit) = match (completed.completed_odometer, every.distance) {
        (_, None) => (0, DistanceUnit::Miles),
        (Some(reading), _) => {
            let seen = (date, reading);
            let offset = readings::counted_before(tx, user, completed.vehicle_id, seen).await?;
            (reading.exact() + offset, reading.unit())
        }
        (None, Some(interval)) => {
            let except = Some(completed.id.0);
            let around = readings::around(tx, user, completed.vehicle_id, date, except).await?;
            let start = Distance::of_tenths(0, interval.unit());
            let total = around.on(date).unwrap_or(start);
            (total.exact(), total.unit())
        }
    };
    let place = completed.place.after_completion(every, (date, exact));
    Ok(place.map(|it| (it, it.scheduled(unit))))
}

/// Refuses a next item that a client could not enter.
fn check_bounds(due: Due, sent: Sent, now: DateTime<Utc>) -> Result<()> {
    let bounds = Bounds::on(now.date_naive());
    let mut faults = Vec::new();
    if !bounds.has_day(due) {
        let why = "makes the next one due more than a hundred years ahead: shorten the interval, or \
                   clear it";
        faults.push(Fault::at(sent.date, why));
    }
    if !Bounds::has_reading(due) {
        let why = "makes the next one due at more than 99,999,999: correct the reading, or clear \
                   the interval";
        faults.push(Fault::at(sent.reading, why));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// What follows a completed item, but for when it is due.
fn following(completed: &Item, now: DateTime<Utc>) -> Item {
    Item {
        id: ItemId(Uuid::now_v7()),
        completed_date: None,
        completed_mileage: None,
        completed_odometer: None,
        // The last one's cost and notes are its own.
        cost: None,
        amount: None,
        currency: None,
        notes: None,
        is_completed: false,
        created_at: now,
        updated_at: now,
        previous_id: Some(completed.id),
        ..completed.clone()
    }
}

/// Keeps what follows. Where the item was completed before and opened again, what it left behind
/// then is due anew, unless it is done by now.
async fn leave_behind(tx: &mut Tx, user: &UserId, next: Item) -> Result<Item> {
    let before = match next.previous_id {
        Some(previous) => store::find_next(tx, user, previous).await?,
        None => None,
    };
    match before {
        None => {
            store::insert(tx, user, &next).await?;
            Ok(next)
        }
        Some(before) if before.is_completed => Ok(before),
        Some(before) => {
            let (due, place, updated_at) = (next.due(), next.place, next.updated_at);
            let mut again = Item { updated_at, place, ..before };
            again.derive_due(due);
            store::update(tx, user, &again).await?;
            Ok(again)
        }
    }
}

/// Leaves this one out: the item is due at its series' next time.
///
/// # Errors
/// `Conflict` where it is completed, does not come again, or the next time is too far ahead.
pub(in crate::features::maintenance) async fn skip(
    app: &App,
    user: &UserId,
    id: ItemId,
    if_match: &IfMatch,
    once: &Once,
) -> Result<Done<Item>> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let (item, _) = hold_item(&mut tx, user, id, None).await?;
    if_match.check(&item)?;
    check_open(&item)?;
    let (every, due) = (item.interval(), item.due());
    let unit = due.odometer.or(every.distance).map_or(DistanceUnit::Miles, Distance::unit);
    let none = || Error::conflict("not-recurring", "it doesn't repeat: postpone it, or delete it");
    let too_far = || {
        let why = "the next time is more than a hundred years ahead, or at more than 99,999,999: \
                   complete it, or delete it";
        Error::conflict("too-far-ahead", why)
    };
    let has_series = every.months.and(item.place.base_date).is_some()
        || every.distance.is_some() && item.place.scheduled_exact.is_some();
    if !has_series {
        return Err(none());
    }
    let bounds = Bounds::on(app.clock.today());
    let place = item.place.after_skipping(every, due).ok_or_else(too_far)?;
    let due = place.scheduled(unit);
    if !bounds.has_day(due) || !Bounds::has_reading(due) {
        return Err(too_far());
    }
    let mut skipped = Item { place, updated_at: now, ..item };
    skipped.set_due(due);
    store::update(&mut tx, user, &skipped).await?;
    let done = once.keep(&mut tx, user, String::new(), &skipped).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(done)
}

/// Makes an item due later, and its series as it was.
///
/// # Errors
/// `Conflict` where it is completed, `Invalid` where it would not be later.
pub(in crate::features::maintenance) async fn postpone(
    app: &App,
    user: &UserId,
    id: ItemId,
    to: Postponement,
    if_match: &IfMatch,
    once: &Once,
) -> Result<Done<Item>> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let (item, _) = hold_item(&mut tx, user, id, None).await?;
    if_match.check(&item)?;
    check_open(&item)?;
    let due = item.due();
    let mut faults = Vec::new();
    let date = to.due_date.map(|it| it.0);
    let name = if to.due_odometer.is_some() { "dueOdometer" } else { "dueMileage" };
    let reading = entered::DUE.of_new(to.due_odometer, to.due_mileage, &mut faults);
    if date.is_none() && reading.is_none() && faults.is_empty() {
        let why = "is required, unless there is a dueMileage";
        return Err(Error::invalid("dueDate", why));
    }
    let mut refuse = |name, is_due: bool| {
        let why = if is_due {
            "must be later than it is now"
        } else {
            "must be left out: the item is not due by it"
        };
        faults.push(Fault::at(name, why));
    };
    if date.is_some_and(|to| due.date.is_none_or(|from| to <= from)) {
        refuse("dueDate", due.date.is_some());
    }
    if reading.is_some_and(|to| due.odometer.is_none_or(|from| to.exact() <= from.exact())) {
        refuse(name, due.odometer.is_some());
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut postponed = Item { updated_at: now, ..item };
    postponed.set_due(Due { date: date.or(due.date), odometer: reading.or(due.odometer) });
    store::update(&mut tx, user, &postponed).await?;
    let done = once.keep(&mut tx, user, String::new(), &postponed).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(done)
}

fn check_open(item: &Item) -> Result<()> {
    if item.is_completed {
        return Err(Error::conflict("already-completed", "it was completed before"));
    }
    Ok(())
}
