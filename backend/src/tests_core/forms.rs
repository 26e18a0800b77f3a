//! Forms, tested through HTTP.

use serde_json::json;

use crate::testing::{TestApp, on_every_engine};

on_every_engine![a_checkbox_confirms_a_value_or_that_it_is_unknown];

async fn a_checkbox_confirms_a_value_or_that_it_is_unknown(app: TestApp) {
    let user = app.register("ann@example.org").await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    let path = format!("/vehicles/{vehicle}/fuel-logs/new");
    for (odometer, volume, confirm, label) in [
        ("", "10", "", "I don’t know it"),
        // Checked already, and another field is invalid.
        (" ", "ten", "/odometer", "I don’t know it"),
        ("1403000", "10", "", "This is correct"),
    ] {
        let fields = [
            ("odometer", odometer),
            ("odometerUnit", "mi"),
            ("volume", volume),
            ("volumeUnit", "gal_us"),
            ("date", "2026-01-20"),
            ("confirm", confirm),
        ];
        let response = user.post_form(&path, &fields).await;
        assert_eq!(response.status, 422, "{odometer}: {response:?}");
        let tick = response.text().split("name=\"confirm\" value=\"/odometer\"").nth(1);
        let tick = tick.and_then(|it| it.split("</label>").next()).unwrap_or_default();
        assert!(tick.contains(label), "{odometer}: {tick:?} in {}", response.text());
    }
}
