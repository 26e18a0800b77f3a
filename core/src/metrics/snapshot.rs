//! Gauges that are set from a snapshot of the service's state when the metrics are requested.

use prometheus::{IntGauge, IntGaugeVec, Registry};

use super::{backups, gauges};
use crate::{db::replica::ReplicaState, health::BackupState};

/// A snapshot of the service's state.
#[derive(Debug, Clone, Default)]
pub struct ServiceState {
    /// Open connections to clients, and the maximum.
    pub connections: (usize, usize),
    /// Requests being handled, and the maximum.
    pub slots: (usize, usize),
    /// Waiting requests, and the maximum.
    pub queue: (usize, usize),
    /// Requests that wait for their turn to write, and the maximum.
    pub writers: (usize, usize),
    /// Whether the database responds.
    pub database_is_up: bool,
    /// The connection pools.
    pub pools: Vec<Pool>,
    /// Whether the cache responds.
    pub cache_is_up: bool,
    /// The numbers of executed and pending migrations; `None` without a database.
    pub migrations: Option<(usize, usize)>,
    /// The backups, if there is a folder for them.
    pub backups: Option<BackupState>,
    /// WAL archiving of PostgreSQL, if `archive_mode` is on.
    pub wal_archiver: Option<WalArchiver>,
    /// PostgreSQL's read replica.
    pub replica: Option<ReplicaState>,
}

/// The content of `pg_stat_archiver`: numbers of files, and times in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalArchiver {
    /// Archived WAL files.
    pub archived: i64,
    /// Attempts that failed.
    pub failed: i64,
    /// When a file was last archived.
    pub last_archived_at: Option<i64>,
    /// When an attempt last failed.
    pub last_failed_at: Option<i64>,
}

/// A database connection pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Its name, from a fixed list.
    pub name: &'static str,
    /// The number of open connections.
    pub open: usize,
    /// The number of idle connections.
    pub idle: usize,
    /// The maximum number of connections.
    pub max: usize,
}

impl Pool {
    /// The state of a pool.
    #[must_use]
    pub fn new<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let max = pool.options().get_max_connections();
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { name, open: pool.size() as usize, idle: pool.num_idle(), max }
    }
}

/// The gauges of a [`ServiceState`].
pub(super) struct Gauges {
    connections: IntGauge,
    connections_max: IntGauge,
    slots: IntGaugeVec,
    slots_max: IntGaugeVec,
    database_up: IntGauge,
    pools: IntGaugeVec,
    pools_max: IntGaugeVec,
    cache_up: IntGauge,
    migrations: IntGaugeVec,
    backups: backups::Gauges,
}

impl Gauges {
    pub(super) fn new(registry: &Registry) -> Self {
        let many = |name, help, labels: &[&str]| gauges(registry, name, help, labels);
        let one = |name, help| gauges(registry, name, help, &[]).with_label_values::<&str>(&[]);
        Self {
            connections: one("http_connections", "Open connections to clients"),
            connections_max: one("http_connections_max", "Maximum number of open connections"),
            slots: many("http_gate_requests", "Requests being handled and waiting", &["state"]),
            slots_max: many("http_gate_requests_max", "Maximum number of requests", &["state"]),
            database_up: one("database_up", "1 while the database responds"),
            pools: many(
                "database_connections",
                "Open database connections, by pool and state",
                &["pool", "state"],
            ),
            pools_max: many("database_connections_max", "Maximum number of connections", &["pool"]),
            cache_up: one("cache_up", "1 while the cache responds"),
            migrations: many("migrations", "Executed and pending migrations", &["state"]),
            backups: backups::Gauges::new(registry),
        }
    }

    pub(super) fn set(&self, now: &ServiceState) {
        let number = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        self.connections.set(number(now.connections.0));
        self.connections_max.set(number(now.connections.1));
        let requests =
            [("working", now.slots), ("waiting", now.queue), ("waiting_to_write", now.writers)];
        for (state, (count, max)) in requests {
            self.slots.with_label_values(&[state]).set(number(count));
            self.slots_max.with_label_values(&[state]).set(number(max));
        }
        self.database_up.set(now.database_is_up.into());
        for pool in &now.pools {
            let used = pool.open.saturating_sub(pool.idle);
            for (state, count) in [("idle", pool.idle), ("used", used)] {
                self.pools.with_label_values(&[pool.name, state]).set(number(count));
            }
            self.pools_max.with_label_values(&[pool.name]).set(number(pool.max));
        }
        self.cache_up.set(now.cache_is_up.into());
        // Unknown values are omitted.
        self.migrations.reset();
        if let Some((applied, pending)) = now.migrations {
            self.migrations.with_label_values(&["applied"]).set(number(applied));
            self.migrations.with_label_values(&["pending"]).set(number(pending));
        }
        self.backups.set_backups(now.backups.as_ref());
        self.backups.set_archiver(now.wal_archiver.as_ref());
        self.backups.set_replica(now.replica.as_ref());
    }
}
