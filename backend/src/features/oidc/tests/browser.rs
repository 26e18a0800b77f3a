//! A browser for tests that logs in with the fake provider.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fake_provider::FakeProvider;
use crate::{
    core::config::{Config, Registration},
    testing::{TestApp, TestResponse},
};

/// A browser that stores cookies.
pub(super) struct Browser {
    app: TestApp,
    jar: BTreeMap<String, String>,
}

impl Browser {
    /// Creates a browser without cookies.
    pub(super) fn new(app: &TestApp) -> Self {
        Self { app: app.anonymous(), jar: BTreeMap::new() }
    }

    /// Copies the browser and its cookies for use with another instance.
    pub(super) fn at(&self, app: &TestApp) -> Self {
        Self { app: app.anonymous(), jar: self.jar.clone() }
    }

    /// A client that sends the browser's current cookies.
    pub(super) fn client(&self) -> TestApp {
        let cookies: Vec<_> = self.jar.iter().map(|(name, it)| format!("{name}={it}")).collect();
        self.app.with_cookie((!cookies.is_empty()).then(|| cookies.join("; ")))
    }

    fn store_cookies(&mut self, answer: &TestResponse) {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            if value.is_empty() {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> TestResponse {
        let answer = self.client().get(path).await;
        self.store_cookies(&answer);
        answer
    }

    pub(super) async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let answer = self.client().post_form(path, fields).await;
        self.store_cookies(&answer);
        answer
    }

    /// Begins a log-in and logs in at the provider. Returns the path that the provider redirects to.
    pub(super) async fn begin(&mut self, fake: &FakeProvider, name: &str, subject: &str) -> String {
        let started = self.get(&format!("/login/oidc/{name}?next=%2Ftrash")).await;
        assert_eq!(started.status, 303, "{started:?}");
        local_path(&fake.log_in(started.header("location"), subject))
    }

    /// Performs a complete log-in. Returns the final response.
    pub(super) async fn log_in(
        &mut self,
        fake: &FakeProvider,
        name: &str,
        subject: &str,
    ) -> TestResponse {
        let back = self.begin(fake, name, subject).await;
        self.get(&back).await
    }

    pub(super) async fn is_signed_in(&mut self) -> bool {
        self.get("/api/auth/me").await.status == 200
    }

    pub(super) async fn me(&mut self) -> Value {
        let me = self.get("/api/auth/me").await;
        assert_eq!(me.status, 200, "{me:?}");
        me.body
    }
}

/// Removes this service's origin from a URL.
pub(super) fn local_path(url: &str) -> String {
    url.strip_prefix("http://cars.test").unwrap().to_owned()
}

/// Configures the provider as `home`. Registration is closed unless `change` opens it.
pub(super) fn with_provider(
    app: &TestApp,
    fake: &FakeProvider,
    change: impl FnOnce(&mut Config),
) -> TestApp {
    app.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.auth.registration = Registration::Closed;
        config.auth.providers.insert("home".to_owned(), fake.settings());
        change(config);
    })
}

/// Same as [`with_provider`], but the provider's users can create accounts.
pub(super) fn with_sign_up_allowed(app: &TestApp, fake: &FakeProvider) -> TestApp {
    with_provider(app, fake, |config| {
        config.auth.providers.get_mut("home").unwrap().allow_sign_up = true;
    })
}

/// The body of a page.
pub(super) fn body_text(answer: &TestResponse) -> &str {
    answer.body.as_str().unwrap_or_default()
}
