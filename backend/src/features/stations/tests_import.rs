//! Bringing stations in from files.

use std::{fmt::Write as _, io::Write as _};

use serde_json::json;

use super::import::{Tally, bring_in};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    a_file_is_brought_in_and_found,
    brought_in_again_it_changes_what_has_changed,
    what_a_user_saved_is_left_as_it_is,
    a_file_that_breaks_off_says_where,
    many_are_brought_in_fast,
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

async fn a_file_is_brought_in_and_found(app: TestApp) {
    let csv = "name,address,latitude,longitude,phone,website\n\
               \"Öl, Gas\",Weg 1,48.101,11.5,+49 1,https://a.example\n\
               Bad,,91,0,,\n\
               Evil,,48.102,11.5,,javascript:alert(1)\n";
    let tally = bring_in(&app.app, &file(".CSV", csv)).await.unwrap();
    assert_eq!(tally, Tally { added: 2, no_place: 1, ..Tally::default() });
    let osm = elements(&[element(1, "One"), element(2, "Two"), element(1, "One again")]);
    let tally = bring_in(&app.app, &file(".json", &osm)).await.unwrap();
    assert_eq!((tally.added, tally.unchanged, tally.left_out()), (2, 1, 0));
    let ann = app.register("ann@example.org").await;
    assert_eq!(names(&ann, "").await, ["Evil", "One again", "Two", "Öl, Gas"]);
    assert_eq!(names(&ann, "/search?query=%C3%96L%20weg").await, ["Öl, Gas"]);
    let found = ann.get("/api/stations/search?lat=48.1&lng=11.5&radius=50&limit=1").await;
    let item = &found.body["items"][0];
    assert_eq!(item["fuelTypes"], json!(["diesel"]));
    assert!(item["openStreetMapId"].as_str().unwrap().starts_with("node/"));
    // Nobody made it: only an administrator changes it.
    let path = format!("/api/stations/{}", item["id"].as_str().unwrap());
    assert_eq!(ann.patch(&path, json!({ "name": "Ann's" })).await.status, 403);
    let admin = app.as_administrator().await;
    assert_eq!(admin.patch(&path, json!({ "name": "Mended" })).await.status, 200);
    let all = ann.get("/api/stations").await;
    let evil = all.body["items"].as_array().unwrap().iter().find(|it| it["name"] == "Evil");
    assert!(evil.unwrap()["website"].is_null());
}

async fn brought_in_again_it_changes_what_has_changed(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let first = file(".geojson", &elements(&[element(1, "One"), element(2, "Two")]));
    bring_in(&app.app, &first).await.unwrap();
    let before = ann.get("/api/stations").await.body;
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let again = bring_in(&app.app, &first).await.unwrap();
    assert_eq!(again, Tally { unchanged: 2, ..Tally::default() });
    assert_eq!(ann.get("/api/stations").await.body, before);
    let newer = elements(&[element(1, "One"), element(2, "Two anew"), element(3, "Three")]);
    let newer = bring_in(&app.app, &file(".json", &newer)).await.unwrap();
    assert_eq!(newer, Tally { added: 1, changed: 1, unchanged: 1, ..Tally::default() });
    assert_eq!(names(&ann, "").await, ["One", "Three", "Two anew"]);
    assert_eq!(names(&ann, "/search?query=anew").await, ["Two anew"]);
}

async fn what_a_user_saved_is_left_as_it_is(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let own = json!({ "openStreetMapId": "node/1", "name": "Ann's words" });
    ann.post("/api/stations", own).await;
    let osm = file(".json", &elements(&[element(1, "One")]));
    assert_eq!(bring_in(&app.app, &osm).await.unwrap().unchanged, 1);
    assert_eq!(names(&ann, "").await, ["Ann's words"]);
}

async fn a_file_that_breaks_off_says_where(app: TestApp) {
    let whole = elements(&[element(1, "One"), element(2, "Two")]);
    let broken = file(".json", &whole[..whole.len() - 5]);
    let told = bring_in(&app.app, &broken).await.unwrap_err().to_string();
    assert!(told.contains("EOF") && told.contains("(after 1 stations)"), "{told}");
    let nowhere = bring_in(&app.app, std::path::Path::new("/nowhere.json")).await.unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere.json cannot be read"), "{nowhere}");
    let other = bring_in(&app.app, &file(".csv", "a,b\n")).await.unwrap_err().to_string();
    assert!(other.contains("names no column name"), "{other}");
}

/// In a build that is not optimised, beside other tests: a bound that a statement a station or a
/// list in memory would break.
async fn many_are_brought_in_fast(app: TestApp) {
    let mut csv = "name,latitude,longitude\n".to_owned();
    for nth in 0..20_000 {
        let (north, part, east) = (nth % 80, nth % 9999, nth % 179);
        let _ = writeln!(csv, "Station {nth},{north}.{part:04},{east}");
    }
    let csv = file(".csv", &csv);
    let begun = std::time::Instant::now();
    let tally = bring_in(&app.app, &csv).await.unwrap();
    assert_eq!(tally.added, 20_000);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}
