//! Checks with a large sample that the API and the page return readings exactly as they were entered.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{SourceKind, SourceReading, store};
use crate::{
    core::{
        input::{Field as _, FieldValue},
        units::Distance,
    },
    features::vehicles::VehicleId,
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![readings_are_returned_exactly_as_entered];

const MAX_WHOLE: i64 = 2_000_000;
const MAX_TENTHS: i64 = 2_000_000;

/// Whole values up to two million and tenths up to two hundred thousand: both ends, and values at even steps
/// in between. If the steps are primes, every last digit occurs.
fn sample(step_of_whole: usize, step_of_tenths: usize) -> Vec<String> {
    let whole = (0..MAX_WHOLE).step_by(step_of_whole).chain([MAX_WHOLE - 1, MAX_WHOLE]);
    let tenths = (0..MAX_TENTHS)
        .step_by(step_of_tenths)
        .chain([1, 9, MAX_TENTHS - 1])
        .filter(|it| it % 10 != 0);
    let tenths = tenths.map(|it| format!("{}.{}", it / 10, it % 10));
    let mut all: Vec<String> = whole.map(|it| it.to_string()).chain(tenths).collect();
    // Readings that a former version altered.
    all.extend(["12346", "128000", "15000"].map(str::to_owned));
    all
}

/// Reads a value as the API does, and as the form does. Both must read the same.
fn read(value: &str, today: NaiveDate) -> Distance {
    let json = format!(r#"{{"value":{value},"unit":"km"}}"#);
    let by_api = Distance::read(&FieldValue::Nested(json), today).unwrap();
    let by_form = FieldValue::Measured { value: grouped(value), unit: "km".to_owned() };
    assert_eq!(Distance::read(&by_form, today).unwrap(), by_api, "{value}");
    by_api
}

#[test]
fn the_api_and_the_form_read_the_same() {
    let typed = sample(179, 193);
    assert!(typed.len() > 20_000, "{}", typed.len());
    for value in typed {
        read(&value, NaiveDate::default());
    }
}

/// Groups digits with commas, as pages do.
fn grouped(typed: &str) -> String {
    let (whole, fraction) = typed.split_once('.').map_or((typed, ""), |it| it);
    let mut text = String::new();
    for (nth, digit) in whole.chars().enumerate() {
        if nth > 0 && (whole.len() - nth) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if fraction.is_empty() { text } else { format!("{text}.{fraction}") }
}

async fn readings_are_returned_exactly_as_entered(app: TestApp) {
    let user = app.register("ann@example.org").await;
    user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let id: VehicleId = serde_json::from_value(json!(vehicle)).unwrap();
    let owner = user.user_id().await;

    // One reading per day. They are inserted directly, because two thousand requests take too long.
    let typed = sample(1973, 1999);
    assert!(typed.len() > 1_900, "{}", typed.len());
    let first = NaiveDate::from_ymd_opt(1960, 1, 1).unwrap();
    let mut tx = app.app.db.write_for(&owner).await.unwrap();
    for (nth, value) in (0..).zip(&typed) {
        let reading = SourceReading {
            id: Uuid::now_v7(),
            kind: SourceKind::Manual,
            date: first + Days::new(nth),
            reading: read(value, first),
            previous_reading: None,
            notes: None,
        };
        store::insert(&mut tx, &owner, id, &reading, app.app.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();

    // Latest first.
    let mut expected: Vec<&str> = typed.iter().rev().map(String::as_str).collect();
    let path = format!("/api/vehicles/{vehicle}/odometer?limit=200");
    let mut returned = Vec::new();
    let mut next = path.clone();
    loop {
        let page = user.get(&next).await;
        assert_eq!(page.status, 200, "{page:?}");
        for item in page.body["items"].as_array().unwrap() {
            assert_eq!(item["odometer"]["unit"], "km");
            returned.push(item["odometer"]["value"].to_string());
        }
        match &page.body["nextCursor"] {
            Value::String(cursor) => next = format!("{path}&cursor={cursor}"),
            _ => break,
        }
    }
    assert_eq!(returned, expected);

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
