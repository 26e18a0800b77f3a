//! OpenStreetMap: an Overpass API for nearby stations, and Nominatim for names. To comply with their usage
//! policies, requests identify this service, are limited to one per second, and results are cached.

use std::{collections::BTreeMap, time::Duration};

use axum::http::{Request, StatusCode, request::Builder};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{
    Address, Place, Provider, ProviderError, ProviderQuery, SearchFuture, clean, osm_id, phone,
    website,
};
use crate::{
    core::{
        config,
        search_text::normalize,
        upstream::{FetchError, UpstreamClient},
    },
    features::stations::{
        geo::Point,
        merge,
        search::{Circle, Source},
    },
};

/// The minimum interval between requests.
const REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// The maximum time a request waits for its slot.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// The name of a station without a known name.
pub(in crate::features::stations) const UNNAMED: &str = "Fuel station";
/// The search radius around a town, in meters.
const TOWN_RADIUS: f64 = 5_500.0;
/// The maximum number of elements that Overpass returns, in no particular order.
const MAX_ELEMENTS: u32 = 1500;

/// The client of Overpass and Nominatim, of which at least one is configured.
pub(super) struct Osm {
    overpass: Option<Service>,
    nominatim: Option<Service>,
    user_agent: String,
}

/// One of the two APIs, with its rate limit.
struct Service {
    client: UpstreamClient,
    url: String,
    /// The next free slot for a request.
    next: Mutex<Option<Instant>>,
}

impl Service {
    fn new(url: String) -> Self {
        Self { client: UpstreamClient::new("openstreetmap"), url, next: Mutex::new(None) }
    }

    /// Waits for the next free slot, or fails if too many requests are waiting.
    async fn wait_for_slot(&self) -> Result<(), ProviderError> {
        let slot = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let slot = next.filter(|it| *it > now).unwrap_or(now);
            if slot - now > MAX_WAIT {
                return Err(ProviderError::RateLimited);
            }
            *next = Some(slot + REQUEST_INTERVAL);
            slot
        };
        tokio::time::sleep_until(slot).await;
        Ok(())
    }

    /// Sends a request in its slot and parses the JSON response.
    async fn fetch_json<T: serde::de::DeserializeOwned>(
        &self,
        request: Builder,
        body: Vec<u8>,
    ) -> Result<T, ProviderError> {
        self.wait_for_slot().await?;
        let request = request
            .header("accept", "application/json")
            .body(body)
            .map_err(|error| FetchError::new(error.to_string()))?;
        let response = self.client.send(request).await?;
        let url = &self.url;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST => return Err(ProviderError::Rejected),
            status => return Err(FetchError::new(format!("{url} returned status {status}")).into()),
        }
        let invalid =
            |error| FetchError::new(format!("failed to parse the response of {url}: {error}"));
        Ok(serde_json::from_slice(response.body()).map_err(invalid)?)
    }
}

/// The response of Overpass.
#[derive(Deserialize)]
pub(in crate::features::stations) struct OverpassResponse {
    pub(in crate::features::stations) elements: Vec<Element>,
    /// An error that occurred while Overpass ran the query.
    #[serde(default)]
    remark: Option<String>,
}

/// A node, or a way or relation with its center.
#[derive(Deserialize)]
pub(in crate::features::stations) struct Element {
    #[serde(rename = "type")]
    kind: String,
    id: u64,
    lat: Option<f64>,
    lon: Option<f64>,
    center: Option<Center>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Center {
    lat: f64,
    lon: f64,
}

/// A result of Nominatim.
#[derive(Deserialize)]
struct NominatimPlace {
    osm_type: Option<String>,
    osm_id: Option<u64>,
    lat: String,
    lon: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    category: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    extratags: Option<BTreeMap<String, String>>,
}

impl Element {
    /// Converts the element to a place, if it has a location.
    pub(in crate::features::stations) fn into_place(self) -> Option<Place> {
        let center = self.center.as_ref();
        let latitude = self.lat.or(center.map(|it| it.lat))?;
        let longitude = self.lon.or(center.map(|it| it.lon))?;
        place_from_tags(&self.tags, Some(osm_id(&self.kind, self.id)?), latitude, longitude)
    }

    /// The tags.
    pub(in crate::features::stations) fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// Tags and tag prefixes of features that no longer exist or do not exist yet.
const OUT_OF_USE: &[&str] = &[
    "disused",
    "abandoned",
    "was",
    "demolished",
    "removed",
    "razed",
    "destroyed",
    "ruins",
    "construction",
    "proposed",
    "planned",
];

/// Whether the tags describe a station that is no longer or not yet in use:
/// `disused:amenity=fuel`, or `amenity=fuel` with `disused=yes`.
pub(in crate::features::stations) fn is_out_of_use(tags: &BTreeMap<String, String>) -> bool {
    OUT_OF_USE.iter().any(|state| {
        let was_fuel = tags.get(&format!("{state}:amenity")).is_some_and(|it| it == "fuel");
        let is_set = tags.get(*state).is_some_and(|it| it == "yes" || it == "fuel");
        was_fuel || is_set || tags.get("amenity").is_some_and(|it| it == state)
    })
}

/// Creates a place from tags, unless it is out of use.
pub(in crate::features::stations) fn place_from_tags(
    tags: &BTreeMap<String, String>,
    id: Option<String>,
    latitude: f64,
    longitude: f64,
) -> Option<Place> {
    if is_out_of_use(tags) {
        return None;
    }
    let tag = |names: &[&str]| {
        let mut values = names.iter().filter_map(|it| tags.get(*it)).map(|it| it.trim());
        values.find(|it| !it.is_empty())
    };
    let name = tag(&["name", "brand", "operator"]).unwrap_or(UNNAMED);
    let mut place = Place::new(Source::Openstreetmap, name, latitude, longitude)?;
    place.osm_id = id;
    place.brand = tag(&["brand"]).and_then(|it| clean(it, 100));
    place.phone = tag(&["phone", "contact:phone"]).and_then(phone);
    place.website = tag(&["website", "contact:website"]).and_then(website);
    place.fuel_types = fuels(tags);
    let part = |names: &[&str]| tag(names).unwrap_or_default();
    let address = Address {
        number: part(&["addr:housenumber"]),
        street: part(&["addr:street", "addr:place"]),
        city: part(&["addr:city", "addr:town", "addr:village"]),
        state: part(&["addr:state", "addr:province"]),
        postcode: part(&["addr:postcode"]),
        country: part(&["addr:country"]),
    };
    place.address = address.line();
    Some(place)
}

/// The fuel types, with this service's names.
fn fuels(tags: &BTreeMap<String, String>) -> Vec<String> {
    const KINDS: &[(&str, &str)] = &[
        ("fuel:octane_87", "regular"),
        ("fuel:octane_89", "midgrade"),
        ("fuel:octane_93", "premium"),
        ("fuel:octane_98", "premium"),
        ("fuel:octane_95", "e5"),
        ("fuel:e5", "e5"),
        ("fuel:e10", "e10"),
        ("fuel:e85", "e85"),
        ("fuel:diesel", "diesel"),
        ("fuel:HVO100", "hvo"),
        ("fuel:lpg", "lpg"),
        ("fuel:cng", "cng"),
        ("fuel:lng", "lng"),
        ("fuel:LH2", "h2"),
        ("fuel:h70", "h2"),
        ("fuel:adblue", "adblue"),
        ("fuel:electricity", "electric"),
    ];
    let is_sold = |tag: &str| tags.get(tag).is_some_and(|it| it == "yes");
    KINDS.iter().filter(|it| is_sold(it.0)).map(|it| it.1.to_owned()).collect()
}

impl NominatimPlace {
    fn point(&self) -> Option<Point> {
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|it| it.is_finite());
        let (latitude, longitude) = (degrees(&self.lat)?, degrees(&self.lon)?);
        (latitude.abs() <= 90.0 && longitude.abs() <= 180.0)
            .then_some(Point { latitude, longitude })
    }

    fn into_place(self) -> Option<Place> {
        if self.category != "amenity" || self.kind != "fuel" {
            return None;
        }
        let point = self.point()?;
        let id = osm_id(self.osm_type.as_deref()?, self.osm_id?)?;
        let mut tags = self.extratags.unwrap_or_default();
        if let Some(name) = self.name.as_ref().filter(|it| !it.is_empty()) {
            tags.insert("name".to_owned(), name.clone());
        }
        let mut place = place_from_tags(&tags, Some(id), point.latitude, point.longitude)?;
        // The full address starts with the name.
        let full = self.display_name.as_str();
        let rest = self.name.as_deref().and_then(|name| full.strip_prefix(name)).unwrap_or(full);
        place.address = clean(rest.trim_start_matches([',', ' ']), 1000);
        Some(place)
    }
}

impl Osm {
    /// Creates a client, or returns `None` if neither API is configured.
    pub(super) fn new(settings: &config::Stations, public_url: Option<&str>) -> Option<Self> {
        let overpass = settings.overpass_url.as_deref().map(|it| Service::new(interpreter_url(it)));
        let nominatim = settings.nominatim_url.as_deref();
        let nominatim = nominatim.map(|it| Service::new(it.trim_end_matches('/').to_owned()));
        if overpass.is_none() && nominatim.is_none() {
            return None;
        }
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = match public_url {
            Some(url) => format!("MotoVaultPro/{version} (self-hosted at {url})"),
            None => format!("MotoVaultPro/{version} (self-hosted)"),
        };
        Some(Self { overpass, nominatim, user_agent })
    }

    async fn search(&self, query: &ProviderQuery) -> Result<Vec<Place>, ProviderError> {
        match (&query.words, &query.circle) {
            (None, Some(circle)) => self.search_around(circle).await,
            (Some(words), circle) => self.search_by_name(words, circle.as_ref()).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    async fn search_around(&self, circle: &Circle) -> Result<Vec<Place>, ProviderError> {
        let Some(overpass) = &self.overpass else { return Ok(Vec::new()) };
        let query = format!(
            "[out:json][timeout:5];nwr[\"amenity\"=\"fuel\"](around:{},{},{});out center {MAX_ELEMENTS};",
            circle.radius, circle.center.latitude, circle.center.longitude,
        );
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("data", &query)
            .finish();
        let request = Request::post(&overpass.url)
            .header("user-agent", &self.user_agent)
            .header("content-type", "application/x-www-form-urlencoded");
        let response: OverpassResponse = overpass.fetch_json(request, body.into_bytes()).await?;
        if let Some(remark) = response.remark.filter(|it| it.contains("error")) {
            return Err(FetchError::new(format!("Overpass reported: {remark}")).into());
        }
        Ok(merge::merge_duplicates(response.elements.into_iter().filter_map(Element::into_place)))
    }

    async fn search_by_name(
        &self,
        words: &str,
        circle: Option<&Circle>,
    ) -> Result<Vec<Place>, ProviderError> {
        let Some(nominatim) = &self.nominatim else {
            // Without Nominatim, filter the nearby stations by the words.
            let Some(circle) = circle else { return Ok(Vec::new()) };
            let mut places = self.search_around(circle).await?;
            let words: Vec<_> = normalize(words).split_whitespace().map(str::to_owned).collect();
            places.retain(|it| has_words(it, &words));
            return Ok(places);
        };
        let query = nominatim_query(words, circle);
        let request = Request::get(format!("{}/search?{query}", nominatim.url))
            .header("user-agent", &self.user_agent);
        let found: Vec<NominatimPlace> = nominatim.fetch_json(request, Vec::new()).await?;
        let town = found.first().and_then(NominatimPlace::point).filter(|_| circle.is_none());
        let places =
            merge::merge_duplicates(found.into_iter().filter_map(NominatimPlace::into_place));
        match town {
            // The words name a town: search around it.
            Some(center) if places.is_empty() => {
                self.search_around(&Circle { center, radius: TOWN_RADIUS }).await
            }
            _ => Ok(places),
        }
    }
}

/// The query string for Nominatim.
fn nominatim_query(words: &str, circle: Option<&Circle>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", words).append_pair("format", "jsonv2");
    query.append_pair("extratags", "1").append_pair("limit", "20");
    if let Some(circle) = circle {
        query.append_pair("viewbox", &viewbox(circle)).append_pair("bounded", "1");
    }
    query.finish()
}

fn has_words(place: &Place, words: &[String]) -> bool {
    let all = [Some(&place.name), place.brand.as_ref(), place.address.as_ref()];
    let all: Vec<_> = all.into_iter().flatten().map(|it| normalize(it)).collect();
    words.iter().all(|word| all.iter().any(|it| it.contains(word)))
}

/// The bounding box of a circle, in Nominatim's format.
fn viewbox(circle: &Circle) -> String {
    let north = circle.radius / 111_000.0;
    let east = north / circle.center.latitude.to_radians().cos().max(0.01);
    let center = circle.center;
    let clamped = |east: f64| east.clamp(-180.0, 180.0);
    format!(
        "{:.5},{:.5},{:.5},{:.5}",
        clamped(center.longitude - east),
        (center.latitude + north).min(90.0),
        clamped(center.longitude + east),
        (center.latitude - north).max(-90.0),
    )
}

/// The URL for queries to an Overpass API, from its base URL or the full URL.
fn interpreter_url(base: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with("/interpreter") {
        base.to_owned()
    } else if base.ends_with("/api") {
        format!("{base}/interpreter")
    } else {
        format!("{base}/api/interpreter")
    }
}

impl Provider for Osm {
    fn search<'a>(&'a self, query: &'a ProviderQuery) -> SearchFuture<'a> {
        Box::pin(self.search(query))
    }
}
