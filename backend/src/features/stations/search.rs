//! Finding stations: near a place, or by their words.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Station, StationId,
    fields::{Degrees, Radius},
    geo::{self, Cells, Point},
    merge,
    providers::Place,
    store::{self, Words},
    upstream,
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::{Tx, fixed::Fixed},
        error::Fault,
        http::{Limit, Page},
        input::Text,
    },
    input,
};

/// Where a station that was found is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    /// Google's Places API.
    Google,
    /// `OpenStreetMap`.
    Openstreetmap,
    /// Saved here.
    Saved,
}

/// A station that was found. One that is not saved here has no `id` yet.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundStation {
    /// Its name in this service; null where it is not saved here.
    pub(super) id: Option<StationId>,
    /// What Google calls it.
    pub(super) google_place_id: Option<String>,
    /// What `OpenStreetMap` calls it.
    pub(super) open_street_map_id: Option<String>,
    /// What it is called.
    pub(super) name: String,
    /// Where it is, in words.
    pub(super) address: Option<String>,
    /// Degrees north.
    pub(super) latitude: Option<Fixed<10, 8>>,
    /// Degrees east.
    pub(super) longitude: Option<Fixed<11, 8>>,
    /// Its telephone.
    pub(super) phone: Option<String>,
    /// Its page on the web.
    pub(super) website: Option<String>,
    /// Whose fuel it sells.
    pub(super) brand: Option<String>,
    /// The kinds of fuel that it sells.
    pub(super) fuel_types: Vec<&'static str>,
    /// Whether it is one of your favourites.
    pub(super) is_favorite: bool,
    /// What you noted of it as your favourite.
    pub(super) notes: Option<String>,
    /// When it was added; null where it is not saved here.
    pub(super) created_at: Option<DateTime<Utc>>,
    /// When anything of it changed last; null where it is not saved here.
    pub(super) updated_at: Option<DateTime<Utc>>,
    /// Metres from where the search is made; null without a place.
    pub(super) distance_meters: Option<Fixed<12, 2>>,
    /// Where it is known from.
    pub(super) source: Source,
}

impl FoundStation {
    /// One that is saved here.
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
            distance_meters: distance.map(geo::metres),
            source: Source::Saved,
        }
    }
}

input! {
    /// Which stations to find: by `query`, or around `lat` and `lng`, or both
    pub(super) struct SearchQuery {
        /// Words of the name, the brand or the address
        pub query: Option<Text<200>>,
        /// Degrees north of where to look
        pub lat: Option<Degrees<90>>,
        /// Degrees east of where to look
        pub lng: Option<Degrees<180>>,
        /// How far to look, in metres
        pub radius: Option<Radius>,
        /// How many at most
        pub limit: Option<Limit>,
    }
}

/// A place, and how many metres around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circle {
    pub(super) centre: Point,
    pub(super) radius: f64,
}

/// What is looked for: words, a circle, or both.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) words: Option<String>,
    pub(super) circle: Option<Circle>,
    pub(super) limit: Limit,
}

impl SearchQuery {
    /// What it asks for.
    ///
    /// # Errors
    /// Invalid where it names neither words nor a place, or half a place.
    pub(super) fn wanted(self) -> Result<Wanted> {
        let mut faults = Vec::new();
        let mut lacks = |name: &str, why: &str| faults.push(Fault::at(name, why));
        match (&self.lat, &self.lng) {
            (Some(_), None) => lacks("lng", "is required where lat is given"),
            (None, Some(_)) => lacks("lat", "is required where lng is given"),
            (None, None) if self.query.is_none() => {
                lacks("query", "is required where lat and lng are not given");
            }
            (None, None) if self.radius.is_some() => {
                lacks("lat", "is required where radius is given");
            }
            _ => {}
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let radius = self.radius.unwrap_or_default().0;
        let circle = self.lat.zip(self.lng).map(|(lat, lng)| Circle {
            centre: Point { latitude: lat.0, longitude: lng.0 },
            radius,
        });
        let limit = self.limit.unwrap_or_default();
        Ok(Wanted { words: self.query.map(|it| it.0), circle, limit })
    }
}

/// Finds stations, the nearest first; without a place the user's favourites first, then by name.
pub(super) async fn search(
    app: &App,
    user: &UserId,
    wanted: &Wanted,
) -> Result<Page<FoundStation>> {
    let ask = upstream::normal(wanted);
    let (saved, places) = tokio::join!(saved(app, user, wanted), upstream::places(app, &ask));
    let mut items = saved?;
    merge::leave_out_doubles(&mut items);
    let places = within(wanted, places);
    add_known(app, user, wanted, &places, &mut items).await?;
    merge::add(&mut items, places, wanted.circle.map(|it| it.centre));
    if wanted.circle.is_some() {
        sort(&mut items);
    }
    items.truncate(wanted.limit.rows());
    Ok(Page { items, next_cursor: None })
}

/// Those of the providers' places that are near enough: they were asked for somewhat more.
fn within(wanted: &Wanted, mut places: Vec<Place>) -> Vec<Place> {
    if let Some(circle) = wanted.circle {
        places.retain(|it| circle.centre.distance_to(it.point()) <= circle.radius);
    }
    places
}

/// Adds what is saved here of the providers' places and was not found by its own words or place.
async fn add_known(
    app: &App,
    user: &UserId,
    wanted: &Wanted,
    places: &[Place],
    items: &mut Vec<FoundStation>,
) -> Result<()> {
    let missing = |id: &Option<String>, known: fn(&FoundStation) -> &Option<String>| {
        id.clone().filter(|id| !items.iter().any(|it| known(it).as_ref() == Some(id)))
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
    let centre = wanted.circle.map(|it| it.centre);
    for station in store::find_all_known(&mut tx, user, &by_google, &by_osm).await? {
        if !items.iter().any(|it| it.id == Some(station.id)) {
            items.push(FoundStation::saved(station, centre));
        }
    }
    Ok(())
}

/// Those that are saved here.
async fn saved(app: &App, user: &UserId, wanted: &Wanted) -> Result<Vec<FoundStation>> {
    let mut tx = app.db.read_for(user).await?;
    let Some(circle) = wanted.circle else {
        let words = Words::of(wanted.words.as_deref().unwrap_or_default());
        let most = wanted.limit.and_one() - 1;
        let found = store::named(&mut tx, user, &words, most).await?;
        return Ok(found.into_iter().map(|it| FoundStation::saved(it, None)).collect());
    };
    let nearest = nearest(&mut tx, circle, wanted).await?;
    let mut found: Vec<_> = store::find_all(&mut tx, user, &nearest)
        .await?
        .into_iter()
        .map(|it| FoundStation::saved(it, Some(circle.centre)))
        .collect();
    sort(&mut found);
    Ok(found)
}

/// The nearest within the circle, as many as are wanted.
async fn nearest(tx: &mut Tx, circle: Circle, wanted: &Wanted) -> Result<Vec<StationId>> {
    let cells = Cells::around(circle.centre, circle.radius);
    let spots = match &wanted.words {
        Some(words) => store::spots_named(tx, cells, &Words::of(words)).await?,
        None => store::spots(tx, cells).await?,
    };
    let away = |latitude, longitude| circle.centre.distance_to(Point::of(latitude, longitude));
    let mut within: Vec<_> = spots
        .into_iter()
        .map(|it| (away(it.latitude, it.longitude), it.id))
        .filter(|it| it.0 <= circle.radius)
        .collect();
    let by_distance =
        |a: &(f64, StationId), b: &(f64, StationId)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let most = wanted.limit.rows();
    if within.len() > most {
        within.select_nth_unstable_by(most, by_distance);
        within.truncate(most);
    }
    Ok(within.into_iter().map(|it| it.1).collect())
}

/// The nearest first; of those equally far the earliest saved.
pub(super) fn sort(found: &mut [FoundStation]) {
    found.sort_by_key(|it| {
        (it.distance_meters.is_none(), it.distance_meters, it.id.is_none(), it.id)
    });
}
