//! Reads OpenStreetMap stations: the features of a GeoJSON file or the elements of an Overpass response.
//! Items are streamed, with one in memory at a time.

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

use super::{ParsedItem, Sink, SkipReason, origin};
use crate::{
    core::locale::Message,
    features::stations::{
        fields::OsmId,
        providers::{Element, Place, is_out_of_use, place_from_tags},
    },
    t,
};

/// The maximum size of a feature or element in bytes.
const MAX_ITEM_BYTES: usize = 4 * 1024 * 1024;

/// Reads every feature or element.
///
/// # Errors
/// The file is not valid JSON or has another structure.
pub(super) fn read(file: impl Read, sink: Sink<'_>) -> Result<(), Message> {
    let unreadable = |error: String| t!("stations-import-unreadable", error = error);
    let length = Cell::new(0);
    let file = without_bom(file).map_err(|error| unreadable(error.to_string()))?;
    let mut reader = serde_json::Deserializer::from_reader(BoundedReader { file, length: &length });
    let document = Document { sink, length: &length };
    let has_items =
        document.deserialize(&mut reader).map_err(|error| unreadable(error.to_string()))?;
    if has_items { Ok(()) } else { Err(t!("stations-import-no-items")) }
}

/// The file without a byte order mark.
fn without_bom(mut file: impl Read) -> io::Result<impl Read> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    let mut start = Vec::with_capacity(BOM.len());
    file.by_ref().take(BOM.len() as u64).read_to_end(&mut start)?;
    if start == BOM {
        start.clear();
    }
    Ok(io::Cursor::new(start).chain(file))
}

/// A reader that fails if an item is too long.
struct BoundedReader<'a, R> {
    file: R,
    /// The number of bytes of the current item that have been read.
    length: &'a Cell<usize>,
}

impl<R: Read> Read for BoundedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.length.set(self.length.get() + read);
        if self.length.get() > MAX_ITEM_BYTES {
            return Err(io::Error::other(t!("stations-import-item-too-long")));
        }
        Ok(read)
    }
}

/// The top-level object of the file.
struct Document<'a> {
    sink: Sink<'a>,
    length: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with features or elements")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut has_items = false;
        while let Some(key) = map.next_key::<String>()? {
            let parse: fn(Value) -> ParsedItem = match key.as_str() {
                "features" => feature,
                "elements" => element,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    self.length.set(0);
                    continue;
                }
            };
            map.next_value_seed(ItemList { sink: &mut *self.sink, parse, length: self.length })?;
            has_items = true;
        }
        Ok(has_items)
    }
}

/// A list whose items are passed to the sink one by one.
struct ItemList<'a> {
    sink: Sink<'a>,
    parse: fn(Value) -> ParsedItem,
    length: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for ItemList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ItemList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            self.length.set(0);
            if !(self.sink)((self.parse)(value)) {
                return Err(A::Error::custom("the import was stopped"));
            }
        }
        Ok(())
    }
}

/// Whether the tags describe something other than a fuel station.
fn is_other_amenity(tags: &BTreeMap<String, String>) -> bool {
    tags.get("amenity").is_some_and(|it| it != "fuel")
}

fn element(value: Value) -> ParsedItem {
    let element = Element::deserialize(value).map_err(|_| SkipReason::NotAStation)?;
    if is_out_of_use(element.tags()) {
        return Err(SkipReason::OutOfUse);
    }
    // A way is accompanied by its nodes, which have no tags.
    if is_other_amenity(element.tags()) || element.tags().is_empty() {
        return Err(SkipReason::NotAStation);
    }
    let place = element.into_place().ok_or(SkipReason::NoLocation)?;
    let origin = place.osm_id.clone().ok_or(SkipReason::NotAStation)?;
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

fn feature(value: Value) -> ParsedItem {
    let feature = Feature::deserialize(value).map_err(|_| SkipReason::NotAStation)?;
    let tags: BTreeMap<_, _> = feature
        .properties
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(&value)?)))
        .collect();
    if is_out_of_use(&tags) {
        return Err(SkipReason::OutOfUse);
    }
    if is_other_amenity(&tags) {
        return Err(SkipReason::NotAStation);
    }
    let center = center(&feature.geometry["coordinates"]);
    let (longitude, latitude) = center.ok_or(SkipReason::NoLocation)?;
    let id = tags.get("@id").map(String::as_str).or(feature.id.as_str()).and_then(OsmId::of);
    let place: Place =
        place_from_tags(&tags, None, latitude, longitude).ok_or(SkipReason::NoLocation)?;
    let origin = id.map_or_else(|| origin("geojson", &place), |it| it.0);
    Ok((origin, place))
}

/// The text of a tag. Converters turn postcodes into numbers and `yes` into booleans.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(if *value { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

/// The center of all coordinates, at any nesting depth.
fn center(coordinates: &Value) -> Option<(f64, f64)> {
    fn extend(value: &Value, bounds: &mut [f64; 4]) {
        let Some(list) = value.as_array() else { return };
        match (list.first().and_then(Value::as_f64), list.get(1).and_then(Value::as_f64)) {
            (Some(east), Some(north)) => {
                let [west, east_most, south, north_most] = bounds;
                (*west, *east_most) = (west.min(east), east_most.max(east));
                (*south, *north_most) = (south.min(north), north_most.max(north));
            }
            _ => list.iter().for_each(|it| extend(it, bounds)),
        }
    }
    let mut bounds = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    extend(coordinates, &mut bounds);
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
                |reason| format!("{reason:?}"),
                |(origin, it)| {
                    let origin = origin.split_at(origin.len().min(8)).0.to_owned();
                    format!("{origin} {} {} {}", it.name, it.latitude, it.longitude)
                },
            ));
            true
        })
        .map_err(|it| it.to_string())?;
        Ok(all)
    }

    #[test]
    fn features_with_any_geometry_are_read() {
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
                "NotAStation",
                "NoLocation",
                "NoLocation",
                "NotAStation",
            ]
        );
    }

    #[test]
    fn overpass_elements_are_read() {
        let text = r#"{"version":0.6,"elements":[
            {"type":"node","id":1,"lat":48.1,"lon":11.5,"tags":{"amenity":"fuel","name":"One"}},
            {"type":"way","id":2,"center":{"lat":1,"lon":2},"tags":{"amenity":"fuel"}},
            {"type":"node","id":3,"lat":0,"lon":0}]}"#;
        assert_eq!(
            read_all(text).unwrap(),
            [
                "node/1 One 48.10000000 11.50000000",
                "way/2 Fuel station 1.00000000 2.00000000",
                "NotAStation"
            ]
        );
    }

    #[test]
    fn other_json_and_oversized_items_are_rejected() {
        for text in ["", "[]", "7", "{", r#"{"features":7}"#, r#"{"features":[{"id":}]}"#] {
            assert!(read_all(text).is_err(), "{text}");
        }
        let error = read_all("{}").unwrap_err();
        assert_eq!(error, "the file contains neither features nor elements");
        let endless =
            format!(r#"{{"features":[7,{{"id":"{}"}}]}}"#, "x".repeat(super::MAX_ITEM_BYTES));
        let error = read_all(&endless).unwrap_err();
        let expected = "the file can’t be read: a feature or an element is longer than 4 MiB at line 1 column 41943";
        assert!(error.starts_with(expected), "{error}");
        // The number of items is not limited.
        let many = format!("\"{}\",", "x".repeat(1000)).repeat(9000);
        assert_eq!(read_all(&format!(r#"{{"features":[{many}7]}}"#)).unwrap().len(), 9001);
    }
}
