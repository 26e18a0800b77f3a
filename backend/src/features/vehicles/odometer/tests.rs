//! The odometer log, through HTTP.

use serde_json::{Value, json};

use crate::testing::{Answer, TestApp, on_every_engine};

on_every_engine![
    readings_of_every_source_are_one_list,
    a_reading_that_contradicts_another_is_refused_unless_it_is_said_to_be_so,
    a_replaced_odometer_begins_anew_and_the_total_goes_on,
    what_is_due_follows_the_running_total,
    a_reading_is_removed_and_the_rest_stays,
    every_field_at_fault_is_named,
    another_users_readings_look_like_those_that_do_not_exist,
    a_reading_is_noted_and_deleted_on_a_page,
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

    async fn note(&self, date: &str, reading: i64, more: Value) -> Answer {
        let mut body = json!({ "date": date, "reading": reading });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.user.post(&self.path(), body).await
    }

    async fn noted(&self, date: &str, reading: i64, more: Value) -> Value {
        let answer = self.note(date, reading, more).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    async fn fill(&self, date: &str, reading: i64) -> Answer {
        let log = json!({
            "vehicleId": self.id, "date": date, "odometerReading": reading, "gallons": 10,
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

    /// Each reading's source, day, reading and running total.
    async fn log(&self) -> Vec<String> {
        let list = self.user.get(&self.path()).await;
        assert_eq!(list.status, 200, "{list:?}");
        let told = |it: &Value| {
            let text = |name: &str| it[name].to_string().replace('"', "");
            ["source", "date", "reading", "runningTotal"].map(text).join(" ")
        };
        list.body["items"].as_array().unwrap().iter().map(told).collect()
    }

    async fn odometer(&self) -> Value {
        let vehicle = self.user.get(&format!("/api/vehicles/{}", self.id)).await;
        vehicle.body["odometerReading"].clone()
    }
}

async fn readings_of_every_source_are_one_list(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    assert_eq!(car.fill("2025-12-01", 1000).await.status, 201);
    car.service("2025-12-15", 1500).await;
    let noted = car.noted("2026-01-01", 2000, json!({ "notes": "new year" })).await;
    assert_eq!(car.fill("2026-01-20", 2500).await.status, 201);
    assert_eq!(
        car.log().await,
        [
            "fuel-log 2026-01-20 2500 2500",
            "manual 2026-01-01 2000 2000",
            "maintenance 2025-12-15 1500 1500",
            "fuel-log 2025-12-01 1000 1000",
        ]
    );
    let path = format!("/api/odometer-readings/{}", noted["id"].as_str().unwrap());
    assert_eq!(car.user.get(&path).await.body, noted);
    assert_eq!(car.odometer().await, 2500);
    car.noted("2026-01-31", 2600, json!({})).await;
    assert_eq!(car.odometer().await, 2600);
    // Page by page, each from every source.
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

async fn a_reading_that_contradicts_another_is_refused_unless_it_is_said_to_be_so(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2025-12-01", 1000).await;
    car.service("2026-01-01", 2000).await;
    for (day, reading, why) in [
        ("2026-01-10", 1999, "is less than the 2000 miles of the service before it, on 2026-01-01"),
        (
            "2025-12-15",
            20_000,
            "is more than the 2000 miles of the service after it, on 2026-01-01",
        ),
        ("2025-12-15", 999, "is less than the 1000 miles of the fill-up before it, on 2025-12-01"),
        ("2025-11-01", 1001, "is more than the 1000 miles of the fill-up after it, on 2025-12-01"),
    ] {
        let refused = car.note(day, reading, json!({})).await;
        assert_eq!(refused.body["type"], "/problems/odometer-order");
        assert_eq!(refused.faults(), [format!("/reading: {why}")]);
    }
    assert_eq!(car.log().await.len(), 2);
    let sure = json!({ "allowOdometerRollback": true });
    car.noted("2026-01-10", 1999, sure).await;
    assert_eq!(car.odometer().await, 2000);
    car.noted("2025-12-15", 1500, json!({})).await;
    assert_eq!(car.log().await.len(), 4);
}

async fn a_replaced_odometer_begins_anew_and_the_total_goes_on(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2025-10-01", 80_000).await;
    let replaced = json!({ "isReplacement": true, "previousReading": 80_500 });
    let noted = car.noted("2025-11-01", 10, replaced).await;
    assert_eq!((&noted["source"], &noted["runningTotal"]), (&json!("replacement"), &json!(80_500)));
    assert_eq!(car.odometer().await, 80_500);
    // Fill-ups go on from the new one without being asked about it.
    let fill = car.fill("2025-12-01", 1010).await;
    assert_eq!(fill.status, 201, "{fill:?}");
    car.noted("2026-01-01", 2010, json!({})).await;
    // And within the new one they do not go back.
    assert_eq!(car.fill("2026-01-10", 2000).await.status, 201, "manual readings do not bind them");
    let refused = car.fill("2026-01-20", 900).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/odometer-order")));
    assert_eq!(car.note("2026-01-20", 900, json!({})).await.status, 422);
    assert_eq!(
        car.log().await,
        [
            "fuel-log 2026-01-10 2000 82490",
            "manual 2026-01-01 2010 82500",
            "fuel-log 2025-12-01 1010 81500",
            "replacement 2025-11-01 10 80500",
            "fuel-log 2025-10-01 80000 80000",
        ]
    );
    // Without the old one's last reading, the latest one known counts.
    let other = Car::of(&app, "bob@example.org").await;
    other.fill("2025-10-01", 5000).await;
    let noted = other.noted("2025-11-01", 0, json!({ "isReplacement": true })).await;
    assert_eq!((&noted["previousReading"], &noted["runningTotal"]), (&json!(5000), &json!(5000)));
}

async fn what_is_due_follows_the_running_total(app: TestApp) {
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
    car.noted("2025-11-02", 0, replaced).await;
    car.fill("2025-12-02", 900).await;
    car.fill("2026-01-01", 1800).await;
    car.noted("2026-01-31", 2700, json!({})).await;
    // 82,700 in all at 30 miles a day.
    assert_eq!(due().await, (json!(2300), json!("2026-04-18")));
    let done = json!({ "completedDate": "2026-01-31", "completedMileage": 2700 });
    let done = car.user.post(&format!("/api/maintenance/{item}/complete"), done).await.body;
    assert_eq!(done["next"]["dueMileage"], 87_700);
    let next = done["next"]["id"].as_str().unwrap();
    let done = json!({ "completedDate": "2026-01-31" });
    let done = car.user.post(&format!("/api/maintenance/{next}/complete"), done).await.body;
    assert_eq!(done["next"]["dueMileage"], 87_700, "nobody read it off, and it is known");
}

async fn a_reading_is_removed_and_the_rest_stays(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let first = car.noted("2026-01-01", 1000, json!({})).await;
    car.noted("2026-01-02", 1100, json!({})).await;
    let path = format!("/api/odometer-readings/{}", first["id"].as_str().unwrap());
    let stale = [("if-match", "\"0\"")];
    let method = axum::http::Method::DELETE;
    assert_eq!(car.user.send_json(method, &path, "", &stale).await.status, 412);
    assert_eq!(car.user.delete(&path).await.status, 204);
    assert_eq!(car.user.delete(&path).await.status, 404);
    assert_eq!(car.log().await, ["manual 2026-01-02 1100 1100"]);
}

async fn every_field_at_fault_is_named(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    let wrong = json!({ "date": "soon", "reading": -1, "isReplacement": 1, "by": "me" });
    assert_eq!(
        car.user.post(&car.path(), wrong).await.faults(),
        [
            "/date: has to be a date as YYYY-MM-DD",
            "/reading: has to be from 0 to 99999999",
            "/isReplacement: has to be true or false",
            "/by: is not known here",
        ]
    );
    let refused = car.note("2026-01-01", 1, json!({ "previousReading": 5 })).await;
    let why = "/previousReading: is only there where isReplacement is true";
    assert_eq!(refused.faults(), [why]);
    assert!(car.log().await.is_empty());
}

async fn another_users_readings_look_like_those_that_do_not_exist(app: TestApp) {
    let (ann, bob) =
        (Car::of(&app, "ann@example.org").await, Car::of(&app, "bob@example.org").await);
    let hers = ann.noted("2026-01-01", 1000, json!({})).await;
    let path = format!("/api/odometer-readings/{}", hers["id"].as_str().unwrap());
    assert_eq!((bob.user.get(&path).await.status, bob.user.delete(&path).await.status), (404, 404));
    assert_eq!(bob.user.get(&ann.path()).await.status, 404);
    let reading = json!({ "date": "2026-01-01", "reading": 5 });
    assert_eq!(bob.user.post(&ann.path(), reading).await.status, 404);
    // In the trash it is out of sight.
    ann.user.delete(&format!("/api/vehicles/{}", ann.id)).await;
    assert_eq!(
        (ann.user.get(&path).await.status, ann.user.get(&ann.path()).await.status),
        (404, 404)
    );
}

async fn a_reading_is_noted_and_deleted_on_a_page(app: TestApp) {
    let car = Car::of(&app, "ann@example.org").await;
    car.fill("2026-01-01", 1000).await;
    let page = format!("/vehicles/{}/odometer", car.id);
    let fields = [("date", "2026-01-31"), ("reading", "900"), ("isReplacement", "false")];
    let refused = car.user.submit(&page, &fields).await;
    assert_eq!(refused.status, 422);
    let text = |answer: &Answer| answer.body.as_str().unwrap_or_default().to_owned();
    assert!(text(&refused).contains("It really shows this"), "{}", text(&refused));
    let fields = [("date", "2026-01-31"), ("reading", "1,100"), ("isReplacement", "false")];
    assert_eq!(car.user.submit(&page, &fields).await.status, 303);
    let shown = text(&car.user.get(&page).await);
    assert!(shown.contains("1,100 mi") && shown.contains("1,000 mi"), "{shown}");
    let delete = shown.split("/odometer-readings/").nth(1).unwrap().split('"').next().unwrap();
    let delete = format!("/odometer-readings/{delete}");
    assert_eq!(car.user.submit(&delete, &[]).await.header("location"), page);
    assert_eq!(car.log().await, ["fuel-log 2026-01-01 1000 1000"]);
    let fields = [
        ("date", "2026-01-31"),
        ("reading", "5"),
        ("isReplacement", "true"),
        ("previousReading", "1200"),
    ];
    assert_eq!(car.user.submit(&page, &fields).await.status, 303);
    assert!(text(&car.user.get(&page).await).contains("1,200 mi in all"));
}
