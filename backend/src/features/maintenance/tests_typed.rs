//! Values as entered, through HTTP: readings, intervals, amounts, and what looks wrong.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    readings_and_intervals_come_back_as_entered,
    a_sample_of_kilometers_survives_edits_of_other_fields,
    two_forms_that_contradict_each_other_are_refused_at_the_member_sent,
    an_interval_in_kilometers_makes_the_next_one_due_exactly_then,
    a_schedule_has_round_figures_in_the_users_unit,
    an_amount_keeps_its_currency,
    an_amount_has_the_decimals_of_its_currency,
    a_service_in_the_future_is_asked_about,
    a_reading_far_off_the_vehicles_history_is_asked_about,
    an_amount_far_above_the_usual_is_asked_about,
    the_vehicles_odometer_follows_its_services,
    completing_by_a_change_leaves_the_next_one,
    a_completion_without_a_reading_counts_from_that_days,
    a_series_ends_within_its_own_bounds,
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
    let path = garage.added(item).await;
    let item = body(&garage, &path).await;
    assert_eq!((&item["dueOdometer"], &item["dueMileage"]), (&km(128_000), &json!(79_536)));
    assert_eq!((&item["intervalDistance"], &item["intervalMiles"]), (&km(15_000), &json!(9321)));
    // Tenths, in either unit.
    for (value, unit, miles) in [(12_346.5, "km", 7672), (12_346.5, "mi", 12_347)] {
        let typed = json!({ "value": value, "unit": unit });
        let done = json!({
            "completedDate": "2026-01-30", "completedOdometer": typed,
            "confirm": ["/completedOdometer"],
        });
        let done = body(&garage, &garage.added(done).await).await;
        assert_eq!(
            (&done["completedOdometer"], &done["completedMileage"]),
            (&typed, &json!(miles))
        );
    }
    // Miles alone make the typed value that many miles.
    let changed = garage.user.patch(&path, json!({ "dueMileage": 79_536 })).await.body;
    assert_eq!(changed["dueOdometer"], json!({ "value": 79_536, "unit": "mi" }));
}

async fn a_sample_of_kilometers_survives_edits_of_other_fields(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.added(json!({ "dueMileage": 1 })).await;
    for nth in 0..50 {
        // The ends, and some in between.
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
        // Both forms as they were read.
        let both = json!({ "dueOdometer": read["dueOdometer"], "dueMileage": read["dueMileage"] });
        let again = garage.user.patch(&path, both).await;
        assert_eq!((again.status, &again.body["dueOdometer"]), (200, &km(value)));
    }
}

async fn two_forms_that_contradict_each_other_are_refused_at_the_member_sent(app: TestApp) {
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
        let refused = garage.add(item.clone()).await;
        assert_eq!(refused.status, 422, "{item}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{item}");
    }
    let path = garage.added(json!({ "dueOdometer": km(128_000) })).await;
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

async fn an_interval_in_kilometers_makes_the_next_one_due_exactly_then(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({ "dueOdometer": km(100_000), "intervalDistance": km(15_000) });
    let path = garage.added(item).await;
    let skipped = garage.user.post(&format!("{path}/skip"), json!({})).await.body;
    assert_eq!(skipped["dueOdometer"], km(115_000));
    let done = json!({ "completedDate": "2026-01-31", "completedOdometer": km(101_234) });
    let done = garage.user.post(&format!("{path}/complete"), done).await.body;
    assert_eq!(done["next"]["dueOdometer"], km(116_234), "{done}");
    assert_eq!(done["next"]["intervalDistance"], km(15_000));
    let due = body(&garage, "/api/maintenance/upcoming").await["items"][0].clone();
    assert_eq!((&due["dueOdometer"], &due["dueInMiles"]), (&km(116_234), &json!(9321)));
}

async fn a_schedule_has_round_figures_in_the_users_unit(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let path = format!("/api/vehicles/{}/maintenance-plan", garage.vehicle);
    let put = garage.user.post(&path, json!({ "plan": "volkswagen" })).await;
    let items = put.body["items"].as_array().unwrap();
    let oil = items.iter().find(|it| it["type"] == "oil_change").unwrap();
    // The vehicle is at 50,000 miles, which are 80,467 km.
    assert_eq!((&oil["intervalDistance"], &oil["dueOdometer"]), (&km(15_000), &km(90_000)));
    let page = garage.user.get("/maintenance").await;
    assert!(page.text().contains("every year or 15,000 km"), "{}", page.text());
}

async fn an_amount_keeps_its_currency(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "currency": "EUR" })).await;
    let path = garage.added(json!({ "completedDate": "2026-01-01", "cost": "12.34" })).await;
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
    // What doesn't fit the cost is no cost, and both come back as they were read.
    let large = json!({ "completedDate": "2026-01-01", "amount": 12_500_000, "currency": "idr" });
    let path = garage.added(large).await;
    let large = body(&garage, &path).await;
    assert_eq!(paid(&large), json!([null, 12_500_000.0, "IDR"]));
    let both = json!({ "amount": large["amount"], "cost": null, "currency": "IDR" });
    let again = garage.user.patch(&path, both).await;
    assert_eq!((again.status, paid(&again.body)), (200, paid(&large)));
}

async fn an_amount_has_the_decimals_of_its_currency(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (amount, currency, is_taken) in [
        ("1.234", "KWD", true),
        ("1.234", "USD", false),
        ("1.5", "JPY", false),
        ("24600", "HUF", true),
        ("1", "XAU", false),
    ] {
        let item = json!({ "completedDate": "2026-01-01", "amount": amount, "currency": currency });
        let answer = garage.add(item).await;
        assert_eq!(answer.status == 201, is_taken, "{amount} {currency}: {answer:?}");
    }
}

/// Adds a completed item that is asked about, then confirms it.
async fn asked(garage: &Garage, item: Value, pointer: &str) -> Value {
    let asked = garage.add(item.clone()).await;
    let kind = (asked.status, &asked.body["type"]);
    assert_eq!(kind, (422, &json!("/problems/implausible")), "{item}: {asked:?}");
    let error = asked.body["errors"][0].clone();
    assert_eq!(
        (&error["pointer"], asked.body["errors"].as_array().unwrap().len()),
        (&json!(pointer), 1)
    );
    assert!(error["expected"].is_string(), "{error}");
    let mut confirmed = item;
    confirmed["confirm"] = json!([pointer]);
    let added = garage.add(confirmed).await;
    assert_eq!(added.status, 201, "{added:?}");
    let path = added.header("location").to_owned();
    garage.user.delete(&path).await;
    error
}

async fn a_service_in_the_future_is_asked_about(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let error = asked(&garage, json!({ "completedDate": "2026-02-01" }), "/completedDate").await;
    assert_eq!(error["expected"], "2026-01-31 or earlier");
    garage.added(json!({ "completedDate": "2026-01-31" })).await;
    let path = garage.added(json!({ "dueDate": "2026-03-01" })).await;
    let done = json!({ "completedDate": "2027-01-01" });
    assert_eq!(garage.user.post(&format!("{path}/complete"), done.clone()).await.status, 422);
    assert_eq!(garage.user.patch(&path, done.clone()).await.status, 422);
    let mut done = done;
    done["confirm"] = json!(["/completedDate", "/cost"]);
    assert_eq!(garage.user.patch(&path, done).await.status, 200);
    // What was confirmed once is not asked about again.
    assert_eq!(garage.user.patch(&path, json!({ "notes": "x" })).await.status, 200);
}

async fn a_reading_far_off_the_vehicles_history_is_asked_about(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    for (day, miles) in [("2025-12-01", 86_000), ("2025-12-21", 86_600), ("2026-01-10", 87_200)] {
        let done = json!({
            "completedDate": day, "completedMileage": miles, "confirm": ["/completedMileage"],
        });
        garage.added(done).await;
    }
    let at =
        |reading: Value| json!({ "completedDate": "2026-01-20", "completedOdometer": reading });
    // A digit too many, and readings below the one before.
    let error = asked(&garage, at(km(1_403_000)), "/completedOdometer").await;
    assert!(error["expected"].as_str().unwrap().starts_with("140,335 km to"), "{error}");
    asked(&garage, at(km(140_000)), "/completedOdometer").await;
    let miles = json!({ "completedDate": "2026-01-20", "completedMileage": 187_500 });
    asked(&garage, miles, "/completedMileage").await;
    // Between its neighbors nothing is asked, above the later one it is.
    garage.added(at(km(140_900))).await;
    let between =
        |reading: i64| json!({ "completedDate": "2026-01-15", "completedMileage": reading });
    garage.added(between(87_300)).await;
    asked(&garage, between(87_700), "/completedMileage").await;
}

async fn an_amount_far_above_the_usual_is_asked_about(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let paid = |amount: i64, currency: &str| json!({ "completedDate": "2026-01-01", "amount": amount, "currency": currency });
    for amount in [60, 70, 80, 90] {
        garage.added(paid(amount, "USD")).await;
    }
    garage.added(paid(100_000, "USD")).await;
    asked(&garage, paid(100_000, "USD"), "/amount").await;
    // Other currencies have a median of their own.
    garage.added(paid(12_500_000, "IDR")).await;
    let cost = json!({ "completedDate": "2026-01-01", "cost": 100_000 });
    asked(&garage, cost, "/cost").await;
}

async fn the_vehicles_odometer_follows_its_services(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    let open = garage.added(json!({ "dueMileage": 100_000, "intervalMiles": 5000 })).await;
    let due = async || {
        let due = body(&garage, "/api/maintenance/upcoming").await["items"][0].clone();
        due["dueInMiles"].clone()
    };
    let slip = json!({
        "completedDate": "2026-01-20", "completedMileage": 199_105, "confirm": ["/completedMileage"],
    });
    let path = garage.added(slip).await;
    assert_eq!(odometer(&garage, &garage.vehicle).await, 199_105);
    // Corrected, reopened, moved away and deleted.
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

async fn completing_by_a_change_leaves_the_next_one(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.added(json!({ "dueDate": "2026-01-31", "intervalMonths": 1 })).await;
    let done = json!({ "isCompleted": true, "completedDate": "2026-01-31" });
    let done = garage.user.patch(&path, done).await;
    assert_eq!((done.status, &done.body["isCompleted"]), (200, &json!(true)));
    let next = garage.items("&completed=false").await;
    assert_eq!((next.len(), &next[0]["dueDate"]), (1, &json!("2026-02-28")));
    // Changing it once more leaves no second one.
    garage.user.patch(&path, json!({ "notes": "x", "completedDate": "2026-01-30" })).await;
    assert_eq!(garage.items("&completed=false").await.len(), 1);
    let missing = garage.added(json!({ "dueDate": "2026-01-31", "intervalMonths": 1 })).await;
    let missing = garage.user.patch(&missing, json!({ "isCompleted": true })).await;
    assert_eq!(missing.body["errors"][0]["pointer"], "/completedDate");
}

async fn a_completion_without_a_reading_counts_from_that_days(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (day, reading) in
        [("2026-01-01", 100_000), ("2026-01-11", 101_000), ("2026-01-30", 104_000)]
    {
        let done = json!({
            "completedDate": day, "completedOdometer": km(reading), "confirm": ["/completedOdometer"],
        });
        garage.added(done).await;
    }
    for (day, due) in [
        ("2026-01-01", 115_000),
        ("2026-01-06", 115_500),
        ("2026-01-11", 116_000),
        ("2026-01-31", 119_000),
    ] {
        let item = json!({ "dueOdometer": km(100_000), "intervalDistance": km(15_000) });
        let path = garage.added(item).await;
        let done = json!({ "completedDate": day });
        let done = garage.user.post(&format!("{path}/complete"), done).await.body;
        assert_eq!(done["next"]["dueOdometer"], km(due), "{day}: {done}");
        assert_eq!(done["completed"]["completedOdometer"], Value::Null);
    }
}

async fn a_series_ends_within_its_own_bounds(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.added(json!({ "dueDate": "2026-02-01", "intervalMonths": 1200 })).await;
    let refused = garage.user.post(&format!("{path}/skip"), json!({})).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/too-far-ahead")));
    assert_eq!(body(&garage, &path).await["dueDate"], "2026-02-01");
    let path = garage.added(json!({ "dueDate": "2026-02-01", "intervalMonths": 600 })).await;
    let statuses = async || garage.user.post(&format!("{path}/skip"), json!({})).await.status;
    assert_eq!((statuses().await, statuses().await), (200, 409));
    // What a completion makes can be sent back as it is.
    let item = json!({ "dueMileage": 99_999_000, "intervalMiles": 1_000_000 });
    let path = garage.added(item).await;
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
    garage.added(json!({ "dueDate": "2026-03-01", "dueOdometer": km(128_000) })).await;
    let made = garage.user.post("/api/maintenance/calendar-link", json!({})).await;
    let url = made.body["url"].as_str().unwrap();
    let calendar = app.nobody().get(url.strip_prefix("http://cars.test").unwrap()).await;
    assert!(calendar.text().contains("Due at 128\\,000 km"), "{}", calendar.text());
}
