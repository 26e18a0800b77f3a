//! `OpenStreetMap`: an Overpass API for what is nearby, a Nominatim for names. The rules of both
//! are kept: they are told who asks, each is asked once a second at most, and answers are kept.

use std::{collections::BTreeMap, time::Duration};

use axum::http::{Request, StatusCode, request::Builder};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{Address, Answer, Ask, Away, Place, Provider, clean, osm_id, phone, website};
use crate::{
    core::{
        config,
        fold::folded,
        outward::{FetchError, Outward},
    },
    features::stations::{
        geo::Point,
        merge,
        search::{Circle, Source},
    },
};

/// How long to leave between two requests.
const PACE: Duration = Duration::from_secs(1);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);
/// The name of a station without a known name.
pub(in crate::features::stations) const UNNAMED: &str = "Fuel station";
/// How far around a town that was named.
const AROUND_A_NAME: f64 = 5_500.0;
/// How many elements Overpass gives at most: they come in no order.
const MOST: u32 = 1500;

/// Asks Overpass and Nominatim, whichever there are.
pub(super) struct Osm {
    overpass: Option<Service>,
    nominatim: Option<Service>,
    agent: String,
}

/// One of the two, and when it may be asked next.
struct Service {
    outward: Outward,
    address: String,
    next: Mutex<Option<Instant>>,
}

impl Service {
    fn new(address: String) -> Self {
        Self { outward: Outward::new("openstreetmap"), address, next: Mutex::new(None) }
    }

    /// Waits for the next turn. Where too many wait already there is none.
    async fn turn(&self) -> Result<(), Away> {
        let turn = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let turn = next.filter(|it| *it > now).unwrap_or(now);
            if turn - now > PATIENCE {
                return Err(Away::Busy);
            }
            *next = Some(turn + PACE);
            turn
        };
        tokio::time::sleep_until(turn).await;
        Ok(())
    }

    /// Sends a request in its turn and reads the JSON that answers it.
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        request: Builder,
        body: Vec<u8>,
    ) -> Result<T, Away> {
        self.turn().await?;
        let request = request
            .header("accept", "application/json")
            .body(body)
            .map_err(|error| FetchError::new(error.to_string()))?;
        let answer = self.outward.send(request).await?;
        let address = &self.address;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST => return Err(Away::Refused),
            status => return Err(FetchError::new(format!("{address} answers {status}")).into()),
        }
        let wrong = |error| FetchError::new(format!("{address} cannot be read: {error}"));
        Ok(serde_json::from_slice(answer.body()).map_err(wrong)?)
    }
}

/// What Overpass answers.
#[derive(Deserialize)]
pub(in crate::features::stations) struct Elements {
    pub(in crate::features::stations) elements: Vec<Element>,
    /// What went wrong half-way.
    #[serde(default)]
    remark: Option<String>,
}

/// A node, or a way or relation with its centre.
#[derive(Deserialize)]
pub(in crate::features::stations) struct Element {
    #[serde(rename = "type")]
    kind: String,
    id: u64,
    lat: Option<f64>,
    lon: Option<f64>,
    center: Option<Centre>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Centre {
    lat: f64,
    lon: f64,
}

/// What Nominatim answers of each.
#[derive(Deserialize)]
struct Named {
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
    /// The station, if it is one that is somewhere.
    pub(in crate::features::stations) fn place(self) -> Option<Place> {
        let centre = self.center.as_ref();
        let latitude = self.lat.or(centre.map(|it| it.lat))?;
        let longitude = self.lon.or(centre.map(|it| it.lon))?;
        place(&self.tags, Some(osm_id(&self.kind, self.id)?), latitude, longitude)
    }

    /// What is said of it.
    pub(in crate::features::stations) fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// Tags and prefixes of something that no longer exists, or does not exist yet.
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

/// Whether these are the tags of a station that is no longer, or not yet, in use:
/// `disused:amenity=fuel`, or `amenity=fuel` with `disused=yes`.
pub(in crate::features::stations) fn is_out_of_use(tags: &BTreeMap<String, String>) -> bool {
    OUT_OF_USE.iter().any(|state| {
        let was_fuel = tags.get(&format!("{state}:amenity")).is_some_and(|it| it == "fuel");
        let is_so = tags.get(*state).is_some_and(|it| it == "yes" || it == "fuel");
        was_fuel || is_so || tags.get("amenity").is_some_and(|it| it == state)
    })
}

/// A station from its tags, unless it is out of use.
pub(in crate::features::stations) fn place(
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

/// The kinds of fuel, as this service calls them.
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

impl Named {
    fn point(&self) -> Option<Point> {
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|it| it.is_finite());
        let (latitude, longitude) = (degrees(&self.lat)?, degrees(&self.lon)?);
        (latitude.abs() <= 90.0 && longitude.abs() <= 180.0)
            .then_some(Point { latitude, longitude })
    }

    fn place(self) -> Option<Place> {
        if self.category != "amenity" || self.kind != "fuel" {
            return None;
        }
        let at = self.point()?;
        let id = osm_id(self.osm_type.as_deref()?, self.osm_id?)?;
        let mut tags = self.extratags.unwrap_or_default();
        if let Some(name) = self.name.as_ref().filter(|it| !it.is_empty()) {
            tags.insert("name".to_owned(), name.clone());
        }
        let mut place = place(&tags, Some(id), at.latitude, at.longitude)?;
        // Its address in full begins with its name.
        let whole = self.display_name.as_str();
        let rest = self.name.as_deref().and_then(|name| whole.strip_prefix(name)).unwrap_or(whole);
        place.address = clean(rest.trim_start_matches([',', ' ']), 1000);
        Some(place)
    }
}

impl Osm {
    /// None where neither is named.
    pub(super) fn new(settings: &config::Stations, address: Option<&str>) -> Option<Self> {
        let overpass = settings.overpass_url.as_deref().map(|it| Service::new(interpreter(it)));
        let nominatim = settings.nominatim_url.as_deref();
        let nominatim = nominatim.map(|it| Service::new(it.trim_end_matches('/').to_owned()));
        if overpass.is_none() && nominatim.is_none() {
            return None;
        }
        let version = env!("CARGO_PKG_VERSION");
        let agent = match address {
            Some(address) => format!("MotoVaultPro/{version} (self-hosted at {address})"),
            None => format!("MotoVaultPro/{version} (self-hosted)"),
        };
        Some(Self { overpass, nominatim, agent })
    }

    async fn search(&self, ask: &Ask) -> Result<Vec<Place>, Away> {
        match (&ask.words, &ask.circle) {
            (None, Some(circle)) => self.around(circle).await,
            (Some(words), circle) => self.named(words, circle.as_ref()).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    async fn around(&self, circle: &Circle) -> Result<Vec<Place>, Away> {
        let Some(overpass) = &self.overpass else { return Ok(Vec::new()) };
        let query = format!(
            "[out:json][timeout:5];nwr[\"amenity\"=\"fuel\"](around:{},{},{});out center {MOST};",
            circle.radius, circle.centre.latitude, circle.centre.longitude,
        );
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("data", &query).finish();
        let request = Request::post(&overpass.address)
            .header("user-agent", &self.agent)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer: Elements = overpass.ask(request, body.into_bytes()).await?;
        if let Some(remark) = answer.remark.filter(|it| it.contains("error")) {
            return Err(FetchError::new(format!("Overpass says: {remark}")).into());
        }
        Ok(merge::one_of_each(answer.elements.into_iter().filter_map(Element::place)))
    }

    async fn named(&self, words: &str, circle: Option<&Circle>) -> Result<Vec<Place>, Away> {
        let Some(nominatim) = &self.nominatim else {
            // Nobody to ask for names: of what is nearby, what has the words.
            let Some(circle) = circle else { return Ok(Vec::new()) };
            let mut places = self.around(circle).await?;
            let words: Vec<_> = folded(words).split_whitespace().map(str::to_owned).collect();
            places.retain(|it| has_words(it, &words));
            return Ok(places);
        };
        let query = by_name(words, circle);
        let request = Request::get(format!("{}/search?{query}", nominatim.address))
            .header("user-agent", &self.agent);
        let found: Vec<Named> = nominatim.ask(request, Vec::new()).await?;
        let town = found.first().and_then(Named::point).filter(|_| circle.is_none());
        let places = merge::one_of_each(found.into_iter().filter_map(Named::place));
        match town {
            // A town was named: what is around it.
            Some(centre) if places.is_empty() => {
                self.around(&Circle { centre, radius: AROUND_A_NAME }).await
            }
            _ => Ok(places),
        }
    }
}

/// What Nominatim is asked.
fn by_name(words: &str, circle: Option<&Circle>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", words).append_pair("format", "jsonv2");
    query.append_pair("extratags", "1").append_pair("limit", "20");
    if let Some(circle) = circle {
        query.append_pair("viewbox", &viewbox(circle)).append_pair("bounded", "1");
    }
    query.finish()
}

fn has_words(place: &Place, words: &[String]) -> bool {
    let all = [Some(&place.name), place.brand.as_ref(), place.address.as_ref()];
    let all: Vec<_> = all.into_iter().flatten().map(|it| folded(it)).collect();
    words.iter().all(|word| all.iter().any(|it| it.contains(word)))
}

/// The corners of a box around a circle, as Nominatim reads them.
fn viewbox(circle: &Circle) -> String {
    let north = circle.radius / 111_000.0;
    let east = north / circle.centre.latitude.to_radians().cos().max(0.01);
    let at = circle.centre;
    let side = |east: f64| east.clamp(-180.0, 180.0);
    format!(
        "{:.5},{:.5},{:.5},{:.5}",
        side(at.longitude - east),
        (at.latitude + north).min(90.0),
        side(at.longitude + east),
        (at.latitude - north).max(-90.0),
    )
}

/// Where an Overpass API takes queries: below its base, unless that is it already.
fn interpreter(base: &str) -> String {
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
    fn search<'a>(&'a self, ask: &'a Ask) -> Answer<'a> {
        Box::pin(self.search(ask))
    }
}
