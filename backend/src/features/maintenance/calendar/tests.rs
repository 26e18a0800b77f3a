//! Tests of the calendar.

use serde_json::json;

use crate::{
    features::maintenance::tests::{Garage, garage},
    testing::{TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    upcoming_items_are_served_at_a_secret_url,
    an_event_keeps_its_uid_when_it_is_rescheduled,
    an_item_due_by_mileage_is_on_its_predicted_day,
    replacing_or_revoking_a_link_or_changing_the_password_invalidates_it,
    a_retry_returns_the_same_link,
    the_link_is_created_and_revoked_on_a_page,
];

/// Creates a calendar link and returns its path.
async fn link(user: &TestApp) -> String {
    let created = user.post("/api/maintenance/calendar-link", json!({})).await;
    assert_eq!(created.status, 201, "{created:?}");
    let url = created.body["url"].as_str().unwrap();
    url.strip_prefix("http://cars.test").unwrap().to_owned()
}

/// Returns the unfolded lines of the calendar.
async fn lines(app: &TestApp, path: &str) -> Vec<String> {
    let calendar = app.anonymous().get(path).await;
    assert_eq!(calendar.status, 200, "{calendar:?}");
    assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
    let text = calendar.body.as_str().unwrap().replace("\r\n ", "");
    text.split("\r\n").map(str::to_owned).collect()
}

fn values_of<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|it| it.strip_prefix(name)).collect()
}

async fn upcoming_items_are_served_at_a_secret_url(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = json!({
        "dueDate": "2026-03-01", "serviceLocation": "Main St, 5; yard", "description": "5W-30",
        "notes": "one\ntwo \\ three",
    });
    let item = garage.add_item(item).await;
    garage.add_item(json!({ "completedDate": "2026-01-01" })).await;
    let path = link(&garage.user).await;
    let lines = lines(&app, &path).await;
    let id = item.rsplit('/').next().unwrap();
    assert_eq!(values_of(&lines, "UID:"), [format!("{id}@motovaultpro")]);
    assert_eq!(values_of(&lines, "DTSTART;VALUE=DATE:"), ["20260301"]);
    assert_eq!(values_of(&lines, "SUMMARY:"), ["Oil change: 2003 Honda Accord"]);
    assert_eq!(values_of(&lines, "LOCATION:"), ["Main St\\, 5\\; yard"]);
    assert_eq!(values_of(&lines, "DESCRIPTION:"), ["5W-30\\none\\ntwo \\\\ three"]);
    assert_eq!(values_of(&lines, "URL:"), [format!("http://cars.test/maintenance/{id}/edit")]);
    // The calendar of another user does not contain the item, and unknown tokens are rejected.
    let bob = self::garage(&app, "bob@example.org").await;
    let path = link(&bob.user).await;
    assert_eq!(values_of(&self::lines(&app, &path).await, "UID:"), [""; 0]);
    let wrong = "mvc_".to_owned() + &"0".repeat(64);
    for token in ["x", &wrong] {
        let path = format!("/api/maintenance/calendar.ics?token={token}");
        assert_eq!(app.anonymous().get(&path).await.status, 404);
    }
    assert_eq!(app.anonymous().get("/api/maintenance/calendar.ics").await.status, 422);
}

async fn an_event_keeps_its_uid_when_it_is_rescheduled(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let item = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let path = link(&garage.user).await;
    let uid = async || values_of(&lines(&app, &path).await, "UID:").join(" ");
    let day = async || values_of(&lines(&app, &path).await, "DTSTART;VALUE=DATE:").join(" ");
    let first = uid().await;
    for (action, body, wanted) in [
        ("", json!({ "dueDate": "2026-03-10" }), "20260310"),
        ("/postpone", json!({ "dueDate": "2026-03-20" }), "20260320"),
        ("/skip", json!({}), "20260410"),
    ] {
        app.app.clock.advance(chrono::TimeDelta::seconds(1));
        let path = format!("{item}{action}");
        let response = match action {
            "" => garage.user.patch(&path, body).await,
            _ => garage.user.post(&path, body).await,
        };
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!((uid().await, day().await), (first.clone(), wanted.to_owned()));
    }
    // The next item is a new event.
    let done = json!({ "completedDate": "2026-01-31" });
    garage.user.post(&format!("{item}/complete"), done).await;
    assert_ne!(uid().await, first);
    assert_eq!(day().await, "20260228");
}

async fn an_item_due_by_mileage_is_on_its_predicted_day(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "dueMileage": 53_000 })).await;
    let path = link(&garage.user).await;
    assert_eq!(values_of(&lines(&app, &path).await, "UID:").len(), 0, "no prediction yet");
    for (day, odometer) in [
        ("2025-11-22", 50_100),
        ("2025-12-12", 50_700),
        ("2026-01-01", 51_300),
        ("2026-01-21", 51_900),
    ] {
        garage.add_fill_up(day, odometer).await;
    }
    let lines = lines(&app, &path).await;
    assert_eq!(values_of(&lines, "DTSTART;VALUE=DATE:"), ["20260227"]);
    assert_eq!(values_of(&lines, "DESCRIPTION:"), ["Due at 53\\,000 mi"]);
}

async fn replacing_or_revoking_a_link_or_changing_the_password_invalidates_it(app: TestApp) {
    let Garage { user, .. } = garage(&app, "ann@example.org").await;
    let status = async |path: &str| app.anonymous().get(path).await.status;
    let link_path = "/api/maintenance/calendar-link";
    assert_eq!(user.get(link_path).await.status, 404);
    let first = link(&user).await;
    assert_eq!((status(&first).await, user.get(link_path).await.status), (200, 200));
    let second = link(&user).await;
    assert_eq!((status(&first).await, status(&second).await), (404, 200));
    assert_eq!(user.delete(link_path).await.status, 204);
    assert_eq!((status(&second).await, user.delete(link_path).await.status), (404, 404));
    let third = link(&user).await;
    let change = json!({
        "currentPassword": "correct horse battery", "newPassword": "another horse battery",
    });
    assert!(user.post("/api/auth/password", change).await.status < 300);
    assert_eq!(status(&third).await, 404);
    // Only a hash of the secret is stored.
    let secret = third.split("token=").nth(1).unwrap();
    let link = user.get(link_path).await;
    assert!(!link.body.to_string().contains(secret));
}

async fn a_retry_returns_the_same_link(app: TestApp) {
    let Garage { user, .. } = garage(&app, "ann@example.org").await;
    let send = async || -> TestResponse {
        let key = [("idempotency-key", "one")];
        let path = "/api/maintenance/calendar-link";
        user.send_json(axum::http::Method::POST, path, "", &key).await
    };
    let (first, retried) = (send().await, send().await);
    assert_eq!((first.status, retried.status), (201, 201), "{retried:?}");
    assert_eq!((&retried.body, retried.header("idempotency-replayed")), (&first.body, "true"));
    user.delete("/api/maintenance/calendar-link").await;
    assert_eq!(send().await.status, 409);
}

async fn the_link_is_created_and_revoked_on_a_page(app: TestApp) {
    let Garage { user, .. } = garage(&app, "ann@example.org").await;
    let text = |response: &TestResponse| response.body.as_str().unwrap_or_default().to_owned();
    let page = text(&user.get("/maintenance/calendar").await);
    assert!(page.contains("Create link"), "{page}");
    let created = text(&user.post_form("/maintenance/calendar", &[]).await);
    let path = created.split("http://cars.test").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(app.anonymous().get(path).await.status, 200);
    let page = text(&user.get("/maintenance/calendar").await);
    assert!(!page.contains("token=") && page.contains("Revoke link"), "{page}");
    for _ in 0..2 {
        assert_eq!(user.post_form("/maintenance/calendar/revoke", &[]).await.status, 303);
    }
    assert_eq!(app.anonymous().get(path).await.status, 404);
}
