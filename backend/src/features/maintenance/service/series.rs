//! Repeating items: completion, postponement and skipping.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{add_reading, amount_member, check_plausibility, currency, lock_item, reading_member};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        error::FieldError,
        http::{Idempotency, IfMatch, Ok200},
        input::Odometer,
        units::{Distance, DistanceUnit},
    },
    features::{
        accounts::User,
        maintenance::{
            Item, ItemId,
            fields::{self, AmountFields},
            model::{Completion, CompletionResult, Postponement},
            plausibility::Checks,
            readings,
            schedule::{Bounds, Due, SeriesPosition},
            store,
        },
        vehicles::VehicleId,
    },
    t,
};

/// Completes an item. If it repeats, the next item is added in the same transaction.
///
/// # Errors
/// `Conflict` if the item is already completed; `Invalid` if a value looks implausible and is not
/// confirmed.
pub(in crate::features::maintenance) async fn complete(
    app: &App,
    user: &User,
    id: ItemId,
    done: Completion,
    if_match: &IfMatch,
    idempotency: &Idempotency,
) -> Result<Ok200<CompletionResult>> {
    let now = app.clock.now();
    let mut faults = Vec::new();
    let (typed, miles) = (done.completed_odometer, done.completed_mileage);
    let reading = fields::COMPLETED.resolve_new(typed, miles, &mut faults);
    app.write_once(user, idempotency, async |tx| {
        let (item, vehicle) = lock_item(tx, user, id, None).await?;
        if_match.check(&item)?;
        check_open(&item)?;
        let confirmed = done.confirm.unwrap_or_default();
        let checks = Checks {
            confirmed: &confirmed,
            date: Some("completedDate"),
            reading: Some(reading_member(typed.is_none())),
            amount: Some(amount_member(done.amount.is_none())),
        };
        let paid = AmountFields::new(done.amount, done.cost, done.currency);
        let paid = paid.resolve(item.amount, currency(&user.0.preferences), &mut faults);
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
        check_plausibility(tx, user, &completed, &checks, now).await?;
        store::update(tx, user, &completed).await?;
        add_reading(tx, user, &vehicle, &completed, now).await?;
        // Without a reading, the next item is calculated from the readings around the date.
        let reading = match (typed, miles) {
            (None, None) => "completedDate",
            (typed, _) => reading_member(typed.is_none()),
        };
        let sent = SentMembers { date: "completedDate", reading };
        let next = add_next(tx, user, &completed, sent, now).await?;
        Ok((String::new(), CompletionResult { completed, next }))
    })
    .await
}

/// The members in which the date and the odometer reading of a completion were sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentMembers {
    pub(super) date: &'static str,
    pub(super) reading: &'static str,
}

/// Adds the item that follows a completed one, if it repeats.
///
/// # Errors
/// `Invalid` if the next item would be due beyond the [`Bounds`].
pub(super) async fn add_next(
    tx: &mut Tx,
    user: &UserId,
    completed: &Item,
    sent: SentMembers,
    now: DateTime<Utc>,
) -> Result<Option<Item>> {
    let Some((position, due)) = next_due(tx, user, completed).await? else { return Ok(None) };
    check_bounds(due, sent, now)?;
    let mut next = Item { position, ..next_item(completed, now) };
    next.derive_due(due);
    save_next(tx, user, next).await.map(Some)
}

/// Corrects when the next item is due after a completion was corrected, unless the next item is
/// completed or its due date or reading was changed by the user. The next item follows the
/// corrected one to another vehicle.
///
/// # Errors
/// `Invalid` if the next item would be due beyond the [`Bounds`].
pub(super) async fn correct_next(
    tx: &mut Tx,
    user: &UserId,
    (old, corrected): (&Item, &Item),
    sent: SentMembers,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(next) = find_unchanged_next(tx, user, old).await? else { return Ok(()) };
    let Some((position, due)) = next_due(tx, user, corrected).await? else { return Ok(()) };
    check_bounds(due, sent, now)?;
    let mut updated =
        Item { vehicle_id: corrected.vehicle_id, position, updated_at: now, ..next.clone() };
    updated.derive_due(due);
    let is_changed = (updated.vehicle_id, updated.position, updated.due())
        != (next.vehicle_id, next.position, next.due());
    if is_changed {
        store::update(tx, user, &updated).await?;
    }
    Ok(())
}

/// Undoes a completion that was deleted: the next item becomes due when the deleted one was, unless
/// the next item is completed or its due date or reading was changed by the user.
pub(super) async fn restore_next(
    tx: &mut Tx,
    user: &UserId,
    deleted: &Item,
    now: DateTime<Utc>,
) -> Result<()> {
    let next = find_unchanged_next(tx, user, deleted).await?;
    let Some(next) = next.filter(|_| deleted.due() != Due::default()) else { return Ok(()) };
    let (position, derived) = (deleted.position, deleted.derived);
    let previous_id = deleted.previous_id;
    let mut updated = Item { position, derived, previous_id, updated_at: now, ..next };
    updated.set_due(deleted.due());
    store::update(tx, user, &updated).await?;
    Ok(())
}

/// Whether deleting the item changes when the next one is due.
pub(in crate::features::maintenance) async fn deletion_reschedules_next(
    app: &App,
    user: &UserId,
    item: &Item,
) -> Result<bool> {
    if !item.is_completed || item.due() == Due::default() {
        return Ok(false);
    }
    Ok(find_unchanged_next(&mut app.db.read_for(user).await?, user, item).await?.is_some())
}

/// Finds the open item that follows a completed one, unless its due date or reading was changed by
/// the user.
async fn find_unchanged_next(tx: &mut Tx, user: &UserId, completed: &Item) -> Result<Option<Item>> {
    let next = store::find_next(tx, user, completed.id).await?;
    Ok(next.filter(|it| it.is_due_as_derived() && it.vehicle_id == completed.vehicle_id))
}

/// Recalculates when the next items of a vehicle are due after its running totals have changed.
pub(super) async fn recompute(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    now: DateTime<Utc>,
) -> Result<()> {
    for next in store::list_open_successors(tx, user, vehicle).await? {
        let Some(previous) = next.previous_id.filter(|_| next.is_due_as_derived()) else {
            continue;
        };
        let previous = store::find(tx, user, previous).await?;
        let Some(previous) = previous.filter(|it| it.is_completed && it.vehicle_id == vehicle)
        else {
            continue;
        };
        let Some((position, due)) = next_due(tx, user, &previous).await? else { continue };
        let is_same = (position, due) == (next.position, next.due());
        if is_same
            || !Bounds::on(now.date_naive()).allows_date(due)
            || !Bounds::allows_odometer(due)
        {
            continue;
        }
        let mut updated = Item { position, updated_at: now, ..next };
        updated.derive_due(due);
        store::update(tx, user, &updated).await?;
    }
    Ok(())
}

/// Calculates the position of the next item in the series and when it is due; `None` if the item
/// does not repeat.
async fn next_due(
    tx: &mut Tx,
    user: &UserId,
    completed: &Item,
) -> Result<Option<(SeriesPosition, Due)>> {
    let Some(date) = completed.completed_date else { return Ok(None) };
    let interval = completed.interval();
    if interval.is_empty() {
        return Ok(None);
    }
    // The running total does not restart when the odometer is replaced.
    let (exact, unit) = match (completed.completed_odometer, interval.distance) {
        (_, None) => (0, DistanceUnit::Miles),
        (Some(reading), _) => {
            let reading_at = (date, reading);
            let offset =
                readings::replacement_offset(tx, user, completed.vehicle_id, reading_at).await?;
            (reading.exact() + offset, reading.unit())
        }
        (None, Some(interval)) => {
            let except = Some(completed.id.0);
            let around =
                readings::load_nearby(tx, user, completed.vehicle_id, date, except).await?;
            let start = Distance::of_tenths(0, interval.unit());
            let total = around.interpolate(date).unwrap_or(start);
            (total.exact(), total.unit())
        }
    };
    let position = completed.position.after_completion(interval, (date, exact));
    Ok(position.map(|it| (it, it.scheduled(unit))))
}

/// Rejects a next item with values that a client could not enter.
fn check_bounds(due: Due, sent: SentMembers, now: DateTime<Utc>) -> Result<()> {
    let bounds = Bounds::on(now.date_naive());
    let mut faults = Vec::new();
    if !bounds.allows_date(due) {
        faults.push(FieldError::at(sent.date, t!("maintenance-field-next-too-late")));
    }
    if !Bounds::allows_odometer(due) {
        let why = t!("maintenance-field-next-too-high", most = Odometer::MAX);
        faults.push(FieldError::at(sent.reading, why));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Creates the next item, without its due date and reading.
fn next_item(completed: &Item, now: DateTime<Utc>) -> Item {
    Item {
        id: ItemId(Uuid::now_v7()),
        completed_date: None,
        completed_mileage: None,
        completed_odometer: None,
        // Cost and notes belong to the completed item only.
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

/// Saves the next item. If the previous item was reopened and completed again, the existing next
/// item is updated, unless it is completed.
async fn save_next(tx: &mut Tx, user: &UserId, next: Item) -> Result<Item> {
    let existing = match next.previous_id {
        Some(previous) => store::find_next(tx, user, previous).await?,
        None => None,
    };
    match existing {
        None => {
            store::insert(tx, user, &next).await?;
            Ok(next)
        }
        Some(existing) if existing.is_completed => Ok(existing),
        Some(existing) => {
            let (due, position, updated_at) = (next.due(), next.position, next.updated_at);
            let mut updated = Item { updated_at, position, ..existing };
            updated.derive_due(due);
            store::update(tx, user, &updated).await?;
            Ok(updated)
        }
    }
}

/// Skips an item: it becomes due at the next time of its series.
///
/// # Errors
/// `Conflict` if the item is completed or does not repeat, or if the next time is too far ahead.
pub(in crate::features::maintenance) async fn skip(
    app: &App,
    user: &UserId,
    id: ItemId,
    if_match: &IfMatch,
    idempotency: &Idempotency,
) -> Result<Ok200<Item>> {
    let now = app.clock.now();
    app.write_once(user, idempotency, async |tx| {
        let (item, _) = lock_item(tx, user, id, None).await?;
        if_match.check(&item)?;
        check_open(&item)?;
        let (interval, due) = (item.interval(), item.due());
        let unit = due.odometer.or(interval.distance).map_or(DistanceUnit::Miles, Distance::unit);
        let none = || Error::conflict("not-recurring", t!("maintenance-not-recurring"));
        let too_far = || {
            Error::conflict("too-far-ahead", t!("maintenance-too-far-ahead", most = Odometer::MAX))
        };
        let has_series = interval.months.and(item.position.base_date).is_some()
            || interval.distance.is_some() && item.position.scheduled_exact.is_some();
        if !has_series {
            return Err(none());
        }
        let bounds = Bounds::on(app.clock.today());
        let position = item.position.after_skipping(interval, due).ok_or_else(too_far)?;
        let due = position.scheduled(unit);
        if !bounds.allows_date(due) || !Bounds::allows_odometer(due) {
            return Err(too_far());
        }
        let mut skipped = Item { position, updated_at: now, ..item };
        skipped.set_due(due);
        store::update(tx, user, &skipped).await?;
        Ok((String::new(), skipped))
    })
    .await
}

/// Postpones an item without moving its series.
///
/// # Errors
/// `Conflict` if the item is completed; `Invalid` if the new time is not later.
pub(in crate::features::maintenance) async fn postpone(
    app: &App,
    user: &UserId,
    id: ItemId,
    to: Postponement,
    if_match: &IfMatch,
    idempotency: &Idempotency,
) -> Result<Ok200<Item>> {
    let now = app.clock.now();
    app.write_once(user, idempotency, async |tx| {
        let (item, _) = lock_item(tx, user, id, None).await?;
        if_match.check(&item)?;
        check_open(&item)?;
        let due = item.due();
        let mut faults = Vec::new();
        let date = to.due_date.map(|it| it.0);
        let name = if to.due_odometer.is_some() { "dueOdometer" } else { "dueMileage" };
        let reading = fields::DUE.resolve_new(to.due_odometer, to.due_mileage, &mut faults);
        if date.is_none() && reading.is_none() && faults.is_empty() {
            return Err(Error::invalid("dueDate", t!("maintenance-field-due-required")));
        }
        if date.is_some_and(|to| due.date.is_none_or(|from| to <= from)) {
            let why = match due.date {
                Some(date) => t!("maintenance-field-not-later", date = date),
                None => t!("maintenance-field-not-due-by-date"),
            };
            faults.push(FieldError::at("dueDate", why));
        }
        if reading.is_some_and(|to| due.odometer.is_none_or(|from| to.exact() <= from.exact())) {
            let why = match due.odometer {
                Some(_) => t!("maintenance-field-not-higher"),
                None => t!("maintenance-field-not-due-by-odometer"),
            };
            faults.push(FieldError::at(name, why));
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let mut postponed = Item { updated_at: now, ..item };
        postponed.set_due(Due { date: date.or(due.date), odometer: reading.or(due.odometer) });
        store::update(tx, user, &postponed).await?;
        Ok((String::new(), postponed))
    })
    .await
}

fn check_open(item: &Item) -> Result<()> {
    if item.is_completed {
        return Err(Error::conflict("already-completed", t!("maintenance-already-completed")));
    }
    Ok(())
}
