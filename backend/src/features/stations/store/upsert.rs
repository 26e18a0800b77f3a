//! Bulk inserts and updates.

use serde_json::json;
use sqlx::Result;

use crate::{
    core::db::Tx,
    features::stations::{Station, StationId, store::words},
    sql,
};

/// Inserts imported stations, or updates the stations with the same origin that were not added by a user and
/// whose details differ. Origins must be unique. Withdrawn stations are listed again. Returns the IDs of the
/// written stations; an existing station keeps its ID.
pub(in crate::features::stations) async fn upsert_imported(
    tx: &mut Tx,
    stations: &[Station],
) -> Result<Vec<StationId>> {
    let written: Vec<(StationId,)> = match tx {
        // One statement saves a round trip for each station.
        Tx::Postgres { .. } => sql!(tx, fetch_all, UPSERT_ALL, to_json_array(stations))?,
        Tx::Sqlite(_) => {
            let mut written = Vec::new();
            for it in stations {
                let row: Option<(StationId,)> = sql!(
                    tx,
                    fetch_optional,
                    UPSERT_ONE,
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
                    it.fuel_types_column(),
                    it.search_key(),
                    it.cell(),
                )?;
                written.extend(row);
            }
            words::index_new(tx).await?;
            written
        }
    };
    Ok(written.into_iter().map(|it| it.0).collect())
}

/// Appends the common `ON CONFLICT` clause to an `INSERT`.
macro_rules! upsert {
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

const UPSERT_ONE: &str = upsert!(
    "INSERT INTO stations
       (id, name, address, latitude, longitude, phone, website, created_at, updated_at, origin,
        brand, fuel_types, search_key, cell)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13)"
);

const UPSERT_ALL: &str = upsert!(
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

/// The stations as a JSON array.
fn to_json_array(stations: &[Station]) -> String {
    let object = |it: &Station| {
        json!({
            "id": it.id, "name": it.name, "address": it.address,
            "latitude": it.latitude.map(|it| it.to_string()),
            "longitude": it.longitude.map(|it| it.to_string()),
            "phone": it.phone, "website": it.website, "at": it.created_at, "origin": it.origin,
            "brand": it.brand, "fuel_types": it.fuel_types_column(), "search_key": it.search_key(),
            "cell": it.cell(),
        })
    };
    stations.iter().map(object).collect::<serde_json::Value>().to_string()
}
