//! Stations in the database. Favorites are read and written for one user only. All users can read a station's
//! details; the service checks who may write them.

mod duplicates;
pub(super) mod imports;
pub(super) mod nearby;
mod upsert;
pub(super) mod words;

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Station, StationId};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    select, sql,
};

pub(super) use duplicates::find_duplicates;
pub(super) use nearby::{find_locations, find_locations_by_words};
pub(super) use upsert::upsert_imported;
pub(super) use words::{SearchWords, search_by_words};

/// A `SELECT` over stations as the user, who is the first parameter, sees them.
macro_rules! stations {
    ($($rest:literal),+ $(,)?) => {
        $crate::select!($crate::features::stations::Station: concat!(
            "SELECT {s.*}, f.station_id IS NOT NULL, s.withdrawn_at, f.notes FROM stations s
             LEFT JOIN station_favorites f ON f.station_id = s.id AND f.user_id = $1 ",
            $($rest),+
        ))
    };
}
use stations;

/// Inserts the station unless one with the same external ID exists. Returns whether it was inserted.
pub(super) async fn insert(tx: &mut Tx, station: &Station) -> Result<bool> {
    let inserted = station.insert(tx).await?;
    words::index_new(tx).await?;
    Ok(inserted == 1)
}

/// Finds the station if it is listed or the user uses it.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<Station>> {
    sql!(
        tx,
        fetch_optional,
        stations!(
            "WHERE s.id = $2
               AND (s.withdrawn_at IS NULL OR f.station_id IS NOT NULL
                    OR EXISTS (SELECT 1 FROM fuel_logs l
                               WHERE l.station_id = s.id AND l.user_id = $1))"
        ),
        user.as_str(),
        id,
    )
}

/// Finds the station with the place ID or, failing that, the origin. A withdrawn station is found only if
/// none is listed, regardless of whether the user uses it.
pub(super) async fn find_by_external_id(
    tx: &mut Tx,
    user: &UserId,
    google_place_id: Option<&str>,
    origin: Option<&str>,
) -> Result<Option<Station>> {
    sql!(
        tx,
        fetch_optional,
        stations!(
            "WHERE s.google_place_id = $2 OR s.origin = $3
             ORDER BY CASE WHEN s.withdrawn_at IS NULL THEN 0 ELSE 1 END,
                      CASE WHEN s.google_place_id = $2 THEN 0 ELSE 1 END LIMIT 1"
        ),
        user.as_str(),
        google_place_id,
        origin,
    )
}

/// Like [`find`], but also locks the station until the transaction ends. PostgreSQL locks the row; SQLite has
/// only one writer anyway.
pub(super) async fn lock(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<Station>> {
    if let Tx::Postgres { .. } = tx {
        let locked: Option<(Uuid,)> =
            sql!(tx, fetch_optional, "SELECT id FROM stations WHERE id = $1 FOR UPDATE", id)?;
        if locked.is_none() {
            return Ok(None);
        }
    }
    find(tx, user, id).await
}

/// A page of the listed stations after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, StationId),
    limit: Limit,
) -> Result<Vec<Station>> {
    sql!(
        tx,
        fetch_all,
        stations!(
            "WHERE s.withdrawn_at IS NULL AND (s.created_at, s.id) < ($2, $3)
             ORDER BY s.created_at DESC, s.id DESC LIMIT $4"
        ),
        user.as_str(),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

/// A page of the user's favorites after the key `after`, newest first.
pub(super) async fn list_favorites(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, StationId),
    limit: Limit,
) -> Result<Vec<Station>> {
    sql!(
        tx,
        fetch_all,
        select!(Station: "SELECT {s.*}, true, s.withdrawn_at, f.notes FROM station_favorites f
         JOIN stations s ON s.id = f.station_id
         WHERE f.user_id = $1 AND (s.created_at, s.id) < ($2, $3)
         ORDER BY s.created_at DESC, s.id DESC LIMIT $4"),
        user.as_str(),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

pub(super) async fn update(tx: &mut Tx, station: &Station) -> Result<()> {
    station.update(tx).await?;
    Ok(())
}

/// Withdraws the station. Clears its search key and cell, so that searches need no extra condition.
pub(super) async fn withdraw(tx: &mut Tx, id: StationId, now: DateTime<Utc>) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE stations
         SET withdrawn_at = $2, updated_at = $2, search_key = '', cell = NULL
         WHERE id = $1",
        id,
        now,
    )?;
    Ok(())
}

/// Lists a withdrawn station again, with the details and the owner of `station`.
pub(super) async fn relist(tx: &mut Tx, station: &Station) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE stations
         SET withdrawn_at = NULL, google_place_id = COALESCE($2, google_place_id), name = $3,
             address = $4, latitude = $5, longitude = $6, phone = $7, website = $8,
             updated_at = $9, made_by = $10, origin = COALESCE($11, origin), brand = $12,
             fuel_types = $13, search_key = $14, cell = $15
         WHERE id = $1 AND withdrawn_at IS NOT NULL",
        station.id,
        &station.google_place_id,
        &station.name,
        &station.address,
        station.latitude,
        station.longitude,
        &station.phone,
        &station.website,
        station.updated_at,
        &station.made_by,
        &station.origin,
        &station.brand,
        station.fuel_types_column(),
        station.search_key(),
        station.cell(),
    )?;
    Ok(())
}

/// Removes the external IDs of `station` from other, withdrawn stations.
pub(super) async fn release_external_ids(tx: &mut Tx, station: &Station) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE stations SET google_place_id = NULL
         WHERE google_place_id = $1 AND id <> $2 AND withdrawn_at IS NOT NULL",
        &station.google_place_id,
        station.id,
    )?;
    sql!(
        tx,
        execute,
        "UPDATE stations SET origin = NULL
         WHERE origin = $1 AND id <> $2 AND withdrawn_at IS NOT NULL",
        &station.origin,
        station.id,
    )?;
    Ok(())
}

/// Deletes the withdrawn station if it is unused. A station with an external ID is never deleted: when it is
/// saved again, it gets its old ID, so that the ID does not reveal whether it was in use.
pub(super) async fn delete_if_unused(tx: &mut Tx, id: StationId) -> Result<bool> {
    match tx {
        Tx::Postgres { .. } => {
            let (is_deleted,): (bool,) =
                sql!(tx, fetch_one, "SELECT delete_unused_station($1)", id)?;
            Ok(is_deleted)
        }
        Tx::Sqlite(_) => {
            let deleted = sql!(
                tx,
                execute,
                "DELETE FROM stations
                 WHERE id = $1 AND withdrawn_at IS NOT NULL AND google_place_id IS NULL
                   AND origin IS NULL
                   AND NOT EXISTS (SELECT 1 FROM station_favorites WHERE station_id = $1)
                   AND NOT EXISTS (SELECT 1 FROM fuel_logs WHERE station_id = $1)",
                id,
            )?;
            Ok(deleted > 0)
        }
    }
}

/// Deletes the unused withdrawn stations and returns their number.
pub(super) async fn delete_unused(tx: &mut Tx) -> Result<u64> {
    let withdrawn: Vec<(StationId,)> = sql!(
        tx,
        fetch_all,
        "SELECT id FROM stations
         WHERE withdrawn_at IS NOT NULL AND google_place_id IS NULL AND origin IS NULL",
    )?;
    let mut deleted = 0;
    for (id,) in withdrawn {
        deleted += u64::from(delete_if_unused(tx, id).await?);
    }
    Ok(deleted)
}

/// Adds the station to the user's favorites, or replaces the notes of a favorite.
pub(super) async fn add_favorite(
    tx: &mut Tx,
    user: &UserId,
    id: StationId,
    notes: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO station_favorites (user_id, station_id, notes, created_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, station_id) DO UPDATE SET notes = excluded.notes",
        user.as_str(),
        id,
        notes,
        now,
    )?;
    Ok(())
}

/// Removes the station from the user's favorites.
pub(super) async fn remove_favorite(tx: &mut Tx, user: &UserId, id: StationId) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM station_favorites WHERE user_id = $1 AND station_id = $2",
        user.as_str(),
        id,
    )?;
    Ok(())
}

/// Finds the stations with these IDs, in no particular order.
pub(super) async fn find_all(
    tx: &mut Tx,
    user: &UserId,
    ids: &[StationId],
) -> Result<Vec<Station>> {
    match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            stations!(
                "WHERE s.id IN (SELECT CAST(it AS UUID)
                                FROM jsonb_array_elements_text(CAST($2 AS JSONB)) it)"
            ),
            user.as_str(),
            to_json_array(ids.iter().map(ToString::to_string)),
        ),
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            stations!("WHERE s.id IN (SELECT unhex(value, '-') FROM json_each($2))"),
            user.as_str(),
            to_json_array(ids.iter().map(ToString::to_string)),
        ),
    }
}

/// Finds the listed stations with these place IDs or origins, in no particular order.
pub(super) async fn find_all_by_external_ids(
    tx: &mut Tx,
    user: &UserId,
    google_place_ids: &[String],
    origins: &[String],
) -> Result<Vec<Station>> {
    let (places, origins) =
        (to_json_array(google_place_ids.iter().cloned()), to_json_array(origins.iter().cloned()));
    match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            stations!(
                "WHERE s.withdrawn_at IS NULL
                   AND (s.google_place_id IN
                          (SELECT jsonb_array_elements_text(CAST($2 AS JSONB)))
                        OR s.origin IN (SELECT jsonb_array_elements_text(CAST($3 AS JSONB))))"
            ),
            user.as_str(),
            &places,
            &origins,
        ),
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            stations!(
                "WHERE s.withdrawn_at IS NULL
                   AND (s.google_place_id IN (SELECT value FROM json_each($2))
                        OR s.origin IN (SELECT value FROM json_each($3)))"
            ),
            user.as_str(),
            &places,
            &origins,
        ),
    }
}

/// A JSON array of strings.
fn to_json_array(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<serde_json::Value>().to_string()
}
