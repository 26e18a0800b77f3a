//! Tests of repeating items.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    the_next_item_is_due_one_interval_after_completion,
    a_month_end_series_stays_at_the_month_end,
    completing_a_one_off_item_creates_no_next_item,
    concurrent_completions_create_one_next_item,
    an_invalid_completion_reports_each_field,
    postponing_and_skipping_do_not_move_the_series,
    invalid_skips_and_postponements_are_rejected_with_a_reason,
    completing_a_reopened_item_reuses_the_next_item,
    changing_the_due_date_restarts_the_series,
];

async fn act(garage: &Garage, path: &str, action: &str, body: Value) -> TestResponse {
    garage.user.app.clock.advance(chrono::TimeDelta::milliseconds(1));
    let response = garage.user.post(&format!("{path}/{action}"), body).await;
    assert_eq!(response.status, 200, "{action}: {response:?}");
    response
}

/// Returns the path of an item.
fn path(item: &Value) -> String {
    format!("/api/maintenance/{}", item["id"].as_str().unwrap())
}

fn due(item: &Value) -> (Value, Value) {
    (item["dueDate"].clone(), item["dueMileage"].clone())
}

async fn the_next_item_is_due_one_interval_after_completion(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    // Each row: the item with its interval, its completion, and when the next item is due.
    let table = [
        // Month ends and leap days.
        (
            json!({ "dueDate": "2026-01-31", "intervalMonths": 1 }),
            json!({ "completedDate": "2026-01-31" }),
            json!(["2026-02-28", null]),
        ),
        (
            json!({ "dueDate": "2024-01-31", "intervalMonths": 1 }),
            json!({ "completedDate": "2024-01-31" }),
            json!(["2024-02-29", null]),
        ),
        (
            json!({ "dueDate": "2024-02-29", "intervalMonths": 12 }),
            json!({ "completedDate": "2024-02-29" }),
            json!(["2025-02-28", null]),
        ),
        (
            json!({ "dueDate": "2024-02-29", "intervalMonths": 48 }),
            json!({ "completedDate": "2024-02-29" }),
            json!(["2028-02-29", null]),
        ),
        (
            json!({ "dueDate": "2025-08-30", "intervalMonths": 6 }),
            json!({ "completedDate": "2025-08-31" }),
            json!(["2026-02-28", null]),
        ),
        // Early and late completions.
        (
            json!({ "dueDate": "2026-01-31", "intervalMonths": 1 }),
            json!({ "completedDate": "2026-01-10" }),
            json!(["2026-02-10", null]),
        ),
        (
            json!({ "dueDate": "2025-06-30", "intervalMonths": 1 }),
            json!({ "completedDate": "2026-01-30" }),
            json!(["2026-02-28", null]),
        ),
        // Both intervals, and each alone.
        (
            json!({ "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMonths": 6, "intervalMiles": 5000 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 49_800 }),
            json!(["2026-07-20", 54_800]),
        ),
        (
            json!({ "dueMileage": 50_000, "intervalMiles": 5000 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 50_300 }),
            json!([null, 55_300]),
        ),
        (
            json!({ "dueMileage": 50_000, "intervalMonths": 6 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 50_300 }),
            json!(["2026-07-20", null]),
        ),
        (
            json!({ "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMiles": 5000 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 50_300 }),
            json!([null, 55_300]),
        ),
        // Completed exactly at the due reading, and at zero.
        (
            json!({ "dueMileage": 50_000, "intervalMiles": 5000 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 50_000 }),
            json!([null, 55_000]),
        ),
        (
            json!({ "dueMileage": 5000, "intervalMiles": 5000 }),
            json!({ "completedDate": "2026-01-20", "completedMileage": 0 }),
            json!([null, 5000]),
        ),
    ];
    for (item, done, next) in table {
        let mut item = item;
        item["serviceLocation"] = json!("Main Street");
        item["cost"] = json!(10);
        let first = garage.add_item(item.clone()).await;
        let mut body = done.clone();
        body["confirm"] = json!(["/completedMileage"]);
        let response = act(&garage, &first, "complete", body).await.body;
        assert_eq!(response["completed"], garage.user.get(&first).await.body);
        assert_eq!(response["completed"]["isCompleted"], true);
        assert_eq!(response["completed"]["completedDate"], done["completedDate"]);
        let left = &response["next"];
        assert_eq!(json!([left["dueDate"], left["dueMileage"]]), next, "{item} {done}");
        assert_eq!(*left, garage.user.get(&path(left)).await.body);
        for (name, value) in [
            ("isCompleted", json!(false)),
            ("completedDate", Value::Null),
            ("completedMileage", Value::Null),
            ("cost", Value::Null),
            ("serviceLocation", json!("Main Street")),
            ("type", json!("oil_change")),
        ] {
            assert_eq!(left[name], value, "{name}");
        }
    }
    // Without a reading, the odometer of the vehicle counts: 50,300 by now.
    let item = garage.add_item(json!({ "dueMileage": 60_000, "intervalMiles": 5000 })).await;
    let left = act(&garage, &item, "complete", json!({ "completedDate": "2026-01-31" })).await;
    assert_eq!(left.body["next"]["dueMileage"], 55_300);
    assert_eq!(left.body["completed"]["completedMileage"], Value::Null);
}

async fn a_month_end_series_stays_at_the_month_end(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let mut item = garage.add_item(json!({ "dueDate": "2025-01-31", "intervalMonths": 1 })).await;
    let mut days = Vec::new();
    for _ in 0..12 {
        let day = garage.user.get(&item).await.body["dueDate"].clone();
        let done = json!({ "completedDate": day });
        let next = act(&garage, &item, "complete", done).await.body["next"].clone();
        days.push(next["dueDate"].as_str().unwrap()[5..].to_owned());
        item = path(&next);
    }
    assert_eq!(
        days.join(" "),
        "02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31 01-31"
    );
    // A completion on another date becomes the new base.
    let done = json!({ "completedDate": "2026-01-28" });
    let next = act(&garage, &item, "complete", done).await.body["next"].clone();
    assert_eq!(next["dueDate"], "2026-02-28");
    let done = json!({ "completedDate": "2026-02-28", "confirm": ["/completedDate"] });
    let next = act(&garage, &path(&next), "complete", done).await.body["next"].clone();
    assert_eq!(next["dueDate"], "2026-03-28");
}

async fn completing_a_one_off_item_creates_no_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item =
        garage.add_item(json!({ "dueDate": "2026-03-01", "cost": 10, "notes": "old" })).await;
    let done = json!({
        "completedDate": "2026-01-31", "completedMileage": 50_100, "cost": "12.34",
        "serviceLocation": "Here", "notes": "new",
    });
    let response = act(&garage, &item, "complete", done.clone()).await.body;
    assert_eq!(response["next"], Value::Null);
    assert_eq!(response["completed"]["cost"].to_string(), "12.34");
    assert_eq!(response["completed"]["notes"], "new");
    assert_eq!(garage.list_items("").await.len(), 1);
}

async fn concurrent_completions_create_one_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let complete = format!("{item}/complete");
    let done = || garage.user.post(&complete, json!({ "completedDate": "2026-01-31" }));
    let responses = futures_util::future::join_all((0..12).map(|_| done())).await;
    let mut statuses: Vec<_> = responses.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[..2], [200, 409]);
    let refused = done().await;
    assert_eq!(
        (refused.status, &refused.body["type"]),
        (409, &json!("/problems/already-completed"))
    );
    assert_eq!(garage.list_items("").await.len(), 2);
    assert_eq!(garage.list_items("&completed=false").await.len(), 1);
}

async fn an_invalid_completion_reports_each_field(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let complete = format!("{item}/complete");
    let refused = garage.user.post(&complete, json!({ "cost": -1, "by": "me" })).await;
    let expected =
        ["/completedDate: is required", "/cost: must not be negative", "/by: is unknown"];
    assert_eq!(refused.field_errors(), expected);
    assert_eq!(garage.list_items("&completed=true").await.len(), 0);
}

async fn postponing_and_skipping_do_not_move_the_series(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let both = json!({
        "dueDate": "2026-01-31", "dueMileage": 50_000, "intervalMonths": 1, "intervalMiles": 1000,
    });
    let item = garage.add_item(both).await;
    // Postponed twice: the due date changes, but not the series.
    for later in ["2026-02-10", "2026-02-20"] {
        let postponed = act(&garage, &item, "postpone", json!({ "dueDate": later })).await.body;
        assert_eq!(due(&postponed), (json!(later), json!(50_000)));
    }
    let postponed = act(&garage, &item, "postpone", json!({ "dueMileage": 51_500 })).await.body;
    assert_eq!(due(&postponed), (json!("2026-02-20"), json!(51_500)));
    // Skipped: the next time of the series from January 31 and 50,000 miles.
    let skipped = act(&garage, &item, "skip", json!({})).await.body;
    assert_eq!(due(&skipped), (json!("2026-02-28"), json!(52_000)));
    assert_eq!(skipped["id"], postponed["id"]);
    let skipped = act(&garage, &item, "skip", json!({})).await.body;
    assert_eq!(due(&skipped), (json!("2026-03-31"), json!(53_000)));
    assert_eq!(garage.list_items("").await.len(), 1);
    // Completed on the scheduled date: the series continues, and the miles count from the
    // completion.
    let confirm = json!(["/completedDate"]);
    let done = json!({
        "completedDate": "2026-03-31", "completedMileage": 52_900, "confirm": confirm,
    });
    let next = act(&garage, &item, "complete", done).await.body["next"].clone();
    assert_eq!(due(&next), (json!("2026-04-30"), json!(53_900)));
    // Completed on the postponed date: the next item counts from that date.
    act(&garage, &path(&next), "postpone", json!({ "dueDate": "2026-05-02" })).await;
    let done = json!({
        "completedDate": "2026-05-02", "completedMileage": 53_900, "confirm": confirm,
    });
    let next = act(&garage, &path(&next), "complete", done).await.body["next"].clone();
    assert_eq!(due(&next), (json!("2026-06-02"), json!(54_900)));
}

async fn invalid_skips_and_postponements_are_rejected_with_a_reason(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let one_off = garage.add_item(json!({ "dueDate": "2026-03-01" })).await;
    let kind = async |path: &str, action: &str, body: Value| {
        let response = garage.user.post(&format!("{path}/{action}"), body).await;
        (response.status, response.body["type"].as_str().unwrap().to_owned())
    };
    let expected = (409, "/problems/not-recurring".to_owned());
    assert_eq!(kind(&one_off, "skip", json!({})).await, expected);
    let faults = async |body: Value| {
        garage.user.post(&format!("{one_off}/postpone"), body).await.field_errors()
    };
    for (body, fault) in [
        (json!({}), "/dueDate: is required unless you enter a due odometer reading"),
        (json!({ "dueDate": "2026-03-01" }), "/dueDate: must be later than Mar 1, 2026"),
        (json!({ "dueDate": "2026-02-01" }), "/dueDate: must be later than Mar 1, 2026"),
        (
            json!({ "dueMileage": 60_000 }),
            "/dueMileage: must be empty: the item has no due odometer reading",
        ),
    ] {
        assert_eq!(faults(body).await, [fault]);
    }
    act(&garage, &one_off, "complete", json!({ "completedDate": "2026-01-31" })).await;
    let expected = (409, "/problems/already-completed".to_owned());
    assert_eq!(kind(&one_off, "skip", json!({})).await, expected);
    assert_eq!(kind(&one_off, "postpone", json!({ "dueDate": "2026-04-01" })).await, expected);
}

async fn completing_a_reopened_item_reuses_the_next_item(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-01-15", "intervalMonths": 1 })).await;
    let done = json!({ "completedDate": "2026-01-20" });
    let first = act(&garage, &item, "complete", done).await.body["next"].clone();
    let open = garage.user.patch(&item, json!({ "completedDate": null })).await;
    assert_eq!(open.status, 200, "{open:?}");
    let done = json!({ "completedDate": "2026-01-25" });
    let second = act(&garage, &item, "complete", done).await.body["next"].clone();
    assert_eq!((&second["id"], &second["dueDate"]), (&first["id"], &json!("2026-02-25")));
    assert_eq!(garage.list_items("").await.len(), 2);
}

async fn changing_the_due_date_restarts_the_series(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-01-31", "intervalMonths": 1 })).await;
    garage.user.patch(&item, json!({ "dueDate": "2026-02-15" })).await;
    let skipped = act(&garage, &item, "skip", json!({})).await.body;
    assert_eq!(skipped["dueDate"], "2026-03-15");
    // A new interval counts from the same base.
    garage.user.patch(&item, json!({ "intervalMonths": 2 })).await;
    let skipped = act(&garage, &item, "skip", json!({})).await.body;
    assert_eq!(skipped["dueDate"], "2026-05-15");
}
