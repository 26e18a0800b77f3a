//! What can be done with vehicles, and the rules for it.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::{
    LatestReading, Vehicle, VehicleId, Vin, doubts,
    model::{NewVehicle, VehicleChange, names},
    odometer::{self, Entered},
    store,
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::{self, Tx},
        error::Fault,
        http::{self, Created, Cursor, Done, IfMatch, Limit, Once, Page, Stored},
        input::{Clearable, Confirmed},
    },
    features::{
        OUTDATED,
        accounts::User,
        vin::{self, DecodedVin},
    },
    read_any,
};

/// How long a user's list is kept (the seed's).
const LIST: Duration = Duration::from_mins(5);

/// Where a user's list is kept (the seed's).
#[must_use]
pub fn list_key(user: &UserId) -> String {
    format!("vehicles:user:{}", user.as_str())
}

/// What a list asks for.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    /// The trash instead of the garage.
    pub(super) deleted: bool,
    /// Those in use, or those out of use; the trash has both.
    pub(super) active: bool,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: Limit,
}

impl Default for Listing {
    fn default() -> Self {
        Self { deleted: false, active: true, cursor: None, limit: Limit::default() }
    }
}

/// Adds a vehicle. What is left out of make, model and year is filled from the VIN.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewVehicle,
    once: &Once,
) -> Result<Created<Vehicle>> {
    let new = fill(app, new).await;
    check_begin(new.vin.as_ref(), None)?;
    let reading = new.reading().map_err(|fault| Error::Invalid(vec![fault]))?;
    let confirm = new.confirm.clone();
    let mut vehicle = new.into_vehicle(VehicleId(Uuid::now_v7()), app.clock.now());
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, vehicle.created_at).await? {
        return replay(app, user, tx, before).await;
    }
    if let Some(reading) = &reading {
        // What the vehicle's first reading makes it, so that nothing needs to change it afterwards.
        let today = user.0.preferences.today(app.clock.now());
        vehicle.odometer = LatestReading::new(today, reading.reading);
        vehicle.odometer_reading = reading.reading.whole_miles();
    }
    doubts::settle(&mut vehicle, None, true, confirm.as_ref(), app.clock.today())?;
    if let Err(error) = store::insert(&mut tx, user, &vehicle).await {
        drop(tx);
        return Err(vin_taken(app, user, vehicle.vin.as_ref(), error).await);
    }
    if let Some(reading) = reading {
        vehicle = enter_reading(app, &mut tx, user, vehicle, reading, confirm.as_ref()).await?;
    }
    let location = format!("/api/vehicles/{}", vehicle.id);
    let created = once.keep(&mut tx, user, location, &vehicle).await?;
    commit(app, user, tx).await?;
    Ok(created)
}

/// Never overwrites what was given. A vehicle can be added whatever its VIN says.
async fn fill(app: &App, new: NewVehicle) -> NewVehicle {
    let is_full = new.make.is_some() && new.model.is_some() && new.year.is_some();
    let Some(vin) = new.vin.as_ref().filter(|_| !is_full) else { return new };
    let year = new.year.and_then(|it| u16::try_from(it.0).ok());
    match decode(app, vin, year).await {
        Some(decoded) => new.filled(decoded),
        None => new,
    }
}

/// What a VIN says of a vehicle of that model year, if the year is known. A vehicle is saved without
/// that, where it can't be found out.
async fn decode(app: &App, vin: &Vin, year: Option<u16>) -> Option<DecodedVin> {
    vin::decode(app, vin, year)
        .await
        .inspect_err(
            |error| tracing::error!(%error, "A vehicle is saved without what its VIN says"),
        )
        .ok()
}

/// Refuses a VIN that begins with 0: no manufacturer's code does, and in the database it marks
/// vehicles without a VIN. One that is there already stays.
fn check_begin(vin: Option<&Vin>, current: Option<&Vin>) -> Result<()> {
    if vin.is_some_and(|it| it.as_str().starts_with('0')) && vin != current {
        let detail =
            "is not a VIN: no manufacturer's code begins with 0; enter it as the identifier";
        return Err(Error::invalid("vin", detail));
    }
    Ok(())
}

/// The user's vehicle `id`, within the caller's transaction.
///
/// # Errors
/// `NotFound`, and `InTrash` for one in the trash.
pub async fn find(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    outside_trash(store::find(tx, user, id).await?)
}

/// As [`find`], and nobody else changes it or what hangs under it before the caller's
/// transaction ends.
///
/// # Errors
/// As [`find`].
pub async fn hold(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    outside_trash(store::hold(tx, user, id).await?)
}

fn outside_trash(found: Option<Vehicle>) -> Result<Vehicle> {
    let vehicle = found.ok_or(Error::NotFound("vehicle"))?;
    if vehicle.deleted_at.is_some() {
        return Err(Error::InTrash { vehicle: vehicle.id.0, title: vehicle.title() });
    }
    Ok(vehicle)
}

/// The user's vehicles as a page of JSON, newest first. The first page of the garage is kept.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    listing: &Listing,
) -> Result<Stored<Page<Vehicle>>> {
    let is_garage = listing.active && !listing.deleted;
    if !is_garage || listing.cursor.is_some() || listing.limit != Limit::default() {
        return Stored::of(&read_list(app, user, listing).await?);
    }
    let compute = || async { Ok(Stored::of(&read_list(app, user, listing).await?)?.into_bytes()) };
    Ok(Stored::new(app.get_or_compute_for(user, &list_key(user), LIST, compute).await?))
}

/// One page of the user's vehicles, newest first.
pub(super) async fn read_list(
    app: &App,
    user: &UserId,
    listing: &Listing,
) -> Result<Page<Vehicle>> {
    let after = http::after(listing.cursor.as_ref())?;
    let after = (after.0, VehicleId(after.1));
    let rows = read_any!(app.db, user, |tx| Ok(store::list(&mut tx, user, listing, after).await?))?;
    Ok(Page::of(rows, listing.limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// The user's vehicles in use, newest first: as many as a page holds at most.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn list_all(app: &App, user: &UserId) -> Result<Vec<Vehicle>> {
    let listing = Listing { limit: Limit::new(500), ..Listing::default() };
    Ok(read_list(app, user, &listing).await?.items)
}

/// Every vehicle of the user's outside the trash, in use or not, newest first.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn list_with_inactive(app: &App, user: &UserId) -> Result<Vec<Vehicle>> {
    read_any!(app.db, user, |tx| Ok(store::list_all(&mut tx, user).await?))
}

/// The name of each of the user's vehicles outside the trash, in use or not, within the caller's
/// transaction.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn names_in(tx: &mut Tx, user: &UserId) -> Result<HashMap<VehicleId, String>> {
    Ok(names(&store::list_all(tx, user).await?))
}

/// Changes a vehicle.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: VehicleId,
    change: VehicleChange,
    if_match: &IfMatch,
) -> Result<Vehicle> {
    let decoded = match &change.vin {
        Clearable::Set(vin) => {
            let year = match &change.year {
                Clearable::Set(year) => u16::try_from(year.0).ok(),
                Clearable::Clear | Clearable::Keep => None,
            };
            decode(app, vin, year).await
        }
        Clearable::Clear | Clearable::Keep => None,
    };
    let mut tx = app.db.write_for(user).await?;
    let current = hold(&mut tx, user, id).await?;
    if_match.check(&current)?;
    if let Clearable::Set(vin) = &change.vin {
        check_begin(Some(vin), current.vin.as_ref())?;
    }
    let change = match decoded {
        Some(decoded) => change.filled(&current, decoded),
        None => change,
    };
    let reading = change.reading(&current).map_err(|fault| Error::Invalid(vec![fault]))?;
    let confirm = change.confirm.clone();
    let cleared = change.cleared();
    let sends_year = !matches!(change.year, Clearable::Keep);
    let mut vehicle = change.apply(current.clone(), app.clock.now());
    if vehicle.is_unidentified() && !cleared.is_empty() {
        let detail =
            "cannot be cleared: a vehicle without a VIN needs an identifier, a nickname or a make";
        let faults = cleared.into_iter().map(|name| Fault::at(name, detail));
        return Err(Error::Invalid(faults.collect()));
    }
    let today = app.clock.today();
    doubts::settle(&mut vehicle, Some(&current), sends_year, confirm.as_ref(), today)?;
    if let Err(error) = store::update(&mut tx, user, &vehicle).await {
        drop(tx);
        return Err(vin_taken(app, user, vehicle.vin.as_ref(), error).await);
    }
    if let Some(reading) = reading {
        vehicle = enter_reading(app, &mut tx, user, vehicle, reading, confirm.as_ref()).await?;
    }
    commit(app, user, tx).await?;
    Ok(vehicle)
}

/// Adds a reading of today that was entered on the vehicle itself; gives the vehicle with it.
async fn enter_reading(
    app: &App,
    tx: &mut Tx,
    user: &User,
    vehicle: Vehicle,
    reading: Entered,
    confirm: Option<&Confirmed>,
) -> Result<Vehicle> {
    odometer::enter(app, tx, user, &vehicle, reading, confirm).await?;
    find(tx, user, vehicle.id).await
}

/// Puts a vehicle into the trash; what hangs under it stays, unseen.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: VehicleId,
    if_match: &IfMatch,
) -> Result<()> {
    let mut tx = app.db.write_for(user).await?;
    let vehicle = hold(&mut tx, user, id).await?;
    if_match.check(&vehicle)?;
    let now = app.clock.now();
    let removed = Vehicle { deleted_at: Some(now), updated_at: now, ..vehicle };
    store::update(&mut tx, user, &removed).await?;
    commit(app, user, tx).await?;
    Ok(())
}

/// Brings a vehicle back from the trash; one outside it is left as it is.
pub(super) async fn restore(
    app: &App,
    user: &UserId,
    id: VehicleId,
    if_match: &IfMatch,
    once: &Once,
) -> Result<Done<Vehicle>> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return replay(app, user, tx, before).await;
    }
    let mut vehicle = store::hold(&mut tx, user, id).await?.ok_or(Error::NotFound("vehicle"))?;
    if_match.check(&vehicle)?;
    if vehicle.deleted_at.is_some() {
        vehicle = Vehicle { deleted_at: None, updated_at: now, ..vehicle };
        store::update(&mut tx, user, &vehicle).await?;
    }
    let done = once.keep(&mut tx, user, String::new(), &vehicle).await?;
    commit(app, user, tx).await?;
    Ok(done)
}

/// Commits a change that the user's kept list may show, or what else is worked out from vehicles and
/// what hangs under them, and forgets all of it. Once begun it goes on to its end, even if whoever
/// asked for the change hangs up meanwhile.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn commit(app: &App, user: &UserId, mut tx: Tx) -> Result<()> {
    app.outdate(&mut tx, user).await?;
    let cache = app.cache.clone();
    let keys: Vec<_> = OUTDATED.iter().map(|key| key(user)).collect();
    let done = tokio::spawn(async move {
        let committed = tx.commit().await;
        // After a failure, too: whether a commit whose answer is lost was made is not known.
        cache.invalidate_all(&keys).await;
        committed
    });
    done.await.map_err(|error| Error::Internal(error.into()))?
}

/// Gives the answer of an earlier request with the same key, once all that it outdated is forgotten:
/// whoever did it may have been killed between its commit and that.
///
/// # Errors
/// As [`commit`].
pub async fn replay<T>(app: &App, user: &UserId, tx: Tx, before: T) -> Result<T> {
    commit(app, user, tx).await?;
    Ok(before)
}

/// What a refused insert or update means: the only rule that can refuse one is the VIN's.
async fn vin_taken(app: &App, user: &UserId, vin: Option<&Vin>, error: sqlx::Error) -> Error {
    let Some(vin) = vin.filter(|_| db::is_unique_violation(&error)) else { return error.into() };
    let other = async {
        let mut tx = app.db.read_for(user).await?;
        Ok::<_, Error>(store::find_by_vin(&mut tx, user, vin).await?)
    };
    let other = match other.await {
        Ok(other) => other,
        Err(error) => return error,
    };
    let vehicle = other.as_ref().map(|it| it.id.0);
    let title = other.as_ref().map_or_else(|| "a vehicle".to_owned(), Vehicle::title);
    if other.is_some_and(|it| it.deleted_at.is_some()) {
        let detail = format!("{title} with this VIN is in your trash");
        Error::Conflict { name: "vin-in-trash", detail, vehicle }
    } else {
        let detail = format!("you already have {title} with this VIN");
        Error::Conflict { name: "duplicate-vin", detail, vehicle }
    }
}
