use std::collections::BTreeMap;

use axum::http::Method;
use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::{Value, json};

use super::{economy, model::NewFuelLog, service, store};
use crate::{
    features::vehicles::VehicleId,
    testing::{TestApp, TestResponse, on_every_engine},
};

on_every_engine![
    a_created_log_can_be_read_back,
    texts_choices_and_switches_are_stored_changed_and_cleared,
    economy_does_not_depend_on_the_order_of_entry,
    every_invalid_field_is_reported,
    decimals_are_stored_exactly_or_rejected,
    price_or_total_may_be_omitted,
    an_update_rederives_omitted_values,
    an_out_of_order_reading_is_rejected_with_the_conflicting_log,
    an_out_of_order_reading_is_accepted_if_a_rollback_is_allowed,
    the_vehicle_odometer_reflects_its_logs,
    entered_values_survive_unrelated_updates,
    contradictory_forms_of_a_value_are_rejected,
    an_entered_total_is_not_recalculated,
    currencies_are_summed_separately,
    an_implausible_value_must_be_confirmed,
    a_total_rounded_to_the_smallest_coin_is_accepted,
    a_fill_up_may_have_no_reading,
    economy_spans_an_odometer_replacement,
    a_log_can_move_to_another_vehicle_of_the_same_user,
    an_update_with_a_stale_etag_is_rejected,
    deleting_a_log_recomputes_its_neighbors,
    another_users_logs_are_indistinguishable_from_unknown_ones,
    a_trashed_vehicle_hides_its_logs_until_it_is_restored,
    a_list_is_paginated_newest_first,
    a_list_is_filtered_by_date,
    a_list_accepts_any_calendar_date,
    statistics_are_grouped_by_month,
    concurrently_added_logs_affect_each_other,
    concurrent_swaps_between_vehicles_do_not_deadlock,
    a_forged_cursor_is_rejected,
    a_duplicate_member_is_rejected,
    stored_economy_matches_the_whole_history,
];

/// A signed-in user and one of their vehicles.
pub(super) struct Garage {
    pub(super) user: TestApp,
    pub(super) vehicle: String,
}

pub(super) async fn garage(app: &TestApp, email: &str) -> Garage {
    let user = app.register(email).await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    Garage { user, vehicle }
}

impl Garage {
    /// Adds a log of ten gallons, with the members of `change` merged in.
    pub(super) async fn add(&self, date: &str, odometer: i32, change: Value) -> TestResponse {
        let mut body = json!({
            "vehicleId": self.vehicle, "date": date, "odometerReading": odometer, "gallons": 10,
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.user.post("/api/fuel-logs", body).await
    }

    pub(super) async fn added(&self, date: &str, odometer: i32, change: Value) -> String {
        let answer = self.add(date, odometer, change).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    async fn logs(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/fuel-logs?vehicleId={}{query}", self.vehicle);
        let list = self.user.get(&path).await;
        assert_eq!(list.status, 200, "{list:?}");
        list.body["items"].as_array().unwrap().clone()
    }

    pub(super) async fn stats(&self) -> Value {
        let stats = self.user.get(&format!("/api/vehicles/{}/fuel-stats", self.vehicle)).await;
        assert_eq!(stats.status, 200, "{stats:?}");
        stats.body
    }

    async fn odometer(&self) -> Value {
        let vehicle = self.user.get(&format!("/api/vehicles/{}", self.vehicle)).await;
        vehicle.body["odometerReading"].clone()
    }
}

async fn a_created_log_can_be_read_back(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let all = json!({
        "gallons": 12.345, "pricePerGallon": "3.499", "stationName": "Costco", "notes": "two\nlines",
    });
    let added = garage.add("2026-01-30", 84_210, all).await;
    assert_eq!(added.status, 201);
    let mut present = added.body.clone();
    present.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    insta::assert_json_snapshot!(
        present,
        { ".id" => "[id]", ".vehicleId" => "[vehicle]" },
        @r#"
    {
      "amount": 43.2,
      "confirmed": [],
      "createdAt": "2026-01-31T12:00:00.123456Z",
      "currency": "USD",
      "date": "2026-01-30",
      "economyReason": "first",
      "gallons": 12.345,
      "id": "[id]",
      "isFull": true,
      "missedPrevious": false,
      "notes": "two\nlines",
      "odometer": {
        "unit": "mi",
        "value": 84210
      },
      "odometerReading": 84210,
      "pricePerGallon": 3.499,
      "stationName": "Costco",
      "totalCost": 43.2,
      "unitPrice": {
        "per": "gal_us",
        "value": 3.499
      },
      "updatedAt": "2026-01-31T12:00:00.123456Z",
      "vehicleId": "[vehicle]",
      "volume": {
        "unit": "gal_us",
        "value": 12.345
      }
    }
    "#
    );
    let path = format!("/api/fuel-logs/{}", added.id());
    assert_eq!(added.header("location"), path);
    let found = garage.user.get(&path).await;
    assert_eq!((found.header("etag"), &found.body), (added.header("etag"), &added.body));
    assert_eq!(garage.logs("").await, [added.body]);
}

/// The `nth` valid value of a member, if it is a text, a choice or a switch.
fn sample(schema: &Value, nth: usize) -> Option<Value> {
    let is_a = |name: &str| {
        schema["type"] == name
            || schema["type"].as_array().is_some_and(|it| it.contains(&json!(name)))
    };
    if let Some(choices) = schema["enum"].as_array() {
        return choices.get(nth).cloned();
    }
    if is_a("boolean") {
        return Some(json!(nth == 1));
    }
    (is_a("string") && !schema["maxLength"].is_null()).then(|| json!(format!("text {nth}")))
}

/// Members that are only stored need no other test.
async fn texts_choices_and_switches_are_stored_changed_and_cleared(app: TestApp) {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<NewFuelLog>();
    let schema = schema.to_value();
    let members = schema["properties"].as_object().unwrap();
    let all = members.iter().filter_map(|it| Some((it.0.clone(), sample(it.1, 0)?))).collect();
    let garage = garage(&app, "ann@example.org").await;
    let added = garage.add("2026-01-30", 84_210, all).await;
    let path = format!("/api/fuel-logs/{}", added.id());
    let mut tested = 0;
    for (name, schema) in members {
        let (Some(first), Some(second)) = (sample(schema, 0), sample(schema, 1)) else { continue };
        // Members such as `allowOdometerRollback` belong to the request only.
        let Some(stored) = added.body.get(name) else { continue };
        assert_eq!(*stored, first, "{name}");
        let mut values = vec![second];
        values.extend(first.is_string().then_some(Value::Null));
        for value in values {
            let changed = garage.user.patch(&path, json!({ name: value })).await;
            assert_eq!((changed.status, &changed.body[name]), (200, &value), "{changed:?}");
            assert_eq!(garage.user.get(&path).await.body[name], value, "{name}");
        }
        tested += 1;
    }
    assert!(tested >= 5, "only {tested} members were tested");
}

/// The test vectors of `docs/FUEL-ECONOMY.md`: id, fills, economy of each fill, average.
const VECTORS: [(&str, &str, &str, &str); 8] = [
    ("A", "1000,10,F / 1150,5,P / 1400,10,F", "- - 26.67", "26.67"),
    ("B", "1000,5,P / 1300,10,F / 1600,10,F", "- - 30.0", "30.0"),
    ("C", "1000,10,F / 1300,10,F / 1400,1,P", "- 30.0 -", "30.0"),
    ("D", "1000,10,F / 1300,6,F / 1300,6,F / 1600,10,F", "- - 25.0 30.0", "27.27"),
    ("E", "1000,10,F / 1300,5,P+M / 1600,10,F / 1900,10,F", "- - - 30.0", "30.0"),
    ("F", "1000,10,F / -,5,P / 1450,10,F", "- - 30.0", "30.0"),
    ("G", "1000,10,F / 1400,10,F / 1450,5,F", "- 40.0 10.0", "30.0"),
    ("H", "1000,10,F / 1300,10,F+M / 1600,10,F", "- - 30.0", "30.0"),
];

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| with(order, at))).collect()
}

async fn economy_does_not_depend_on_the_order_of_entry(app: TestApp) {
    let user = app.register("ann@example.org").await;
    for (id, fills, rows, average) in VECTORS {
        let fills: Vec<Vec<&str>> = fills.split(" / ").map(|it| it.split(',').collect()).collect();
        let mut known = BTreeMap::new();
        for (nth, order) in orders(fills.len()).into_iter().enumerate() {
            let vin = format!("WVW{id}{nth:013}");
            let vehicle = user.post("/api/vehicles", json!({ "vin": vin })).await.id();
            let mut ids = vec![String::new(); fills.len()];
            for at in order {
                let fill = &fills[at];
                let mut body = json!({
                    "vehicleId": vehicle,
                    "date": format!("2026-01-{:02}", at + 1),
                    "gallons": fill[1],
                    "isFull": fill[2].starts_with('F'),
                    "missedPrevious": fill[2].ends_with('M'),
                });
                if let Ok(reading) = fill[0].parse::<i32>() {
                    body["odometerReading"] = json!(reading);
                }
                let added = user.post("/api/fuel-logs", body).await;
                assert_eq!(added.status, 201, "{added:?}");
                ids[at] = added.id();
            }
            let list = user.get(&format!("/api/fuel-logs?vehicleId={vehicle}")).await.body;
            let mut items = list["items"].as_array().unwrap().clone();
            items.reverse();
            assert_eq!(items.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
            let shown = |it: &Value| if it.is_null() { "-".to_owned() } else { it.to_string() };
            let economies: Vec<_> = items.iter().map(|it| shown(&it["mpg"])).collect();
            assert_eq!(economies.join(" "), rows, "vector {id}, order {nth}");
            assert!(items.iter().all(|it| it["mpg"].is_null() != it["economyReason"].is_null()));
            let stats = user.get(&format!("/api/vehicles/{vehicle}/fuel-stats")).await.body;
            assert_eq!(shown(&stats["averageMpg"]), average, "vector {id}, order {nth}");
            known.insert(nth, economies);
        }
        assert_eq!(known.len(), (1..=fills.len()).product::<usize>());
    }
}

async fn every_invalid_field_is_reported(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let body = json!({
        "vehicleId": "mine", "date": "31.01.2026", "odometerReading": 1.5, "gallons": 0,
        "pricePerGallon": -1, "totalCost": "NaN", "stationName": "x".repeat(201),
        "stationId": "at the corner", "notes": "\u{0}", "isFull": 1,
        "missedPrevious": "no", "allowOdometerRollback": 0, "mpg": 30,
    });
    let refused = garage.user.post("/api/fuel-logs", body).await;
    assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")));
    assert_eq!(
        refused.field_errors(),
        [
            "/vehicleId: must be an ID (a UUID)",
            "/date: must be a date in the form YYYY-MM-DD",
            "/odometerReading: must be a whole number",
            "/gallons: must be more than 0",
            "/pricePerGallon: must not be negative",
            "/totalCost: must be a number",
            "/stationName: must have at most 200 characters",
            "/stationId: must be an ID (a UUID)",
            "/notes: contains a control character",
            "/isFull: must be true or false",
            "/missedPrevious: must be true or false",
            "/allowOdometerRollback: must be true or false",
            "/mpg: is unknown",
        ]
    );
    assert_eq!(
        garage.user.post("/api/fuel-logs", json!({})).await.field_errors(),
        ["/vehicleId: is required", "/date: is required", "/gallons: is required"]
    );
    for (date, why) in [
        ("1885-12-31", "must not be before 1886"),
        ("2027-02-01", "must not be more than a year ahead"),
        ("2026-02-30", "must be a date in the form YYYY-MM-DD"),
        ("2026-1-30", "must be a date in the form YYYY-MM-DD"),
        ("2026-01-30T00:00:00Z", "must be a date in the form YYYY-MM-DD"),
    ] {
        let refused = garage.add(date, 1000, json!({})).await;
        assert_eq!(refused.field_errors(), [format!("/date: {why}")], "{date}");
    }
    let refused = garage.add("2027-01-31", 1000, json!({})).await;
    assert_eq!(refused.body["type"], "/problems/implausible");
    assert_eq!(refused.field_errors(), ["/date: is in the future: today is Jan 31, 2026"]);
    let confirmed = garage.add("2027-01-31", 1000, json!({ "confirm": ["/date"] })).await;
    assert_eq!((confirmed.status, &confirmed.body["confirmed"]), (201, &json!(["/date"])));
    let foreign = json!({ "vehicleId": uuid::Uuid::now_v7() });
    let refused = garage.add("2026-01-01", 1000, foreign).await;
    assert_eq!(refused.field_errors(), ["/vehicleId: isn’t one of your vehicles"]);
}

async fn decimals_are_stored_exactly_or_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let send = async |gallons: &str| {
        let body = format!(
            r#"{{"vehicleId":"{}","date":"2026-01-30","gallons":{gallons},"confirm":["/gallons"]}}"#,
            garage.vehicle
        );
        garage.user.send_json(Method::POST, "/api/fuel-logs", &body, &[]).await
    };
    for (gallons, stored) in [
        ("12.345", "12.345"),
        ("0.001", "0.001"),
        ("99999.999", "99999.999"),
        ("\"7.1\"", "7.1"),
        ("1.2345e1", "12.345"),
        ("12.34500000000000000000", "12.345"),
    ] {
        let added = send(gallons).await;
        assert_eq!((added.status, added.body["gallons"].to_string()), (201, stored.to_owned()));
    }
    for (gallons, why) in [
        ("12.3451", "must have at most 3 decimals"),
        ("12.3450000000000000000001", "must have at most 3 decimals"),
        ("1e-4", "must have at most 3 decimals"),
        ("100000", "is too large: at most 5 digits before the decimal point"),
        ("1e300", "is too large: at most 5 digits before the decimal point"),
        ("1e999999999", "is too large: at most 5 digits before the decimal point"),
        ("-0.001", "must not be negative"),
        ("\"NaN\"", "must be a number"),
        ("\"12,5\"", "must be a number"),
        ("[1]", "must be a number"),
        ("true", "must be a number"),
    ] {
        let refused = send(gallons).await;
        assert_eq!(
            (refused.status, refused.field_errors()),
            (422, vec![format!("/gallons: {why}")])
        );
    }
    assert_eq!(send("NaN").await.status, 400);
    assert_eq!(send("012").await.status, 400);
}

async fn price_or_total_may_be_omitted(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let mut odometer = 1000;
    for (given, price, total) in [
        (json!({ "gallons": 12.345, "pricePerGallon": 3.499 }), json!(3.499), json!(43.2)),
        (json!({ "gallons": 12.345, "totalCost": 43.19 }), json!(3.499), json!(43.19)),
        (
            json!({ "pricePerGallon": 3.5, "totalCost": 30, "confirm": ["/totalCost"] }),
            json!(3.5),
            json!(30.0),
        ),
        (json!({ "pricePerGallon": 0 }), json!(0.0), json!(0.0)),
        (json!({}), Value::Null, Value::Null),
    ] {
        odometer += 100;
        let added = garage.add("2026-01-30", odometer, given.clone()).await;
        assert_eq!((&added.body["pricePerGallon"], &added.body["totalCost"]), (&price, &total));
    }
    // An amount may be too large for the reference schema's column.
    let huge = json!({
        "gallons": 99_999.999, "pricePerGallon": 999.999, "confirm": ["/gallons", "/odometer"],
    });
    let added = garage.add("2026-01-30", odometer, huge).await;
    assert_eq!(
        (&added.body["totalCost"], &added.body["amount"]),
        (&Value::Null, &json!(99_999_899.0))
    );
}

async fn an_update_rederives_omitted_values(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = garage.added("2026-01-30", 1000, json!({ "pricePerGallon": 3 })).await;
    let path = format!("/api/fuel-logs/{path}");
    for (change, price, total) in [
        (json!({ "notes": "washed" }), json!(3.0), json!(30.0)),
        // A derived value is derived again.
        (json!({ "gallons": 11 }), json!(3.0), json!(33.0)),
        (json!({ "pricePerGallon": 2 }), json!(2.0), json!(22.0)),
        (json!({ "pricePerGallon": null, "totalCost": 44 }), json!(4.0), json!(44.0)),
        (json!({ "gallons": 22 }), json!(2.0), json!(44.0)),
        // Entered values are preserved: if all three were entered, nothing is derived.
        (
            json!({ "pricePerGallon": 2, "totalCost": 20, "confirm": ["/totalCost"] }),
            json!(2.0),
            json!(20.0),
        ),
        (json!({ "gallons": 10 }), json!(2.0), json!(20.0)),
        (json!({ "totalCost": null }), json!(2.0), Value::Null),
        (json!({ "gallons": 11 }), json!(2.0), Value::Null),
        (json!({ "pricePerGallon": null }), Value::Null, Value::Null),
    ] {
        app.app.clock.advance(chrono::TimeDelta::seconds(1));
        let changed = garage.user.patch(&path, change.clone()).await;
        let both = (&changed.body["pricePerGallon"], &changed.body["totalCost"]);
        assert_eq!((changed.status, both), (200, (&price, &total)), "{change}");
        assert_eq!(garage.user.get(&path).await.body, changed.body);
    }
    let refused = garage.user.patch(&path, json!({ "date": null, "id": 1 })).await;
    assert_eq!(refused.field_errors(), ["/date: can’t be empty", "/id: is unknown"]);
    let refused = garage.user.patch(&path, json!({ "gallons": null })).await;
    assert_eq!(refused.field_errors(), ["/gallons: is required if there is no total"]);
}

async fn an_out_of_order_reading_is_rejected_with_the_conflicting_log(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let first = garage.added("2026-01-10", 1000, json!({})).await;
    let last = garage.added("2026-01-20", 1300, json!({})).await;
    for (date, odometer, contradicted) in
        [("2026-01-15", 999, &first), ("2026-01-15", 1301, &last), ("2026-01-21", 1299, &last)]
    {
        let refused = garage.add(date, odometer, json!({})).await;
        assert_eq!(
            (refused.status, &refused.body["type"]),
            (422, &json!("/problems/odometer-order"))
        );
        let [fault] = &refused.field_errors()[..] else { panic!("{refused:?}") };
        assert!(fault.starts_with("/odometerReading: is "), "{fault}");
        assert_eq!(&refused.body["fuelLogId"], contradicted);
    }
    // Logs of the same day are ordered by their readings.
    garage.added("2026-01-20", 1250, json!({})).await;
    garage.added("2026-01-20", 1350, json!({})).await;
    assert_eq!(garage.add("2026-01-21", 1349, json!({})).await.status, 422);
    let path = format!("/api/fuel-logs/{first}");
    let moved = garage.user.patch(&path, json!({ "odometerReading": 1251 })).await;
    assert_eq!(moved.body["type"], "/problems/odometer-order");
    assert_eq!(garage.user.get(&path).await.body["odometerReading"], 1000);
    assert_eq!(garage.user.patch(&path, json!({ "odometerReading": 1250 })).await.status, 200);
}

async fn an_out_of_order_reading_is_accepted_if_a_rollback_is_allowed(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-10", 90_000, json!({})).await;
    let replaced = json!({ "allowOdometerRollback": true });
    let replaced = garage.add("2026-01-20", 10, replaced).await;
    assert_eq!((replaced.status, &replaced.body["economyReason"]), (201, &json!("rollback")));
    let after = garage.add("2026-01-25", 310, json!({})).await;
    assert_eq!((after.status, &after.body["mpg"]), (201, &json!(30.0)));
    // A change to other members needs no confirmation.
    let path = format!("/api/fuel-logs/{}", replaced.id());
    assert_eq!(garage.user.patch(&path, json!({ "gallons": 9 })).await.status, 200);
}

async fn the_vehicle_odometer_reflects_its_logs(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    assert_eq!(garage.user.get("/api/vehicles").await.body["items"][0]["odometerReading"], 0);
    let id = garage.added("2026-01-20", 1300, json!({})).await;
    assert_eq!(garage.odometer().await, 1300);
    assert_eq!(garage.user.get("/api/vehicles").await.body["items"][0]["odometerReading"], 1300);
    garage.added("2026-01-10", 1000, json!({})).await;
    assert_eq!(garage.odometer().await, 1300);
    let path = format!("/api/fuel-logs/{id}");
    garage.user.patch(&path, json!({ "odometerReading": 1400 })).await;
    assert_eq!(garage.odometer().await, 1400);
    garage.user.patch(&path, json!({ "odometerReading": 1200 })).await;
    assert_eq!(garage.odometer().await, 1200);
    garage.user.delete(&path).await;
    assert_eq!(garage.odometer().await, 1000);
    assert_eq!(garage.user.get("/api/vehicles").await.body["items"][0]["odometerReading"], 1000);
}

/// A reading, a volume or an amount with its unit.
fn quantity(value: impl serde::Serialize, unit: &str) -> Value {
    json!({ "value": value, "unit": unit })
}

async fn entered_values_survive_unrelated_updates(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let values = (1_i64..20_000_000, 1_i64..900_000, 1_i64..200_000, any::<bool>(), 0_usize..3);
    for _ in 0..40 {
        let (tenths, thousandths, price, is_km, fuel) =
            values.new_tree(&mut runner).unwrap().current();
        let decimal = |units: i64, scale: u32| {
            let text = format!(
                "{}.{:0width$}",
                units / 10_i64.pow(scale),
                units % 10_i64.pow(scale),
                width = scale as usize
            );
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let odometer = quantity(decimal(tenths, 1), if is_km { "km" } else { "mi" });
        let fuel = ["l", "gal_us", "gal_uk"][fuel];
        let volume = quantity(decimal(thousandths, 3), fuel);
        let price = json!({ "value": decimal(price, 4), "per": fuel });
        let body = json!({
            "vehicleId": garage.vehicle, "date": "2026-01-20", "odometer": odometer, "volume": volume,
            "unitPrice": price, "currency": "EUR", "allowOdometerRollback": true,
            "confirm": ["/odometer", "/volume", "/unitPrice"],
        });
        let added = garage.user.post("/api/fuel-logs", body).await;
        assert_eq!(added.status, 201, "{added:?}");
        let path = format!("/api/fuel-logs/{}", added.id());
        for change in [
            json!({ "notes": "washed" }),
            json!({ "isFull": false }),
            json!({ "stationName": "Aral", "missedPrevious": true }),
            json!({ "date": "2026-01-19" }),
        ] {
            let changed = garage.user.patch(&path, change).await;
            assert_eq!(changed.status, 200, "{changed:?}");
        }
        garage
            .user
            .patch("/api/user/preferences", json!({ "distanceUnit": "km", "currency": "HUF" }))
            .await;
        let after = garage.user.get(&path).await.body;
        let as_number = |it: &Value, name: &str| (it["value"].as_f64(), it[name].clone());
        assert_eq!(as_number(&after["odometer"], "unit"), as_number(&odometer, "unit"));
        assert_eq!(as_number(&after["volume"], "unit"), as_number(&volume, "unit"));
        assert_eq!(as_number(&after["unitPrice"], "per"), as_number(&price, "per"));
        assert_eq!((&after["currency"], &after["amount"]), (&json!("EUR"), &added.body["amount"]));
        garage.user.delete(&path).await;
    }
}

async fn contradictory_forms_of_a_value_are_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let km = json!({ "odometer": quantity(json!(12346), "km"), "odometerReading": 7671 });
    let added = garage.add("2026-01-01", 0, km).await;
    assert_eq!((added.status, &added.body["odometerReading"]), (201, &json!(7671)));
    let path = format!("/api/fuel-logs/{}", added.id());
    for (change, fault) in [
        (
            json!({ "odometer": quantity(json!(12346), "km"), "odometerReading": 7672 }),
            "/odometerReading: contradicts odometer: send only one of them",
        ),
        (
            json!({ "volume": quantity(json!(40), "l"), "gallons": 11 }),
            "/gallons: contradicts volume: send only one of them",
        ),
        (
            json!({ "amount": 40, "totalCost": 41 }),
            "/totalCost: contradicts amount: send only one of them",
        ),
        (
            json!({ "odometer": quantity(json!(1), "km"), "tripDistance": quantity(json!(1), "km") }),
            "/tripDistance: must be empty if there is an odometer reading",
        ),
        (
            json!({ "amount": 1.5, "currency": "JPY" }),
            "/amount: must be a whole number: JPY has no decimals",
        ),
        (json!({ "currency": "XAU" }), "/currency: must be a currency code, such as USD or EUR"),
    ] {
        assert_eq!(garage.user.patch(&path, change).await.field_errors(), [fault]);
    }
    // A reading in whole miles replaces the one with a unit.
    let changed = garage.user.patch(&path, json!({ "odometerReading": 7700 })).await;
    assert_eq!(changed.body["odometer"], quantity(json!(7700), "mi"));
}

async fn an_entered_total_is_not_recalculated(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let paid = json!({ "gallons": 3, "totalCost": 10 });
    let path = format!("/api/fuel-logs/{}", garage.added("2026-01-01", 1000, paid).await);
    let changed = garage.user.patch(&path, json!({ "gallons": 30 })).await;
    assert_eq!(changed.body["totalCost"], 10.0, "{changed:?}");
    let paid = json!({ "gallons": 10.003, "totalCost": 40 });
    let path = format!("/api/fuel-logs/{}", garage.added("2026-01-02", 1200, paid).await);
    let changed = garage.user.patch(&path, json!({ "gallons": 10.03 })).await;
    assert_eq!(
        (&changed.body["totalCost"], &changed.body["pricePerGallon"]),
        (&json!(40.0), &json!(3.988))
    );
}

async fn currencies_are_summed_separately(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let forints = json!({
        "volume": quantity(json!(40), "l"), "gallons": null, "amount": 24_600, "currency": "HUF",
        "unitPrice": { "value": 615, "per": "l" },
    });
    let added = garage.add("2026-01-01", 1000, forints).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(
        (&added.body["amount"], &added.body["totalCost"], &added.body["pricePerGallon"]),
        (&json!(24_600.0), &json!(24_600.0), &Value::Null)
    );
    assert_eq!(garage.stats().await["currency"], "HUF");
    let euros = json!({ "amount": 50, "currency": "EUR" });
    garage.added("2026-01-10", 1300, euros).await;
    let stats = garage.stats().await;
    assert_eq!((&stats["totalCost"], &stats["costPerMile"]), (&Value::Null, &Value::Null));
    let of = |nth: usize| {
        (&stats["currencies"][nth]["currency"], &stats["currencies"][nth]["totalCost"])
    };
    assert_eq!(of(0), (&json!("EUR"), &json!(50.0)));
    assert_eq!(of(1), (&json!("HUF"), &json!(24_600.0)));
}

async fn an_implausible_value_must_be_confirmed(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 87_000, json!({})).await;
    for (body, pointer) in [
        (json!({ "odometerReading": 871_000 }), "/odometerReading"),
        (
            json!({ "odometer": quantity(json!(142_600), "km"), "odometerReading": null }),
            "/odometer",
        ),
        (json!({ "odometerReading": 87_300, "gallons": 1057 }), "/gallons"),
        (json!({ "odometerReading": 87_300, "gallons": 1 }), "/gallons"),
        (
            json!({ "odometerReading": 87_300, "pricePerGallon": 1.7, "totalCost": 50 }),
            "/totalCost",
        ),
    ] {
        let refused = garage.add("2026-01-10", 0, body.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["type"]),
            (422, &json!("/problems/implausible")),
            "{body}"
        );
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{refused:?}");
        assert!(refused.body["errors"][0]["expected"].is_string(), "{refused:?}");
        let mut confirmed = body.clone();
        confirmed["confirm"] = json!([pointer]);
        let added = garage.add("2026-01-10", 0, confirmed).await;
        assert_eq!(added.status, 201, "{added:?}");
        assert_eq!(garage.stats().await["confirmedLogs"], 1);
        garage.user.delete(&format!("/api/fuel-logs/{}", added.id())).await;
    }
    // A missing fill-up explains a long distance.
    let missed = json!({ "missedPrevious": true });
    assert_eq!(garage.add("2026-01-20", 90_000, missed).await.status, 201);
}

async fn a_total_rounded_to_the_smallest_coin_is_accepted(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let receipt = |amount: i64| {
        json!({
            "odometerReading": null, "gallons": null, "volume": quantity(json!(40.12), "l"),
            "unitPrice": { "value": 615, "per": "l" }, "amount": amount, "currency": "HUF",
        })
    };
    // 24,673.80 forint, paid by card and in cash.
    for amount in [24_673, 24_674, 24_675, 24_670] {
        let added = garage.add("2026-01-10", 0, receipt(amount)).await;
        assert_eq!(
            (added.status, &added.body["amount"]),
            (201, &json!(f64::from(i32::try_from(amount).unwrap())))
        );
    }
    let refused = garage.add("2026-01-10", 0, receipt(24_680)).await;
    assert_eq!((refused.status, refused.field_errors().len()), (422, 1), "{refused:?}");
}

async fn a_fill_up_may_have_no_reading(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1000, json!({})).await;
    let trip = json!({ "odometerReading": null, "tripDistance": quantity(json!(300), "mi") });
    let by_trip = garage.add("2026-01-10", 0, trip).await;
    assert_eq!(
        (&by_trip.body["odometerReading"], &by_trip.body["mpg"]),
        (&Value::Null, &json!(30.0))
    );
    assert_eq!(garage.odometer().await, 1000);
    let money =
        json!({ "odometerReading": null, "gallons": null, "totalCost": 20, "isFull": false });
    let paid = garage.add("2026-01-11", 0, money).await;
    assert_eq!(
        (&paid.body["gallons"], &paid.body["economyReason"]),
        (&Value::Null, &json!("no-odometer"))
    );
    assert_eq!(garage.stats().await["totalCost"], 20.0);
}

async fn economy_spans_an_odometer_replacement(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 100_000, json!({})).await;
    garage.added("2026-01-05", 100_300, json!({})).await;
    let readings = format!("/api/vehicles/{}/odometer", garage.vehicle);
    let replacement = json!({
        "date": "2026-01-10", "reading": 150_000, "isReplacement": true, "previousReading": 100_400,
        "allowOdometerRollback": true, "confirm": ["/reading"],
    });
    let replaced = garage.user.post(&readings, replacement).await;
    assert_eq!(replaced.status, 201, "{replaced:?}");
    let after = garage.add("2026-01-15", 150_200, json!({})).await;
    assert_eq!((&after.body["distance"], &after.body["mpg"]), (&json!(300), &json!(30.0)));
    let backwards = garage.add("2026-01-20", 150_100, json!({})).await;
    assert_eq!(backwards.body["type"], "/problems/odometer-order");
    // Without the replacement, the distance is the difference of the readings.
    let path = format!("/api/odometer-readings/{}", replaced.id());
    assert_eq!(garage.user.delete(&path).await.status, 204);
    assert_eq!(garage.logs("").await[0]["distance"], 49_900);
}

async fn a_log_can_move_to_another_vehicle_of_the_same_user(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = garage.user.post("/api/vehicles", json!({ "vin": "1M8GDM9AXKP042788" })).await.id();
    garage.added("2026-01-01", 1000, json!({})).await;
    let moved = garage.added("2026-01-10", 1300, json!({})).await;
    garage.added("2026-01-20", 1600, json!({})).await;
    let path = format!("/api/fuel-logs/{moved}");
    let changed = garage.user.patch(&path, json!({ "vehicleId": other })).await;
    assert_eq!(
        (&changed.body["vehicleId"], &changed.body["economyReason"]),
        (&json!(other), &json!("first"))
    );
    assert_eq!(garage.logs("").await[0]["mpg"], 60.0);
    let strangers = vehicle_of_another_user(&app).await;
    let refused = garage.user.patch(&path, json!({ "vehicleId": strangers })).await;
    assert_eq!(refused.field_errors(), ["/vehicleId: isn’t one of your vehicles"]);
}

async fn vehicle_of_another_user(app: &TestApp) -> String {
    garage(app, "bob@example.org").await.vehicle
}

async fn an_update_with_a_stale_etag_is_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let added = garage.add("2026-01-30", 1000, json!({})).await;
    let path = format!("/api/fuel-logs/{}", added.id());
    app.app.clock.advance(chrono::TimeDelta::seconds(1));
    garage.user.patch(&path, json!({ "notes": "washed" })).await;
    let stale = [("if-match", added.header("etag"))];
    let change =
        garage.user.send_json(Method::PATCH, &path, r#"{"notes":"not"}"#, &stale).await.status;
    let removal = garage.user.send_json(Method::DELETE, &path, "", &stale).await.status;
    assert_eq!((change, removal), (412, 412));
    assert_eq!(garage.user.get(&path).await.body["notes"], "washed");
}

async fn deleting_a_log_recomputes_its_neighbors(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1000, json!({})).await;
    let middle = garage.added("2026-01-10", 1300, json!({})).await;
    garage.added("2026-01-20", 1600, json!({})).await;
    assert_eq!(garage.stats().await["averageMpg"], 30.0);
    let path = format!("/api/fuel-logs/{middle}");
    assert_eq!(garage.user.delete(&path).await.status, 204);
    assert_eq!(garage.user.get(&path).await.status, 404);
    assert_eq!(garage.user.delete(&path).await.status, 404);
    let last = &garage.logs("").await[0];
    assert_eq!((&last["mpg"], &last["distance"]), (&json!(60.0), &json!(600)));
}

async fn another_users_logs_are_indistinguishable_from_unknown_ones(app: TestApp) {
    let ann = garage(&app, "ann@example.org").await;
    let bob = garage(&app, "bob@example.org").await.user;
    let hers = ann.added("2026-01-30", 1000, json!({})).await;
    let unknown_id = uuid::Uuid::now_v7();
    let seen = |answer: TestResponse| (answer.status, answer.body, answer.headers.len());
    let both =
        |path: &str| [path.replace("{}", &hers), path.replace("{}", &unknown_id.to_string())];
    let [foreign, unknown] = both("/api/fuel-logs/{}");
    assert_eq!(seen(bob.get(&foreign).await), seen(bob.get(&unknown).await));
    assert_eq!(bob.get(&foreign).await.status, 404);
    assert_eq!(seen(bob.delete(&foreign).await), seen(bob.delete(&unknown).await));
    let change = json!({ "notes": "mine" });
    assert_eq!(
        seen(bob.patch(&foreign, change.clone()).await),
        seen(bob.patch(&unknown, change).await)
    );
    for path in ["/api/fuel-logs?vehicleId={}", "/api/vehicles/{}/fuel-stats"] {
        let foreign = bob.get(&path.replace("{}", &ann.vehicle)).await;
        let unknown = bob.get(&path.replace("{}", &unknown_id.to_string())).await;
        assert_eq!(foreign.status, 404);
        assert_eq!(seen(foreign), seen(unknown));
    }
    let new = |vehicle: &str| json!({ "vehicleId": vehicle, "date": "2026-01-30", "odometerReading": 1, "gallons": 1 });
    assert_eq!(
        seen(bob.post("/api/fuel-logs", new(&ann.vehicle)).await),
        seen(bob.post("/api/fuel-logs", new(&unknown_id.to_string())).await)
    );
    assert_eq!(bob.get("/api/fuel-logs").await.body["items"], json!([]));
    assert_eq!(ann.logs("").await.len(), 1);
    assert_eq!(ann.odometer().await, 1000);
}

async fn a_trashed_vehicle_hides_its_logs_until_it_is_restored(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let log = garage.added("2026-01-30", 1000, json!({})).await;
    let (vehicle, log) =
        (format!("/api/vehicles/{}", garage.vehicle), format!("/api/fuel-logs/{log}"));
    garage.user.delete(&vehicle).await;
    assert_eq!(garage.user.get(&log).await.status, 404);
    assert_eq!(garage.user.patch(&log, json!({ "notes": "x" })).await.status, 404);
    assert_eq!(garage.user.delete(&log).await.status, 404);
    assert_eq!(garage.user.get("/api/fuel-logs").await.body["items"], json!([]));
    assert_eq!(garage.user.get(&format!("{vehicle}/fuel-stats")).await.status, 404);
    assert_eq!(garage.add("2026-01-31", 1100, json!({})).await.status, 422);
    garage.user.post(&format!("{vehicle}/restore"), json!({})).await;
    assert_eq!(garage.logs("").await.len(), 1);
    assert_eq!(garage.user.get(&log).await.status, 200);
}

async fn a_list_is_paginated_newest_first(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let mut newest_first = Vec::new();
    for (date, odometer) in
        [("2026-01-01", 1000), ("2026-01-02", 1100), ("2026-01-02", 1200), ("2026-01-02", 1200)]
    {
        newest_first.insert(0, garage.added(date, odometer, json!({})).await);
    }
    for base in [
        format!("/api/fuel-logs?vehicleId={}&limit=1", garage.vehicle),
        "/api/fuel-logs?limit=1".to_owned(),
    ] {
        let (mut seen, mut path) = (Vec::new(), base.clone());
        loop {
            let page = garage.user.get(&path).await.body;
            seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].clone()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            path = format!("{base}&cursor={next}");
        }
        assert_eq!(seen, newest_first);
    }
    for query in ["cursor=x", "limit=0", "limit=501", "from=yesterday", "vehicleId=mine", "a=b"] {
        assert_eq!(garage.user.get(&format!("/api/fuel-logs?{query}")).await.status, 422);
    }
}

async fn a_list_is_filtered_by_date(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (day, odometer) in [(1, 1000), (2, 1100), (3, 1200), (4, 1300)] {
        garage.added(&format!("2026-01-{day:02}"), odometer, json!({})).await;
    }
    let days = async |query: &str| {
        let logs = garage.logs(query).await;
        logs.iter().map(|it| it["date"].as_str().unwrap()[8..].to_owned()).collect::<String>()
    };
    assert_eq!(days("&from=2026-01-02&to=2026-01-03").await, "0302");
    assert_eq!(days("&from=2026-01-04").await, "04");
    assert_eq!(days("&to=2026-01-01").await, "01");
    assert_eq!(days("&from=2026-01-03&to=2026-01-02").await, "");
    // Logs outside the range still count toward the economy of those inside.
    assert_eq!(garage.logs("&from=2026-01-02&to=2026-01-02").await[0]["mpg"], 10.0);
}

async fn a_list_accepts_any_calendar_date(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    for (day, odometer) in [(1, 1000), (2, 1100), (3, 1200)] {
        garage.added(&format!("2026-01-{day:02}"), odometer, json!({})).await;
    }
    let count = async |query: &str| garage.logs(query).await.len();
    assert_eq!(count("&to=9999-12-31").await, 3);
    assert_eq!(count("&from=0001-01-01").await, 3);
    assert_eq!(count("&from=0001-01-01&to=9999-12-31").await, 3);
    assert_eq!(count("&from=9999-12-31").await, 0);
    assert_eq!(count("&to=0001-01-01").await, 0);
    assert_eq!(count("&from=9999-12-31&to=0001-01-01").await, 0);
    let (nil, max) = (uuid::Uuid::nil(), uuid::Uuid::max());
    assert_eq!(count(&format!("&to=9999-12-31&cursor=9999-12-31_{}_{max}", i32::MAX)).await, 3);
    assert_eq!(count(&format!("&from=0001-01-01&cursor=0001-01-01_0_{nil}")).await, 0);
    // All pages, to the end.
    let days = "from=0001-01-01&to=9999-12-31";
    let (mut cursor, mut seen) = (String::new(), 0);
    loop {
        let path = format!("/api/fuel-logs?{days}&limit=2{cursor}");
        let page = garage.user.get(&path).await;
        seen += page.body["items"].as_array().unwrap().len();
        let Some(next) = page.body["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 3);
    for day in ["0000-12-31", "10000-01-01", "2026-02-30", "-001-01-01", "2026-1-1", "9999-12-32"] {
        let refused = garage.user.get(&format!("/api/fuel-logs?from={day}")).await;
        assert_eq!(refused.status, 422, "{day}");
        assert!(refused.field_errors()[0].starts_with("/from: "), "{refused:?}");
    }
}

async fn statistics_are_grouped_by_month(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    insta::assert_json_snapshot!(garage.stats().await, @r#"
    {
      "averageMpg": null,
      "averagePricePerGallon": null,
      "bestMpg": null,
      "confirmedLogs": 0,
      "costPerMile": null,
      "currencies": [],
      "currency": null,
      "distance": 0,
      "firstDate": null,
      "gallons": 0.0,
      "lastDate": null,
      "logs": 0,
      "months": [],
      "totalCost": 0.0,
      "worstMpg": null
    }
    "#);
    garage.added("2025-12-20", 1000, json!({ "pricePerGallon": 3 })).await;
    garage.added("2026-01-05", 1200, json!({ "gallons": 5, "isFull": false })).await;
    garage.added("2026-01-10", 1450, json!({ "totalCost": 40 })).await;
    garage.added("2026-01-20", 1850, json!({ "totalCost": 36, "gallons": 12 })).await;
    insta::assert_json_snapshot!(garage.stats().await, @r#"
    {
      "averageMpg": 31.48,
      "averagePricePerGallon": 3.313,
      "bestMpg": 33.33,
      "confirmedLogs": 0,
      "costPerMile": 0.09,
      "currencies": [
        {
          "averagePricePerGallon": 3.313,
          "costPerMile": 0.09,
          "currency": "USD",
          "totalCost": 106.0
        }
      ],
      "currency": "USD",
      "distance": 850,
      "firstDate": "2025-12-20",
      "gallons": 37.0,
      "lastDate": "2026-01-20",
      "logs": 4,
      "months": [
        {
          "averageMpg": null,
          "confirmedLogs": 0,
          "currency": "USD",
          "distance": 0,
          "gallons": 10.0,
          "logs": 1,
          "month": "2025-12",
          "totalCost": 30.0
        },
        {
          "averageMpg": 31.48,
          "confirmedLogs": 0,
          "currency": "USD",
          "distance": 850,
          "gallons": 27.0,
          "logs": 3,
          "month": "2026-01",
          "totalCost": 76.0
        }
      ],
      "totalCost": 106.0,
      "worstMpg": 30.0
    }
    "#);
}

async fn concurrently_added_logs_affect_each_other(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let adds = (0..12)
        .map(|n| garage.added(["2026-01-10", "2026-01-11"][n / 6], [1000, 2000][n / 6], json!({})));
    futures_util::future::join_all(adds).await;
    let logs = garage.logs("").await;
    let reasons: Vec<_> = logs.iter().map(|it| it["economyReason"].as_str()).collect();
    let mut expected = vec![Some("same-stop"); 12];
    (expected[0], expected[6]) = (None, Some("first"));
    assert_eq!(reasons, expected);
    assert_eq!(logs[0]["mpg"], 16.67);
}

async fn concurrent_swaps_between_vehicles_do_not_deadlock(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = garage.user.post("/api/vehicles", json!({ "vin": "1M8GDM9AXKP042788" })).await.id();
    let mut logs = Vec::new();
    for nth in 0..6 {
        let vehicle = if nth % 2 == 0 { &garage.vehicle } else { &other };
        let change = json!({ "vehicleId": vehicle });
        logs.push(garage.added("2026-01-10", 1000 + nth, change).await);
    }
    for round in 0..4 {
        let swaps = logs.iter().enumerate().map(|(nth, log)| {
            let to = if (nth + round) % 2 == 0 { &other } else { &garage.vehicle };
            let (path, to) = (format!("/api/fuel-logs/{log}"), json!({ "vehicleId": to }));
            let user = &garage.user;
            async move { user.patch(&path, to).await }
        });
        for swapped in futures_util::future::join_all(swaps).await {
            assert_eq!(swapped.status, 200, "{swapped:?}");
        }
    }
}

async fn a_forged_cursor_is_rejected(app: TestApp) {
    let user = app.register("ann@example.org").await;
    let nil = uuid::Uuid::nil();
    for path in [
        format!("/api/fuel-logs?cursor=-262143-01-01_1_{nil}"),
        format!("/api/fuel-logs?cursor=%2B99999-01-01_1_{nil}"),
        format!("/api/vehicles?cursor=-300000000000000000_{nil}"),
        format!("/api/vehicles?cursor=9000000000000000000_{nil}"),
    ] {
        assert_eq!(user.get(&path).await.status, 422, "{path}");
    }
}

async fn a_duplicate_member_is_rejected(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let body = format!(
        r#"{{"vehicleId":"{}","date":"2026-01-30","odometerReading":1,"gallons":5,"gallons":6}}"#,
        garage.vehicle
    );
    let refused = garage.user.send_json(Method::POST, "/api/fuel-logs", &body, &[]).await;
    assert_eq!(
        (refused.status, refused.field_errors()),
        (422, vec!["/gallons: appears more than once".to_owned()])
    );
    assert_eq!(garage.user.get("/api/fuel-logs?limit=1&limit=2").await.status, 422);
}

/// A step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Add { day: u32, odometer: i32, full: bool, missed: bool },
    Change { nth: usize, day: u32, odometer: i32, full: bool },
    Remove { nth: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few distinct days and readings, so that stops often merge and readings often run backward.
    let add = (1_u32..9, 1_i32..7, any::<bool>(), prop::bool::weighted(0.1)).prop_map(
        |(day, odometer, full, missed)| Step::Add { day, odometer: odometer * 100, full, missed },
    );
    let change = (any::<usize>(), 1_u32..9, 1_i32..7, any::<bool>()).prop_map(
        |(nth, day, odometer, full)| Step::Change { nth, day, odometer: odometer * 100, full },
    );
    let remove = any::<usize>().prop_map(|nth| Step::Remove { nth });
    prop::collection::vec(prop_oneof![6 => add, 2 => change, 1 => remove], 1..50)
}

async fn stored_economy_matches_the_whole_history(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let user = garage.user.user_id().await;
    let vehicle = VehicleId(garage.vehicle.parse().unwrap());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..12 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let mut ids: Vec<String> = Vec::new();
        for step in &steps {
            app.app.clock.advance(chrono::TimeDelta::seconds(1));
            match *step {
                Step::Add { day, odometer, full, missed } => {
                    let kind = json!({
                        "isFull": full, "missedPrevious": missed, "allowOdometerRollback": true,
                    });
                    ids.push(garage.added(&format!("2026-01-{day:02}"), odometer, kind).await);
                }
                Step::Change { nth, day, odometer, full } if !ids.is_empty() => {
                    let path = format!("/api/fuel-logs/{}", ids[nth % ids.len()]);
                    let change = json!({
                        "date": format!("2026-01-{day:02}"), "odometerReading": odometer,
                        "isFull": full, "allowOdometerRollback": true,
                    });
                    assert_eq!(garage.user.patch(&path, change).await.status, 200);
                }
                Step::Remove { nth } if !ids.is_empty() => {
                    let nth = nth % ids.len();
                    let path = format!("/api/fuel-logs/{}", ids.remove(nth));
                    assert_eq!(garage.user.delete(&path).await.status, 204);
                }
                _ => {}
            }
            let listing =
                service::Listing { vehicle: Some(vehicle), ..service::Listing::default() };
            let mut logs = service::list(&app.app, &user, &listing).await.unwrap().items;
            logs.reverse();
            let fills: Vec<_> = logs.iter().map(super::FuelLog::fill).collect();
            let to_economy = |log: &super::FuelLog| economy::FillEconomy {
                distance: log.exact.distance,
                interval: log.exact.interval,
                reason: log.economy_reason,
            };
            let stored: Vec<_> = logs.iter().map(to_economy).collect();
            assert_eq!(stored, economy::compute_economy(&fills), "after {step:?} of {steps:?}");
        }
        for id in ids {
            garage.user.delete(&format!("/api/fuel-logs/{id}")).await;
        }
    }
}

#[tokio::test]
async fn the_list_for_a_vehicle_uses_its_index() {
    let app = TestApp::new(|_| {}).await;
    let crate::core::db::Db::Sqlite { readers, .. } = &app.app.db else { panic!("not SQLite") };
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", store::LIST_FOR_VEHICLE));
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(readers).await.unwrap();
    let plan: Vec<_> = plan.into_iter().map(|step| step.3).collect();
    assert!(plan.iter().any(|it| it.contains("idx_fuel_logs_vehicle_list")), "{plan:?}");
    assert!(!plan.iter().any(|it| it.contains("TEMP B-TREE")), "{plan:?}");
}
