//! Faults name the member that was sent.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    faults_of_a_completion_name_the_member_that_was_sent,
    a_reading_that_another_date_makes_implausible_is_asked_about_at_its_field,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

async fn patch(garage: &Garage, path: &str, change: Value) {
    let answer = garage.user.patch(path, change.clone()).await;
    assert_eq!(answer.status, 200, "{change}: {answer:?}");
}

fn pointer(answer: &Answer) -> &str {
    assert_eq!(answer.status, 422, "{answer:?}");
    answer.body["errors"][0]["pointer"].as_str().unwrap()
}

async fn faults_of_a_completion_name_the_member_that_was_sent(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let open = json!({ "dueMileage": 1, "completedOdometer": km(1) });
    assert_eq!(pointer(&garage.add(open).await), "/completedOdometer");
    let open = json!({ "dueMileage": 1, "completedMileage": 1 });
    assert_eq!(pointer(&garage.add(open).await), "/completedMileage");
    let item = garage.added(json!({ "dueMileage": 99_000_000, "intervalMiles": 1_000_000 })).await;
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
        // A change that completes it, and one that corrects the completion.
        assert_eq!(pointer(&garage.user.patch(&item, done.clone()).await), sent);
        let right = json!({ "completedDate": "2026-01-31", "completedMileage": 50_100 });
        patch(&garage, &item, right).await;
        assert_eq!(pointer(&garage.user.patch(&item, done).await), sent);
        assert_eq!(garage.user.get(&item).await.body["completedMileage"], 50_100);
        let open = json!({ "completedDate": null, "completedMileage": null });
        patch(&garage, &item, open).await;
    }
    // Without a reading, the date decides.
    garage.fill("2026-01-31", 99_999_000).await;
    let done = json!({ "completedDate": "2026-01-31" });
    let refused = garage.user.post(&format!("{item}/complete"), done).await;
    assert_eq!(pointer(&refused), "/completedDate");
}

async fn a_reading_that_another_date_makes_implausible_is_asked_about_at_its_field(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let first = json!({ "completedDate": "2026-01-10", "completedOdometer": km(81_000) });
    let first = garage.added(first).await;
    garage.added(json!({ "completedDate": "2026-01-20", "completedOdometer": km(81_500) })).await;
    let later = json!({ "completedDate": "2026-01-25" });
    assert_eq!(pointer(&garage.user.patch(&first, later).await), "/completedOdometer");
    let page = format!("/maintenance/{}/edit", first.rsplit('/').next().unwrap());
    let fields = [
        ("completedDate", "2026-01-25"),
        ("completedOdometer", "81000"),
        ("completedOdometerUnit", "km"),
    ];
    let asked = garage.user.submit(&page, &fields).await;
    assert_eq!(asked.status, 422);
    let tick = "name=\"confirm\" value=\"/completedOdometer\"";
    assert!(asked.text().contains(tick), "{}", asked.text());
    let fields = [&fields[..], &[("confirm", "/completedOdometer")]].concat();
    assert_eq!(garage.user.submit(&page, &fields).await.status, 303);
    assert_eq!(garage.user.get(&first).await.body["completedDate"], "2026-01-25");
}
