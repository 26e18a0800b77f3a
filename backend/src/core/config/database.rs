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
    /// A replica of the same database, which statistics and lists may be read from.
    pub replica_url: Option<Secret>,
    /// Seconds that the replica may be behind before it is left alone.
    pub replica_max_lag: u64,
    /// A role that may read what vehicles did, of all users, for analytics.
    pub analytics_role: Option<String>,
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
            replica_url: None,
            replica_max_lag: 10,
            analytics_role: None,
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

/// Says which database it is, without a password.
impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => {
                let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                write!(f, "the SQLite database {}", whole.display())
            }
            Self::Postgres(PostgresAddress(servers)) => {
                let place = |it: &PgConnectOptions| match it.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => format!("{}:{}", it.get_host(), it.get_port()),
                };
                let places: Vec<_> = servers.iter().map(place).collect();
                let name = servers.first().and_then(PgConnectOptions::get_database);
                let name = name.map(|it| format!(" {it}")).unwrap_or_default();
                write!(f, "the PostgreSQL database{name} at {}", places.join(", "))
            }
        }
    }
}

/// How to reach a PostgreSQL server: each of those of which one takes writes, or the only one.
#[derive(Clone)]
pub struct PostgresAddress(pub Vec<PgConnectOptions>);

impl std::fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let servers = self.0.iter().map(|it| format!("{}:{}", it.get_host(), it.get_port()));
        write!(f, "postgres://{}", servers.collect::<Vec<_>>().join(","))
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
                Ok(self.postgres(vec![options]))
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

    /// The settings of another database at `url`, which is created and filled before the service uses
    /// it. How connections are used stays as it is here; the addresses and the password do not.
    ///
    /// # Errors
    /// A URL of another kind, under the name of the option of `motovaultpro move` that it is from.
    pub fn elsewhere(
        &self,
        url: Secret,
        migration_url: Option<Secret>,
        password: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        let other = Self {
            url: None,
            host: None,
            port: None,
            name: None,
            user: None,
            password,
            migration_url: None,
            replica_url: None,
            ..self.clone()
        };
        let at = other.engine_at(&url, "--to")?;
        if let Some(owners) = &migration_url {
            let owners = other.engine_at(owners, "--to-migration-url")?;
            if !matches!((at, owners), (Engine::Postgres(_), Engine::Postgres(_))) {
                let why = "is for PostgreSQL, as --to is";
                return Err(ConfigError::value("--to-migration-url", why));
            }
        }
        Ok(Self { url: Some(url), migration_url, ..other })
    }

    /// The replica that some reads may go to, if there is one.
    ///
    /// # Errors
    /// A URL of another kind or of several servers, a primary that is not PostgreSQL, a lag out of
    /// range.
    pub fn replica(&self) -> Result<Option<PostgresAddress>, ConfigError> {
        if !(1..=3600).contains(&self.replica_max_lag) {
            return Err(ConfigError::value("database.replica_max_lag", "is from 1 to 3600"));
        }
        let Some(url) = &self.replica_url else { return Ok(None) };
        match (self.engine()?, self.engine_at(url, "database.replica_url")?) {
            (Engine::Postgres(_), Engine::Postgres(replica)) if replica.0.len() == 1 => {
                Ok(Some(replica))
            }
            _ => {
                let why = "is one PostgreSQL server, which replicates that of database.url";
                Err(ConfigError::value("database.replica_url", why))
            }
        }
    }

    /// How far behind the replica may be.
    #[must_use]
    pub fn replica_max_lag(&self) -> Duration {
        Duration::from_secs(self.replica_max_lag)
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
        let unreadable = || {
            let why =
                "is postgres://user@host:port/name, percent-encoded, with commas between hosts";
            ConfigError::value(key, why)
        };
        let mut servers = Vec::new();
        for one in each_server(text).ok_or_else(unreadable)? {
            servers.push(one.parse::<PgConnectOptions>().map_err(|_| unreadable())?);
        }
        // A role of its own has a password of its own.
        let has_password = authority(text).is_some_and(|(_, user, ..)| user.contains(':'));
        if has_password {
            return Ok(Engine::Postgres(PostgresAddress(servers)));
        }
        Ok(self.postgres(servers))
    }

    fn postgres(&self, servers: Vec<PgConnectOptions>) -> Engine {
        let with_password = |options: PgConnectOptions| match &self.password {
            Some(password) => options.password(password.expose()),
            None => options,
        };
        Engine::Postgres(PostgresAddress(servers.into_iter().map(with_password).collect()))
    }
}

/// A URL's parts: `postgres://`, `user:password@` or nothing, the hosts, and the rest.
fn authority(url: &str) -> Option<(&str, &str, &str, &str)> {
    let (begin, rest) = url.split_at(url.find("://")? + 3);
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    Some((begin, user, hosts, rest))
}

/// A URL for each of its hosts. Of several, the one that takes writes is meant in any case; to say
/// so, as libpq needs it, is no fault.
fn each_server(url: &str) -> Option<Vec<String>> {
    let (begin, user, hosts, rest) = authority(url)?;
    if hosts.contains(',') && hosts.split(',').any(str::is_empty) {
        return None;
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut others = Vec::new();
    for parameter in query.split('&').filter(|it| !it.is_empty()) {
        match parameter.strip_prefix("target_session_attrs=") {
            None => others.push(parameter),
            Some("read-write" | "primary") => {}
            Some(_) => return None,
        }
    }
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Some(hosts.split(',').map(|host| format!("{begin}{user}{host}{path}{query}")).collect())
}
