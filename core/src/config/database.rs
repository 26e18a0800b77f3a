//! `[database]`: the database.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

use super::{ConfigError, Secret};

/// The database's host in the reference deployment.
const DEFAULT_HOST: &str = "admin-postgres";
/// The database's default name.
const DEFAULT_NAME: &str = "motovaultpro";
/// The path of the embedded database, relative to the working directory.
const DEFAULT_SQLITE_FILE: &str = "data/motovaultpro.db";

/// The `[database]` section. With neither `url` nor any of the parts, the embedded SQLite is used.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Database {
    /// `sqlite://path` or `postgres://user@host:port/name`.
    pub url: Option<Secret>,
    /// PostgreSQL's host; defaults to `admin-postgres`.
    pub host: Option<String>,
    /// PostgreSQL's port; defaults to 5432.
    pub port: Option<u16>,
    /// The database's name; defaults to `motovaultpro`.
    pub name: Option<String>,
    /// The role to log in as; defaults to `postgres`.
    pub user: Option<String>,
    /// The role's password.
    pub password: Option<Secret>,
    /// Where migrations run, if not at `url`: they must bypass a pooler.
    pub migration_url: Option<Secret>,
    /// A read replica for statistics and lists.
    pub replica_url: Option<Secret>,
    /// The maximum lag of the replica in seconds: beyond it, the primary answers all reads.
    pub replica_max_lag: u64,
    /// A role for analytics, which may read the vehicle data of all users.
    pub analytics_role: Option<String>,
    /// The maximum number of connections in the pool.
    pub pool_size: u32,
    /// The number of seconds after which an idle connection is closed.
    pub idle_timeout: u64,
    /// Whether to use named prepared statements; turn off behind a pooler that does not support
    /// them.
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

/// The configured database.
#[derive(Debug, Clone)]
pub enum Engine {
    /// The embedded SQLite database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PostgresAddress),
}

/// Describes the database without a password.
impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => {
                let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                write!(f, "the SQLite database {}", absolute.display())
            }
            Self::Postgres(PostgresAddress(servers)) => {
                let address = |it: &PgConnectOptions| match it.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => format!("{}:{}", it.get_host(), it.get_port()),
                };
                let addresses: Vec<_> = servers.iter().map(address).collect();
                let name = servers.first().and_then(PgConnectOptions::get_database);
                let name = name.map(|it| format!(" {it}")).unwrap_or_default();
                write!(f, "the PostgreSQL database{name} at {}", addresses.join(", "))
            }
        }
    }
}

/// How to reach PostgreSQL: the only server, or all servers of which one accepts writes.
#[derive(Clone)]
pub struct PostgresAddress(pub Vec<PgConnectOptions>);

impl std::fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let servers = self.0.iter().map(|it| format!("{}:{}", it.get_host(), it.get_port()));
        write!(f, "postgres://{}", servers.collect::<Vec<_>>().join(","))
    }
}

impl Database {
    /// Whether PostgreSQL is configured by its parts instead of a URL.
    pub(super) fn is_set_by_parts(&self) -> bool {
        self.url.is_none()
            && (self.host.is_some()
                || self.port.is_some()
                || self.name.is_some()
                || self.user.is_some()
                || self.password.is_some())
    }

    /// How long an idle connection stays open.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.idle_timeout)
    }

    /// The database of the service.
    ///
    /// # Errors
    /// The URL has another scheme, or the pool size is out of range.
    pub fn engine(&self) -> Result<Engine, ConfigError> {
        if !(1..=1000).contains(&self.pool_size) {
            return Err(ConfigError::value("database.pool_size", "must be from 1 to 1000"));
        }
        match &self.url {
            Some(url) => self.engine_at(url, "database.url"),
            None if self.is_set_by_parts() => {
                let options = PgConnectOptions::new_without_pgpass()
                    .host(self.host.as_deref().unwrap_or(DEFAULT_HOST))
                    .port(self.port.unwrap_or(5432))
                    .database(self.name.as_deref().unwrap_or(DEFAULT_NAME))
                    .username(self.user.as_deref().unwrap_or("postgres"));
                Ok(self.postgres(vec![options]))
            }
            None => Ok(Engine::Sqlite(DEFAULT_SQLITE_FILE.into())),
        }
    }

    /// The database where migrations run: the same, reached by `migration_url` if set.
    ///
    /// # Errors
    /// The URL has another scheme.
    pub fn migration_engine(&self) -> Result<Engine, ConfigError> {
        match &self.migration_url {
            Some(url) => self.engine_at(url, "database.migration_url"),
            None => self.engine(),
        }
    }

    /// Creates the settings of another database at `url`, which is created and filled before the
    /// service uses it. Connection settings are copied from here, but not the addresses and the
    /// password.
    ///
    /// # Errors
    /// The URL has another scheme. The error names the option of `motovaultpro move`.
    pub fn for_other_database(
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
                let why = "requires PostgreSQL, and --to must be PostgreSQL too";
                return Err(ConfigError::value("--to-migration-url", why));
            }
        }
        Ok(Self { url: Some(url), migration_url, ..other })
    }

    /// The read replica, if configured.
    ///
    /// # Errors
    /// The URL has another scheme or several servers, the primary is not PostgreSQL, or the lag is
    /// out of range.
    pub fn replica(&self) -> Result<Option<PostgresAddress>, ConfigError> {
        if !(1..=3600).contains(&self.replica_max_lag) {
            return Err(ConfigError::value("database.replica_max_lag", "must be from 1 to 3600"));
        }
        let Some(url) = &self.replica_url else { return Ok(None) };
        match (self.engine()?, self.engine_at(url, "database.replica_url")?) {
            (Engine::Postgres(_), Engine::Postgres(replica)) if replica.0.len() == 1 => {
                Ok(Some(replica))
            }
            _ => {
                let why = "must be one PostgreSQL server that replicates the one of database.url";
                Err(ConfigError::value("database.replica_url", why))
            }
        }
    }

    /// The maximum lag of the replica.
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
                return Err(ConfigError::value(
                    key,
                    "must name a file: sqlite://data/motovaultpro.db",
                ));
            }
            return Ok(Engine::Sqlite(path.into()));
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(ConfigError::value(key, "must start with sqlite:// or postgres://"));
        }
        // The parser's message could repeat the password.
        let unreadable = || {
            let why = "must be postgres://user@host:port/name, percent-encoded, with commas between hosts";
            ConfigError::value(key, why)
        };
        let mut servers = Vec::new();
        for one in each_server(text).ok_or_else(unreadable)? {
            servers.push(one.parse::<PgConnectOptions>().map_err(|_| unreadable())?);
        }
        // A role in a URL with a password has its own password.
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

/// Splits a URL into the scheme with `://`, `user:password@` or nothing, the hosts, and the rest.
fn authority(url: &str) -> Option<(&str, &str, &str, &str)> {
    let (begin, rest) = url.split_at(url.find("://")? + 3);
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    Some((begin, user, hosts, rest))
}

/// Splits a URL with several hosts into one URL per host. The host that accepts writes is always
/// used, so `target_session_attrs` may say so, as libpq needs it.
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
