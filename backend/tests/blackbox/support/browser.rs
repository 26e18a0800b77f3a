//! Controls Chromium.

use chromiumoxide::{Browser, BrowserConfig, Page, handler::viewport::Viewport};
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

use super::eventually;

/// A page in Chromium.
pub(crate) struct BrowserSession {
    pub(crate) page: Page,
    browser: Browser,
    events: JoinHandle<()>,
    _profile: tempfile::TempDir,
}

impl BrowserSession {
    /// Starts a browser with the screen size of a phone.
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let phone =
            Viewport { width: 390, height: 844, emulating_mobile: true, ..Viewport::default() };
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
        let (browser, mut events) = Browser::launch(config).await.unwrap();
        let events = tokio::spawn(async move { while events.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        Self { page, browser, events, _profile: profile }
    }

    /// Closes the browser.
    pub(crate) async fn close(mut self) {
        self.browser.close().await.unwrap();
        self.browser.wait().await.unwrap();
        self.events.await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.page.url().await.ok().flatten().unwrap_or_default()
    }

    pub(crate) async fn wait_for_path(&self, path: &str) {
        eventually(&format!("at {path}"), async || self.url().await.ends_with(path)).await;
        self.wait_until_loaded().await;
    }

    pub(crate) async fn wait_until_left(&self, path: &str) {
        eventually(&format!("away from {path}"), async || !self.url().await.ends_with(path)).await;
        self.wait_until_loaded().await;
    }

    /// Waits for the complete page, and until its scripts have run.
    pub(crate) async fn wait_until_loaded(&self) {
        let is_loaded =
            "document.readyState === 'complete' && document.querySelector('footer') !== null";
        eventually("the complete page", async || self.is_true(is_loaded).await).await;
    }

    /// Whether a script's expression is true on the page.
    pub(crate) async fn is_true(&self, expression: &str) -> bool {
        let result = self.page.evaluate_expression(expression).await;
        result.ok().and_then(|it| it.into_value().ok()).unwrap_or_default()
    }

    /// Signs in on the page for it, and waits for the vehicles.
    pub(crate) async fn sign_in(&self, service: &str, email: &str, password: &str) {
        self.page.goto(format!("{service}/login")).await.unwrap();
        self.type_into("email", email).await;
        self.type_into("password", password).await;
        self.press_enter("password").await;
        self.wait_for_path("/vehicles").await;
    }

    pub(crate) async fn wait_for_text(&self, text: &str) {
        let is_shown = async || {
            let Ok(body) = self.page.find_element("body").await else { return false };
            let shown = body.inner_text().await.ok().flatten().unwrap_or_default();
            shown.contains(text)
        };
        eventually(&format!("{text:?} on the page"), is_shown).await;
    }

    pub(crate) async fn type_into(&self, name: &str, text: &str) {
        let field = self.field(name).await;
        field.focus().await.unwrap().type_str(text).await.unwrap();
    }

    pub(crate) async fn replace_value(&self, name: &str, text: &str) {
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
    pub(crate) async fn press_enter(&self, name: &str) {
        self.field(name).await.press_key("Enter").await.unwrap();
    }

    pub(crate) async fn field(&self, name: &str) -> chromiumoxide::Element {
        self.page.find_element(format!("[name={name}]:not([type=hidden])")).await.unwrap()
    }

    pub(crate) async fn click(&self, link: &str) {
        self.page.find_element(link).await.unwrap().click().await.unwrap();
    }
}
