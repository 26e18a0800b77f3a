//! Completions that are corrected or deleted: when the next item is due.

use serde_json::{Value, json};

use super::{
    tests::{Garage, garage},
    tests_replaced::replace,
};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    correcting_a_completion_corrects_the_next_item,
    correcting_a_completion_on_its_page_corrects_the_next_item,
    a_next_item_that_was_changed_by_hand_is_not_corrected,
    a_completion_moved_to_another_vehicle_takes_the_next_item_with_it,
    deleting_a_completion_makes_the_next_item_due_as_the_deleted_one_was,
    a_replacement_that_is_logged_late_corrects_the_next_item,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

fn path(item: &Value) -> String {
    format!("/api/maintenance/{}", item["id"].as_str().unwrap())
}

async fn complete(garage: &Garage, path: &str, done: Value) -> Value {
    let answer = garage.user.post(&format!("{path}/complete"), done).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["next"].clone()
}

async fn patch(garage: &Garage, path: &str, change: Value) {
    let answer = garage.user.patch(path, change.clone()).await;
    assert_eq!(answer.status, 200, "{change}: {answer:?}");
}

async fn due(garage: &Garage, path: &str) -> (Value, Value) {
    let item = garage.user.get(path).await.body;
    (item["dueDate"].clone(), item["dueMileage"].clone())
}

/// An oil change done on 20 January at 199,105 miles, which is a hundred thousand too many, and the next
/// one.
async fn slipped(garage: &Garage) -> (String, String) {
    garage.fill("2026-01-01", 98_900).await;
    let item = json!({
        "dueDate": "2026-01-31", "dueMileage": 100_000, "intervalMonths": 6, "intervalMiles": 5000,
    });
    let item = garage.added(item).await;
    let done = json!({
        "completedDate": "2026-01-20", "completedMileage": 199_105, "confirm": ["/completedMileage"],
    });
    let next = path(&complete(garage, &item, done).await);
    assert_eq!(due(garage, &next).await, (json!("2026-07-20"), json!(204_105)));
    (item, next)
}

async fn correcting_a_completion_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let (item, next) = slipped(&garage).await;
    for (change, date, miles) in [
        (json!({ "completedMileage": 99_105 }), "2026-07-20", 104_105),
        (json!({ "completedOdometer": km(160_000) }), "2026-07-20", 104_419),
        (json!({ "completedDate": "2026-01-25" }), "2026-07-25", 104_419),
        // On the very day of its series, the series keeps its base.
        (
            json!({ "completedDate": "2026-01-31", "completedMileage": 99_200 }),
            "2026-07-31",
            104_200,
        ),
        // Without a reading, that of the day counts.
        (json!({ "completedOdometer": null }), "2026-07-31", 103_900),
        (json!({ "completedMileage": 99_105 }), "2026-07-31", 104_105),
    ] {
        patch(&garage, &item, change.clone()).await;
        assert_eq!(due(&garage, &next).await, (json!(date), json!(miles)), "{change}");
    }
    let upcoming = garage.user.get("/api/maintenance/upcoming").await.body;
    assert_eq!(upcoming["items"][0]["dueInMiles"], 5000);
    // What does not correct the completion leaves the next one unchanged.
    let before = garage.user.get(&next).await.header("etag").to_owned();
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    patch(&garage, &item, json!({ "notes": "5W-30", "cost": 80 })).await;
    assert_eq!(garage.user.get(&next).await.header("etag"), before);
    assert_eq!(garage.items("").await.len(), 2);
}

async fn correcting_a_completion_on_its_page_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let (item, next) = slipped(&garage).await;
    let page = format!("/maintenance/{}/edit", item.rsplit('/').next().unwrap());
    let fields = [
        ("completedDate", "2026-01-21"),
        ("completedOdometer", "99,105"),
        ("completedOdometerUnit", "mi"),
    ];
    assert_eq!(garage.user.submit(&page, &fields).await.status, 303);
    assert_eq!(due(&garage, &next).await, (json!("2026-07-21"), json!(104_105)));
    // Deleting it is undoing it, and the page says so.
    let form = garage.user.get(&page).await;
    assert!(form.text().contains("The next one is then due when this one was."), "{form:?}");
    assert_eq!(garage.user.submit(&page.replace("edit", "delete"), &[]).await.status, 303);
    assert_eq!(due(&garage, &next).await, (json!("2026-01-31"), json!(100_000)));
}

async fn a_next_item_that_was_changed_by_hand_is_not_corrected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (nth, action) in ["change", "postpone", "skip", "complete"].into_iter().enumerate() {
        let (item, next) = slipped(&garage).await;
        match action {
            "change" => patch(&garage, &next, json!({ "dueMileage": 104_000 })).await,
            "complete" => {
                let done = json!({
                    "completedDate": "2026-01-30", "completedMileage": 99_300,
                    "confirm": ["/completedMileage"],
                });
                complete(&garage, &next, done).await;
            }
            _ => {
                let to = json!({ "dueDate": "2026-09-01" });
                let body = if action == "skip" { json!({}) } else { to };
                let answer = garage.user.post(&format!("{next}/{action}"), body).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
        }
        let before = due(&garage, &next).await;
        patch(&garage, &item, json!({ "completedMileage": 99_105 })).await;
        assert_eq!(due(&garage, &next).await, before, "{action}");
        assert_eq!(garage.user.delete(&item).await.status, 204);
        assert_eq!(due(&garage, &next).await, before, "{action}");
        assert_eq!(garage.items("&completed=false").await.len(), (nth + 1).min(4), "{action}");
    }
}

async fn a_completion_moved_to_another_vehicle_takes_the_next_item_with_it(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    let (item, next) = slipped(&garage).await;
    let confirm = json!(["/completedMileage", "/completedOdometer"]);
    patch(&garage, &item, json!({ "vehicleId": other, "confirm": confirm })).await;
    assert_eq!(garage.user.get(&next).await.body["vehicleId"], json!(other));
    assert_eq!(due(&garage, &next).await, (json!("2026-07-20"), json!(204_105)));
    assert!(garage.items("").await.is_empty());
    patch(&garage, &item, json!({ "completedMileage": 7_000 })).await;
    assert_eq!(due(&garage, &next).await.1, 12_000);
    // A next item that somebody moved stays where it is.
    patch(&garage, &next, json!({ "vehicleId": garage.vehicle })).await;
    patch(&garage, &item, json!({ "completedMileage": 8_000 })).await;
    assert_eq!(due(&garage, &next).await.1, 12_000);
}

async fn deleting_a_completion_makes_the_next_item_due_as_the_deleted_one_was(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({
        "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMonths": 1, "intervalMiles": 1000,
    });
    let done = |date: &str, miles: i64| json!({ "completedDate": date, "completedMileage": miles });
    // Postponed, done, and deleted: postponed as it was, and its series as it was.
    let first = garage.added(item.clone()).await;
    let later = json!({ "dueDate": "2026-02-10" });
    garage.user.post(&format!("{first}/postpone"), later).await;
    let next = path(&complete(&garage, &first, done("2026-01-30", 50_100)).await);
    patch(&garage, &next, json!({ "notes": "5W-30" })).await;
    assert_eq!(garage.user.delete(&first).await.status, 204);
    assert_eq!(due(&garage, &next).await, (json!("2026-02-10"), json!(50_000)));
    let skipped = garage.user.post(&format!("{next}/skip"), json!({})).await.body;
    assert_eq!((&skipped["dueDate"], &skipped["notes"]), (&json!("2026-02-28"), &json!("5W-30")));
    assert_eq!(skipped["dueMileage"], 51_000);
    garage.user.delete(&next).await;
    // The second of a series: due from the first again, and corrected with it.
    let first = garage.added(item).await;
    let second = path(&complete(&garage, &first, done("2026-01-10", 50_100)).await);
    let third = path(&complete(&garage, &second, done("2026-01-30", 50_700)).await);
    assert_eq!(due(&garage, &third).await, (json!("2026-02-28"), json!(51_700)));
    assert_eq!(garage.user.delete(&second).await.status, 204);
    assert_eq!(due(&garage, &third).await, (json!("2026-02-10"), json!(51_100)));
    patch(&garage, &first, json!({ "completedMileage": 50_200 })).await;
    assert_eq!(due(&garage, &third).await, (json!("2026-02-10"), json!(51_200)));
    // Completing it leaves one behind.
    complete(&garage, &third, done("2026-01-31", 50_900)).await;
    assert_eq!(garage.items("&completed=false").await.len(), 1);
    // One in the middle: the next one is done, and stays.
    let before = garage.user.get(&third).await.body;
    assert_eq!(garage.user.delete(&first).await.status, 204);
    assert_eq!(garage.user.get(&third).await.body, before);
}

async fn a_replacement_that_is_logged_late_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.fill("2026-01-01", 79_900).await;
    let item = garage.added(json!({ "dueMileage": 80_000, "intervalMiles": 5000 })).await;
    let done = json!({
        "completedDate": "2026-01-20", "completedMileage": 500, "confirm": ["/completedMileage"],
    });
    let next = path(&complete(&garage, &item, done).await);
    assert_eq!(due(&garage, &next).await.1, 5500);
    let replacement = replace(&garage).await;
    assert_eq!(due(&garage, &next).await.1, 85_500);
    assert_eq!(garage.user.delete(&replacement).await.status, 204);
    assert_eq!(due(&garage, &next).await.1, 5500);
}
