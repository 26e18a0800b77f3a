//! What can be done with stations, and the rules for it.

use super::{
    Station, StationId,
    model::{NewFavorite, NewStation, StationChange},
    providers::{Details, Place},
    search::Wanted,
    store, upstream,
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::{self, Tx},
        http::{self, Created, Cursor, IfMatch, Limit, Once, Page},
        input::Clearable,
    },
    features::accounts::User,
};

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// The user's favourites only.
    pub(super) favorites: bool,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: Limit,
}

/// Saves a station. One whose place or origin is known is not made again: it is the answer.
pub(super) async fn add(
    app: &App,
    user: &UserId,
    new: NewStation,
    once: &Once,
) -> Result<Created<Station>> {
    let station = new.into_station(user, app.clock.now())?;
    keep(app, user, station, once).await
}

/// Saves the station of what a search has found that `source` calls `id`: what is kept is what the
/// provider said. None where the search does not find it any more.
pub(super) async fn save_found(
    app: &App,
    user: &UserId,
    wanted: &Wanted,
    (source, id): (&str, &str),
) -> Result<Option<Created<Station>>> {
    let places = upstream::places(app, &upstream::normal(wanted)).await;
    let is_it = |it: &Place| match source {
        "google" => it.google_place_id.as_deref() == Some(id),
        _ => it.osm_id.as_deref() == Some(id),
    };
    let Some(place) = places.into_iter().find(is_it) else { return Ok(None) };
    let station = Station::of_place(place, user, app.clock.now());
    keep(app, user, station, &Once::default()).await.map(Some)
}

async fn keep(app: &App, user: &UserId, station: Station, once: &Once) -> Result<Created<Station>> {
    let now = station.created_at;
    let mut station = as_google_says(app, user, station).await?;
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return Ok(before);
    }
    if !store::insert(&mut tx, &station).await? {
        station = find_or_relist(&mut tx, user, station).await?;
    }
    let location = format!("/api/stations/{}", station.id);
    let created = once.keep(&mut tx, user, location, &station).await?;
    tx.commit().await?;
    Ok(created)
}

/// The stored station with the same place or origin. If it was deleted, it is listed again with the
/// facts of this one, which another user may have saved.
async fn find_or_relist(tx: &mut Tx, user: &UserId, station: Station) -> Result<Station> {
    let (place, origin) = (station.google_place_id.as_deref(), station.origin.as_deref());
    let known = store::find_known(tx, user, place, origin).await?;
    // The station that caused the conflict may have been deleted since.
    let known = known.ok_or(Error::Unavailable)?;
    if known.is_listed {
        return Ok(known);
    }
    let station = Station { id: known.id, ..station };
    store::free_ids(tx, &station).await?;
    store::relist(tx, &station).await?;
    find_in(tx, user, known.id).await
}

/// The station in Google's own words, where it is Google's place and Google can be asked: what all
/// users share is not for one of them to make up. One that is known here is not asked for again.
async fn as_google_says(app: &App, user: &UserId, station: Station) -> Result<Station> {
    let Some(place) = station.google_place_id.as_deref() else { return Ok(station) };
    let known = {
        let mut tx = app.db.read_for(user).await?;
        store::find_known(&mut tx, user, Some(place), None).await?
    };
    if known.is_some_and(|it| it.is_listed) {
        return Ok(station);
    }
    match app.stations.google_place(place).await {
        // It may call the place otherwise by now; here it is what it was asked for as.
        Details::Known(place) => Ok(station.told_by(*place)),
        Details::Unknown => Err(not_googles()),
        Details::Away => Ok(station),
    }
}

fn not_googles() -> Error {
    Error::invalid("googlePlaceId", "is not a place that Google knows")
}

/// The station `id` as the user sees it.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, user: &UserId, id: StationId) -> Result<Station> {
    let mut tx = app.db.read_for(user).await?;
    find_in(&mut tx, user, id).await
}

async fn find_in(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Station> {
    store::find(tx, user, id).await?.ok_or(Error::NotFound("station"))
}

/// A page of the stations, newest first.
pub(super) async fn list(app: &App, user: &UserId, listing: &Listing) -> Result<Page<Station>> {
    let after = http::after(listing.cursor.as_ref())?;
    let after = (after.0, StationId(after.1));
    let mut tx = app.db.read_for(user).await?;
    let rows = if listing.favorites {
        store::list_favorites(&mut tx, user, after, listing.limit).await?
    } else {
        store::list(&mut tx, user, after, listing.limit).await?
    };
    Ok(Page::of(rows, listing.limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// The station `id`, held for whoever may write its facts.
async fn hold_own(tx: &mut Tx, user: &User, id: StationId) -> Result<Station> {
    let station = store::hold(tx, user, id).await?.ok_or(Error::NotFound("station"))?;
    check_may_change(user, &station)?;
    Ok(station)
}

/// Only the user who added a station, or an administrator, may change its facts, and only while it is
/// listed.
pub(super) fn check_may_change(user: &User, station: &Station) -> Result<()> {
    check_may_delete(user, station)?;
    if station.is_listed {
        Ok(())
    } else {
        Err(Error::Forbidden("this station is no longer listed and can't be changed"))
    }
}

fn check_may_delete(user: &User, station: &Station) -> Result<()> {
    if station.is_made_by(user) || user.0.is_admin {
        Ok(())
    } else {
        Err(Error::Forbidden("only whoever added this station, or an administrator, may do this"))
    }
}

/// Changes a station's facts: only whoever added it, or an administrator.
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
        return Err(not_googles());
    }
    let mut tx = app.db.write_for(user).await?;
    let current = hold_own(&mut tx, user, id).await?;
    if_match.check(&current)?;
    let station = change.apply(current, app.clock.now())?;
    store::free_ids(&mut tx, &station).await?;
    store::update(&mut tx, &station).await.map_err(|error| {
        if db::is_unique_violation(&error) {
            let why = "another station has this googlePlaceId";
            Error::conflict("duplicate-place", why)
        } else {
            error.into()
        }
    })?;
    tx.commit().await?;
    Ok(station)
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
    let mut tx = app.db.write_for(user).await?;
    let station = store::hold(&mut tx, user, id).await?.ok_or(Error::NotFound("station"))?;
    check_may_delete(user, &station)?;
    if_match.check(&station)?;
    if station.is_listed {
        store::withdraw(&mut tx, id, app.clock.now()).await?;
        store::delete_if_unused(&mut tx, id).await?;
    }
    tx.commit().await
}

/// The user's favourites, newest first: as many as a page holds at most.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn favorites(app: &App, user: &UserId) -> Result<Vec<Station>> {
    let listing = Listing { favorites: true, limit: Limit::new(500), ..Listing::default() };
    Ok(list(app, user, &listing).await?.items)
}

/// What the station `id` is called, within the caller's transaction; none where there is no such
/// station.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn name_of(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<String>> {
    Ok(store::find(tx, user, id).await?.map(|it| it.name))
}

/// Makes a station one of the user's favourites, with these notes and no others.
pub(super) async fn mark(
    app: &App,
    user: &UserId,
    id: StationId,
    favorite: NewFavorite,
) -> Result<Station> {
    let notes = favorite.notes.map(|it| it.0);
    let mut tx = app.db.write_for(user).await?;
    // Held: who removes it meanwhile would leave nothing to mark.
    store::hold(&mut tx, user, id).await?.ok_or(Error::NotFound("station"))?;
    store::mark(&mut tx, user, id, notes.as_deref(), app.clock.now()).await?;
    let station = find_in(&mut tx, user, id).await?;
    tx.commit().await?;
    Ok(station)
}

/// The station is no favourite of the user's from now on, if it was one.
pub(super) async fn unmark(app: &App, user: &UserId, id: StationId) -> Result<()> {
    let mut tx = app.db.write_for(user).await?;
    let station = find_in(&mut tx, user, id).await?;
    store::unmark(&mut tx, user, id).await?;
    if !station.is_listed {
        store::delete_if_unused(&mut tx, id).await?;
    }
    tx.commit().await
}
