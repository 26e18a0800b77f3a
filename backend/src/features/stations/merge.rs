//! Of several who know a station, one is shown: the one that is saved here, else the one asked
//! first.

use super::{
    geo::{self, Point},
    providers::{Place, UNNAMED},
    search::FoundStation,
};
use crate::core::fold::folded;

/// How near, in metres, two stations of one brand are one.
const SAME: f64 = 100.0;
/// Within how many meters two `OpenStreetMap` elements can be one station.
pub(super) const DRAWN_TWICE: f64 = 30.0;

/// A station that is not saved here, as it is found from `from`.
fn found(place: Place, from: Option<Point>) -> FoundStation {
    let fuel_types = place.fuels().0;
    FoundStation {
        id: None,
        distance_meters: from.map(|it| geo::metres(it.distance_to(place.point()))),
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

/// Adds to the stations that are saved those of `places` that are none of them and no doubles of
/// one another.
pub(super) fn add(saved: &mut Vec<FoundStation>, places: Vec<Place>, from: Option<Point>) {
    for place in places {
        let place = found(place, from);
        if !saved.iter().any(|it| is_same(it, &place)) {
            saved.push(place);
        }
    }
}

/// The facts that decide whether two stations are the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looks<'a> {
    pub(super) google_place_id: Option<&'a str>,
    pub(super) osm_id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) brand: Option<&'a str>,
    pub(super) point: Option<Point>,
}

impl<'a> From<&'a FoundStation> for Looks<'a> {
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

impl<'a> From<&'a Place> for Looks<'a> {
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

/// Removes stored stations that are another element of one in the list. Favorites are preferred, then
/// stations with a name.
pub(super) fn leave_out_doubles(saved: &mut Vec<FoundStation>) {
    let mut all: Vec<FoundStation> = Vec::new();
    for station in saved.drain(..) {
        let is_element = |it: &FoundStation| it.open_street_map_id.is_some();
        let counts = |it: &FoundStation| (it.is_favorite, it.name != UNNAMED);
        let double = |it: &&mut FoundStation| {
            is_element(it)
                && is_element(&station)
                && !(it.is_favorite && station.is_favorite)
                && is_same(&**it, &station)
        };
        match all.iter_mut().find(double) {
            Some(known) if counts(&station) > counts(known) => *known = station,
            Some(_) => {}
            None => all.push(station),
        }
    }
    *saved = all;
}

/// Whether the two are the same station.
fn is_same<'a>(one: impl Into<Looks<'a>>, other: impl Into<Looks<'a>>) -> bool {
    let (one, other) = (one.into(), other.into());
    let same = |one: Option<&str>, other: Option<&str>| Some(one? == other?);
    let by_google = same(one.google_place_id, other.google_place_id);
    match (by_google, same(one.osm_id, other.osm_id)) {
        (Some(true), _) | (_, Some(true)) => true,
        // Different Google ids are different stations. But OpenStreetMap may have one station both as
        // a point and as an area.
        (Some(false), _) => false,
        (None, Some(false)) => is_drawn_twice(one, other),
        (None, None) => is_within(SAME, one, other) && is_one_brand(one, other),
    }
}

/// Whether two `OpenStreetMap` elements are the same station: they are as close as the pumps and the
/// area around them, and their names do not contradict.
pub(super) fn is_drawn_twice(one: Looks<'_>, other: Looks<'_>) -> bool {
    let is_unnamed = |it: Looks<'_>| it.brand.is_none() && it.name == UNNAMED;
    is_within(DRAWN_TWICE, one, other)
        && (is_unnamed(one) || is_unnamed(other) || is_one_brand(one, other))
}

fn is_within(metres: f64, one: Looks<'_>, other: Looks<'_>) -> bool {
    one.point.zip(other.point).is_some_and(|(one, other)| {
        // A degree of latitude is at least 110 km: this cheap test rules out most pairs.
        (one.latitude - other.latitude).abs() * 110_000.0 <= metres
            && one.distance_to(other) <= metres
    })
}

/// Whether the brand of either, or its name where it says none, is the other's or stands in the
/// other's name: `Shell` and `Shell Station`.
fn is_one_brand(one: Looks<'_>, other: Looks<'_>) -> bool {
    let brand = |it: Looks<'_>| words(it.brand.unwrap_or(it.name));
    let is_in = |brand: &[String], it: Looks<'_>| {
        let all = [Some(it.name), it.brand];
        let holds = |text: &str| {
            let words = words(text);
            words.windows(brand.len()).any(|part| part == brand) || words.concat() == brand.concat()
        };
        !brand.is_empty() && all.into_iter().flatten().any(holds)
    };
    is_in(&brand(one), other) || is_in(&brand(other), one)
}

/// Merges the elements of each station into the most detailed one.
pub(super) fn one_of_each(places: impl IntoIterator<Item = Place>) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for place in places {
        match all.iter_mut().find(|it| is_same(&**it, &place)) {
            Some(known) => {
                complete(known, place);
            }
            None => all.push(place),
        }
    }
    all
}

/// Merges two places of one station into the more detailed one, and returns whether that is `other`.
pub(super) fn complete(known: &mut Place, mut other: Place) -> bool {
    let says = |it: &Place| {
        let texts = [&it.brand, &it.address, &it.phone, &it.website];
        (it.name != UNNAMED, texts.into_iter().flatten().count(), it.fuel_types.len())
    };
    let is_other = says(&other) > says(known);
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

/// The letters and digits, word by word.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(folded).collect()
}

#[cfg(test)]
mod tests {
    use super::{Place, UNNAMED, add, one_of_each};
    use crate::features::stations::{geo, search::Source};

    fn place(source: Source, id: &str, name: &str, brand: Option<&str>, north: f64) -> Place {
        Place {
            source,
            google_place_id: (source == Source::Google).then(|| id.to_owned()),
            osm_id: (source == Source::Openstreetmap).then(|| id.to_owned()),
            name: name.to_owned(),
            address: None,
            latitude: geo::fixed(48.0 + north / 111_195.0).unwrap(),
            longitude: geo::fixed(11.0).unwrap(),
            phone: None,
            website: None,
            brand: brand.map(str::to_owned),
            fuel_types: Vec::new(),
        }
    }

    fn shown(places: Vec<Place>) -> Vec<String> {
        let mut found = Vec::new();
        add(&mut found, places, None);
        found.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn one_brand_within_a_hundred_metres_is_one_station() {
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
            assert_eq!(shown(vec![one, other]).len(), count, "{names:?}");
        }
    }

    #[test]
    fn one_id_is_one_station_wherever_it_is_said_to_be() {
        let one = |name, north| place(Source::Google, "ChIJ1", name, None, north);
        assert_eq!(shown(vec![one("Here", 0.0), one("There", 9_000.0)]), ["Here"]);
    }
    #[test]
    fn of_a_point_and_an_area_the_one_that_says_more_is_completed() {
        let mut area = place(Source::Openstreetmap, "way/2", UNNAMED, None, 20.0);
        area.address = Some("Ring 7".to_owned());
        area.fuel_types = vec!["diesel".to_owned()];
        let point = place(Source::Openstreetmap, "node/1", "Shell", Some("Shell"), 0.0);
        let other = place(Source::Openstreetmap, "node/3", "Aral", Some("Aral"), 25.0);
        for places in [[&area, &point, &other], [&other, &point, &area]] {
            let mut all = one_of_each(places.into_iter().cloned());
            all.sort_by(|a, b| b.name.cmp(&a.name));
            assert_eq!(all.len(), 2, "{all:?}");
            assert_eq!((all[0].osm_id.as_deref(), all[0].name.as_str()), (Some("node/1"), "Shell"));
        }
        let all = one_of_each([area, point]);
        assert_eq!(all[0].address.as_deref(), Some("Ring 7"));
        assert_eq!(all[0].fuel_types, ["diesel"]);
    }
}
