//! The rules for maintenance items, and their transactions.

mod series;

pub(super) use series::{complete, deletion_reschedules_next, postpone, skip};

/// Recalculates when the next items of a vehicle are due after its running totals have changed.
pub(super) const RECOMPUTE: odometer::RecomputeFn =
    |tx, user, (vehicle, now)| Box::pin(series::recompute(tx, user, vehicle, now));

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    Item, ItemId,
    model::{ItemChange, NewItem},
    plausibility::{self, Checks},
    store::{self, Filter},
    types::TypeName,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::{Created, Cursor, Idempotency, IfMatch, Limit, NewestFirst, Page},
        input::{Change, Clearable},
        locale::Message,
        money::Currency,
    },
    features::{
        accounts::{Preferences, User},
        vehicles::{self, Vehicle, VehicleId, VehicleRecord, odometer},
    },
    read_replica,
};

/// The filters and the page of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// The vehicle; all vehicles outside the trash if `None`.
    pub(super) vehicle: Option<VehicleId>,
    pub(super) is_completed: Option<bool>,
    pub(super) kind: Option<TypeName>,
    pub(super) cursor: Option<Cursor<NewestFirst<ItemId>>>,
    pub(super) limit: Limit,
}

/// Lists a page of the user's items, newest first, with a single query.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or is in the trash.
pub(super) async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<Item>> {
    let filter = Filter {
        is_completed: listing.is_completed,
        kind: listing.kind.as_ref(),
        after: Cursor::start(listing.cursor),
        limit: listing.limit,
    };
    let rows = read_replica!(app.db, user, |tx| {
        let Some(vehicle) = listing.vehicle else {
            return Ok(store::list_of_user(&mut tx, user, &filter).await?);
        };
        let rows = store::list_of_vehicle(&mut tx, user, vehicle, &filter).await?;
        if rows.is_empty() {
            // Distinguish a vehicle without items from a missing vehicle.
            vehicles::find(&mut tx, user, vehicle).await?;
        }
        Ok(rows)
    })?;
    Ok(Page::new(rows, listing.limit, |last| (last.created_at, last.id)))
}

/// The sort key of completed items: date, id.
pub(super) type CompletedKey = (NaiveDate, ItemId);

/// Lists the completed items of a vehicle after the cursor, latest first: up to `limit` plus one,
/// which indicates another page.
pub(super) async fn list_completed(
    app: &App,
    user: &UserId,
    vehicle: VehicleId,
    cursor: Option<Cursor<CompletedKey>>,
    limit: Limit,
) -> Result<Vec<Item>> {
    let before = Cursor::start(cursor);
    Ok(store::list_completed(&mut app.db.read_for(user).await?, user, vehicle, before, limit)
        .await?)
}

/// Returns the user's item with this id.
pub(super) async fn find(app: &App, user: &UserId, id: ItemId) -> Result<Item> {
    let mut tx = app.db.read_for(user).await?;
    find_in_tx(&mut tx, user, id).await
}

async fn find_in_tx(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Item> {
    match store::find(tx, user, id).await? {
        Some(found) => Ok(found),
        None => Err(not_found(tx, user, id).await?),
    }
}

impl VehicleRecord for Item {
    type Id = ItemId;

    fn vehicle_id(&self) -> VehicleId {
        self.vehicle_id
    }

    async fn load(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Self> {
        find_in_tx(tx, user, id).await
    }
}

/// Returns the error for a missing item, which is a different one if its vehicle is in the trash.
async fn not_found(tx: &mut Tx, user: &UserId, id: ItemId) -> Result<Error> {
    if let Some(vehicle) = store::find_vehicle_id(tx, user, id).await? {
        vehicles::find(tx, user, vehicle).await?;
    }
    Ok(Error::NotFound(crate::t!("core-not-found-maintenance-item")))
}

/// The currency of amounts sent without one.
fn currency(preferences: &Preferences) -> Currency {
    Currency::stored(&preferences.currency).unwrap_or(Currency::USD)
}

/// Adds an item and, if it has one, its odometer reading.
///
/// # Errors
/// `Invalid` if members contradict each other, or if values look implausible and are not confirmed.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewItem,
    idempotency: &Idempotency,
) -> Result<Created<Item>> {
    let (now, preferences) = (app.clock.now(), &user.0.preferences);
    let confirmed = new.confirm.clone().unwrap_or_default();
    let checks = Checks {
        confirmed: &confirmed,
        date: Some("completedDate"),
        reading: Some(reading_member(new.completed_odometer.is_none())),
        amount: Some(amount_member(new.amount.is_none())),
    };
    let item = new.into_item(ItemId(Uuid::now_v7()), now, currency(preferences));
    let item = item.map_err(Error::Invalid)?;
    app.write_once(user, idempotency, async |tx| {
        let vehicle = vehicles::lock_named(tx, user, item.vehicle_id, unknown_vehicle).await?;
        check_plausibility(tx, user, &item, &checks, now).await?;
        store::insert(tx, user, &item).await?;
        add_reading(tx, user, &vehicle, &item, now).await?;
        Ok((format!("/api/maintenance/{}", item.id), item))
    })
    .await
}

/// Changes an item. If the change completes an item that repeats, the next one is added, as in
/// [`complete`]. If it corrects a completion, the due date and reading of the next item are
/// corrected, too.
///
/// # Errors
/// `Invalid` if members contradict each other, or if values look implausible and are not confirmed.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: ItemId,
    change: ItemChange,
    if_match: &IfMatch,
) -> Result<Item> {
    let (now, preferences) = (app.clock.now(), &user.0.preferences);
    app.write(user, async |tx| {
        let target = match change.vehicle_id {
            Change::Unchanged => None,
            Change::Set(id) => Some(VehicleId(id.0)),
        };
        let (old, vehicle) = lock_item(tx, user, id, target).await?;
        if_match.check(&old)?;
        let confirmed = change.confirm.clone().unwrap_or_default();
        let sent = sent_members(&change);
        let in_miles = sent.reading == reading_member(true);
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
            reading: (is_new || was != is).then_some(reading_member(in_miles)),
            amount: (is_new || old.amount != item.amount).then_some(amount_member(has_cost)),
        };
        check_plausibility(tx, user, &item, &checks, now).await?;
        store::update(tx, user, &item).await?;
        if (was, old.is_completed) != (is, item.is_completed) {
            odometer::refresh(tx, user, &vehicle, now).await?;
            if old.vehicle_id != item.vehicle_id {
                let old_vehicle = vehicles::lock(tx, user, old.vehicle_id).await?;
                odometer::refresh(tx, user, &old_vehicle, now).await?;
            }
        }
        if is_new {
            series::add_next(tx, user, &item, sent, now).await?;
        } else if item.is_completed && was != is {
            series::correct_next(tx, user, (&old, &item), sent, now).await?;
        }
        Ok(item)
    })
    .await
}

/// Deletes an item permanently. If it was completed, the next item becomes due when the deleted one
/// was.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: ItemId,
    if_match: &IfMatch,
) -> Result<Item> {
    app.write(user, async |tx| {
        let (item, vehicle) = lock_item(tx, user, id, None).await?;
        if_match.check(&item)?;
        let now = app.clock.now();
        store::delete(tx, user, id).await?;
        if item.completed_odometer.is_some() {
            odometer::refresh(tx, user, &vehicle, now).await?;
        }
        if item.is_completed {
            series::restore_next(tx, user, &item, now).await?;
        }
        Ok(item)
    })
    .await
}

/// The member in which the reading of a completed item was sent.
fn reading_member(in_miles: bool) -> &'static str {
    if in_miles { "completedMileage" } else { "completedOdometer" }
}

/// The member in which the amount was sent.
fn amount_member(is_cost: bool) -> &'static str {
    if is_cost { "cost" } else { "amount" }
}

/// The members of a change that affect when the next item is due.
fn sent_members(change: &ItemChange) -> series::SentMembers {
    let has_typed = matches!(change.completed_odometer, Clearable::Set(_));
    let has_miles = matches!(change.completed_mileage, Clearable::Set(_));
    let has_date = matches!(change.completed_date, Clearable::Set(_));
    let other = if has_date { "completedDate" } else { "vehicleId" };
    let reading = if has_typed || has_miles { reading_member(!has_typed) } else { other };
    series::SentMembers { date: if has_date { "completedDate" } else { reading }, reading }
}

/// Rejects values that look implausible and are not confirmed.
async fn check_plausibility(
    tx: &mut Tx,
    user: &User,
    item: &Item,
    checks: &Checks<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let today = user.0.preferences.today(now);
    let faults = plausibility::faults(tx, user, item, checks, today).await?;
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Updates the vehicle's odometer from a completed item that was added.
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

/// Locks the item's vehicle and `target`, if any: see [`vehicles::lock_record`].
async fn lock_item(
    tx: &mut Tx,
    user: &UserId,
    id: ItemId,
    target: Option<VehicleId>,
) -> Result<(Item, Vehicle)> {
    let target = target.map(|it| (it, unknown_vehicle as fn() -> Message));
    vehicles::lock_record(tx, user, id, target).await
}

fn unknown_vehicle() -> Message {
    crate::t!("maintenance-field-vehicle")
}
