//! Tests the list of vehicles and the page of a vehicle.

use serde_json::json;

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    an_empty_garage_offers_to_add_a_vehicle,
    the_garage_shows_every_vehicle_with_its_figures,
    the_vehicle_page_shows_figures_chart_and_reasons,
    the_vehicle_page_uses_the_users_units,
    older_fill_ups_are_on_further_pages,
    another_users_vehicle_page_is_not_found,
    vehicles_out_of_use_have_their_own_list,
    vehicles_of_the_same_model_get_distinct_names,
];

fn assert_shows(page: &TestResponse, parts: &[&str]) {
    for part in parts {
        assert!(page.text().contains(part), "{part} not found in {}", page.text());
    }
}

async fn add_fills(user: &TestApp, vehicle: &str, rows: &[(&str, i32, &str, bool)]) {
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

async fn add_honda(user: &TestApp) -> String {
    let vehicle = json!({
        "vin": "1HGCM82633A004352", "year": 2003, "make": "Honda", "model": "Accord",
        "nickname": "The old faithful", "licensePlate": "7KLM 204",
    });
    user.post("/api/vehicles", vehicle).await.id()
}

async fn an_empty_garage_offers_to_add_a_vehicle(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let page = user.get("/vehicles").await;
    assert_eq!(page.status, 200);
    assert_shows(&page, &["Your garage is empty", r#"href="/vehicles/new""#]);
}

async fn the_garage_shows_every_vehicle_with_its_figures(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    add_fills(&user, &id, FILLS).await;
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
            r#"<time datetime="2025-12-01">Dec 1, 2025</time>"#,
            "Sunday",
            "None yet",
            "Economy appears after the second full tank.",
        ],
    );
    // Another user does not see the vehicles.
    let stranger = app.register("eve@example.org").await;
    assert_shows(&stranger.get("/vehicles").await, &["Your garage is empty"]);
}

async fn the_vehicle_page_shows_figures_chart_and_reasons(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    let path = format!("/vehicles/{id}");
    let page = user.get(&path).await;
    assert_shows(&page, &["No fill-ups yet", "1HGCM82633A004352"]);
    assert!(!page.text().contains("<figure"));
    add_fills(&user, &id, &FILLS[..3]).await;
    assert!(
        !user.get(&path).await.text().contains("<figure"),
        "one interval is not enough for a chart"
    );
    add_fills(&user, &id, &FILLS[3..]).await;
    let page = user.get(&path).await;
    assert_shows(
        &page,
        &[
            "<title>The old faithful · MotoVaultPro</title>",
            "2003 Honda Accord",
            r#"<svg viewBox="0 0 480 212" role="img""#,
            "2 tanks from November 2025 to December 2025. Average 28.0 mpg.",
            "Dec 1, 2025: 30.0 mpg",
            "first full tank",
            "not a full tank",
            "26.7 <span",
            "+300 <span",
            "$3.459<span",
            "$34.59</td>",
            "$121.07",
        ],
    );
}

async fn the_vehicle_page_uses_the_users_units(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    add_fills(&user, &id, FILLS).await;
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
            "$0.914<span",
        ],
    );
    assert_shows(&user.get("/vehicles").await, &["8.4 <small>l/100 km", "2,736 km"]);
}

async fn older_fill_ups_are_on_further_pages(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    let rows: Vec<_> = (0..52).map(|at| ("2025-12-01", 1000 + at * 10, "1", true)).collect();
    add_fills(&user, &id, &rows).await;
    let path = format!("/vehicles/{id}");
    let page = user.get(&path).await;
    assert_eq!(page.text().matches("\">Edit</a></td>").count(), 50);
    let older = page.text().split(&format!("{path}?cursor=")).nth(1).unwrap();
    let cursor = older.split('"').next().unwrap();
    let page = user.get(&format!("{path}?cursor={cursor}")).await;
    assert_eq!(page.text().matches("\">Edit</a></td>").count(), 2);
    assert!(!page.text().contains("Load older"));
    assert_eq!(user.get(&format!("{path}?cursor=nonsense")).await.status, 422);
}

async fn another_users_vehicle_page_is_not_found(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    let stranger = app.register("eve@example.org").await;
    let theirs = stranger.get(&format!("/vehicles/{id}")).await;
    let none = stranger.get(&format!("/vehicles/{}", uuid::Uuid::now_v7())).await;
    assert_eq!((theirs.status, none.status), (404, 404));
    assert_eq!(theirs.body, none.body);
    assert_shows(&none, &["Error 404", "Vehicle not found."]);
}

async fn vehicles_out_of_use_have_their_own_list(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = add_honda(&user).await;
    add_fills(&user, &id, FILLS).await;
    let item = json!({ "vehicleId": id, "type": "oil_change", "dueDate": "2026-02-01" });
    user.post("/api/maintenance", item).await;
    let page = format!("/vehicles/{id}");
    assert_shows(&user.get(&page).await, &[">Mark as out of use</button>"]);
    assert!(!user.get("/vehicles").await.text().contains("active=false"));
    let switch = format!("{page}/active");
    let answer = user.post_form(&switch, &[("isActive", "false")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, page.as_str()));
    // It is removed from the lists and from due maintenance.
    let list = user.get("/vehicles").await;
    assert!(!list.text().contains("The old faithful"));
    assert_shows(&list, &[r#"href="/vehicles?active=false""#]);
    assert_shows(&user.get("/vehicles?active=false").await, &["Out of use", "The old faithful"]);
    assert_eq!(user.get("/api/vehicles").await.body["items"], json!([]));
    let inactive = user.get("/api/vehicles?active=false").await.body["items"].clone();
    assert_eq!((&inactive[0]["id"], &inactive[0]["isActive"]), (&json!(id), &json!(false)));
    assert_eq!(user.get("/api/maintenance/upcoming").await.body["items"], json!([]));
    assert!(!user.get("/maintenance").await.text().contains("The old faithful"));
    // Its history remains.
    assert_shows(&user.get(&page).await, &["Put back in use", "28.0", "Fill-ups"]);
    let logs = user.get(&format!("/api/fuel-logs?vehicleId={id}")).await;
    assert_eq!(logs.body["items"].as_array().unwrap().len(), FILLS.len());
    user.post_form(&switch, &[("isActive", "true")]).await;
    assert_shows(&user.get("/vehicles").await, &["The old faithful"]);
    assert_eq!(user.get("/api/maintenance/upcoming").await.body["items"][0]["vehicleId"], id);
    let stranger = app.register("eve@example.org").await;
    assert_eq!(stranger.post_form(&switch, &[("isActive", "false")]).await.status, 404);
}

async fn vehicles_of_the_same_model_get_distinct_names(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let mut ids = Vec::new();
    for more in [
        json!({ "vin": "1HGCM82633A004352", "licensePlate": "7KLM 204" }),
        json!({ "vin": "1HGCM826X3A001111", "licensePlate": "8ABC 123" }),
        json!({ "vin": "1HGCM82623A002222" }),
        json!({ "vin": "1HGCM82653A003333" }),
        json!({ "vin": "5GZCZ43D13S812715", "nickname": "Old one" }),
    ] {
        let mut vehicle = json!({ "year": 2003, "make": "Honda", "model": "Accord" });
        for (name, value) in more.as_object().unwrap() {
            vehicle[name] = value.clone();
        }
        let id = user.post("/api/vehicles", vehicle).await.id();
        let item = json!({ "vehicleId": id, "type": "oil_change", "dueDate": "2026-02-01" });
        user.post("/api/maintenance", item).await;
        ids.push(id);
    }
    let names = [
        "2003 Honda Accord (7KLM 204)",
        "2003 Honda Accord (8ABC 123)",
        "2003 Honda Accord (…002222)",
        "2003 Honda Accord (…003333)",
        "Old one",
    ];
    let due = user.get("/api/maintenance/upcoming").await.body["items"].clone();
    for (id, name) in ids.iter().zip(names) {
        let of = due.as_array().unwrap().iter().find(|it| it["vehicleId"] == json!(id)).unwrap();
        assert_eq!(of["vehicle"], json!({ "id": id, "name": name }));
    }
    for page in ["/vehicles", "/maintenance"] {
        assert_shows(&user.get(page).await, &names);
    }
}
