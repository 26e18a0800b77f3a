use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    a_new_item_is_returned_as_added,
    every_invalid_field_is_reported,
    an_item_must_be_either_open_or_completed,
    a_patch_leaves_omitted_members_unchanged,
    a_stale_etag_is_rejected,
    lists_are_filtered_paginated_and_newest_first,
    a_completed_item_updates_the_vehicles_odometer,
    an_item_can_be_moved_to_another_vehicle_of_the_same_user,
    deleting_an_item_keeps_the_next_one,
    another_users_item_is_indistinguishable_from_a_missing_one,
    items_of_a_trashed_vehicle_are_hidden_until_it_is_restored,
    a_retry_with_the_same_idempotency_key_is_executed_once,
    types_are_listed_with_their_typical_intervals,
    applying_a_plan_twice_adds_its_items_once,
];

/// A user with a vehicle.
pub(super) struct Garage {
    pub(super) user: TestApp,
    pub(super) vehicle: String,
}

pub(super) async fn garage(app: &TestApp, email: &str) -> Garage {
    let user = app.register(email).await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let reading = json!({ "date": "2024-12-31", "reading": 50_000 });
    user.post(&format!("/api/vehicles/{vehicle}/odometer"), reading).await;
    Garage { user, vehicle }
}

impl Garage {
    /// Adds an oil change, with `change` merged in.
    pub(super) async fn post_item(&self, change: Value) -> TestResponse {
        let mut body = json!({ "vehicleId": self.vehicle, "type": "oil_change" });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.user.post("/api/maintenance", body).await
    }

    /// Adds an oil change and returns its path.
    pub(super) async fn add_item(&self, change: Value) -> String {
        let response = self.post_item(change).await;
        assert_eq!(response.status, 201, "{response:?}");
        response.header("location").to_owned()
    }

    pub(super) async fn list_items(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/maintenance?vehicleId={}{query}", self.vehicle);
        let list = self.user.get(&path).await;
        assert_eq!(list.status, 200, "{list:?}");
        list.body["items"].as_array().unwrap().clone()
    }

    async fn odometer(&self) -> Value {
        let vehicle = self.user.get(&format!("/api/vehicles/{}", self.vehicle)).await;
        vehicle.body["odometerReading"].clone()
    }

    pub(super) async fn add_fill_up(&self, date: &str, odometer: i64) {
        let log = json!({
            "vehicleId": self.vehicle, "date": date, "odometerReading": odometer, "gallons": 10,
            "confirm": ["/odometerReading", "/gallons"],
        });
        let response = self.user.post("/api/fuel-logs", log).await;
        assert_eq!(response.status, 201, "{response:?}");
    }
}

async fn a_new_item_is_returned_as_added(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let all = json!({
        "description": "5W-30, with\nfilter", "dueDate": "2031-07-31", "dueMileage": 55_000,
        "cost": "89.5", "serviceLocation": "Göldi & Söhne 🔧", "notes": "in the morning",
        "intervalMonths": 6, "intervalMiles": 5000,
    });
    let added = garage.post_item(all).await;
    insta::assert_json_snapshot!(
        added,
        { ".body.id" => "[id]", ".body.vehicleId" => "[vehicle]" },
        @r#"
    {
      "status": 201,
      "body": {
        "amount": 89.5,
        "completedDate": null,
        "completedMileage": null,
        "completedOdometer": null,
        "cost": 89.5,
        "createdAt": "2026-01-31T12:00:00.123456Z",
        "currency": "USD",
        "description": "5W-30, with\nfilter",
        "dueDate": "2031-07-31",
        "dueMileage": 55000,
        "dueOdometer": {
          "unit": "mi",
          "value": 55000
        },
        "id": "[id]",
        "intervalDistance": {
          "unit": "mi",
          "value": 5000
        },
        "intervalMiles": 5000,
        "intervalMonths": 6,
        "isCompleted": false,
        "notes": "in the morning",
        "serviceLocation": "Göldi & Söhne 🔧",
        "type": "oil_change",
        "updatedAt": "2026-01-31T12:00:00.123456Z",
        "vehicleId": "[vehicle]"
      }
    }
    "#);
    let path = format!("/api/maintenance/{}", added.id());
    assert_eq!(added.header("location"), path);
    let found = garage.user.get(&path).await;
    assert_eq!(found.body, added.body);
    assert_eq!(found.header("etag"), added.header("etag"));
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let refused = garage
        .post_item(json!({
            "vehicleId": "mine", "type": "Oil Change", "description": "a\u{7}b",
            "dueDate": "2126-02-01", "dueMileage": -1, "completedDate": "2027-02-01",
            "completedMileage": 1.5, "cost": "1.234", "serviceLocation": "x".repeat(201),
            "isCompleted": "yes", "intervalMonths": 0, "intervalMiles": 1_000_001, "userId": "me",
        }))
        .await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")));
    assert_eq!(
        refused.field_errors(),
        [
            "/vehicleId: must be an ID (a UUID)",
            "/type: must be lowercase words joined by underscores, such as oil_change",
            "/description: contains a control character",
            "/dueDate: must not be more than a hundred years ahead",
            "/dueMileage: must be from 0 to 99,999,999",
            "/completedDate: must not be more than a year ahead",
            "/completedMileage: must be a whole number",
            "/cost: must have at most 2 decimals",
            "/serviceLocation: must have at most 200 characters",
            "/isCompleted: must be true or false",
            "/intervalMonths: must be from 1 to 1200",
            "/intervalMiles: must be from 1 to 1,000,000",
            "/userId: is unknown",
        ]
    );
    let nothing = garage.user.post("/api/maintenance", json!({})).await;
    assert_eq!(nothing.field_errors(), ["/vehicleId: is required", "/type: is required"]);
    assert!(garage.list_items("").await.is_empty());
}

async fn an_item_must_be_either_open_or_completed(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (half, faults) in [
        (json!({}), vec!["/dueDate: is required unless you enter a due odometer reading"]),
        (
            json!({ "isCompleted": true, "dueDate": "2026-02-01" }),
            vec!["/completedDate: is required for a completed item"],
        ),
        (
            json!({ "isCompleted": false, "dueMileage": 1, "completedDate": "2026-01-01" }),
            vec!["/completedDate: must be empty until the item is completed"],
        ),
        (
            json!({ "dueMileage": 1, "completedMileage": 1 }),
            vec!["/completedMileage: must be empty until the item is completed"],
        ),
    ] {
        assert_eq!(garage.post_item(half).await.field_errors(), faults);
    }
    assert!(garage.list_items("").await.is_empty());
    let path = garage.add_item(json!({ "dueMileage": 55_000 })).await;
    let cleared = garage.user.patch(&path, json!({ "dueMileage": null })).await;
    assert_eq!(cleared.status, 422);
    // Setting the completion date completes the item; clearing it reopens the item.
    let done = garage.user.patch(&path, json!({ "completedDate": "2026-01-30" })).await;
    assert_eq!((done.status, &done.body["isCompleted"]), (200, &json!(true)));
    let open = garage.user.patch(&path, json!({ "completedDate": null })).await;
    assert_eq!((open.status, &open.body["isCompleted"]), (200, &json!(false)));
    let history = garage.add_item(json!({ "completedDate": "2025-06-01", "cost": 80 })).await;
    assert_eq!(garage.user.get(&history).await.body["isCompleted"], true);
}

async fn a_patch_leaves_omitted_members_unchanged(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage
        .add_item(json!({ "dueDate": "2026-03-01", "notes": "soon", "intervalMonths": 12 }))
        .await;
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    let before = garage.user.get(&path).await.body;
    let changed = garage.user.patch(&path, json!({ "type": "brake_fluid", "notes": null })).await;
    assert_eq!(changed.status, 200);
    let mut expected = before;
    expected["type"] = json!("brake_fluid");
    expected["notes"] = Value::Null;
    expected["updatedAt"] = json!("2026-01-31T12:00:01.123456Z");
    assert_eq!(changed.body, expected);
    assert_eq!(garage.user.get(&path).await.body, expected);
    let wrong = json!({ "type": null, "vehicleId": null, "isCompleted": null });
    assert_eq!(
        garage.user.patch(&path, wrong).await.field_errors(),
        ["/vehicleId: can’t be empty", "/type: can’t be empty", "/isCompleted: can’t be empty"]
    );
}

async fn a_stale_etag_is_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let first = garage.user.get(&path).await.header("etag").to_owned();
    let send = async |method, path: &str, body: &str| {
        garage.user.send_json(method, path, body, &[("if-match", &first)]).await.status
    };
    assert_eq!(send(Method::PATCH, &path, r#"{"notes":"one"}"#).await, 200);
    assert_eq!(send(Method::PATCH, &path, r#"{"notes":"two"}"#).await, 412);
    let done = r#"{"completedDate":"2026-01-31"}"#;
    assert_eq!(send(Method::POST, &format!("{path}/complete"), done).await, 412);
    assert_eq!(send(Method::POST, &format!("{path}/skip"), "").await, 412);
    let later = r#"{"dueDate":"2026-05-01"}"#;
    assert_eq!(send(Method::POST, &format!("{path}/postpone"), later).await, 412);
    assert_eq!(send(Method::DELETE, &path, "").await, 412);
    assert_eq!(garage.list_items("").await[0]["notes"], "one");
}

async fn lists_are_filtered_paginated_and_newest_first(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for nth in 1..=4 {
        let kind = if nth == 4 { "dashcam" } else { "oil_change" };
        let item = json!({ "type": kind, "dueMileage": nth });
        let done = json!({ "type": kind, "completedDate": "2026-01-01", "completedMileage": nth, "confirm": ["/completedMileage"] });
        garage.add_item(if nth == 2 { done } else { item }).await;
        app.app.clock.advance(chrono::TimeDelta::milliseconds(7));
    }
    let at = |items: &[Value]| -> Vec<_> {
        let either = |it: &Value| it["dueMileage"].as_i64().or(it["completedMileage"].as_i64());
        items.iter().map(|it| either(it).unwrap()).collect()
    };
    assert_eq!(at(&garage.list_items("").await), [4, 3, 2, 1]);
    assert_eq!(at(&garage.list_items("&completed=true").await), [2]);
    assert_eq!(at(&garage.list_items("&completed=false").await), [4, 3, 1]);
    assert_eq!(at(&garage.list_items("&type=oil_change").await), [3, 2, 1]);
    assert_eq!(at(&garage.list_items("&type=dashcam&completed=true").await), [0; 0]);
    for base in [
        "/api/maintenance?limit=1".to_owned(),
        format!("/api/maintenance?limit=1&vehicleId={}", garage.vehicle),
    ] {
        let (mut seen, mut path) = (Vec::new(), base.clone());
        loop {
            let page = garage.user.get(&path).await.body;
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["nextCursor"].as_str() else { break };
            path = format!("{base}&cursor={next}");
        }
        assert_eq!(at(&seen), [4, 3, 2, 1], "{base}");
    }
    for (query, fault) in [
        ("limit=0", "/limit: must be from 1 to 500"),
        ("cursor=nonsense", "/cursor: isn’t a cursor from this service"),
        ("completed=perhaps", "/completed: must be true or false"),
        ("colour=red", "/colour: is unknown"),
    ] {
        let refused = garage.user.get(&format!("/api/maintenance?{query}")).await;
        assert_eq!((refused.status, refused.field_errors()), (422, vec![fault.to_owned()]));
    }
    let missing_path = format!("/api/maintenance?vehicleId={}", uuid::Uuid::now_v7());
    assert_eq!(garage.user.get(&missing_path).await.status, 404);
}

async fn a_completed_item_updates_the_vehicles_odometer(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let done = json!({
        "completedDate": "2025-06-01", "completedMileage": 510_000, "confirm": ["/completedMileage"],
    });
    let path = garage.add_item(done).await;
    assert_eq!(garage.odometer().await, 510_000);
    garage.user.patch(&path, json!({ "completedMileage": 51_000 })).await;
    assert_eq!(garage.odometer().await, 51_000);
    let earlier = json!({ "completedDate": "2025-01-01", "completedMileage": 50_100 });
    garage.add_item(earlier).await;
    let open = garage.add_item(json!({ "dueMileage": 52_000 })).await;
    assert_eq!(garage.odometer().await, 51_000);
    let done = json!({ "completedDate": "2026-01-31", "completedMileage": 52_100 });
    garage.user.post(&format!("{open}/complete"), done).await;
    assert_eq!(garage.odometer().await, 52_100);
}

async fn an_item_can_be_moved_to_another_vehicle_of_the_same_user(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    let path = garage.add_item(json!({ "dueDate": "2026-03-01" })).await;
    let moved = garage.user.patch(&path, json!({ "vehicleId": other })).await;
    assert_eq!((moved.status, &moved.body["vehicleId"]), (200, &json!(other)));
    assert!(garage.list_items("").await.is_empty());
    let bob = self::garage(&app, "bob@example.org").await;
    let refused = garage.user.patch(&path, json!({ "vehicleId": bob.vehicle })).await;
    assert_eq!(refused.field_errors(), ["/vehicleId: isn’t one of your vehicles"]);
}

async fn deleting_an_item_keeps_the_next_one(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let done = json!({ "completedDate": "2026-01-31" });
    let done = garage.user.post(&format!("{path}/complete"), done).await;
    assert_eq!(garage.user.delete(&path).await.status, 204);
    assert_eq!(garage.user.get(&path).await.status, 404);
    assert_eq!(garage.user.delete(&path).await.status, 404);
    // The next item remains, and is due when the deleted one was.
    let items = garage.list_items("").await;
    assert_eq!((items.len(), &items[0]["id"]), (1, &done.body["next"]["id"]));
    assert_eq!(items[0]["dueDate"], "2026-03-01");
}

async fn another_users_item_is_indistinguishable_from_a_missing_one(app: TestApp) {
    let ann = garage(&app, "ann@example.org").await;
    let bob = garage(&app, "bob@example.org").await;
    let path_of_ann = ann.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let missing_path = format!("/api/maintenance/{}", uuid::Uuid::now_v7());
    let seen = |response: TestResponse| {
        let mut headers = response.headers;
        headers.remove("x-request-id");
        (response.status, response.body, headers)
    };
    for (path, body) in [
        ("", json!({})),
        ("/complete", json!({ "completedDate": "2026-01-31" })),
        ("/skip", json!({})),
        ("/postpone", json!({ "dueDate": "2026-04-01" })),
    ] {
        let send = async |base: &str| {
            let path = format!("{base}{path}");
            if path.ends_with(base) {
                bob.user.patch(&path, body.clone()).await
            } else {
                bob.user.post(&path, body.clone()).await
            }
        };
        let foreign = seen(send(&path_of_ann).await);
        assert_eq!(foreign.0, 404);
        assert_eq!(foreign, seen(send(&missing_path).await));
    }
    let vehicle = json!({ "vehicleId": ann.vehicle, "dueDate": "2026-03-01" });
    assert_eq!(
        bob.post_item(vehicle).await.field_errors(),
        ["/vehicleId: isn’t one of your vehicles"]
    );
    assert_eq!(bob.user.get("/api/maintenance").await.body["items"], json!([]));
    assert_eq!(ann.list_items("").await.len(), 1);
}

async fn items_of_a_trashed_vehicle_are_hidden_until_it_is_restored(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let vehicle = format!("/api/vehicles/{}", garage.vehicle);
    garage.user.delete(&vehicle).await;
    assert_eq!(garage.user.get(&path).await.status, 404);
    assert_eq!(garage.user.patch(&path, json!({})).await.status, 404);
    let done = json!({ "completedDate": "2026-01-31" });
    assert_eq!(garage.user.post(&format!("{path}/complete"), done).await.status, 404);
    assert_eq!(garage.user.get("/api/maintenance").await.body["items"], json!([]));
    let refused = garage.post_item(json!({ "dueDate": "2026-03-01" })).await;
    assert_eq!(
        refused.field_errors(),
        ["/vehicleId: is a vehicle in your trash: restore it first"]
    );
    garage.user.post(&format!("{vehicle}/restore"), json!({})).await;
    assert_eq!(garage.list_items("").await.len(), 1);
}

async fn a_retry_with_the_same_idempotency_key_is_executed_once(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.add_item(json!({ "dueDate": "2026-03-01", "intervalMonths": 1 })).await;
    let complete = format!("{path}/complete");
    let send = async || {
        let (body, key) = (r#"{"completedDate":"2026-01-31"}"#, [("idempotency-key", "one")]);
        garage.user.send_json(Method::POST, &complete, body, &key).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, again.status, &again.body), (200, 200, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(garage.list_items("").await.len(), 2);
}

async fn types_are_listed_with_their_typical_intervals(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let types = ann.get("/api/maintenance/types").await.body;
    let types = types["items"].as_array().unwrap();
    assert!(types.len() >= 40);
    for expected in [
        json!({
            "type": "oil_change", "name": "Oil change", "group": "routine",
            "intervalMonths": 12, "intervalMiles": 7500, "intervalKilometers": 12_000,
        }),
        json!({
            "type": "state_inspection", "name": "State inspection", "group": "paperwork",
            "intervalMonths": 12, "intervalMiles": null, "intervalKilometers": null,
        }),
    ] {
        assert!(types.contains(&expected), "{expected}");
    }
}

async fn applying_a_plan_twice_adds_its_items_once(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.add_item(json!({ "dueDate": "2026-03-01" })).await;
    let plans = garage.user.get("/api/maintenance/plans").await.body;
    let toyota = plans["items"].as_array().unwrap().iter().find(|it| it["plan"] == "toyota");
    let steps = toyota.unwrap()["steps"].as_array().unwrap().len();
    let path = format!("/api/vehicles/{}/maintenance-plan", garage.vehicle);
    let put = garage.user.post(&path, json!({ "plan": "toyota" })).await;
    assert_eq!(put.status, 201, "{put:?}");
    let items = put.body["items"].as_array().unwrap();
    // An oil change already exists.
    assert_eq!(items.len(), steps - 1);
    assert_eq!(
        garage.user.get(put.header("location")).await.body["items"].as_array().unwrap().len(),
        steps
    );
    let rotation = items.iter().find(|it| it["type"] == "tire_rotation").unwrap();
    let due = |it: &Value| (it["dueDate"].clone(), it["dueMileage"].clone());
    assert_eq!(due(rotation), (json!("2026-07-31"), json!(55_000)));
    let plugs = items.iter().find(|it| it["type"] == "spark_plugs").unwrap();
    assert_eq!(due(plugs), (Value::Null, json!(120_000)));
    let again = garage.user.post(&path, json!({ "plan": "toyota" })).await;
    assert_eq!((again.status, &again.body["items"]), (201, &json!([])));
    let unknown = garage.user.post(&path, json!({ "plan": "spaceship" })).await;
    assert_eq!(unknown.status, 422);
}
