//! The HTML pages of fill-ups.

use serde_json::{Value, json};

use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    saving_a_fill_up_shows_the_economy_of_the_tank_once,
    a_fill_up_without_an_economy_says_why,
    the_menu_adds_a_fill_up_to_the_vehicle_of_the_latest_one,
    the_form_is_prefilled_with_the_date_and_hints,
    the_form_is_prefilled_with_the_fuel,
    a_fill_up_in_metric_units_is_stored_as_entered,
    submitting_an_unchanged_metric_form_changes_nothing,
    changing_one_field_leaves_the_others_unchanged,
    an_out_of_order_reading_offers_a_rollback_checkbox,
    an_ambiguous_volume_must_be_confirmed,
    numbers_with_misplaced_separators_are_rejected,
    a_rejected_form_keeps_its_input,
    submitting_a_form_twice_creates_one_fill_up,
    a_deleted_fill_up_is_gone,
    another_users_fill_up_is_not_found,
];

async fn vehicle(user: &TestApp) -> String {
    let vehicle = json!({ "vin": "1HGCM82633A004352", "make": "Honda" });
    user.post("/api/vehicles", vehicle).await.id()
}

async fn metric(app: &TestApp) -> TestApp {
    let user = app.register("dana@example.org").await;
    let units = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "EUR",
        "timeZone": "Pacific/Kiritimati",
    });
    assert_eq!(user.patch("/api/user/preferences", units).await.status, 200);
    user
}

async fn logs(user: &TestApp) -> Vec<Value> {
    user.get("/api/fuel-logs").await.body["items"].as_array().unwrap().clone()
}

async fn the_form_is_prefilled_with_the_date_and_hints(app: TestApp) {
    let user = metric(&app).await;
    let id = vehicle(&user).await;
    let form = format!("/vehicles/{id}/fuel-logs/new");
    let page = user.get(&form).await;
    // Noon in Greenwich is 2 a.m. on the next day in this time zone.
    assert!(page.text().contains(r#"type="date" value="2026-02-01""#), "{page:?}");
    let fields = [
        ("odometer", "100,000"),
        ("odometerUnit", "km"),
        ("volume", "40"),
        ("volumeUnit", "l"),
        ("unitPrice", "1,799"),
        ("unitPriceUnit", "l"),
        ("amount", ""),
        ("currency", "EUR"),
        ("isFull", "false"),
        ("isFull", "true"),
        ("date", "2026-01-20"),
        ("stationName", "Aral"),
        ("missedPrevious", "false"),
        ("notes", ""),
    ];
    let answer = user.post_form(&form, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, &*format!("/vehicles/{id}")));
    let page = user.get(&form).await;
    for part in ["Last: 100,000\u{a0}km", "Last: €1.799", r#"<option value="Aral">"#, "€/l"] {
        assert!(page.text().contains(part), "{part}: {page:?}");
    }
}

async fn the_form_is_prefilled_with_the_fuel(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let car = vehicle(&user).await;
    let form = format!("/vehicles/{car}/fuel-logs/new");
    let chosen = async || {
        let page = user.get(&form).await;
        let select = page.text().split("<select id=\"fuelType\"").nth(1).unwrap();
        let select = select.split("</select>").next().unwrap();
        let option = select.split(" selected>").nth(1).unwrap();
        option.split('<').next().unwrap().to_owned()
    };
    // First the fuel that the VIN specifies, then the fuel of the last fill-up.
    assert_eq!(chosen().await, "Regular");
    let fill = async |day: &str, fuel: &str| {
        let fields = [
            ("date", day),
            ("odometer", "100"),
            ("odometerUnit", "mi"),
            ("volume", "10"),
            ("volumeUnit", "gal_us"),
            ("fuelType", fuel),
            ("isFull", "true"),
        ];
        let answer = user.post_form(&form, &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
    };
    fill("2026-01-01", "e10").await;
    fill("2026-01-02", "").await;
    assert_eq!(chosen().await, "E10");
    let stored = logs(&user).await;
    assert_eq!((&stored[0]["fuelType"], &stored[1]["fuelType"]), (&Value::Null, &json!("e10")));
    let edit = format!("/fuel-logs/{}/edit", stored[1]["id"].as_str().unwrap());
    let page = user.get(&edit).await;
    assert!(page.text().contains(r#"<option value="e10" selected>E10</option>"#), "{page:?}");
    assert_eq!(user.post_form(&edit, &[("fuelType", "")]).await.status, 303);
    assert_eq!(logs(&user).await[1]["fuelType"], Value::Null);
    let wrong = user.post_form(&edit, &[("fuelType", "coal")]).await;
    assert!(wrong.text().contains("fuelType-error"), "{wrong:?}");
    // A VIN that specifies no fuel.
    let other = json!({ "vin": "WVWZZZ1JZXW000001" });
    let other = user.post("/api/vehicles", other).await.id();
    let page = user.get(&format!("/vehicles/{other}/fuel-logs/new")).await;
    assert!(
        page.text().contains(r#"<option value="" selected>Not specified</option>"#),
        "{page:?}"
    );
}

async fn a_fill_up_in_metric_units_is_stored_as_entered(app: TestApp) {
    let user = metric(&app).await;
    let id = vehicle(&user).await;
    let fields = [
        ("odometer", "100.000"),
        ("odometerUnit", "km"),
        ("volume", "40,00"),
        ("volumeUnit", "l"),
        ("unitPrice", "1,799"),
        ("unitPriceUnit", "l"),
        ("isFull", "false"),
        ("date", "2026-01-20"),
    ];
    let answer = user.post_form(&format!("/vehicles/{id}/fuel-logs/new"), &fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let log = &logs(&user).await[0];
    assert_eq!(log["odometerReading"], 62_137);
    assert_eq!(log["gallons"].to_string(), "10.567");
    assert_eq!(log["pricePerGallon"].to_string(), "6.81");
    assert_eq!(log["totalCost"].to_string(), "71.96");
    assert_eq!(log["odometer"], json!({ "value": 100_000, "unit": "km" }));
    assert_eq!(log["volume"], json!({ "value": 40.0, "unit": "l" }));
    assert_eq!(log["currency"], "EUR");
    assert_eq!(log["isFull"], false);
    let page = user.get(&format!("/vehicles/{id}")).await;
    for part in ["100,000 ", "40.00 ", "€1.799", "€71.96"] {
        assert!(page.text().contains(part), "{part}: {page:?}");
    }
}

/// The fields that the form at `path` submits if nothing is changed.
async fn shown_fields(user: &TestApp, path: &str) -> Vec<(String, String)> {
    let page = user.get(path).await;
    let html = page.text();
    let mut fields = Vec::new();
    for input in html.split("<input ").skip(1) {
        let input = input.split('>').next().unwrap();
        let attribute = |name: &str| {
            let from = input.find(&format!(r#"{name}=""#))? + name.len() + 2;
            input[from..].split('"').next().map(str::to_owned)
        };
        let is_box = attribute("type").as_deref() == Some("checkbox");
        if !is_box || input.contains(" checked") {
            fields.push((attribute("name").unwrap(), attribute("value").unwrap_or_default()));
        }
    }
    let notes = html.split("<textarea").nth(1).unwrap().split_once(">\n").unwrap().1;
    let notes = notes.split("</textarea>").next().unwrap().replace('\n', "\r\n");
    fields.push(("notes".to_owned(), notes));
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn odd_log(user: &TestApp) -> TestResponse {
    let log = json!({
        "vehicleId": vehicle(user).await, "date": "2026-01-02", "odometerReading": 84_211,
        "gallons": "10.001", "pricePerGallon": "3.333", "totalCost": "30.00",
        "confirm": ["/totalCost"],
        "notes": "one\ntwo", "isFull": false,
    });
    user.post("/api/fuel-logs", log).await
}

async fn submitting_an_unchanged_metric_form_changes_nothing(app: TestApp) {
    let user = metric(&app).await;
    let log = odd_log(&user).await;
    app.app.clock.advance(chrono::TimeDelta::hours(1));
    let path = format!("/fuel-logs/{}/edit", log.id());
    let fields = shown_fields(&user, &path).await;
    let answer = user.post_form(&path, &borrowed(&fields)).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(logs(&user).await[0], log.body);
}

async fn changing_one_field_leaves_the_others_unchanged(app: TestApp) {
    let user = metric(&app).await;
    let log = odd_log(&user).await;
    let path = format!("/fuel-logs/{}/edit", log.id());
    let mut fields = shown_fields(&user, &path).await;
    let set = |fields: &mut Vec<(String, String)>, name: &str, value: &str| {
        fields.retain(|it| it.0 != name);
        fields.push((name.to_owned(), value.to_owned()));
    };
    set(&mut fields, "notes", "");
    set(&mut fields, "stationName", "Aral");
    assert_eq!(user.post_form(&path, &borrowed(&fields)).await.status, 303);
    let after = &logs(&user).await[0];
    assert_eq!(after["notes"], json!(null));
    assert_eq!(after["stationName"], "Aral");
    for name in ["odometerReading", "gallons", "pricePerGallon", "totalCost", "date"] {
        assert_eq!(after[name], log.body[name], "{name}");
    }
    // Volume, price and total were all entered, so a volume that does not match must be confirmed.
    let mut fields = shown_fields(&user, &path).await;
    set(&mut fields, "volume", "12");
    let refused = user.post_form(&path, &borrowed(&fields)).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text().contains(r#"name="confirm" value="/volume""#), "{refused:?}");
    set(&mut fields, "confirm", "/volume");
    assert_eq!(user.post_form(&path, &borrowed(&fields)).await.status, 303);
    let after = &logs(&user).await[0];
    assert_eq!(after["gallons"].to_string(), "12.0");
    assert_eq!(after["totalCost"].to_string(), "30.0");
}

async fn an_out_of_order_reading_offers_a_rollback_checkbox(app: TestApp) {
    let user = metric(&app).await;
    let log = odd_log(&user).await;
    let id = log.body["vehicleId"].as_str().unwrap();
    let form = format!("/vehicles/{id}/fuel-logs/new");
    let mut fields = vec![
        ("odometer", "100"),
        ("odometerUnit", "km"),
        ("volume", "40"),
        ("volumeUnit", "l"),
        ("date", "2026-01-20"),
    ];
    let answer = user.post_form(&form, &fields).await;
    assert_eq!(answer.status, 422);
    let expected =
        "This is less than the previous fill-up’s reading of 135,524\u{a0}km on Jan 2, 2026.";
    assert!(answer.text().contains(expected), "{answer:?}");
    assert!(answer.text().contains(r#"name="allowOdometerRollback" value="true""#));
    assert!(!user.get(&form).await.text().contains("allowOdometerRollback"));
    fields.push(("allowOdometerRollback", "true"));
    assert_eq!(user.post_form(&form, &fields).await.status, 303);

    let path = format!("/fuel-logs/{}/edit", log.id());
    let answer = user.post_form(&path, &[("date", "2026-01-10")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("allowOdometerRollback"), "{answer:?}");
}

async fn an_ambiguous_volume_must_be_confirmed(app: TestApp) {
    let user = metric(&app).await;
    let form = format!("/vehicles/{}/fuel-logs/new", vehicle(&user).await);
    let mut fields = vec![
        ("odometer", "100"),
        ("odometerUnit", "km"),
        ("volume", "1.234"),
        ("volumeUnit", "l"),
        ("date", "2026-01-20"),
    ];
    let refused = user.post_form(&form, &fields).await;
    assert_eq!(refused.status, 422);
    for part in [
        r#"id="volume-error">This is ambiguous: confirm 1.234 l, or enter 1234 without a separator."#,
        r#"name="confirm" value="/volume""#,
        r#"value="1.234""#,
    ] {
        assert!(refused.text().contains(part), "{part}: {refused:?}");
    }
    assert!(logs(&user).await.is_empty());
    fields.push(("confirm", "/volume"));
    assert_eq!(user.post_form(&form, &fields).await.status, 303);
    assert_eq!(logs(&user).await[0]["volume"]["value"].to_string(), "1.234");

    // The other interpretation is entered without a separator and needs confirmation only for its size.
    let edit = format!("/fuel-logs/{}/edit", logs(&user).await[0]["id"].as_str().unwrap());
    let refused = user.post_form(&edit, &[("volume", "1,235"), ("volumeUnit", "l")]).await;
    assert!(refused.text().contains("This is ambiguous"), "{refused:?}");
    let fields = [("volume", "1235"), ("volumeUnit", "l"), ("confirm", "/volume")];
    assert_eq!(user.post_form(&edit, &fields).await.status, 303);
    assert_eq!(logs(&user).await[0]["volume"]["value"].to_string(), "1235.0");
}

async fn numbers_with_misplaced_separators_are_rejected(app: TestApp) {
    let user = metric(&app).await;
    let form = format!("/vehicles/{}/fuel-logs/new", vehicle(&user).await);
    let fill_up = |name: &'static str, typed: &'static str| {
        let fields = [
            ("odometer", "100"),
            ("odometerUnit", "km"),
            ("volume", "40"),
            ("volumeUnit", "l"),
            ("unitPrice", "1,799"),
            ("unitPriceUnit", "l"),
            ("amount", "71,96"),
            ("date", "2026-01-20"),
        ];
        fields.map(|it| if it.0 == name { (name, typed) } else { it })
    };
    for typed in ["12,3,4", "40,5.1", "40'5", "4e1", "40 L", "+40", "-40"] {
        for name in ["odometer", "volume", "unitPrice", "amount"] {
            let refused = user.post_form(&form, &fill_up(name, typed)).await;
            assert_eq!(refused.status, 422, "{name} {typed}");
            assert!(refused.text().contains(&format!("id=\"{name}-error\"")), "{name} {typed}");
            assert!(!refused.text().contains("name=\"confirm\""), "{name} {typed}");
        }
    }
    assert!(logs(&user).await.is_empty());
    let answer = user.post_form(&form, &fill_up("amount", "71.960")).await;
    assert_eq!(answer.status, 422, "71,960 is not 40 times 1.799: {answer:?}");
    assert_eq!(user.post_form(&form, &fill_up("amount", "71,96")).await.status, 303);
    assert_eq!(logs(&user).await[0]["amount"].to_string(), "71.96");
}

async fn a_rejected_form_keeps_its_input(app: TestApp) {
    let user = metric(&app).await;
    let id = vehicle(&user).await;
    let fields = [
        ("odometer", "many"),
        ("odometerUnit", "km"),
        ("volume", "0"),
        ("volumeUnit", "l"),
        ("date", "1885-01-01"),
        ("isFull", "false"),
        ("notes", "roof box"),
    ];
    let answer = user.post_form(&format!("/vehicles/{id}/fuel-logs/new"), &fields).await;
    assert_eq!(answer.status, 422);
    for part in [
        r#"id="odometer-error">This must be a number in digits, without a unit or a currency."#,
        r#"id="volume-error">This must be more than 0."#,
        r#"id="date-error">This must not be before 1886."#,
        r#"<details class="card" open>"#,
        r#"value="many""#,
        "roof box</textarea>",
    ] {
        assert!(answer.text().contains(part), "{part}: {answer:?}");
    }
    assert!(!answer.text().contains("checked"), "{answer:?}");
}

async fn submitting_a_form_twice_creates_one_fill_up(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let form = format!("/vehicles/{}/fuel-logs/new", vehicle(&user).await);
    let page = user.get(&form).await;
    let once = page.text().split(r#"name="once" value=""#).nth(1).unwrap();
    let once = once.split('"').next().unwrap().to_owned();
    let send = async |odometer: &str, once: &str| {
        let fields = [
            ("odometer", odometer),
            ("odometerUnit", "mi"),
            ("volume", "10"),
            ("volumeUnit", "gal_us"),
            ("date", "2026-01-20"),
            ("once", once),
        ];
        user.post_form(&form, &fields).await.status
    };
    assert_eq!(send("1000", &once).await, 303);
    assert_eq!(send("1000", &once).await, 303);
    assert_eq!(logs(&user).await.len(), 1);
    // Submitting the form with changed fields, or a newly opened form, creates another fill-up.
    assert_eq!(send("1100", &once).await, 303);
    assert_eq!(send("1100", "another").await, 303);
    assert_eq!(logs(&user).await.len(), 3);
}

async fn a_deleted_fill_up_is_gone(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let log = odd_log(&user).await;
    let answer = user.post_form(&format!("/fuel-logs/{}/delete", log.id()), &[]).await;
    let vehicle = log.body["vehicleId"].as_str().unwrap();
    assert_eq!((answer.status, answer.header("location")), (303, &*format!("/vehicles/{vehicle}")));
    assert!(logs(&user).await.is_empty());
}

async fn another_users_fill_up_is_not_found(app: TestApp) {
    let user = app.register("dana@example.org").await;
    let log = odd_log(&user).await;
    let other = app.register("eve@example.org").await;
    let theirs = other.get(&format!("/fuel-logs/{}/edit", log.id())).await;
    let none = other.get(&format!("/fuel-logs/{}/edit", uuid::Uuid::now_v7())).await;
    assert_eq!((theirs.status, none.status), (404, 404));
    assert_eq!(theirs.body, none.body);
    let new = format!("/vehicles/{}/fuel-logs/new", log.body["vehicleId"].as_str().unwrap());
    assert_eq!(other.get(&new).await.status, 404);
    assert_eq!(other.post_form(&new, &[("amount", "1")]).await.status, 404);
    let delete = format!("/fuel-logs/{}/delete", log.id());
    assert_eq!(other.post_form(&delete, &[]).await.status, 404);
    assert_eq!(logs(&user).await.len(), 1);
}

/// Adds a fill-up at this reading and returns the page that is shown next.
async fn fill_up(user: &TestApp, vehicle: &str, km: &str, more: &[(&str, &str)]) -> TestResponse {
    let mut fields = vec![
        ("odometer", km),
        ("odometerUnit", "km"),
        ("volume", "40"),
        ("volumeUnit", "l"),
        ("amount", "68.00"),
        ("currency", "EUR"),
        ("date", "2026-01-20"),
    ];
    fields.extend(more);
    let answer = user.post_form(&format!("/vehicles/{vehicle}/fuel-logs/new"), &fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    user.follow(&answer).await
}

async fn saving_a_fill_up_shows_the_economy_of_the_tank_once(app: TestApp) {
    let user = metric(&app).await;
    let id = vehicle(&user).await;
    let full = [("isFull", "true")];
    let page = fill_up(&user, &id, "100000", &full).await;
    let first = "Saved. You’ll see the economy after your next full tank.";
    assert!(page.text().contains(first), "{page:?}");
    let page = fill_up(&user, &id, "100625", &full).await;
    let saved = "Saved. This tank: 6.4\u{a0}l/100 km, €0.109/km.";
    assert!(page.text().contains(saved), "{page:?}");
    assert!(page.text().contains(r#"role="status""#), "{page:?}");
    // The page deletes the cookie with the message.
    assert!(page.header("set-cookie").starts_with("flash=; Path=/; Max-Age=0;"), "{page:?}");
    let again = user.get(&format!("/vehicles/{id}")).await;
    assert!(!again.text().contains("Saved."), "{again:?}");
    assert_eq!(again.header("set-cookie"), "");

    let id_of_fill_up = logs(&user).await[0]["id"].as_str().unwrap().to_owned();
    let change = [("amount", "70.00"), ("currency", "EUR")];
    let changed = user.post_form(&format!("/fuel-logs/{id_of_fill_up}/edit"), &change).await;
    let page = user.follow(&changed).await;
    assert!(page.text().contains("Saved. This tank: 6.4"), "{page:?}");
    let deleted = user.post_form(&format!("/fuel-logs/{id_of_fill_up}/delete"), &[]).await;
    let page = user.follow(&deleted).await;
    assert!(page.text().contains("The fill-up of Jan 20, 2026 was deleted."), "{page:?}");
}

async fn a_fill_up_without_an_economy_says_why(app: TestApp) {
    let user = metric(&app).await;
    let id = vehicle(&user).await;
    fill_up(&user, &id, "100000", &[("isFull", "true")]).await;
    let page = fill_up(&user, &id, "100300", &[("isFull", "false")]).await;
    let partial = "Saved. This fuel will count toward your next full tank.";
    assert!(page.text().contains(partial), "{page:?}");
    let missed = [("isFull", "true"), ("missedPrevious", "true")];
    let page = fill_up(&user, &id, "101000", &missed).await;
    let missed = "Saved. This tank has no economy: previous fill-up missing.";
    assert!(page.text().contains(missed), "{page:?}");
}

async fn the_menu_adds_a_fill_up_to_the_vehicle_of_the_latest_one(app: TestApp) {
    let user = metric(&app).await;
    let chosen = async || user.get("/fuel-logs/new").await.header("location").to_owned();
    assert_eq!(chosen().await, "/vehicles/new");
    let form = |id: &str| format!("/vehicles/{id}/fuel-logs/new?choose=true");
    let honda = vehicle(&user).await;
    assert_eq!(chosen().await, form(&honda));
    let boat = user.post("/api/vehicles", json!({ "kind": "boat", "nickname": "Nixe" })).await.id();
    fill_up(&user, &boat, "100", &[]).await;
    assert_eq!(chosen().await, form(&boat));

    // The form offers the other vehicles, and so does no other form.
    let link = format!(r#"<a href="{}">"#, form(&honda));
    assert!(user.get(&form(&boat)).await.text().contains(&link));
    assert!(!user.get(&format!("/vehicles/{boat}/fuel-logs/new")).await.text().contains(&link));

    let inactive = json!({ "isActive": false });
    assert_eq!(user.patch(&format!("/api/vehicles/{boat}"), inactive).await.status, 200);
    assert_eq!(chosen().await, form(&honda));
}
