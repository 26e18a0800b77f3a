//! Pages in Chromium without a connection: forms are stored in the browser, and sent when the service is back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BrowserSession, Client, Service, TestEnv, block_on, eventually, free_port};

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const PASSWORD: &str = "correct horse battery";

fn within_three_minutes(test: impl Future<Output = ()>) {
    block_on(async {
        let test = tokio::time::timeout(Duration::from_mins(3), test);
        test.await.expect("the test took more than three minutes");
    });
}

/// A service that can be away: it starts again at the same address.
struct Server {
    env: TestEnv,
    service: Option<Service>,
    url: String,
}

impl Server {
    fn start() -> Self {
        let address = format!("127.0.0.1:{}", free_port().unwrap());
        let env = TestEnv::on_sqlite().with("MVP__SERVER__ADDRESS", &address);
        let env = env.with("MVP__AUTH__REGISTRATION", "open");
        let service = Some(env.serve());
        Self { env, service, url: format!("http://{address}") }
    }

    fn stop(&mut self) {
        self.service.take().unwrap().kill();
    }

    fn start_again(&mut self) {
        self.service = Some(self.env.serve());
    }

    /// Registers a user with a vehicle that has one fill-up at 100,000 kilometers.
    async fn add_user(&self, email: &str) -> User {
        let client = Client::register(&self.url, email).await;
        let units = json!({ "distanceUnit": "km", "volumeUnit": "l", "currency": "EUR" });
        client.patch("/api/user/preferences", &units).await.expect(200);
        let vehicle = json!({ "vin": "1HGCM82633A004352", "make": "Honda" });
        let vehicle = client.post("/api/vehicles", &vehicle).await.expect(201)["id"].clone();
        let vehicle = vehicle.as_str().unwrap().to_owned();
        let log = json!({
            "vehicleId": vehicle, "date": "2026-01-02", "fuelType": "e10",
            "odometer": { "value": 100_000, "unit": "km" }, "volume": { "value": 40, "unit": "l" },
        });
        client.post("/api/fuel-logs", &log).await.expect(201);
        User { client, vehicle }
    }
}

struct User {
    client: Client,
    vehicle: String,
}

impl User {
    /// The readings of the fill-ups in kilometers.
    async fn readings(&self) -> Vec<i64> {
        let page = self.client.get("/api/fuel-logs").await.expect(200);
        let logs = page["items"].as_array().unwrap().iter();
        let mut readings: Vec<_> =
            logs.map(|it| it["odometer"]["value"].as_i64().unwrap()).collect();
        readings.sort_unstable();
        readings
    }

    async fn wait_for_readings(&self, expected: &[i64]) {
        eventually(&format!("{expected:?}"), async || self.readings().await == expected).await;
    }
}

async fn wait_until(browser: &BrowserSession, expression: &str) {
    eventually(expression, async || browser.is_true(expression).await).await;
}

/// Waits until the service worker has stored the forms of a vehicle.
async fn wait_until_stored(browser: &BrowserSession) {
    let is_stored = "(async () => {
        const pages = await caches.open('pages-' + document.documentElement.dataset.user);
        return (await pages.keys()).length === 6;
    })()";
    wait_until(browser, is_stored).await;
}

/// Waits until the page of the outbox lists so many entries, and the menu counts them.
async fn wait_for_entries(browser: &BrowserSession, count: usize) {
    let rows = format!("document.querySelectorAll('[data-entries] > li').length === {count}");
    wait_until(browser, &rows).await;
    let badge = "document.querySelector('[data-waiting]')";
    let badge = if count == 0 {
        format!("{badge}.hidden")
    } else {
        format!("!{badge}.hidden && {badge}.querySelector('b').textContent === '{count}'")
    };
    wait_until(browser, &badge).await;
}

/// Enters a fill-up from the home screen while the service is away.
async fn enter_fill_up(browser: &BrowserSession, url: &str, odometer: &str, volume: &str) {
    browser.goto(format!("{url}/fuel-logs/new")).await;
    wait_until(browser, "document.querySelector('[name=odometer]') !== null").await;
    browser.wait_until_loaded().await;
    browser.wait_for_text("Last: 10").await;
    browser.type_into("odometer", odometer).await;
    browser.type_into("volume", volume).await;
    browser.type_into("unitPrice", "1.7").await;
    browser.press_enter("unitPrice").await;
    browser.wait_for_path("/outbox#saved").await;
    browser.wait_for_text("Saved on this device").await;
}

/// Answers the questions of pages, and remembers them.
async fn answer_questions(browser: &BrowserSession, answer: bool) {
    let script =
        format!("window.confirm = (text) => {{ window.asked = text; return {answer}; }}; true");
    assert!(browser.is_true(&script).await);
}

async fn forget_session(browser: &BrowserSession, url: &str) {
    browser.call("Network.deleteCookies", json!({ "name": "session", "url": url })).await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn fill_ups_entered_without_a_connection_are_saved_once_although_the_browser_is_killed() {
    within_three_minutes(async {
        let mut server = Server::start();
        let url = server.url.clone();
        let ann = server.add_user(ANN).await;
        let profile = tempfile::tempdir().unwrap();
        let browser = BrowserSession::start_in(profile.path()).await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        wait_until_stored(&browser).await;

        server.stop();
        // The last one is below the reading before it, by a missing digit.
        for (nth, (odometer, volume)) in
            [("100400", "30"), ("100800", "31"), ("10120", "32")].into_iter().enumerate()
        {
            enter_fill_up(&browser, &url, odometer, volume).await;
            wait_for_entries(&browser, nth + 1).await;
        }
        browser.wait_for_text("100400 km · 30 l").await;
        browser.goto(format!("{url}/settings")).await;
        browser.wait_for_text("You’re offline").await;
        browser.kill().await;

        let browser = BrowserSession::start_in(profile.path()).await;
        browser.goto(format!("{url}/outbox")).await;
        wait_for_entries(&browser, 3).await;
        server.start_again();
        browser.goto(format!("{url}/vehicles")).await;
        // Chromium may not have written the cookie of the session before it was killed.
        if browser.url().await.contains("/login") {
            browser.sign_in(&url, ANN, PASSWORD).await;
        }
        ann.wait_for_readings(&[100_000, 100_400, 100_800]).await;

        browser.goto(format!("{url}/outbox")).await;
        wait_for_entries(&browser, 1).await;
        browser.wait_for_text("This couldn’t be saved").await;
        browser.wait_for_text("less than").await;
        browser.click("[data-entries] form button").await;
        browser.wait_for_path("/fuel-logs/new?choose=true").await;
        browser.wait_for_text("Please check the form").await;
        assert_eq!(browser.value_of("volume").await, "32");
        browser.replace_value("odometer", "101200").await;
        browser.press_enter("odometer").await;
        browser.wait_for_path(&format!("/vehicles/{}", ann.vehicle)).await;
        browser.wait_for_text("Saved.").await;
        browser.goto(format!("{url}/outbox")).await;
        wait_for_entries(&browser, 0).await;
        browser.wait_for_text("Everything has been sent.").await;
        assert_eq!(ann.readings().await, [100_000, 100_400, 100_800, 101_200]);
        browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn users_of_one_browser_see_and_send_only_their_own_entries() {
    within_three_minutes(async {
        let mut server = Server::start();
        let url = server.url.clone();
        let (ann, bob) = (server.add_user(ANN).await, server.add_user(BOB).await);
        let browser = BrowserSession::start().await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        wait_until_stored(&browser).await;
        server.stop();
        enter_fill_up(&browser, &url, "100400", "30").await;
        wait_for_entries(&browser, 1).await;

        // Ann's session ends, and Bob signs in. His page shows nothing of Ann's, with a connection or without.
        forget_session(&browser, &url).await;
        server.start_again();
        browser.sign_in(&url, BOB, PASSWORD).await;
        wait_until_stored(&browser).await;
        let caches = browser.evaluate("caches.keys()").await;
        let pages = caches.as_array().unwrap().iter();
        let pages = pages.filter(|it| it.as_str().unwrap().starts_with("pages-")).count();
        assert_eq!(pages, 1, "{caches}");
        browser.goto(format!("{url}/outbox")).await;
        browser.wait_for_text("Everything has been sent.").await;
        wait_for_entries(&browser, 0).await;
        server.stop();
        browser.goto(format!("{url}/vehicles/{}/fuel-logs/new", ann.vehicle)).await;
        browser.wait_for_text("You’re offline").await;
        enter_fill_up(&browser, &url, "100500", "31").await;
        wait_for_entries(&browser, 1).await;
        assert!(browser.is_true(&format!("location.href.startsWith('{url}')")).await);
        assert!(!browser.shows("100400").await);
        server.start_again();
        browser.goto(format!("{url}/vehicles")).await;
        bob.wait_for_readings(&[100_000, 100_500]).await;
        assert_eq!(ann.readings().await, [100_000]);

        // Ann signs in again, and only hers is sent.
        forget_session(&browser, &url).await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        ann.wait_for_readings(&[100_000, 100_400]).await;
        assert_eq!(bob.readings().await, [100_000, 100_500]);
        browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn readings_and_services_wait_too_and_signing_out_asks_before_it_deletes_them() {
    within_three_minutes(async {
        let mut server = Server::start();
        let url = server.url.clone();
        let ann = server.add_user(ANN).await;
        let browser = BrowserSession::start().await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        wait_until_stored(&browser).await;
        server.stop();

        browser.goto(format!("{url}/vehicles/{}/odometer", ann.vehicle)).await;
        browser.wait_until_loaded().await;
        browser.replace_value("odometer", "100300").await;
        browser.press_enter("odometer").await;
        browser.wait_for_path("/outbox#saved").await;
        wait_for_entries(&browser, 1).await;
        browser.goto(format!("{url}/maintenance/new")).await;
        wait_until(&browser, "document.querySelector('[name=type]') !== null").await;
        browser.wait_until_loaded().await;
        browser.type_into("type", "Windshield").await;
        browser.replace_value("amount", "250").await;
        browser.press_enter("amount").await;
        browser.wait_for_path("/outbox#saved").await;
        wait_for_entries(&browser, 2).await;
        browser.wait_for_text("Windshield").await;
        enter_fill_up(&browser, &url, "many", "30").await;
        wait_for_entries(&browser, 3).await;

        server.start_again();
        browser.goto(format!("{url}/outbox")).await;
        // The fill-up was refused.
        wait_for_entries(&browser, 1).await;
        let odometer = format!("/api/vehicles/{}/odometer", ann.vehicle);
        let readings = ann.client.get(&odometer).await.expect(200);
        let is_reading = |it: &&Value| it["odometer"]["value"] == 100_300;
        let found = readings["items"].as_array().unwrap().iter().filter(is_reading).count();
        assert_eq!(found, 1, "{readings}");
        let services = ann.client.get("/api/maintenance?completed=true").await;
        assert_eq!(services.body["items"][0]["type"], "windshield", "{services:?}");

        answer_questions(&browser, false).await;
        browser.click("a[href='/more']").await;
        browser.wait_for_path("/more").await;
        answer_questions(&browser, false).await;
        wait_until(&browser, "!document.querySelector('[data-waiting]').hidden").await;
        browser.click("main form[action='/logout'] button").await;
        wait_until(&browser, "window.asked?.includes('haven’t been sent yet')").await;
        assert!(browser.url().await.ends_with("/more"));
        answer_questions(&browser, true).await;
        browser.click("main form[action='/logout'] button").await;
        browser.wait_for_path("/login").await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        wait_until_stored(&browser).await;
        browser.goto(format!("{url}/outbox")).await;
        browser.wait_for_text("Everything has been sent.").await;
        assert_eq!(ann.readings().await, [100_000]);
        browser.close().await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_fill_up_that_is_sent_after_the_session_has_ended_is_saved_after_signing_in() {
    within_three_minutes(async {
        let server = Server::start();
        let url = server.url.clone();
        let ann = server.add_user(ANN).await;
        let browser = BrowserSession::start().await;
        browser.sign_in(&url, ANN, PASSWORD).await;
        wait_until_stored(&browser).await;
        browser.goto(format!("{url}/vehicles/{}/fuel-logs/new", ann.vehicle)).await;
        browser.wait_until_loaded().await;
        browser.type_into("odometer", "100400").await;
        browser.type_into("volume", "30").await;
        forget_session(&browser, &url).await;
        browser.press_enter("volume").await;
        browser.wait_for_path("/login?next=%2Foutbox").await;
        browser.wait_for_text("What you entered is saved on this device").await;
        assert_eq!(ann.readings().await, [100_000]);
        browser.type_into("email", ANN).await;
        browser.type_into("password", PASSWORD).await;
        browser.press_enter("password").await;
        browser.wait_for_path("/outbox").await;
        wait_for_entries(&browser, 0).await;
        assert_eq!(ann.readings().await, [100_000, 100_400]);
        browser.close().await;
    });
}
