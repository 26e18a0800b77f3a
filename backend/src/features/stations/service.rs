//! Operations on stations, and their rules.

use super::{
    Station, StationId,
    model::{NewFavorite, NewStation, StationChange},
    provider_cache,
    providers::{Details, Place},
    search::SearchCriteria,
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::{self, Tx},
        http::{Created, Cursor, Idempotency, IfMatch, Limit, NewestFirst, Page},
        input::Clearable,
    },
    features::accounts::User,
};

/// The parameters of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// Lists only the user's favorites.
    pub(super) favorites: bool,
    pub(super) cursor: Option<Cursor<NewestFirst<StationId>>>,
    pub(super) limit: Limit,
}

/// Saves a station. If a station with the same external ID exists, returns that one instead.
pub(super) async fn add(
    app: &App,
    user: &UserId,
    new: NewStation,
    idempotency: &Idempotency,
) -> Result<Created<Station>> {
    let station = new.into_station(user, app.clock.now())?;
    save(app, user, station, idempotency).await
}

/// Saves the search result with the ID `id` of the provider `source`, using the provider's details. Returns
/// `None` if the search no longer finds it.
pub(super) async fn save_search_result(
    app: &App,
    user: &UserId,
    criteria: &SearchCriteria,
    (source, id): (&str, &str),
) -> Result<Option<Created<Station>>> {
    let places = provider_cache::search(app, &provider_cache::normalize(criteria)).await;
    let is_requested = |it: &Place| match source {
        "google" => it.google_place_id.as_deref() == Some(id),
        _ => it.osm_id.as_deref() == Some(id),
    };
    let Some(place) = places.into_iter().find(is_requested) else { return Ok(None) };
    let station = Station::from_place(place, user, app.clock.now());
    save(app, user, station, &Idempotency::default()).await.map(Some)
}

async fn save(
    app: &App,
    user: &UserId,
    station: Station,
    idempotency: &Idempotency,
) -> Result<Created<Station>> {
    let mut station = with_google_details(app, user, station).await?;
    app.write_once(user, idempotency, async |tx| {
        if !store::insert(tx, &station).await? {
            station = find_or_relist(tx, user, station).await?;
        }
        Ok((format!("/api/stations/{}", station.id), station))
    })
    .await
}

/// Finds the stored station with the same external ID. A withdrawn one is listed again with the details of
/// `station`.
async fn find_or_relist(tx: &mut Tx, user: &UserId, station: Station) -> Result<Station> {
    let (place, origin) = (station.google_place_id.as_deref(), station.origin.as_deref());
    let existing = store::find_by_external_id(tx, user, place, origin).await?;
    // The station that caused the conflict may have been deleted since.
    let existing = existing.ok_or(Error::Unavailable)?;
    if existing.is_listed {
        return Ok(existing);
    }
    let station = Station { id: existing.id, ..station };
    store::release_external_ids(tx, &station).await?;
    store::relist(tx, &station).await?;
    find_in(tx, user, existing.id).await
}

/// Replaces the details of a Google place with Google's own if Google is available, since users must not make
/// up details that all users share. A place that is already stored is not requested again.
async fn with_google_details(app: &App, user: &UserId, station: Station) -> Result<Station> {
    let Some(place) = station.google_place_id.as_deref() else { return Ok(station) };
    let existing = {
        let mut tx = app.db.read_for(user).await?;
        store::find_by_external_id(&mut tx, user, Some(place), None).await?
    };
    if existing.is_some_and(|it| it.is_listed) {
        return Ok(station);
    }
    match app.stations.google_place(place).await {
        // Google may return a newer ID for the place. Keep the requested one.
        Details::Known(place) => Ok(station.with_details(*place)),
        Details::Unknown => Err(unknown_google_place()),
        Details::Unavailable => Ok(station),
    }
}

fn unknown_google_place() -> Error {
    Error::invalid("googlePlaceId", crate::t!("stations-field-google-place"))
}

/// Finds the station `id` as the user sees it.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, user: &UserId, id: StationId) -> Result<Station> {
    let mut tx = app.db.read_for(user).await?;
    find_in(&mut tx, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Station> {
    store::find(tx, user, id).await?.ok_or(Error::NotFound(crate::t!("core-not-found-station")))
}

/// A page of the stations, newest first.
pub(super) async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<Station>> {
    let after = Cursor::start(listing.cursor);
    let mut tx = app.db.read_for(user).await?;
    let rows = if listing.favorites {
        store::list_favorites(&mut tx, user, after, listing.limit).await?
    } else {
        store::list(&mut tx, user, after, listing.limit).await?
    };
    Ok(Page::new(rows, listing.limit, |last| (last.created_at, last.id)))
}

/// Locks the station `id`, which the user must be allowed to change.
async fn lock_for_change(tx: &mut Tx, user: &User, id: StationId) -> Result<Station> {
    let station = store::lock(tx, user, id)
        .await?
        .ok_or(Error::NotFound(crate::t!("core-not-found-station")))?;
    check_may_change(user, &station)?;
    Ok(station)
}

/// Checks that the user may change a station: only the user who added it, or an administrator, and only while
/// it is listed.
pub(super) fn check_may_change(user: &User, station: &Station) -> Result<()> {
    check_may_delete(user, station)?;
    if station.is_listed {
        Ok(())
    } else {
        Err(Error::Forbidden(crate::t!("core-forbidden-unlisted-station")))
    }
}

fn check_may_delete(user: &User, station: &Station) -> Result<()> {
    if station.is_added_by(user) || user.0.is_admin {
        Ok(())
    } else {
        Err(Error::Forbidden(crate::t!("core-forbidden-station")))
    }
}

/// Changes a station's details. See [`check_may_change`] for the permissions.
pub(super) async fn change(
    app: &App,
    user: &User,
    id: StationId,
    change: StationChange,
    if_match: &IfMatch,
) -> Result<Station> {
    if let Clearable::Set(place) = &change.google_place_id
        && matches!(app.stations.google_place(&place.0).await, Details::Unknown)
    {
        return Err(unknown_google_place());
    }
    app.write(user, async |tx| {
        let current = lock_for_change(tx, user, id).await?;
        if_match.check(&current)?;
        let station = change.apply(current, app.clock.now())?;
        store::release_external_ids(tx, &station).await?;
        store::update(tx, &station).await.map_err(|error| {
            if db::is_unique_violation(&error) {
                Error::conflict("duplicate-place", crate::t!("stations-duplicate-place"))
            } else {
                error.into()
            }
        })?;
        Ok(station)
    })
    .await
}

/// Deletes a station. Only the user who added it, or an administrator, may do so. Lists and searches no
/// longer find it. Users who have it as a favorite or filled up there can still read it. For everyone
/// else it does not exist, and nothing shows whether anyone uses it.
pub(super) async fn remove(
    app: &App,
    user: &User,
    id: StationId,
    if_match: &IfMatch,
) -> Result<()> {
    app.write(user, async |tx| {
        let station = store::lock(tx, user, id)
            .await?
            .ok_or(Error::NotFound(crate::t!("core-not-found-station")))?;
        check_may_delete(user, &station)?;
        if_match.check(&station)?;
        if station.is_listed {
            store::withdraw(tx, id, app.clock.now()).await?;
            store::delete_if_unused(tx, id).await?;
        }
        Ok(())
    })
    .await
}

/// The user's favorites, newest first, up to the maximum page size.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn favorites(app: &App, user: &UserId) -> Result<Vec<Station>> {
    let listing = Listing { favorites: true, limit: Limit::new(500), ..Listing::default() };
    Ok(list(app, user, &listing).await?.items)
}

/// Finds the name of the station `id`, within the caller's transaction. Returns `None` if it does not exist.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_name(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<String>> {
    Ok(store::find(tx, user, id).await?.map(|it| it.name))
}

/// Adds a station to the user's favorites, or replaces the notes of a favorite.
pub(super) async fn add_favorite(
    app: &App,
    user: &UserId,
    id: StationId,
    favorite: NewFavorite,
) -> Result<Station> {
    let notes = favorite.notes.map(|it| it.0);
    app.write(user, async |tx| {
        // Lock the station, so that it can't be deleted concurrently.
        store::lock(tx, user, id)
            .await?
            .ok_or(Error::NotFound(crate::t!("core-not-found-station")))?;
        store::add_favorite(tx, user, id, notes.as_deref(), app.clock.now()).await?;
        find_in(tx, user, id).await
    })
    .await
}

/// Removes a station from the user's favorites, if it is one.
pub(super) async fn remove_favorite(app: &App, user: &UserId, id: StationId) -> Result<()> {
    app.write(user, async |tx| {
        let station = find_in(tx, user, id).await?;
        store::remove_favorite(tx, user, id).await?;
        if !station.is_listed {
            store::delete_if_unused(tx, id).await?;
        }
        Ok(())
    })
    .await
}
