//! The first visit in Chromium, from registration to the first vehicle: in metric and in US units, with and
//! without JavaScript.

use std::time::Duration;

use serde_json::json;

use crate::support::{BrowserSession, TestEnv, block_on};

/// What a browser says about its user, and what the first step makes of it.
struct Visitor {
    languages: &'static str,
    time_zone: &'static str,
    has_scripts: bool,
    /// The choice that is preselected.
    units: &'static str,
    currency: &'static str,
    /// What the field for the time zone contains.
    filled_in: &'static str,
    /// The names of the units in the settings.
    stored: [&'static str; 3],
    /// The odometer, as the vehicle's page shows it.
    odometer: &'static str,
}

const METRIC: Visitor = Visitor {
    languages: "de-DE,de;q=0.9,en;q=0.8",
    time_zone: "Europe/Vienna",
    has_scripts: true,
    units: "metric",
    currency: "EUR",
    filled_in: "Europe/Vienna",
    stored: ["km", "l", "l_per_100km"],
    odometer: "84,000 km",
};

const US: Visitor = Visitor {
    languages: "en-US,en;q=0.9",
    time_zone: "America/Chicago",
    has_scripts: true,
    units: "us",
    currency: "USD",
    filled_in: "America/Chicago",
    stored: ["mi", "gal_us", "mpg_us"],
    odometer: "84,000 mi",
};

fn within_two_minutes(test: impl Future<Output = ()>) {
    block_on(async {
        let test = tokio::time::timeout(Duration::from_mins(2), test);
        test.await.expect("the test took more than two minutes");
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_metric_user_starts_with_metric_units() {
    within_two_minutes(first_visit(METRIC));
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_metric_user_starts_with_metric_units_without_javascript() {
    // The server guesses the time zone.
    let visitor = Visitor { has_scripts: false, filled_in: "Europe/Berlin", ..METRIC };
    within_two_minutes(first_visit(visitor));
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn an_american_user_starts_with_us_units() {
    within_two_minutes(first_visit(US));
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn an_american_user_starts_with_us_units_without_javascript() {
    let visitor = Visitor { has_scripts: false, filled_in: "America/New_York", ..US };
    within_two_minutes(first_visit(visitor));
}

async fn first_visit(visitor: Visitor) {
    let env = TestEnv::on_sqlite();
    let service = env.serve();
    let browser = BrowserSession::start().await;
    browser.call("Network.enable", json!({})).await;
    let headers = json!({ "headers": { "Accept-Language": visitor.languages } });
    browser.call("Network.setExtraHTTPHeaders", headers).await;
    let zone = json!({ "timezoneId": visitor.time_zone });
    browser.call("Emulation.setTimezoneOverride", zone).await;
    let scripts = json!({ "value": !visitor.has_scripts });
    browser.call("Emulation.setScriptExecutionDisabled", scripts).await;

    browser.goto(&service.url).await;
    browser.wait_for_path("/register").await;
    browser.type_into("email", "ann@example.org").await;
    browser.type_into("password", "correct horse battery").await;
    browser.press_enter("password").await;

    browser.wait_for_path("/welcome").await;
    let units = browser.evaluate("document.querySelector('[name=units]:checked').value").await;
    assert_eq!(units, visitor.units);
    assert_eq!(browser.value_of("currency").await, visitor.currency);
    assert_eq!(browser.value_of("timeZone").await, visitor.filled_in);
    browser.click(".save .primary").await;

    browser.wait_for_path("/vehicles/new").await;
    browser.type_into("vin", "1HGCM82633A004352").await;
    browser.type_into("odometer", "84000").await;
    browser.press_enter("odometer").await;
    browser.wait_for_text("The vehicle is added.").await;
    browser.wait_for_text("2003 Honda Accord").await;
    browser.wait_for_text(visitor.odometer).await;
    browser.click(".flash a").await;
    browser.wait_for_path("/maintenance").await;
    browser.click("form[action$='/plan'] button").await;
    browser.wait_for_text("Oil change").await;

    browser.click(".brand").await;
    browser.wait_for_path("/").await;
    browser.wait_for_text("Needs attention").await;
    browser.wait_for_text("Next service").await;
    // From here, a fill-up is one click away.
    browser.click(".head .primary").await;
    browser.wait_for_path("/fuel-logs/new").await;

    browser.goto(format!("{}/settings", service.url)).await;
    for (name, value) in
        ["distanceUnit", "volumeUnit", "economyUnit"].into_iter().zip(visitor.stored)
    {
        assert_eq!(browser.value_of(name).await, value);
    }
    assert_eq!(browser.value_of("currency").await, visitor.currency);
    assert_eq!(browser.value_of("timeZone").await, visitor.filled_in);
    browser.close().await;
}
