//! Tests of values as entered: readings, intervals, amounts, and implausible values.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    readings_and_intervals_come_back_as_entered,
    kilometer_values_are_unchanged_by_edits_to_other_fields,
    contradicting_values_are_reported_on_the_member_that_was_sent,
    kilometer_intervals_are_added_exactly,
    plans_use_round_intervals_in_the_users_unit,
    an_amount_keeps_its_currency,
    amounts_are_limited_to_the_decimals_of_their_currency,
    a_future_completion_date_needs_confirmation,
    an_implausible_reading_needs_confirmation,
    an_unusually_high_amount_needs_confirmation,
    the_odometer_follows_changes_to_completed_items,
    completing_by_patch_creates_the_next_item,
    without_a_reading_the_next_item_counts_from_the_interpolated_odometer,
    a_next_item_beyond_the_limits_is_rejected,
    a_calendar_shows_readings_in_its_owners_unit,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

async fn body(garage: &Garage, path: &str) -> Value {
    garage.user.get(path).await.body
}

async fn odometer(garage: &Garage, vehicle: &str) -> Value {
    body(garage, &format!("/api/vehicles/{vehicle}")).await["odometerReading"].clone()
}

async fn readings_and_intervals_come_back_as_entered(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({ "dueOdometer": km(128_000), "intervalDistance": km(15_000) });
    let path = garage.add_item(item).await;
    let item = body(&garage, &path).await;
    assert_eq!((&item["dueOdometer"], &item["dueMileage"]), (&km(128_000), &json!(79_536)));
    assert_eq!((&item["intervalDistance"], &item["intervalMiles"]), (&km(15_000), &json!(9321)));
    // Tenths in both units.
    for (value, unit, miles) in [(12_346.5, "km", 7672), (12_346.5, "mi", 12_347)] {
        let typed = json!({ "value": value, "unit": unit });
        let done = json!({
            "completedDate": "2026-01-30", "completedOdometer": typed,
            "confirm": ["/completedOdometer"],
        });
        let done = body(&garage, &garage.add_item(done).await).await;
        assert_eq!(
            (&done["completedOdometer"], &done["completedMileage"]),
            (&typed, &json!(miles))
        );
    }
    // Sending miles alone replaces the reading as entered.
    let changed = garage.user.patch(&path, json!({ "dueMileage": 79_536 })).await.body;
    assert_eq!(changed["dueOdometer"], json!({ "value": 79_536, "unit": "mi" }));
}

async fn kilometer_values_are_unchanged_by_edits_to_other_fields(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueMileage": 1 })).await;
    for nth in 0..50 {
        // The limits, and some values in between.
        let value = [0, 1, 12_346, 128_000, 1_999_999, 2_000_000].get(nth).copied();
        let value = value.unwrap_or_else(|| i64::try_from(nth).unwrap() * 39_119 % 2_000_000);
        let typed = garage.user.patch(&path, json!({ "dueOdometer": km(value) })).await;
        assert_eq!(typed.body["dueOdometer"], km(value), "{typed:?}");
        garage.user.patch(&path, json!({ "notes": format!("number {nth}") })).await;
        let read = body(&garage, &path).await;
        assert_eq!(
            (&read["dueOdometer"], &read["notes"]),
            (&km(value), &json!(format!("number {nth}")))
        );
        // Both forms as they were returned.
        let both = json!({ "dueOdometer": read["dueOdometer"], "dueMileage": read["dueMileage"] });
        let again = garage.user.patch(&path, both).await;
        assert_eq!((again.status, &again.body["dueOdometer"]), (200, &km(value)));
    }
}

async fn contradicting_values_are_reported_on_the_member_that_was_sent(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (item, pointer) in [
        (json!({ "dueMileage": 79_537, "dueOdometer": km(128_000) }), "/dueMileage"),
        (
            json!({ "dueDate": "2026-03-01", "intervalMiles": 1, "intervalDistance": km(9) }),
            "/intervalMiles",
        ),
        (json!({ "dueDate": "2026-03-01", "intervalDistance": km(0) }), "/intervalDistance"),
        (
            json!({ "completedDate": "2026-01-01", "completedMileage": 1, "completedOdometer": km(9) }),
            "/completedMileage",
        ),
        (json!({ "dueDate": "2026-03-01", "cost": 1, "amount": 2 }), "/cost"),
        (json!({ "dueDate": "2026-03-01", "dueOdometer": { "value": 1 } }), "/dueOdometer"),
    ] {
        let refused = garage.post_item(item.clone()).await;
        assert_eq!(refused.status, 422, "{item}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{item}");
    }
    let path = garage.add_item(json!({ "dueOdometer": km(128_000) })).await;
    let refused =
        garage.user.patch(&path, json!({ "dueOdometer": km(1), "dueMileage": null })).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/dueMileage");
    let later = json!({ "dueOdometer": km(129_000), "dueMileage": 1 });
    let refused = garage.user.post(&format!("{path}/postpone"), later).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/dueMileage");
    let later = json!({ "dueOdometer": km(129_000) });
    let postponed = garage.user.post(&format!("{path}/postpone"), later).await;
    assert_eq!((postponed.status, &postponed.body["dueOdometer"]), (200, &km(129_000)));
}

async fn kilometer_intervals_are_added_exactly(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({ "dueOdometer": km(100_000), "intervalDistance": km(15_000) });
    let path = garage.add_item(item).await;
    let skipped = garage.user.post(&format!("{path}/skip"), json!({})).await.body;
    assert_eq!(skipped["dueOdometer"], km(115_000));
    let done = json!({ "completedDate": "2026-01-31", "completedOdometer": km(101_234) });
    let done = garage.user.post(&format!("{path}/complete"), done).await.body;
    assert_eq!(done["next"]["dueOdometer"], km(116_234), "{done}");
    assert_eq!(done["next"]["intervalDistance"], km(15_000));
    let due = body(&garage, "/api/maintenance/upcoming").await["items"][0].clone();
    assert_eq!((&due["dueOdometer"], &due["dueInMiles"]), (&km(116_234), &json!(9321)));
}

async fn plans_use_round_intervals_in_the_users_unit(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let path = format!("/api/vehicles/{}/maintenance-plan", garage.vehicle);
    let put = garage.user.post(&path, json!({ "plan": "volkswagen" })).await;
    let items = put.body["items"].as_array().unwrap();
    let oil = items.iter().find(|it| it["type"] == "oil_change").unwrap();
    // The vehicle is at 50,000 miles, that is 80,467 km.
    assert_eq!((&oil["intervalDistance"], &oil["dueOdometer"]), (&km(15_000), &km(90_000)));
    let page = garage.user.get("/maintenance").await;
    assert!(page.text().contains("every year or 15,000 km"), "{}", page.text());
}

async fn an_amount_keeps_its_currency(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "currency": "EUR" })).await;
    let path = garage.add_item(json!({ "completedDate": "2026-01-01", "cost": "12.34" })).await;
    garage.user.patch("/api/user/preferences", json!({ "currency": "JPY" })).await;
    let changed = garage.user.patch(&path, json!({ "amount": "43.21" })).await.body;
    let paid = |it: &Value| json!([it["cost"], it["amount"], it["currency"]]);
    assert_eq!(paid(&changed), json!([43.21, 43.21, "EUR"]));
    let refused = garage.user.patch(&path, json!({ "currency": "JPY" })).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/currency");
    let cleared = garage.user.patch(&path, json!({ "cost": null })).await.body;
    assert_eq!(paid(&cleared), json!([null, null, null]));
    let yen = garage.user.patch(&path, json!({ "amount": 6800 })).await.body;
    assert_eq!(paid(&yen), json!([6800.0, 6800, "JPY"]));
    // An amount that does not fit `cost` has none, and both can be sent back.
    let large = json!({ "completedDate": "2026-01-01", "amount": 12_500_000, "currency": "idr" });
    let path = garage.add_item(large).await;
    let large = body(&garage, &path).await;
    assert_eq!(paid(&large), json!([null, 12_500_000.0, "IDR"]));
    let both = json!({ "amount": large["amount"], "cost": null, "currency": "IDR" });
    let again = garage.user.patch(&path, both).await;
    assert_eq!((again.status, paid(&again.body)), (200, paid(&large)));
}

async fn amounts_are_limited_to_the_decimals_of_their_currency(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (amount, currency, is_taken) in [
        ("1.234", "KWD", true),
        ("1.234", "USD", false),
        ("1.5", "JPY", false),
        ("24600", "HUF", true),
        ("1", "XAU", false),
    ] {
        let item = json!({ "completedDate": "2026-01-01", "amount": amount, "currency": currency });
        let response = garage.post_item(item).await;
        assert_eq!(response.status == 201, is_taken, "{amount} {currency}: {response:?}");
    }
}

/// Asserts that adding the item needs confirmation, and adds it with the confirmation.
async fn assert_needs_confirmation(garage: &Garage, item: Value, pointer: &str) -> Value {
    let refused = garage.post_item(item.clone()).await;
    let kind = (refused.status, &refused.body["type"]);
    assert_eq!(kind, (422, &json!("/problems/implausible")), "{item}: {refused:?}");
    let error = refused.body["errors"][0].clone();
    assert_eq!(
        (&error["pointer"], refused.body["errors"].as_array().unwrap().len()),
        (&json!(pointer), 1)
    );
    assert!(error["expected"].is_string(), "{error}");
    let mut confirmed = item;
    confirmed["confirm"] = json!([pointer]);
    let added = garage.post_item(confirmed).await;
    assert_eq!(added.status, 201, "{added:?}");
    let path = added.header("location").to_owned();
    garage.user.delete(&path).await;
    error
}

async fn a_future_completion_date_needs_confirmation(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let error = assert_needs_confirmation(
        &garage,
        json!({ "completedDate": "2026-02-01" }),
        "/completedDate",
    )
    .await;
    assert_eq!(error["expected"], "Jan 31, 2026 or earlier");
    garage.add_item(json!({ "completedDate": "2026-01-31" })).await;
    let path = garage.add_item(json!({ "dueDate": "2026-03-01" })).await;
    let done = json!({ "completedDate": "2027-01-01" });
    assert_eq!(garage.user.post(&format!("{path}/complete"), done.clone()).await.status, 422);
    assert_eq!(garage.user.patch(&path, done.clone()).await.status, 422);
    let mut done = done;
    done["confirm"] = json!(["/completedDate", "/cost"]);
    assert_eq!(garage.user.patch(&path, done).await.status, 200);
    // A confirmed value needs no second confirmation.
    assert_eq!(garage.user.patch(&path, json!({ "notes": "x" })).await.status, 200);
}

async fn an_implausible_reading_needs_confirmation(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    for (day, miles) in [("2025-12-01", 86_000), ("2025-12-21", 86_600), ("2026-01-10", 87_200)] {
        let done = json!({
            "completedDate": day, "completedMileage": miles, "confirm": ["/completedMileage"],
        });
        garage.add_item(done).await;
    }
    let at =
        |reading: Value| json!({ "completedDate": "2026-01-20", "completedOdometer": reading });
    // A reading with an extra digit, and readings below the previous one.
    let error = assert_needs_confirmation(&garage, at(km(1_403_000)), "/completedOdometer").await;
    assert!(error["expected"].as_str().unwrap().starts_with("140,335\u{a0}km to"), "{error}");
    assert_needs_confirmation(&garage, at(km(140_000)), "/completedOdometer").await;
    let miles = json!({ "completedDate": "2026-01-20", "completedMileage": 187_500 });
    assert_needs_confirmation(&garage, miles, "/completedMileage").await;
    // A reading between its neighbors needs no confirmation; one above the later neighbor does.
    garage.add_item(at(km(140_900))).await;
    let between =
        |reading: i64| json!({ "completedDate": "2026-01-15", "completedMileage": reading });
    garage.add_item(between(87_300)).await;
    assert_needs_confirmation(&garage, between(87_700), "/completedMileage").await;
}

async fn an_unusually_high_amount_needs_confirmation(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let paid = |amount: i64, currency: &str| json!({ "completedDate": "2026-01-01", "amount": amount, "currency": currency });
    for amount in [60, 70, 80, 90] {
        garage.add_item(paid(amount, "USD")).await;
    }
    garage.add_item(paid(100_000, "USD")).await;
    assert_needs_confirmation(&garage, paid(100_000, "USD"), "/amount").await;
    // Each currency has its own median.
    garage.add_item(paid(12_500_000, "IDR")).await;
    let cost = json!({ "completedDate": "2026-01-01", "cost": 100_000 });
    assert_needs_confirmation(&garage, cost, "/cost").await;
}

async fn the_odometer_follows_changes_to_completed_items(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    let open = garage.add_item(json!({ "dueMileage": 100_000, "intervalMiles": 5000 })).await;
    let due = async || {
        let due = body(&garage, "/api/maintenance/upcoming").await["items"][0].clone();
        due["dueInMiles"].clone()
    };
    let typo = json!({
        "completedDate": "2026-01-20", "completedMileage": 199_105, "confirm": ["/completedMileage"],
    });
    let path = garage.add_item(typo).await;
    assert_eq!(odometer(&garage, &garage.vehicle).await, 199_105);
    // The item is corrected, moved and deleted.
    garage.user.patch(&path, json!({ "completedMileage": 99_105 })).await;
    assert_eq!(
        (odometer(&garage, &garage.vehicle).await, due().await),
        (json!(99_105), json!(895))
    );
    let moved = garage.user.patch(&path, json!({ "vehicleId": other })).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    assert_eq!(odometer(&garage, &garage.vehicle).await, 50_000);
    assert_eq!(odometer(&garage, &other).await, 99_105);
    assert_eq!(due().await, 50_000);
    garage.user.delete(&path).await;
    assert_eq!(odometer(&garage, &other).await, 0);
    let done = json!({ "completedDate": "2026-01-31" });
    let next = garage.user.post(&format!("{open}/complete"), done).await.body["next"].clone();
    assert_eq!(next["dueMileage"], 55_000);
}

async fn completing_by_patch_creates_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-01-31", "intervalMonths": 1 })).await;
    let done = json!({ "isCompleted": true, "completedDate": "2026-01-31" });
    let done = garage.user.patch(&path, done).await;
    assert_eq!((done.status, &done.body["isCompleted"]), (200, &json!(true)));
    let next = garage.list_items("&completed=false").await;
    assert_eq!((next.len(), &next[0]["dueDate"]), (1, &json!("2026-02-28")));
    // Another change adds no second item.
    garage.user.patch(&path, json!({ "notes": "x", "completedDate": "2026-01-30" })).await;
    assert_eq!(garage.list_items("&completed=false").await.len(), 1);
    let missing = garage.add_item(json!({ "dueDate": "2026-01-31", "intervalMonths": 1 })).await;
    let missing = garage.user.patch(&missing, json!({ "isCompleted": true })).await;
    assert_eq!(missing.body["errors"][0]["pointer"], "/completedDate");
}

async fn without_a_reading_the_next_item_counts_from_the_interpolated_odometer(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (day, reading) in
        [("2026-01-01", 100_000), ("2026-01-11", 101_000), ("2026-01-30", 104_000)]
    {
        let done = json!({
            "completedDate": day, "completedOdometer": km(reading), "confirm": ["/completedOdometer"],
        });
        garage.add_item(done).await;
    }
    for (day, due) in [
        ("2026-01-01", 115_000),
        ("2026-01-06", 115_500),
        ("2026-01-11", 116_000),
        ("2026-01-31", 119_000),
    ] {
        let item = json!({ "dueOdometer": km(100_000), "intervalDistance": km(15_000) });
        let path = garage.add_item(item).await;
        let done = json!({ "completedDate": day });
        let done = garage.user.post(&format!("{path}/complete"), done).await.body;
        assert_eq!(done["next"]["dueOdometer"], km(due), "{day}: {done}");
        assert_eq!(done["completed"]["completedOdometer"], Value::Null);
    }
}

async fn a_next_item_beyond_the_limits_is_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-02-01", "intervalMonths": 1200 })).await;
    let refused = garage.user.post(&format!("{path}/skip"), json!({})).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-far-ahead")));
    assert_eq!(body(&garage, &path).await["dueDate"], "2026-02-01");
    let path = garage.add_item(json!({ "dueDate": "2026-02-01", "intervalMonths": 600 })).await;
    let statuses = async || garage.user.post(&format!("{path}/skip"), json!({})).await.status;
    assert_eq!((statuses().await, statuses().await), (200, 409));
    // The values of a next item can be sent back.
    let item = json!({ "dueMileage": 99_999_000, "intervalMiles": 1_000_000 });
    let path = garage.add_item(item).await;
    let done = |miles: i64| {
        json!({
            "completedDate": "2026-01-31", "completedMileage": miles,
            "confirm": ["/completedMileage"],
        })
    };
    let complete = format!("{path}/complete");
    let refused = garage.user.post(&complete, done(99_999_000)).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/completedMileage"))
    );
    let next = garage.user.post(&complete, done(98_999_999)).await.body["next"].clone();
    assert_eq!(next["dueMileage"], 99_999_999);
    let path = format!("/api/maintenance/{}", next["id"].as_str().unwrap());
    let same = json!({ "dueMileage": next["dueMileage"] });
    assert_eq!(garage.user.patch(&path, same).await.status, 200);
}

async fn a_calendar_shows_readings_in_its_owners_unit(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    garage.add_item(json!({ "dueDate": "2026-03-01", "dueOdometer": km(128_000) })).await;
    let created = garage.user.post("/api/maintenance/calendar-link", json!({})).await;
    let url = created.body["url"].as_str().unwrap();
    let calendar = app.anonymous().get(url.strip_prefix("http://cars.test").unwrap()).await;
    assert!(calendar.text().contains("Due at 128\\,000 km"), "{}", calendar.text());
}
