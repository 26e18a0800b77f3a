//! What can be done with maintenance, and the rules for it.

mod series;

pub(super) use series::{complete, has_next, postpone, skip};

/// Corrects when the vehicle's next items are due after its running totals have changed.
pub const RECOMPUTE: odometer::RecomputeFn =
    |tx, user, (vehicle, now)| Box::pin(series::recompute(tx, user, vehicle, now));

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    Item, ItemId,
    model::{ItemChange, NewItem},
    plausible::{self, Checks},
    store::{self, Wanted},
    types::TypeName,
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        error::Fault,
        http::{self, Created, Cursor, IfMatch, Limit, Once, Page},
        input::{Change, Clearable},
        money::Currency,
    },
    features::{
        accounts::{Preferences, User},
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    read_any,
};

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// Of one vehicle; else of all that are not in the trash.
    pub(super) vehicle: Option<VehicleId>,
    pub(super) is_completed: Option<bool>,
    pub(super) kind: Option<TypeName>,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: Limit,
}

/// A page of the user's items, newest first: one statement, whatever the history.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash, `Invalid` for a foreign cursor.
pub(super) async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<Item>> {
    let after = http::after(listing.cursor.as_ref())?;
    let wanted = Wanted {
        is_completed: listing.is_completed,
        kind: listing.kind.as_ref(),
        after: (after.0, ItemId(after.1)),
        limit: listing.limit,
    };
    let rows = read_any!(app.db, user, |tx| {
        let Some(vehicle) = listing.vehicle else {
            return Ok(store::list_of_user(&mut tx, user, &wanted).await?);
        };
        let rows = store::list_of_vehicle(&mut tx, user, vehicle, &wanted).await?;
        if rows.is_empty() {
            // No items and no such vehicle are two answers.
            vehicles::find(&mut tx, user, vehicle).await?;
        }
        Ok(rows)
    })?;
    Ok(Page::of(rows, listing.limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// At most `limit` and one of what was done to the user's vehicle after the cursor's, the latest first.
pub(super) async fn list_done(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Vec<Item>> {
    let before = match cursor {
        None => (NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(), ItemId(Uuid::max())),
        Some(cursor) => done_before(cursor)
            .ok_or_else(|| Error::invalid("services", "is not a cursor that this service gave"))?,
    };
    Ok(store::list_done(&mut app.db.read_for(user).await?, user, vehicle, before, limit).await?)
}

fn done_before(cursor: &Cursor) -> Option<(NaiveDate, ItemId)> {
    let mut parts = cursor.parts();
    let date = parts.next()?.parse().ok();
    let date = date.filter(|it: &NaiveDate| (1..=9999).contains(&it.year()))?;
    let id = ItemId(parts.next()?.parse().ok()?);
    parts.next().is_none().then_some((date, id))
}

/// The user's item `id`.
pub(super) async fn find(app: &App, user: &UserId, id: ItemId) -> Result<Item> {
    let mut tx = app.db.read_for(user).await?;
    find_in(&mut tx, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Item> {
    match store::find(tx, user, id).await? {
        Some(found) => Ok(found),
        None => Err(missing(tx, user, id).await?),
    }
}

/// The error for an item that was not found: its vehicle may be in the trash.
async fn missing(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Error> {
    if let Some(vehicle) = store::vehicle_of(tx, user, id).await? {
        vehicles::find(tx, user, vehicle).await?;
    }
    Ok(Error::NotFound("maintenance item"))
}

/// The currency of amounts that are sent without one.
fn currency(preferences: &Preferences) -> Currency {
    Currency::stored(&preferences.currency).unwrap_or(Currency::USD)
}

/// Adds an item, and its odometer reading where it has one.
///
/// # Errors
/// `Invalid` where members contradict each other, or look wrong and are not confirmed.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewItem,
    once: &Once,
) -> Result<Created<Item>> {
    let (now, preferences) = (app.clock.now(), &user.0.preferences);
    let confirmed = new.confirm.clone().unwrap_or_default();
    let checks = Checks {
        confirmed: &confirmed,
        date: Some("completedDate"),
        reading: Some(reading_name(new.completed_odometer.is_none())),
        amount: Some(amount_name(new.amount.is_none())),
    };
    let item = new.into_item(ItemId(Uuid::now_v7()), now, currency(preferences));
    let item = item.map_err(Error::Invalid)?;
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let vehicle = hold_vehicle(&mut tx, user, item.vehicle_id).await?;
    check(&mut tx, user, &item, &checks, now).await?;
    store::insert(&mut tx, user, &item).await?;
    add_reading(&mut tx, user, &vehicle, &item, now).await?;
    let created = once.keep(&mut tx, user, format!("/api/maintenance/{}", item.id), &item).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(created)
}

/// Changes an item. If the change completes an item that repeats, it also adds the next one, as
/// [`complete`] does. If it corrects a completion, it also corrects when the next one is due.
///
/// # Errors
/// `Invalid` where members contradict each other, or look wrong and are not confirmed.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: ItemId,
    change: ItemChange,
    if_match: &IfMatch,
) -> Result<Item> {
    let (now, preferences) = (app.clock.now(), &user.0.preferences);
    let mut tx = app.db.write_for(user).await?;
    let target = match change.vehicle_id {
        Change::Keep => None,
        Change::Set(id) => Some(VehicleId(id.0)),
    };
    let (old, vehicle) = hold_item(&mut tx, user, id, target).await?;
    if_match.check(&old)?;
    let confirmed = change.confirm.clone().unwrap_or_default();
    let sent = sent(&change);
    let in_miles = sent.reading == reading_name(true);
    let has_cost =
        matches!(change.cost, Clearable::Set(_)) && !matches!(change.amount, Clearable::Set(_));
    let item = change.apply(old.clone(), now, currency(preferences)).map_err(Error::Invalid)?;
    let is_new = item.is_completed && !old.is_completed;
    let (was, is) = (
        (old.vehicle_id, old.completed_date, old.completed_odometer),
        (item.vehicle_id, item.completed_date, item.completed_odometer),
    );
    let checks = Checks {
        confirmed: &confirmed,
        date: (is_new || was.1 != is.1).then_some("completedDate"),
        reading: (is_new || was != is).then_some(reading_name(in_miles)),
        amount: (is_new || old.amount != item.amount).then_some(amount_name(has_cost)),
    };
    check(&mut tx, user, &item, &checks, now).await?;
    store::update(&mut tx, user, &item).await?;
    if (was, old.is_completed) != (is, item.is_completed) {
        odometer::refresh(&mut tx, user, &vehicle, now).await?;
        if old.vehicle_id != item.vehicle_id {
            let left = vehicles::lock(&mut tx, user, old.vehicle_id).await?;
            odometer::refresh(&mut tx, user, &left, now).await?;
        }
    }
    if is_new {
        series::leave_next(&mut tx, user, &item, sent, now).await?;
    } else if item.is_completed && was != is {
        series::correct_next(&mut tx, user, (&old, &item), sent, now).await?;
    }
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(item)
}

/// Removes an item for good. If it was completed, the next one is due when this one was.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: ItemId,
    if_match: &IfMatch,
) -> Result<Item> {
    let mut tx = app.db.write_for(user).await?;
    let (item, vehicle) = hold_item(&mut tx, user, id, None).await?;
    if_match.check(&item)?;
    let now = app.clock.now();
    store::delete(&mut tx, user, id).await?;
    if item.completed_odometer.is_some() {
        odometer::refresh(&mut tx, user, &vehicle, now).await?;
    }
    if item.is_completed {
        series::restore_next(&mut tx, user, &item, now).await?;
    }
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(item)
}

/// The member that a completed item's reading was sent as.
fn reading_name(in_miles: bool) -> &'static str {
    if in_miles { "completedMileage" } else { "completedOdometer" }
}

/// The member that an amount was sent as.
fn amount_name(is_cost: bool) -> &'static str {
    if is_cost { "cost" } else { "amount" }
}

/// The members of a change that affect when the next item is due.
fn sent(change: &ItemChange) -> series::Sent {
    let has_typed = matches!(change.completed_odometer, Clearable::Set(_));
    let has_miles = matches!(change.completed_mileage, Clearable::Set(_));
    let has_date = matches!(change.completed_date, Clearable::Set(_));
    let other = if has_date { "completedDate" } else { "vehicleId" };
    let reading = if has_typed || has_miles { reading_name(!has_typed) } else { other };
    series::Sent { date: if has_date { "completedDate" } else { reading }, reading }
}

/// Refuses values that look wrong and are not confirmed.
async fn check(
    tx: &mut Tx,
    user: &User,
    item: &Item,
    checks: &Checks<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let preferences = &user.0.preferences;
    let reader = (&preferences.display_units(), preferences.today(now));
    let faults = plausible::faults(tx, user, item, checks, reader).await?;
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Updates the vehicle's odometer by the reading of a completed item that was added.
async fn add_reading(
    tx: &mut Tx,
    user: &UserId,
    vehicle: &Vehicle,
    item: &Item,
    now: DateTime<Utc>,
) -> Result<()> {
    match (item.completed_date, item.completed_odometer) {
        (Some(date), Some(reading)) if item.is_completed => {
            odometer::refresh_after_insert(tx, user, vehicle, date, reading, now).await
        }
        _ => Ok(()),
    }
}

/// The item as it is once its vehicle is held, and the vehicle that it goes to: `target`, else its
/// own. Two are held in the order of their ids, lest two requests wait for each other.
async fn hold_item(
    tx: &mut Tx,
    user: &UserId,
    id: ItemId,
    target: Option<VehicleId>,
) -> Result<(Item, Vehicle)> {
    // While this waits for its vehicle, the item may go to another.
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
        let item = find_in(tx, user, id).await?;
        if let Some(vehicle) = goes_to.filter(|_| item.vehicle_id == own) {
            return Ok((item, vehicle));
        }
    }
    Err(Error::Unavailable)
}

/// A vehicle that a body names: one that is not the user's is a fault of that field.
async fn hold_vehicle(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    vehicles::lock(tx, user, id).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("vehicleId", "is not a vehicle of yours"),
        Error::InTrash { vehicle, .. } => {
            Error::Invalid(vec![Fault::in_trash("vehicleId", vehicle)])
        }
        other => other,
    })
}
