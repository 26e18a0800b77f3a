//! What browsers need to store pages and forms, tested through HTTP. `backend/tests/blackbox/offline.rs` tests the
//! service worker.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    pages_name_their_user_by_a_tag,
    a_form_of_another_user_changes_nothing,
    a_form_is_answered_in_brief_on_request,
    a_form_that_the_user_has_just_sent_leaves_a_message,
    a_form_that_is_sent_again_within_a_month_creates_one_record,
    forms_of_vehicles_in_use_are_stored,
    a_page_that_is_fetched_in_advance_leaves_the_message,
    a_service_is_logged_for_the_vehicle_of_the_latest_fill_up,
    the_page_names_all_vehicles,
    the_service_worker_is_downloaded_once,
];

/// A user and a vehicle.
async fn owner(app: &TestApp, email: &str) -> (TestApp, String) {
    let user = app.register(email).await;
    let vehicle = json!({ "vin": "1HGCM82633A004352", "nickname": "Blue" });
    let vehicle = user.post("/api/vehicles", vehicle).await.id();
    (user, vehicle)
}

fn fill_up<'a>(odometer: &'a str, tag: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("odometer", odometer),
        ("odometerUnit", "mi"),
        ("volume", "10"),
        ("volumeUnit", "gal_us"),
        ("date", "2026-01-20"),
        ("once", "0197-form"),
        ("signedInAs", tag),
    ]
}

async fn tag_of(user: &TestApp) -> String {
    user.get("/vehicles").await.header("viewer-tag").to_owned()
}

async fn logs(user: &TestApp) -> Vec<Value> {
    user.get("/api/fuel-logs").await.body["items"].as_array().unwrap().clone()
}

async fn pages_name_their_user_by_a_tag(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let tag = tag_of(&ann).await;
    assert_eq!(tag.len(), 32, "{tag}");
    let form = ann.get(&format!("/vehicles/{vehicle}/fuel-logs/new")).await;
    assert!(form.text().contains(&format!(r#"name="signedInAs" value="{tag}""#)), "{form:?}");
    assert!(form.text().contains(&format!(r#"data-user="{tag}""#)), "{form:?}");
    // The same in another session, and for errors; another one for another user.
    let credentials = json!({ "email": "ann@example.org", "password": "correct horse battery" });
    let session = app.anonymous().post("/api/auth/login", credentials).await;
    let session = app.with_cookie(crate::testing::cookie_of(&session));
    assert_eq!(tag_of(&session).await, tag);
    assert_eq!(ann.get("/nothing").await.header("viewer-tag"), tag);
    let bob = app.register("bob@example.org").await;
    assert_ne!(tag_of(&bob).await, tag);
    assert_eq!(app.anonymous().get("/login").await.header("viewer-tag"), "none");
    assert!(!tag.contains(ann.user_id().await.as_str()));
}

async fn a_form_of_another_user_changes_nothing(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let bob = app.register("bob@example.org").await;
    let path = format!("/vehicles/{vehicle}/fuel-logs/new");
    let (ann_tag, bob_tag) = (tag_of(&ann).await, tag_of(&bob).await);
    // Ann has signed in where a page of Bob is still open.
    let response = ann.post_form(&path, &fill_up("1000", &bob_tag)).await;
    assert_eq!(response.status, 403, "{response:?}");
    assert!(response.text().contains("belongs to another account"), "{response:?}");
    assert_eq!(logs(&ann).await.len(), 0);
    assert_eq!(ann.post_form(&path, &fill_up("1000", &ann_tag)).await.status, 303);
    assert_eq!(logs(&ann).await.len(), 1);
}

async fn a_form_is_answered_in_brief_on_request(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let path = format!("/vehicles/{vehicle}/fuel-logs/new");
    let tag = tag_of(&ann).await;
    let sender = ann.with_header("prefer", "return=minimal");
    for _ in 0..2 {
        let response = sender.post_form(&path, &fill_up("1000", &tag)).await;
        let location = format!("/vehicles/{vehicle}");
        assert_eq!((response.status, response.header("location")), (204, &*location));
        assert_eq!(response.header("preference-applied"), "return=minimal");
        // The message would appear on an unrelated page.
        assert_eq!(response.header("set-cookie"), "");
    }
    assert_eq!(logs(&ann).await.len(), 1);
    let invalid = sender.post_form(&path, &fill_up("many", &tag)).await;
    assert_eq!(invalid.status, 422);
    assert!(invalid.text().contains("must be a number"), "{invalid:?}");
    let visitor = app.anonymous().with_header("prefer", "return=minimal");
    let response = visitor.post_form(&path, &fill_up("2000", &tag)).await;
    assert_eq!((response.status, response.header("location")), (401, ""), "{response:?}");
    assert_eq!(response.header("content-type"), "application/problem+json");
    let deleted = ann.post_form(&format!("/vehicles/{vehicle}/trash"), &[]).await;
    assert_eq!(deleted.status, 303);
    let response = sender.post_form(&path, &fill_up("2000", &tag)).await;
    assert_eq!(response.status, 404);
    assert!(response.text().contains("is in your trash"), "{response:?}");
}

async fn a_form_that_the_user_has_just_sent_leaves_a_message(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let path = format!("/vehicles/{vehicle}/fuel-logs/new");
    let tag = tag_of(&ann).await;
    let sender = ann.with_header("prefer", "return=minimal, message");
    let response = sender.post_form(&path, &fill_up("1000", &tag)).await;
    assert_eq!(response.status, 204);
    assert!(response.header("set-cookie").starts_with("flash="), "{response:?}");
}

async fn a_form_that_is_sent_again_within_a_month_creates_one_record(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let path = format!("/vehicles/{vehicle}/fuel-logs/new");
    let tag = tag_of(&ann).await;
    assert_eq!(ann.post_form(&path, &fill_up("1000", &tag)).await.status, 303);
    // Sessions last for two weeks.
    for _ in 0..3 {
        app.app.clock.advance(TimeDelta::days(9) + TimeDelta::hours(20));
        let credentials =
            json!({ "email": "ann@example.org", "password": "correct horse battery" });
        let session = app.anonymous().post("/api/auth/login", credentials).await;
        let session = app.with_cookie(crate::testing::cookie_of(&session));
        for task in &crate::features::periodic_tasks() {
            crate::core::periodic::run_one(&app.app, task).await.unwrap();
        }
        // Another form deletes what has expired.
        let reading = [
            ("odometer", "900"),
            ("odometerUnit", "mi"),
            ("date", "2026-01-10"),
            ("once", "0197-reading"),
        ];
        session.post_form(&format!("/vehicles/{vehicle}/odometer"), &reading).await;
        assert_eq!(session.post_form(&path, &fill_up("1000", &tag)).await.status, 303);
        assert_eq!(logs(&session).await.len(), 1);
    }
}

async fn forms_of_vehicles_in_use_are_stored(app: TestApp) {
    let (ann, first) = owner(&app, "ann@example.org").await;
    let unused = json!({ "vin": "1M8GDM9AXKP042788" });
    let unused = ann.post("/api/vehicles", unused).await.id();
    let inactive = [("isActive", "false")];
    assert_eq!(ann.post_form(&format!("/vehicles/{unused}/active"), &inactive).await.status, 303);
    for nth in 0..6 {
        let trailer = json!({ "identifier": format!("T-{nth}"), "kind": "trailer" });
        assert_eq!(ann.post("/api/vehicles", trailer).await.status, 201);
    }
    let log =
        json!({ "vehicleId": first, "date": "2026-01-20", "odometerReading": 1000, "gallons": 10 });
    assert_eq!(ann.post("/api/fuel-logs", log).await.status, 201);
    let pages = ann.get("/outbox/pages").await;
    assert_eq!(pages.header("viewer-tag"), tag_of(&ann).await);
    let pages: Vec<_> = pages.body["pages"].as_array().unwrap().clone();
    let pages: Vec<_> = pages.iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(pages[..3], ["/outbox", "/fuel-logs/new", "/maintenance/new"]);
    assert!(pages[3].starts_with(&format!("/vehicles/{first}/fuel-logs/new")), "{pages:?}");
    assert_eq!(pages.len(), 3 + 5 * 3, "{pages:?}");
    assert!(!pages.iter().any(|it| it.contains(&unused)), "{pages:?}");
    for page in pages {
        let response = ann.get(page).await;
        let is_redirect = ["/fuel-logs/new", "/maintenance/new"].contains(&page);
        assert_eq!(response.status, if is_redirect { 303 } else { 200 }, "{page}");
    }
    let service = format!("/vehicles/{first}/maintenance/new?done=true&anyType=true");
    let service = ann.get(&service).await;
    assert!(service.text().contains(r#"name="type" type="text" value="""#), "{service:?}");
}

async fn a_page_that_is_fetched_in_advance_leaves_the_message(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let saved =
        ann.post_form(&format!("/vehicles/{vehicle}/fuel-logs/new"), &fill_up("1000", "")).await;
    assert_eq!(saved.status, 403, "a form without its user is another's");
    let tag = tag_of(&ann).await;
    let saved =
        ann.post_form(&format!("/vehicles/{vehicle}/fuel-logs/new"), &fill_up("1000", &tag)).await;
    let flash = saved.header("set-cookie").split(';').next().unwrap().to_owned();
    let both = app.with_cookie(Some(format!("{}; {flash}", ann.cookie().unwrap())));
    let prefetched = both.with_header("purpose", "prefetch").get("/outbox").await;
    assert_eq!(prefetched.header("set-cookie"), "", "{prefetched:?}");
    assert!(!prefetched.text().contains("class=\"notice good flash\""), "{prefetched:?}");
    let shown = both.get("/outbox").await;
    assert!(shown.text().contains("class=\"notice good flash\""), "{shown:?}");
}

async fn a_service_is_logged_for_the_vehicle_of_the_latest_fill_up(app: TestApp) {
    let user = app.register("dana@example.org").await;
    assert_eq!(user.get("/maintenance/new").await.header("location"), "/vehicles/new");
    let (ann, first) = owner(&app, "ann@example.org").await;
    ann.post("/api/vehicles", json!({ "vin": "1M8GDM9AXKP042788" })).await.id();
    let log =
        json!({ "vehicleId": first, "date": "2026-01-20", "odometerReading": 1000, "gallons": 10 });
    assert_eq!(ann.post("/api/fuel-logs", log).await.status, 201);
    let location = ann.get("/maintenance/new").await;
    let expected = format!("/vehicles/{first}/maintenance/new?done=true");
    assert_eq!(location.header("location"), expected);
}

async fn the_page_names_all_vehicles(app: TestApp) {
    let (ann, vehicle) = owner(&app, "ann@example.org").await;
    let page = ann.get("/outbox").await;
    assert!(page.text().contains("Waiting to be sent"), "{page:?}");
    let names = format!("{{&#34;{vehicle}&#34;:&#34;Blue");
    assert!(page.text().contains(&names), "{page:?}");
}

async fn the_service_worker_is_downloaded_once(app: TestApp) {
    let script = app.anonymous().get("/sw.js").await;
    assert_eq!(script.status, 200);
    assert_eq!(script.header("cache-control"), "no-cache");
    let again = app.anonymous().with_header("if-none-match", script.header("etag"));
    let again = again.get("/sw.js").await;
    assert_eq!((again.status, again.text()), (304, ""));
}
