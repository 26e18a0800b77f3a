//! Tests the import of stations from files.

use std::{fmt::Write as _, io::Write as _};

use serde_json::json;

use super::import::{Tally, import_file};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    imported_stations_are_found,
    importing_a_file_again_updates_changed_stations,
    imports_do_not_change_stations_that_users_saved,
    errors_in_a_file_contain_the_position,
    an_import_lists_a_deleted_station_again,
    stations_out_of_use_are_skipped,
    a_point_and_an_area_are_one_station,
    csv_files_from_spreadsheets_are_read,
    a_large_file_is_imported_quickly,
];

fn file(ending: &str, text: &str) -> tempfile::TempPath {
    let mut file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.into_temp_path()
}

fn element(id: u32, name: &str) -> String {
    format!(
        r#"{{"type":"node","id":{id},"lat":48.1,"lon":11.5,"tags":{{"amenity":"fuel","name":"{name}","fuel:diesel":"yes"}}}}"#
    )
}

fn elements(all: &[String]) -> String {
    format!(r#"{{"elements":[{}]}}"#, all.join(","))
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let found = app.get(&format!("/api/stations{query}")).await;
    let items = found.body["items"].as_array().unwrap();
    let mut names: Vec<_> =
        items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn imported_stations_are_found(app: TestApp) {
    let csv = "name,address,latitude,longitude,phone,website\n\
               \"Öl, Gas\",Weg 1,48.101,11.5,+49 1,https://a.example\n\
               Bad,,91,0,,\n\
               Evil,,48.102,11.5,,javascript:alert(1)\n";
    let tally = import_file(&app.app, &file(".CSV", csv)).await.unwrap();
    assert_eq!(tally, Tally { added: 2, no_place: 1, ..Tally::default() });
    let osm = elements(&[element(1, "One"), element(2, "Two"), element(1, "One again")]);
    let tally = import_file(&app.app, &file(".json", &osm)).await.unwrap();
    assert_eq!((tally.added, tally.unchanged, tally.skipped()), (2, 1, 0));
    let ann = app.register("ann@example.org").await;
    assert_eq!(names(&ann, "").await, ["Evil", "One again", "Two", "Öl, Gas"]);
    assert_eq!(names(&ann, "/search?query=%C3%96L%20weg").await, ["Öl, Gas"]);
    let found = ann.get("/api/stations/search?lat=48.1&lng=11.5&radius=50&limit=1").await;
    let item = &found.body["items"][0];
    assert_eq!(item["fuelTypes"], json!(["diesel"]));
    assert!(item["openStreetMapId"].as_str().unwrap().starts_with("node/"));
    // It has no owner, so only an administrator can change it.
    let path = format!("/api/stations/{}", item["id"].as_str().unwrap());
    assert_eq!(ann.patch(&path, json!({ "name": "Ann's" })).await.status, 403);
    let admin = app.as_administrator().await;
    assert_eq!(admin.patch(&path, json!({ "name": "Mended" })).await.status, 200);
    let all = ann.get("/api/stations").await;
    let evil = all.body["items"].as_array().unwrap().iter().find(|it| it["name"] == "Evil");
    assert!(evil.unwrap()["website"].is_null());
}

async fn importing_a_file_again_updates_changed_stations(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let first = file(".geojson", &elements(&[element(1, "One"), element(2, "Two")]));
    import_file(&app.app, &first).await.unwrap();
    let before = ann.get("/api/stations").await.body;
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let again = import_file(&app.app, &first).await.unwrap();
    assert_eq!(again, Tally { unchanged: 2, ..Tally::default() });
    assert_eq!(ann.get("/api/stations").await.body, before);
    let newer = elements(&[element(1, "One"), element(2, "Two anew"), element(3, "Three")]);
    let newer = import_file(&app.app, &file(".json", &newer)).await.unwrap();
    assert_eq!(newer, Tally { added: 1, changed: 1, unchanged: 1, ..Tally::default() });
    assert_eq!(names(&ann, "").await, ["One", "Three", "Two anew"]);
    assert_eq!(names(&ann, "/search?query=anew").await, ["Two anew"]);
}

async fn imports_do_not_change_stations_that_users_saved(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let own = json!({ "openStreetMapId": "node/1", "name": "Ann's words" });
    ann.post("/api/stations", own).await;
    let osm = file(".json", &elements(&[element(1, "One")]));
    assert_eq!(import_file(&app.app, &osm).await.unwrap().unchanged, 1);
    assert_eq!(names(&ann, "").await, ["Ann's words"]);
}

async fn errors_in_a_file_contain_the_position(app: TestApp) {
    let whole = elements(&[element(1, "One"), element(2, "Two")]);
    let broken = file(".json", &whole[..whole.len() - 5]);
    let error = import_file(&app.app, &broken).await.unwrap_err().to_string();
    assert!(error.contains("EOF") && error.contains("(after 1 station)"), "{error}");
    let nowhere = import_file(&app.app, std::path::Path::new("/nowhere.json")).await.unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere.json can’t be read"), "{nowhere}");
    let other = import_file(&app.app, &file(".csv", "a,b\n")).await.unwrap_err().to_string();
    assert!(other.contains("has no name column"), "{other}");
}

async fn an_import_lists_a_deleted_station_again(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let own = json!({ "openStreetMapId": "node/1", "name": "Ann's words" });
    let path = format!("/api/stations/{}", ann.post("/api/stations", own).await.id());
    let notes = json!({ "notes": "mine" }).to_string();
    let favorite = format!("{path}/favorite");
    bob.send_json(axum::http::Method::PUT, &favorite, &notes, &[]).await;
    assert_eq!(ann.delete(&path).await.status, 204);
    assert_eq!(names(&ann, "").await, [""; 0]);
    let osm = file(".json", &elements(&[element(1, "One")]));
    assert_eq!(import_file(&app.app, &osm).await.unwrap().changed, 1);
    assert_eq!(names(&ann, "").await, ["One"]);
    assert_eq!(names(&ann, "/search?lat=48.1&lng=11.5").await, ["One"]);
    let bobs = bob.get(&path).await.body;
    assert_eq!((&bobs["notes"], &bobs["isListed"]), (&json!("mine"), &json!(true)));
    // It no longer has an owner.
    assert_eq!(ann.patch(&path, json!({ "name": "Ann's" })).await.status, 403);
}

async fn stations_out_of_use_are_skipped(app: TestApp) {
    let tags = [
        r#""disused:amenity":"fuel""#,
        r#""abandoned:amenity":"fuel""#,
        r#""was:amenity":"fuel","amenity":"cafe""#,
        r#""demolished:amenity":"fuel""#,
        r#""removed:amenity":"fuel""#,
        r#""razed:amenity":"fuel""#,
        r#""construction:amenity":"fuel""#,
        r#""amenity":"construction","construction":"fuel""#,
        r#""amenity":"fuel","disused":"yes""#,
        r#""amenity":"fuel","abandoned":"yes""#,
    ];
    let node = |(nth, tags): (usize, &&str)| {
        format!(
            r#"{{"type":"node","id":{},"lat":1.{nth},"lon":2,"tags":{{"name":"Old",{tags}}}}}"#,
            nth + 1
        )
    };
    let mut all: Vec<_> = tags.iter().enumerate().map(node).collect();
    let in_use = [r#""amenity":"fuel","was:amenity":"bank""#, r#""amenity":"fuel","disused":"no""#];
    all.extend(
        in_use.iter().enumerate().map(|(nth, tags)| node((nth + 50, tags)).replace("Old", "New")),
    );
    let tally = import_file(&app.app, &file(".json", &elements(&all))).await.unwrap();
    let out_of_use = i64::try_from(tags.len()).unwrap();
    assert_eq!(tally, Tally { added: 2, out_of_use, ..Tally::default() });
    let feature = |tags: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"Old",{tags}}},
            "geometry":{{"type":"Point","coordinates":[3,4]}}}}"#
        )
    };
    let mut all: Vec<_> = tags.iter().map(|it| feature(it)).collect();
    all.push(feature(r#""amenity":"fuel","disused":true"#));
    let features = format!("\u{feff}{{\"features\":[{}]}}", all.join(","));
    let tally = import_file(&app.app, &file(".geojson", &features)).await.unwrap();
    assert_eq!(tally, Tally { out_of_use: out_of_use + 1, ..Tally::default() });
    let ann = app.register("ann@example.org").await;
    assert_eq!(names(&ann, "").await, ["New", "New"]);
}

fn at(kind: &str, id: u32, tags: &str, latitude: f64) -> String {
    let tags = if tags.is_empty() { String::new() } else { format!(",{tags}") };
    format!(
        r#"{{"type":"{kind}","id":{id},"center":{{"lat":{latitude},"lon":11.5}},
        "tags":{{"amenity":"fuel"{tags}}}}}"#
    )
}

async fn a_point_and_an_area_are_one_station(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let (layout, aral) = (r#""brand":"Shell""#, r#""brand":"Aral""#);
    let first = [
        at("node", 1, r#""name":"Shell Süd","brand":"Shell""#, 48.1),
        // About 20 m to the north, and others across the road and farther along it.
        at("way", 2, layout, 48.100_18),
        at("way", 3, aral, 48.100_2),
        at("node", 4, layout, 48.101),
        at("way", 5, "", 48.101_2),
    ];
    let tally = import_file(&app.app, &file(".json", &elements(&first))).await.unwrap();
    assert_eq!(tally, Tally { added: 3, doubles: 2, ..Tally::default() });
    assert_eq!(names(&ann, "").await, ["Aral", "Shell", "Shell Süd"]);
    // The elements of a later file are compared with stored stations, even in adjacent cells.
    let second = [at("relation", 6, layout, 48.099_9), at("way", 7, aral, 48.099_9)];
    let tally = import_file(&app.app, &file(".json", &elements(&second))).await.unwrap();
    assert_eq!(tally, Tally { added: 1, doubles: 1, ..Tally::default() });
    // A stored station is not a duplicate of itself.
    let again = import_file(&app.app, &file(".json", &elements(&second))).await.unwrap();
    assert_eq!(again, Tally { unchanged: 1, doubles: 1, ..Tally::default() });
    // A station without a name gets one.
    let unnamed = [at("way", 8, "", 48.2)];
    let named = [at("node", 9, r#""name":"Named""#, 48.2)];
    for file_of in [&unnamed, &named, &unnamed] {
        import_file(&app.app, &file(".json", &elements(file_of))).await.unwrap();
    }
    assert_eq!(names(&ann, "/search?lat=48.2&lng=11.5&radius=50").await, ["Named"]);
    // If both are already saved, a search shows one of them.
    let duplicate = json!({ "openStreetMapId": "way/2", "name": "Shell", "latitude": 48.100_18, "longitude": 11.5 });
    assert_eq!(ann.post("/api/stations", duplicate).await.status, 201);
    let found = names(&ann, "/search?lat=48.1&lng=11.5&radius=50").await;
    assert_eq!(found, ["Aral", "Aral", "Shell Süd"]);
}

async fn csv_files_from_spreadsheets_are_read(app: TestApp) {
    let mut csv = b"Brand;Street;House number;City;State;ZIP;Lat;Lon\r\n".to_vec();
    csv.extend(b"M\xfcller;Main Street;123;Springfield;IL;62704;39,8;-89,6\r\n");
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(&csv).unwrap();
    let tally = import_file(&app.app, file.path()).await.unwrap();
    assert_eq!(tally, Tally { added: 1, ..Tally::default() });
    let ann = app.register("ann@example.org").await;
    let found = ann.get("/api/stations/search?lat=39.8&lng=-89.6&radius=10").await;
    let item = &found.body["items"][0];
    assert_eq!((&item["name"], &item["brand"]), (&json!("Müller"), &json!("Müller")));
    assert_eq!(item["address"], "123 Main Street, Springfield, IL 62704");
}

/// The limit allows for an unoptimized build and parallel tests, but not for a statement per station or a
/// list in memory.
async fn a_large_file_is_imported_quickly(app: TestApp) {
    let mut csv = "name,latitude,longitude\n".to_owned();
    for nth in 0..20_000 {
        let (north, part, east) = (nth % 80, nth % 9999, nth % 179);
        let _ = writeln!(csv, "Station {nth},{north}.{part:04},{east}");
    }
    let csv = file(".csv", &csv);
    let start = std::time::Instant::now();
    let tally = import_file(&app.app, &csv).await.unwrap();
    assert_eq!(tally.added, 20_000);
    assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
}
