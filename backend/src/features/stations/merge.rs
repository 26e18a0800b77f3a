//! Of several who know a station, one is shown: the one that is saved here, else the one asked
//! first.

use super::{
    geo::{self, Point},
    providers::Place,
    search::FoundStation,
};
use crate::core::fold::folded;

/// How near, in metres, two stations of one brand are one.
const SAME: f64 = 100.0;

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

fn is_same(one: &FoundStation, other: &FoundStation) -> bool {
    let same =
        |one: &Option<String>, other: &Option<String>| Some(one.as_ref()? == other.as_ref()?);
    let by_google = same(&one.google_place_id, &other.google_place_id);
    let by_osm = same(&one.open_street_map_id, &other.open_street_map_id);
    match (by_google, by_osm) {
        (Some(true), _) | (_, Some(true)) => true,
        // Google tells two apart: they are two.
        (Some(false), _) => false,
        _ => is_one_brand(one, other) && is_near(one, other),
    }
}

fn is_near(one: &FoundStation, other: &FoundStation) -> bool {
    let point = |it: &FoundStation| it.latitude.zip(it.longitude).map(|(n, e)| Point::of(n, e));
    point(one).zip(point(other)).is_some_and(|(one, other)| one.distance_to(other) <= SAME)
}

/// Whether the brand of either, or its name where it says none, is the other's or stands in the
/// other's name: `Shell` and `Shell Station`.
fn is_one_brand(one: &FoundStation, other: &FoundStation) -> bool {
    let brand = |it: &FoundStation| words(it.brand.as_ref().unwrap_or(&it.name));
    let is_in = |brand: &[String], it: &FoundStation| {
        let all = [Some(&it.name), it.brand.as_ref()];
        let holds = |text: &String| words(text).windows(brand.len()).any(|part| part == brand);
        !brand.is_empty() && all.into_iter().flatten().any(holds)
    };
    is_in(&brand(one), other) || is_in(&brand(other), one)
}

/// The letters and digits, word by word.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.map(folded).collect()
}

#[cfg(test)]
mod tests {
    use super::{Place, add};
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
}
