//! A browser that logs in with the provider on this machine.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fake::Fake;
use crate::{
    core::config::{Config, Registration},
    testing::{Answer, TestApp},
};

/// A browser, with its cookies.
pub(super) struct Browser {
    app: TestApp,
    jar: BTreeMap<String, String>,
}

impl Browser {
    /// A new one: no cookies yet.
    pub(super) fn new(app: &TestApp) -> Self {
        Self { app: app.nobody(), jar: BTreeMap::new() }
    }

    /// The same cookies at a service with other settings.
    pub(super) fn at(&self, app: &TestApp) -> Self {
        Self { app: app.nobody(), jar: self.jar.clone() }
    }

    /// Whoever is signed in, as tests ask.
    pub(super) fn asking(&self) -> TestApp {
        let cookies: Vec<_> = self.jar.iter().map(|(name, it)| format!("{name}={it}")).collect();
        self.app.with_cookie((!cookies.is_empty()).then(|| cookies.join("; ")))
    }

    fn keep(&mut self, answer: &Answer) {
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

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let answer = self.asking().get(path).await;
        self.keep(&answer);
        answer
    }

    pub(super) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.asking().submit(path, fields).await;
        self.keep(&answer);
        answer
    }

    /// Begins a log-in and logs in at the provider: the path that it sends the browser back to.
    pub(super) async fn begin(&mut self, fake: &Fake, name: &str, subject: &str) -> String {
        let begun = self.get(&format!("/login/oidc/{name}?next=%2Ftrash")).await;
        assert_eq!(begun.status, 303, "{begun:?}");
        local(&fake.log_in(begun.header("location"), subject))
    }

    /// Logs in with the provider, from the first click to the last answer.
    pub(super) async fn log_in(&mut self, fake: &Fake, name: &str, subject: &str) -> Answer {
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

/// The path of one of this service's addresses.
pub(super) fn local(address: &str) -> String {
    address.strip_prefix("http://cars.test").unwrap().to_owned()
}

/// The service with the provider as `home`; nobody may make an account unless `change` says so.
pub(super) fn with_provider(
    app: &TestApp,
    fake: &Fake,
    change: impl FnOnce(&mut Config),
) -> TestApp {
    app.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.auth.registration = Registration::Closed;
        config.auth.providers.insert("home".to_owned(), fake.settings());
        change(config);
    })
}

/// As [`with_provider`], and whoever it vouches for gets an account.
pub(super) fn open_to_all(app: &TestApp, fake: &Fake) -> TestApp {
    with_provider(app, fake, |config| {
        config.auth.providers.get_mut("home").unwrap().allow_sign_up = true;
    })
}

/// What a page says.
pub(super) fn text(answer: &Answer) -> &str {
    answer.body.as_str().unwrap_or_default()
}
