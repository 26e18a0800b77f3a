//! `[database]`: where the data lies.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

use super::{ConfigError, Secret};

/// The host that the seed's deployment gives the database.
const HOST: &str = "admin-postgres";
/// The database's name.
const NAME: &str = "motovaultpro";
/// Where the embedded database lies, below the folder that the service starts in.
const SQLITE_FILE: &str = "data/motovaultpro.db";

/// The `[database]` section. With neither `url` nor any part it is the embedded SQLite.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Database {
    /// `sqlite://path` or `postgres://user@host:port/name`.
    pub url: Option<Secret>,
    /// PostgreSQL's host; `admin-postgres` unless said.
    pub host: Option<String>,
    /// PostgreSQL's port; 5432 unless said.
    pub port: Option<u16>,
    /// The database's name; `motovaultpro` unless said.
    pub name: Option<String>,
    /// The role to sign in as; `postgres` unless said.
    pub user: Option<String>,
    /// The role's password.
    pub password: Option<Secret>,
    /// Where migrations run, if not at `url`: a pooler's way past is needed for them.
    pub migration_url: Option<Secret>,
    /// How many connections the service holds at most.
    pub pool_size: u32,
    /// Seconds after which an unused connection is closed.
    pub idle_timeout: u64,
    /// Whether statements are prepared by name; off behind a pooler that cannot keep them.
    pub prepared_statements: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            host: None,
            port: None,
            name: None,
            user: None,
            password: None,
            migration_url: None,
            pool_size: 10,
            idle_timeout: 30,
            prepared_statements: true,
        }
    }
}

/// Which database the settings name.
#[derive(Debug, Clone)]
pub enum Engine {
    /// The embedded one, in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PostgresAddress),
}

/// How to reach a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresAddress(pub Box<PgConnectOptions>);

impl std::fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "postgres://{}:{}", self.0.get_host(), self.0.get_port())
    }
}

impl Database {
    /// Whether it is PostgreSQL, given by its parts instead of a URL.
    pub(super) fn is_by_parts(&self) -> bool {
        self.url.is_none()
            && (self.host.is_some()
                || self.port.is_some()
                || self.name.is_some()
                || self.user.is_some()
                || self.password.is_some())
    }

    /// How long an unused connection is kept.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout)
    }

    /// Which database the service works on.
    ///
    /// # Errors
    /// A URL of another kind, or a pool of no connections.
    pub fn engine(&self) -> Result<Engine, ConfigError> {
        if !(1..=1000).contains(&self.pool_size) {
            return Err(ConfigError::value("database.pool_size", "is from 1 to 1000"));
        }
        match &self.url {
            Some(url) => self.engine_at(url, "database.url"),
            None if self.is_by_parts() => {
                let options = PgConnectOptions::new_without_pgpass()
                    .host(self.host.as_deref().unwrap_or(HOST))
                    .port(self.port.unwrap_or(5432))
                    .database(self.name.as_deref().unwrap_or(NAME))
                    .username(self.user.as_deref().unwrap_or("postgres"));
                Ok(self.postgres(options))
            }
            None => Ok(Engine::Sqlite(SQLITE_FILE.into())),
        }
    }

    /// Which database migrations run on: the same, unless `migration_url` leads to it otherwise.
    ///
    /// # Errors
    /// A URL of another kind.
    pub fn migration_engine(&self) -> Result<Engine, ConfigError> {
        match &self.migration_url {
            Some(url) => self.engine_at(url, "database.migration_url"),
            None => self.engine(),
        }
    }

    fn engine_at(&self, url: &Secret, key: &str) -> Result<Engine, ConfigError> {
        let text = url.expose();
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split('?').next().unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err(ConfigError::value(key, "names a file: sqlite://data/motovaultpro.db"));
            }
            return Ok(Engine::Sqlite(path.into()));
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(ConfigError::value(key, "begins with sqlite:// or postgres://"));
        }
        // The parser's own words could repeat the password.
        let options: PgConnectOptions = text.parse().map_err(|_| {
            ConfigError::value(key, "is postgres://user@host:port/name, percent-encoded")
        })?;
        Ok(self.postgres(options))
    }

    fn postgres(&self, options: PgConnectOptions) -> Engine {
        let options = match &self.password {
            Some(password) => options.password(password.expose()),
            None => options,
        };
        Engine::Postgres(PostgresAddress(Box::new(options)))
    }
}
