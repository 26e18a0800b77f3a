//! Tests of upcoming items.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    upcoming_items_are_listed_most_urgent_first,
    upcoming_items_are_paginated,
    days_until_due_follow_the_users_time_zone,
    cached_items_are_evaluated_for_the_current_day,
    every_change_to_upcoming_items_is_visible_immediately,
    due_dates_are_predicted_from_past_readings,
    a_reading_with_an_extra_digit_does_not_move_due_dates,
    items_of_other_users_and_trashed_vehicles_are_excluded,
];

async fn upcoming(garage: &Garage) -> Vec<Value> {
    let list = garage.user.get("/api/maintenance/upcoming").await;
    assert_eq!(list.status, 200, "{list:?}");
    list.body["items"].as_array().unwrap().clone()
}

/// Returns the type, status, days and miles of each item.
async fn summaries(garage: &Garage) -> Vec<String> {
    let summaries = |it: &Value| {
        let text = |name: &str| it[name].to_string().replace('"', "");
        [text("type"), text("status"), text("dueInDays"), text("dueInMiles")].join(" ")
    };
    upcoming(garage).await.iter().map(summaries).collect()
}

async fn upcoming_items_are_listed_most_urgent_first(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    // The vehicle is at 50,000 miles, and today is January 31, 2026.
    for (kind, due) in [
        ("far", json!({ "dueDate": "2026-03-03" })),
        ("month", json!({ "dueDate": "2026-03-02" })),
        ("today", json!({ "dueDate": "2026-01-31" })),
        ("past", json!({ "dueDate": "2026-01-30" })),
        ("miles_past", json!({ "dueMileage": 49_000 })),
        ("miles_now", json!({ "dueMileage": 50_000 })),
        ("miles_soon", json!({ "dueMileage": 50_500 })),
        ("miles_far", json!({ "dueMileage": 50_501 })),
        ("either", json!({ "dueDate": "2027-01-31", "dueMileage": 50_100 })),
        ("or", json!({ "dueDate": "2026-02-01", "dueMileage": 90_000 })),
    ] {
        let mut item = due;
        item["type"] = json!(kind);
        garage.add_item(item).await;
    }
    garage.add_item(json!({ "completedDate": "2026-01-01" })).await;
    assert_eq!(
        summaries(&garage).await,
        [
            "miles_past overdue null -1000",
            "past overdue -1 null",
            "today due-soon 0 null",
            "miles_now due-soon null 0",
            "or due-soon 1 40000",
            "either due-soon 365 100",
            "month due-soon 30 null",
            "miles_soon due-soon null 500",
            "miles_far upcoming null 501",
            "far upcoming 31 null",
        ]
    );
    // The full item with the calculated members.
    let first = upcoming(&garage).await[1].clone();
    let id = first["id"].as_str().unwrap();
    let mut item = garage.user.get(&format!("/api/maintenance/{id}")).await.body;
    item["status"] = json!("overdue");
    item["vehicle"] = json!({ "id": garage.vehicle, "name": "2003 Honda Accord" });
    item["dueInDays"] = json!(-1);
    for name in ["dueInMiles", "predictedDueDate", "predictedDueEarliest", "predictedDueLatest"] {
        item[name] = Value::Null;
    }
    assert_eq!(first, item);
}

async fn upcoming_items_are_paginated(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for day in 1..=5 {
        garage.add_item(json!({ "dueDate": format!("2026-02-0{day}") })).await;
    }
    let base = format!("/api/maintenance/upcoming?limit=2&vehicleId={}", garage.vehicle);
    let (mut days, mut path) = (Vec::new(), base.clone());
    loop {
        let page = garage.user.get(&path).await.body;
        let items = page["items"].as_array().unwrap();
        days.extend(items.iter().map(|it| it["dueInDays"].as_i64().unwrap()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("{base}&cursor={next}");
    }
    assert_eq!(days, [1, 2, 3, 4, 5]);
    for cursor in ["nonsense", "1", "1_2", "1_019c0f4e-7a31-7c52-9d0b-3f6a2e81b4d7_3"] {
        let path = format!("/api/maintenance/upcoming?cursor={cursor}");
        assert_eq!(garage.user.get(&path).await.status, 422, "{cursor}");
    }
}

async fn days_until_due_follow_the_users_time_zone(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    // A session would expire before the summer, so use a token.
    let token = json!({ "name": "script", "scope": "write" });
    let token = garage.user.post("/api/auth/tokens", token).await.body["token"].clone();
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let user = app.anonymous().with_header("authorization", &bearer);
    let garage = Garage { user, ..garage };
    // Time zones, dates of clock changes, and when those dates begin and end.
    let table = [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"),
    ];
    for (zone, day, begins, ends) in table {
        let zone = json!({ "timeZone": zone });
        assert_eq!(garage.user.patch("/api/user/preferences", zone).await.status, 200);
        let path = garage.add_item(json!({ "dueDate": day })).await;
        let (begins, ends): (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>) =
            (begins.parse().unwrap(), ends.parse().unwrap());
        for (moment, days) in [
            (begins - TimeDelta::seconds(1), 1),
            (begins, 0),
            (ends - TimeDelta::seconds(1), 0),
            (ends, -1),
        ] {
            app.app.clock.advance(moment - app.app.clock.now());
            let list = garage.user.get("/api/maintenance/upcoming").await;
            assert_eq!(list.body["items"][0]["dueInDays"], days, "{day} at {moment}: {list:?}");
        }
        garage.user.delete(&path).await;
    }
}

async fn cached_items_are_evaluated_for_the_current_day(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "dueDate": "2026-01-31" })).await;
    assert_eq!(summaries(&garage).await, ["oil_change due-soon 0 null"]);
    // Still cached, but the date has changed.
    app.app.clock.advance(TimeDelta::hours(12));
    assert_eq!(summaries(&garage).await, ["oil_change overdue -1 null"]);
    // In a time zone where it is still the previous day.
    let zone = json!({ "timeZone": "America/Los_Angeles" });
    garage.user.patch("/api/user/preferences", zone).await;
    assert_eq!(summaries(&garage).await, ["oil_change due-soon 0 null"]);
}

async fn every_change_to_upcoming_items_is_visible_immediately(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueMileage": 51_000, "intervalMiles": 1000 })).await;
    assert_eq!(summaries(&garage).await, ["oil_change upcoming null 1000"]);
    garage.add_fill_up("2026-01-20", 50_400).await;
    assert_eq!(summaries(&garage).await, ["oil_change upcoming null 600"]);
    garage.add_fill_up("2026-01-30", 50_600).await;
    assert_eq!(summaries(&garage).await, ["oil_change due-soon null 400"]);
    let vehicle = format!("/api/vehicles/{}", garage.vehicle);
    garage.user.patch(&vehicle, json!({ "odometerReading": 51_100 })).await;
    assert_eq!(summaries(&garage).await, ["oil_change overdue null -100"]);
    garage.user.post(&format!("{item}/postpone"), json!({ "dueMileage": 51_200 })).await;
    assert_eq!(summaries(&garage).await, ["oil_change due-soon null 100"]);
    garage.user.patch(&item, json!({ "type": "coolant" })).await;
    assert_eq!(summaries(&garage).await, ["coolant due-soon null 100"]);
    garage.user.delete(&vehicle).await;
    assert_eq!(summaries(&garage).await, [""; 0]);
    garage.user.post(&format!("{vehicle}/restore"), json!({})).await;
    assert_eq!(summaries(&garage).await, ["coolant due-soon null 100"]);
    garage.user.post(&format!("{item}/skip"), json!({})).await;
    assert_eq!(summaries(&garage).await, ["coolant upcoming null 900"]);
    let done = json!({ "completedDate": "2026-01-31", "completedMileage": 51_300 });
    garage.user.post(&format!("{item}/complete"), done).await;
    assert_eq!(summaries(&garage).await, ["coolant upcoming null 1000"]);
    let log = garage.user.get("/api/fuel-logs").await.body["items"][0]["id"].clone();
    let log = format!("/api/fuel-logs/{}", log.as_str().unwrap());
    garage.user.patch(&log, json!({ "date": "2026-01-31", "odometerReading": 52_000, "confirm": ["/odometerReading"] })).await;
    assert_eq!(summaries(&garage).await, ["coolant due-soon null 300"]);
    let next = upcoming(&garage).await[0]["id"].as_str().unwrap().to_owned();
    garage.user.delete(&format!("/api/maintenance/{next}")).await;
    assert_eq!(summaries(&garage).await, [""; 0]);
}

async fn due_dates_are_predicted_from_past_readings(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "dueMileage": 53_000 })).await;
    garage.add_item(json!({ "type": "registration", "dueDate": "2026-12-01" })).await;
    let predicted = async || {
        let items = upcoming(&garage).await;
        let of = |kind: &str| items.iter().find(|it| it["type"] == kind).unwrap();
        assert_eq!(of("registration")["predictedDueDate"], Value::Null);
        of("oil_change")["predictedDueDate"].clone()
    };
    assert_eq!(predicted().await, Value::Null);
    garage.add_fill_up("2025-11-22", 50_100).await;
    assert_eq!(predicted().await, Value::Null, "two readings are too few");
    garage.add_fill_up("2025-12-12", 50_700).await;
    garage.add_fill_up("2026-01-01", 51_300).await;
    garage.add_fill_up("2026-01-21", 51_900).await;
    // At 30 miles a day, 1,100 more miles take 37 days.
    assert_eq!(predicted().await, "2026-02-27");
    // Readings of completed items count as well.
    let done = json!({ "completedDate": "2026-01-31", "completedMileage": 52_950 });
    garage.add_item(done).await;
    let item = upcoming(&garage).await[0].clone();
    let day = |name: &str| item[name].as_str().unwrap().to_owned();
    assert!(day("predictedDueEarliest") <= day("predictedDueDate"), "{item}");
    assert!(day("predictedDueDate") <= day("predictedDueLatest"), "{item}");
    assert!(day("predictedDueDate").as_str() < "2026-02-27", "{item}");
}

async fn a_reading_with_an_extra_digit_does_not_move_due_dates(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "dueMileage": 53_000 })).await;
    let days = ["2025-11-02", "2025-11-22", "2025-12-12", "2026-01-01"];
    for (nth, day) in (0_i64..).zip(days) {
        garage.add_fill_up(day, 50_100 + nth * 600).await;
    }
    let before = upcoming(&garage).await;
    assert_eq!(before[0]["predictedDueDate"], "2026-02-07");
    assert_eq!(before[0]["dueInMiles"], 1100);
    garage.add_fill_up("2026-01-21", 525_000).await;
    let after = upcoming(&garage).await;
    assert_eq!(after[0]["predictedDueDate"], "2026-02-07");
    assert_eq!((&after[0]["dueInMiles"], &after[0]["status"]), (&json!(1100), &json!("upcoming")));
}

async fn items_of_other_users_and_trashed_vehicles_are_excluded(app: TestApp) {
    let ann = garage(&app, "ann@example.org").await;
    let bob = garage(&app, "bob@example.org").await;
    ann.add_item(json!({ "dueDate": "2026-03-01" })).await;
    assert!(upcoming(&bob).await.is_empty());
    let path = |vehicle: &str| format!("/api/maintenance/upcoming?vehicleId={vehicle}");
    assert_eq!(bob.user.get(&path(&ann.vehicle)).await.status, 404);
    assert_eq!(bob.user.get(&path(&bob.vehicle)).await.body["items"], json!([]));
    ann.user.delete(&format!("/api/vehicles/{}", ann.vehicle)).await;
    assert_eq!(ann.user.get(&path(&ann.vehicle)).await.status, 404);
}
