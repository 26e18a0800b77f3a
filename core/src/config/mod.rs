//! The settings: defaults, overridden by `motovaultpro.toml`, environment variables, and secret
//! files, in this order.
//!
//! No other code reads the environment, except for the log level (`MVP_LOG`).

mod auth;
mod backup;
mod cache;
mod database;
mod hosts;
mod log;
mod mail;
mod networks;
mod secret;
mod server;
mod show;
mod source;
mod stations;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_backup;
#[cfg(test)]
mod tests_providers;
#[cfg(test)]
mod tests_show;
#[cfg(test)]
mod tests_stations;
mod vin;

use std::path::Path;

pub use auth::{Auth, Provider, Registration, SERVICE_KEY, SecondFactor};
pub use backup::{Backup, PublicKeys, Recipients, Schedule, parse_recipient};
pub use cache::Cache;
pub use database::{Database, Engine, PostgresAddress};
pub use hosts::Hosts;
pub use log::{Log, LogFormat};
pub use mail::{Mail, Notifications};
pub use networks::Networks;
pub use networks::network_prefix;
pub use secret::{Secret, redact_url};
use serde::{Deserialize, Serialize};
pub use server::Server;
pub use source::{ConfigError, Origin, Origins};
pub use stations::Stations;
pub use vin::{Vin, VinProvider};

/// All settings, with their defaults.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Config {
    /// How the service is reached.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The cache's backend.
    pub cache: Cache,
    /// Accounts and sign-in.
    pub auth: Auth,
    /// VIN decoding.
    pub vin: Vin,
    /// External providers of stations.
    pub stations: Stations,
    /// Backups.
    pub backup: Backup,
    /// Outgoing email.
    pub mail: Mail,
    /// Notifications.
    pub notifications: Notifications,
    /// Logs and traces.
    pub log: Log,
}

/// The settings whose values are secret. Each can also be given as the path of a file, under the
/// same name with `_file`. `*` stands for any one name.
const SECRETS: [&str; 12] = [
    "database.url",
    "database.password",
    "database.migration_url",
    "database.replica_url",
    "cache.url",
    "auth.key",
    "auth.first_administrator_password",
    "auth.providers.*.client_secret",
    "stations.google_api_key",
    "backup.postgres_url",
    "backup.signing_key",
    "mail.url",
];

/// Reads a secret from a file, without a trailing line break.
///
/// # Errors
/// The file is missing or can't be read.
pub fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    let secret = source::read_secret_file(path)?;
    let secret = secret.ok_or(ConfigError::File { path: path.to_owned(), error: missing })?;
    Ok(Secret::new(secret))
}

/// The path where container platforms mount the database's password.
const MOUNTED_PASSWORD: &str = "/run/secrets/postgres-password";

impl Config {
    /// Reads the settings from `file`, or from `motovaultpro.toml` if it exists, and from the
    /// environment.
    ///
    /// # Errors
    /// The named file is missing, TOML is invalid, a key is unknown, a value is out of range, or a
    /// secret is given twice.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_with_origins(file).map(|it| it.0)
    }

    /// Like [`Config::load`], and also returns where each value comes from.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn load_with_origins(file: Option<&Path>) -> Result<(Self, Origins), ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::read_with_origins(file, environment.collect(), Path::new(MOUNTED_PASSWORD))
    }

    /// Formats the settings as TOML, each with its origin as a comment. Secrets are left out: their
    /// lines are comments.
    ///
    /// # Errors
    /// A value cannot be represented in JSON.
    pub fn to_toml(&self, origins: &Origins) -> serde_json::Result<String> {
        show::show(self, origins)
    }

    #[cfg(test)]
    fn read(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        mounted_password: &Path,
    ) -> Result<Self, ConfigError> {
        Self::read_with_origins(file, environment, mounted_password).map(|it| it.0)
    }

    fn read_with_origins(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        mounted_password: &Path,
    ) -> Result<(Self, Origins), ConfigError> {
        let (mut config, mut origins): (Self, _) = source::read(file, environment, &SECRETS)?;
        if config.database.is_set_by_parts() && config.database.password.is_none() {
            config.database.password = source::read_secret_file(mounted_password)?.map(Secret::new);
            if config.database.password.is_some() {
                origins.add_secret_file("database.password", mounted_password);
            }
        }
        config.database.engine()?;
        config.database.migration_engine()?;
        config.database.replica()?;
        config.cache.check()?;
        config.server.check()?;
        config.auth.check()?;
        config.vin.check()?;
        config.stations.check()?;
        config.backup.check(&config.database)?;
        config.mail.check()?;
        config.log.check()?;
        if !config.auth.providers.is_empty() && config.server.public_url.is_none() {
            let why = "is required if auth.providers has any: they redirect browsers to it";
            return Err(ConfigError::value("server.public_url", why));
        }
        Ok((config, origins))
    }
}
