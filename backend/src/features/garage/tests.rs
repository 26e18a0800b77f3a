//! The garage and a vehicle's page.

use serde_json::json;

use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    an_empty_garage_invites_to_add_a_vehicle,
    the_garage_shows_every_vehicle_with_its_figures,
    a_vehicles_page_shows_figures_chart_and_reasons,
    a_vehicles_page_is_in_the_users_units,
    fill_ups_beyond_a_page_are_a_link_away,
    another_users_vehicle_page_looks_like_one_that_does_not_exist,
];

fn assert_shows(page: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(page.text().contains(part), "{part} is not in {}", page.text());
    }
}

async fn add(user: &TestApp, vehicle: &str, rows: &[(&str, i32, &str, bool)]) {
    for (date, odometer, gallons, is_full) in rows {
        let log = json!({
            "vehicleId": vehicle, "date": date, "odometerReading": odometer, "gallons": gallons,
            "pricePerGallon": "3.459", "isFull": is_full,
        });
        let answer = user.post("/api/fuel-logs", log).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

const FILLS: &[(&str, i32, &str, bool)] = &[
    ("2025-10-01", 1000, "10", true),
    ("2025-10-20", 1150, "5", false),
    ("2025-11-02", 1400, "10", true),
    ("2025-12-01", 1700, "10", true),
];

async fn honda(user: &TestApp) -> String {
    let vehicle = json!({
        "vin": "1HGCM82633A004352", "year": 2003, "make": "Honda", "model": "Accord",
        "nickname": "The old faithful", "licensePlate": "7KLM 204",
    });
    user.post("/api/vehicles", vehicle).await.id()
}

async fn an_empty_garage_invites_to_add_a_vehicle(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = user.get("/vehicles").await;
    assert_eq!(page.status, 200);
    assert_shows(&page, &["Your garage is empty", r#"href="/vehicles/new""#]);
    assert_eq!(user.get("/").await.header("location"), "/vehicles");
}

async fn the_garage_shows_every_vehicle_with_its_figures(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = honda(&user).await;
    add(&user, &id, FILLS).await;
    let other = json!({ "vin": "WVWZZZ1JZXW000001", "nickname": "Sunday" });
    user.post("/api/vehicles", other).await;
    let page = user.get("/vehicles").await;
    let links =
        [format!(r#"href="/vehicles/{id}""#), format!(r#"href="/vehicles/{id}/fuel-logs/new""#)];
    assert_shows(&page, &[&links[0], &links[1]]);
    assert_shows(
        &page,
        &[
            "2003 Honda Accord",
            "The old faithful",
            "7KLM 204",
            // 700 miles on 25 gallons.
            "28.0 <small>mpg",
            "1,700 mi",
            r#"<time datetime="2025-12-01">1 Dec 2025</time>"#,
            "Sunday",
            "none yet",
            "Economy appears after the second full tank.",
        ],
    );
    // Somebody else's garage is their own.
    let stranger = app.register("eve@example.org").await;
    assert_shows(&stranger.get("/vehicles").await, &["Your garage is empty"]);
}

async fn a_vehicles_page_shows_figures_chart_and_reasons(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = honda(&user).await;
    let path = format!("/vehicles/{id}");
    let page = user.get(&path).await;
    assert_shows(&page, &["No fill-ups yet", "1HGCM82633A004352"]);
    assert!(!page.text().contains("<figure"));
    add(&user, &id, &FILLS[..3]).await;
    assert!(!user.get(&path).await.text().contains("<figure"), "one interval is no chart");
    add(&user, &id, &FILLS[3..]).await;
    let page = user.get(&path).await;
    assert_shows(
        &page,
        &[
            "<title>2003 Honda Accord · MotoVaultPro</title>",
            r#"<svg viewBox="0 0 480 212" role="img""#,
            "2 tanks from November 2025 to December 2025. Average 28.0 mpg.",
            "1 Dec 2025: 30.0 mpg",
            "first full tank",
            "partial fill",
            "26.7 <span",
            "+300 <span",
            "$3.459<span",
            "$34.59</td>",
            "$121.07",
        ],
    );
}

async fn a_vehicles_page_is_in_the_users_units(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = honda(&user).await;
    add(&user, &id, FILLS).await;
    let units = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "CHF",
    });
    user.patch("/api/user/preferences", units).await;
    let page = user.get(&format!("/vehicles/{id}")).await;
    assert_shows(
        &page,
        &[
            // 700 miles on 25 gallons; 300 on 10; 400 on 15.
            "8.4 <small>l/100 km",
            "<dt>Best</dt><dd>7.8 <small>",
            "<dt>Worst</dt><dd>8.8 <small>",
            "Cost per km",
            "2,736 km",
            "37.85 <span",
            "CHF\u{a0}0.914<span",
        ],
    );
    assert_shows(&user.get("/vehicles").await, &["8.4 <small>l/100 km", "2,736 km"]);
}

async fn fill_ups_beyond_a_page_are_a_link_away(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = honda(&user).await;
    let rows: Vec<_> = (0..52).map(|at| ("2025-12-01", 1000 + at * 10, "1", true)).collect();
    add(&user, &id, &rows).await;
    let path = format!("/vehicles/{id}");
    let page = user.get(&path).await;
    assert_eq!(page.text().matches("/edit\">Edit<span").count(), 50);
    let older = page.text().split(&format!("{path}?cursor=")).nth(1).unwrap();
    let cursor = older.split('"').next().unwrap();
    let page = user.get(&format!("{path}?cursor={cursor}")).await;
    assert_eq!(page.text().matches("/edit\">Edit<span").count(), 2);
    assert!(!page.text().contains("Load older"));
    assert_eq!(user.get(&format!("{path}?cursor=nonsense")).await.status, 422);
}

async fn another_users_vehicle_page_looks_like_one_that_does_not_exist(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = honda(&user).await;
    let stranger = app.register("eve@example.org").await;
    let theirs = stranger.get(&format!("/vehicles/{id}")).await;
    let none = stranger.get(&format!("/vehicles/{}", uuid::Uuid::now_v7())).await;
    assert_eq!((theirs.status, none.status), (404, 404));
    assert_eq!(theirs.body, none.body);
    assert_shows(&none, &["Error 404", "There is no such vehicle."]);
}
