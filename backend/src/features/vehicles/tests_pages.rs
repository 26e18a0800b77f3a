//! The pages of vehicles.

use serde_json::json;

use crate::testing::{TestApp, on_every_engine};

const VIN: &str = "1HGCM82633A004352";

on_every_engine![
    an_invalid_form_shows_each_error_at_its_field_and_preserves_the_input,
    a_form_names_the_invisible_character_in_a_field,
    a_vehicle_is_added_and_edited_with_forms,
    submitting_an_unchanged_form_changes_nothing,
    an_invalid_vin_is_explained_at_its_field_only,
    a_duplicate_vin_links_to_the_other_vehicle,
    the_trash_lists_and_restores_vehicles,
    the_page_of_a_vehicle_in_the_trash_offers_to_restore_it,
    user_input_is_html_escaped,
];

async fn an_invalid_form_shows_each_error_at_its_field_and_preserves_the_input(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let fields =
        [("vin", "1HGCM82633A00435"), ("year", "203"), ("make", "Honda"), ("nickname", "")];
    let answer = user.post_form("/vehicles/new", &fields).await;
    assert_eq!(answer.status, 422);
    for part in [
        r#"id="vin-error">This has 16 characters instead of 17: compare"#,
        r#"id="year-error">This must be from 1886 to 2028."#,
        r##"<a href="#vin">VIN: has 16 characters"##,
        r##"<a href="#year">Year: must be"##,
        r#"aria-describedby="vin-hint vin-error""#,
        r#"value="1HGCM82633A00435""#,
        r#"value="203""#,
        r#"value="Honda""#,
    ] {
        assert!(answer.text().contains(part), "{part} is not in {answer:?}");
    }
    assert_eq!(user.get("/api/vehicles").await.body["items"], json!([]));
}

async fn a_form_names_the_invisible_character_in_a_field(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let answer =
        user.post_form("/vehicles/new", &[("vin", VIN), ("nickname", "My\u{200b}car")]).await;
    assert_eq!(answer.status, 422);
    let message = "This contains an invisible character, U+200B (zero-width space), after “My”";
    assert!(answer.text().contains(message), "{answer:?}");
}

async fn a_vehicle_is_added_and_edited_with_forms(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let preferences = json!({ "distanceUnit": "km" });
    user.patch("/api/user/preferences", preferences).await;
    let fields = [
        ("vin", VIN),
        ("year", "2003"),
        ("make", "Honda"),
        ("odometer", "100 000"),
        ("odometerUnit", "km"),
    ];
    let answer = user.post_form("/vehicles/new", &fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let path = answer.header("location").to_owned();
    let vehicle = user.get(&format!("/api{path}")).await.body;
    assert_eq!(vehicle["odometerReading"], 62_137);
    assert_eq!(vehicle["odometer"], json!({ "value": 100_000, "unit": "km" }));

    let edit = format!("{path}/edit");
    let form = user.get(&edit).await;
    assert!(!form.text().contains(r#"name="odometer"#), "readings have their own page");
    assert!(form.text().contains(&format!(r#"href="{path}/odometer""#)));
    // A reading from an older form is ignored too.
    let fields = [("vin", VIN), ("make", ""), ("model", "Accord"), ("odometerReading", "5")];
    let answer = user.post_form(&edit, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, path.as_str()));
    let changed = user.get(&format!("/api{path}")).await.body;
    assert_eq!(changed["make"], json!(null));
    assert_eq!(changed["model"], "Accord");
    assert_eq!(changed["odometerReading"], 62_137);

    let fields = [("vin", ""), ("odometer", "-5"), ("odometerUnit", "km")];
    let answer = user.post_form("/vehicles/new", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(r#"value="-5""#));
    assert!(answer.text().contains("odometer-error"));
}

async fn submitting_an_unchanged_form_changes_nothing(app: TestApp) {
    let user = app.register("dana@example.org").await;
    user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let vehicle = json!({ "vin": VIN, "odometerReading": 84_211, "nickname": "Old one" });
    let vehicle = user.post("/api/vehicles", vehicle).await;
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let fields = [("vin", VIN), ("nickname", "Old one")];
    let answer = user.post_form(&format!("/vehicles/{}/edit", vehicle.id()), &fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let after = user.get(&format!("/api/vehicles/{}", vehicle.id())).await;
    assert_eq!(after.body, vehicle.body);
}

async fn an_invalid_vin_is_explained_at_its_field_only(app: TestApp) {
    let user = app.register("dana@example.org").await;
    for (typed, problem) in [
        ("1HGCM82633A00435-", "instead of 17"),
        ("1HGCM82633A004353", "One of the 17 characters is probably wrong"),
    ] {
        let preview = user.get(&format!("/vin/card?vin={typed}")).await;
        assert!(preview.text().contains(problem), "{preview:?}");
        let answer = user.post_form("/vehicles/new", &[("vin", typed)]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(r#"id="vin-error""#));
        let card = answer.text().split_once(r#"id="vin-card""#).unwrap().1;
        assert!(!card.contains(problem), "{answer:?}");
    }
}

async fn a_duplicate_vin_links_to_the_other_vehicle(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let id = user.post("/api/vehicles", json!({ "vin": VIN })).await.id();
    let answer = user.post_form("/vehicles/new", &[("vin", VIN)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(r#"id="vin-error""#));
    assert!(answer.text().contains(&format!(r#"href="/vehicles/{id}""#)));

    user.delete(&format!("/api/vehicles/{id}")).await;
    let answer = user.post_form("/vehicles/new", &[("vin", VIN)]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains(&format!(r#"action="/vehicles/{id}/restore""#)));
    let answer = user.post_form(&format!("/vehicles/{id}/restore"), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, &*format!("/vehicles/{id}")));
}

async fn the_trash_lists_and_restores_vehicles(app: TestApp) {
    let user = app.register("dana@example.org").await;
    assert!(user.get("/trash").await.text().contains("The trash is empty"));
    let vehicle = json!({ "vin": VIN, "make": "Honda", "licensePlate": "7KLM 204" });
    let id = user.post("/api/vehicles", vehicle).await.id();
    let answer = user.post_form(&format!("/vehicles/{id}/trash"), &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/vehicles"));
    let list = user.follow(&answer).await;
    assert!(list.text().contains("The vehicle is in the trash."), "{list:?}");
    let undo = format!(r#"<form method="post" action="/vehicles/{id}/restore">"#);
    assert!(list.text().contains(&undo), "{list:?}");
    let page = user.get("/trash").await;
    assert!(page.text().contains("(7KLM 204)"), "{page:?}");
    assert!(page.text().contains("Moved to trash Jan 31, 2026"), "{page:?}");
    assert_eq!(user.get(&format!("/vehicles/{id}")).await.status, 404);
    let restored = user.post_form(&format!("/vehicles/{id}/restore"), &[]).await;
    let page = user.follow(&restored).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("The vehicle is restored."), "{page:?}");
    let other = app.register("eve@example.org").await;
    for action in ["trash", "restore", "edit"] {
        let answer = other.post_form(&format!("/vehicles/{id}/{action}"), &[]).await;
        assert_eq!(answer.status, 404, "{action}");
    }
}

async fn the_page_of_a_vehicle_in_the_trash_offers_to_restore_it(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let vehicle = json!({ "vin": VIN, "nickname": "Old Blue" });
    let id = user.post("/api/vehicles", vehicle).await.id();
    let log = json!({
        "vehicleId": id, "date": "2026-01-01", "odometerReading": 1, "gallons": "1",
    });
    let log = user.post("/api/fuel-logs", log).await.id();
    user.post_form(&format!("/vehicles/{id}/trash"), &[]).await;
    let restore = format!(r#"<form method="post" action="/vehicles/{id}/restore">"#);
    let other = app.register("eve@example.org").await;
    for path in [
        format!("/vehicles/{id}"),
        format!("/vehicles/{id}/edit"),
        format!("/vehicles/{id}/fuel-logs/new"),
        format!("/vehicles/{id}/maintenance"),
        format!("/vehicles/{id}/odometer"),
        format!("/fuel-logs/{log}/edit"),
    ] {
        let page = user.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text().contains("is in your trash: restore it first."), "{path}: {page:?}");
        assert!(page.text().contains(&restore), "{path}");
        let page = other.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.text().contains("in your trash"), "{path}: {page:?}");
    }
    let fields = [("date", "2026-01-02"), ("odometerReading", "10"), ("volume", "2")];
    let refused = user.post_form(&format!("/vehicles/{id}/fuel-logs/new"), &fields).await;
    assert!(refused.text().contains(&restore), "{refused:?}");
    user.post_form(&format!("/vehicles/{id}/restore"), &[]).await;
    assert_eq!(user.get(&format!("/vehicles/{id}")).await.status, 200);
}

async fn user_input_is_html_escaped(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let evil = r#""><script>alert(1)</script>"#;
    let vehicle = json!({
        "vin": VIN, "make": evil, "nickname": evil, "color": evil, "licensePlate": "<i>\"'&",
    });
    let id = user.post("/api/vehicles", vehicle).await.id();
    let log = json!({
        "vehicleId": id, "date": "2026-01-01", "odometerReading": 1, "gallons": "1",
        "stationName": evil, "notes": format!("</textarea>{evil}"),
    });
    let log = user.post("/api/fuel-logs", log).await.id();
    for path in [
        "/vehicles".to_owned(),
        format!("/vehicles/{id}"),
        format!("/vehicles/{id}/edit"),
        format!("/vehicles/{id}/fuel-logs/new"),
        format!("/fuel-logs/{log}/edit"),
    ] {
        let page = user.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text().contains("<script>"), "{path}");
        assert!(!page.text().contains("<i>"), "{path}");
        assert!(page.text().matches("</textarea>").count() < 2, "{path}");
    }
}
