//! Finds places that are already stored as another OpenStreetMap element of the same station.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use sqlx::Result;

use crate::{
    core::db::{Tx, fixed::Fixed},
    features::stations::{
        geo::{Cells, Latitude, Longitude, Point},
        merge::{Identity, MAPPED_TWICE_METERS, is_mapped_twice},
        providers::{Place, UNNAMED},
    },
    sql,
};

/// Slightly more than [`MAPPED_TWICE_METERS`], in the smallest unit of a latitude.
const LATITUDE_RANGE: i64 = 30_000;
/// The maximum number of cells to search around a place. At a pole there would be thousands.
const MAX_CELLS: usize = 9;

/// A stored station near a new place.
#[derive(sqlx_derive::FromRow)]
struct NearbyStation {
    new_origin: String,
    origin: String,
    name: String,
    brand: Option<String>,
    latitude: Latitude,
    longitude: Longitude,
}

const IN_POSTGRES: &str =
    "SELECT it.origin AS new_origin, s.origin, s.name, s.brand, s.latitude, s.longitude
     FROM jsonb_to_recordset(CAST($1 AS JSONB))
            AS it (origin TEXT, cell INTEGER, south NUMERIC, north NUMERIC)
     CROSS JOIN LATERAL (
       SELECT origin, name, brand, latitude, longitude FROM stations
       WHERE cell = it.cell AND latitude >= it.south AND latitude <= it.north OFFSET 0
     ) AS s
     WHERE s.origin IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM stations k WHERE k.origin = it.origin)";

const IN_SQLITE: &str =
    "SELECT it.value ->> 'origin' AS new_origin, s.origin, s.name, s.brand, s.latitude, s.longitude
     FROM json_each($1) it
     CROSS JOIN stations s
     WHERE s.cell = it.value ->> 'cell' AND s.latitude >= it.value ->> 'south_units'
       AND s.latitude <= it.value ->> 'north_units' AND s.origin IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM stations k WHERE k.origin = it.value ->> 'origin')";

/// Returns the origins of the new places that are another element of a stored station.
pub(in crate::features::stations) async fn find_duplicates(
    tx: &mut Tx,
    places: &[(String, Place)],
) -> Result<HashSet<String>> {
    let ranges = search_ranges(places);
    let near: Vec<NearbyStation> = match tx {
        Tx::Postgres { .. } => sql!(tx, fetch_all, IN_POSTGRES, &ranges)?,
        Tx::Sqlite(_) => sql!(tx, fetch_all, IN_SQLITE, &ranges)?,
    };
    let places: HashMap<_, _> = places.iter().map(|it| (&it.0, &it.1)).collect();
    let is_duplicate = |it: &NearbyStation| {
        // Each line of a CSV file is a separate station.
        let is_element = !it.origin.starts_with("csv/");
        let stored = Identity {
            google_place_id: None,
            osm_id: Some(&it.origin),
            name: &it.name,
            brand: it.brand.as_deref(),
            point: Some(Point::of(it.latitude, it.longitude)),
        };
        let Some(place) = places.get(&it.new_origin) else { return false };
        // A named place is not a duplicate of an unnamed station: its name would be lost.
        let adds_name = it.name == UNNAMED && place.name != UNNAMED;
        is_element && !adds_name && is_mapped_twice(stored, (*place).into())
    };
    Ok(near.into_iter().filter(is_duplicate).map(|it| it.new_origin).collect())
}

/// The cells and latitudes to search for each place, as a JSON array.
fn search_ranges(places: &[(String, Place)]) -> String {
    let ranges = |(origin, place): &(String, Place)| {
        let (units, origin) = (place.latitude.units(), origin.clone());
        let (south, north) = (units - LATITUDE_RANGE, units + LATITUDE_RANGE);
        let degrees = |units| Fixed::<11, 8>::from_units(units).map(|it| it.to_string());
        let cells = Cells::around(place.point(), MAPPED_TWICE_METERS);
        let cells = cells.runs().flat_map(|(low, high)| low..=high).take(MAX_CELLS);
        let cells: Vec<_> = cells.collect();
        cells.into_iter().map(move |cell| {
            json!({
                "origin": origin, "cell": cell, "south": degrees(south), "north": degrees(north),
                "south_units": south, "north_units": north,
            })
        })
    };
    places.iter().flat_map(ranges).collect::<serde_json::Value>().to_string()
}
