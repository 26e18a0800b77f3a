//! Completing an item and what it leaves behind; postponing and skipping one.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{add_reading, hold_item};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        error::Fault,
        http::{Done, IfMatch, Once},
    },
    features::{
        maintenance::{
            Item, ItemId,
            model::{Completed, Completion, Postponement},
            store,
        },
        vehicles::{self, odometer},
    },
};

/// Completes an item; one that comes again leaves the next one behind in the same transaction.
///
/// # Errors
/// `Conflict` where it was completed before.
pub(in crate::features::maintenance) async fn complete(
    app: &App,
    user: &UserId,
    id: ItemId,
    done: Completion,
    if_match: &IfMatch,
    once: &Once,
) -> Result<Done<Completed>> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let (item, vehicle) = hold_item(&mut tx, user, id, None).await?;
    if_match.check(&item)?;
    check_open(&item)?;
    let completed = Item {
        completed_date: Some(done.completed_date),
        completed_mileage: done.completed_mileage.map(|it| it.0),
        cost: done.cost.or(item.cost),
        service_location: done.service_location.map(|it| it.0).or(item.service_location),
        notes: done.notes.map(|it| it.0).or(item.notes),
        is_completed: true,
        updated_at: now,
        ..item
    };
    store::update(&mut tx, user, &completed).await?;
    add_reading(&mut tx, user, &vehicle, &completed, now).await?;
    // In miles that the vehicle has done, whatever its odometer begins with.
    let mileage = match completed.completed_mileage {
        Some(reading) => {
            let seen = (done.completed_date, reading);
            odometer::running_total(&mut tx, user, vehicle.id, seen).await?
        }
        None => odometer::shown_now(&mut tx, user, &vehicle).await?,
    };
    let at = (done.completed_date, mileage);
    let next = match completed.place.after_completion(completed.interval(), at) {
        None => None,
        Some(place) => {
            let mut next = Item { place, ..following(&completed, now) };
            next.set_due(place.scheduled());
            Some(leave_behind(&mut tx, user, next).await?)
        }
    };
    let answer = Completed { completed, next };
    let done = once.keep(&mut tx, user, String::new(), &answer).await?;
    vehicles::commit(app, user, tx).await?;
    Ok(done)
}

/// What follows a completed item, but for when it is due.
fn following(completed: &Item, now: DateTime<Utc>) -> Item {
    Item {
        id: ItemId(Uuid::now_v7()),
        completed_date: None,
        completed_mileage: None,
        // What the last one cost and what was noted about it are its own.
        cost: None,
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
            again.set_due(due);
            store::update(tx, user, &again).await?;
            Ok(again)
        }
    }
}

/// Leaves this one out: the item is due at its series' next time.
///
/// # Errors
/// `Conflict` where it is completed or does not come again.
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
    let place = item.place.after_skipping(item.interval(), item.due());
    let place = place.filter(|it| it.scheduled() != item.place.scheduled()).ok_or_else(|| {
        Error::conflict("not-recurring", "there is no next time: postpone it, or delete it")
    })?;
    let mut skipped = Item { place, updated_at: now, ..item };
    skipped.set_due(place.scheduled());
    store::update(&mut tx, user, &skipped).await?;
    let done = once.keep(&mut tx, user, String::new(), &skipped).await?;
    vehicles::commit(app, user, tx).await?;
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
    let (date, mileage) = (to.due_date.map(|it| it.0), to.due_mileage.map(|it| it.0));
    if date.is_none() && mileage.is_none() {
        let why = "is required, unless there is a dueMileage";
        return Err(Error::invalid("dueDate", why));
    }
    let mut faults = Vec::new();
    let mut refuse = |name, is_due: bool| {
        let why =
            if is_due { "has to be later than it is now" } else { "is not what it is due by" };
        faults.push(Fault::at(name, why));
    };
    if date.is_some_and(|to| due.date.is_none_or(|from| to <= from)) {
        refuse("dueDate", due.date.is_some());
    }
    if mileage.is_some_and(|to| due.mileage.is_none_or(|from| to <= from)) {
        refuse("dueMileage", due.mileage.is_some());
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let postponed = Item {
        due_date: date.or(due.date),
        due_mileage: mileage.or(due.mileage),
        updated_at: now,
        ..item
    };
    store::update(&mut tx, user, &postponed).await?;
    let done = once.keep(&mut tx, user, String::new(), &postponed).await?;
    vehicles::commit(app, user, tx).await?;
    Ok(done)
}

fn check_open(item: &Item) -> Result<()> {
    if item.is_completed {
        return Err(Error::conflict("already-completed", "it was completed before"));
    }
    Ok(())
}
