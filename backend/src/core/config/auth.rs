//! `[auth]`: who may come in.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use axum::http::Uri;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Database, Engine, Secret};
use crate::core::keys::ServiceKey;

/// The file of the service key, where no key is set.
pub const SERVICE_KEY: &str = "service.key";

/// The `[auth]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Auth {
    /// Whether people may make accounts after the first.
    pub registration: Registration,
    /// Who has to have a second factor.
    pub require_second_factor: SecondFactor,
    /// The e-mail address of the administrator that is created at the start, if there is no account.
    pub first_administrator: Option<String>,
    /// That administrator's password.
    pub first_administrator_password: Option<Secret>,
    /// The key that seals the secrets in the database; one is created unless it is set.
    pub key: Option<Secret>,
    /// The file that `key` was read from.
    pub key_file: Option<PathBuf>,
    /// The OpenID providers that people may log in with, by the name that is in their addresses.
    pub providers: BTreeMap<String, Provider>,
}

/// Whether people may make accounts after the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Nobody may.
    #[default]
    Closed,
    /// Anybody may.
    Open,
    /// Whoever an administrator has invited may.
    Invite,
}

/// Who has to have a second factor, beside a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Nobody has to.
    #[default]
    Off,
    /// Whoever may run the service.
    Administrators,
    /// Everybody.
    Everyone,
}

/// One OpenID provider: `[auth.providers.NAME]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Provider {
    /// Its issuer identifier, an address, exactly as its own metadata spells it.
    pub issuer: String,
    /// What the provider calls this service.
    pub client_id: String,
    /// The secret it gave this service, where it gave one.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// What the button says: "Log in with LABEL". The name unless said.
    #[serde(default)]
    pub label: Option<String>,
    /// What is asked for, with spaces between.
    #[serde(default = "usual_scopes")]
    pub scopes: String,
    /// What its access tokens have to be meant for to be taken by the API. None are unless said.
    #[serde(default)]
    pub audience: Option<String>,
    /// The scope without which an access token may only read.
    #[serde(default)]
    pub write_scope: Option<String>,
    /// Whether whoever it vouches for gets an account, even where registration is closed.
    #[serde(default)]
    pub allow_sign_up: bool,
}

fn usual_scopes() -> String {
    "openid email profile".to_owned()
}

impl Auth {
    /// The file of the service key where no key is set: beside SQLite's database, or where that would
    /// be.
    ///
    /// # Errors
    /// As [`Database::engine`].
    pub fn service_key_path(&self, database: &Database) -> Result<PathBuf, ConfigError> {
        Ok(match database.engine()? {
            Engine::Sqlite(file) => file.parent().unwrap_or(Path::new("")).join(SERVICE_KEY),
            Engine::Postgres(_) => Path::new("data").join(SERVICE_KEY),
        })
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(Err(why)) = self.key.as_ref().map(|it| ServiceKey::parse(it.expose())) {
            return Err(ConfigError::value("auth.key", &why));
        }
        if self.first_administrator_password.is_some() && self.first_administrator.is_none() {
            let why = "is required if auth.first_administrator_password is set";
            return Err(ConfigError::value("auth.first_administrator", why));
        }
        for (name, provider) in &self.providers {
            let value = |key: &str, why: &str| {
                Err(ConfigError::value(&format!("auth.providers.{name}{key}"), why))
            };
            let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
            if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
                return value("", "is named by 1 to 32 of a-z, 0-9 and -");
            }
            if !is_issuer(&provider.issuer) {
                return value(
                    ".issuer",
                    "is https://host/path, or http:// on this machine; 255 characters at most",
                );
            }
            if provider.client_id.trim().is_empty() {
                return value(".client_id", "is not empty");
            }
            if !provider.scopes.split(' ').any(|scope| scope == "openid") {
                return value(".scopes", "has openid among others, with spaces between");
            }
            if provider.audience.as_deref().is_some_and(|it| it.trim().is_empty()) {
                return value(".audience", "is not empty");
            }
            let has_same = |other: &&Provider| other.issuer == provider.issuer;
            if self.providers.values().filter(has_same).count() > 1 {
                return value(
                    ".issuer",
                    "is another provider's, too: people would be taken for one",
                );
            }
        }
        Ok(())
    }
}

impl Provider {
    /// Whether an address that the provider names may be asked: over https, or where the provider
    /// itself is on this machine, there.
    #[must_use]
    pub fn may_name(&self, address: &str) -> bool {
        let is_here = self.issuer.starts_with("http://");
        scheme(address) == Some("https") || (is_here && scheme(address) == Some("http"))
    }
}

fn is_issuer(issuer: &str) -> bool {
    issuer.len() <= 255 && !issuer.contains(['?', '#']) && scheme(issuer).is_some()
}

/// The scheme of an address that can be trusted to lead where it says: https, or http on this
/// machine.
fn scheme(address: &str) -> Option<&'static str> {
    let uri: Uri = address.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    if uri.authority()?.as_str().contains('@') {
        return None;
    }
    match uri.scheme_str()? {
        "https" => Some("https"),
        "http" => {
            let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
            let is_here = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
            is_here.then_some("http")
        }
        _ => None,
    }
}
