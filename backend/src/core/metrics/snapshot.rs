//! How things stand: looked at when somebody asks, and counted by nobody meanwhile.

use prometheus::{IntGauge, IntGaugeVec, Registry};

use super::{backups, gauges};
use crate::core::{db::replica::ReplicaState, health::BackupState};

/// How things stand at one moment.
#[derive(Debug, Clone, Default)]
pub struct ServiceState {
    /// Connections to clients, and the most there may be.
    pub connections: (usize, usize),
    /// Requests that are worked on, and the most there may be.
    pub slots: (usize, usize),
    /// Requests that wait for that, and the most there may be.
    pub queue: (usize, usize),
    /// Whether the database answers.
    pub database_is_up: bool,
    /// Its pools.
    pub pools: Vec<Pool>,
    /// Whether the cache answers.
    pub cache_is_up: bool,
    /// How many migrations were executed and how many are pending; unknown without a database.
    pub migrations: Option<(usize, usize)>,
    /// The backups, where there is a folder for them.
    pub backups: Option<BackupState>,
    /// What archives PostgreSQL's WAL, where `archive_mode` is on.
    pub wal_archiver: Option<WalArchiver>,
    /// PostgreSQL's read replica.
    pub replica: Option<ReplicaState>,
}

/// What `pg_stat_archiver` says, in files and in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalArchiver {
    /// Files of WAL that were archived.
    pub archived: i64,
    /// Attempts that failed.
    pub failed: i64,
    /// When the last one was archived.
    pub last_archived_at: Option<i64>,
    /// When an attempt last failed.
    pub last_failed_at: Option<i64>,
}

/// A pool of connections to the database.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Its name: one of few.
    pub name: &'static str,
    /// How many are open.
    pub open: usize,
    /// How many of them nobody uses.
    pub idle: usize,
    /// The most there may be.
    pub most: usize,
}

impl Pool {
    /// That of this name.
    #[must_use]
    pub fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let most = pool.options().get_max_connections();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { name, open: pool.size() as usize, idle: pool.num_idle(), most }
    }
}

/// What tells of a [`ServiceState`].
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
            connections: one("http_connections", "Connections to clients that are open"),
            connections_max: one("http_connections_max", "The most that may be open"),
            slots: many(
                "http_gate_requests",
                "Requests inside the gate: worked on, and waiting for that",
                &["state"],
            ),
            slots_max: many("http_gate_requests_max", "The most there may be", &["state"]),
            database_up: one("database_up", "1 while the database answers"),
            pools: many(
                "database_connections",
                "Connections to the database that are open, by pool and use",
                &["pool", "state"],
            ),
            pools_max: many("database_connections_max", "The most there may be", &["pool"]),
            cache_up: one("cache_up", "1 while the cache answers"),
            migrations: many("migrations", "Files that were executed or are pending", &["state"]),
            backups: backups::Gauges::new(registry),
        }
    }

    pub(super) fn set(&self, now: &ServiceState) {
        let number = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        self.connections.set(number(now.connections.0));
        self.connections_max.set(number(now.connections.1));
        for (state, (count, most)) in [("working", now.slots), ("waiting", now.queue)] {
            self.slots.with_label_values(&[state]).set(number(count));
            self.slots_max.with_label_values(&[state]).set(number(most));
        }
        self.database_up.set(now.database_is_up.into());
        for pool in &now.pools {
            let used = pool.open.saturating_sub(pool.idle);
            for (state, count) in [("idle", pool.idle), ("used", used)] {
                self.pools.with_label_values(&[pool.name, state]).set(number(count));
            }
            self.pools_max.with_label_values(&[pool.name]).set(number(pool.most));
        }
        self.cache_up.set(now.cache_is_up.into());
        // What is not known is not told.
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
