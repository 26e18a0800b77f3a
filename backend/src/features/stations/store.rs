//! Stations in the database. What a user marked is read and written for that user only; a
//! station's own facts are everybody's to read, and the service says who may write them.

mod bring_in;
mod doubles;
pub(super) mod imports;
pub(super) mod nearby;
pub(super) mod words;

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Station, StationId, model::Row};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    sql,
};

pub(super) use bring_in::bring_in;
pub(super) use doubles::doubles;
pub(super) use nearby::{spots, spots_named};
pub(super) use words::{Words, named};

/// A statement over stations as one user, the first value, sees them.
macro_rules! stations {
    ($($rest:literal),+ $(,)?) => {
        concat!(
            "SELECT s.*, f.station_id IS NOT NULL AS is_favorite, f.notes FROM stations s
             LEFT JOIN station_favorites f ON f.station_id = s.id AND f.user_id = $1 ",
            $($rest),+
        )
    };
}
use stations;

/// Adds the station unless its place or its origin is known; tells whether it did.
pub(super) async fn insert(tx: &mut Tx, station: &Station) -> Result<bool> {
    let added = sql!(
        tx,
        execute,
        "INSERT INTO stations
           (id, google_place_id, name, address, latitude, longitude, phone, website, created_at,
            updated_at, made_by, origin, brand, fuel_types, search_key, cell)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT DO NOTHING",
        station.id,
        &station.google_place_id,
        &station.name,
        &station.address,
        station.latitude,
        station.longitude,
        &station.phone,
        &station.website,
        station.created_at,
        &station.made_by,
        &station.origin,
        &station.brand,
        station.kept_fuels(),
        station.search_key(),
        station.cell(),
    )?;
    words::take_in(tx).await?;
    Ok(added == 1)
}

/// The station, if it is listed or the user uses it.
pub(super) async fn find(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<Station>> {
    let row: Option<Row> = sql!(
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
    )?;
    Ok(row.map(Station::from))
}

/// The station with that place or, failing that, that origin. A withdrawn one is found only if none is
/// listed, whether or not the user uses it.
pub(super) async fn find_known(
    tx: &mut Tx,
    user: &UserId,
    google_place_id: Option<&str>,
    origin: Option<&str>,
) -> Result<Option<Station>> {
    let row: Option<Row> = sql!(
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
    )?;
    Ok(row.map(Station::from))
}

/// As [`find`], and nobody else changes the station before this transaction ends: SQLite has one
/// writer in any case, PostgreSQL locks the row.
pub(super) async fn hold(tx: &mut Tx, user: &UserId, id: StationId) -> Result<Option<Station>> {
    if let Tx::Postgres { .. } = tx {
        let held: Option<(Uuid,)> =
            sql!(tx, fetch_optional, "SELECT id FROM stations WHERE id = $1 FOR UPDATE", id)?;
        if held.is_none() {
            return Ok(None);
        }
    }
    find(tx, user, id).await
}

/// At most a page of all listed stations after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, StationId),
    limit: Limit,
) -> Result<Vec<Station>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        stations!(
            "WHERE s.withdrawn_at IS NULL AND (s.created_at, s.id) < ($2, $3)
             ORDER BY s.created_at DESC, s.id DESC LIMIT $4"
        ),
        user.as_str(),
        after.0,
        after.1,
        limit.and_one(),
    )?;
    Ok(rows.into_iter().map(Station::from).collect())
}

/// The same, of the user's favourites only.
pub(super) async fn list_favorites(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, StationId),
    limit: Limit,
) -> Result<Vec<Station>> {
    let rows: Vec<Row> = sql!(
        tx,
        fetch_all,
        "SELECT s.*, true AS is_favorite, f.notes FROM station_favorites f
         JOIN stations s ON s.id = f.station_id
         WHERE f.user_id = $1 AND (s.created_at, s.id) < ($2, $3)
         ORDER BY s.created_at DESC, s.id DESC LIMIT $4",
        user.as_str(),
        after.0,
        after.1,
        limit.and_one(),
    )?;
    Ok(rows.into_iter().map(Station::from).collect())
}

pub(super) async fn update(tx: &mut Tx, station: &Station) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE stations
         SET google_place_id = $2, name = $3, address = $4, latitude = $5, longitude = $6,
             phone = $7, website = $8, updated_at = $9, brand = $10, fuel_types = $11,
             search_key = $12, cell = $13
         WHERE id = $1",
        station.id,
        &station.google_place_id,
        &station.name,
        &station.address,
        station.latitude,
        station.longitude,
        &station.phone,
        &station.website,
        station.updated_at,
        &station.brand,
        station.kept_fuels(),
        station.search_key(),
        station.cell(),
    )?;
    Ok(())
}

/// Withdraws the station: clears its search key and its cell, so that searches need no extra condition.
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

/// Lists a withdrawn station again, with these facts and this user as its owner.
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
        station.kept_fuels(),
        station.search_key(),
        station.cell(),
    )?;
    Ok(())
}

/// Takes the place and the origin of this station away from other stations that are withdrawn.
pub(super) async fn free_ids(tx: &mut Tx, station: &Station) -> Result<()> {
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

/// Deletes the withdrawn station if nobody uses it. One with a place or an origin is kept: when it is
/// saved again, it gets its old id in any case, so that the id does not reveal whether it was in use.
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

/// Deletes the withdrawn stations that nobody uses, and returns how many.
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

/// Makes the station a favourite of the user's, with these notes and no others.
pub(super) async fn mark(
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

/// The station is no favourite of the user's any more.
pub(super) async fn unmark(tx: &mut Tx, user: &UserId, id: StationId) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM station_favorites WHERE user_id = $1 AND station_id = $2",
        user.as_str(),
        id,
    )?;
    Ok(())
}

/// The stations of these ids, in no order.
pub(super) async fn find_all(
    tx: &mut Tx,
    user: &UserId,
    ids: &[StationId],
) -> Result<Vec<Station>> {
    let rows: Vec<Row> = match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            stations!(
                "WHERE s.id IN (SELECT CAST(it AS UUID)
                                FROM jsonb_array_elements_text(CAST($2 AS JSONB)) it)"
            ),
            user.as_str(),
            list_of(ids.iter().map(ToString::to_string)),
        ),
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            stations!("WHERE s.id IN (SELECT unhex(value, '-') FROM json_each($2))"),
            user.as_str(),
            list_of(ids.iter().map(ToString::to_string)),
        ),
    }?;
    Ok(rows.into_iter().map(Station::from).collect())
}

/// The listed stations with these places and origins, in no particular order.
pub(super) async fn find_all_known(
    tx: &mut Tx,
    user: &UserId,
    google_place_ids: &[String],
    origins: &[String],
) -> Result<Vec<Station>> {
    let (places, origins) =
        (list_of(google_place_ids.iter().cloned()), list_of(origins.iter().cloned()));
    let rows: Vec<Row> = match tx {
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
    }?;
    Ok(rows.into_iter().map(Station::from).collect())
}

/// A JSON list of texts.
fn list_of(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<serde_json::Value>().to_string()
}
