use chrono::TimeDelta;
use serde_json::{Value, json};

use super::service;
use crate::{
    core::{config::Secret, periodic},
    sql,
    testing::{BeginWrite as _, Commit as _, TestApp, on_every_engine},
};

on_every_engine![
    a_vin_is_decoded_offline,
    a_lowercase_vin_is_accepted,
    a_vin_with_a_wrong_check_digit_is_decoded_with_a_problem,
    a_malformed_vin_is_rejected_with_the_position_of_the_error,
    an_unknown_vin_is_returned_with_a_problem,
    a_result_is_cached_as_in_the_reference_schema,
    results_older_than_30_days_are_not_used_and_are_deleted,
    results_of_older_tables_are_not_used,
    a_vin_is_decoded_without_the_cache_table,
    a_new_vehicle_is_filled_in_from_its_vin,
    given_vehicle_data_is_never_overwritten,
    years_makes_and_models_are_listed,
    the_form_shows_the_decoded_vin_and_fills_empty_fields,
    a_mistyped_vin_has_a_suggestion_link,
    a_vehicle_can_be_chosen_from_lists_without_javascript,
    the_vin_page_shows_all_attributes,
];

const ACCORD: &str = "1HGCM82633A004352";

/// The VIN of an Accord that no other test uses, because the cache is shared.
fn unique_accord() -> String {
    let serial = uuid::Uuid::now_v7().as_u128() % 1_000_000;
    let vin = format!("1HGCM82603A{serial:06}");
    let digit = vpic::check_digit(&vin).expected.unwrap();
    format!("1HGCM826{digit}3A{serial:06}")
}

/// All rows of the table `vin_cache`.
async fn rows(app: &TestApp) -> Vec<(String, Option<String>, Option<String>, Option<i32>)> {
    let mut tx = app.app.db.read().await.unwrap();
    sql!(&mut tx, fetch_all, "SELECT vin, make, model, year FROM vin_cache ORDER BY vin").unwrap()
}

async fn a_vin_is_decoded_offline(app: TestApp) {
    let accord = &unique_accord();
    let ann = app.register("ann@example.org").await;
    let answer = ann.get(&format!("/api/vin/{accord}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected = json!({
        "vin": accord, "valid": true, "make": "Honda", "model": "Accord", "year": 2003,
        "bodyType": "Coupe", "cylinders": 6, "vehicleType": "PASSENGER CAR",
        "plantCountry": "UNITED STATES (USA)", "plantCity": "MARYSVILLE",
        "manufacturer": "AMERICAN HONDA MOTOR CO., INC.", "source": "offline",
        "fuelType": "Gasoline", "transmission": "Automatic",
        "decodedAt": "2026-01-31T12:00:00.123456Z", "problems": [], "suggestions": [],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(answer.body[name], *value, "{name} in {}", answer.body);
    }
    let given = &answer.body["checkDigit"]["given"];
    let digit = json!({ "given": given, "expected": given, "required": true, "ok": true });
    assert_eq!(answer.body["checkDigit"], digit);
    // Attributes have NHTSA's own spelling, in upper case.
    assert_eq!(answer.body["attributes"]["Make"], "HONDA");
    assert_eq!(answer.body["attributes"]["EngineCylinders"], "6");
    assert!(answer.body["attributes"]["ErrorCode"].is_null());
}

async fn a_lowercase_vin_is_accepted(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let answer = ann.get("/api/vin/1hgcm82633a004352").await;
    assert_eq!((answer.status, &answer.body["vin"]), (200, &json!(ACCORD)));
}

async fn a_vin_with_a_wrong_check_digit_is_decoded_with_a_problem(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let answer = ann.get("/api/vin/1HGCM82643A004352").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["model"], "Accord");
    assert_eq!(answer.body["valid"], false);
    let digit = json!({ "given": "4", "expected": "3", "required": true, "ok": false });
    assert_eq!(answer.body["checkDigit"], digit);
    assert_eq!(answer.body["problems"][0]["code"], 1);
    assert_eq!(answer.body["problems"][0]["positions"], json!([9]));
}

async fn a_malformed_vin_is_rejected_with_the_position_of_the_error(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for (typed, fault) in [
        (
            "1HGCM82633A00435",
            "/vin: has 16 characters instead of 17: compare it with the vehicle or its registration",
        ),
        (
            "1HGCM82633A0043521",
            "/vin: has 18 characters instead of 17: compare it with the vehicle or its registration",
        ),
        (
            "1HGCM82633AO04352",
            "/vin: position 12: VINs don’t use the letter O; it may be the digit 0",
        ),
        (
            "1HGCM8263_3A00435",
            "/vin: position 10: '_' isn’t a letter from A to Z or a digit; enter the character \
             shown on the vehicle",
        ),
        (
            "1HGCM82633A00435%C3%84",
            "/vin: position 17: 'Ä' isn’t a letter from A to Z or a digit; enter the character \
             shown on the vehicle",
        ),
        (
            "11111111111111111",
            "/vin: has the same character 17 times, which no vehicle has: enter the VIN shown on \
             the vehicle",
        ),
        ("1HGCM82633A00435%FF", "/vin: must be text in UTF-8"),
        (
            "%00",
            "/vin: has 1 character instead of 17: compare it with the vehicle or its registration",
        ),
    ] {
        let answer = ann.get(&format!("/api/vin/{typed}")).await;
        assert_eq!(
            (answer.status, answer.field_errors()),
            (422, vec![fault.to_owned()]),
            "{typed}"
        );
    }
    assert_eq!(rows(&app).await, []);
}

async fn an_unknown_vin_is_returned_with_a_problem(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let answer = ann.get("/api/vin/WVB00000000000001").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["make"], Value::Null);
    let problems = answer.body["problems"].as_array().unwrap();
    assert!(problems.iter().any(|it| it["code"] == 7), "{problems:?}");
}

async fn a_result_is_cached_as_in_the_reference_schema(app: TestApp) {
    let accord = &unique_accord();
    let ann = app.register("ann@example.org").await;
    let first = ann.get(&format!("/api/vin/{accord}")).await.body;
    let mut again = ann.get(&format!("/api/vin/{accord}")).await.body;
    assert_eq!(again["source"], "cache");
    again["source"] = json!("offline");
    assert_eq!(first, again);
    let row = (accord.clone(), Some("Honda".to_owned()), Some("Accord".to_owned()), Some(2003));
    assert_eq!(rows(&app).await, [row]);
    if let Some(url) = app.app.config.cache.url.as_ref().map(Secret::expose) {
        let client = redis::Client::open(url).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd("TTL");
        let ttl: i64 =
            command.arg(format!("vpic:vin:{accord}")).query_async(&mut connection).await.unwrap();
        assert!((2_591_000..=2_592_000).contains(&ttl), "{ttl}");
        // Without the entry in Redis, the result is read from the table.
        let _: u64 = redis::cmd("DEL")
            .arg(format!("vpic:vin:{accord}"))
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(ann.get(&format!("/api/vin/{accord}")).await.body["source"], "cache");
    }
}

async fn results_older_than_30_days_are_not_used_and_are_deleted(app: TestApp) {
    let accord = &unique_accord();
    let ann = app.register("ann@example.org").await;
    ann.get(&format!("/api/vin/{accord}")).await;
    app.app.clock.advance(TimeDelta::days(29));
    assert_eq!(ann.get(&format!("/api/vin/{accord}")).await.body["source"], "cache");
    assert_eq!(periodic::run_one(&app.app, &service::PURGE_TASK).await.unwrap(), 0);
    app.app.clock.advance(TimeDelta::days(1));
    assert_eq!(periodic::run_one(&app.app, &service::PURGE_TASK).await.unwrap(), 1);
    assert_eq!(rows(&app).await, []);
    // Ann's session has expired in the meantime.
    let ben = app.register("ben@example.org").await;
    let answer = ben.get(&format!("/api/vin/{accord}")).await.body;
    assert_eq!(
        (&answer["source"], answer["decodedAt"].as_str()),
        (&json!("offline"), Some("2026-03-02T12:00:00.123456Z"))
    );
}

async fn results_of_older_tables_are_not_used(app: TestApp) {
    let accord = &unique_accord();
    let ann = app.register("ann@example.org").await;
    ann.get(&format!("/api/vin/{accord}")).await;
    let other = app.reconfigured(|config| config.cache.url = None);
    let mut tx = app.app.db.write().await.unwrap();
    let old = json!({ "Results": [{ "ErrorCode": "0", "Make": "EDSEL" }], "Tables": "1958-01" });
    let change = "UPDATE vin_cache SET raw_data = $1";
    sql!(&mut tx, execute, change, sqlx::types::Json(old)).unwrap();
    tx.commit().await.unwrap();
    let answer = other.get(&format!("/api/vin/{accord}")).await;
    assert_eq!(answer.status, 401, "not signed in: {answer:?}");
    let answer = other.with_cookie(ann.cookie().map(str::to_owned));
    let answer = answer.get(&format!("/api/vin/{accord}")).await;
    assert_eq!(
        (&answer.body["make"], &answer.body["source"]),
        (&json!("Honda"), &json!("offline"))
    );
}

async fn a_vin_is_decoded_without_the_cache_table(app: TestApp) {
    let accord = &unique_accord();
    let ann = app.register("ann@example.org").await;
    let mut tx = app.db_bypassing_rls().await.write().await.unwrap();
    sql!(&mut tx, execute, "DROP TABLE vin_cache").unwrap();
    tx.commit().await.unwrap();
    let answer = ann.get(&format!("/api/vin/{accord}")).await;
    assert_eq!((answer.status, &answer.body["model"]), (200, &json!("Accord")));
    let added = ann.post("/api/vehicles", json!({ "vin": accord })).await;
    assert_eq!((added.status, &added.body["model"]), (201, &json!("Accord")));
}

async fn a_new_vehicle_is_filled_in_from_its_vin(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let added = ann.post("/api/vehicles", json!({ "vin": ACCORD })).await;
    let member = |name: &str| added.body[name].clone();
    assert_eq!(
        (member("make"), member("model"), member("year")),
        (json!("Honda"), json!("Accord"), json!(2003))
    );
    let unknown = ann.post("/api/vehicles", json!({ "vin": "WVB00000000000001" })).await;
    assert_eq!((unknown.status, &unknown.body["make"]), (201, &Value::Null));
}

async fn given_vehicle_data_is_never_overwritten(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let new = json!({ "vin": ACCORD, "make": "Mine", "year": 1999, "confirm": ["/year"] });
    let added = ann.post("/api/vehicles", new).await;
    let member = |name: &str| added.body[name].clone();
    assert_eq!(
        (member("make"), member("model"), member("year")),
        (json!("Mine"), json!("Accord"), json!(1999))
    );
}

async fn years_makes_and_models_are_listed(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let items = async |path: &str| {
        let answer = ann.get(path).await;
        assert_eq!((answer.status, &answer.body["nextCursor"]), (200, &Value::Null), "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    };
    let years = items("/api/platform/years").await;
    assert!(years.contains(&json!(2003)) && years.is_sorted_by(|a, b| a.as_u64() > b.as_u64()));
    let makes = items("/api/platform/makes?year=2003").await;
    assert!(makes.contains(&json!("Honda")) && !makes.contains(&json!("Tesla")), "{makes:?}");
    let models = items("/api/platform/models?year=2003&make=honda").await;
    assert!(models.contains(&json!("Accord")), "{models:?}");
    assert!(items("/api/platform/models?make=Tesla").await.contains(&json!("Model 3")));
    assert_eq!(items("/api/platform/models?make=Nobody").await, [] as [Value; 0]);
    let answer = ann.get("/api/platform/models?year=1700").await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.field_errors().len(), 2, "{answer:?}");
}

async fn the_form_shows_the_decoded_vin_and_fills_empty_fields(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let page = ann.get(&format!("/vehicles/new?vin={ACCORD}&make=Mine&nickname=Goldi")).await;
    let page = page.text();
    for part in [
        "2003 Honda Accord",
        r#"name="year" type="text" value="2003""#,
        r#"name="make" type="text" value="Mine""#,
        r#"name="model" type="text" value="Accord""#,
        r#"name="nickname" type="text" value="Goldi""#,
        "Manufacturer",
        "positions 12 to 17",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let card = ann.get(&format!("/vin/card?vin={ACCORD}")).await;
    let card = card.text();
    assert!(
        card.starts_with("<div class=\"vin-card\"") && card.contains("data-make=\"Honda\""),
        "{card}"
    );
}

async fn a_mistyped_vin_has_a_suggestion_link(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    for typed in ["1HGCM82633AOO4352", "1HGCM82633AQ04352"] {
        let page = ann.get(&format!("/vehicles/new?vin={typed}")).await;
        let suggestion = format!(r#"href="/vehicles/new?vin={ACCORD}""#);
        assert!(page.text().contains(&suggestion), "{page:?}");
        // A mistyped VIN fills in nothing.
        assert!(!page.text().contains(r#"value="Accord""#), "{page:?}");
    }
    // A rejected form shows the suggestion too.
    let page = ann.post_form("/vehicles/new", &[("vin", "1HGCM82633AOO4352")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("data-suggestion>1HGCM82633A004352<"), "{page:?}");
}

async fn a_vehicle_can_be_chosen_from_lists_without_javascript(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let first = ann.get("/vehicles/choose?vin=WVB00000000000001").await;
    assert!(first.text().contains("<option>2003</option>"), "{first:?}");
    assert!(first.text().contains(r#"name="vin" value="WVB00000000000001""#));
    assert!(!first.text().contains("Choose a model"));
    let next = ann.get("/vehicles/choose?year=2003&make=Honda").await;
    assert!(next.text().contains("<option selected>Honda</option>"), "{next:?}");
    assert!(next.text().contains("<option>Accord</option>"));
    let form = ann.get("/vehicles/new?year=2003&make=Honda&model=Accord&vin=").await;
    assert!(form.text().contains(r#"value="Accord""#), "{form:?}");
}

async fn the_vin_page_shows_all_attributes(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let page = ann.get(&format!("/vin?vin={ACCORD}")).await;
    for part in ["2003 Honda Accord", "All details", "MARYSVILLE", "Displacement (L)"] {
        assert!(page.text().contains(part), "{part} is not in {page:?}");
    }
    assert!(page.text().contains(">United States</dd>"), "{page:?}");
    assert!(!page.text().contains("Not Applicable"), "{page:?}");
    let page = ann.get("/vin?vin=%3Cscript%3E").await;
    assert!(page.status == 200 && !page.text().contains("<script>"), "{page:?}");
}
