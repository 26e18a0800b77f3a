//! Tests with a replaced odometer: due readings are running totals.

use serde_json::{Value, json};

use super::tests::{Garage, garage};
use crate::testing::{TestApp, TestResponse, on_every_engine};

on_every_engine![
    due_readings_include_the_distance_of_the_replaced_odometer,
    forms_show_the_total_distance_of_the_vehicle,
];

fn km(value: i64) -> Value {
    json!({ "value": value, "unit": "km" })
}

/// Replaces the odometer of the vehicle on January 10 at 80,000 miles; the new one shows 0.
pub(super) async fn replace_odometer(garage: &Garage) -> String {
    let path = format!("/api/vehicles/{}/odometer", garage.vehicle);
    let replaced = json!({
        "date": "2026-01-10", "reading": 0, "isReplacement": true, "previousReading": 80_000,
    });
    let response = garage.user.post(&path, replaced).await;
    assert_eq!(response.status, 201, "{response:?}");
    response.header("location").to_owned()
}

/// A vehicle with 80,500 miles in total, whose new odometer shows 500.
async fn garage_with_replaced_odometer(app: &TestApp) -> Garage {
    let garage = garage(app, "ann@example.org").await;
    garage.add_fill_up("2026-01-01", 79_900).await;
    replace_odometer(&garage).await;
    garage.add_fill_up("2026-01-20", 500).await;
    garage
}

async fn due_readings_include_the_distance_of_the_replaced_odometer(app: TestApp) {
    let garage = garage_with_replaced_odometer(&app).await;
    let plan = format!("/api/vehicles/{}/maintenance-plan", garage.vehicle);
    let put = garage.user.post(&plan, json!({ "plan": "toyota" })).await;
    assert_eq!(put.status, 201, "{put:?}");
    // The next multiple of 5,000 miles after 80,500.
    let items = put.body["items"].as_array().unwrap().clone();
    let tires = items.iter().find(|it| it["type"] == "tire_rotation").unwrap();
    assert_eq!((&tires["dueMileage"], &tires["intervalMiles"]), (&json!(85_000), &json!(5000)));
    let upcoming = garage.user.get("/api/maintenance/upcoming").await.body;
    for item in upcoming["items"].as_array().unwrap() {
        let left = item["dueInMiles"].as_i64().unwrap_or(1);
        assert!(left > 0 && item["status"] != "overdue", "{item}");
    }
    // In kilometers, the total is 129,552.
    for item in items {
        garage.user.delete(&format!("/api/maintenance/{}", item["id"].as_str().unwrap())).await;
    }
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let put = garage.user.post(&plan, json!({ "plan": "volkswagen" })).await;
    let items = put.body["items"].as_array().unwrap();
    let oil = items.iter().find(|it| it["type"] == "oil_change").unwrap();
    assert_eq!((&oil["intervalDistance"], &oil["dueOdometer"]), (&km(15_000), &km(135_000)));
}

async fn forms_show_the_total_distance_of_the_vehicle(app: TestApp) {
    let garage = garage_with_replaced_odometer(&app).await;
    let base = format!("/vehicles/{}/maintenance/new?type=oil_change", garage.vehicle);
    let has = |page: &TestResponse, part: &str| {
        assert!(page.text().contains(part), "{part} is not in {}", page.text());
    };
    let form = garage.user.get(&base).await;
    has(&form, "value=\"88000\"");
    has(&form, "it shows 500 mi, but the vehicle has been driven 80,500 mi");
    has(&form, "aria-describedby=\"dueOdometer-hint\"");
    let item = garage.add_item(json!({ "dueMileage": 88_000, "intervalMiles": 7500 })).await;
    let page = format!("/maintenance/{}", item.rsplit('/').next().unwrap());
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "km" })).await;
    let form = garage.user.get(&format!("{page}/edit")).await;
    has(&form, "it shows 805 km, but the vehicle has been driven 129,552 km");
    has(&form, "aria-describedby=\"later-reading-hint\"");
    has(&form, "New due total distance</label>");
    garage.user.patch("/api/user/preferences", json!({ "distanceUnit": "mi" })).await;
    // A completed reading is entered as the odometer shows it.
    let form = garage.user.get(&format!("{page}/complete")).await;
    has(&form, "name=\"completedOdometer\" type=\"text\" value=\"500\"");
    let fields = [
        ("completedDate", "2026-01-31"),
        ("completedOdometer", "600"),
        ("completedOdometerUnit", "mi"),
    ];
    assert_eq!(garage.user.post_form(&format!("{page}/complete"), &fields).await.status, 303);
    assert_eq!(garage.list_items("&completed=false").await[0]["dueMileage"], 88_100);
    // A vehicle with its first odometer needs no hint.
    let other = self::garage(&app, "bob@example.org").await;
    let base = format!("/vehicles/{}/maintenance/new?type=oil_change", other.vehicle);
    let form = other.user.get(&base).await;
    has(&form, "value=\"57500\"");
    assert!(!form.text().contains("has been driven"), "{}", form.text());
}
