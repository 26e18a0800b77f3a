//! What the providers answer, kept for an hour and shared by all users: nothing of anybody's is in
//! it. While a provider is away, what it answered within the last day still counts.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::{
    geo::Point,
    providers::{Ask, Away, Place, Upstream},
    search::{Circle, Wanted},
};
use crate::core::{App, Error, Result};

/// How long an answer is kept (the seed's), and no provider asked the same again.
const KEPT: Duration = Duration::from_hours(1);
const FRESH: TimeDelta = TimeDelta::hours(1);
/// How long the last answer of each provider is kept, in case it goes away, and the most bytes of
/// them.
const LAST: Duration = Duration::from_hours(24);
const MEMORY: u64 = 16 * 1024 * 1024;
/// The most places of one provider's answer that are kept: those farther off are nobody's nearest.
const MOST: usize = 200;
/// The radii that are asked for, in metres: somewhat more than people name.
const RADII: [f64; 7] = [1_100.0, 2_200.0, 5_500.0, 11_000.0, 22_000.0, 33_000.0, 50_000.0];
/// How far rounding moves a centre at most, in metres.
const ROUNDED: f64 = 80.0;

/// What is kept of a search.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Who was asked.
    providers: Vec<String>,
    places: Vec<Place>,
    /// Whether each of them answered just now.
    is_whole: bool,
}

/// One provider's last answer.
#[derive(Debug)]
struct Last {
    at: DateTime<Utc>,
    places: Vec<Place>,
}

/// The last answers of each provider, in this process: they have to be there when much else is not.
#[derive(Debug, Clone)]
pub(super) struct Lasts(moka::sync::Cache<String, Arc<Last>>);

impl Lasts {
    pub(super) fn new() -> Self {
        let weight = |key: &String, last: &Arc<Last>| {
            u32::try_from(key.len() + 200 + last.places.len() * 400).unwrap_or(u32::MAX)
        };
        let lasts = moka::sync::Cache::builder().max_capacity(MEMORY).weigher(weight);
        Self(lasts.time_to_live(LAST).build())
    }
}

/// What the providers are asked for what somebody wants: the same for all who want nearly the
/// same.
pub(super) fn normal(wanted: &Wanted) -> Ask {
    let words = wanted
        .words
        .as_ref()
        .map(|it| it.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "));
    Ask { words, circle: wanted.circle.map(round) }
}

/// The circle around the nearest corner of a grid of some 100 m that holds this one.
fn round(circle: Circle) -> Circle {
    // Nothing is added to a zero so that there is one zero only.
    let rounded = |degrees: f64| (degrees * 1e3).round() / 1e3 + 0.0;
    let centre = Point {
        latitude: rounded(circle.centre.latitude),
        longitude: rounded(circle.centre.longitude),
    };
    let reach = circle.radius + ROUNDED;
    let radius = RADII.into_iter().find(|it| *it >= reach).unwrap_or(RADII[RADII.len() - 1]);
    Circle { centre, radius }
}

/// The seed's `{query}`. Words are in lower case, so none can pass for a place.
fn query(ask: &Ask) -> String {
    let place = ask.circle.map(|it| {
        format!("AT:{:.3},{:.3},{:.0}", it.centre.latitude, it.centre.longitude, it.radius)
    });
    [ask.words.clone(), place].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Where the answer to a search is kept (the seed's).
pub(super) fn key(ask: &Ask) -> String {
    format!("stations:search:{}", query(ask))
}

fn last_key(upstream: &Upstream, ask: &Ask) -> String {
    format!("{}:{}", upstream.name, query(ask))
}

/// What the providers know of it, the best first. Whichever is away says nothing, or what it said
/// before; it is never an error.
pub(super) async fn places(app: &App, ask: &Ask) -> Vec<Place> {
    let upstreams = app.stations.all();
    let asked: Vec<_> = upstreams.iter().map(|it| it.name.to_owned()).collect();
    let compute = || async {
        let answers = join_all(upstreams.iter().map(|it| known(app, it, ask))).await;
        let is_whole = answers.iter().all(|it| it.1);
        let places = answers.into_iter().flat_map(|it| it.0).collect();
        bytes_of(&Kept { providers: asked.clone(), places, is_whole })
    };
    let key = key(ask);
    for _ in 0..2 {
        let Ok(kept) = app.cache.get_or_compute(&key, KEPT, compute).await else { break };
        let kept = serde_json::from_slice::<Kept>(&kept).ok();
        let kept = kept.filter(|it| it.providers == asked);
        if !kept.as_ref().is_some_and(|it| it.is_whole) {
            // It serves those who waited for it; the next search asks for what it lacks. Or it is
            // from before the settings changed.
            app.cache.invalidate(&key).await;
        }
        if let Some(kept) = kept {
            return kept.places;
        }
    }
    Vec::new()
}

/// What one provider knows, and whether it says so just now; else what it said last.
async fn known(app: &App, upstream: &Upstream, ask: &Ask) -> (Vec<Place>, bool) {
    if let Ok(places) = fresh(app, upstream, ask).await {
        return (places, true);
    }
    let last = app.stations.lasts().0.get(&last_key(upstream, ask));
    (last.map(|it| it.places.clone()).unwrap_or_default(), false)
}

/// What one provider knows, asked within the last hour.
async fn fresh(app: &App, upstream: &Upstream, ask: &Ask) -> Result<Vec<Place>, Away> {
    let (now, key, lasts) = (app.clock.now(), last_key(upstream, ask), &app.stations.lasts().0);
    if let Some(last) = lasts.get(&key).filter(|it| now - it.at < FRESH) {
        return Ok(last.places.clone());
    }
    let mut places = upstream.search(ask).await?;
    if let Some(circle) = ask.circle {
        let away = |it: &Place| circle.centre.distance_to(it.point());
        places.sort_by(|a, b| away(a).total_cmp(&away(b)));
    }
    places.truncate(MOST);
    lasts.insert(key, Arc::new(Last { at: now, places: places.clone() }));
    Ok(places)
}

fn bytes_of(value: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::Internal(error.into()))
}

#[cfg(test)]
mod tests {
    use super::{Ask, key, normal};
    use crate::{
        core::http::Limit,
        features::stations::{
            geo::Point,
            search::{Circle, Wanted},
        },
    };

    fn key_of(words: Option<&str>, circle: Option<(f64, f64, f64)>) -> String {
        let circle = circle.map(|(latitude, longitude, radius)| Circle {
            centre: Point { latitude, longitude },
            radius,
        });
        let words = words.map(str::to_owned);
        key(&normal(&Wanted { words, circle, limit: Limit::default() }))
    }

    #[test]
    fn a_query_is_the_same_whatever_its_case_and_blanks() {
        assert_eq!(key_of(Some("  Shell   MÜNCHEN "), None), "stations:search:shell münchen");
    }

    #[test]
    fn a_step_to_the_side_still_hits() {
        let one = key_of(None, Some((48.137_15, 11.575_38, 5_000.0)));
        assert_eq!(one, "stations:search:AT:48.137,11.575,5500");
        assert_eq!(one, key_of(None, Some((48.137_39, 11.574_61, 4_000.0))));
        assert_ne!(one, key_of(None, Some((48.139, 11.575, 5_000.0))));
        assert_eq!(
            key_of(None, Some((-0.000_1, 0.000_1, 50_000.0))),
            "stations:search:AT:0.000,0.000,50000"
        );
    }

    #[test]
    fn words_cannot_pass_for_a_place() {
        assert_ne!(
            key_of(Some("AT:48.137,11.575,5500"), None),
            key_of(None, Some((48.137, 11.575, 5_000.0)))
        );
        assert_eq!(
            normal(&Wanted { words: None, circle: None, limit: Limit::default() }),
            Ask { words: None, circle: None }
        );
    }
}
