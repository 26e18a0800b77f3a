//! Caches the providers' results for an hour. All users share the cache, which contains no user data. While a
//! provider is unavailable, its last result within a day is used.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::{
    geo::Point,
    providers::{Place, ProviderError, ProviderQuery, Upstream},
    search::{Circle, SearchCriteria},
};
use crate::{
    app::App,
    core::{Error, Result},
};

/// How long a search is cached, as in the reference schema, and no provider is queried again.
const SEARCH_TTL: Duration = Duration::from_hours(1);
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long the last results of each provider are retained as a fallback, and their maximum size in bytes.
const LAST_RESULTS_TTL: Duration = Duration::from_hours(24);
const LAST_RESULTS_BYTES: u64 = 16 * 1024 * 1024;
/// The maximum number of places cached per provider. More distant ones would not be shown.
const MAX_PLACES: usize = 200;
/// The radii that providers are queried with, in meters: slightly larger than the usual choices.
const RADII: [f64; 7] = [1_100.0, 2_200.0, 5_500.0, 11_000.0, 22_000.0, 33_000.0, 50_000.0];
/// The maximum distance in meters by which rounding moves a center.
const ROUNDING: f64 = 80.0;

/// A cached search.
#[derive(Serialize, Deserialize)]
struct CachedSearch {
    /// The names of the queried providers.
    providers: Vec<String>,
    places: Vec<Place>,
    /// Whether all of them responded, without a fallback to last results.
    is_whole: bool,
}

/// A provider's last result of a search.
#[derive(Debug)]
struct LastResult {
    at: DateTime<Utc>,
    places: Vec<Place>,
}

/// The last results of each provider, stored in this process so that they do not depend on Redis.
#[derive(Debug, Clone)]
pub(super) struct LastResults(moka::sync::Cache<String, Arc<LastResult>>);

impl LastResults {
    pub(super) fn new() -> Self {
        let weight = |key: &String, last: &Arc<LastResult>| {
            u32::try_from(key.len() + 200 + last.places.len() * 400).unwrap_or(u32::MAX)
        };
        let cache = moka::sync::Cache::builder().max_capacity(LAST_RESULTS_BYTES).weigher(weight);
        Self(cache.time_to_live(LAST_RESULTS_TTL).build())
    }
}

/// Normalizes criteria, so that similar searches share one provider query.
pub(super) fn normalize(criteria: &SearchCriteria) -> ProviderQuery {
    let words = criteria
        .words
        .as_ref()
        .map(|it| it.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    ProviderQuery { words, circle: criteria.circle.map(round) }
}

/// Rounds the center to a grid of about 100 m, and the radius up so that the result contains the circle.
fn round(circle: Circle) -> Circle {
    // Adding 0.0 turns -0.0 into 0.0.
    let rounded = |degrees: f64| (degrees * 1e3).round() / 1e3 + 0.0;
    let center = Point {
        latitude: rounded(circle.center.latitude),
        longitude: rounded(circle.center.longitude),
    };
    let reach = circle.radius + ROUNDING;
    let radius = RADII.into_iter().find(|it| *it >= reach).unwrap_or(RADII[RADII.len() - 1]);
    Circle { center, radius }
}

/// The `{query}` part of the reference schema's cache key. Words are in lower case, so they can't be confused
/// with a location.
fn query_key(query: &ProviderQuery) -> String {
    let location = query.circle.map(|it| {
        format!("AT:{:.3},{:.3},{:.0}", it.center.latitude, it.center.longitude, it.radius)
    });
    [query.words.clone(), location].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The cache key of a search, as in the reference schema.
pub(super) fn key(query: &ProviderQuery) -> String {
    format!("stations:search:{}", query_key(query))
}

fn last_result_key(upstream: &Upstream, query: &ProviderQuery) -> String {
    format!("{}:{}", upstream.name, query_key(query))
}

/// Queries all providers, with the results of the preferred provider first. An unavailable provider
/// contributes its last result or nothing, but never an error.
pub(super) async fn search(app: &App, query: &ProviderQuery) -> Vec<Place> {
    let upstreams = app.stations.all();
    let providers: Vec<_> = upstreams.iter().map(|it| it.name.to_owned()).collect();
    let compute = || async {
        let results = join_all(upstreams.iter().map(|it| fetch_or_last(app, it, query))).await;
        let is_whole = results.iter().all(|it| it.1);
        let places = results.into_iter().flat_map(|it| it.0).collect();
        to_bytes(&CachedSearch { providers: providers.clone(), places, is_whole })
    };
    let key = key(query);
    for _ in 0..2 {
        let Ok(bytes) = app.cache.get_or_compute(&key, SEARCH_TTL, compute).await else { break };
        let cached = serde_json::from_slice::<CachedSearch>(&bytes).ok();
        let cached = cached.filter(|it| it.providers == providers);
        if !cached.as_ref().is_some_and(|it| it.is_whole) {
            // Only the requests that waited for it use an incomplete result: the next search queries the
            // missing providers again. Or the settings have changed since it was cached.
            app.cache.invalidate(&key).await;
        }
        if let Some(cached) = cached {
            return cached.places;
        }
    }
    Vec::new()
}

/// Fetches one provider's places, or else its last result. Returns whether the provider responded.
async fn fetch_or_last(
    app: &App,
    upstream: &Upstream,
    query: &ProviderQuery,
) -> (Vec<Place>, bool) {
    if let Ok(places) = fetch(app, upstream, query).await {
        return (places, true);
    }
    let last = app.stations.last_results().0.get(&last_result_key(upstream, query));
    (last.map(|it| it.places.clone()).unwrap_or_default(), false)
}

/// Fetches one provider's places, unless its last result is fresh.
async fn fetch(
    app: &App,
    upstream: &Upstream,
    query: &ProviderQuery,
) -> Result<Vec<Place>, ProviderError> {
    let (now, key, last_results) =
        (app.clock.now(), last_result_key(upstream, query), &app.stations.last_results().0);
    if let Some(last) = last_results.get(&key).filter(|it| now - it.at < FRESH) {
        return Ok(last.places.clone());
    }
    let mut places = upstream.search(query).await?;
    if let Some(circle) = query.circle {
        let distance = |it: &Place| circle.center.distance_to(it.point());
        places.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    }
    places.truncate(MAX_PLACES);
    last_results.insert(key, Arc::new(LastResult { at: now, places: places.clone() }));
    Ok(places)
}

fn to_bytes(value: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::Internal(error.into()))
}

#[cfg(test)]
mod tests {
    use super::{ProviderQuery, key, normalize};
    use crate::{
        core::http::Limit,
        features::stations::{
            geo::Point,
            search::{Circle, SearchCriteria},
        },
    };

    fn key_of(words: Option<&str>, circle: Option<(f64, f64, f64)>) -> String {
        let circle = circle.map(|(latitude, longitude, radius)| Circle {
            center: Point { latitude, longitude },
            radius,
        });
        let words = words.map(str::to_owned);
        key(&normalize(&SearchCriteria { words, circle, limit: Limit::default() }))
    }

    #[test]
    fn case_and_whitespace_do_not_change_the_key() {
        assert_eq!(key_of(Some("  Shell   MÜNCHEN "), None), "stations:search:shell münchen");
    }

    #[test]
    fn nearby_searches_share_a_key() {
        let first = key_of(None, Some((48.137_15, 11.575_38, 5_000.0)));
        assert_eq!(first, "stations:search:AT:48.137,11.575,5500");
        assert_eq!(first, key_of(None, Some((48.137_39, 11.574_61, 4_000.0))));
        assert_ne!(first, key_of(None, Some((48.139, 11.575, 5_000.0))));
        assert_eq!(
            key_of(None, Some((-0.000_1, 0.000_1, 50_000.0))),
            "stations:search:AT:0.000,0.000,50000"
        );
    }

    #[test]
    fn words_and_locations_have_different_keys() {
        assert_ne!(
            key_of(Some("AT:48.137,11.575,5500"), None),
            key_of(None, Some((48.137, 11.575, 5_000.0)))
        );
        assert_eq!(
            normalize(&SearchCriteria { words: None, circle: None, limit: Limit::default() }),
            ProviderQuery { words: None, circle: None }
        );
    }
}
