//! Many stations at once.

use serde_json::json;
use sqlx::Result;

use crate::{
    core::db::Tx,
    features::stations::{Station, StationId, store::words},
    sql,
};

/// Adds these stations, each of a different origin, or updates those of the same origin that no user
/// saved and whose facts differ. A withdrawn one is listed again. Returns the ids of the stations that
/// were written: an existing station has its own id and not the given one.
pub(in crate::features::stations) async fn bring_in(
    tx: &mut Tx,
    stations: &[Station],
) -> Result<Vec<StationId>> {
    let written: Vec<(StationId,)> = match tx {
        // A statement a station would cost as many journeys to the server.
        Tx::Postgres { .. } => sql!(tx, fetch_all, ALL_AT_ONCE, list_of(stations))?,
        Tx::Sqlite(_) => {
            let mut written = Vec::new();
            for it in stations {
                let row: Option<(StationId,)> = sql!(
                    tx,
                    fetch_optional,
                    ONE_BY_ONE,
                    it.id,
                    &it.name,
                    &it.address,
                    it.latitude,
                    it.longitude,
                    &it.phone,
                    &it.website,
                    it.created_at,
                    &it.origin,
                    &it.brand,
                    it.kept_fuels(),
                    it.search_key(),
                    it.cell(),
                )?;
                written.extend(row);
            }
            words::take_in(tx).await?;
            written
        }
    };
    Ok(written.into_iter().map(|it| it.0).collect())
}

/// A statement that ends as both do.
macro_rules! or_change {
    ($insert:literal) => {
        concat!(
            $insert,
            " ON CONFLICT (origin) DO UPDATE
              SET name = excluded.name, address = excluded.address, latitude = excluded.latitude,
                  longitude = excluded.longitude, phone = excluded.phone,
                  website = excluded.website, brand = excluded.brand,
                  fuel_types = excluded.fuel_types, search_key = excluded.search_key,
                  cell = excluded.cell, updated_at = excluded.updated_at,
                  withdrawn_at = NULL, made_by = NULL
              WHERE stations.withdrawn_at IS NOT NULL OR stations.made_by IS NULL
                AND (stations.name, stations.address, stations.latitude, stations.longitude,
                     stations.phone, stations.website, stations.brand, stations.fuel_types)
                    IS DISTINCT FROM
                    (excluded.name, excluded.address, excluded.latitude, excluded.longitude,
                     excluded.phone, excluded.website, excluded.brand, excluded.fuel_types)
              RETURNING id"
        )
    };
}

const ONE_BY_ONE: &str = or_change!(
    "INSERT INTO stations
       (id, name, address, latitude, longitude, phone, website, created_at, updated_at, origin,
        brand, fuel_types, search_key, cell)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13)"
);

const ALL_AT_ONCE: &str = or_change!(
    "INSERT INTO stations
       (id, name, address, latitude, longitude, phone, website, created_at, updated_at, origin,
        brand, fuel_types, search_key, cell)
     SELECT id, name, address, latitude, longitude, phone, website, at, at, origin,
            brand, fuel_types, search_key, cell
     FROM jsonb_to_recordset(CAST($1 AS JSONB)) AS it (
       id UUID, name TEXT, address TEXT, latitude NUMERIC, longitude NUMERIC, phone TEXT,
       website TEXT, at TIMESTAMP WITH TIME ZONE, origin TEXT, brand TEXT, fuel_types TEXT,
       search_key TEXT, cell INTEGER)"
);

/// The stations as a JSON list.
fn list_of(stations: &[Station]) -> String {
    let one = |it: &Station| {
        json!({
            "id": it.id, "name": it.name, "address": it.address,
            "latitude": it.latitude.map(|it| it.to_string()),
            "longitude": it.longitude.map(|it| it.to_string()),
            "phone": it.phone, "website": it.website, "at": it.created_at, "origin": it.origin,
            "brand": it.brand, "fuel_types": it.kept_fuels(), "search_key": it.search_key(),
            "cell": it.cell(),
        })
    };
    stations.iter().map(one).collect::<serde_json::Value>().to_string()
}
