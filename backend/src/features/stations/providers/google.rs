//! Google's Places API (New). What a call costs follows from the fields that it asks for: a search
//! asks for the fewest, a place that is saved for its telephone and page as well.

use axum::http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Ask, Away, Place, Provider, clean, phone, website};
use crate::{
    core::{
        config::{self, Secret},
        outward::{FetchError, Outward},
    },
    features::stations::search::{Circle, Source},
};

/// What a search asks for.
const SEARCHED: &str = "places.id,places.displayName,places.formattedAddress,places.location";
/// What is asked of a single place.
const DETAILS: &str =
    "id,displayName,formattedAddress,location,internationalPhoneNumber,websiteUri";
/// How many a search gives: the most there are of one page.
const MOST: u32 = 20;
const KIND: &str = "gas_station";

/// Asks Google.
pub(super) struct Google {
    outward: Outward,
    base: String,
    key: Secret,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    places: Vec<Answered>,
}

/// A place, as far as it was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    id: Option<String>,
    display_name: Option<Name>,
    formatted_address: Option<String>,
    location: Option<Location>,
    international_phone_number: Option<String>,
    website_uri: Option<String>,
}

#[derive(Deserialize)]
struct Name {
    text: String,
}

#[derive(Deserialize)]
struct Location {
    latitude: f64,
    longitude: f64,
}

impl Answered {
    /// The place, unless what makes one is missing.
    fn place(self) -> Option<Place> {
        let id = self.id.filter(|it| is_id(it))?;
        let at = self.location?;
        let mut place =
            Place::new(Source::Google, &self.display_name?.text, at.latitude, at.longitude)?;
        place.google_place_id = Some(id);
        place.address = self.formatted_address.and_then(|it| clean(&it, 1000));
        place.phone = self.international_phone_number.and_then(|it| phone(&it));
        place.website = self.website_uri.and_then(|it| website(&it));
        Some(place)
    }
}

/// Whether it fits the column and an address.
fn is_id(text: &str) -> bool {
    (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl Google {
    /// None without a key.
    pub(super) fn new(settings: &config::Stations) -> Option<Self> {
        let key = settings.google_api_key.clone()?;
        let base = settings.google_url.trim_end_matches('/').to_owned();
        Some(Self { outward: Outward::new("google"), base, key })
    }

    /// What Google calls `id`; none where it knows no such place.
    pub(super) async fn details(&self, id: &str) -> Result<Option<Place>, Away> {
        let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
        // In a path a blank is no plus.
        let address = format!("{}/v1/places/{}", self.base, id.replace('+', "%20"));
        let request = Request::get(address).header("x-goog-fieldmask", DETAILS);
        let answer = self.send(request, Vec::new()).await?;
        // It calls an id that was never one malformed.
        if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) {
            return Ok(None);
        }
        let place: Answered = read(&answer)?;
        let place = place.place().ok_or_else(|| FetchError::new("Google answers no place"))?;
        Ok(Some(place))
    }

    async fn search(&self, ask: &Ask) -> Result<Vec<Place>, Away> {
        let (method, body) = match (&ask.words, &ask.circle) {
            (Some(words), circle) => ("searchText", by_words(words, circle.as_ref())),
            (None, Some(circle)) => ("searchNearby", nearby(circle)),
            (None, None) => return Ok(Vec::new()),
        };
        let request = Request::post(format!("{}/v1/places:{method}", self.base))
            .header("content-type", "application/json")
            .header("x-goog-fieldmask", SEARCHED);
        let answer = self.send(request, body.to_string().into_bytes()).await?;
        if answer.status() == StatusCode::BAD_REQUEST {
            return Err(Away::Refused);
        }
        let found: Found = read(&answer)?;
        Ok(found.places.into_iter().filter_map(Answered::place).collect())
    }

    async fn send(
        &self,
        request: axum::http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let request = request
            .header("accept", "application/json")
            .header("x-goog-api-key", self.key.expose())
            .body(body)
            .map_err(|error| FetchError::new(error.to_string()))?;
        self.outward.send(request).await
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Response<Vec<u8>>) -> Result<T, FetchError> {
    if answer.status() != StatusCode::OK {
        return Err(FetchError::new(format!("Google answers {}", answer.status())));
    }
    serde_json::from_slice(answer.body())
        .map_err(|error| FetchError::new(format!("Google's answer cannot be read: {error}")))
}

fn circle_of(circle: &Circle) -> Value {
    json!({
        "circle": {
            "center": {
                "latitude": circle.centre.latitude,
                "longitude": circle.centre.longitude,
            },
            "radius": circle.radius,
        },
    })
}

fn nearby(circle: &Circle) -> Value {
    json!({
        "includedTypes": [KIND],
        "maxResultCount": MOST,
        "rankPreference": "DISTANCE",
        "locationRestriction": circle_of(circle),
    })
}

fn by_words(words: &str, circle: Option<&Circle>) -> Value {
    let mut body = json!({
        "textQuery": words,
        "includedType": KIND,
        "strictTypeFiltering": true,
        "pageSize": MOST,
    });
    if let Some(circle) = circle {
        body["locationBias"] = circle_of(circle);
        body["rankPreference"] = json!("DISTANCE");
    }
    body
}

impl Provider for Google {
    fn search<'a>(&'a self, ask: &'a Ask) -> Answer<'a> {
        Box::pin(self.search(ask))
    }
}
