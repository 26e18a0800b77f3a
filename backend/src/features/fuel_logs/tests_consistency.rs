//! Which values must be confirmed, and that economy does not depend on the order of entry, rounding or
//! unit conversion.

use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::{Value, json};

use super::{
    store,
    tests::{Garage, garage},
    window,
};
use crate::{
    features::vehicles::{VehicleId, odometer},
    testing::{TestApp, on_every_engine},
};

on_every_engine![
    a_reading_that_contradicts_a_manual_one_must_be_confirmed,
    older_fill_ups_can_be_added_after_a_current_reading,
    a_confirmed_reading_must_be_confirmed_again_for_another_vehicle,
    an_implausible_value_is_reported_for_a_member_that_was_sent,
    a_derived_volume_must_be_plausible,
    an_unusual_price_is_compared_with_the_usual_one,
    an_unusual_economy_is_described_in_the_users_units,
    a_marked_missing_fill_up_is_not_suggested_again,
    a_response_can_be_sent_back,
    a_volume_too_large_for_the_reference_schema_has_null_gallons,
    the_average_price_excludes_unknown_volumes,
    reverting_a_change_restores_every_economy,
    the_vehicle_page_rounds_only_once,
    statistics_with_confirmed_values_are_marked,
];

impl Garage {
    async fn log_reading(&self, date: &str, reading: i64) {
        let path = format!("/api/vehicles/{}/odometer", self.vehicle);
        let body = json!({ "date": date, "reading": reading });
        let added = self.user.post(&path, body).await;
        assert_eq!(added.status, 201, "{added:?}");
    }

    async fn patch(&self, id: &str, change: Value) -> crate::testing::TestResponse {
        self.user.patch(&format!("/api/fuel-logs/{id}"), change).await
    }

    /// The id, distance and economy of every fill-up, earliest first.
    async fn economies(&self) -> Vec<(Value, Value, Value)> {
        let path = format!("/api/fuel-logs?vehicleId={}&limit=200", self.vehicle);
        let list = self.user.get(&path).await.body;
        let economy = |it: &Value| (it["id"].clone(), it["distance"].clone(), it["mpg"].clone());
        let mut all: Vec<_> = list["items"].as_array().unwrap().iter().map(economy).collect();
        all.sort_by_key(|it| it.0.to_string());
        all
    }
}

fn assert_implausible(answer: &crate::testing::TestResponse, pointer: &str) {
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.body["type"], "/problems/implausible", "{answer:?}");
    assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{answer:?}");
}

async fn a_reading_that_contradicts_a_manual_one_must_be_confirmed(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.log_reading("2026-01-10", 50_000).await;
    for (date, reading) in [("2026-01-12", 500_300), ("2026-01-12", 5_000), ("2026-01-01", 500_000)]
    {
        assert_implausible(&garage.add(date, reading, json!({})).await, "/odometerReading");
    }
    let confirmed = json!({ "confirm": ["/odometerReading"] });
    let added = garage.add("2026-01-12", 5_000, confirmed).await;
    assert_eq!((added.status, &added.body["confirmed"]), (201, &json!(["/odometer"])));
}

async fn older_fill_ups_can_be_added_after_a_current_reading(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let path = format!("/api/vehicles/{}", garage.vehicle);
    assert_eq!(garage.user.patch(&path, json!({ "odometerReading": 10_000 })).await.status, 200);
    for (date, reading) in [("2025-06-01", 9_000), ("2025-07-01", 9_300), ("2025-08-01", 10_200)] {
        garage.added(date, reading, json!({})).await;
    }
}

async fn a_confirmed_reading_must_be_confirmed_again_for_another_vehicle(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let other = json!({ "vin": "1M8GDM9AXKP042788" });
    let other = garage.user.post("/api/vehicles", other).await.id();
    garage.added("2026-01-01", 1_000, json!({})).await;
    garage.added("2026-01-01", 1_000, json!({ "vehicleId": other })).await;
    let confirm = json!({ "confirm": ["/odometerReading"] });
    let id = garage.added("2026-01-10", 90_000, confirm).await;
    assert_implausible(&garage.patch(&id, json!({ "vehicleId": other })).await, "/vehicleId");
    let confirmed = json!({ "vehicleId": other, "confirm": ["/vehicleId"] });
    assert_eq!(garage.patch(&id, confirmed).await.status, 200);
}

async fn an_implausible_value_is_reported_for_a_member_that_was_sent(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1_000, json!({})).await;
    let trip = json!({
        "odometerReading": null, "tripDistance": { "value": 900, "unit": "mi" },
        "gallons": 1, "confirm": [],
    });
    // 900 miles on one gallon; the volume was sent too.
    assert_implausible(&garage.add("2026-01-02", 0, trip).await, "/gallons");
    let id = garage.added("2026-01-03", 1_300, json!({ "gallons": 4 })).await;
    let change = json!({ "tripDistance": { "value": 900, "unit": "mi" }, "odometerReading": null });
    assert_implausible(&garage.patch(&id, change).await, "/tripDistance");
    // Only the date changes: 1,300 miles, before the fill-up at 1,000.
    let refused = garage.patch(&id, json!({ "date": "2025-12-31" })).await;
    assert_eq!(refused.body["type"], "/problems/odometer-order");
    assert_eq!(refused.body["errors"][0]["pointer"], "/date", "{refused:?}");
}

async fn a_derived_volume_must_be_plausible(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let cheap = json!({
        "gallons": null, "unitPrice": { "value": 0.01, "per": "l" }, "amount": 100,
    });
    assert_implausible(&garage.add("2026-01-01", 1_000, cheap).await, "/amount");
}

async fn an_unusual_price_is_compared_with_the_usual_one(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let at = |price: f64| {
        json!({
            "gallons": null, "volume": { "value": 10, "unit": "gal_us" },
            "unitPrice": { "value": price, "per": "gal_us" },
        })
    };
    for (nth, price) in [3.447, 3.448, 3.4488, 3.45, 3.451].into_iter().enumerate() {
        let reading = 1_000 + 300 * i32::try_from(nth).unwrap();
        garage.added(&format!("2026-01-0{}", nth + 1), reading, at(price)).await;
    }
    let refused = garage.add("2026-01-10", 2_500, at(31.0)).await;
    assert_implausible(&refused, "/unitPrice");
    let detail = &refused.body["errors"][0]["detail"];
    assert_eq!(detail, "is $31.000/gal, far from your usual $3.449/gal");
    let mut total = at(31.0);
    total["unitPrice"] = Value::Null;
    total["amount"] = json!(310);
    let refused = garage.add("2026-01-10", 2_500, total).await;
    assert_implausible(&refused, "/amount");
    let detail = &refused.body["errors"][0]["detail"];
    assert_eq!(detail, "makes the price $31.000/gal, far from your usual $3.449/gal");
}

async fn an_unusual_economy_is_described_in_the_users_units(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1_000, json!({ "gallons": 10 })).await;
    let refuse = async || garage.add("2026-01-08", 1_500, json!({ "gallons": 2.5 })).await;
    let in_miles = refuse().await;
    assert_implausible(&in_miles, "/gallons");
    let error = &in_miles.body["errors"][0];
    let detail = "makes the economy 200.0\u{a0}mpg, which is unusually good: check the volume and the reading";
    assert_eq!(error["detail"], detail);
    assert_eq!(error["expected"], "no better than 120.0\u{a0}mpg");

    let metric = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "EUR",
    });
    assert_eq!(garage.user.patch("/api/user/preferences", metric).await.status, 200);
    let in_liters = refuse().await;
    let error = &in_liters.body["errors"][0];
    assert!(error["detail"].as_str().unwrap().contains("1.2\u{a0}l/100 km"), "{error}");
    assert_eq!(error["expected"], "no better than 2.0\u{a0}l/100 km");
}

async fn a_marked_missing_fill_up_is_not_suggested_again(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1_000, json!({})).await;
    let far = garage.add("2026-01-01", 3_390, json!({ "missedPrevious": true })).await;
    assert_implausible(&far, "/odometerReading");
    let detail = far.body["errors"][0]["detail"].as_str().unwrap();
    assert!(!detail.contains("mark that"), "{detail}");
}

async fn a_response_can_be_sent_back(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let values = (1_000_i64..90_000, 1_i64..30_000, 0_usize..3, any::<bool>());
    for _ in 0..40 {
        let (volume, amount, unit, is_yen) = values.new_tree(&mut runner).unwrap().current();
        let unit = ["l", "gal_us", "gal_uk"][unit];
        let volume: Value =
            serde_json::from_str(&format!("{}.{:03}", volume / 1000, volume % 1000)).unwrap();
        let body = json!({
            "gallons": null, "volume": { "value": volume, "unit": unit },
            "amount": amount, "currency": if is_yen { "JPY" } else { "EUR" },
            "confirm": ["/volume", "/amount", "/odometer"],
        });
        let added = garage.add("2026-01-02", 1_000, body).await;
        assert_eq!(added.status, 201, "{added:?}");
        let mut back = serde_json::Map::new();
        for name in [
            "odometer",
            "odometerReading",
            "volume",
            "gallons",
            "unitPrice",
            "pricePerGallon",
            "amount",
            "totalCost",
            "currency",
        ] {
            back.insert(name.to_owned(), added.body[name].clone());
        }
        back.insert("confirm".to_owned(), json!(["/volume", "/amount", "/odometer"]));
        let again = garage.patch(&added.id(), Value::Object(back)).await;
        assert_eq!(again.status, 200, "{again:?} to {}", added.body);
        garage.user.delete(&format!("/api/fuel-logs/{}", added.id())).await;
    }
}

async fn a_volume_too_large_for_the_reference_schema_has_null_gallons(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let tanker = json!({
        "gallons": null, "volume": { "value": 90000, "unit": "gal_uk" }, "confirm": ["/volume"],
    });
    let added = garage.add("2026-01-02", 1_000, tanker).await;
    assert_eq!((added.status, &added.body["gallons"]), (201, &Value::Null), "{added:?}");
    let volume = json!({ "value": 90000, "unit": "gal_uk" });
    assert_eq!(added.body["volume"]["value"].as_f64(), volume["value"].as_f64());
}

async fn the_average_price_excludes_unknown_volumes(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1_000, json!({ "totalCost": 40 })).await;
    garage.added("2026-01-02", 1_100, json!({ "gallons": null, "totalCost": 60 })).await;
    let stats = garage.stats().await;
    assert_eq!(
        (&stats["totalCost"], &stats["averagePricePerGallon"]),
        (&json!(100.0), &json!(4.0))
    );
    assert_eq!(stats["currencies"][0]["averagePricePerGallon"], json!(4.0));
}

async fn reverting_a_change_restores_every_economy(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 8_000, json!({})).await;
    let measured = garage.added("2026-01-05", 8_300, json!({})).await;
    let none = json!({ "odometerReading": null, "gallons": 5, "isFull": false });
    garage.added("2026-01-05", 0, none).await;
    garage.added("2026-01-09", 8_600, json!({})).await;
    let before = garage.economies().await;
    let mpgs = before.iter().map(|it| it.2.clone()).collect::<Vec<_>>();
    assert_eq!(mpgs, [json!(null), json!(30.0), json!(null), json!(20.0)]);
    for change in [
        [json!({ "odometerReading": 8_301 }), json!({ "odometerReading": 8_300 })],
        [json!({ "date": "2026-01-06" }), json!({ "date": "2026-01-05" })],
    ] {
        for change in change {
            let changed = garage.patch(&measured, change).await;
            assert_eq!(changed.status, 200, "{changed:?}");
        }
        assert_eq!(garage.economies().await, before);
    }

    // After any sequence of changes, the stored economy matches the whole history.
    let user = garage.user.user_id().await;
    let vehicle = VehicleId(garage.vehicle.parse().unwrap());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let step = (0_u8..10, any::<prop::sample::Index>(), 1_u32..6, 1_i32..9, 0_i32..3);
    let steps = prop::collection::vec(step, 10..40);
    for _ in 0..8 {
        let mut ids: Vec<String> = Vec::new();
        for (kind, nth, day, reading, trip) in steps.new_tree(&mut runner).unwrap().current() {
            let date = format!("2025-03-{day:02}");
            let trip = (trip > 0).then(|| json!({ "value": trip * 60, "unit": "mi" }));
            let mut body = json!({
                "date": date, "isFull": kind % 2 == 0, "allowOdometerRollback": true,
                "confirm": ["/odometer", "/tripDistance", "/gallons", "/date"],
            });
            if kind % 3 == 0 {
                (body["odometerReading"], body["tripDistance"]) = (Value::Null, json!(trip));
            } else {
                (body["odometerReading"], body["tripDistance"]) =
                    (json!(reading * 50), Value::Null);
            }
            match kind {
                0..6 => ids.push(garage.added(&date, 0, body).await),
                6..9 if !ids.is_empty() => {
                    let changed = garage.patch(&ids[nth.index(ids.len())], body).await;
                    assert_eq!(changed.status, 200, "{changed:?}");
                }
                _ if !ids.is_empty() => {
                    let id = ids.remove(nth.index(ids.len()));
                    garage.user.delete(&format!("/api/fuel-logs/{id}")).await;
                }
                _ => {}
            }
            let mut tx = app.app.db.read_for(&user).await.unwrap();
            let replaced = odometer::replacements(&mut tx, &user, vehicle).await.unwrap();
            let rows = store::list_all(&mut tx, &user, vehicle).await.unwrap();
            let total = |row: &window::Neighbor| replaced.total(row.date, row.odometer_exact);
            let changed = window::recompute_all(rows, total);
            assert_eq!(changed, [], "after {kind} on {date}");
        }
        for id in ids {
            garage.user.delete(&format!("/api/fuel-logs/{id}")).await;
        }
    }
}

async fn the_vehicle_page_rounds_only_once(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    let metric = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "EUR",
    });
    let set = garage.user.patch("/api/user/preferences", metric).await;
    assert_eq!(set.status, 200, "{set:?}");
    let fill = async |vehicle: &str, date: &str, km: i64, liters: Value, amount: Value| {
        let body = json!({
            "vehicleId": vehicle, "date": date, "odometer": { "value": km, "unit": "km" },
            "volume": { "value": liters, "unit": "l" }, "amount": amount,
            "confirm": ["/volume", "/odometer", "/amount"],
        });
        let added = garage.user.post("/api/fuel-logs", body).await;
        assert_eq!(added.status, 201, "{added:?}");
    };
    // Distance, liters and euros; economy and cost rounded from exact arithmetic.
    for (nth, (km, liters, euros, economy, cost)) in [
        (500, json!(33.35), json!(66.7), "6.7", "€0.133"),
        (848, json!(50), json!(93.58), "5.9", "€0.110"),
        (337, json!(55.76), json!(80), "16.5", "€0.237"),
        (245, json!(46.17), json!(70), "18.8", "€0.286"),
    ]
    .into_iter()
    .enumerate()
    {
        let new = json!({ "vin": format!("WVB{nth:014}"), "confirm": ["/vin"] });
        let vehicle = garage.user.post("/api/vehicles", new).await.id();
        fill(&vehicle, "2026-01-01", 1_000, json!(40), json!(60)).await;
        fill(&vehicle, "2026-01-09", 1_000 + km, liters, euros).await;
        let page = garage.user.get(&format!("/vehicles/{vehicle}")).await;
        let tile = format!("{economy} <small>l/100 km</small>");
        // There is a single interval, so average, best and worst are the same.
        assert_eq!(page.text().matches(&tile).count(), 3, "{tile}: {}", page.text());
        assert!(
            page.text().contains(&format!("{economy} <span class=\"u\">l/100 km")),
            "{economy}"
        );
        assert!(page.text().contains(&format!("<dd>{cost}</dd>")), "{cost}: {}", page.text());
    }
}

async fn statistics_with_confirmed_values_are_marked(app: TestApp) {
    let garage = garage(&app, "ann@example.org").await;
    garage.added("2026-01-01", 1_000, json!({})).await;
    garage.added("2026-01-03", 1_300, json!({})).await;
    let page = async || garage.user.get(&format!("/vehicles/{}", garage.vehicle)).await;
    assert!(!page().await.text().contains("confirmed"));
    // A partial fill-up ends no interval, and the next one depends on it.
    let much = json!({ "gallons": 150, "isFull": false, "confirm": ["/gallons"] });
    garage.added("2026-01-05", 1_600, much).await;
    garage.added("2026-01-07", 1_900, json!({})).await;
    garage.added("2026-01-09", 2_200, json!({})).await;
    let page = page().await;
    assert!(page.text().contains("include a fill-up with unusual values"), "{}", page.text());
    assert_eq!(page.text().matches("unusual, confirmed").count(), 1);
    // Of the three intervals, only the one with the partial fill-up is marked.
    assert_eq!(page.text().matches("class=\"dot confirmed\"").count(), 1, "{}", page.text());
    assert!(page.text().contains("Jan 7, 2026: 3.8 mpg, unusual but confirmed"), "{}", page.text());
}
