//! Operations on vehicles, and their rules.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::{
    LatestReading, Vehicle, VehicleId, Vin, confirmations,
    model::{NewVehicle, VehicleChange, unique_names},
    odometer::{self, EnteredReading},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::{self, Tx},
        error::FieldError,
        http::{
            Created, Cursor, Idempotency, IfMatch, Limit, NewestFirst, Ok200, Page, SerializedJson,
        },
        input::{Clearable, Confirmed},
    },
    features::{
        accounts::User,
        vin::{self, DecodedVin},
    },
    read_replica, t,
};

/// How long a user's list is cached, as in the reference schema.
const LIST_TTL: Duration = Duration::from_mins(5);

/// The cache key of a user's list, as in the reference schema.
#[must_use]
pub fn list_cache_key(user: &UserId) -> String {
    format!("vehicles:user:{}", user.as_str())
}

/// The parameters of a list.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    /// Lists the vehicles in the trash instead of the others.
    pub(super) deleted: bool,
    /// Lists the vehicles in use, or those out of use. Has no effect on the trash.
    pub(super) active: bool,
    pub(super) cursor: Option<Cursor<NewestFirst<VehicleId>>>,
    pub(super) limit: Limit,
}

impl Default for Listing {
    fn default() -> Self {
        Self { deleted: false, active: true, cursor: None, limit: Limit::default() }
    }
}

/// Adds a vehicle. Missing make, model and year are filled from the VIN.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewVehicle,
    idempotency: &Idempotency,
) -> Result<Created<Vehicle>> {
    let new = fill_from_vin(app, new).await;
    check_vin_prefix(new.vin.as_ref(), None)?;
    let reading = new.entered_reading().map_err(|fault| Error::Invalid(vec![fault]))?;
    let confirm = new.confirm.clone();
    let mut vehicle = new.into_record(VehicleId(Uuid::now_v7()), app.clock.now());
    let vin = vehicle.vin.clone();
    let added = app
        .write_once(user, idempotency, async |tx| {
            if let Some(reading) = &reading {
                // Set the derived columns at once, so that logging the reading needs no update.
                let today = user.0.preferences.today(app.clock.now());
                vehicle.odometer = LatestReading::new(today, reading.reading);
                vehicle.odometer_reading = reading.reading.whole_miles();
            }
            confirmations::check(&mut vehicle, None, true, confirm.as_ref(), app.clock.today())?;
            store::insert(tx, user, &vehicle).await?;
            if let Some(reading) = reading {
                vehicle = log_reading(app, tx, user, vehicle, reading, confirm.as_ref()).await?;
            }
            let location = format!("/api/vehicles/{}", vehicle.id);
            Ok((location, vehicle))
        })
        .await;
    explain_vin_conflict(app, user, vin.as_ref(), added).await
}

/// Fills missing make, model and year from the VIN. Given values are never overwritten, and an unknown VIN
/// is no error.
async fn fill_from_vin(app: &App, new: NewVehicle) -> NewVehicle {
    let is_complete = new.make.is_some() && new.model.is_some() && new.year.is_some();
    let Some(vin) = new.vin.as_ref().filter(|_| !is_complete) else { return new };
    let year = new.year.and_then(|it| u16::try_from(it.0).ok());
    match decode(app, vin, year).await {
        Some(decoded) => new.filled_from_vin(decoded),
        None => new,
    }
}

/// Decodes a VIN, with the model year if it is known. A failure is logged and does not prevent saving the
/// vehicle.
async fn decode(app: &App, vin: &Vin, year: Option<u16>) -> Option<DecodedVin> {
    vin::decode(app, vin, year)
        .await
        .inspect_err(
            |error| tracing::error!(%error, "Failed to decode a VIN; saving the vehicle as entered"),
        )
        .ok()
}

/// Rejects a VIN that starts with 0: no manufacturer code does, and in the database the prefix marks vehicles
/// without a VIN. A VIN that is already stored is accepted.
fn check_vin_prefix(vin: Option<&Vin>, current: Option<&Vin>) -> Result<()> {
    if vin.is_some_and(|it| it.as_str().starts_with('0')) && vin != current {
        return Err(Error::invalid("vin", t!("vehicles-field-not-a-vin")));
    }
    Ok(())
}

/// Finds the user's vehicle `id` within the caller's transaction.
///
/// # Errors
/// `NotFound`, or `InTrash` if the vehicle is in the trash.
pub async fn find(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    ensure_not_in_trash(store::find(tx, user, id).await?)
}

/// Like [`find`], but also locks the vehicle and its records until the caller's transaction ends.
///
/// # Errors
/// As [`find`].
pub async fn lock(tx: &mut Tx, user: &UserId, id: VehicleId) -> Result<Vehicle> {
    ensure_not_in_trash(store::lock(tx, user, id).await?)
}

fn ensure_not_in_trash(found: Option<Vehicle>) -> Result<Vehicle> {
    let vehicle = found.ok_or(Error::NotFound(crate::t!("core-not-found-vehicle")))?;
    if vehicle.deleted_at.is_some() {
        return Err(Error::InTrash { vehicle: vehicle.id.0, title: vehicle.title() });
    }
    Ok(vehicle)
}

/// A page of the user's vehicles as JSON, newest first. The first page of the vehicles in use is cached.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    listing: &Listing,
) -> Result<SerializedJson<Page<Vehicle>>> {
    let is_default = listing.active && !listing.deleted;
    if !is_default || listing.cursor.is_some() || listing.limit != Limit::default() {
        return SerializedJson::serialize(&read_list(app, user, listing).await?);
    }
    let compute = || async {
        Ok(SerializedJson::serialize(&read_list(app, user, listing).await?)?.into_bytes())
    };
    Ok(SerializedJson::new(
        app.get_or_compute_for(user, &list_cache_key(user), LIST_TTL, compute).await?,
    ))
}

/// A page of the user's vehicles, newest first.
pub(super) async fn read_list(
    app: &App,
    user: &UserId,
    listing: &Listing,
) -> Result<Page<Vehicle>> {
    let after = Cursor::start(listing.cursor);
    let rows =
        read_replica!(app.db, user, |tx| Ok(store::list(&mut tx, user, listing, after).await?))?;
    Ok(Page::new(rows, listing.limit, |last| (last.created_at, last.id)))
}

/// The user's vehicles in use, newest first, up to the maximum page size.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn list_active(app: &App, user: &UserId) -> Result<Vec<Vehicle>> {
    let listing = Listing { limit: Limit::new(500), ..Listing::default() };
    Ok(read_list(app, user, &listing).await?.items)
}

/// All of the user's vehicles outside the trash, in use or not, newest first.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn list_all(app: &App, user: &UserId) -> Result<Vec<Vehicle>> {
    read_replica!(app.db, user, |tx| Ok(store::list_all(&mut tx, user).await?))
}

/// Loads the unique names of the user's vehicles outside the trash, in use or not, within the caller's
/// transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn load_names(tx: &mut Tx, user: &UserId) -> Result<HashMap<VehicleId, String>> {
    Ok(unique_names(&store::list_all(tx, user).await?))
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
                Clearable::Clear | Clearable::Unchanged => None,
            };
            decode(app, vin, year).await
        }
        Clearable::Clear | Clearable::Unchanged => None,
    };
    let vin = match &change.vin {
        Clearable::Set(vin) => Some(vin.clone()),
        Clearable::Clear | Clearable::Unchanged => None,
    };
    let changed = app
        .write(user, async |tx| {
            let current = lock(tx, user, id).await?;
            if_match.check(&current)?;
            if let Clearable::Set(vin) = &change.vin {
                check_vin_prefix(Some(vin), current.vin.as_ref())?;
            }
            let change = match decoded {
                Some(decoded) => change.filled_from_vin(&current, decoded),
                None => change,
            };
            let reading =
                change.entered_reading(&current).map_err(|fault| Error::Invalid(vec![fault]))?;
            let confirm = change.confirm.clone();
            let cleared = change.cleared_identifiers();
            let sends_year = !matches!(change.year, Clearable::Unchanged);
            let mut vehicle = Vehicle { updated_at: app.clock.now(), ..current.clone() };
            change.apply_to(&mut vehicle);
            if vehicle.is_unidentified() && !cleared.is_empty() {
                let faults = cleared
                    .into_iter()
                    .map(|name| FieldError::at(name, t!("vehicles-field-unidentified")));
                return Err(Error::Invalid(faults.collect()));
            }
            let today = app.clock.today();
            confirmations::check(
                &mut vehicle,
                Some(&current),
                sends_year,
                confirm.as_ref(),
                today,
            )?;
            store::update(tx, user, &vehicle).await?;
            if let Some(reading) = reading {
                vehicle = log_reading(app, tx, user, vehicle, reading, confirm.as_ref()).await?;
            }
            Ok(vehicle)
        })
        .await;
    explain_vin_conflict(app, user, vin.as_ref(), changed).await
}

/// Logs today's reading, which was sent with the vehicle, and returns the updated vehicle.
async fn log_reading(
    app: &App,
    tx: &mut Tx,
    user: &User,
    vehicle: Vehicle,
    reading: EnteredReading,
    confirm: Option<&Confirmed>,
) -> Result<Vehicle> {
    odometer::log_todays_reading(app, tx, user, &vehicle, reading, confirm).await?;
    find(tx, user, vehicle.id).await
}

/// Moves a vehicle to the trash. Its records remain but are hidden.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: VehicleId,
    if_match: &IfMatch,
) -> Result<()> {
    app.write(user, async |tx| {
        let vehicle = lock(tx, user, id).await?;
        if_match.check(&vehicle)?;
        let now = app.clock.now();
        let removed = Vehicle { deleted_at: Some(now), updated_at: now, ..vehicle };
        store::update(tx, user, &removed).await?;
        Ok(())
    })
    .await
}

/// Restores a vehicle from the trash. A vehicle outside the trash is left unchanged.
pub(super) async fn restore(
    app: &App,
    user: &UserId,
    id: VehicleId,
    if_match: &IfMatch,
    idempotency: &Idempotency,
) -> Result<Ok200<Vehicle>> {
    let now = app.clock.now();
    app.write_once(user, idempotency, async |tx| {
        let mut vehicle = store::lock(tx, user, id)
            .await?
            .ok_or(Error::NotFound(crate::t!("core-not-found-vehicle")))?;
        if_match.check(&vehicle)?;
        if vehicle.deleted_at.is_some() {
            vehicle = Vehicle { deleted_at: None, updated_at: now, ..vehicle };
            store::update(tx, user, &vehicle).await?;
        }
        Ok((String::new(), vehicle))
    })
    .await
}

/// Replaces the error of a write that another vehicle's VIN rejected. The only unique constraint is that of
/// the VIN.
async fn explain_vin_conflict<T>(
    app: &App,
    user: &UserId,
    vin: Option<&Vin>,
    written: Result<T>,
) -> Result<T> {
    let error = match written {
        Err(error) if db::is_caused_by_unique_violation(&error) => error,
        other => return other,
    };
    let Some(vin) = vin else { return Err(error) };
    let other = store::find_by_vin(&mut app.db.read_for(user).await?, user, vin).await?;
    let vehicle = other.as_ref().map(|it| it.id.0);
    let (name, detail) = match other {
        Some(it) if it.deleted_at.is_some() => {
            ("vin-in-trash", t!("vehicles-vin-in-trash", vehicle = it.title()))
        }
        Some(it) => ("duplicate-vin", t!("vehicles-vin-duplicate", vehicle = it.title())),
        None => ("duplicate-vin", t!("vehicles-vin-duplicate-unknown")),
    };
    Err(Error::Conflict { name, detail, vehicle })
}
