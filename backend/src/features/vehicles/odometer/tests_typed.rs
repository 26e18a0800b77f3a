//! Readings come back as they were typed: a large sample, by the API and on the page.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Seen, SourceKind, store};
use crate::{
    core::{
        input::{Field as _, Given},
        units::Distance,
    },
    features::vehicles::VehicleId,
    testing::{TestApp, on_every_engine},
};

on_every_engine![twenty_thousand_readings_come_back_as_typed];

const WHOLE: i64 = 2_000_000;
const TENTHS: i64 = 2_000_000;

/// Whole values up to two million and tenths up to two hundred thousand: both ends, and what lies
/// between at even steps. The steps are primes, so that every last digit occurs.
fn sample() -> Vec<String> {
    let whole = (0..WHOLE).step_by(179).chain([WHOLE - 1, WHOLE]);
    let tenths = (0..TENTHS).step_by(193).chain([1, 9, TENTHS - 1]).filter(|it| it % 10 != 0);
    let tenths = tenths.map(|it| format!("{}.{}", it / 10, it % 10));
    let mut all: Vec<String> = whole.map(|it| it.to_string()).chain(tenths).collect();
    // And the readings that were once changed.
    all.extend(["12346", "128000", "15000"].map(str::to_owned));
    all
}

/// With a comma between groups of three digits, as pages show it.
fn grouped(typed: &str) -> String {
    let (whole, fraction) = typed.split_once('.').map_or((typed, ""), |it| it);
    let mut shown = String::new();
    for (nth, digit) in whole.chars().enumerate() {
        if nth > 0 && (whole.len() - nth) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    if fraction.is_empty() { shown } else { format!("{shown}.{fraction}") }
}

async fn twenty_thousand_readings_come_back_as_typed(app: TestApp) {
    let user = app.register("ann@example.org").await;
    user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let id: VehicleId = serde_json::from_value(json!(vehicle)).unwrap();
    let owner = user.user().await;

    // One a day, entered as the API and as the form read them. They are stored at once: twenty
    // thousand requests would take minutes.
    let typed = sample();
    assert!(typed.len() > 20_000, "{}", typed.len());
    let first = NaiveDate::from_ymd_opt(1960, 1, 1).unwrap();
    let mut tx = app.app.db.write_for(&owner).await.unwrap();
    for (nth, value) in (0..).zip(&typed) {
        let json = format!(r#"{{"value":{value},"unit":"km"}}"#);
        let by_api = Distance::read(&Given::Nested(json), first).unwrap();
        let by_form = Given::Measured { value: grouped(value), unit: "km".to_owned() };
        assert_eq!(Distance::read(&by_form, first).unwrap(), by_api, "{value}");
        let seen = Seen {
            id: Uuid::now_v7(),
            kind: SourceKind::Manual,
            date: first + Days::new(nth),
            reading: by_api,
            previous_reading: None,
            notes: None,
        };
        store::insert(&mut tx, &owner, id, &seen, app.app.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();

    // The latest first.
    let mut expected: Vec<&str> = typed.iter().rev().map(String::as_str).collect();
    let path = format!("/api/vehicles/{vehicle}/odometer?limit=200");
    let mut shown = Vec::new();
    let mut next = path.clone();
    loop {
        let page = user.get(&next).await;
        assert_eq!(page.status, 200, "{page:?}");
        for item in page.body["items"].as_array().unwrap() {
            assert_eq!(item["odometer"]["unit"], "km");
            shown.push(item["odometer"]["value"].to_string());
        }
        match &page.body["nextCursor"] {
            Value::String(cursor) => next = format!("{path}&cursor={cursor}"),
            _ => break,
        }
    }
    assert_eq!(shown, expected);

    let mut cursor = String::new();
    while !expected.is_empty() {
        let page = user.get(&format!("/vehicles/{vehicle}/odometer{cursor}")).await;
        let of_page: Vec<&str> = expected.drain(..expected.len().min(50)).collect();
        for value in of_page {
            let heading = format!("<h3>{} km</h3>", grouped(value));
            assert!(page.text().contains(&heading), "{heading}");
        }
        let Some((_, older)) = page.text().split_once("/odometer?cursor=") else { break };
        cursor = format!("?cursor={}", older.split('"').next().unwrap());
    }
    assert_eq!(expected, Vec::<&str>::new());
}
