//! Google's Places API (New). The price of a call depends on the requested fields: a search requests the
//! minimum, saving a place also requests its phone number and website.

use axum::http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Place, Provider, ProviderError, ProviderQuery, SearchFuture, clean, phone, website};
use crate::{
    core::{
        config::{self, Secret},
        upstream::{FetchError, UpstreamClient},
    },
    features::stations::search::{Circle, Source},
};

/// The fields that a search requests.
const SEARCH_FIELDS: &str = "places.id,places.displayName,places.formattedAddress,places.location";
/// The fields that a lookup of a single place requests.
const DETAILS_FIELDS: &str =
    "id,displayName,formattedAddress,location,internationalPhoneNumber,websiteUri";
/// The number of results of a search: the maximum for one page.
const MAX_RESULTS: u32 = 20;
const PLACE_TYPE: &str = "gas_station";

/// The client of the Places API.
pub(super) struct Google {
    client: UpstreamClient,
    base: String,
    key: Secret,
}

#[derive(Deserialize)]
struct SearchResponse {
    #[serde(default)]
    places: Vec<GooglePlace>,
}

/// A place, with the requested fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GooglePlace {
    id: Option<String>,
    display_name: Option<DisplayName>,
    formatted_address: Option<String>,
    location: Option<Location>,
    international_phone_number: Option<String>,
    website_uri: Option<String>,
}

#[derive(Deserialize)]
struct DisplayName {
    text: String,
}

#[derive(Deserialize)]
struct Location {
    latitude: f64,
    longitude: f64,
}

impl GooglePlace {
    /// Converts the place, unless a required field is missing.
    fn into_place(self) -> Option<Place> {
        let id = self.id.filter(|it| is_valid_id(it))?;
        let location = self.location?;
        let mut place = Place::new(
            Source::Google,
            &self.display_name?.text,
            location.latitude,
            location.longitude,
        )?;
        place.google_place_id = Some(id);
        place.address = self.formatted_address.and_then(|it| clean(&it, 1000));
        place.phone = self.international_phone_number.and_then(|it| phone(&it));
        place.website = self.website_uri.and_then(|it| website(&it));
        Some(place)
    }
}

/// Whether the ID fits the column and a URL.
fn is_valid_id(text: &str) -> bool {
    (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl Google {
    /// Creates a client, or returns `None` without an API key.
    pub(super) fn new(settings: &config::Stations) -> Option<Self> {
        let key = settings.google_api_key.clone()?;
        let base = settings.google_url.trim_end_matches('/').to_owned();
        Some(Self { client: UpstreamClient::new("google"), base, key })
    }

    /// Looks up the place `id`. Returns `None` if it does not exist.
    pub(super) async fn details(&self, id: &str) -> Result<Option<Place>, ProviderError> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        // In a path, a space is not encoded as a plus sign.
        let url = format!("{}/v1/places/{}", self.base, id.replace('+', "%20"));
        let request = Request::get(url).header("x-goog-fieldmask", DETAILS_FIELDS);
        let response = self.send(request, Vec::new()).await?;
        // Google returns 400 for malformed IDs.
        if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) {
            return Ok(None);
        }
        let place: GooglePlace = read(&response)?;
        let place = place
            .into_place()
            .ok_or_else(|| FetchError::new("Google returned an incomplete place"))?;
        Ok(Some(place))
    }

    async fn search(&self, query: &ProviderQuery) -> Result<Vec<Place>, ProviderError> {
        let (method, body) = match (&query.words, &query.circle) {
            (Some(words), circle) => ("searchText", text_body(words, circle.as_ref())),
            (None, Some(circle)) => ("searchNearby", nearby_body(circle)),
            (None, None) => return Ok(Vec::new()),
        };
        let request = Request::post(format!("{}/v1/places:{method}", self.base))
            .header("content-type", "application/json")
            .header("x-goog-fieldmask", SEARCH_FIELDS);
        let response = self.send(request, body.to_string().into_bytes()).await?;
        if response.status() == StatusCode::BAD_REQUEST {
            return Err(ProviderError::Rejected);
        }
        let found: SearchResponse = read(&response)?;
        Ok(found.places.into_iter().filter_map(GooglePlace::into_place).collect())
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
        self.client.send(request).await
    }
}

fn read<T: serde::de::DeserializeOwned>(response: &Response<Vec<u8>>) -> Result<T, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::new(format!("Google returned status {}", response.status())));
    }
    serde_json::from_slice(response.body())
        .map_err(|error| FetchError::new(format!("failed to parse Google's response: {error}")))
}

fn circle_json(circle: &Circle) -> Value {
    json!({
        "circle": {
            "center": {
                "latitude": circle.center.latitude,
                "longitude": circle.center.longitude,
            },
            "radius": circle.radius,
        },
    })
}

fn nearby_body(circle: &Circle) -> Value {
    json!({
        "includedTypes": [PLACE_TYPE],
        "maxResultCount": MAX_RESULTS,
        "rankPreference": "DISTANCE",
        "locationRestriction": circle_json(circle),
    })
}

fn text_body(words: &str, circle: Option<&Circle>) -> Value {
    let mut body = json!({
        "textQuery": words,
        "includedType": PLACE_TYPE,
        "strictTypeFiltering": true,
        "pageSize": MAX_RESULTS,
    });
    if let Some(circle) = circle {
        body["locationBias"] = circle_json(circle);
        body["rankPreference"] = json!("DISTANCE");
    }
    body
}

impl Provider for Google {
    fn search<'a>(&'a self, query: &'a ProviderQuery) -> SearchFuture<'a> {
        Box::pin(self.search(query))
    }
}
