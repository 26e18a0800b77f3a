//! External providers of stations. A search times out after five seconds, and a circuit breaker suspends a
//! provider after several failures.

mod address;
mod google;
mod osm;

use std::{pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub(super) use self::{
    address::Address,
    osm::{Element, UNNAMED, is_out_of_use, place_from_tags},
};
use self::{google::Google, osm::Osm};
use super::{
    fields::{FuelTypes, OsmId, Website},
    geo::{self, Latitude, Longitude, Point},
    provider_cache::LastResults,
    search::{Circle, Source},
};
use crate::core::{
    config,
    input::strip_invisible,
    upstream::{CircuitBreaker, FetchError},
};

/// The timeout of a search, including all requests to the provider.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A query to a provider: words, a circle, or both.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ProviderQuery {
    pub(super) words: Option<String>,
    pub(super) circle: Option<Circle>,
}

/// A station from a provider or a file. It contains no input of this service's users.
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
    /// Creates a place with only a name and a location. Returns `None` if the location is out of range or the
    /// name is empty.
    pub(super) fn new(source: Source, name: &str, latitude: f64, longitude: f64) -> Option<Self> {
        let is_in_range = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        let (latitude, longitude) = (geo::to_fixed(latitude)?, geo::to_fixed(longitude)?);
        let name = clean(name, 200).filter(|_| is_in_range)?;
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

    /// The location.
    pub(super) fn point(&self) -> Point {
        Point::of(self.latitude, self.longitude)
    }

    /// The fuel types that this service knows.
    pub(super) fn fuels(&self) -> FuelTypes {
        FuelTypes::of(self.fuel_types.iter().map(String::as_str))
    }
}

/// Cleans text from a provider to fit a column: a single line without control and invisible characters,
/// truncated to `max` characters. Returns `None` if nothing remains.
pub(super) fn clean(text: &str, max: usize) -> Option<String> {
    let line: String =
        strip_invisible(text).chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let text: String = line.trim().chars().take(max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The first phone number in a text. Returns `None` if it does not fit the column, since a truncated number
/// is useless.
pub(super) fn phone(text: &str) -> Option<String> {
    let first = text.split(';').next().unwrap_or_default();
    clean(first, 21).filter(|it| it.chars().count() <= 20)
}

/// A web address that pages may link to.
pub(super) fn website(text: &str) -> Option<String> {
    Website::of(text).map(|it| it.0)
}

/// Why a provider returned no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// Its rate limit is reached, or its circuit breaker is open.
    #[error("rate limit reached or circuit breaker open")]
    RateLimited,
    /// It rejected the query.
    #[error("query rejected")]
    Rejected,
    /// The request failed.
    #[error(transparent)]
    Failed(#[from] FetchError),
}

type SearchFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Place>, ProviderError>> + Send + 'a>>;

/// A provider of stations.
trait Provider: Send + Sync {
    /// Finds the places that match the query, best first.
    fn search<'a>(&'a self, query: &'a ProviderQuery) -> SearchFuture<'a>;
}

/// A provider with its circuit breaker.
pub(super) struct Upstream {
    pub(super) name: &'static str,
    provider: Box<dyn Provider>,
    breaker: CircuitBreaker,
}

impl Upstream {
    fn new(name: &'static str, provider: impl Provider + 'static) -> Self {
        Self { name, provider: Box::new(provider), breaker: CircuitBreaker::new(name) }
    }

    /// Queries the provider, unless its circuit breaker is open.
    pub(super) async fn search(&self, query: &ProviderQuery) -> Result<Vec<Place>, ProviderError> {
        if !self.breaker.allows_request() {
            return Err(ProviderError::RateLimited);
        }
        let timed_out = |_| Err(FetchError::new("timed out after 5 seconds").into());
        let result = tokio::time::timeout(SEARCH_TIMEOUT, self.provider.search(query)).await;
        let result = result.unwrap_or_else(timed_out);
        record_outcome(&self.breaker, self.name, result.as_ref().err());
        result
    }
}

/// Records the outcome of a request with the circuit breaker, and logs a failure.
fn record_outcome(breaker: &CircuitBreaker, name: &str, error: Option<&ProviderError>) {
    match error {
        None => breaker.record(true),
        Some(ProviderError::RateLimited | ProviderError::Rejected) => {}
        Some(ProviderError::Failed(error)) => {
            breaker.record(false);
            tracing::warn!(provider = name, %error, "Station provider request failed");
        }
    }
}

/// The result of looking up a place.
pub(super) enum Details {
    /// The details of the place.
    Known(Box<Place>),
    /// The place does not exist.
    Unknown,
    /// The provider is unavailable or not configured.
    Unavailable,
}

/// The configured providers.
#[derive(Clone)]
pub struct Providers(Arc<Inner>);

struct Inner {
    upstreams: Vec<Upstream>,
    last_results: LastResults,
    /// For lookups of single places.
    google_details: Option<(Google, CircuitBreaker)>,
}

impl Providers {
    /// Creates the providers in `settings`. `public_url` identifies this service to providers that require
    /// it.
    #[must_use]
    pub fn new(settings: &config::Stations, public_url: Option<&str>) -> Self {
        let mut upstreams = Vec::new();
        let google = || Google::new(settings);
        upstreams.extend(google().map(|it| Upstream::new("google", it)));
        upstreams
            .extend(Osm::new(settings, public_url).map(|it| Upstream::new("openstreetmap", it)));
        let google_details = google().map(|it| (it, CircuitBreaker::new("google-details")));
        Self(Arc::new(Inner { upstreams, last_results: LastResults::new(), google_details }))
    }

    /// All providers, in order of precedence.
    pub(super) fn all(&self) -> &[Upstream] {
        &self.0.upstreams
    }

    /// The last results of each provider.
    pub(super) fn last_results(&self) -> &LastResults {
        &self.0.last_results
    }

    /// Looks up the Google place `id`.
    pub(super) async fn google_place(&self, id: &str) -> Details {
        let Some((google, breaker)) = &self.0.google_details else { return Details::Unavailable };
        if !breaker.allows_request() {
            return Details::Unavailable;
        }
        let result = google.details(id).await;
        record_outcome(breaker, "google", result.as_ref().err());
        match result {
            Ok(Some(place)) => Details::Known(Box::new(place)),
            Ok(None) => Details::Unknown,
            Err(_) => Details::Unavailable,
        }
    }
}

/// Formats an OpenStreetMap ID. Returns `None` if it is invalid.
fn osm_id(kind: &str, number: u64) -> Option<String> {
    OsmId::of(&format!("{kind}/{number}")).map(|it| it.0)
}
