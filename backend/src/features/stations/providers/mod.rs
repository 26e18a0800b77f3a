//! Who else knows of stations. Each is asked in the same way, is given five seconds, and is left
//! alone for a while once it has failed several times.

mod address;
mod google;
mod osm;

use std::{pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub(super) use self::{
    address::Address,
    osm::{Element, UNNAMED, is_out_of_use, place as place_of_tags},
};
use self::{google::Google, osm::Osm};
use super::{
    fields::{FuelTypes, OsmId, Website},
    geo::{self, Latitude, Longitude, Point},
    search::{Circle, Source},
    upstream::Lasts,
};
use crate::core::{
    config,
    input::visible,
    outward::{Breaker, FetchError},
};

/// How long all that one provider is asked for a search may take.
const TIME: Duration = Duration::from_secs(5);

/// What is asked of a provider: words, a circle, or both.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) words: Option<String>,
    pub(super) circle: Option<Circle>,
}

/// A station as a provider knows it: nothing in it was typed by a user of this service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) google_place_id: Option<String>,
    pub(super) osm_id: Option<String>,
    pub(super) name: String,
    pub(super) address: Option<String>,
    pub(super) latitude: Latitude,
    pub(super) longitude: Longitude,
    pub(super) phone: Option<String>,
    pub(super) website: Option<String>,
    pub(super) brand: Option<String>,
    pub(super) fuel_types: Vec<String>,
}

impl Place {
    /// A place of that name there, with nothing else known of it; none where it is nowhere on
    /// the earth or has no name.
    pub(super) fn new(source: Source, name: &str, latitude: f64, longitude: f64) -> Option<Self> {
        let is_on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        let (latitude, longitude) = (geo::fixed(latitude)?, geo::fixed(longitude)?);
        let name = clean(name, 200).filter(|_| is_on_earth)?;
        Some(Self {
            source,
            google_place_id: None,
            osm_id: None,
            name,
            address: None,
            latitude,
            longitude,
            phone: None,
            website: None,
            brand: None,
            fuel_types: Vec::new(),
        })
    }

    /// Where it is.
    pub(super) fn point(&self) -> Point {
        Point::of(self.latitude, self.longitude)
    }

    /// The kinds of fuel of it that are known here.
    pub(super) fn fuels(&self) -> FuelTypes {
        FuelTypes::of(self.fuel_types.iter().map(String::as_str))
    }
}

/// Text from a provider in a form that fits a column: one line, without control and hidden
/// characters, no longer than `most`; none if nothing remains.
pub(super) fn clean(text: &str, most: usize) -> Option<String> {
    let line: String =
        visible(text).chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let text: String = line.trim().chars().take(most).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A telephone number as its column can hold it; half of one is none.
pub(super) fn phone(text: &str) -> Option<String> {
    let first = text.split(';').next().unwrap_or_default();
    clean(first, 21).filter(|it| it.chars().count() <= 20)
}

/// An address on the web that may be linked to.
pub(super) fn website(text: &str) -> Option<String> {
    Website::of(text).map(|it| it.0)
}

/// Why a provider gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Away {
    /// It is asked for more than its rules allow, or rests.
    #[error("it is not asked so often")]
    Busy,
    /// It does not take what it is asked.
    #[error("it refuses what it is asked")]
    Refused,
    /// Something is wrong with it.
    #[error(transparent)]
    Failed(#[from] FetchError),
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<Place>, Away>> + Send + 'a>>;

/// Whoever can be asked for stations.
trait Provider: Send + Sync {
    /// Those that answer, the best first.
    fn search<'a>(&'a self, ask: &'a Ask) -> Answer<'a>;
}

/// A provider, and whether it is worth asking.
pub(super) struct Upstream {
    pub(super) name: &'static str,
    provider: Box<dyn Provider>,
    breaker: Breaker,
}

impl Upstream {
    fn new(name: &'static str, provider: impl Provider + 'static) -> Self {
        Self { name, provider: Box::new(provider), breaker: Breaker::new(name) }
    }

    /// What it knows, unless it is away.
    pub(super) async fn search(&self, ask: &Ask) -> Result<Vec<Place>, Away> {
        if !self.breaker.may_ask() {
            return Err(Away::Busy);
        }
        let late = |_| Err(FetchError::new("no answer within 5 seconds").into());
        let answer = tokio::time::timeout(TIME, self.provider.search(ask)).await;
        let answer = answer.unwrap_or_else(late);
        note(&self.breaker, self.name, answer.as_ref().err());
        answer
    }
}

/// Tells the breaker how it went, and the log what went wrong.
fn note(breaker: &Breaker, name: &str, error: Option<&Away>) {
    match error {
        None => breaker.note(true),
        Some(Away::Busy | Away::Refused) => {}
        Some(Away::Failed(error)) => {
            breaker.note(false);
            tracing::warn!(provider = name, %error, "Stations could not be asked for");
        }
    }
}

/// What a provider says of one place.
pub(super) enum Details {
    /// It is this.
    Known(Box<Place>),
    /// There is no such place.
    Unknown,
    /// The provider cannot be asked now, or never.
    Away,
}

/// Those that the settings name.
#[derive(Clone)]
pub struct Providers(Arc<All>);

struct All {
    upstreams: Vec<Upstream>,
    lasts: Lasts,
    /// For single places.
    google: Option<(Google, Breaker)>,
}

impl Providers {
    /// Those that `settings` name; they are told who asks by `address`, this service's own.
    #[must_use]
    pub fn new(settings: &config::Stations, address: Option<&str>) -> Self {
        let mut upstreams = Vec::new();
        let google = || Google::new(settings);
        upstreams.extend(google().map(|it| Upstream::new("google", it)));
        upstreams.extend(Osm::new(settings, address).map(|it| Upstream::new("openstreetmap", it)));
        let google = google().map(|it| (it, Breaker::new("google-details")));
        Self(Arc::new(All { upstreams, lasts: Lasts::new(), google }))
    }

    /// All of them, the one whose words count most first.
    pub(super) fn all(&self) -> &[Upstream] {
        &self.0.upstreams
    }

    /// What each of them said last.
    pub(super) fn lasts(&self) -> &Lasts {
        &self.0.lasts
    }

    /// What Google says of the place that it calls `id`.
    pub(super) async fn google_place(&self, id: &str) -> Details {
        let Some((google, breaker)) = &self.0.google else { return Details::Away };
        if !breaker.may_ask() {
            return Details::Away;
        }
        let answer = google.details(id).await;
        note(breaker, "google", answer.as_ref().err());
        match answer {
            Ok(Some(place)) => Details::Known(Box::new(place)),
            Ok(None) => Details::Unknown,
            Err(_) => Details::Away,
        }
    }
}

/// The `OpenStreetMap` id, if it is one.
fn osm_id(kind: &str, number: u64) -> Option<String> {
    OsmId::of(&format!("{kind}/{number}")).map(|it| it.0)
}
