use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::{BeginWrite as _, TestApp, TestResponse, on_every_engine};

on_every_engine![
    an_added_vehicle_is_returned_unchanged,
    every_invalid_field_is_reported,
    malformed_json_and_invalid_fields_are_different_problems,
    compressed_request_bodies_are_rejected,
    texts_are_trimmed_and_their_length_is_counted_in_characters,
    invisible_characters_are_rejected_by_code_point,
    vins_are_unique_per_user,
    a_duplicate_of_a_vin_in_the_trash_is_reported_as_such,
    updates_leave_omitted_fields_unchanged,
    a_stale_if_match_is_rejected,
    a_vehicle_in_the_trash_is_hidden_until_it_is_restored,
    only_the_owner_learns_that_a_vehicle_is_in_the_trash,
    another_users_vehicle_is_reported_as_not_found,
    lists_are_paginated_newest_first,
    the_cached_list_reflects_every_change,
    a_change_by_a_disconnected_client_invalidates_the_list,
    concurrent_retries_create_one_vehicle,
    an_idempotency_key_belongs_to_one_user_and_one_request,
    an_idempotency_key_has_at_most_255_printable_characters,
    the_database_rejects_records_of_another_users_vehicle,
];

/// VINs with valid check digits.
pub(crate) const VINS: [&str; 4] =
    ["1HGCM82633A004352", "1M8GDM9AXKP042788", "5GZCZ43D13S812715", "1FTEW1EP6JFA12345"];

async fn add(app: &TestApp, vin: &str) -> TestResponse {
    let added = app.post("/api/vehicles", json!({ "vin": vin })).await;
    assert_eq!(added.status, 201, "{added:?}");
    added
}

async fn vins(app: &TestApp, path: &str) -> Vec<String> {
    let list = app.get(path).await;
    assert_eq!(list.status, 200, "{list:?}");
    let items = list.body["items"].as_array().unwrap();
    items.iter().map(|it| it["vin"].as_str().unwrap().to_owned()).collect()
}

async fn an_added_vehicle_is_returned_unchanged(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({
        "vin": "1hgcm82633a004352", "make": "Honda", "model": "Accord", "year": 2003,
        "nickname": "Göldi 🚗", "color": "gold", "licensePlate": "ZH 123", "odometerReading": 84210,
    });
    let added = ann.post("/api/vehicles", new).await;
    insta::assert_json_snapshot!(added, { ".body.id" => "[id]" }, @r#"
    {
      "status": 201,
      "body": {
        "color": "gold",
        "confirmed": [],
        "createdAt": "2026-01-31T12:00:00.123456Z",
        "deletedAt": null,
        "id": "[id]",
        "identifier": null,
        "isActive": true,
        "kind": "car",
        "licensePlate": "ZH 123",
        "make": "Honda",
        "model": "Accord",
        "nickname": "Göldi 🚗",
        "odometer": {
          "unit": "mi",
          "value": 84210
        },
        "odometerReading": 84210,
        "updatedAt": "2026-01-31T12:00:00.123456Z",
        "vin": "1HGCM82633A004352",
        "year": 2003
      }
    }
    "#);
    let path = format!("/api/vehicles/{}", added.id());
    assert_eq!(added.header("location"), path);
    let found = ann.get(&path).await;
    assert_eq!(found.body, added.body);
    assert_eq!(found.header("etag"), added.header("etag"));
    assert_eq!(uuid::Uuid::parse_str(&added.id()).unwrap().get_version_num(), 7);
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let long = "x".repeat(101);
    let new = json!({
        "vin": "1HGCM82633A00435", "make": long, "model": ["Accord"], "year": 1885,
        "nickname": "a\u{7}b", "color": {}, "licensePlate": "x".repeat(21),
        "odometerReading": -1, "isActive": "yes", "userId": "someone",
    });
    let refused = ann.post("/api/vehicles", new).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")));
    assert_eq!(
        refused.field_errors(),
        [
            "/vin: has 16 characters instead of 17: compare it with the vehicle or its registration",
            "/make: must have at most 100 characters",
            "/model: must be a string",
            "/year: must be from 1886 to 2028",
            "/nickname: contains a control character",
            "/color: must be a string",
            "/licensePlate: must have at most 20 characters",
            "/odometerReading: must be from 0 to 99,999,999",
            "/isActive: must be true or false",
            "/userId: is unknown",
        ]
    );
    for (year, why) in [
        (json!(2029), "must be from 1886 to 2028"),
        (json!(2003.5), "must be a whole number"),
        (json!("2003"), "must be a whole number"),
        (json!(1e30), "must be from 1886 to 2028"),
        (json!(true), "must be a whole number"),
    ] {
        let refused = ann.post("/api/vehicles", json!({ "vin": VINS[0], "year": year })).await;
        assert_eq!(refused.field_errors(), [format!("/year: {why}")], "{year}");
    }
    assert_eq!(
        ann.post("/api/vehicles", json!({})).await.field_errors(),
        ["/vin: is required unless you enter an identifier, a nickname or a make"]
    );
    assert_eq!(vins(&ann, "/api/vehicles").await, [""; 0]);
}

async fn malformed_json_and_invalid_fields_are_different_problems(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let send = async |body: &str, kind: &str| {
        let answer =
            ann.send_json(Method::POST, "/api/vehicles", body, &[("content-type", kind)]).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        (answer.status, answer.body["type"].as_str().unwrap().replace("/problems/", ""))
    };
    let json = "application/json; charset=utf-8";
    for broken in ["", "{", "vin", r#"{"vin":}"#, "{\"vin\":\"a\nb\"}", "{} {}"] {
        assert_eq!(send(broken, json).await, (400, "malformed".to_owned()), "{broken}");
    }
    for not_an_object in ["[]", "null", "7", r#""vin""#] {
        assert_eq!(send(not_an_object, json).await, (422, "invalid".to_owned()), "{not_an_object}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let expected = (415, "unsupported-media-type".to_owned());
        assert_eq!(send(r#"{"vin":"1HGCM82633A004352"}"#, kind).await, expected, "{kind}");
    }
    let huge = format!(r#"{{"nickname":"{}"}}"#, "x".repeat(10_000_000));
    assert_eq!(send(&huge, json).await, (413, "too-large".to_owned()));
    let deep = format!(r#"{{"make":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    assert!(matches!(send(&deep, json).await.0, 400 | 422));
    let lone_surrogate = r#"{"vin":"1HGCM82633A004352","make":"\ud800"}"#;
    assert_eq!(send(lone_surrogate, json).await.0, 422);
}

async fn compressed_request_bodies_are_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let body = format!(r#"{{"vin":"{}"}}"#, VINS[0]);
    for coding in ["gzip", "GZIP", "deflate", "br", "x-unknown", "identity, gzip"] {
        let headers = [("content-encoding", coding)];
        let refused = ann.send_json(Method::POST, "/api/vehicles", &body, &headers).await;
        assert_eq!(refused.status, 415, "{coding}: {refused:?}");
        assert_eq!(refused.body["type"], "/problems/unsupported-encoding");
        assert_eq!(refused.header("accept-encoding"), "identity");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains("Content-Encoding"), "{detail}");
    }
    for coding in ["identity", "Identity", ""] {
        let headers = [("content-encoding", coding)];
        let added = ann.send_json(Method::POST, "/api/vehicles", &body, &headers).await;
        assert!(matches!(added.status, 201 | 409), "{coding}: {added:?}");
    }
    // Optional bodies, and forms.
    let ann = ann.with_header("content-encoding", "gzip");
    let id = ann.get("/api/vehicles").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    let restored = ann.post(&format!("/api/vehicles/{id}/restore"), json!({})).await;
    assert!(matches!(restored.status, 200 | 415), "{restored:?}");
    let page = ann.post_form("/vehicles/new", &[("vin", VINS[1])]).await;
    assert_eq!((page.status, page.header("accept-encoding")), (415, "identity"), "{page:?}");
    assert!(page.text().contains("Content-Encoding"), "{page:?}");
}

async fn invisible_characters_are_rejected_by_code_point(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let vehicle = add(&ann, VINS[0]).await.id();
    let path = format!("/api/vehicles/{vehicle}");
    for hidden in
        ["Red\u{200b}car", "Red\u{202e}car", "\u{feff}Red car", "Red car\u{ad}", "\u{2066}"]
    {
        let refused = ann.patch(&path, json!({ "nickname": hidden })).await;
        assert_eq!(refused.status, 422, "{hidden:?}: {refused:?}");
        let fault = &refused.field_errors()[0];
        let character = hidden.chars().find(|it| !it.is_ascii()).unwrap();
        let code = format!("U+{:04X}", u32::from(character));
        assert!(fault.starts_with("/nickname: ") && fault.contains(&code), "{fault}");
    }
    let fill = json!({
        "vehicleId": vehicle, "date": "2026-01-02", "odometerReading": 1000, "gallons": 10,
        "notes": "First line\nsecond\u{200f} line", "stationName": "Shell\u{2060}",
    });
    let refused = ann.post("/api/fuel-logs", fill).await;
    assert_eq!(refused.status, 422);
    let named: Vec<_> = refused.field_errors().iter().map(|it| it.contains("U+20")).collect();
    assert_eq!(named, [true, true], "{refused:?}");
    for shown in ["👩\u{200d}💻", "می\u{200c}خواهم", "שלום", "مرحبا"] {
        let changed = ann.patch(&path, json!({ "nickname": shown })).await;
        assert_eq!((changed.status, &changed.body["nickname"]), (200, &json!(shown)));
    }
}

async fn texts_are_trimmed_and_their_length_is_counted_in_characters(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "vin": "WVB00000000000001", "make": "  é  ", "model": "   ", "nickname": "ü".repeat(100) });
    let added = ann.post("/api/vehicles", new).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!((&added.body["make"], &added.body["model"]), (&json!("é"), &Value::Null));
    assert_eq!(added.body["nickname"], "ü".repeat(100));
}

async fn vins_are_unique_per_user(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let first = add(&ann, VINS[0]).await;
    let second = ann.post("/api/vehicles", json!({ "vin": VINS[0].to_lowercase() })).await;
    assert_eq!((second.status, &second.body["type"]), (409, &json!("/problems/duplicate-vin")));
    assert_eq!(second.body["vehicleId"], first.id());
    // The conflict names the user's own vehicle, even if another user has the same VIN.
    let bobs = add(&bob, VINS[0]).await;
    for (user, own) in [(&bob, bobs.id()), (&ann, first.id())] {
        let again = user.post("/api/vehicles", json!({ "vin": VINS[0] })).await;
        assert_eq!((again.status, &again.body["vehicleId"]), (409, &json!(own)));
    }

    let other = format!("/api/vehicles/{}", add(&ann, VINS[1]).await.id());
    let change = ann.patch(&other, json!({ "vin": VINS[0] })).await;
    assert_eq!((change.status, &change.body["vehicleId"]), (409, &json!(first.id())));
    assert_eq!(ann.get(&other).await.body["vin"], VINS[1]);
}

async fn a_duplicate_of_a_vin_in_the_trash_is_reported_as_such(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let first = add(&ann, VINS[0]).await;
    ann.delete(&format!("/api/vehicles/{}", first.id())).await;
    let second = ann.post("/api/vehicles", json!({ "vin": VINS[0] })).await;
    assert_eq!((second.status, &second.body["type"]), (409, &json!("/problems/vin-in-trash")));
    assert_eq!(second.body["vehicleId"], first.id());
}

async fn updates_leave_omitted_fields_unchanged(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "vin": VINS[0], "make": "Honda", "model": "Accord", "year": 2003 });
    let added = ann.post("/api/vehicles", new).await;
    let path = format!("/api/vehicles/{}", added.id());
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    let changed =
        ann.patch(&path, json!({ "model": null, "color": "red", "isActive": false })).await;
    let mut expected = added.body;
    expected["model"] = Value::Null;
    expected["color"] = json!("red");
    expected["isActive"] = json!(false);
    expected["updatedAt"] = json!("2026-01-31T12:00:01.123456Z");
    assert_eq!((changed.status, &changed.body), (200, &expected));
    assert_eq!(ann.get(&path).await.body, expected);

    let refused =
        ann.patch(&path, json!({ "isActive": null, "odometerReading": null, "id": 1 })).await;
    assert_eq!(
        refused.field_errors(),
        ["/odometerReading: can’t be empty", "/isActive: can’t be empty", "/id: is unknown"]
    );
    let merge = [("content-type", "application/merge-patch+json")];
    let merged = ann.send_json(Method::PATCH, &path, r#"{"color":null}"#, &merge).await;
    assert_eq!((merged.status, &merged.body["color"]), (200, &Value::Null));
}

async fn a_stale_if_match_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let added = add(&ann, VINS[0]).await;
    let path = format!("/api/vehicles/{}", added.id());
    let change = async |tag: &str, color: &str| {
        app.app.clock.advance(chrono::TimeDelta::seconds(1));
        let body = json!({ "color": color }).to_string();
        ann.send_json(Method::PATCH, &path, &body, &[("if-match", tag)]).await
    };
    let first = change(added.header("etag"), "red").await;
    assert_eq!(first.status, 200);
    let stale = change(added.header("etag"), "blue").await;
    assert_eq!((stale.status, &stale.body["type"]), (412, &json!("/problems/precondition-failed")));
    assert_eq!(ann.get(&path).await.body["color"], "red");
    let weak = format!("W/{}", first.header("etag"));
    assert_eq!(change(&weak, "blue").await.status, 412);
    let several = format!("\"x\", {}", first.header("etag"));
    assert_eq!(change(&several, "blue").await.status, 200);
    assert_eq!(change("*", "green").await.status, 200);

    let stale = [("if-match", added.header("etag"))];
    assert_eq!(ann.send_json(Method::DELETE, &path, "", &stale).await.status, 412);
    assert_eq!(ann.delete(&path).await.status, 204);
}

async fn a_vehicle_in_the_trash_is_hidden_until_it_is_restored(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let added = add(&ann, VINS[0]).await;
    let path = format!("/api/vehicles/{}", added.id());
    assert_eq!(ann.delete(&path).await.status, 204);
    assert_eq!(ann.get(&path).await.status, 404);
    assert_eq!(ann.patch(&path, json!({})).await.status, 404);
    assert_eq!(ann.delete(&path).await.status, 404);
    assert_eq!(vins(&ann, "/api/vehicles").await, [""; 0]);
    let trash = ann.get("/api/vehicles?deleted=true").await;
    assert_eq!(trash.body["items"][0]["deletedAt"], "2026-01-31T12:00:00.123456Z");

    let restored = ann.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!((restored.status, &restored.body["deletedAt"]), (200, &Value::Null));
    assert_eq!(ann.get(&path).await.body, restored.body);
    assert_eq!(vins(&ann, "/api/vehicles?deleted=true").await, [""; 0]);
}

async fn only_the_owner_learns_that_a_vehicle_is_in_the_trash(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let new = json!({ "vin": VINS[0], "nickname": "Old Blue" });
    let vehicle = ann.post("/api/vehicles", new).await.id();
    let other = add(&ann, VINS[1]).await.id();
    let fill = |vehicle: &str| {
        json!({
            "vehicleId": vehicle, "date": "2026-01-02", "odometerReading": 1000, "gallons": 10,
        })
    };
    let item = |vehicle: &str| json!({ "vehicleId": vehicle, "type": "oil_change", "dueDate": "2026-03-01" });
    let reading = json!({ "date": "2026-01-02", "reading": 1000 });
    let path = format!("/api/vehicles/{vehicle}");
    let log = ann.post("/api/fuel-logs", fill(&vehicle)).await.id();
    let elsewhere = ann.post("/api/fuel-logs", fill(&other)).await.id();
    let service = ann.post("/api/maintenance", item(&vehicle)).await.id();
    let logged = ann.post(&format!("{path}/odometer"), reading.clone()).await;
    assert_eq!(logged.status, 201, "{logged:?}");
    let logged = format!("/api/odometer-readings/{}", logged.id());
    assert_eq!(ann.delete(&path).await.status, 204);

    let restore = json!(format!("{path}/restore"));
    let assert_in_trash = |answer: &TestResponse, status: u16| {
        let body = &answer.body;
        assert_eq!((answer.status, &body["type"]), (status, &json!("/problems/vehicle-in-trash")));
        assert_eq!((&body["vehicleId"], &body["restore"]), (&json!(vehicle), &restore));
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains("in your trash: restore it first"), "{detail}");
    };
    for read in [
        path.clone(),
        format!("{path}/fuel-stats"),
        format!("{path}/odometer"),
        format!("/api/fuel-logs?vehicleId={vehicle}"),
        format!("/api/maintenance?vehicleId={vehicle}"),
        format!("/api/maintenance/upcoming?vehicleId={vehicle}"),
        format!("/api/fuel-logs/{log}"),
        format!("/api/maintenance/{service}"),
        logged.clone(),
    ] {
        let answer = ann.get(&read).await;
        assert_eq!(answer.body["type"], "/problems/vehicle-in-trash", "{read}");
        assert_in_trash(&answer, 404);
        assert!(!bob.get(&read).await.body.to_string().contains("trash"), "{read}");
    }
    for (write, body) in [
        (path.clone(), json!({ "color": "red" })),
        (format!("/api/fuel-logs/{log}"), json!({ "notes": "x" })),
        (format!("/api/maintenance/{service}"), json!({ "notes": "x" })),
    ] {
        assert_in_trash(&ann.patch(&write, body).await, 404);
        assert_in_trash(&ann.delete(&write).await, 404);
    }
    assert_in_trash(&ann.delete(&logged).await, 404);
    assert_in_trash(&ann.post(&format!("{path}/odometer"), reading).await, 404);
    let done = json!({ "completedDate": "2026-01-31" });
    assert_in_trash(&ann.post(&format!("/api/maintenance/{service}/complete"), done).await, 404);
    // In a body, the vehicle is an invalid field.
    let moved = json!({ "vehicleId": vehicle });
    for refused in [
        ann.post("/api/fuel-logs", fill(&vehicle)).await,
        ann.post("/api/maintenance", item(&vehicle)).await,
        ann.patch(&format!("/api/fuel-logs/{elsewhere}"), moved).await,
    ] {
        assert_in_trash(&refused, 422);
        assert_eq!(
            refused.field_errors(),
            ["/vehicleId: is a vehicle in your trash: restore it first"]
        );
    }
    let foreign = bob.post("/api/fuel-logs", fill(&vehicle)).await;
    assert_eq!(foreign.field_errors(), ["/vehicleId: isn’t one of your vehicles"]);
    // A duplicate VIN is reported with the same link.
    let again = ann.post("/api/vehicles", json!({ "vin": VINS[0] })).await;
    assert_eq!((again.status, &again.body["restore"]), (409, &restore));

    assert_eq!(ann.post(restore.as_str().unwrap(), json!({})).await.status, 200);
    assert_eq!(ann.get(&format!("/api/fuel-logs/{log}")).await.status, 200);
}

async fn another_users_vehicle_is_reported_as_not_found(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let anns = format!("/api/vehicles/{}", add(&ann, VINS[0]).await.id());
    let missing = format!("/api/vehicles/{}", uuid::Uuid::now_v7());
    let observed = |answer: TestResponse| {
        let mut headers = answer.headers;
        headers.remove("x-request-id");
        (answer.status, answer.body, headers)
    };
    let foreign = observed(bob.get(&anns).await);
    assert_eq!(foreign.0, 404);
    assert_eq!(foreign, observed(bob.get(&missing).await));
    assert_eq!(observed(bob.delete(&anns).await), observed(bob.delete(&missing).await));
    let change = json!({ "color": "red" });
    assert_eq!(
        observed(bob.patch(&anns, change.clone()).await),
        observed(bob.patch(&missing, change).await)
    );
    let restore = |path: &str| format!("{path}/restore");
    assert_eq!(
        observed(bob.post(&restore(&anns), json!({})).await),
        observed(bob.post(&restore(&missing), json!({})).await)
    );
    assert_eq!(vins(&bob, "/api/vehicles").await, [""; 0]);
    assert_eq!(ann.get(&anns).await.body["color"], Value::Null);
    assert_eq!(bob.get("/api/vehicles/not-an-id").await.status, 404);
}

async fn lists_are_paginated_newest_first(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for vin in VINS {
        add(&ann, vin).await;
        app.app.clock.advance(chrono::TimeDelta::milliseconds(7));
    }
    let newest_first: Vec<_> = VINS.iter().rev().map(ToString::to_string).collect();
    assert_eq!(vins(&ann, "/api/vehicles").await, newest_first);
    let (mut seen, mut path) = (Vec::new(), "/api/vehicles?limit=1".to_owned());
    loop {
        seen.extend(vins(&ann, &path).await);
        let next = ann.get(&path).await.body["nextCursor"].clone();
        let Some(next) = next.as_str() else { break };
        path = format!("/api/vehicles?limit=1&cursor={next}");
    }
    assert_eq!(seen, newest_first);
    for (query, fault) in [
        ("limit=0", "/limit: must be from 1 to 500"),
        ("limit=501", "/limit: must be from 1 to 500"),
        ("limit=ten", "/limit: must be from 1 to 500"),
        ("cursor=nonsense", "/cursor: isn’t a cursor from this service"),
        ("deleted=perhaps", "/deleted: must be true or false"),
        ("colour=red", "/colour: is unknown"),
    ] {
        let refused = ann.get(&format!("/api/vehicles?{query}")).await;
        assert_eq!((refused.status, refused.field_errors()), (422, vec![fault.to_owned()]));
    }
}

async fn the_cached_list_reflects_every_change(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    assert_eq!(vins(&ann, "/api/vehicles").await, [""; 0]);
    let added = add(&ann, VINS[0]).await;
    assert_eq!(vins(&ann, "/api/vehicles").await, [VINS[0]]);
    let path = format!("/api/vehicles/{}", added.id());
    ann.patch(&path, json!({ "vin": VINS[1] })).await;
    assert_eq!(vins(&ann, "/api/vehicles").await, [VINS[1]]);
    ann.delete(&path).await;
    assert_eq!(vins(&ann, "/api/vehicles").await, [""; 0]);
    ann.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(vins(&ann, "/api/vehicles").await, [VINS[1]]);
}

async fn a_change_by_a_disconnected_client_invalidates_the_list(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let path = format!("/api/vehicles/{}", add(&ann, VINS[0]).await.id());
    for nth in 0..60_u64 {
        app.app.clock.advance(chrono::TimeDelta::seconds(1));
        ann.get("/api/vehicles").await;
        let timeout = std::time::Duration::from_micros(nth * 150);
        let change = ann.patch(&path, json!({ "color": format!("colour {nth}") }));
        let _ = tokio::time::timeout(timeout, change).await;
        // A commit that has begun completes, and then the list is invalidated. Otherwise the stale list would
        // remain for minutes. Allow for a slow disk.
        let start = std::time::Instant::now();
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            let record = ann.get(&path).await.body;
            let listed = &ann.get("/api/vehicles").await.body["items"][0];
            if *listed == record {
                break;
            }
            let is_in_time = start.elapsed() < std::time::Duration::from_secs(5);
            assert!(is_in_time, "after {timeout:?}: {listed} instead of {record}");
        }
    }
}

async fn the_database_rejects_records_of_another_users_vehicle(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let anns = uuid::Uuid::parse_str(&add(&ann, VINS[0]).await.id()).unwrap();
    let bob = bob.user_id().await;
    let mut tx = app.app.db.write_for(&bob).await.unwrap();
    let refused = crate::sql!(
        &mut tx,
        execute,
        "INSERT INTO fuel_logs (id, user_id, vehicle_id, date, odometer_reading, gallons)
         VALUES ($1, $2, $3, $4, 1, $5)",
        uuid::Uuid::now_v7(),
        bob.as_str(),
        anns,
        chrono::NaiveDate::default(),
        crate::core::db::fixed::Fixed::<8, 3>::from_units(1000),
    );
    let error = refused.unwrap_err();
    let error = error.as_database_error().unwrap();
    assert!(error.is_foreign_key_violation(), "{error}");
}

/// Adds a vehicle with an `Idempotency-Key`.
async fn add_with_key(app: &TestApp, key: &str, vin: &str) -> TestResponse {
    let body = json!({ "vin": vin }).to_string();
    app.send_json(Method::POST, "/api/vehicles", &body, &[("idempotency-key", key)]).await
}

async fn an_idempotency_key_has_at_most_255_printable_characters(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for key in ["", "a\tkey", "a key in Köln", &"x".repeat(256)] {
        let answer = add_with_key(&ann, key, VINS[0]).await;
        let why = "/Idempotency-Key: must be 1 to 255 printable characters";
        assert_eq!((answer.status, answer.field_errors()), (422, vec![why.to_owned()]), "{key:?}");
    }
    assert_eq!(add_with_key(&ann, &"x".repeat(255), VINS[0]).await.status, 201);
}

async fn concurrent_retries_create_one_vehicle(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let answers =
        futures_util::future::join_all((0..32).map(|_| add_with_key(&ann, "key", VINS[0]))).await;
    let (created, others): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|it| it.status == 201 && it.header("idempotency-replayed").is_empty());
    assert_eq!((created.len(), vins(&ann, "/api/vehicles").await.len()), (1, 1));
    let first = &created[0];
    for other in others {
        // Either the first request is still in progress, or its response is replayed.
        if other.status == 409 {
            assert_eq!(other.body["type"], "/problems/in-flight");
        } else {
            assert_eq!((other.status, &other.body), (201, &first.body));
        }
    }
    let again = add_with_key(&ann, "key", VINS[0]).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.body, first.body);
    for header in ["location", "etag"] {
        assert_eq!(again.header(header), first.header(header));
    }

    // The key expires after a day.
    app.app.clock.advance(chrono::TimeDelta::hours(24));
    assert_eq!(add_with_key(&ann, "key", VINS[0]).await.status, 409);
}

async fn an_idempotency_key_belongs_to_one_user_and_one_request(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    assert_eq!(add_with_key(&ann, "key", VINS[0]).await.status, 201);
    let other = add_with_key(&ann, "key", VINS[1]).await;
    assert_eq!(
        other.field_errors(),
        ["/Idempotency-Key: was used for a different request within the last 24 hours"]
    );
    assert_eq!(vins(&ann, "/api/vehicles").await, [VINS[0]]);
    assert_eq!(add_with_key(&bob, "key", VINS[1]).await.status, 201);
    // Rejected requests do not use up the key.
    assert_eq!(add_with_key(&ann, "second", "nonsense").await.status, 422);
    assert_eq!(add_with_key(&ann, "second", VINS[0]).await.status, 409);
    assert_eq!(add_with_key(&ann, "second", VINS[2]).await.status, 201);
    for key in ["", &"x".repeat(256)] {
        assert_eq!(add_with_key(&ann, key, VINS[3]).await.status, 422);
    }
}
