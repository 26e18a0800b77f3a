//! Tests stations: their shared details and the users' favorites.

use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    a_saved_station_is_returned_unchanged,
    every_invalid_field_is_reported,
    coordinates_are_exact_and_both_are_required,
    saving_a_place_again_returns_the_existing_station,
    concurrent_saves_of_a_place_create_one_station,
    only_its_creator_or_an_administrator_can_change_a_station,
    updates_leave_omitted_fields_unchanged,
    a_stale_if_match_is_rejected,
    a_google_place_belongs_to_one_station,
    favorites_and_notes_are_private_to_a_user,
    a_favorite_can_be_added_without_a_body,
    a_deleted_station_remains_visible_to_its_users,
    a_deleted_station_is_not_in_lists_or_searches,
    deleting_a_station_does_not_reveal_whether_it_is_used,
    an_unused_withdrawn_station_is_deleted,
    a_withdrawn_station_cannot_be_changed,
    saving_a_deleted_place_again_lists_it_again,
    another_station_can_use_the_place_of_a_deleted_one,
    lists_are_paginated_newest_first,
    a_retry_with_the_same_idempotency_key_creates_one_station,
];

async fn save(app: &TestApp, station: Value) -> TestResponse {
    let saved = app.post("/api/stations", station).await;
    assert_eq!(saved.status, 201, "{saved:?}");
    saved
}

async fn add_favorite(app: &TestApp, id: &str, body: Value) -> TestResponse {
    let path = format!("/api/stations/{id}/favorite");
    app.send_json(Method::PUT, &path, &body.to_string(), &[]).await
}

async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let list = app.get(path).await;
    assert_eq!(list.status, 200, "{list:?}");
    let items = list.body["items"].as_array().unwrap();
    items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_saved_station_is_returned_unchanged(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({
        "googlePlaceId": "ChIJ-corner", "openStreetMapId": "node/240109189", "name": " Tanke Süd ",
        "address": "Lindenallee 4, 80331 München", "latitude": 48.137_154_32, "longitude": "-11.5",
        "phone": "+49 89 123456", "website": "https://fuel.example.org/süd", "brand": "Aral",
        "fuelTypes": ["e10", "diesel"],
    });
    let saved = save(&ann, new).await;
    insta::assert_json_snapshot!(saved.body, { ".id" => "[id]" }, @r#"
    {
      "address": "Lindenallee 4, 80331 München",
      "brand": "Aral",
      "createdAt": "2026-01-31T12:00:00.123456Z",
      "fuelTypes": [
        "e10",
        "diesel"
      ],
      "googlePlaceId": "ChIJ-corner",
      "id": "[id]",
      "isFavorite": false,
      "isListed": true,
      "latitude": 48.13715432,
      "longitude": -11.5,
      "name": "Tanke Süd",
      "notes": null,
      "openStreetMapId": "node/240109189",
      "phone": "+49 89 123456",
      "updatedAt": "2026-01-31T12:00:00.123456Z",
      "website": "https://fuel.example.org/süd"
    }
    "#);
    let path = format!("/api/stations/{}", saved.id());
    assert_eq!(saved.header("location"), path);
    let found = ann.get(&path).await;
    assert_eq!((found.status, &found.body), (200, &saved.body));
    assert_eq!(found.header("etag"), saved.header("etag"));
    let unknown = ann.get("/api/stations/018f0000-0000-7000-8000-000000000000").await;
    assert_eq!(unknown.status, 404);
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({
        "googlePlaceId": "x".repeat(256), "openStreetMapId": "street/1", "name": "x".repeat(201),
        "address": 4, "latitude": 91, "longitude": 181, "phone": "0".repeat(21),
        "website": "javascript:alert(1)", "brand": "a\u{7}", "fuelTypes": ["diesel", "coal"],
        "isFavorite": true,
    });
    let refused = ann.post("/api/stations", new).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")));
    let faults = refused.field_errors();
    let beginnings: Vec<_> = faults.iter().map(|it| it.split(", ").next().unwrap()).collect();
    assert_eq!(
        beginnings,
        [
            "/googlePlaceId: must have at most 255 characters",
            "/openStreetMapId: must be an OpenStreetMap element",
            "/name: must have at most 200 characters",
            "/address: must be a string",
            "/latitude: must be from -90 to 90",
            "/longitude: must be from -180 to 180",
            "/phone: must have at most 20 characters",
            "/website: must be a web address",
            "/brand: contains a control character",
            "/fuelTypes: must be from this list: regular",
            "/isFavorite: is unknown",
        ]
    );
    assert_eq!(ann.post("/api/stations", json!({})).await.field_errors(), ["/name: is required"]);
    for (degrees, why) in [
        (json!("NaN"), "must be a number"),
        (json!("inf"), "must be a number"),
        (json!(true), "must be a number"),
        (json!(90.000_000_01), "must be from -90 to 90"),
        (json!("-90.00000001"), "must be from -90 to 90"),
        (json!("1.123456789"), "must have at most 8 decimals"),
        (json!(1e300), "must be from -90 to 90"),
    ] {
        let new = json!({ "name": "x", "latitude": degrees, "longitude": 1 });
        let refused = ann.post("/api/stations", new).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (422, vec![format!("/latitude: {why}")])
        );
    }
    assert_eq!(names(&ann, "/api/stations").await, [""; 0]);
}

async fn coordinates_are_exact_and_both_are_required(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (latitude, longitude) in [
        ("89.99999999", "-179.99999999"),
        ("-90", "180"),
        ("0.00000001", "-0.00000001"),
        ("90", "-180"),
    ] {
        let new = json!({ "name": "x", "latitude": latitude, "longitude": longitude });
        let saved = save(&ann, new).await;
        let path = format!("/api/stations/{}", saved.id());
        let text = ann.get(&path).await.body;
        for (name, given) in [("latitude", latitude), ("longitude", longitude)] {
            let difference = text[name].as_f64().unwrap() - given.parse::<f64>().unwrap();
            assert!(difference.abs() < 1e-10, "{text}");
        }
    }
    let half = ann.post("/api/stations", json!({ "name": "x", "latitude": 1 })).await;
    assert_eq!(half.field_errors(), ["/longitude: is required when latitude is given"]);
    let whole = save(&ann, json!({ "name": "x", "latitude": 1, "longitude": 2 })).await;
    let path = format!("/api/stations/{}", whole.id());
    let half = ann.patch(&path, json!({ "latitude": null })).await;
    assert_eq!(half.field_errors(), ["/latitude: is required when longitude is given"]);
    let none = ann.patch(&path, json!({ "latitude": null, "longitude": null })).await;
    assert_eq!((none.status, &none.body["latitude"]), (200, &Value::Null));
}

async fn saving_a_place_again_returns_the_existing_station(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let first = save(&ann, json!({ "googlePlaceId": "ChIJ1", "name": "Corner" })).await;
    add_favorite(&ann, &first.id(), json!({ "notes": "mine" })).await;
    let again = save(&ann, json!({ "googlePlaceId": "ChIJ1", "name": "Another name" })).await;
    assert_eq!(again.id(), first.id());
    assert_eq!((&again.body["name"], &again.body["isFavorite"]), (&json!("Corner"), &json!(true)));
    assert_eq!(again.header("location"), first.header("location"));
    let bobs = save(&bob, json!({ "googlePlaceId": "ChIJ1", "name": "Bob's words" })).await;
    assert_eq!((bobs.id(), &bobs.body["name"]), (first.id(), &json!("Corner")));
    assert_eq!((&bobs.body["isFavorite"], &bobs.body["notes"]), (&json!(false), &Value::Null));
    let osm = save(&ann, json!({ "openStreetMapId": "way/7", "name": "Another" })).await;
    let same = save(&bob, json!({ "openStreetMapId": "way/7", "name": "The same" })).await;
    assert_eq!(osm.id(), same.id());
    assert_eq!(names(&ann, "/api/stations").await, ["Another", "Corner"]);
}

async fn concurrent_saves_of_a_place_create_one_station(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let saving = (0..16).map(|_| save(&ann, json!({ "googlePlaceId": "ChIJ2", "name": "One" })));
    let saved = futures_util::future::join_all(saving).await;
    let first = saved[0].id();
    assert!(saved.iter().all(|it| it.id() == first), "{saved:?}");
    assert_eq!(names(&ann, "/api/stations").await, ["One"]);
}

async fn only_its_creator_or_an_administrator_can_change_a_station(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let admin = app.as_administrator().await;
    let created = save(&ann, json!({ "name": "Ann's" })).await;
    let path = format!("/api/stations/{}", created.id());
    // Both can read it and add it to their favorites.
    assert_eq!(bob.get(&path).await.body, created.body);
    assert_eq!(add_favorite(&bob, &created.id(), json!({})).await.status, 200);
    for refused in [bob.patch(&path, json!({ "name": "Bob's" })).await, bob.delete(&path).await] {
        assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")));
    }
    assert_eq!(ann.get(&path).await.body, created.body);
    assert_eq!(ann.patch(&path, json!({ "name": "Ann's corner" })).await.status, 200);
    let changed = admin.patch(&path, json!({ "name": "The corner" })).await;
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("The corner")));
    assert_eq!(admin.delete(&path).await.status, 204);
    // Bob still sees his favorite; Ann no longer sees it.
    assert_eq!(ann.get(&path).await.status, 404);
    assert_eq!(bob.get(&path).await.body["isListed"], false);
    for refused in [bob.patch(&path, json!({})).await, bob.delete(&path).await] {
        assert_eq!(refused.status, 403);
    }
}

async fn updates_leave_omitted_fields_unchanged(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({
        "googlePlaceId": "ChIJ3", "name": "Corner", "address": "Here", "latitude": 1.5,
        "longitude": 2.5, "phone": "1", "website": "https://a.example", "brand": "B",
        "fuelTypes": ["diesel"],
    });
    let created = save(&ann, new).await;
    let path = format!("/api/stations/{}", created.id());
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let changed = ann.patch(&path, json!({ "phone": null, "fuelTypes": ["lpg", "diesel"] })).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut expected = created.body.clone();
    expected["phone"] = Value::Null;
    expected["fuelTypes"] = json!(["diesel", "lpg"]);
    expected["updatedAt"] = json!("2026-01-31T13:00:00.123456Z");
    assert_eq!(changed.body, expected);
    assert_eq!(ann.get(&path).await.body, expected);
    let refused = ann.patch(&path, json!({ "name": null, "madeBy": "me" })).await;
    assert_eq!(refused.field_errors(), ["/name: can’t be empty", "/madeBy: is unknown"]);
}

async fn a_stale_if_match_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let created = save(&ann, json!({ "name": "Corner" })).await;
    let path = format!("/api/stations/{}", created.id());
    let old = created.header("etag");
    let change = |tag: String| {
        let ann = ann.with_header("if-match", &tag);
        let path = path.clone();
        async move { ann.patch(&path, json!({ "brand": "B" })).await }
    };
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let changed = change(old.to_owned()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(change(old.to_owned()).await.status, 412);
    assert_eq!(ann.with_header("if-match", old).delete(&path).await.status, 412);
    let new = changed.header("etag");
    assert_eq!(ann.with_header("if-match", new).delete(&path).await.status, 204);
}

async fn a_google_place_belongs_to_one_station(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    save(&ann, json!({ "googlePlaceId": "ChIJ4", "name": "One" })).await;
    let other = save(&ann, json!({ "name": "Other" })).await;
    let path = format!("/api/stations/{}", other.id());
    let refused = ann.patch(&path, json!({ "googlePlaceId": "ChIJ4" })).await;
    let problem = (refused.status, &refused.body["type"]);
    assert_eq!(problem, (409, &json!("/problems/duplicate-place")));
    assert_eq!(ann.get(&path).await.body["googlePlaceId"], Value::Null);
}

async fn favorites_and_notes_are_private_to_a_user(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let one = save(&ann, json!({ "name": "One" })).await.id();
    save(&ann, json!({ "name": "Two" })).await;
    let marked = add_favorite(&ann, &one, json!({ "notes": "cheap on Mondays\nask for Jo" })).await;
    assert_eq!((marked.status, &marked.body["isFavorite"]), (200, &json!(true)));
    assert_eq!(marked.body["notes"], "cheap on Mondays\nask for Jo");
    assert_eq!(names(&ann, "/api/stations?favorite=true").await, ["One"]);
    assert_eq!(names(&bob, "/api/stations?favorite=true").await, [""; 0]);
    let path = format!("/api/stations/{one}");
    let bobs = bob.get(&path).await;
    assert_eq!((&bobs.body["isFavorite"], &bobs.body["notes"]), (&json!(false), &Value::Null));
    add_favorite(&bob, &one, json!({ "notes": "dear" })).await;
    assert_eq!(ann.get(&path).await.body["notes"], "cheap on Mondays\nask for Jo");
    // PUT replaces the notes.
    assert_eq!(add_favorite(&ann, &one, json!({})).await.body["notes"], Value::Null);
    assert_eq!(bob.delete(&format!("{path}/favorite")).await.status, 204);
    assert_eq!(bob.delete(&format!("{path}/favorite")).await.status, 204);
    assert_eq!(names(&ann, "/api/stations?favorite=true").await, ["One"]);
    let refused =
        add_favorite(&ann, &one, json!({ "notes": "x".repeat(10_001), "stars": 5 })).await;
    assert_eq!(
        refused.field_errors(),
        ["/notes: must have at most 10,000 characters", "/stars: is unknown"]
    );
    let nowhere = "018f0000-0000-7000-8000-000000000000";
    assert_eq!(add_favorite(&ann, nowhere, json!({})).await.status, 404);
    assert_eq!(ann.delete(&format!("/api/stations/{nowhere}/favorite")).await.status, 404);
}

async fn a_favorite_can_be_added_without_a_body(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let id = save(&ann, json!({ "name": "One" })).await.id();
    let path = format!("/api/stations/{id}/favorite");
    let bare = axum::http::Request::put(&path);
    let marked = ann.send(bare, axum::body::Body::empty()).await;
    assert_eq!((marked.status, &marked.body["isFavorite"]), (200, &json!(true)));
    let other = axum::http::Request::put(&path).header("content-type", "text/plain");
    assert_eq!(ann.send(other, axum::body::Body::from("notes")).await.status, 415);
    assert_eq!(ann.send_json(Method::PUT, &path, "{", &[]).await.status, 400);
}

/// Logs a fill-up of the user at the station and returns its ID.
async fn log_fill_up_at(user: &TestApp, station: &str) -> String {
    let car = user.post("/api/vehicles", json!({ "vin": "WVWZZZ1JZXW000001" })).await;
    let log = json!({
        "vehicleId": car.id(), "date": "2026-01-02", "odometerReading": 100, "gallons": 10,
        "pricePerGallon": 3, "stationId": station,
    });
    let log = user.post("/api/fuel-logs", log).await;
    assert_eq!(log.status, 201, "{log:?}");
    log.id()
}

async fn a_deleted_station_remains_visible_to_its_users(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (carol, dave) =
        (app.register("carol@example.org").await, app.register("dave@example.org").await);
    let id = save(&ann, json!({ "name": "One", "latitude": 1, "longitude": 2 })).await.id();
    let path = format!("/api/stations/{id}");
    add_favorite(&bob, &id, json!({ "notes": "mine" })).await;
    let log = log_fill_up_at(&carol, &id).await;
    let before = bob.get(&path).await.body;
    assert_eq!(ann.delete(&path).await.status, 204);

    assert_eq!(names(&bob, "/api/stations?favorite=true").await, ["One"]);
    let left = bob.get(&path).await;
    assert_eq!((left.status, &left.body["notes"]), (200, &json!("mine")));
    assert_eq!((&before["isListed"], &left.body["isListed"]), (&json!(true), &json!(false)));
    assert_eq!(left.body["latitude"], before["latitude"]);
    assert_eq!(add_favorite(&bob, &id, json!({ "notes": "still mine" })).await.status, 200);

    let log = carol.get(&format!("/api/fuel-logs/{log}")).await;
    assert_eq!((&log.body["stationId"], &log.body["stationName"]), (&json!(id), &json!("One")));
    let prices = carol.get(&format!("{path}/prices")).await;
    assert_eq!(prices.body["items"].as_array().unwrap().len(), 1, "{prices:?}");
    assert_eq!(add_favorite(&carol, &id, json!({})).await.status, 200);

    for other in [&ann, &dave] {
        for gone in [
            other.get(&path).await,
            other.get(&format!("{path}/prices")).await,
            add_favorite(other, &id, json!({})).await,
            other.patch(&path, json!({ "name": "Two" })).await,
            other.delete(&path).await,
        ] {
            assert_eq!(gone.status, 404, "{gone:?}");
        }
    }
}

async fn a_deleted_station_is_not_in_lists_or_searches(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let new = json!({ "name": "Corner", "latitude": 1, "longitude": 2 });
    let id = save(&ann, new).await.id();
    add_favorite(&bob, &id, json!({})).await;
    log_fill_up_at(&ann, &id).await;
    let searches = [
        "/api/stations",
        "/api/stations/search?query=corner",
        "/api/stations/search?query=orne",
        "/api/stations/search?lat=1&lng=2",
        "/api/stations/search?lat=1&lng=2&query=corner",
    ];
    for path in searches {
        assert_eq!(names(&bob, path).await, ["Corner"], "{path}");
    }
    assert_eq!(ann.delete(&format!("/api/stations/{id}")).await.status, 204);
    for who in [&ann, &bob] {
        for path in searches {
            assert_eq!(names(who, path).await, [""; 0], "{path}");
        }
        assert_eq!(who.get(&format!("/api/stations/{id}")).await.status, 200);
    }
}

async fn deleting_a_station_does_not_reveal_whether_it_is_used(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let mut seen = Vec::new();
    for is_used in [true, false] {
        let place = json!({ "googlePlaceId": format!("ChIJ{is_used}"), "name": "Place" });
        let (by_hand, place) =
            (save(&ann, json!({ "name": "Mine" })).await, save(&ann, place).await);
        let place_id = place.id();
        for created in [by_hand, place] {
            let (id, path) = (created.id(), format!("/api/stations/{}", created.id()));
            if is_used {
                add_favorite(&bob, &id, json!({})).await;
            }
            let answers = [
                ann.delete(&path).await,
                ann.get(&path).await,
                ann.delete(&path).await,
                ann.patch(&path, json!({ "name": "x" })).await,
                add_favorite(&ann, &id, json!({})).await,
            ];
            for answer in answers {
                seen.push((is_used, format!("{} {}", answer.status, answer.body["type"])));
            }
        }
        // A place that is saved again gets its old ID either way.
        let again = json!({ "googlePlaceId": format!("ChIJ{is_used}"), "name": "Again" });
        let again = save(&ann, again).await;
        let is_same = again.id() == place_id;
        seen.push((is_used, format!("{is_same} {}", again.body["name"])));
    }
    let of = |is_used| seen.iter().filter(move |it| it.0 == is_used).map(|it| &it.1);
    assert!(of(true).eq(of(false)), "{seen:#?}");
}

async fn count_stations(app: &TestApp) -> i64 {
    let mut tx = app.app.db.read().await.unwrap();
    let (count,): (i64,) =
        crate::sql!(&mut tx, fetch_one, "SELECT COUNT(*) FROM stations").unwrap();
    count
}

async fn an_unused_withdrawn_station_is_deleted(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let path = |id: &str| format!("/api/stations/{id}");
    let unused = save(&ann, json!({ "name": "Unused" })).await.id();
    assert_eq!(ann.delete(&path(&unused)).await.status, 204);
    assert_eq!(count_stations(&app).await, 0);

    let marked = save(&ann, json!({ "name": "Marked" })).await.id();
    add_favorite(&bob, &marked, json!({})).await;
    ann.delete(&path(&marked)).await;
    assert_eq!(count_stations(&app).await, 1);
    assert_eq!(bob.delete(&format!("{}/favorite", path(&marked))).await.status, 204);
    assert_eq!(bob.get(&path(&marked)).await.status, 404);
    assert_eq!(count_stations(&app).await, 0);

    let filled = save(&ann, json!({ "name": "Filled" })).await.id();
    let log = log_fill_up_at(&bob, &filled).await;
    ann.delete(&path(&filled)).await;
    let purge = || crate::core::periodic::run_one(&app.app, &super::PURGE_WITHDRAWN);
    assert_eq!(purge().await.unwrap(), 0);
    assert_eq!(bob.get(&path(&filled)).await.status, 200);
    assert_eq!(bob.delete(&format!("/api/fuel-logs/{log}")).await.status, 204);
    assert_eq!(bob.get(&path(&filled)).await.status, 404);
    assert_eq!(purge().await.unwrap(), 1);
    assert_eq!(count_stations(&app).await, 0);
}

async fn a_withdrawn_station_cannot_be_changed(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let id = save(&ann, json!({ "name": "One" })).await.id();
    let path = format!("/api/stations/{id}");
    add_favorite(&ann, &id, json!({ "notes": "mine" })).await;
    assert_eq!(ann.delete(&path).await.status, 204);
    // Ann uses it herself, so she still sees it.
    let left = ann.get(&path).await;
    assert_eq!((left.status, &left.body["notes"]), (200, &json!("mine")));
    assert_eq!(ann.patch(&path, json!({ "name": "Two" })).await.status, 403);
    assert_eq!(ann.delete(&path).await.status, 204);
    let after = ann.get(&path).await;
    assert_eq!((after.status, &after.body), (200, &left.body));
}

async fn saving_a_deleted_place_again_lists_it_again(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let carol = app.register("carol@example.org").await;
    for ids in [json!({ "googlePlaceId": "ChIJ1" }), json!({ "openStreetMapId": "node/1" })] {
        let named = |name: &str| {
            let mut new = ids.clone();
            new["name"] = json!(name);
            new
        };
        let first = save(&ann, named("Old words")).await;
        let path = format!("/api/stations/{}", first.id());
        add_favorite(&bob, &first.id(), json!({ "notes": "mine" })).await;
        ann.delete(&path).await;
        let again = save(&carol, named("New words")).await;
        assert_eq!((again.id(), &again.body["name"]), (first.id(), &json!("New words")));
        let bobs = bob.get(&path).await;
        assert_eq!((&bobs.body["isListed"], &bobs.body["notes"]), (&json!(true), &json!("mine")));
        assert_eq!(names(&ann, "/api/stations/search?query=new").await, ["New words"]);
        // It now belongs to the user who saved it last.
        assert_eq!(ann.patch(&path, json!({ "name": "Ann's" })).await.status, 403);
        assert_eq!(carol.patch(&path, json!({ "name": "Carol's" })).await.status, 200);
    }
}

async fn another_station_can_use_the_place_of_a_deleted_one(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let old = save(&ann, json!({ "googlePlaceId": "ChIJ1", "name": "Old" })).await.id();
    add_favorite(&bob, &old, json!({})).await;
    ann.delete(&format!("/api/stations/{old}")).await;
    let new = save(&ann, json!({ "name": "New" })).await.id();
    let path = format!("/api/stations/{new}");
    assert_eq!(ann.patch(&path, json!({ "googlePlaceId": "ChIJ1" })).await.status, 200);
    let left = bob.get(&format!("/api/stations/{old}")).await;
    assert_eq!((&left.body["name"], &left.body["googlePlaceId"]), (&json!("Old"), &Value::Null));
}

async fn lists_are_paginated_newest_first(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for name in ["a", "b", "c", "d", "e"] {
        let id = save(&ann, json!({ "name": name })).await.id();
        add_favorite(&ann, &id, json!({})).await;
    }
    for path in ["/api/stations?limit=2", "/api/stations?favorite=true&limit=2"] {
        let (mut seen, mut at) = (Vec::new(), path.to_owned());
        loop {
            seen.push(names(&ann, &at).await.concat());
            let next = ann.get(&at).await.body["nextCursor"].clone();
            let Some(cursor) = next.as_str() else { break };
            at = format!("{path}&cursor={cursor}");
        }
        assert_eq!(seen, ["ed", "cb", "a"], "{path}");
    }
    for (query, fault) in [
        ("cursor=nonsense", "/cursor: isn’t a cursor from this service"),
        ("limit=0", "/limit: must be from 1 to 500"),
        ("favorite=maybe", "/favorite: must be true or false"),
        ("near=here", "/near: is unknown"),
    ] {
        assert_eq!(ann.get(&format!("/api/stations?{query}")).await.field_errors(), [fault]);
    }
}

async fn a_retry_with_the_same_idempotency_key_creates_one_station(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let send = async |name: &str| {
        let body = json!({ "name": name }).to_string();
        let key = [("idempotency-key", "key")];
        ann.send_json(Method::POST, "/api/stations", &body, &key).await
    };
    let first = send("One").await;
    let again = send("One").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!((again.id(), &again.body), (first.id(), &first.body));
    assert_eq!(send("Other").await.status, 422);
    assert_eq!(names(&ann, "/api/stations").await, ["One"]);
}
