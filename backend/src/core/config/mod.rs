//! The service's settings: defaults ← `motovaultpro.toml` ← environment ← secret files.
//!
//! Nothing else reads the environment, but for the log's level (`MVP_LOG`).

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
pub use backup::{Backup, Every, PublicKeys, Recipients, recipient};
pub use cache::Cache;
pub use database::{Database, Engine, PostgresAddress};
pub use hosts::Hosts;
pub use log::{Log, LogFormat};
pub use mail::{Mail, Notifications};
pub use networks::Networks;
pub(crate) use networks::first_bits;
pub use secret::{Secret, redact_address};
use serde::{Deserialize, Serialize};
pub use server::Server;
pub use source::{ConfigError, Origin, Origins};
pub use stations::Stations;
pub use vin::{Vin, VinProvider};

/// Every setting, each with its default.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Config {
    /// How it is reached.
    pub server: Server,
    /// Where the data lies.
    pub database: Database,
    /// Where answers are kept for a while.
    pub cache: Cache,
    /// Who may come in.
    pub auth: Auth,
    /// Who answers what a VIN means.
    pub vin: Vin,
    /// Who is asked for stations.
    pub stations: Stations,
    /// Where backups are kept.
    pub backup: Backup,
    /// How mail is sent.
    pub mail: Mail,
    /// How people are told of something.
    pub notifications: Notifications,
    /// How it tells what it does.
    pub log: Log,
}

/// The settings whose values are secret; each may also be given as the path of a file that
/// holds it, under the same name and `_file`. A `*` is any one name.
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

/// Reads a secret from a file, without the line break that editors add.
///
/// # Errors
/// A file that is missing or can't be read.
pub fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    let secret = source::secret_from(path)?;
    let secret = secret.ok_or(ConfigError::File { path: path.to_owned(), error: missing })?;
    Ok(Secret::new(secret))
}

/// Where container platforms mount the database's password.
const MOUNTED_PASSWORD: &str = "/run/secrets/postgres-password";

impl Config {
    /// Reads the settings: from `file`, or from `motovaultpro.toml` where that exists, and from
    /// the environment.
    ///
    /// # Errors
    /// A named file that is absent, broken TOML, an unknown key, a value out of range, a secret
    /// given twice.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_with_origins(file).map(|it| it.0)
    }

    /// As [`Config::load`], and where each value comes from.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with_origins(file: Option<&Path>) -> Result<(Self, Origins), ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::read_with_origins(file, environment.collect(), Path::new(MOUNTED_PASSWORD))
    }

    /// The settings as TOML, each with its origin as a comment. What has a secret in it is a comment
    /// itself, without the secret.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn shown(&self, origins: &Origins) -> serde_json::Result<String> {
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
        if config.database.is_by_parts() && config.database.password.is_none() {
            config.database.password = source::secret_from(mounted_password)?.map(Secret::new);
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
            let why = "is needed where auth.providers has any: they send browsers back to it";
            return Err(ConfigError::value("server.public_url", why));
        }
        Ok((config, origins))
    }
}
