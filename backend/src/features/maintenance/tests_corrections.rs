//! Tests that the next item follows corrected and deleted completions.

use serde_json::{Value, json};

use super::{
    tests::{Garage, garage},
    tests_odometer_replacement::replace_odometer,
};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    correcting_a_completion_corrects_the_next_item,
    correcting_a_completion_on_its_page_corrects_the_next_item,
    a_next_item_changed_by_the_user_is_not_corrected,
    moving_a_completion_to_another_vehicle_moves_the_next_item,
    deleting_a_completion_makes_the_next_item_due_when_it_was_due,
    logging_an_odometer_replacement_late_corrects_the_next_item,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

fn path(item: &Value) -> String {
    format!("/api/maintenance/{}", item["id"].as_str().unwrap())
}

async fn complete(garage: &Garage, path: &str, done: Value) -> Value {
    let response = garage.user.post(&format!("{path}/complete"), done).await;
    assert_eq!(response.status, 200, "{response:?}");
    response.body["next"].clone()
}

async fn patch(garage: &Garage, path: &str, change: Value) {
    let response = garage.user.patch(path, change.clone()).await;
    assert_eq!(response.status, 200, "{change}: {response:?}");
}

async fn due(garage: &Garage, path: &str) -> (Value, Value) {
    let item = garage.user.get(path).await.body;
    (item["dueDate"].clone(), item["dueMileage"].clone())
}

/// Completes an oil change on January 20 at 199,105 miles, which is a hundred thousand too many.
/// Returns its path and that of the next item.
async fn complete_with_typo(garage: &Garage) -> (String, String) {
    garage.add_fill_up("2026-01-01", 98_900).await;
    let item = json!({
        "dueDate": "2026-01-31", "dueMileage": 100_000, "intervalMonths": 6, "intervalMiles": 5000,
    });
    let item = garage.add_item(item).await;
    let done = json!({
        "completedDate": "2026-01-20", "completedMileage": 199_105, "confirm": ["/completedMileage"],
    });
    let next = path(&complete(garage, &item, done).await);
    assert_eq!(due(garage, &next).await, (json!("2026-07-20"), json!(204_105)));
    (item, next)
}

async fn correcting_a_completion_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let (item, next) = complete_with_typo(&garage).await;
    for (change, date, miles) in [
        (json!({ "completedMileage": 99_105 }), "2026-07-20", 104_105),
        (json!({ "completedOdometer": km(160_000) }), "2026-07-20", 104_419),
        (json!({ "completedDate": "2026-01-25" }), "2026-07-25", 104_419),
        // A completion on the scheduled date does not move the base.
        (
            json!({ "completedDate": "2026-01-31", "completedMileage": 99_200 }),
            "2026-07-31",
            104_200,
        ),
        // Without a reading, the reading of that day counts.
        (json!({ "completedOdometer": null }), "2026-07-31", 103_900),
        (json!({ "completedMileage": 99_105 }), "2026-07-31", 104_105),
    ] {
        patch(&garage, &item, change.clone()).await;
        assert_eq!(due(&garage, &next).await, (json!(date), json!(miles)), "{change}");
    }
    let upcoming = garage.user.get("/api/maintenance/upcoming").await.body;
    assert_eq!(upcoming["items"][0]["dueInMiles"], 5000);
    // Changes to other members leave the next item unchanged.
    let before = garage.user.get(&next).await.header("etag").to_owned();
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    patch(&garage, &item, json!({ "notes": "5W-30", "cost": 80 })).await;
    assert_eq!(garage.user.get(&next).await.header("etag"), before);
    assert_eq!(garage.list_items("").await.len(), 2);
}

async fn correcting_a_completion_on_its_page_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let (item, next) = complete_with_typo(&garage).await;
    let page = format!("/maintenance/{}/edit", item.rsplit('/').next().unwrap());
    let fields = [
        ("completedDate", "2026-01-21"),
        ("completedOdometer", "99,105"),
        ("completedOdometerUnit", "mi"),
    ];
    assert_eq!(garage.user.post_form(&page, &fields).await.status, 303);
    assert_eq!(due(&garage, &next).await, (json!("2026-07-21"), json!(104_105)));
    // Deleting undoes the completion, and the page says so.
    let form = garage.user.get(&page).await;
    assert!(
        form.text().contains("The next reminder moves back to when this one was due."),
        "{form:?}"
    );
    assert_eq!(garage.user.post_form(&page.replace("edit", "delete"), &[]).await.status, 303);
    assert_eq!(due(&garage, &next).await, (json!("2026-01-31"), json!(100_000)));
}

async fn a_next_item_changed_by_the_user_is_not_corrected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (nth, action) in ["change", "postpone", "skip", "complete"].into_iter().enumerate() {
        let (item, next) = complete_with_typo(&garage).await;
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
                let response = garage.user.post(&format!("{next}/{action}"), body).await;
                assert_eq!(response.status, 200, "{response:?}");
            }
        }
        let before = due(&garage, &next).await;
        patch(&garage, &item, json!({ "completedMileage": 99_105 })).await;
        assert_eq!(due(&garage, &next).await, before, "{action}");
        assert_eq!(garage.user.delete(&item).await.status, 204);
        assert_eq!(due(&garage, &next).await, before, "{action}");
        assert_eq!(garage.list_items("&completed=false").await.len(), (nth + 1).min(4), "{action}");
    }
}

async fn moving_a_completion_to_another_vehicle_moves_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    let (item, next) = complete_with_typo(&garage).await;
    let confirm = json!(["/completedMileage", "/completedOdometer"]);
    patch(&garage, &item, json!({ "vehicleId": other, "confirm": confirm })).await;
    assert_eq!(garage.user.get(&next).await.body["vehicleId"], json!(other));
    assert_eq!(due(&garage, &next).await, (json!("2026-07-20"), json!(204_105)));
    assert!(garage.list_items("").await.is_empty());
    patch(&garage, &item, json!({ "completedMileage": 7_000 })).await;
    assert_eq!(due(&garage, &next).await.1, 12_000);
    // A next item that the user moved stays where it is.
    patch(&garage, &next, json!({ "vehicleId": garage.vehicle })).await;
    patch(&garage, &item, json!({ "completedMileage": 8_000 })).await;
    assert_eq!(due(&garage, &next).await.1, 12_000);
}

async fn deleting_a_completion_makes_the_next_item_due_when_it_was_due(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({
        "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMonths": 1, "intervalMiles": 1000,
    });
    let done = |date: &str, miles: i64| json!({ "completedDate": date, "completedMileage": miles });
    // Postponed, completed, and deleted: the postponed date and the series are restored.
    let first = garage.add_item(item.clone()).await;
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
    // The second item of a series: the third is due from the first again, and follows its
    // corrections.
    let first = garage.add_item(item).await;
    let second = path(&complete(&garage, &first, done("2026-01-10", 50_100)).await);
    let third = path(&complete(&garage, &second, done("2026-01-30", 50_700)).await);
    assert_eq!(due(&garage, &third).await, (json!("2026-02-28"), json!(51_700)));
    assert_eq!(garage.user.delete(&second).await.status, 204);
    assert_eq!(due(&garage, &third).await, (json!("2026-02-10"), json!(51_100)));
    patch(&garage, &first, json!({ "completedMileage": 50_200 })).await;
    assert_eq!(due(&garage, &third).await, (json!("2026-02-10"), json!(51_200)));
    // Completing it adds one next item.
    complete(&garage, &third, done("2026-01-31", 50_900)).await;
    assert_eq!(garage.list_items("&completed=false").await.len(), 1);
    // An item in the middle: the next one is completed, and unchanged.
    let before = garage.user.get(&third).await.body;
    assert_eq!(garage.user.delete(&first).await.status, 204);
    assert_eq!(garage.user.get(&third).await.body, before);
}

async fn logging_an_odometer_replacement_late_corrects_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_fill_up("2026-01-01", 79_900).await;
    let item = garage.add_item(json!({ "dueMileage": 80_000, "intervalMiles": 5000 })).await;
    let done = json!({
        "completedDate": "2026-01-20", "completedMileage": 500, "confirm": ["/completedMileage"],
    });
    let next = path(&complete(&garage, &item, done).await);
    assert_eq!(due(&garage, &next).await.1, 5500);
    let replacement = replace_odometer(&garage).await;
    assert_eq!(due(&garage, &next).await.1, 85_500);
    assert_eq!(garage.user.delete(&replacement).await.status, 204);
    assert_eq!(due(&garage, &next).await.1, 5500);
}
