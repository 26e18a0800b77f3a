//! Fill-ups at saved stations, and the prices paid there.

use serde_json::{Value, json};

use crate::testing::{BeginWrite as _, TestApp, TestResponse, on_every_engine};

on_every_engine![
    a_fill_up_at_a_station_has_its_name,
    an_unknown_station_is_reported_for_its_field,
    changing_the_station_changes_the_station_name,
    a_deleted_station_remains_on_its_fill_ups,
    a_concurrently_deleted_station_is_reported_for_its_field,
    prices_paid_are_visible_only_to_the_user_who_paid_them,
    a_fill_up_has_a_fuel_type,
    prices_paid_can_be_filtered_by_fuel,
];

const UNKNOWN_STATION: &str = "018f0000-0000-7000-8000-000000000000";

async fn vehicle(user: &TestApp, vin: &str) -> String {
    let created = user.post("/api/vehicles", json!({ "vin": vin })).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.id()
}

async fn station(user: &TestApp, name: &str) -> String {
    user.post("/api/stations", json!({ "name": name })).await.id()
}

/// Adds a fill-up of ten gallons, with the members of `more` merged in.
async fn fill(user: &TestApp, vehicle: &str, day: u32, more: Value) -> TestResponse {
    let mut log = json!({
        "vehicleId": vehicle, "date": format!("2026-01-{day:02}"), "odometerReading": day * 100,
        "gallons": 10,
    });
    log.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    user.post("/api/fuel-logs", log).await
}

fn station_of(log: &TestResponse) -> (Value, Value) {
    (log.body["stationId"].clone(), log.body["stationName"].clone())
}

async fn a_fill_up_at_a_station_has_its_name(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, corner) = (vehicle(&ann, "WVWZZZ1JZXW000001").await, station(&bob, "Corner").await);
    let log = fill(&ann, &car, 1, json!({ "stationId": corner })).await;
    assert_eq!((log.status, station_of(&log)), (201, (json!(corner), json!("Corner"))));
    let found = ann.get(&format!("/api/fuel-logs/{}", log.id())).await;
    assert_eq!(found.body, log.body);
    let named = json!({ "stationId": corner, "stationName": "My words" });
    assert_eq!(station_of(&fill(&ann, &car, 2, named).await), (json!(corner), json!("My words")));
    let bare = fill(&ann, &car, 3, json!({ "stationName": "Elsewhere" })).await;
    assert_eq!(station_of(&bare), (Value::Null, json!("Elsewhere")));
}

async fn an_unknown_station_is_reported_for_its_field(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, "WVWZZZ1JZXW000001").await;
    let fault = ["/stationId: isn’t a known station"];
    let refused = fill(&ann, &car, 1, json!({ "stationId": UNKNOWN_STATION })).await;
    assert_eq!((refused.status, refused.field_errors()), (422, fault.map(str::to_owned).to_vec()));
    let log = fill(&ann, &car, 1, json!({})).await;
    let path = format!("/api/fuel-logs/{}", log.id());
    assert_eq!(
        ann.patch(&path, json!({ "stationId": UNKNOWN_STATION })).await.field_errors(),
        fault
    );
    let named = json!({ "stationId": UNKNOWN_STATION, "stationName": "x" });
    assert_eq!(ann.patch(&path, named).await.field_errors(), fault);
    assert_eq!(ann.get(&path).await.body, log.body);
}

async fn changing_the_station_changes_the_station_name(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, "WVWZZZ1JZXW000001").await;
    let (one, two) = (station(&ann, "One").await, station(&ann, "Two").await);
    let log = fill(&ann, &car, 1, json!({ "stationId": one, "stationName": "Words" })).await;
    let path = format!("/api/fuel-logs/{}", log.id());
    let change = async |change: Value| station_of(&ann.patch(&path, change).await);
    assert_eq!(change(json!({ "notes": "x" })).await, (json!(one), json!("Words")));
    assert_eq!(change(json!({ "stationId": one })).await, (json!(one), json!("Words")));
    assert_eq!(change(json!({ "stationId": two })).await, (json!(two), json!("Two")));
    let both = json!({ "stationId": one, "stationName": "Mine" });
    assert_eq!(change(both).await, (json!(one), json!("Mine")));
    assert_eq!(change(json!({ "stationId": null })).await, (Value::Null, json!("Mine")));
}

async fn a_deleted_station_remains_on_its_fill_ups(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, corner) = (vehicle(&ann, "WVWZZZ1JZXW000001").await, station(&bob, "Corner").await);
    let log = fill(&ann, &car, 1, json!({ "stationId": corner, "pricePerGallon": 3 })).await;
    assert_eq!(bob.delete(&format!("/api/stations/{corner}")).await.status, 204);
    let left = ann.get(&format!("/api/fuel-logs/{}", log.id())).await;
    assert_eq!(station_of(&left), (json!(corner), json!("Corner")));
    assert_eq!(ann.get(&format!("/api/stations/{corner}/prices")).await.status, 200);
    // A user who has logged fill-ups there can still use it; for others it no longer exists.
    let again = fill(&ann, &car, 2, json!({ "stationId": corner })).await;
    assert_eq!((again.status, station_of(&again)), (201, (json!(corner), json!("Corner"))));
    let bobs = vehicle(&bob, "WVWZZZ1JZXW000001").await;
    let refused = fill(&bob, &bobs, 1, json!({ "stationId": corner })).await;
    assert_eq!(refused.field_errors(), ["/stationId: isn’t a known station"]);
}

/// Skips the service's check, so that the database rejects the station.
async fn a_concurrently_deleted_station_is_reported_for_its_field(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, "WVWZZZ1JZXW000001").await;
    let log = fill(&ann, &car, 1, json!({})).await;
    let user = ann.user_id().await;
    let mut tx = app.app.db.write_for(&user).await.unwrap();
    let id = super::FuelLogId(log.id().parse().unwrap());
    let mut log = super::store::find(&mut tx, &user, id).await.unwrap().unwrap();
    log.station_id = Some(crate::features::stations::StationId(UNKNOWN_STATION.parse().unwrap()));
    let refused = super::store::update(&mut tx, &user, &log).await.unwrap_err();
    let message = super::service::map_missing_station(refused).to_string();
    assert_eq!(message, "stationId: isn’t a known station");
}

async fn prices_paid_are_visible_only_to_the_user_who_paid_them(app: TestApp) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let (car, old) =
        (vehicle(&ann, "WVWZZZ1JZXW000001").await, vehicle(&ann, "WVWZZZ1JZXW000002").await);
    let bobs = vehicle(&bob, "WVWZZZ1JZXW000001").await;
    let (corner, other) = (station(&ann, "Corner").await, station(&ann, "Other").await);
    let at = |station: &str, price: &str| json!({ "stationId": station, "pricePerGallon": price });
    fill(&ann, &car, 1, at(&corner, "3.499")).await;
    fill(&ann, &car, 3, at(&corner, "3.599")).await;
    fill(&ann, &car, 2, at(&other, "3.1")).await;
    fill(&ann, &car, 4, json!({ "stationId": corner })).await;
    fill(&ann, &old, 5, at(&corner, "9")).await;
    fill(&bob, &bobs, 6, at(&corner, "2.999")).await;
    ann.delete(&format!("/api/vehicles/{old}")).await;
    let prices = async |user: &TestApp| {
        let paid = user.get(&format!("/api/stations/{corner}/prices")).await;
        assert_eq!(paid.status, 200, "{paid:?}");
        let items = paid.body["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|it| format!("{} {}", it["date"], it["pricePerGallon"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(prices(&ann).await, ["\"2026-01-03\" 3.599", "\"2026-01-01\" 3.499"]);
    assert_eq!(prices(&bob).await, ["\"2026-01-06\" 2.999"]);
    assert_eq!(ann.get(&format!("/api/stations/{UNKNOWN_STATION}/prices")).await.status, 404);
    let last = super::last_prices_paid(&ann.app, &ann.user_id().await).await.unwrap();
    let last = last.into_values().flatten();
    let mut last: Vec<_> = last.map(|it| it.unit_price.text()).collect();
    last.sort();
    assert_eq!(last, ["3.100", "3.599"]);
}

async fn a_fill_up_has_a_fuel_type(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, "WVWZZZ1JZXW000001").await;
    let bare = fill(&ann, &car, 1, json!({})).await;
    assert_eq!((bare.status, &bare.body["fuelType"]), (201, &Value::Null));
    let log = fill(&ann, &car, 2, json!({ "fuelType": "e10" })).await;
    assert_eq!((log.status, &log.body["fuelType"]), (201, &json!("e10")));
    let path = format!("/api/fuel-logs/{}", log.id());
    assert_eq!(ann.get(&path).await.body, log.body);
    let change = async |change: Value| ann.patch(&path, change).await.body["fuelType"].clone();
    assert_eq!(change(json!({ "notes": "x" })).await, "e10");
    assert_eq!(change(json!({ "fuelType": "diesel" })).await, "diesel");
    assert_eq!(change(json!({ "fuelType": null })).await, Value::Null);
    for wrong in ["coal", "adblue", "electric", "E10"] {
        let refused = fill(&ann, &car, 3, json!({ "fuelType": wrong })).await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.field_errors()[0].starts_with("/fuelType: must be one of: regular"));
    }
}

async fn prices_paid_can_be_filtered_by_fuel(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let car = vehicle(&ann, "WVWZZZ1JZXW000001").await;
    let corner = station(&ann, "Corner").await;
    let of = |fuel: Value, price: &str| json!({ "stationId": corner, "fuelType": fuel, "pricePerGallon": price });
    fill(&ann, &car, 1, of(json!("e5"), "3.1")).await;
    fill(&ann, &car, 2, of(json!("diesel"), "2.9")).await;
    fill(&ann, &car, 3, of(json!("e5"), "3.2")).await;
    fill(&ann, &car, 4, of(Value::Null, "3.3")).await;
    let prices = async |query: &str| {
        let paid = ann.get(&format!("/api/stations/{corner}/prices{query}")).await;
        assert_eq!(paid.status, 200, "{paid:?}");
        let items = paid.body["items"].as_array().unwrap().clone();
        let one = |it: &Value| format!("{} {}", it["fuelType"], it["pricePerGallon"]);
        items.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(prices("").await, r#"null 3.3, "e5" 3.2, "diesel" 2.9, "e5" 3.1"#);
    assert_eq!(prices("?fuelType=e5").await, r#""e5" 3.2, "e5" 3.1"#);
    assert_eq!(prices("?fuelType=e10").await, "");
    let wrong = ann.get(&format!("/api/stations/{corner}/prices?fuelType=coal")).await;
    assert_eq!(wrong.status, 422);
    let last = super::last_prices_paid(&ann.app, &ann.user_id().await).await.unwrap();
    let last: Vec<_> = last.into_values().flatten().map(|it| it.unit_price.text()).collect();
    assert_eq!(last, ["3.300", "3.200", "2.900"]);
}
