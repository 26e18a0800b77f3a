//! Number input in Chromium, and the calculations on the fill-up form.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BrowserSession, Client, Service, TestEnv, block_on, eventually};

const PASSWORD: &str = "correct horse battery";

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_stored_total_survives_a_changed_volume() {
    within_two_minutes(async {
        let form = FillUpForm::open(&metric()).await;
        // With a voucher.
        let fill_up = json!({
            "vehicleId": form.vehicle, "date": "2026-01-02",
            "odometer": { "value": 100_000, "unit": "km" }, "volume": { "value": 40, "unit": "l" },
            "unitPrice": { "value": 1.7, "per": "l" }, "amount": 50, "currency": "EUR",
            "confirm": ["/amount"],
        });
        let log = form.owner.post("/api/fuel-logs", &fill_up).await.expect(201);
        form.navigate_to(&format!("/fuel-logs/{}/edit", log["id"].as_str().unwrap())).await;
        form.browser.replace_value("volume", "41").await;
        assert_eq!(form.field_value("amount").await, "50.00");
        assert_eq!(form.field_value("unitPrice").await, "1.700");
        form.browser.wait_for_text("Volume × price is 69.70.").await;
        form.browser.press_enter("volume").await;
        // The server asks for confirmation, too.
        form.browser.wait_for_text("This doesn’t match").await;
        assert_eq!(form.field_value("amount").await, "50.00");
        form.browser.click("[name=confirm]").await;
        form.browser.press_enter("volume").await;
        form.browser.wait_until_left("/edit").await;
        let log = &form.logs().await[0];
        assert_eq!(log["amount"].to_string(), "50.0");
        assert_eq!(log["volume"]["value"].to_string(), "41.0");
        form.browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_derived_total_follows_a_changed_volume() {
    within_two_minutes(async {
        let form = FillUpForm::open(&metric()).await;
        let fill_up = json!({
            "vehicleId": form.vehicle, "date": "2026-01-02",
            "odometer": { "value": 100_000, "unit": "km" }, "volume": { "value": 40, "unit": "l" },
            "unitPrice": { "value": 1.7, "per": "l" }, "currency": "EUR",
        });
        let log = form.owner.post("/api/fuel-logs", &fill_up).await.expect(201);
        form.navigate_to(&format!("/fuel-logs/{}/edit", log["id"].as_str().unwrap())).await;
        assert_eq!(form.field_value("amount").await, "68.00");
        form.browser.replace_value("volume", "41").await;
        assert_eq!(form.field_value("amount").await, "69.70");
        form.browser.press_enter("volume").await;
        form.browser.wait_until_left("/edit").await;
        assert_eq!(form.logs().await[0]["amount"].to_string(), "69.7");
        form.browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn any_two_of_volume_price_and_total_fill_in_the_third() {
    within_two_minutes(async {
        let form = FillUpForm::open(&metric()).await;
        let (volume, price, total) = ("volume", "unitPrice", "amount");
        let fill_in = async |typed: &[(&str, &str)]| {
            form.open_new_fill_up().await;
            for (name, text) in typed {
                form.browser.type_into(name, text).await;
            }
        };
        let shown = async || {
            let mut fields = Vec::new();
            for name in [volume, price, total] {
                fields.push(form.field_value(name).await);
            }
            fields
        };

        fill_in(&[(volume, "40"), (price, "1.799")]).await;
        assert_eq!(shown().await, ["40", "1.799", "71.96"]);
        // Calculated values follow the input, with the same decimal separator.
        form.browser.replace_value(volume, "40,5").await;
        assert_eq!(shown().await, ["40,5", "1.799", "72,86"]);
        // Once the user edits a calculated value, it is no longer changed.
        form.browser.replace_value(total, "70").await;
        form.browser.replace_value(volume, "39").await;
        assert_eq!(shown().await, ["39", "1.799", "70"]);
        form.browser.wait_for_text("Volume × price is 70.16.").await;
        // A difference of one cent is tolerated.
        form.browser.replace_value(total, "70.17").await;
        form.wait_until_hidden("Volume × price is").await;
        // If the input is not a number, calculated values are cleared.
        fill_in(&[(volume, "40"), (price, "1.799")]).await;
        form.browser.type_into(volume, ",5.1").await;
        assert_eq!(shown().await, ["40,5.1", "1.799", ""]);

        fill_in(&[(total, "50"), (price, "1.70")]).await;
        assert_eq!(shown().await, ["29.412", "1.70", "50"]);
        fill_in(&[(volume, "40"), (total, "50")]).await;
        assert_eq!(shown().await, ["40", "1.250", "50"]);

        // German notation.
        fill_in(&[(volume, "300,00"), (total, "1.050,00")]).await;
        assert_eq!(shown().await, ["300,00", "3,500", "1.050,00"]);
        form.browser.type_into("odometer", "100.000").await;
        form.browser.press_enter("odometer").await;
        form.browser.wait_until_left("/fuel-logs/new").await;
        let log = &form.logs().await[0];
        assert_eq!(log["odometer"]["value"], 100_000);
        assert_eq!(log["amount"].to_string(), "1050.0");
        assert_eq!(log["unitPrice"]["value"].to_string(), "3.5");

        // 1.234 liters or 1234: nothing is calculated until this is unambiguous.
        fill_in(&[(volume, "1.234"), (price, "1.5")]).await;
        assert_eq!(shown().await, ["1.234", "1.5", ""]);
        form.browser.close().await;
    });
}

fn within_two_minutes(test: impl Future<Output = ()>) {
    block_on(async {
        let test = tokio::time::timeout(Duration::from_mins(2), test);
        test.await.expect("the test took more than two minutes");
    });
}

fn metric() -> Value {
    json!({ "distanceUnit": "km", "volumeUnit": "l", "currency": "EUR" })
}

/// A vehicle, and its owner's browser.
struct FillUpForm {
    service: Service,
    owner: Client,
    vehicle: String,
    browser: BrowserSession,
    /// Must outlive the service.
    _env: TestEnv,
}

impl FillUpForm {
    async fn open(preferences: &Value) -> Self {
        let env = TestEnv::on_sqlite();
        let service = env.serve();
        let owner = service.register("ann@example.org").await;
        owner.patch("/api/user/preferences", preferences).await.expect(200);
        let vehicle = json!({ "vin": "1HGCM82633A004352", "make": "Honda" });
        let vehicle = owner.post("/api/vehicles", &vehicle).await.expect(201);
        let vehicle = vehicle["id"].as_str().unwrap().to_owned();
        let browser = BrowserSession::start().await;
        browser.sign_in(&service.url, "ann@example.org", PASSWORD).await;
        Self { service, owner, vehicle, browser, _env: env }
    }

    async fn navigate_to(&self, path: &str) {
        self.browser.goto(format!("{}{path}", self.service.url)).await;
        self.browser.wait_until_loaded().await;
    }

    async fn open_new_fill_up(&self) {
        self.navigate_to(&format!("/vehicles/{}/fuel-logs/new", self.vehicle)).await;
    }

    async fn logs(&self) -> Vec<Value> {
        let page = self.owner.get("/api/fuel-logs").await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    /// The value of a field on the page.
    async fn field_value(&self, name: &str) -> String {
        self.browser.value_of(name).await
    }

    async fn wait_until_hidden(&self, text: &str) {
        let is_hidden = async || !self.browser.shows(text).await;
        eventually(&format!("no {text:?} on the page"), is_hidden).await;
    }
}
