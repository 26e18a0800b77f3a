//! The SQL statements for the VIN cache. It is shared by all users.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Result, types::Json};

use super::{DecodedVin, Vin};
use crate::{core::db::Tx, sql};

/// A cached response and its time.
#[derive(sqlx_derive::FromRow)]
pub(super) struct CachedResponse {
    pub(super) raw_data: Option<Json<Value>>,
    pub(super) cached_at: Option<DateTime<Utc>>,
}

pub(super) async fn find(tx: &mut Tx, vin: &Vin) -> Result<Option<CachedResponse>> {
    let find = "SELECT raw_data, cached_at FROM vin_cache WHERE vin = $1";
    sql!(tx, fetch_optional, find, vin)
}

/// Stores a response, replacing an older one.
pub(super) async fn upsert(
    tx: &mut Tx,
    vin: &Vin,
    decoded: &DecodedVin,
    raw_data: &Value,
) -> Result<()> {
    let short = |text: &Option<String>| -> Option<String> {
        text.as_ref().map(|text| text.chars().take(100).collect())
    };
    sql!(
        tx,
        execute,
        "INSERT INTO vin_cache
           (vin, make, model, year, engine_type, body_type, raw_data, cached_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (vin) DO UPDATE
         SET make = excluded.make, model = excluded.model, year = excluded.year,
             engine_type = excluded.engine_type, body_type = excluded.body_type,
             raw_data = excluded.raw_data, cached_at = excluded.cached_at",
        vin,
        short(&decoded.make),
        short(&decoded.model),
        decoded.year.map(i32::from),
        short(&decoded.engine_type),
        short(&decoded.body_type),
        Json(raw_data),
        decoded.decoded_at,
    )?;
    Ok(())
}

/// Deletes responses from before `until`, and the oldest ones if there are more than `max`.
pub(super) async fn delete(tx: &mut Tx, until: DateTime<Utc>, max: i64) -> Result<u64> {
    let old = sql!(tx, execute, "DELETE FROM vin_cache WHERE cached_at <= $1", until)?;
    let beyond = sql!(
        tx,
        execute,
        "DELETE FROM vin_cache WHERE cached_at <
           (SELECT cached_at FROM vin_cache ORDER BY cached_at DESC LIMIT 1 OFFSET $1)",
        max - 1,
    )?;
    Ok(old + beyond)
}
