//! Metrics of waiting for database connections.

use std::time::Instant;

use prometheus::{Histogram, IntCounter, Registry};

use super::{counters, histograms};

/// The buckets of waiting times in seconds, up to the timeouts.
const SECONDS: [f64; 8] = [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 2.0, 5.0];

/// Waiting times by pool, and reads by server.
pub struct Database {
    /// PostgreSQL's connections.
    pub postgres: WaitMetrics,
    /// SQLite's connections that only read.
    pub readers: WaitMetrics,
    /// SQLite's one connection that writes.
    pub writer: WaitMetrics,
    /// Reads that the replica answered.
    pub replica_reads: IntCounter,
    /// Reads that the replica could have answered, but the primary did because the replica was
    /// unavailable, behind, or lacked the reader's own writes.
    pub primary_reads: IntCounter,
}

/// Waiting times of one pool.
pub struct WaitMetrics {
    seconds: Histogram,
    failures: IntCounter,
}

impl Database {
    pub(super) fn new(registry: &Registry) -> Self {
        let seconds = histograms(
            registry,
            "database_wait_seconds",
            "Time to acquire a connection and begin its transaction, if any",
            &["pool"],
            &SECONDS,
        );
        let failures = counters(
            registry,
            "database_wait_failures_total",
            "Failures to acquire a connection",
            &["pool"],
        );
        let of = |pool: &str| WaitMetrics {
            seconds: seconds.with_label_values(&[pool]),
            failures: failures.with_label_values(&[pool]),
        };
        let reads = counters(
            registry,
            "replica_reads_total",
            "Reads that a replica may answer, by the server that did",
            &["server"],
        );
        Self {
            postgres: of("postgresql"),
            readers: of("readers"),
            writer: of("writer"),
            replica_reads: reads.with_label_values(&["replica"]),
            primary_reads: reads.with_label_values(&["primary"]),
        }
    }
}

impl WaitMetrics {
    /// Starts measuring.
    #[must_use]
    pub fn start_timer(&self) -> WaitTimer<'_> {
        WaitTimer { wait: self, started: Instant::now() }
    }
}

/// A running measurement. Dropping it without a result records nothing.
pub struct WaitTimer<'a> {
    wait: &'a WaitMetrics,
    started: Instant,
}

impl WaitTimer<'_> {
    /// Records the waiting time and the result.
    ///
    /// # Errors
    /// The error in `acquired`.
    pub fn stop<T, E>(self, acquired: Result<T, E>) -> Result<T, E> {
        self.wait.seconds.observe(self.started.elapsed().as_secs_f64());
        if acquired.is_err() {
            self.wait.failures.inc();
        }
        acquired
    }
}
