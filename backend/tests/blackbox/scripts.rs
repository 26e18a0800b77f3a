//! What the scripts of the pages do in Chromium. Their calculations are tested in `assets/tests/`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{BrowserSession, TestEnv, block_on, eventually};

const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery";

fn within_two_minutes(test: impl Future<Output = ()>) {
    block_on(async {
        let test = tokio::time::timeout(Duration::from_mins(2), test);
        test.await.expect("the test took more than two minutes");
    });
}

async fn wait_until(browser: &BrowserSession, expression: &str) {
    eventually(expression, async || browser.is_true(expression).await).await;
}

/// Clicks a button that uses the user's location, which is then in Augsburg.
async fn locate(browser: &BrowserSession) {
    let script = "navigator.geolocation.getCurrentPosition = (onLocation) =>
        onLocation({ coords: { latitude: 48.37, longitude: 10.9 } }); true";
    assert!(browser.is_true(script).await);
    wait_until(browser, "!document.querySelector('[data-locate]').hidden").await;
    assert!(browser.is_true("document.querySelector('[data-locate]').click(); true").await);
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_users_location_selects_the_nearest_favorite_and_searches_around_it() {
    within_two_minutes(async {
        let env = TestEnv::on_sqlite();
        let service = env.serve();
        let ann = service.register(EMAIL).await;
        let vehicle = ann.add_vehicle(1).await;
        let mut ids = Vec::new();
        for (name, longitude) in [("Munich", 11.5), ("Augsburg", 10.8), ("Ulm", 10.0)] {
            let station = json!({ "name": name, "latitude": 48.4, "longitude": longitude });
            let station = ann.post("/api/stations", &station).await.expect(201);
            let id = station["id"].as_str().unwrap().to_owned();
            let favorite = format!("/api/stations/{id}/favorite");
            ann.send(Method::PUT, &favorite, None).await.unwrap().expect(200);
            ids.push(id);
        }
        let browser = BrowserSession::start().await;
        browser.sign_in(&service.url, EMAIL, PASSWORD).await;

        let form = format!("{}/vehicles/{vehicle}/fuel-logs/new", service.url);
        browser.goto(form).await;
        browser.wait_until_loaded().await;
        locate(&browser).await;
        let selected = format!("document.querySelector('#stationId').value === '{}'", ids[1]);
        wait_until(&browser, &selected).await;

        browser.goto(format!("{}/stations", service.url)).await;
        browser.wait_until_loaded().await;
        locate(&browser).await;
        wait_until(&browser, "location.search.includes('lat=48.37000&lng=10.90000')").await;
        browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_complete_vin_fills_in_the_form_and_models_are_suggested() {
    within_two_minutes(async {
        let env = TestEnv::on_sqlite();
        let service = env.serve();
        service.register(EMAIL).await;
        let browser = BrowserSession::start().await;
        browser.sign_in(&service.url, EMAIL, PASSWORD).await;
        browser.goto(format!("{}/vehicles/new", service.url)).await;
        browser.wait_until_loaded().await;

        browser.type_into("vin", "1HGCM82633A004352").await;
        wait_until(&browser, "document.querySelector('#vin-card .vin-title') !== null").await;
        let values =
            "['year', 'make', 'model'].map((name) => document.forms.vehicle.elements[name].value)";
        assert_eq!(browser.evaluate(values).await, json!(["2003", "Honda", "Accord"]));
        // The values follow the VIN as long as the user does not change them.
        browser.replace_value("model", "Civic").await;
        browser.replace_value("vin", "1HGCM8263").await;
        wait_until(&browser, "document.querySelector('#vin-card').children.length === 0").await;
        assert!(browser.is_true("document.forms.vehicle.elements.model.value === 'Civic'").await);

        browser.focus("model").await;
        wait_until(&browser, "document.querySelectorAll('#models option').length > 5").await;
        browser.close().await;
    });
}
