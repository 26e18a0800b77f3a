//! Decodes VINs: chooses between the cache, the embedded tables and NHTSA's service, and caches the
//! results.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{
    DecodedVin, Source, Vin,
    foreign::with_model_year,
    nhtsa::{self, NhtsaClient},
    offline::{self, TABLES},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        config::{self, VinProvider},
        http::SerializedJson,
        periodic::PeriodicTask,
    },
};

/// How long results are cached, as in the reference schema.
const MAX_AGE: TimeDelta = TimeDelta::days(30);
const CACHE_TTL: Duration = Duration::from_hours(30 * 24);
/// The maximum number of cached results. It is limited because any signed-in user can make up VINs.
const MAX_CACHED_RESULTS: i64 = 200_000;

/// Deletes cached results that are older than 30 days.
pub const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "vin-cache",
    run: |tx, now| {
        Box::pin(async move { Ok(store::delete(tx, now - MAX_AGE, MAX_CACHED_RESULTS).await?) })
    },
};

/// Decodes VINs with the configured provider.
#[derive(Clone)]
pub struct VinDecoder(Arc<Inner>);

struct Inner {
    provider: VinProvider,
    nhtsa: NhtsaClient,
}

impl VinDecoder {
    /// Creates a decoder with the given settings. Sends no requests yet.
    #[must_use]
    pub fn new(settings: &config::Vin) -> Self {
        let nhtsa = NhtsaClient::new(&settings.vpic_url);
        Self(Arc::new(Inner { provider: settings.provider, nhtsa }))
    }

    /// Opens the tables in the background, so that the first request does not wait for it.
    pub fn warm_up(&self) {
        tokio::task::spawn_blocking(|| {
            if let Err(error) = offline::decoder() {
                tracing::error!(%error, "Failed to open the VIN tables");
            }
        });
    }

    /// Whether a result may be cached with the current settings. Results of the embedded tables are
    /// not cached if NHTSA was preferred but unavailable.
    fn is_cacheable(&self, tables: Option<&str>, make: Option<&str>) -> bool {
        let Some(tables) = tables else { return true };
        let is_current = offline::decoder().is_ok_and(|it| it.month() == tables);
        is_current
            && match self.0.provider {
                VinProvider::Offline => true,
                VinProvider::OfflineThenVpic => make.is_some(),
                VinProvider::Vpic => false,
            }
    }
}

/// The cache key of a result, as in the reference schema.
fn key(vin: &Vin) -> String {
    format!("vpic:vin:{}", vin.as_str())
}

/// The members of a cached result that determine whether it is still valid.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheHeader {
    make: Option<String>,
    tables: Option<String>,
    decoded_at: DateTime<Utc>,
    /// Results of earlier versions lack this member and may have ambiguous years, so they must not
    /// be used.
    #[serde(rename = "yearSettled")]
    _year_settled: bool,
}

/// Decodes a VIN, optionally for a known model year. If NHTSA is unavailable, the embedded tables
/// are used.
///
/// # Errors
/// `Internal` if the embedded VIN tables are damaged.
pub async fn decode(app: &App, vin: &Vin, year: Option<u16>) -> Result<DecodedVin> {
    if year.is_some() {
        return decode_for_year(app, vin, year).await;
    }
    let body = decode_as_json(app, vin, None).await?.into_bytes();
    serde_json::from_slice(&body).map_err(|error| Error::Internal(error.into()))
}

/// Decodes a VIN for a known model year. The result isn't cached because the cache is keyed by VIN
/// alone.
async fn decode_for_year(app: &App, vin: &Vin, year: Option<u16>) -> Result<DecodedVin> {
    let now = app.clock.now();
    let Inner { provider, nhtsa } = &*app.vins.0;
    let known = offline::decode(vin.as_str(), year, now)?.0;
    let queries_nhtsa = match provider {
        VinProvider::Offline => false,
        VinProvider::OfflineThenVpic => known.make.is_none(),
        VinProvider::Vpic => true,
    };
    if !queries_nhtsa {
        return Ok(known);
    }
    let format = offline::vin_format(vin.as_str(), now.date_naive())?;
    let allowed = year.filter(|it| !format.contradicts(*it));
    let result = Box::pin(nhtsa.decode(vin, allowed, now)).await;
    Ok(result.map_or(known, |result| with_model_year(result.0, &format, year)))
}

/// Decodes a VIN to the API's JSON document.
pub(super) async fn decode_as_json(
    app: &App,
    vin: &Vin,
    year: Option<u16>,
) -> Result<SerializedJson<DecodedVin>> {
    if year.is_some() {
        return SerializedJson::serialize(&decode_for_year(app, vin, year).await?);
    }
    let key = key(vin);
    let earliest = app.clock.now() - MAX_AGE;
    // Of several concurrent requests, only one decodes the VIN. The others get the cached result.
    let looked_up = Mutex::new(None);
    let compute = || async {
        // Boxed because the future of the NHTSA request is large, and cache hits don't need it.
        let decoded = Box::pin(look_up(app, vin, earliest)).await?;
        let cached =
            SerializedJson::serialize(&DecodedVin { source: Source::Cache, ..decoded.clone() })?;
        *looked_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(decoded);
        Ok(cached.into_bytes())
    };
    for _ in 0..2 {
        let body = app.cache.get_or_compute(&key, CACHE_TTL, compute).await?;
        let mine = looked_up.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(decoded) = mine {
            if !app.vins.is_cacheable(decoded.tables.as_deref(), decoded.make.as_deref()) {
                app.cache.invalidate(&key).await;
            }
            return SerializedJson::serialize(&decoded);
        }
        if is_fresh(app, &body, earliest) {
            return Ok(SerializedJson::new(body));
        }
        app.cache.invalidate(&key).await;
    }
    SerializedJson::serialize(&Box::pin(look_up(app, vin, earliest)).await?)
}

/// Whether a cached result is recent enough and matches the current settings.
fn is_fresh(app: &App, body: &Bytes, earliest: DateTime<Utc>) -> bool {
    serde_json::from_slice::<CacheHeader>(body).is_ok_and(|header| {
        header.decoded_at > earliest
            && app.vins.is_cacheable(header.tables.as_deref(), header.make.as_deref())
    })
}

/// Decodes a VIN with the database cache or the configured provider, and caches the result.
async fn look_up(app: &App, vin: &Vin, earliest: DateTime<Utc>) -> Result<DecodedVin> {
    if let Some(cached) = find_cached(app, vin, earliest).await {
        return Ok(cached);
    }
    let now = app.clock.now();
    let Inner { provider, nhtsa } = &*app.vins.0;
    let (decoded, raw) = match provider {
        VinProvider::Offline => offline::decode(vin.as_str(), None, now)?,
        VinProvider::OfflineThenVpic => {
            let known = offline::decode(vin.as_str(), None, now)?;
            if known.0.make.is_some() {
                known
            } else {
                nhtsa.decode(vin, None, now).await.unwrap_or(known)
            }
        }
        VinProvider::Vpic => match nhtsa.decode(vin, None, now).await {
            Some(result) => result,
            None => offline::decode(vin.as_str(), None, now)?,
        },
    };
    if app.vins.is_cacheable(decoded.tables.as_deref(), decoded.make.as_deref()) {
        store_result(app, vin, &decoded, &raw).await;
    }
    Ok(decoded)
}

/// Finds a valid result in the table `vin_cache`. A database error is logged and ignored.
async fn find_cached(app: &App, vin: &Vin, earliest: DateTime<Utc>) -> Option<DecodedVin> {
    let cached = async { Ok::<_, Error>(store::find(&mut app.db.read().await?, vin).await?) };
    let cached = match cached.await {
        Ok(cached) => cached?,
        Err(error) => {
            tracing::warn!(%error, "Failed to read the VIN cache");
            return None;
        }
    };
    let (raw, at) = (cached.raw_data?.0, cached.cached_at?);
    if at <= earliest {
        return None;
    }
    let decoded = match raw.get(TABLES).and_then(Value::as_str) {
        // Decoding again is cheaper than parsing the cached response.
        Some(month) if offline::decoder().ok()?.month() == month => {
            offline::decode(vin.as_str(), None, at).ok()?.0
        }
        Some(_) => return None,
        None => nhtsa::parse(vin, &raw, at)?,
    };
    let is_cacheable = app.vins.is_cacheable(decoded.tables.as_deref(), decoded.make.as_deref());
    is_cacheable.then_some(DecodedVin { source: Source::Cache, ..decoded })
}

/// Stores a result in the table `vin_cache`. A database error is logged and ignored.
async fn store_result(app: &App, vin: &Vin, decoded: &DecodedVin, raw: &Value) {
    let stored = app.transaction(async |tx| Ok(store::upsert(tx, vin, decoded, raw).await?));
    if let Err(error) = stored.await {
        tracing::warn!(%error, "Failed to write the VIN cache");
    }
}
