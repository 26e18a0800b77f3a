//! The first visit, in real Chromium: from the empty service to economy on the screen.

use std::time::Duration;

use chromiumoxide::{Browser, BrowserConfig, Page, handler::viewport::Viewport};
use futures::StreamExt as _;

use crate::support::{Place, block_on, eventually};

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_first_visit_leads_to_economy_on_the_screen() {
    block_on(async {
        let visit = tokio::time::timeout(Duration::from_mins(2), first_visit());
        visit.await.expect("the visit takes no two minutes");
    });
}

async fn first_visit() {
    let place = Place::on_sqlite();
    let service = place.serve();
    let profile = tempfile::tempdir().unwrap();
    let phone = Viewport { width: 390, height: 844, emulating_mobile: true, ..Viewport::default() };
    let config = BrowserConfig::builder()
        .no_sandbox()
        .new_headless_mode()
        .user_data_dir(profile.path())
        .viewport(phone)
        .args([
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .build()
        .unwrap();
    let (mut browser, mut events) = Browser::launch(config).await.unwrap();
    let events = tokio::spawn(async move { while events.next().await.is_some() {} });
    let visit = Visit { page: browser.new_page("about:blank").await.unwrap() };
    visit.page.goto(&service.url).await.unwrap();
    visit.reaches("/register").await;
    visit.types("email", "ann@example.org").await;
    visit.types("password", "correct horse battery").await;
    visit.enters("password").await;

    visit.reaches("/vehicles").await;
    visit.follows("a[href='/vehicles/new']").await;
    visit.reaches("/vehicles/new").await;
    // A slip first: what was typed stays, and the field says what is wrong.
    visit.types("vin", "1HGCM82643A004352").await;
    visit.types("make", "Honda").await;
    visit.enters("make").await;
    visit.shows("the check digit is 4").await;
    visit.retypes("vin", "1HGCM82633A004352").await;
    visit.types("model", "Accord").await;
    visit.enters("model").await;

    for (odometer, gallons) in [("84000", "10"), ("84300", "9.5"), ("84610", "10.5")] {
        visit.shows("Honda Accord").await;
        visit.follows("a[href$='/fuel-logs/new']").await;
        visit.reaches("/fuel-logs/new").await;
        visit.types("odometerReading", odometer).await;
        visit.types("gallons", gallons).await;
        visit.types("pricePerGallon", "3.499").await;
        visit.enters("pricePerGallon").await;
        visit.leaves("/fuel-logs/new").await;
    }
    // 610 miles on 20 gallons; 300 on 9.5 at best.
    visit.shows("84,610").await;
    visit.shows("30.5").await;
    visit.shows("31.6").await;
    visit.shows("29.5").await;

    browser.close().await.unwrap();
    browser.wait().await.unwrap();
    events.await.unwrap();
}

/// A person at a page.
struct Visit {
    page: Page,
}

impl Visit {
    async fn url(&self) -> String {
        self.page.url().await.ok().flatten().unwrap_or_default()
    }

    async fn reaches(&self, path: &str) {
        eventually(&format!("at {path}"), async || self.url().await.ends_with(path)).await;
        self.is_whole().await;
    }

    async fn leaves(&self, path: &str) {
        eventually(&format!("away from {path}"), async || !self.url().await.ends_with(path)).await;
        self.is_whole().await;
    }

    /// The footer has come, and so has all before it.
    async fn is_whole(&self) {
        eventually("a whole page", async || self.page.find_element("footer").await.is_ok()).await;
    }

    async fn shows(&self, text: &str) {
        let is_shown = async || {
            let Ok(body) = self.page.find_element("body").await else { return false };
            let shown = body.inner_text().await.ok().flatten().unwrap_or_default();
            shown.contains(text)
        };
        eventually(&format!("{text:?} on the page"), is_shown).await;
    }

    async fn types(&self, name: &str, text: &str) {
        let field = self.field(name).await;
        field.focus().await.unwrap().type_str(text).await.unwrap();
    }

    async fn retypes(&self, name: &str, text: &str) {
        let field = self.field(name).await;
        field.focus().await.unwrap();
        let typed = field.string_property("value").await.unwrap().unwrap_or_default();
        field.press_key("End").await.unwrap();
        for _ in typed.chars() {
            field.press_key("Backspace").await.unwrap();
        }
        field.type_str(text).await.unwrap();
    }

    /// Presses Enter in a field.
    async fn enters(&self, name: &str) {
        self.field(name).await.press_key("Enter").await.unwrap();
    }

    async fn field(&self, name: &str) -> chromiumoxide::Element {
        self.page.find_element(format!("[name={name}]:not([type=hidden])")).await.unwrap()
    }

    async fn follows(&self, link: &str) {
        self.page.find_element(link).await.unwrap().click().await.unwrap();
    }
}
