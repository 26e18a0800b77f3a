//! Merges search results: a station that several sources know is shown once. A saved station takes
//! precedence, then the provider that comes first.

use super::{
    geo::{self, Point},
    providers::{Place, UNNAMED},
    search::FoundStation,
};
use crate::core::search_text::normalize;

/// The maximum distance in meters between two records of the same brand that are the same station.
const SAME_BRAND_METERS: f64 = 100.0;
/// The maximum distance in meters between two OpenStreetMap elements of the same station.
pub(super) const MAPPED_TWICE_METERS: f64 = 30.0;

/// Converts a provider's place to a search result, with the distance from `from`.
fn to_found_station(place: Place, from: Option<Point>) -> FoundStation {
    let fuel_types = place.fuels().0;
    FoundStation {
        id: None,
        distance_meters: from.map(|it| geo::meters(it.distance_to(place.point()))),
        google_place_id: place.google_place_id,
        open_street_map_id: place.osm_id,
        name: place.name,
        address: place.address,
        latitude: Some(place.latitude),
        longitude: Some(place.longitude),
        phone: place.phone,
        website: place.website,
        brand: place.brand,
        fuel_types,
        is_favorite: false,
        notes: None,
        created_at: None,
        updated_at: None,
        source: place.source,
    }
}

/// Adds the places that are neither saved nor duplicates of one another.
pub(super) fn add_unsaved(saved: &mut Vec<FoundStation>, places: Vec<Place>, from: Option<Point>) {
    for place in places {
        let place = to_found_station(place, from);
        if !saved.iter().any(|it| is_same(it, &place)) {
            saved.push(place);
        }
    }
}

/// The details that decide whether two records are the same station.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub(super) google_place_id: Option<&'a str>,
    pub(super) osm_id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) brand: Option<&'a str>,
    pub(super) point: Option<Point>,
}

impl<'a> From<&'a FoundStation> for Identity<'a> {
    fn from(it: &'a FoundStation) -> Self {
        Self {
            google_place_id: it.google_place_id.as_deref(),
            osm_id: it.open_street_map_id.as_deref(),
            name: &it.name,
            brand: it.brand.as_deref(),
            point: it.latitude.zip(it.longitude).map(|(north, east)| Point::of(north, east)),
        }
    }
}

impl<'a> From<&'a Place> for Identity<'a> {
    fn from(it: &'a Place) -> Self {
        Self {
            google_place_id: it.google_place_id.as_deref(),
            osm_id: it.osm_id.as_deref(),
            name: &it.name,
            brand: it.brand.as_deref(),
            point: Some(it.point()),
        }
    }
}

/// Removes saved stations that are another OpenStreetMap element of a station in the list. Prefers
/// favorites, then stations with a name.
pub(super) fn remove_duplicates(saved: &mut Vec<FoundStation>) {
    let mut all: Vec<FoundStation> = Vec::new();
    for station in saved.drain(..) {
        let is_element = |it: &FoundStation| it.open_street_map_id.is_some();
        let priority = |it: &FoundStation| (it.is_favorite, it.name != UNNAMED);
        let is_duplicate = |it: &&mut FoundStation| {
            is_element(it)
                && is_element(&station)
                && !(it.is_favorite && station.is_favorite)
                && is_same(&**it, &station)
        };
        match all.iter_mut().find(is_duplicate) {
            Some(known) if priority(&station) > priority(known) => *known = station,
            Some(_) => {}
            None => all.push(station),
        }
    }
    *saved = all;
}

/// Whether two records are the same station.
fn is_same<'a>(one: impl Into<Identity<'a>>, other: impl Into<Identity<'a>>) -> bool {
    let (one, other) = (one.into(), other.into());
    let equal = |one: Option<&str>, other: Option<&str>| Some(one? == other?);
    let by_google = equal(one.google_place_id, other.google_place_id);
    match (by_google, equal(one.osm_id, other.osm_id)) {
        (Some(true), _) | (_, Some(true)) => true,
        // Different Google IDs are different stations, but OpenStreetMap may have a station both as a
        // point and as an area.
        (Some(false), _) => false,
        (None, Some(false)) => is_mapped_twice(one, other),
        (None, None) => is_within(SAME_BRAND_METERS, one, other) && is_same_brand(one, other),
    }
}

/// Whether two OpenStreetMap elements are the same station: they are as close as pumps and the area around
/// them, and their names are compatible.
pub(super) fn is_mapped_twice(one: Identity<'_>, other: Identity<'_>) -> bool {
    let is_unnamed = |it: Identity<'_>| it.brand.is_none() && it.name == UNNAMED;
    is_within(MAPPED_TWICE_METERS, one, other)
        && (is_unnamed(one) || is_unnamed(other) || is_same_brand(one, other))
}

fn is_within(meters: f64, one: Identity<'_>, other: Identity<'_>) -> bool {
    one.point.zip(other.point).is_some_and(|(one, other)| {
        // A degree of latitude is at least 110 km: this cheap test rules out most pairs.
        (one.latitude - other.latitude).abs() * 110_000.0 <= meters
            && one.distance_to(other) <= meters
    })
}

/// Whether the brand of one, or its name if it has no brand, is contained in the brand or the name of the
/// other, as with `Layout` and `Layout Station`.
fn is_same_brand(one: Identity<'_>, other: Identity<'_>) -> bool {
    let brand = |it: Identity<'_>| words(it.brand.unwrap_or(it.name));
    let is_in = |brand: &[String], it: Identity<'_>| {
        let texts = [Some(it.name), it.brand];
        let contains_brand = |text: &str| {
            let words = words(text);
            words.windows(brand.len()).any(|part| part == brand) || words.concat() == brand.concat()
        };
        !brand.is_empty() && texts.into_iter().flatten().any(contains_brand)
    };
    is_in(&brand(one), other) || is_in(&brand(other), one)
}

/// Merges the places of each station into the most detailed one.
pub(super) fn merge_duplicates(places: impl IntoIterator<Item = Place>) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for place in places {
        match all.iter_mut().find(|it| is_same(&**it, &place)) {
            Some(known) => {
                merge_details(known, place);
            }
            None => all.push(place),
        }
    }
    all
}

/// Merges two places of one station into the more detailed one. Returns whether that is `other`.
pub(super) fn merge_details(known: &mut Place, mut other: Place) -> bool {
    let detail = |it: &Place| {
        let texts = [&it.brand, &it.address, &it.phone, &it.website];
        (it.name != UNNAMED, texts.into_iter().flatten().count(), it.fuel_types.len())
    };
    let is_other = detail(&other) > detail(known);
    if is_other {
        std::mem::swap(known, &mut other);
    }
    known.brand = known.brand.take().or(other.brand);
    known.address = known.address.take().or(other.address);
    known.phone = known.phone.take().or(other.phone);
    known.website = known.website.take().or(other.website);
    if known.fuel_types.is_empty() {
        known.fuel_types = other.fuel_types;
    }
    is_other
}

/// Splits a text into folded, alphanumeric words.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(normalize).collect()
}

#[cfg(test)]
mod tests {
    use super::{Place, UNNAMED, add_unsaved, merge_duplicates};
    use crate::features::stations::{geo, search::Source};

    fn place(source: Source, id: &str, name: &str, brand: Option<&str>, north: f64) -> Place {
        Place {
            source,
            google_place_id: (source == Source::Google).then(|| id.to_owned()),
            osm_id: (source == Source::Openstreetmap).then(|| id.to_owned()),
            name: name.to_owned(),
            address: None,
            latitude: geo::to_fixed(48.0 + north / 111_195.0).unwrap(),
            longitude: geo::to_fixed(11.0).unwrap(),
            phone: None,
            website: None,
            brand: brand.map(str::to_owned),
            fuel_types: Vec::new(),
        }
    }

    fn merged_names(places: Vec<Place>) -> Vec<String> {
        let mut found = Vec::new();
        add_unsaved(&mut found, places, None);
        found.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn records_of_one_brand_within_100_meters_are_one_station() {
        let google = |name, north| place(Source::Google, name, name, None, north);
        let osm = |name, brand, north| place(Source::Openstreetmap, name, name, brand, north);
        for (one, other, is_one) in [
            (google("Shell", 0.0), osm("Tankstelle", Some("Shell"), 90.0), true),
            (google("Shell", 0.0), osm("Tankstelle", Some("shell"), 110.0), false),
            (google("Shell Station", 0.0), osm("SHELL", None, 10.0), true),
            (google("Shell", 0.0), osm("Aral", Some("Aral"), 10.0), false),
            (google("Shellac", 0.0), osm("Shell", None, 10.0), false),
            (google("Q8 Easy", 0.0), osm("Easy", Some("Q8"), 10.0), true),
            (google("Öl!", 0.0), osm("öl", None, 0.0), true),
            (google("Café", 0.0), osm("Cafe", None, 0.0), true),
            (google("Shell", 0.0), google("Shell 2", 5.0), false),
            (osm("a", Some("BP"), 0.0), osm("b", Some("BP"), 5.0), true),
            (osm("Shell", None, 0.0), osm(UNNAMED, None, 20.0), true),
            (osm("ExxonMobil", None, 0.0), osm("x", Some("Exxon Mobil"), 20.0), true),
            (osm("Shell", None, 0.0), osm(UNNAMED, None, 40.0), false),
            (osm("Shell", Some("Shell"), 0.0), osm("Shell Süd", Some("Shell"), 60.0), false),
            (osm("Shell", Some("Shell"), 0.0), osm("Aral", Some("Aral"), 20.0), false),
            (google("!", 0.0), osm("?", None, 0.0), false),
        ] {
            let names = (one.name.clone(), other.name.clone());
            let count = if is_one { 1 } else { 2 };
            assert_eq!(merged_names(vec![one, other]).len(), count, "{names:?}");
        }
    }

    #[test]
    fn records_with_the_same_id_are_one_station_at_any_distance() {
        let record = |name, north| place(Source::Google, "ChIJ1", name, None, north);
        assert_eq!(merged_names(vec![record("Here", 0.0), record("There", 9_000.0)]), ["Here"]);
    }

    #[test]
    fn a_point_and_an_area_are_merged_into_the_more_detailed_one() {
        let mut area = place(Source::Openstreetmap, "way/2", UNNAMED, None, 20.0);
        area.address = Some("Ring 7".to_owned());
        area.fuel_types = vec!["diesel".to_owned()];
        let point = place(Source::Openstreetmap, "node/1", "Shell", Some("Shell"), 0.0);
        let other = place(Source::Openstreetmap, "node/3", "Aral", Some("Aral"), 25.0);
        for places in [[&area, &point, &other], [&other, &point, &area]] {
            let mut all = merge_duplicates(places.into_iter().cloned());
            all.sort_by(|a, b| b.name.cmp(&a.name));
            assert_eq!(all.len(), 2, "{all:?}");
            assert_eq!((all[0].osm_id.as_deref(), all[0].name.as_str()), (Some("node/1"), "Shell"));
        }
        let all = merge_duplicates([area, point]);
        assert_eq!(all[0].address.as_deref(), Some("Ring 7"));
        assert_eq!(all[0].fuel_types, ["diesel"]);
    }
}
