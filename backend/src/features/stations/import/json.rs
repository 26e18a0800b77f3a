//! Stations of OpenStreetMap's: a GeoJSON's features or an Overpass API's elements, one after
//! another, none kept longer than it takes to pass it on.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt,
    io::{self, Read},
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{Item, LeftOut, Take, origin};
use crate::features::stations::{
    fields::OsmId,
    providers::{Element, Place, is_out_of_use, place_of_tags},
};

/// The longest feature or element, in bytes: one at a time is in memory.
const LONGEST: usize = 4 * 1024 * 1024;

/// Reads every feature or element.
///
/// # Errors
/// It is not JSON, or of another shape.
pub(super) fn read(file: impl Read, take: Take<'_>) -> Result<(), String> {
    let length = Cell::new(0);
    let file = without_bom(file).map_err(|error| error.to_string())?;
    let mut reader = serde_json::Deserializer::from_reader(Bounded { file, length: &length });
    let whole = Whole { take, length: &length };
    let is_known = whole.deserialize(&mut reader).map_err(|error| error.to_string())?;
    if is_known { Ok(()) } else { Err("it holds neither features nor elements".to_owned()) }
}

/// The file without a byte order mark.
fn without_bom(mut file: impl Read) -> io::Result<impl Read> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let mut start = Vec::with_capacity(MARK.len());
    file.by_ref().take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(io::Cursor::new(start).chain(file))
}

/// A file of which no part is longer than it may be.
struct Bounded<'a, R> {
    file: R,
    /// How much of the present part has been read.
    length: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.length.set(self.length.get() + read);
        if self.length.get() > LONGEST {
            return Err(io::Error::other("a feature or an element is longer than 4 MiB"));
        }
        Ok(read)
    }
}

/// The whole file.
struct Whole<'a> {
    take: Take<'a>,
    length: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with features or elements")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut is_known = false;
        while let Some(key) = map.next_key::<String>()? {
            let item: fn(Value) -> Item = match key.as_str() {
                "features" => feature,
                "elements" => element,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    self.length.set(0);
                    continue;
                }
            };
            map.next_value_seed(Each { take: &mut *self.take, item, length: self.length })?;
            is_known = true;
        }
        Ok(is_known)
    }
}

/// A list, each passed on as it is read.
struct Each<'a> {
    take: Take<'a>,
    item: fn(Value) -> Item,
    length: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Each<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            self.length.set(0);
            if !(self.take)((self.item)(value)) {
                return Err(A::Error::custom("nobody takes them any more"));
            }
        }
        Ok(())
    }
}

/// Whether it says to be something else than a place that sells fuel.
fn is_other(tags: &BTreeMap<String, String>) -> bool {
    tags.get("amenity").is_some_and(|it| it != "fuel")
}

fn element(value: Value) -> Item {
    let element = Element::deserialize(value).map_err(|_| LeftOut::NoStation)?;
    if is_out_of_use(element.tags()) {
        return Err(LeftOut::OutOfUse);
    }
    // What it is made of comes along with a way: points without tags.
    if is_other(element.tags()) || element.tags().is_empty() {
        return Err(LeftOut::NoStation);
    }
    let place = element.place().ok_or(LeftOut::NoPlace)?;
    let origin = place.osm_id.clone().ok_or(LeftOut::NoStation)?;
    Ok((origin, place))
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    geometry: Value,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

fn feature(value: Value) -> Item {
    let feature = Feature::deserialize(value).map_err(|_| LeftOut::NoStation)?;
    let tags: BTreeMap<_, _> = feature
        .properties
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(&value)?)))
        .collect();
    if is_out_of_use(&tags) {
        return Err(LeftOut::OutOfUse);
    }
    if is_other(&tags) {
        return Err(LeftOut::NoStation);
    }
    let centre = centre(&feature.geometry["coordinates"]);
    let (longitude, latitude) = centre.ok_or(LeftOut::NoPlace)?;
    let id = tags.get("@id").map(String::as_str).or(feature.id.as_str()).and_then(OsmId::of);
    let place: Place = place_of_tags(&tags, None, latitude, longitude).ok_or(LeftOut::NoPlace)?;
    let origin = id.map_or_else(|| origin("geojson", &place), |it| it.0);
    Ok((origin, place))
}

/// A tag's text. Converters turn postcodes into numbers and `yes` into booleans.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_so) => Some(if *is_so { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

/// The middle of all the coordinates, however deep they stand.
fn centre(coordinates: &Value) -> Option<(f64, f64)> {
    fn widen(value: &Value, bounds: &mut [f64; 4]) {
        let Some(list) = value.as_array() else { return };
        match (list.first().and_then(Value::as_f64), list.get(1).and_then(Value::as_f64)) {
            (Some(east), Some(north)) => {
                let [west, east_most, south, north_most] = bounds;
                (*west, *east_most) = (west.min(east), east_most.max(east));
                (*south, *north_most) = (south.min(north), north_most.max(north));
            }
            _ => list.iter().for_each(|it| widen(it, bounds)),
        }
    }
    let mut bounds = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    widen(coordinates, &mut bounds);
    let [west, east, south, north] = bounds;
    (west <= east).then_some((f64::midpoint(west, east), f64::midpoint(south, north)))
}

#[cfg(test)]
mod tests {
    use super::read;

    fn read_all(text: &str) -> Result<Vec<String>, String> {
        let mut all = Vec::new();
        read(text.as_bytes(), &mut |item| {
            all.push(item.map_or_else(
                |why| format!("{why:?}"),
                |(origin, it)| {
                    let origin = origin.split_at(origin.len().min(8)).0.to_owned();
                    format!("{origin} {} {} {}", it.name, it.latitude, it.longitude)
                },
            ));
            true
        })?;
        Ok(all)
    }

    #[test]
    fn features_are_read_whatever_their_shape() {
        let text = r#"{"type":"FeatureCollection","generator":{"x":[1]},"features":[
            {"type":"Feature","id":"node/1","properties":{"amenity":"fuel","name":"One","x":7},
             "geometry":{"type":"Point","coordinates":[11.5,48.1]}},
            {"type":"Feature","properties":{"@id":"way/2","brand":"Two"},
             "geometry":{"type":"Polygon","coordinates":[[[1,2],[3,2],[3,6],[1,6],[1,2]]]}},
            {"type":"Feature","properties":{"name":"Own"},
             "geometry":{"type":"Point","coordinates":[0,0]}},
            {"type":"Feature","properties":{"amenity":"bank"},
             "geometry":{"type":"Point","coordinates":[0,0]}},
            {"type":"Feature","properties":{"name":"Nowhere"},"geometry":null},
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[181,0]}},
            7]}"#;
        assert_eq!(
            read_all(text).unwrap(),
            [
                "node/1 One 48.10000000 11.50000000",
                "way/2 Two 4.00000000 2.00000000",
                "geojson/ Own 0.00000000 0.00000000",
                "NoStation",
                "NoPlace",
                "NoPlace",
                "NoStation",
            ]
        );
    }

    #[test]
    fn elements_are_read_as_overpass_answers_them() {
        let text = r#"{"version":0.6,"elements":[
            {"type":"node","id":1,"lat":48.1,"lon":11.5,"tags":{"amenity":"fuel","name":"One"}},
            {"type":"way","id":2,"center":{"lat":1,"lon":2},"tags":{"amenity":"fuel"}},
            {"type":"node","id":3,"lat":0,"lon":0}]}"#;
        assert_eq!(
            read_all(text).unwrap(),
            [
                "node/1 One 48.10000000 11.50000000",
                "way/2 Fuel station 1.00000000 2.00000000",
                "NoStation"
            ]
        );
    }

    #[test]
    fn what_is_something_else_is_refused() {
        for text in ["", "[]", "7", "{", r#"{"features":7}"#, r#"{"features":[{"id":}]}"#] {
            assert!(read_all(text).is_err(), "{text}");
        }
        assert_eq!(read_all("{}").unwrap_err(), "it holds neither features nor elements");
        let endless = format!(r#"{{"features":[7,{{"id":"{}"}}]}}"#, "x".repeat(super::LONGEST));
        let told = read_all(&endless).unwrap_err();
        let why = "a feature or an element is longer than 4 MiB at line 1 column 41943";
        assert!(told.starts_with(why), "{told}");
        // However many there are.
        let many = format!("\"{}\",", "x".repeat(1000)).repeat(9000);
        assert_eq!(read_all(&format!(r#"{{"features":[{many}7]}}"#)).unwrap().len(), 9001);
    }
}
