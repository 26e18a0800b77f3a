//! Controls Chromium.

use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{devtools::DevTools, eventually};

/// A page in Chromium.
pub(crate) struct BrowserSession {
    chromium: Mutex<DevTools>,
    /// The folder of the profile, unless the test has its own.
    _folder: Option<tempfile::TempDir>,
}

impl BrowserSession {
    /// Starts a browser with the screen size of a phone.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let browser = Self::start_in(folder.path()).await;
        Self { _folder: Some(folder), ..browser }
    }

    /// Starts a browser with its profile in `folder`, where an earlier one may have left it.
    pub(crate) async fn start_in(folder: &Path) -> Self {
        let browser = Self { chromium: Mutex::new(DevTools::start(folder).await), _folder: None };
        browser.resize(390).await;
        browser.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
        browser
    }

    /// Closes the browser.
    pub(crate) async fn close(self) {
        self.chromium.into_inner().close().await;
    }

    /// Kills the browser with SIGKILL.
    pub(crate) async fn kill(self) {
        self.chromium.into_inner().kill().await;
    }

    /// Calls a method of the DevTools protocol, and returns its result.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        self.chromium.lock().await.call(method, params).await.unwrap()
    }

    /// Opens a URL, and waits until it is loaded.
    pub(crate) async fn goto(&self, url: impl AsRef<str>) {
        self.chromium.lock().await.navigate(url.as_ref()).await;
    }

    /// Sets the width of the screen in CSS pixels; a narrow one is a phone's.
    pub(crate) async fn resize(&self, width: i64) {
        let screen = json!({
            "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.call("Emulation.setDeviceMetricsOverride", screen).await;
    }

    pub(crate) async fn url(&self) -> String {
        self.chromium.lock().await.url().await
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

    /// The value of a script's expression on the page; of a promise, what it resolves to.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).await.unwrap()
    }

    /// Fails if the script throws, or if the page is left meanwhile.
    async fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut chromium = self.chromium.lock().await;
        let result = chromium.call("Runtime.evaluate", params).await?;
        match result.get("exceptionDetails") {
            Some(exception) => Err(format!("{expression}: {exception}")),
            None => Ok(result["result"]["value"].clone()),
        }
    }

    /// Whether a script's expression is true on the page.
    pub(crate) async fn is_true(&self, expression: &str) -> bool {
        self.try_evaluate(expression).await.is_ok_and(|it| it == true)
    }

    /// Signs in on the page for it, and waits for the home page.
    pub(crate) async fn sign_in(&self, service: &str, email: &str, password: &str) {
        self.goto(format!("{service}/login")).await;
        self.type_into("email", email).await;
        self.type_into("password", password).await;
        self.press_enter("password").await;
        self.wait_for_path("/").await;
    }

    /// Whether the page shows this text; false while it is being loaded.
    pub(crate) async fn shows(&self, text: &str) -> bool {
        self.is_true(&format!("document.body.innerText.includes({})", json!(text))).await
    }

    pub(crate) async fn wait_for_text(&self, text: &str) {
        eventually(&format!("{text:?} on the page"), async || self.shows(text).await).await;
    }

    pub(crate) async fn type_into(&self, name: &str, text: &str) {
        self.focus(name).await;
        self.type_text(text).await;
    }

    pub(crate) async fn replace_value(&self, name: &str, text: &str) {
        self.focus(name).await;
        let typed = self.value_of(name).await;
        self.press(json!({ "key": "End", "code": "End", "windowsVirtualKeyCode": 35 })).await;
        let backspace =
            json!({ "key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8 });
        for _ in typed.chars() {
            self.press(backspace.clone()).await;
        }
        self.type_text(text).await;
    }

    /// Presses Enter in a field.
    pub(crate) async fn press_enter(&self, name: &str) {
        self.focus(name).await;
        let enter = json!({
            "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r",
        });
        self.press(enter).await;
    }

    /// The value of a field.
    pub(crate) async fn value_of(&self, name: &str) -> String {
        let value = self.evaluate(&format!("{}.value", field(name))).await;
        value.as_str().unwrap().to_owned()
    }

    pub(crate) async fn focus(&self, name: &str) {
        self.evaluate(&format!("{}.focus()", field(name))).await;
    }

    /// Clicks the middle of the first element that a selector matches, as soon as it is visible.
    pub(crate) async fn click(&self, selector: &str) {
        let is_visible = format!(
            "[...document.querySelector({}).getClientRects()].some((it) => it.width * it.height > 1)",
            json!(selector)
        );
        eventually(selector, async || self.is_true(&is_visible).await).await;
        let script = format!(
            "(() => {{
                const element = document.querySelector({});
                element.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
                const box = [...element.getClientRects()].find((it) => it.width * it.height > 1);
                return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
            }})()",
            json!(selector)
        );
        let point = self.evaluate(&script).await;
        for (kind, button, count) in
            [("mouseMoved", "none", 0), ("mousePressed", "left", 1), ("mouseReleased", "left", 1)]
        {
            let event = json!({
                "type": kind, "x": point["x"], "y": point["y"], "button": button, "clickCount": count,
            });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    async fn type_text(&self, text: &str) {
        for character in text.chars() {
            let text = character.to_string();
            self.press(json!({ "key": text, "text": text })).await;
        }
    }

    /// Presses a key and releases it.
    async fn press(&self, key: Value) {
        let kind = if key.get("text").is_some() { "keyDown" } else { "rawKeyDown" };
        for kind in [kind, "keyUp"] {
            let mut event = key.clone();
            event["type"] = json!(kind);
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }
}

/// The script for the visible field with this name.
fn field(name: &str) -> String {
    format!("document.querySelector('[name={name}]:not([type=hidden])')")
}
