//! Searches for stations near a location or by words.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Station, StationId,
    fields::{Radius, SearchDegrees},
    geo::{self, Cells, Point},
    merge, provider_cache,
    providers::Place,
    store::{self, SearchWords},
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::{Tx, fixed::Fixed},
        error::FieldError,
        http::{Limit, Page},
        input::Text,
        locale::Message,
    },
    input, t,
};

/// The source of a search result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    /// Google's Places API.
    Google,
    /// OpenStreetMap.
    Openstreetmap,
    /// A saved station.
    Saved,
}

/// A search result. A station that is not saved has no `id`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundStation {
    /// Unique identifier of the station; null if it is not saved.
    pub(super) id: Option<StationId>,
    /// The Google place ID.
    pub(super) google_place_id: Option<String>,
    /// The OpenStreetMap ID, such as `node/123`.
    pub(super) open_street_map_id: Option<String>,
    /// The name.
    pub(super) name: String,
    /// The address.
    pub(super) address: Option<String>,
    /// The latitude in degrees.
    pub(super) latitude: Option<Fixed<10, 8>>,
    /// The longitude in degrees.
    pub(super) longitude: Option<Fixed<11, 8>>,
    /// The phone number.
    pub(super) phone: Option<String>,
    /// The website.
    pub(super) website: Option<String>,
    /// The brand.
    pub(super) brand: Option<String>,
    /// The fuel types that it sells.
    pub(super) fuel_types: Vec<&'static str>,
    /// Whether the station is one of your favorites.
    pub(super) is_favorite: bool,
    /// Your notes on this favorite.
    pub(super) notes: Option<String>,
    /// When the station was added; null if it is not saved.
    pub(super) created_at: Option<DateTime<Utc>>,
    /// When the station was last changed; null if it is not saved.
    pub(super) updated_at: Option<DateTime<Utc>>,
    /// The distance in meters from `lat` and `lng`; null in a search without them.
    pub(super) distance_meters: Option<Fixed<12, 2>>,
    /// The source of the result.
    pub(super) source: Source,
}

impl FoundStation {
    /// Converts a saved station, with the distance from `from`.
    pub(super) fn saved(station: Station, from: Option<Point>) -> Self {
        let distance = station.point().zip(from).map(|(it, from)| from.distance_to(it));
        Self {
            id: Some(station.id),
            google_place_id: station.google_place_id,
            open_street_map_id: station.open_street_map_id,
            name: station.name,
            address: station.address,
            latitude: station.latitude,
            longitude: station.longitude,
            phone: station.phone,
            website: station.website,
            brand: station.brand,
            fuel_types: station.fuel_types,
            is_favorite: station.is_favorite,
            notes: station.notes,
            created_at: Some(station.created_at),
            updated_at: Some(station.updated_at),
            distance_meters: distance.map(geo::meters),
            source: Source::Saved,
        }
    }
}

input! {
    /// Searches by `query`, around `lat` and `lng`, or both
    pub(super) struct SearchQuery {
        /// Words in the name, brand or address
        pub query: Option<Text<200>>,
        /// The latitude of the center
        pub lat: Option<SearchDegrees<90>>,
        /// The longitude of the center
        pub lng: Option<SearchDegrees<180>>,
        /// The search radius in meters
        pub radius: Option<Radius>,
        /// The maximum number of items to return
        pub limit: Option<Limit>,
    }
}

/// A circle with a radius in meters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circle {
    pub(super) center: Point,
    pub(super) radius: f64,
}

/// The criteria of a search: words, a circle, or both.
#[derive(Debug, Clone)]
pub(super) struct SearchCriteria {
    pub(super) words: Option<String>,
    pub(super) circle: Option<Circle>,
    pub(super) limit: Limit,
}

impl SearchQuery {
    /// Converts the query into search criteria.
    ///
    /// # Errors
    /// Invalid without both words and a location, or with only one coordinate.
    pub(super) fn into_criteria(self) -> Result<SearchCriteria> {
        let mut faults = Vec::new();
        let mut require = |name: &str, why: Message| faults.push(FieldError::at(name, why));
        let with = |other: &str| t!("stations-field-required-with", other = other);
        match (&self.lat, &self.lng) {
            (Some(_), None) => require("lng", with("lat")),
            (None, Some(_)) => require("lat", with("lng")),
            (None, None) if self.query.is_none() => {
                require("query", t!("stations-field-query-or-location"));
            }
            (None, None) if self.radius.is_some() => require("lat", with("radius")),
            _ => {}
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let radius = self.radius.unwrap_or_default().0;
        let circle = self.lat.zip(self.lng).map(|(lat, lng)| Circle {
            center: Point { latitude: lat.0, longitude: lng.0 },
            radius,
        });
        let limit = self.limit.unwrap_or_default();
        Ok(SearchCriteria { words: self.query.map(|it| it.0), circle, limit })
    }
}

/// Finds stations, nearest first. Without a location, the user's favorites come first, then the rest by name.
pub(super) async fn search(
    app: &App,
    user: &UserId,
    criteria: &SearchCriteria,
) -> Result<Page<FoundStation>> {
    let query = provider_cache::normalize(criteria);
    let (saved, places) =
        tokio::join!(find_saved(app, user, criteria), provider_cache::search(app, &query));
    let mut items = saved?;
    merge::remove_duplicates(&mut items);
    let places = within_circle(criteria, places);
    add_saved_places(app, user, criteria, &places, &mut items).await?;
    merge::add_unsaved(&mut items, places, criteria.circle.map(|it| it.center));
    if criteria.circle.is_some() {
        sort_by_distance(&mut items);
    }
    items.truncate(criteria.limit.rows());
    Ok(Page { items, next_cursor: None })
}

/// Keeps the places within the circle. Providers are queried for a slightly larger one.
fn within_circle(criteria: &SearchCriteria, mut places: Vec<Place>) -> Vec<Place> {
    if let Some(circle) = criteria.circle {
        places.retain(|it| circle.center.distance_to(it.point()) <= circle.radius);
    }
    places
}

/// Adds saved stations that match the providers' places by external ID, but were not found by the criteria.
async fn add_saved_places(
    app: &App,
    user: &UserId,
    criteria: &SearchCriteria,
    places: &[Place],
    items: &mut Vec<FoundStation>,
) -> Result<()> {
    let missing = |id: &Option<String>, id_of: fn(&FoundStation) -> &Option<String>| {
        id.clone().filter(|id| !items.iter().any(|it| id_of(it).as_ref() == Some(id)))
    };
    let by_google: Vec<_> = places
        .iter()
        .filter_map(|it| missing(&it.google_place_id, |it| &it.google_place_id))
        .collect();
    let by_osm: Vec<_> =
        places.iter().filter_map(|it| missing(&it.osm_id, |it| &it.open_street_map_id)).collect();
    if by_google.is_empty() && by_osm.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.read_for(user).await?;
    let center = criteria.circle.map(|it| it.center);
    for station in store::find_all_by_external_ids(&mut tx, user, &by_google, &by_osm).await? {
        if !items.iter().any(|it| it.id == Some(station.id)) {
            items.push(FoundStation::saved(station, center));
        }
    }
    Ok(())
}

/// Finds saved stations.
async fn find_saved(
    app: &App,
    user: &UserId,
    criteria: &SearchCriteria,
) -> Result<Vec<FoundStation>> {
    let mut tx = app.db.read_for(user).await?;
    let Some(circle) = criteria.circle else {
        let words = SearchWords::of(criteria.words.as_deref().unwrap_or_default());
        let limit = criteria.limit.plus_one() - 1;
        let found = store::search_by_words(&mut tx, user, &words, limit).await?;
        return Ok(found.into_iter().map(|it| FoundStation::saved(it, None)).collect());
    };
    let nearest = find_nearest(&mut tx, circle, criteria).await?;
    let mut found: Vec<_> = store::find_all(&mut tx, user, &nearest)
        .await?
        .into_iter()
        .map(|it| FoundStation::saved(it, Some(circle.center)))
        .collect();
    sort_by_distance(&mut found);
    Ok(found)
}

/// The IDs of the nearest stations within the circle, up to the limit.
async fn find_nearest(
    tx: &mut Tx,
    circle: Circle,
    criteria: &SearchCriteria,
) -> Result<Vec<StationId>> {
    let cells = Cells::around(circle.center, circle.radius);
    let locations = match &criteria.words {
        Some(words) => store::find_locations_by_words(tx, cells, &SearchWords::of(words)).await?,
        None => store::find_locations(tx, cells).await?,
    };
    let distance = |latitude, longitude| circle.center.distance_to(Point::of(latitude, longitude));
    let mut within: Vec<_> = locations
        .into_iter()
        .map(|it| (distance(it.latitude, it.longitude), it.id))
        .filter(|it| it.0 <= circle.radius)
        .collect();
    let by_distance =
        |a: &(f64, StationId), b: &(f64, StationId)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let limit = criteria.limit.rows();
    if within.len() > limit {
        within.select_nth_unstable_by(limit, by_distance);
        within.truncate(limit);
    }
    Ok(within.into_iter().map(|it| it.1).collect())
}

/// Sorts by distance, then saved stations first, then by ID.
pub(super) fn sort_by_distance(found: &mut [FoundStation]) {
    found.sort_by_key(|it| {
        (it.distance_meters.is_none(), it.distance_meters, it.id.is_none(), it.id)
    });
}
