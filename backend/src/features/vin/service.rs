//! Who is asked what a VIN means, in which order, and what is kept of the answers.

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
    honest::dated,
    live::{self, Live},
    offline::{self, TABLES},
    store,
};
use crate::core::{
    App, Error, Result,
    config::{self, VinProvider},
    http::SerializedJson,
    periodic::PeriodicTask,
};

/// How long an answer is kept (the seed's).
const KEPT: TimeDelta = TimeDelta::days(30);
const LIFETIME: Duration = Duration::from_hours(30 * 24);
/// How many answers are kept at most: anybody who is signed in may make up VINs.
const MOST: i64 = 200_000;

/// Clears away what was found out more than 30 days ago.
pub const PERIODIC_TASK: PeriodicTask = PeriodicTask {
    name: "vin-cache",
    run: |tx, now| Box::pin(async move { Ok(store::delete(tx, now - KEPT, MOST).await?) }),
};

/// What answers what VINs mean.
#[derive(Clone)]
pub struct Vins(Arc<Inner>);

struct Inner {
    provider: VinProvider,
    live: Live,
}

impl Vins {
    /// As the settings say. Nobody is asked yet.
    #[must_use]
    pub fn new(settings: &config::Vin) -> Self {
        let live = Live::new(&settings.vpic_url);
        Self(Arc::new(Inner { provider: settings.provider, live }))
    }

    /// Opens the tables, so that the first who asks need not wait for it.
    pub fn warm_up(&self) {
        tokio::task::spawn_blocking(|| {
            if let Err(error) = offline::decoder() {
                tracing::error!(%error, "VINs cannot be decoded");
            }
        });
    }

    /// Whether an answer is the last word as the settings are. Only such a one is kept: what the
    /// tables say while NHTSA is away is not.
    fn is_final(&self, tables: Option<&str>, make: Option<&str>) -> bool {
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

/// Where an answer is kept (the seed's).
fn key(vin: &Vin) -> String {
    format!("vpic:vin:{}", vin.as_str())
}

/// As much of a kept answer as tells whether it is still good.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    make: Option<String>,
    tables: Option<String>,
    decoded_at: DateTime<Utc>,
    /// Answers of earlier versions lack it, and have years that the VIN doesn't settle.
    #[serde(rename = "yearSettled")]
    _year_settled: bool,
}

/// What a VIN means, with the model year where that is known. If NHTSA is unavailable, the tables answer.
///
/// # Errors
/// Internal where the program's own tables are damaged.
pub async fn decode(app: &App, vin: &Vin, year: Option<u16>) -> Result<DecodedVin> {
    if year.is_some() {
        return decode_of_year(app, vin, year).await;
    }
    let body = decode_as_json(app, vin, None).await?.into_bytes();
    serde_json::from_slice(&body).map_err(|error| Error::Internal(error.into()))
}

/// What a VIN means for a known model year. Such answers aren't cached: the cache is by VIN alone.
async fn decode_of_year(app: &App, vin: &Vin, year: Option<u16>) -> Result<DecodedVin> {
    let now = app.clock.now();
    let Inner { provider, live } = &*app.vins.0;
    let known = offline::decode(vin.as_str(), year, now)?.0;
    let asks = match provider {
        VinProvider::Offline => false,
        VinProvider::OfflineThenVpic => known.make.is_none(),
        VinProvider::Vpic => true,
    };
    if !asks {
        return Ok(known);
    }
    let form = offline::form(vin.as_str(), now.date_naive())?;
    let allowed = year.filter(|it| !form.contradicts(*it));
    let answer = Box::pin(live.decode(vin, allowed, now)).await;
    Ok(answer.map_or(known, |answer| dated(answer.0, &form, year)))
}

/// The same, as a document.
pub(super) async fn decode_as_json(
    app: &App,
    vin: &Vin,
    year: Option<u16>,
) -> Result<SerializedJson<DecodedVin>> {
    if year.is_some() {
        return SerializedJson::of(&decode_of_year(app, vin, year).await?);
    }
    let key = key(vin);
    let earliest = app.clock.now() - KEPT;
    // Of several who ask at once one finds out; the others are given what is kept from then on.
    let found_out = Mutex::new(None);
    let compute = || async {
        // Boxed: to ask NHTSA takes a lot of room, which those who find an answer kept do not need.
        let decoded = Box::pin(find_out(app, vin, earliest)).await?;
        let kept = SerializedJson::of(&DecodedVin { source: Source::Cache, ..decoded.clone() })?;
        *found_out.lock().unwrap_or_else(PoisonError::into_inner) = Some(decoded);
        Ok(kept.into_bytes())
    };
    for _ in 0..2 {
        let body = app.cache.get_or_compute(&key, LIFETIME, compute).await?;
        let mine = found_out.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(decoded) = mine {
            if !app.vins.is_final(decoded.tables.as_deref(), decoded.make.as_deref()) {
                app.cache.invalidate(&key).await;
            }
            return SerializedJson::of(&decoded);
        }
        if is_good(app, &body, earliest) {
            return Ok(SerializedJson::new(body));
        }
        app.cache.invalidate(&key).await;
    }
    SerializedJson::of(&Box::pin(find_out(app, vin, earliest)).await?)
}

/// Whether what was kept is young enough and as the settings are now.
fn is_good(app: &App, body: &Bytes, earliest: DateTime<Utc>) -> bool {
    serde_json::from_slice::<Mark>(body).is_ok_and(|mark| {
        mark.decoded_at > earliest
            && app.vins.is_final(mark.tables.as_deref(), mark.make.as_deref())
    })
}

/// Asks whoever is to be asked, and keeps the last word.
async fn find_out(app: &App, vin: &Vin, earliest: DateTime<Utc>) -> Result<DecodedVin> {
    if let Some(kept) = find_kept(app, vin, earliest).await {
        return Ok(kept);
    }
    let now = app.clock.now();
    let Inner { provider, live } = &*app.vins.0;
    let (decoded, raw) = match provider {
        VinProvider::Offline => offline::decode(vin.as_str(), None, now)?,
        VinProvider::OfflineThenVpic => {
            let known = offline::decode(vin.as_str(), None, now)?;
            if known.0.make.is_some() {
                known
            } else {
                live.decode(vin, None, now).await.unwrap_or(known)
            }
        }
        VinProvider::Vpic => match live.decode(vin, None, now).await {
            Some(answer) => answer,
            None => offline::decode(vin.as_str(), None, now)?,
        },
    };
    if app.vins.is_final(decoded.tables.as_deref(), decoded.make.as_deref()) {
        keep(app, vin, &decoded, &raw).await;
    }
    Ok(decoded)
}

/// What the table holds, if it is good. Without the table all goes on.
async fn find_kept(app: &App, vin: &Vin, earliest: DateTime<Utc>) -> Option<DecodedVin> {
    let kept = async { Ok::<_, Error>(store::find(&mut app.db.read().await?, vin).await?) };
    let kept = match kept.await {
        Ok(kept) => kept?,
        Err(error) => {
            tracing::warn!(%error, "What is kept of VINs cannot be read");
            return None;
        }
    };
    let (raw, at) = (kept.raw_data?.0, kept.cached_at?);
    if at <= earliest {
        return None;
    }
    let decoded = match raw.get(TABLES).and_then(Value::as_str) {
        // Worked out anew: that costs less than to read how it was told.
        Some(month) if offline::decoder().ok()?.month() == month => {
            offline::decode(vin.as_str(), None, at).ok()?.0
        }
        Some(_) => return None,
        None => live::read(vin, &raw, at)?,
    };
    let is_final = app.vins.is_final(decoded.tables.as_deref(), decoded.make.as_deref());
    is_final.then_some(DecodedVin { source: Source::Cache, ..decoded })
}

/// Keeps an answer in the table. It is only a help: nobody is refused because of it.
async fn keep(app: &App, vin: &Vin, decoded: &DecodedVin, raw: &Value) {
    let kept = async {
        let mut tx = app.db.write().await?;
        store::put(&mut tx, vin, decoded, raw).await?;
        tx.commit().await
    };
    if let Err(error) = kept.await {
        tracing::warn!(%error, "What a VIN means cannot be kept");
    }
}
