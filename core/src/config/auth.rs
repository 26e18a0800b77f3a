//! `[auth]`: accounts and sign-in.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use axum::http::Uri;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Database, Engine, Secret};
use crate::keys::ServiceKey;

/// The name of the service key's file if no key is set.
pub const SERVICE_KEY: &str = "service.key";

/// The `[auth]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Auth {
    /// Who can register after the first account.
    pub registration: Registration,
    /// Who must use a second factor.
    pub require_second_factor: SecondFactor,
    /// The email address of the administrator account that is created at startup if there are no
    /// accounts.
    pub first_administrator: Option<String>,
    /// That administrator's password.
    pub first_administrator_password: Option<Secret>,
    /// The key that seals the secrets in the database; if not set, one is created.
    pub key: Option<Secret>,
    /// The file that `key` was read from.
    pub key_file: Option<PathBuf>,
    /// The OpenID providers for sign-in, by the name used in their URLs.
    pub providers: BTreeMap<String, Provider>,
}

/// Who can register after the first account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// No one.
    #[default]
    Closed,
    /// Anyone.
    Open,
    /// People with an invitation from an administrator.
    Invite,
}

/// Who must use a second factor in addition to the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// No one.
    #[default]
    Off,
    /// Administrators.
    Administrators,
    /// All users.
    Everyone,
}

/// One OpenID provider: `[auth.providers.NAME]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Provider {
    /// The issuer identifier: a URL, exactly as in the provider's metadata.
    pub issuer: String,
    /// The client id of this service.
    pub client_id: String,
    /// The client secret, if the provider has issued one.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// The label of the button: "Sign in with LABEL". Defaults to the provider's name.
    #[serde(default)]
    pub label: Option<String>,
    /// The requested scopes, separated by spaces.
    #[serde(default = "default_scopes")]
    pub scopes: String,
    /// The audience that its access tokens must have for the API to accept them. Without it, none
    /// are accepted.
    #[serde(default)]
    pub audience: Option<String>,
    /// The scope that an access token needs to write. Without it, the token is read-only.
    #[serde(default)]
    pub write_scope: Option<String>,
    /// Whether its users can register even if registration is closed.
    #[serde(default)]
    pub allow_sign_up: bool,
}

fn default_scopes() -> String {
    "openid email profile".to_owned()
}

impl Auth {
    /// The path of the service key's file if no key is set: next to the SQLite database, or where
    /// that would be.
    ///
    /// # Errors
    /// As for [`Database::engine`].
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
                return value("", "must have a name of 1 to 32 characters: a-z, 0-9 and -");
            }
            if !is_issuer(&provider.issuer) {
                return value(
                    ".issuer",
                    "must be https://host/path, or http:// on this machine, of at most 255 characters",
                );
            }
            if provider.client_id.trim().is_empty() {
                return value(".client_id", "must not be empty");
            }
            if !provider.scopes.split(' ').any(|scope| scope == "openid") {
                return value(".scopes", "must include openid; separate scopes with spaces");
            }
            if provider.audience.as_deref().is_some_and(|it| it.trim().is_empty()) {
                return value(".audience", "must not be empty");
            }
            let has_same = |other: &&Provider| other.issuer == provider.issuer;
            if self.providers.values().filter(has_same).count() > 1 {
                return value(".issuer", "must be unique: another provider has the same issuer");
            }
        }
        Ok(())
    }
}

impl Provider {
    /// Whether a URL from the provider's metadata may be requested: over https, or http on this
    /// machine if the provider itself is on this machine.
    #[must_use]
    pub fn allows_url(&self, address: &str) -> bool {
        let is_local = self.issuer.starts_with("http://");
        scheme(address) == Some("https") || (is_local && scheme(address) == Some("http"))
    }
}

fn is_issuer(issuer: &str) -> bool {
    issuer.len() <= 255 && !issuer.contains(['?', '#']) && scheme(issuer).is_some()
}

/// The scheme of a URL whose host is authenticated: https, or http on this machine.
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
            let is_local = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
            is_local.then_some("http")
        }
        _ => None,
    }
}
