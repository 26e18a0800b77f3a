//! Vehicles without a 17-character VIN, in the API and on pages.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    a_vehicle_without_a_vin_is_returned_as_added,
    a_vehicle_needs_a_vin_an_identifier_a_nickname_or_a_make,
    identifiers_and_kinds_are_checked_like_other_fields,
    vehicles_without_a_vin_do_not_conflict_in_use_or_in_the_trash,
    the_placeholder_never_appears_in_responses,
    a_vin_entered_later_replaces_the_placeholder_and_fills_empty_fields,
    a_vin_can_be_removed_if_something_else_identifies_the_vehicle,
    a_new_vin_starting_with_0_is_rejected_but_an_existing_one_remains,
    vehicles_without_a_vin_get_distinct_names,
    a_vehicle_without_a_vin_is_added_with_the_form,
    the_edit_form_sets_and_removes_a_vin,
    a_form_shows_missing_and_unknown_values_at_their_fields,
];

const VIN: &str = "1HGCM82633A004352";

/// The error for a new vehicle that nothing identifies.
const MISSING: &str = "/vin: is required unless you enter an identifier, a nickname or a make";

/// A car from before 1981, a Japanese car, a trailer and a moped.
fn vehicles() -> [Value; 4] {
    [
        json!({ "identifier": "5F07C100001", "make": "Ford", "model": "Mustang", "year": 1965 }),
        json!({ "identifier": "BNR34-000123", "make": "Nissan", "model": "Skyline GT-R" }),
        json!({ "identifier": "Humbaur 4711/99", "kind": "trailer" }),
        json!({ "nickname": "Mopetta", "kind": "motorcycle", "licensePlate": "123 ABC" }),
    ]
}

async fn add(app: &TestApp, vehicle: Value) -> TestResponse {
    let added = app.post("/api/vehicles", vehicle).await;
    assert_eq!(added.status, 201, "{added:?}");
    added
}

/// The `vin` columns of the user's vehicles, oldest vehicle first.
async fn stored_vins(app: &TestApp, user: &TestApp) -> Vec<String> {
    let user = user.user_id().await;
    let mut tx = app.app.db.read_for(&user).await.unwrap();
    let select = "SELECT vin FROM vehicles WHERE user_id = $1 ORDER BY id";
    let rows: Vec<(String,)> = sql!(&mut tx, fetch_all, select, user.as_str()).unwrap();
    rows.into_iter().map(|it| it.0).collect()
}

async fn a_vehicle_without_a_vin_is_returned_as_added(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let mut ids = Vec::new();
    for vehicle in vehicles() {
        let added = add(&ann, vehicle.clone()).await;
        assert_eq!(added.body["vin"], Value::Null);
        assert_eq!(added.body["kind"], vehicle.get("kind").cloned().unwrap_or(json!("car")));
        for name in ["identifier", "nickname", "make", "model", "year", "licensePlate"] {
            assert_eq!(added.body[name], vehicle.get(name).cloned().unwrap_or_default(), "{name}");
        }
        let path = format!("/api/vehicles/{}", added.id());
        assert_eq!(added.header("location"), path);
        let found = ann.get(&path).await;
        assert_eq!((&found.body, found.header("etag")), (&added.body, added.header("etag")));
        ids.push(added.id());
        app.app.clock.advance(TimeDelta::milliseconds(5));
    }
    let list = ann.get("/api/vehicles").await.body["items"].clone();
    let listed: Vec<_> = list.as_array().unwrap().iter().rev().map(|it| &it["id"]).collect();
    assert_eq!(listed, ids.iter().collect::<Vec<_>>());

    // The kind doesn't depend on the VIN.
    let kinds = "car motorcycle truck bus trailer boat machine bicycle other";
    let path = format!("/api/vehicles/{}", ids[0]);
    for kind in kinds.split(' ') {
        let changed = ann.patch(&path, json!({ "kind": kind })).await;
        assert_eq!((changed.status, &changed.body["kind"]), (200, &json!(kind)));
        assert_eq!(ann.get(&path).await.body["kind"], kind);
    }
    let motorcycle = json!({ "vin": VIN, "kind": "motorcycle", "identifier": "Engine 42" });
    let added = add(&ann, motorcycle).await.body;
    let shown = (&added["vin"], &added["kind"], &added["identifier"]);
    assert_eq!(shown, (&json!(VIN), &json!("motorcycle"), &json!("Engine 42")));
    let path = format!("/api/vehicles/{}", added["id"].as_str().unwrap());
    let cleared = ann.patch(&path, json!({ "identifier": null })).await;
    assert_eq!((cleared.status, &cleared.body["identifier"]), (200, &Value::Null));
}

async fn a_vehicle_needs_a_vin_an_identifier_a_nickname_or_a_make(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for nothing in [
        json!({}),
        json!({ "vin": null, "identifier": null }),
        json!({ "identifier": "  ", "nickname": "", "make": "\u{a0}" }),
        json!({ "vin": "" }),
        json!({ "year": 1965, "model": "Mustang", "color": "red", "kind": "trailer" }),
        json!({ "licensePlate": "ZH 123", "odometerReading": 5 }),
    ] {
        let refused = ann.post("/api/vehicles", nothing.clone()).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (422, vec![MISSING.to_owned()]),
            "{nothing}"
        );
    }
    let refused = ann.post("/api/vehicles", json!({ "year": 1885, "colour": "red" })).await;
    let others = ["/year: must be from 1886 to 2028", "/colour: is unknown"];
    assert_eq!(refused.field_errors(), [MISSING, others[0], others[1]]);
    assert_eq!(ann.get("/api/vehicles").await.body["items"], json!([]));
    for one in ["identifier", "nickname", "make"] {
        add(&ann, json!({ one: "x" })).await;
    }
}

async fn identifiers_and_kinds_are_checked_like_other_fields(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let path = format!("/api/vehicles/{}", add(&ann, json!({ "make": "Ford" })).await.id());
    let kinds = "must be one of: car motorcycle truck bus trailer boat machine bicycle other";
    for (name, value, why) in [
        ("identifier", json!("x".repeat(101)), "must have at most 100 characters"),
        ("identifier", json!("5F07\u{7}C100001"), "contains a control character"),
        ("identifier", json!("5F07\nC100001"), "contains a control character"),
        ("identifier", json!(507_100_001), "must be a string"),
        ("kind", json!("spaceship"), kinds),
        ("kind", json!("Car"), kinds),
        ("kind", json!(""), kinds),
        ("kind", json!(["car"]), "must be a string"),
    ] {
        let fault = vec![format!("/{name}: {why}")];
        let refused = ann.post("/api/vehicles", json!({ "make": "Ford", name: value })).await;
        assert_eq!((refused.status, refused.field_errors()), (422, fault.clone()), "{value}");
        let refused = ann.patch(&path, json!({ name: value })).await;
        assert_eq!((refused.status, refused.field_errors()), (422, fault), "{value}");
    }
    let hidden = ann.patch(&path, json!({ "identifier": "5F07\u{200b}C100001" })).await;
    assert!(
        hidden.field_errors()[0].starts_with("/identifier: ")
            && hidden.field_errors()[0].contains("U+200B")
    );
    let refused = ann.patch(&path, json!({ "kind": null })).await;
    assert_eq!(refused.field_errors(), ["/kind: can’t be empty"]);
    let long = json!({ "identifier": format!("  {}  ", "ü".repeat(100)) });
    assert_eq!(ann.patch(&path, long).await.body["identifier"], "ü".repeat(100));
}

async fn vehicles_without_a_vin_do_not_conflict_in_use_or_in_the_trash(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let trailer = json!({ "identifier": "4711", "kind": "trailer" });
    let first = add(&ann, trailer.clone()).await;
    let path = format!("/api/vehicles/{}", first.id());
    assert_eq!(ann.delete(&path).await.status, 204);
    let second = add(&ann, trailer.clone()).await;
    assert_ne!(first.id(), second.id());
    add(&bob, trailer.clone()).await;
    let trash = ann.get("/api/vehicles?deleted=true").await.body["items"][0].clone();
    assert_eq!((&trash["vin"], &trash["identifier"]), (&Value::Null, &json!("4711")));
    let restored = ann.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!((restored.status, &restored.body["vin"]), (200, &Value::Null));
    assert_eq!(ann.get(&path).await.body, restored.body);
    let listed = ann.get("/api/vehicles").await.body["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);

    // A retry does not add a second vehicle.
    let once = [("idempotency-key", "key")];
    let send = || ann.send_json(Method::POST, "/api/vehicles", r#"{"nickname":"Boat"}"#, &once);
    let (added, again) = (send().await, send().await);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(added.body, again.body);
    let vins = stored_vins(&app, &ann).await;
    let distinct: std::collections::BTreeSet<_> = vins.iter().collect();
    assert_eq!((vins.len(), distinct.len()), (3, 3), "{vins:?}");
}

/// Every `GET` path in the OpenAPI document, with each of these IDs inserted.
async fn get_paths(app: &TestApp, ids: &[String]) -> Vec<String> {
    let document = app.get("/api/openapi.json").await.body;
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods.get("get").is_none() {
            continue;
        }
        let Some((before, rest)) = path.split_once('{') else {
            all.push(path.clone());
            continue;
        };
        let after = rest.split_once('}').unwrap().1;
        all.extend(ids.iter().map(|id| format!("{before}{id}{after}")));
    }
    all
}

async fn the_placeholder_never_appears_in_responses(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let mut answers = Vec::new();
    let mut ids = Vec::new();
    for vehicle in vehicles() {
        let added = add(&ann, vehicle).await;
        let id = added.id();
        let fill = |date: &str, odometer: i32| json!({ "vehicleId": id, "date": date, "odometerReading": odometer, "gallons": 10 });
        let first = ann.post("/api/fuel-logs", fill("2026-01-01", 100)).await;
        let log = ann.post("/api/fuel-logs", fill("2026-01-20", 300)).await;
        let backwards = ann.post("/api/fuel-logs", fill("2026-01-25", 200)).await;
        let item = json!({ "vehicleId": id, "type": "inspection", "dueDate": "2026-02-01" });
        let item = ann.post("/api/maintenance", item).await;
        let plan = format!("/api/vehicles/{id}/maintenance-plan");
        let plan = ann.post(&plan, json!({ "plan": "any" })).await;
        let odometer = format!("/api/vehicles/{id}/odometer");
        let reading = ann.post(&odometer, json!({ "date": "2026-01-30", "reading": 400 })).await;
        let path = format!("/api/vehicles/{id}");
        let changed = ann.patch(&path, json!({ "color": "red", "kind": "other" })).await;
        ids.extend([id, log.id(), item.id(), reading.id()]);
        answers.extend([added, first, log, backwards, item, plan, reading, changed]);
    }
    let trashed = add(&ann, json!({ "nickname": "Sold" })).await;
    let trashed_path = format!("/api/vehicles/{}", trashed.id());
    answers.push(ann.delete(&trashed_path).await);
    let to_trashed =
        json!({ "vehicleId": trashed.id(), "type": "inspection", "dueDate": "2026-02-01" });
    answers.push(ann.post("/api/maintenance", to_trashed).await);
    ids.push(trashed.id());
    let link = ann.post("/api/maintenance/calendar-link", json!({})).await;
    let calendar = link.body["url"].as_str().unwrap().to_owned();
    answers.push(link);

    let keys = stored_vins(&app, &ann).await;
    assert_eq!(keys.len(), 5);
    for key in &keys {
        assert!(super::Vin::parse(key).is_ok() && key.starts_with('0'), "{key}");
    }

    let mut paths = get_paths(&ann, &ids).await;
    assert!(paths.len() > 100, "{paths:?}");
    let calendar = calendar.split_once("/api/").unwrap().1;
    paths.push(format!("/api/{calendar}"));
    for page in ["/vehicles", "/trash", "/maintenance", "/stations", "/settings", "/vehicles/new"] {
        paths.push(page.to_owned());
    }
    for list in ["vehicles?deleted=true", "vehicles?active=false", "vehicles?limit=1"] {
        paths.push(format!("/api/{list}"));
    }
    for id in &ids {
        for list in ["fuel-logs", "maintenance", "maintenance/upcoming"] {
            paths.push(format!("/api/{list}?vehicleId={id}"));
        }
        for page in ["", "/edit", "/fuel-logs/new", "/maintenance", "/maintenance/new", "/odometer"]
        {
            paths.push(format!("/vehicles/{id}{page}"));
        }
        paths.push(format!("/fuel-logs/{id}/edit"));
        for page in ["edit", "complete"] {
            paths.push(format!("/maintenance/{id}/{page}"));
        }
    }
    let mut opened = 0;
    for path in paths {
        let answer = ann.get(&path).await;
        opened += usize::from(answer.status == 200);
        answers.push(answer);
    }
    assert!(opened > 60, "{opened} of {} were found", answers.len());
    for id in &ids {
        // Also in a rejected form.
        let edit = format!("/vehicles/{id}/edit");
        answers.push(ann.post_form(&edit, &[("year", "1")]).await);
        answers.push(ann.post_form(&format!("/vehicles/{id}/fuel-logs/new"), &[]).await);
    }
    for answer in &answers {
        let whole = format!("{:?} {}", answer.headers, answer.body);
        for key in &keys {
            assert!(!whole.contains(key.as_str()), "{key} is in {whole}");
            assert!(!whole.contains(&key[11..]), "the end of {key} is in {whole}");
        }
    }
}

async fn a_vin_entered_later_replaces_the_placeholder_and_fills_empty_fields(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "nickname": "Old one", "model": "My Accord", "kind": "car" });
    let path = format!("/api/vehicles/{}", add(&ann, new).await.id());
    app.app.clock.advance(TimeDelta::seconds(1));
    let changed = ann.patch(&path, json!({ "vin": VIN.to_lowercase() })).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let body = &changed.body;
    assert_eq!((&body["vin"], &body["nickname"]), (&json!(VIN), &json!("Old one")));
    // Given values are never overwritten.
    let filled = (&body["make"], &body["model"], &body["year"]);
    assert_eq!(filled, (&json!("Honda"), &json!("My Accord"), &json!(2003)));
    assert_eq!(&ann.get(&path).await.body, body);
    assert_eq!(stored_vins(&app, &ann).await, [VIN]);

    let other = format!("/api/vehicles/{}", add(&ann, json!({ "make": "Ford" })).await.id());
    let taken = ann.patch(&other, json!({ "vin": VIN })).await;
    assert_eq!((taken.status, &taken.body["type"]), (409, &json!("/problems/duplicate-vin")));
    let wrong = ann.patch(&other, json!({ "vin": "1M8GDM9AXKP0427" })).await;
    assert_eq!(
        wrong.field_errors(),
        ["/vin: has 15 characters instead of 17: compare it with the vehicle or its registration"]
    );
    assert_eq!(ann.get(&other).await.body["vin"], Value::Null);

    // Members that the same change clears stay empty.
    let change = json!({ "vin": "1M8GDM9AXKP042788", "make": null, "identifier": "A bus" });
    let changed = ann.patch(&other, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.body["make"], Value::Null);
    assert_eq!(changed.body["vin"], "1M8GDM9AXKP042788");
}

async fn a_vin_can_be_removed_if_something_else_identifies_the_vehicle(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    // This VIN can't be decoded.
    let bare = add(&ann, json!({ "vin": "ZZZZZZZZ0ZZ000001" })).await;
    assert_eq!(bare.body["make"], Value::Null, "{bare:?}");
    let path = format!("/api/vehicles/{}", bare.id());
    let needs = "can’t be empty: a vehicle without a VIN needs an identifier, a nickname or a make";
    let refused = ann.patch(&path, json!({ "vin": null })).await;
    assert_eq!((refused.status, refused.field_errors()), (422, vec![format!("/vin: {needs}")]));
    assert_eq!(ann.get(&path).await.body["vin"], "ZZZZZZZZ0ZZ000001");

    app.app.clock.advance(TimeDelta::seconds(1));
    let removed = ann.patch(&path, json!({ "vin": null, "identifier": "42" })).await;
    assert_eq!((removed.status, &removed.body["vin"]), (200, &Value::Null));
    assert_eq!(ann.get(&path).await.body, removed.body);
    // Another vehicle can then use it.
    let other = add(&ann, json!({ "vin": "ZZZZZZZZ0ZZ000001" })).await;
    assert_eq!(ann.patch(&path, json!({ "vin": other.body["vin"] })).await.status, 409);

    let change = json!({ "nickname": "The boat", "identifier": null });
    assert_eq!(ann.patch(&path, change).await.status, 200);
    for (change, named) in [
        (json!({ "nickname": null }), &["/nickname"] as &[_]),
        (json!({ "nickname": "  ", "identifier": null }), &["/identifier", "/nickname"]),
    ] {
        let refused = ann.patch(&path, change).await;
        let expected: Vec<_> = named.iter().map(|it| format!("{it}: {needs}")).collect();
        assert_eq!((refused.status, refused.field_errors()), (422, expected));
    }
    let swapped = ann.patch(&path, json!({ "nickname": null, "make": "Bayliner" })).await;
    assert_eq!((swapped.status, &swapped.body["make"]), (200, &json!("Bayliner")));
}

async fn a_new_vin_starting_with_0_is_rejected_but_an_existing_one_remains(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let old = "0HGCM82633A004352";
    let refusal = ["/vin: isn’t a VIN, as no VIN begins with 0: enter it as the identifier"];
    let refused = ann.post("/api/vehicles", json!({ "vin": old, "make": "Ford" })).await;
    assert_eq!(
        (refused.status, refused.field_errors()),
        (422, refusal.map(str::to_owned).to_vec())
    );
    // As an older version accepted it.
    let path = format!("/api/vehicles/{}", add(&ann, json!({ "vin": VIN })).await.id());
    let owner = ann.user_id().await;
    let mut tx = app.app.db.write_for(&owner).await.unwrap();
    let update = "UPDATE vehicles SET vin = $2 WHERE user_id = $1";
    sql!(&mut tx, execute, update, owner.as_str(), old).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ann.get(&path).await.body["vin"], old);
    let same = ann.patch(&path, json!({ "vin": old, "color": "red" })).await;
    assert_eq!((same.status, &same.body["vin"]), (200, &json!(old)), "{same:?}");
    assert!(ann.get(path.trim_start_matches("/api")).await.text().contains(old));

    let other = format!("/api/vehicles/{}", add(&ann, json!({ "make": "Ford" })).await.id());
    let placeholder = stored_vins(&app, &ann).await.pop().unwrap();
    for zero in [old, &placeholder] {
        let refused = ann.patch(&other, json!({ "vin": zero })).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (422, refusal.map(str::to_owned).to_vec())
        );
    }
    let removed = ann.patch(&path, json!({ "vin": null })).await;
    assert_eq!((removed.status, &removed.body["vin"]), (200, &Value::Null));
}

async fn vehicles_without_a_vin_get_distinct_names(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let mut named = Vec::new();
    for (vehicle, name) in [
        (json!({ "make": "Humbaur", "identifier": "A 1" }), "Humbaur (A 1)"),
        (json!({ "make": "Humbaur", "identifier": "A 2" }), "Humbaur (A 2)"),
        (json!({ "make": "Humbaur" }), "Humbaur #1"),
        (json!({ "make": "Humbaur" }), "Humbaur #2"),
        (json!({ "make": "Vespa", "licensePlate": "123 ABC" }), "Vespa (123 ABC)"),
        (json!({ "make": "Vespa", "licensePlate": "456 DEF" }), "Vespa (456 DEF)"),
        (json!({ "identifier": "5F07C100001", "year": 1965 }), "5F07C100001"),
        (
            json!({ "identifier": "BNR34-000123", "licensePlate": "品川 1" }),
            "BNR34-000123 (品川 1)",
        ),
        (json!({ "identifier": "Same" }), "Same #1"),
        (json!({ "identifier": "Same" }), "Same #2"),
        (json!({ "vin": VIN, "identifier": "Not used" }), "2003 Honda Accord"),
    ] {
        let id = add(&ann, vehicle).await.id();
        let item = json!({ "vehicleId": id, "type": "inspection", "dueDate": "2026-02-01" });
        assert_eq!(ann.post("/api/maintenance", item).await.status, 201);
        named.push((id, name));
        app.app.clock.advance(TimeDelta::milliseconds(5));
    }
    let due = ann.get("/api/maintenance/upcoming").await.body["items"].clone();
    let pages = [ann.get("/vehicles").await, ann.get("/maintenance").await];
    for (id, name) in named {
        let of = due.as_array().unwrap().iter().find(|it| it["vehicleId"] == json!(id)).unwrap();
        assert_eq!(of["vehicle"], json!({ "id": id, "name": name }));
        for page in &pages {
            assert!(page.text().contains(name), "{name} is not in {page:?}");
        }
    }
}

async fn a_vehicle_without_a_vin_is_added_with_the_form(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let form = ann.get("/vehicles/new").await;
    for part in [
        r#"name="identifier""#,
        r#"<option value="trailer">Trailer</option>"#,
        "Leave empty if the vehicle has none.",
    ] {
        assert!(form.text().contains(part), "{part} is not in {form:?}");
    }
    assert!(!form.text().contains("required"), "{form:?}");
    let fields = [("vin", ""), ("identifier", "<4711>"), ("kind", "trailer"), ("make", "Humbaur")];
    // A lookup and the lists preserve the input.
    for page in ["/vehicles/new", "/vehicles/choose"] {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let page = ann.get(&format!("{page}?{query}")).await;
        assert!(page.text().contains("&#60;4711&#62;"), "{page:?}");
    }
    let added = ann.post_form("/vehicles/new", &fields).await;
    assert_eq!(added.status, 303, "{added:?}");
    let path = added.header("location").to_owned();
    let page = ann.get(&path).await;
    for part in ["<dt>Type</dt><dd>Trailer</dd>", r#"<dd class="code">&#60;4711&#62;</dd>"#] {
        assert!(page.text().contains(part), "{part} is not in {page:?}");
    }
    assert!(!page.text().contains("<dt>VIN</dt>"), "{page:?}");
    let edit = ann.get(&format!("{path}/edit")).await;
    for part in [r#"<option value="trailer" selected>"#, r#"value="&#60;4711&#62;""#] {
        assert!(edit.text().contains(part), "{part} is not in {edit:?}");
    }
    for page in ["/fuel-logs/new", "/maintenance", "/maintenance/new", "/odometer"] {
        assert_eq!(ann.get(&format!("{path}{page}")).await.status, 200, "{page}");
    }
    // Moved to the trash and back.
    assert_eq!(ann.post_form(&format!("{path}/trash"), &[]).await.status, 303);
    assert!(ann.get("/trash").await.text().contains("Humbaur"));
    ann.post_form(&format!("{path}/restore"), &[]).await;
    assert_eq!(ann.get(&path).await.status, 200);
}

async fn the_edit_form_sets_and_removes_a_vin(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let id = add(&ann, json!({ "nickname": "Old one" })).await.id();
    let (page, record) = (format!("/vehicles/{id}"), format!("/api/vehicles/{id}"));
    let edit = format!("{page}/edit");
    assert!(
        ann.get(&edit)
            .await
            .text()
            .contains(r#"name="vin" type="text" class="code upper" value="""#)
    );
    let form = |vin: &'static str, nickname: &'static str, make: &'static str| {
        let empty = ["identifier", "year", "model", "color", "licensePlate"];
        let mut fields =
            vec![("vin", vin), ("nickname", nickname), ("make", make), ("kind", "car")];
        fields.extend(empty.into_iter().map(|it| (it, "")));
        fields
    };
    let saved = ann.post_form(&edit, &form(VIN, "Old one", "")).await;
    assert_eq!((saved.status, saved.header("location")), (303, &*page), "{saved:?}");
    let vehicle = ann.get(&record).await.body;
    assert_eq!((&vehicle["vin"], &vehicle["make"]), (&json!(VIN), &json!("Honda")));
    assert!(ann.get(&page).await.text().contains(&format!("/vin?vin={VIN}")));

    let saved = ann.post_form(&edit, &form("", "Old one", "Honda")).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    assert_eq!(ann.get(&record).await.body["vin"], Value::Null);
    let refused = ann.post_form(&edit, &form("", "", "")).await;
    assert_eq!(refused.status, 422);
    for name in ["nickname", "make"] {
        let error = format!(r#"id="{name}-error">This can’t be empty: a vehicle without a VIN"#);
        assert!(refused.text().contains(&error), "{refused:?}");
    }
}

async fn a_form_shows_missing_and_unknown_values_at_their_fields(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let fields = [("vin", " "), ("identifier", ""), ("kind", "boat"), ("year", "1965")];
    let refused = ann.post_form("/vehicles/new", &fields).await;
    assert_eq!(refused.status, 422);
    for part in [
        r#"id="vin-error">This is required unless you enter an identifier, a nickname or a make."#,
        r#"<option value="boat" selected>"#,
        r#"value="1965""#,
    ] {
        assert!(refused.text().contains(part), "{part} is not in {refused:?}");
    }
    let long = "x".repeat(101);
    for (name, value, why) in [
        ("kind", "spaceship", "This must be one of: car motorcycle"),
        ("identifier", &long, "This must have at most 100 characters."),
        ("identifier", "5F07\u{7}C1", "This contains a control character."),
        ("vin", "0HGCM82633A004352", "This isn’t a VIN, as no VIN begins with 0"),
    ] {
        let refused = ann.post_form("/vehicles/new", &[("make", "Ford"), (name, value)]).await;
        assert_eq!(refused.status, 422, "{name}={value}");
        let error = format!(r#"id="{name}-error">{why}"#);
        assert!(refused.text().contains(&error), "{error} is not in {refused:?}");
    }
    assert_eq!(ann.get("/api/vehicles").await.body["items"], json!([]));
}
