//! Tests the odometer log through HTTP.

use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    the_log_lists_readings_of_all_sources,
    a_reading_that_contradicts_another_is_rejected_unless_allowed,
    the_running_total_continues_after_a_replacement,
    maintenance_is_due_by_the_running_total,
    deleting_a_reading_leaves_the_others,
    every_invalid_field_is_reported,
    another_users_readings_are_reported_as_not_found,
    a_reading_is_logged_and_deleted_on_the_page,
    the_odometer_is_the_latest_reading,
    moving_a_reading_updates_the_odometers_of_both_vehicles,
    correcting_a_typing_error_updates_the_form_and_the_due_list,
    an_odometer_sent_with_the_vehicle_is_logged_as_todays_reading,
    readings_are_returned_exactly_as_entered,
    both_members_of_a_reading_must_agree,
    a_form_is_read_in_the_unit_in_which_it_was_shown,
    an_implausible_reading_needs_confirmation,
    an_implausible_reading_can_be_confirmed_on_the_page,
    decreasing_readings_of_a_new_odometer_are_rejected,
    on_the_day_of_a_replacement_the_new_odometer_is_used,
];

struct Car {
    user: TestApp,
    id: String,
}

impl Car {
    async fn of(app: &TestApp, email: &str) -> Self {
        let user = app.register(email).await;
        let id = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
        Self { user, id }
    }

    fn path(&self) -> String {
        format!("/api/vehicles/{}/odometer", self.id)
    }

    async fn try_log(&self, date: &str, reading: i64, more: Value) -> TestResponse {
        let mut body = json!({ "date": date, "reading": reading });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.user.post(&self.path(), body).await
    }

    async fn log(&self, date: &str, reading: i64, more: Value) -> Value {
        let answer = self.try_log(date, reading, more).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    async fn fill(&self, date: &str, reading: i64) -> TestResponse {
        let log = json!({
            "vehicleId": self.id, "date": date, "odometerReading": reading, "gallons": 10,
            "confirm": ["/odometerReading", "/gallons"],
        });
        self.user.post("/api/fuel-logs", log).await
    }

    async fn service(&self, date: &str, reading: i64) {
        let done = json!({
            "vehicleId": self.id, "type": "oil_change", "completedDate": date,
            "completedMileage": reading,
        });
        assert_eq!(self.user.post("/api/maintenance", done).await.status, 201);
    }

    /// Each reading's source, date, reading and running total.
    async fn readings(&self) -> Vec<String> {
        let list = self.user.get(&self.path()).await;
        assert_eq!(list.status, 200, "{list:?}");
        let summary = |it: &Value| {
            let text = |name: &str| it[name].to_string().replace('"', "");
            ["source", "date", "reading", "runningTotal"].map(text).join(" ")
        };
        list.body["items"].as_array().unwrap().iter().map(summary).collect()
    }

    async fn odometer(&self) -> Value {
        let vehicle = self.user.get(&format!("/api/vehicles/{}", self.id)).await;
        vehicle.body["odometerReading"].clone()
    }
}

async fn the_log_lists_readings_of_all_sources(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    assert_eq!(car.fill("2025-12-01", 1000).await.status, 201);
    car.service("2025-12-15", 1500).await;
    let logged = car.log("2026-01-01", 2000, json!({ "notes": "new year" })).await;
    assert_eq!(car.fill("2026-01-20", 2500).await.status, 201);
    assert_eq!(
        car.readings().await,
        [
            "fuel-log 2026-01-20 2500 2500",
            "manual 2026-01-01 2000 2000",
            "maintenance 2025-12-15 1500 1500",
            "fuel-log 2025-12-01 1000 1000",
        ]
    );
    let path = format!("/api/odometer-readings/{}", logged["id"].as_str().unwrap());
    assert_eq!(car.user.get(&path).await.body, logged);
    assert_eq!(car.odometer().await, 2500);
    car.log("2026-01-31", 2600, json!({})).await;
    assert_eq!(car.odometer().await, 2600);
    // Each page contains readings of all sources.
    let (mut seen, mut path) = (Vec::new(), format!("{}?limit=2", car.path()));
    loop {
        let page = car.user.get(&path).await.body;
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|it| it["reading"].as_i64().unwrap()),
        );
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("{}?limit=2&cursor={next}", car.path());
    }
    assert_eq!(seen, [2600, 2500, 2000, 1500, 1000]);
    for wrong in ["x", "2026-01-01_1", "2026-01-01_1_2", "+12026-01-01_1_2"] {
        let path = format!("{}?cursor={wrong}", car.path());
        assert_eq!(car.user.get(&path).await.status, 422, "{wrong}");
    }
}

async fn a_reading_that_contradicts_another_is_rejected_unless_allowed(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2025-12-01", 1000).await;
    car.service("2026-01-01", 2000).await;
    for (day, reading, why) in [
        (
            "2026-01-10",
            1999,
            "less than the earlier reading of 2,000\u{a0}mi on Jan 1, 2026 (service)",
        ),
        (
            "2025-12-15",
            20_000,
            "more than the later reading of 2,000\u{a0}mi on Jan 1, 2026 (service)",
        ),
        (
            "2025-12-15",
            999,
            "less than the earlier reading of 1,000\u{a0}mi on Dec 1, 2025 (fill-up)",
        ),
        (
            "2025-11-01",
            1001,
            "more than the later reading of 1,000\u{a0}mi on Dec 1, 2025 (fill-up)",
        ),
    ] {
        let refused = car.try_log(day, reading, json!({})).await;
        assert_eq!(refused.body["type"], "/problems/odometer-order");
        assert_eq!(refused.field_errors(), [format!("/reading: is {why}: correct one of them")]);
    }
    assert_eq!(car.readings().await.len(), 2);
    let sure = json!({ "allowOdometerRollback": true });
    car.log("2026-01-10", 1999, sure).await;
    assert_eq!(car.odometer().await, 1999, "the latest reading by date");
    car.log("2025-12-15", 1500, json!({})).await;
    assert_eq!(car.readings().await.len(), 4);
}

async fn the_running_total_continues_after_a_replacement(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2025-10-01", 80_000).await;
    let replaced = json!({ "isReplacement": true, "previousReading": 80_500 });
    let logged = car.log("2025-11-01", 10, replaced).await;
    assert_eq!(
        (&logged["source"], &logged["runningTotal"]),
        (&json!("replacement"), &json!(80_500))
    );
    assert_eq!(car.odometer().await, 10, "the reading of the new odometer");
    // Later fill-ups with readings of the new odometer need no confirmation.
    let fill = car.fill("2025-12-01", 1010).await;
    assert_eq!(fill.status, 201, "{fill:?}");
    car.log("2026-01-01", 2010, json!({})).await;
    // Readings of the new odometer must not decrease either.
    assert_eq!(
        car.fill("2026-01-10", 2000).await.status,
        201,
        "fill-ups are not checked against manual readings"
    );
    let refused = car.fill("2026-01-20", 900).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/odometer-order")));
    assert_eq!(car.try_log("2026-01-20", 900, json!({})).await.status, 422);
    assert_eq!(
        car.readings().await,
        [
            "fuel-log 2026-01-10 2000 82490",
            "manual 2026-01-01 2010 82500",
            "fuel-log 2025-12-01 1010 81500",
            "replacement 2025-11-01 10 80500",
            "fuel-log 2025-10-01 80000 80000",
        ]
    );
    // Without the old odometer's last reading, the latest known reading is used.
    let other = Car::of(&app, "bob@example.org").await;
    other.fill("2025-10-01", 5000).await;
    let logged = other.log("2025-11-01", 0, json!({ "isReplacement": true })).await;
    assert_eq!((&logged["previousReading"], &logged["runningTotal"]), (&json!(5000), &json!(5000)));
}

async fn maintenance_is_due_by_the_running_total(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2025-10-03", 79_100).await;
    let item = json!({
        "vehicleId": car.id, "type": "oil_change", "dueMileage": 85_000, "intervalMiles": 5000,
    });
    let item = car.user.post("/api/maintenance", item).await.id();
    let due = async || {
        let due = car.user.get("/api/maintenance/upcoming").await.body["items"][0].clone();
        (due["dueInMiles"].clone(), due["predictedDueDate"].clone())
    };
    assert_eq!(due().await, (json!(5900), Value::Null));
    car.fill("2025-11-02", 80_000).await;
    let replaced = json!({ "isReplacement": true, "previousReading": 80_000 });
    car.log("2025-11-02", 0, replaced).await;
    car.fill("2025-12-02", 900).await;
    car.fill("2026-01-01", 1800).await;
    car.log("2026-01-31", 2700, json!({})).await;
    // A running total of 82,700 at 30 miles a day.
    assert_eq!(due().await, (json!(2300), json!("2026-04-18")));
    let done = json!({ "completedDate": "2026-01-31", "completedMileage": 2700 });
    let done = car.user.post(&format!("/api/maintenance/{item}/complete"), done).await.body;
    assert_eq!(done["next"]["dueMileage"], 87_700);
    let next = done["next"]["id"].as_str().unwrap();
    let done = json!({ "completedDate": "2026-01-31" });
    let done = car.user.post(&format!("/api/maintenance/{next}/complete"), done).await.body;
    assert_eq!(done["next"]["dueMileage"], 87_700, "derived although it was not entered");
}

async fn deleting_a_reading_leaves_the_others(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let first = car.log("2026-01-01", 1000, json!({})).await;
    car.log("2026-01-02", 1100, json!({})).await;
    let path = format!("/api/odometer-readings/{}", first["id"].as_str().unwrap());
    let stale = [("if-match", "\"0\"")];
    let method = axum::http::Method::DELETE;
    assert_eq!(car.user.send_json(method, &path, "", &stale).await.status, 412);
    assert_eq!(car.user.delete(&path).await.status, 204);
    assert_eq!(car.user.delete(&path).await.status, 404);
    assert_eq!(car.readings().await, ["manual 2026-01-02 1100 1100"]);
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let wrong = json!({ "date": "soon", "reading": -1, "isReplacement": 1, "by": "me" });
    assert_eq!(
        car.user.post(&car.path(), wrong).await.field_errors(),
        [
            "/date: must be a date in the form YYYY-MM-DD",
            "/reading: must be from 0 to 99,999,999",
            "/isReplacement: must be true or false",
            "/by: is unknown",
        ]
    );
    let refused = car.try_log("2026-01-01", 1, json!({ "previousReading": 5 })).await;
    let why = "/previousReading: must be empty unless isReplacement is true";
    assert_eq!(refused.field_errors(), [why]);
    assert!(car.readings().await.is_empty());
}

async fn another_users_readings_are_reported_as_not_found(app: TestApp) {
    let (ann, bob) =
        (Car::of(&app, "ann@example.org").await, Car::of(&app, "bob@example.org").await);
    let hers = ann.log("2026-01-01", 1000, json!({})).await;
    let path = format!("/api/odometer-readings/{}", hers["id"].as_str().unwrap());
    assert_eq!((bob.user.get(&path).await.status, bob.user.delete(&path).await.status), (404, 404));
    assert_eq!(bob.user.get(&ann.path()).await.status, 404);
    let reading = json!({ "date": "2026-01-01", "reading": 5 });
    assert_eq!(bob.user.post(&ann.path(), reading).await.status, 404);
    // In the trash it is hidden.
    ann.user.delete(&format!("/api/vehicles/{}", ann.id)).await;
    assert_eq!(
        (ann.user.get(&path).await.status, ann.user.get(&ann.path()).await.status),
        (404, 404)
    );
}

async fn a_reading_is_logged_and_deleted_on_the_page(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2026-01-01", 1000).await;
    let page = format!("/vehicles/{}/odometer", car.id);
    let fields = [("date", "2026-01-31"), ("odometer", "900"), ("isReplacement", "false")];
    let refused = car.user.post_form(&page, &fields).await;
    assert_eq!(refused.status, 422);
    let text = |answer: &TestResponse| answer.body.as_str().unwrap_or_default().to_owned();
    assert!(text(&refused).contains("This reading is correct"), "{}", text(&refused));
    let fields = [("date", "2026-01-31"), ("odometer", "1,100"), ("isReplacement", "false")];
    assert_eq!(car.user.post_form(&page, &fields).await.status, 303);
    let shown = text(&car.user.get(&page).await);
    assert!(shown.contains("1,100 mi") && shown.contains("1,000 mi"), "{shown}");
    let delete = shown.split("/odometer-readings/").nth(1).unwrap().split('"').next().unwrap();
    let delete = format!("/odometer-readings/{delete}");
    assert_eq!(car.user.post_form(&delete, &[]).await.header("location"), page);
    assert_eq!(car.readings().await, ["fuel-log 2026-01-01 1000 1000"]);
    let fields = [
        ("date", "2026-01-31"),
        ("odometer", "5"),
        ("isReplacement", "true"),
        ("previousOdometer", "1200"),
    ];
    assert_eq!(car.user.post_form(&page, &fields).await.status, 303);
    assert!(text(&car.user.get(&page).await).contains("1,200 mi in total"));
}

async fn the_odometer_is_the_latest_reading(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    assert_eq!(car.odometer().await, 0);
    let of_vehicle = async || {
        let vehicle = car.user.get(&format!("/api/vehicles/{}", car.id)).await.body;
        // The cached list agrees.
        let listed = car.user.get("/api/vehicles").await.body["items"][0].clone();
        assert_eq!(listed, vehicle);
        (vehicle["odometerReading"].clone(), vehicle["odometer"].clone())
    };
    assert_eq!(of_vehicle().await, (json!(0), Value::Null));
    let miles = |value: i64| (json!(value), json!({ "value": value, "unit": "mi" }));
    assert_eq!(car.fill("2026-01-01", 99_000).await.status, 201);
    let slip = car.fill("2026-01-15", 199_105).await;
    assert_eq!(of_vehicle().await, miles(199_105));
    let slip = slip.header("location").to_owned();
    // Correct it, then enter the error again.
    for reading in [99_105, 199_105] {
        let change = json!({
            "odometerReading": reading, "allowOdometerRollback": true,
            "confirm": ["/odometerReading", "/gallons"],
        });
        let changed = car.user.patch(&slip, change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(of_vehicle().await, miles(reading));
    }
    // Or move it to an earlier date.
    let confirm = json!(["/odometerReading", "/gallons"]);
    let change = json!({ "date": "2025-12-01", "allowOdometerRollback": true, "confirm": confirm });
    let changed = car.user.patch(&slip, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(of_vehicle().await, miles(99_000));
    assert_eq!(car.user.delete(&slip).await.status, 204);
    assert_eq!(of_vehicle().await, miles(99_000));
    // The same with a service,
    let done = json!({
        "vehicleId": car.id, "type": "oil_change", "completedDate": "2026-01-20",
        "completedMileage": 199_200, "confirm": ["/completedMileage"],
    });
    let service = car.user.post("/api/maintenance", done).await;
    assert_eq!(service.status, 201, "{service:?}");
    let service = service.header("location").to_owned();
    assert_eq!(of_vehicle().await, miles(199_200));
    car.user.patch(&service, json!({ "completedMileage": 99_200 })).await;
    assert_eq!(of_vehicle().await, miles(99_200));
    car.user.delete(&service).await;
    assert_eq!(of_vehicle().await, miles(99_000));
    // and with a reading.
    let sure = json!({ "confirm": ["/reading"] });
    let reading = car.log("2026-01-25", 199_300, sure).await;
    assert_eq!(of_vehicle().await, miles(199_300));
    let reading = format!("/api/odometer-readings/{}", reading["id"].as_str().unwrap());
    car.user.delete(&reading).await;
    assert_eq!(of_vehicle().await, miles(99_000));
    // An earlier reading does not change the odometer.
    car.log("2025-11-01", 98_000, json!({})).await;
    assert_eq!(of_vehicle().await, miles(99_000));
}

async fn moving_a_reading_updates_the_odometers_of_both_vehicles(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let other = car.user.post("/api/vehicles", json!({ "vin": "1M8GDM9AXKP042788" })).await.id();
    let shows = async |id: &str| {
        car.user.get(&format!("/api/vehicles/{id}")).await.body["odometerReading"].clone()
    };
    car.fill("2026-01-01", 1000).await;
    let fill = car.fill("2026-01-10", 1200).await.header("location").to_owned();
    car.user.patch(&fill, json!({ "vehicleId": other })).await;
    assert_eq!((shows(&car.id).await, shows(&other).await), (json!(1000), json!(1200)));
    let done = json!({
        "vehicleId": car.id, "type": "oil_change", "completedDate": "2026-01-20",
        "completedMileage": 1500,
    });
    let service = car.user.post("/api/maintenance", done).await.header("location").to_owned();
    assert_eq!(shows(&car.id).await, 1500);
    car.user.patch(&service, json!({ "vehicleId": other })).await;
    assert_eq!((shows(&car.id).await, shows(&other).await), (json!(1000), json!(1500)));
}

async fn correcting_a_typing_error_updates_the_form_and_the_due_list(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2026-01-01", 99_000).await;
    let item = json!({
        "vehicleId": car.id, "type": "oil_change", "dueMileage": 100_000, "intervalMiles": 5000,
    });
    let item = car.user.post("/api/maintenance", item).await.id();
    let due = async || {
        car.user.get("/api/maintenance/upcoming").await.body["items"][0]["dueInMiles"].clone()
    };
    let prefilled = async |reading: &str| {
        let form = car.user.get(&format!("/maintenance/{item}/complete")).await;
        form.text().contains(&format!(r#"value="{reading}""#))
    };
    let slip = car.fill("2026-01-15", 199_105).await.header("location").to_owned();
    assert_eq!(due().await, -99_105);
    assert!(prefilled("199105").await);
    let change = json!({
        "odometerReading": 99_105, "allowOdometerRollback": true,
        "confirm": ["/odometerReading", "/gallons"],
    });
    assert_eq!(car.user.patch(&slip, change).await.status, 200);
    assert_eq!(due().await, 895);
    assert!(prefilled("99105").await);
    car.user.delete(&slip).await;
    assert_eq!(due().await, 1000);
    assert!(prefilled("99000").await);
}

async fn an_odometer_sent_with_the_vehicle_is_logged_as_todays_reading(app: TestApp) {
    let user = app.register("ann@example.org").await;
    let new = json!({ "vin": "1HGCM82633A004352", "odometer": { "value": 12_346, "unit": "km" } });
    let added = user.post("/api/vehicles", new).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.body["odometer"], json!({ "value": 12_346, "unit": "km" }));
    assert_eq!(added.body["odometerReading"], 7671);
    let id = added.id();
    let car = Car { user, id };
    assert_eq!(car.readings().await, ["manual 2026-01-31 7671 7671"]);
    let path = format!("/api/vehicles/{}", car.id);
    // Sending the current value does not log a new reading.
    for same in [
        json!({ "odometerReading": 7671 }),
        json!({ "odometer": { "value": 12_346, "unit": "km" } }),
        json!({ "nickname": "Blue" }),
    ] {
        assert_eq!(car.user.patch(&path, same).await.body["odometer"]["value"], 12_346);
        assert_eq!(car.readings().await.len(), 1);
    }
    app.app.clock.advance(chrono::TimeDelta::days(7));
    let change = json!({ "odometer": { "value": 12_700.5, "unit": "km" } });
    let changed = car.user.patch(&path, change).await;
    assert_eq!(changed.body["odometer"], json!({ "value": 12_700.5, "unit": "km" }));
    assert_eq!(car.user.get(&path).await.body, changed.body);
    let changed = car.user.patch(&path, json!({ "odometerReading": 8000 })).await;
    assert_eq!(changed.body["odometer"], json!({ "value": 8000, "unit": "mi" }));
    assert_eq!(car.readings().await.len(), 3);
    // A lower or a much higher reading is rejected.
    let less = car.user.patch(&path, json!({ "odometerReading": 5 })).await;
    assert_eq!(less.body["type"], "/problems/odometer-order");
    let why = "is less than the earlier reading of 8,000\u{a0}mi on Feb 7, 2026 (manual reading)";
    assert_eq!(less.field_errors(), [format!("/odometerReading: {why}: correct one of them")]);
    let change = json!({ "odometer": { "value": 1_403_000, "unit": "km" } });
    let more = car.user.patch(&path, change.clone()).await;
    assert_eq!((more.status, &more.body["type"]), (422, &json!("/problems/implausible")));
    assert_eq!(more.body["errors"][0]["pointer"], "/odometer");
    assert_eq!(car.odometer().await, 8000);
    let mut change = change;
    change["confirm"] = json!(["/odometer"]);
    assert_eq!(car.user.patch(&path, change).await.body["odometer"]["value"], 1_403_000);
    // 0, the default of other clients, is not a reading.
    let new = json!({ "vin": "1M8GDM9AXKP042788", "odometerReading": 0 });
    let added = car.user.post("/api/vehicles", new).await.body;
    assert_eq!((&added["odometerReading"], &added["odometer"]), (&json!(0), &Value::Null));
    let new = json!({ "vin": "5GZCZ43D13S812715", "odometerReading": 700_000 });
    let refused = car.user.post("/api/vehicles", new).await;
    assert_eq!(refused.body["type"], "/problems/implausible");
    assert_eq!(refused.body["errors"][0]["expected"], "at most 620,000\u{a0}mi");
}

async fn readings_are_returned_exactly_as_entered(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let enter = async |day: u32, odometer: &Value| {
        let body = json!({
            "date": format!("2025-{:02}-{:02}", 1 + day / 28, 1 + day % 28), "odometer": odometer,
            "allowOdometerRollback": true, "confirm": ["/odometer"],
        });
        let added = car.user.post(&car.path(), body).await;
        assert_eq!(added.status, 201, "{added:?}");
        added.body
    };
    let values = ["0", "0.1", "1", "7.9", "12345.6", "12346", "128000", "199999.9", "2000000"];
    let mut day = 0;
    for value in values {
        for unit in ["km", "mi"] {
            let number: Value = serde_json::from_str(value).unwrap();
            let typed = json!({ "value": number, "unit": unit });
            let added = enter(day, &typed).await;
            assert_eq!(added["odometer"], typed);
            let path = format!("/api/odometer-readings/{}", added["id"].as_str().unwrap());
            assert_eq!(car.user.get(&path).await.body, added);
            let vehicle = car.user.get(&format!("/api/vehicles/{}", car.id)).await.body;
            assert_eq!(vehicle["odometer"], typed, "the latest reading by date");
            day += 1;
        }
    }
    // The page shows a reading unchanged in its own unit, whatever unit the user prefers.
    let page = format!("/vehicles/{}", car.id);
    for (unit, shown) in [("mi", "2,000,000 mi"), ("km", "3,218,688 km"), ("mi", "2,000,000 mi")] {
        car.user.patch("/api/user/preferences", json!({ "distanceUnit": unit })).await;
        assert!(car.user.get(&page).await.text().contains(shown), "{shown}");
    }
}

async fn both_members_of_a_reading_must_agree(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let both = json!({ "odometer": { "value": 12_346, "unit": "km" } });
    assert_eq!(car.try_log("2026-01-01", 7671, both.clone()).await.status, 201);
    let refused = car.try_log("2026-01-02", 7672, both).await;
    let why = "contradicts the value in km, which is 7,671 mi: send only one of them";
    assert_eq!((refused.status, refused.field_errors()), (422, vec![format!("/reading: {why}")]));
    let neither = car.user.post(&car.path(), json!({ "date": "2026-01-02" })).await;
    assert_eq!(neither.field_errors(), ["/odometer: is required"]);
    let path = format!("/api/vehicles/{}", car.id);
    let both = json!({ "odometerReading": 1, "odometer": { "value": 12_400, "unit": "km" } });
    let refused = car.user.patch(&path, both).await;
    assert!(refused.field_errors()[0].starts_with("/odometerReading: contradicts"), "{refused:?}");
}

async fn a_form_is_read_in_the_unit_in_which_it_was_shown(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let page = format!("/vehicles/{}/odometer", car.id);
    let form = car.user.get(&page).await;
    assert!(form.text().contains(r#"name="odometerUnit" value="km""#), "{form:?}");
    // The preferences are changed in another tab.
    car.user.patch("/api/user/preferences", json!({ "distanceUnit": "mi" })).await;
    let fields = [
        ("date", "2026-01-31"),
        ("odometer", "12,346"),
        ("odometerUnit", "km"),
        ("isReplacement", "false"),
        ("previousOdometer", ""),
        ("previousOdometerUnit", "km"),
    ];
    assert_eq!(car.user.post_form(&page, &fields).await.status, 303);
    let vehicle = car.user.get(&format!("/api/vehicles/{}", car.id)).await.body;
    assert_eq!(vehicle["odometer"], json!({ "value": 12_346, "unit": "km" }));
    assert!(car.user.get(&page).await.text().contains("7,671 mi"));
}

async fn an_implausible_reading_needs_confirmation(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    for (day, reading) in [("2026-01-01", 1000), ("2026-01-08", 1210), ("2026-01-15", 1420)] {
        car.log(day, reading, json!({})).await;
    }
    car.fill("2026-01-22", 1630).await;
    // Ten times 30 miles a day, plus 2,000.
    let refused = car.try_log("2026-01-29", 5731, json!({})).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/implausible")));
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "/reading");
    assert_eq!(error["expected"], "at most 5,730\u{a0}mi");
    assert_eq!(car.readings().await.len(), 4);
    assert_eq!(car.try_log("2026-01-29", 5731, json!({ "confirm": ["/date"] })).await.status, 422);
    car.log("2026-01-29", 5731, json!({ "confirm": ["/reading"] })).await;
    // In the user's unit.
    car.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let refused = car.try_log("2026-01-30", 99_000, json!({})).await;
    let expected = refused.body["errors"][0]["expected"].as_str().unwrap().to_owned();
    assert!(expected.ends_with("km"), "{expected}");
    // Tomorrow is in the future.
    let refused = car.try_log("2026-02-01", 5800, json!({})).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/date");
    assert_eq!(refused.body["errors"][0]["expected"], "Jan 31, 2026 or earlier");
    car.log("2026-02-01", 5800, json!({ "confirm": ["/date"] })).await;
}

async fn an_implausible_reading_can_be_confirmed_on_the_page(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let page = format!("/vehicles/{}/odometer", car.id);
    let fields = |confirm: &'static str| {
        [
            ("date", "2026-01-31"),
            ("odometer", "1,403,000"),
            ("odometerUnit", "km"),
            ("isReplacement", "false"),
            ("confirm", confirm),
        ]
    };
    let refused = car.user.post_form(&page, &fields("")).await;
    assert_eq!(refused.status, 422);
    let tick = r#"name="confirm" value="/odometer""#;
    assert!(refused.text().contains(tick), "{}", refused.text());
    assert_eq!(car.user.post_form(&page, &fields("/odometer")).await.status, 303);
    let vehicle = car.user.get(&format!("/api/vehicles/{}", car.id)).await.body;
    assert_eq!(vehicle["odometer"], json!({ "value": 1_403_000, "unit": "km" }));
}

async fn decreasing_readings_of_a_new_odometer_are_rejected(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2026-01-01", 80_000).await;
    let replaced = json!({ "isReplacement": true, "previousReading": 80_100 });
    car.log("2026-01-10", 0, replaced).await;
    car.log("2026-01-15", 10, json!({})).await;
    let refused = car.try_log("2026-01-20", 5, json!({})).await;
    assert_eq!(refused.body["type"], "/problems/odometer-order");
    // Readings of the old odometer must not exceed its last reading.
    let refused = car.try_log("2026-01-05", 80_200, json!({})).await;
    assert_eq!(refused.body["type"], "/problems/odometer-order");
    car.log("2026-01-20", 300, json!({})).await;
    assert_eq!(car.readings().await[0], "manual 2026-01-20 300 80400");
}

async fn on_the_day_of_a_replacement_the_new_odometer_is_used(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2026-01-01", 100_000).await;
    car.fill("2026-01-10", 100_400).await;
    let replaced = json!({ "isReplacement": true, "previousReading": 100_400 });
    let replaced = car.log("2026-01-10", 150_000, replaced).await;
    assert_eq!(replaced["runningTotal"], 100_400);
    assert_eq!(car.odometer().await, 150_000);
    car.fill("2026-01-10", 100_390).await;
    assert_eq!(car.odometer().await, 150_000);
    car.log("2026-01-10", 150_010, json!({})).await;
    assert_eq!(car.odometer().await, 150_010);
    let last = car.log("2026-01-20", 150_200, json!({})).await;
    assert_eq!(last["runningTotal"], 100_600);
    // Without the replacement, the day's readings are of one odometer.
    let path = |it: &Value| format!("/api/odometer-readings/{}", it["id"].as_str().unwrap());
    car.user.delete(&path(&last)).await;
    car.user.delete(&path(&replaced)).await;
    assert_eq!(car.odometer().await, 150_010);
    // Without readings, the odometer is 0.
    for log in car.user.get(&car.path()).await.body["items"].as_array().unwrap() {
        let of = if log["source"] == "fuel-log" { "fuel-logs" } else { "odometer-readings" };
        car.user.delete(&format!("/api/{of}/{}", log["id"].as_str().unwrap())).await;
    }
    let vehicle = car.user.get(&format!("/api/vehicles/{}", car.id)).await.body;
    assert_eq!((&vehicle["odometerReading"], &vehicle["odometer"]), (&json!(0), &Value::Null));
}
