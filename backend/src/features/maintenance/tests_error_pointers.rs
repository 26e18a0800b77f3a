//! Tests that errors point to the member that was sent.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    errors_in_a_completion_point_to_the_member_that_was_sent,
    a_date_change_that_makes_a_reading_implausible_is_reported_on_the_reading,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

async fn patch(garage: &Garage, path: &str, change: Value) {
    let response = garage.user.patch(path, change.clone()).await;
    assert_eq!(response.status, 200, "{change}: {response:?}");
}

fn pointer(response: &TestResponse) -> &str {
    assert_eq!(response.status, 422, "{response:?}");
    response.body["errors"][0]["pointer"].as_str().unwrap()
}

async fn errors_in_a_completion_point_to_the_member_that_was_sent(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let open = json!({ "dueMileage": 1, "completedOdometer": km(1) });
    assert_eq!(pointer(&garage.post_item(open).await), "/completedOdometer");
    let open = json!({ "dueMileage": 1, "completedMileage": 1 });
    assert_eq!(pointer(&garage.post_item(open).await), "/completedMileage");
    let item =
        garage.add_item(json!({ "dueMileage": 99_000_000, "intervalMiles": 1_000_000 })).await;
    let open = json!({ "completedOdometer": km(1) });
    assert_eq!(pointer(&garage.user.patch(&item, open).await), "/completedOdometer");
    let typed = json!({ "value": 99_999_000, "unit": "mi" });
    let confirm = json!(["/completedMileage", "/completedOdometer"]);
    for (mut done, sent) in [
        (json!({ "completedOdometer": typed }), "/completedOdometer"),
        (json!({ "completedMileage": 99_999_000 }), "/completedMileage"),
    ] {
        done["completedDate"] = json!("2026-01-31");
        done["confirm"] = confirm.clone();
        let refused = garage.user.post(&format!("{item}/complete"), done.clone()).await;
        assert_eq!(pointer(&refused), sent);
        // A change that completes the item, and one that corrects the completion.
        assert_eq!(pointer(&garage.user.patch(&item, done.clone()).await), sent);
        let right = json!({ "completedDate": "2026-01-31", "completedMileage": 50_100 });
        patch(&garage, &item, right).await;
        assert_eq!(pointer(&garage.user.patch(&item, done).await), sent);
        assert_eq!(garage.user.get(&item).await.body["completedMileage"], 50_100);
        let open = json!({ "completedDate": null, "completedMileage": null });
        patch(&garage, &item, open).await;
    }
    // Without a reading, the error points to the date.
    garage.add_fill_up("2026-01-31", 99_999_000).await;
    let done = json!({ "completedDate": "2026-01-31" });
    let refused = garage.user.post(&format!("{item}/complete"), done).await;
    assert_eq!(pointer(&refused), "/completedDate");
}

async fn a_date_change_that_makes_a_reading_implausible_is_reported_on_the_reading(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let first = json!({ "completedDate": "2026-01-10", "completedOdometer": km(81_000) });
    let first = garage.add_item(first).await;
    garage
        .add_item(json!({ "completedDate": "2026-01-20", "completedOdometer": km(81_500) }))
        .await;
    let later = json!({ "completedDate": "2026-01-25" });
    assert_eq!(pointer(&garage.user.patch(&first, later).await), "/completedOdometer");
    let page = format!("/maintenance/{}/edit", first.rsplit('/').next().unwrap());
    let fields = [
        ("completedDate", "2026-01-25"),
        ("completedOdometer", "81000"),
        ("completedOdometerUnit", "km"),
    ];
    let refused = garage.user.post_form(&page, &fields).await;
    assert_eq!(refused.status, 422);
    let tick = "name=\"confirm\" value=\"/completedOdometer\"";
    assert!(refused.text().contains(tick), "{}", refused.text());
    let fields = [&fields[..], &[("confirm", "/completedOdometer")]].concat();
    assert_eq!(garage.user.post_form(&page, &fields).await.status, 303);
    assert_eq!(garage.user.get(&first).await.body["completedDate"], "2026-01-25");
}
