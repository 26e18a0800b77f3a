//! The database: how long its connections are waited for.

use std::time::Instant;

use prometheus::{Histogram, IntCounter, Registry};

use super::{counters, histograms};

/// The bounds of waiting, in seconds: up to where it is given up.
const SECONDS: [f64; 8] = [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 2.0, 5.0];

/// Waiting for each pool.
pub struct Database {
    /// PostgreSQL's connections.
    pub postgres: Wait,
    /// SQLite's connections that only read.
    pub readers: Wait,
    /// SQLite's one connection that writes.
    pub writer: Wait,
    /// Reads that the replica answered.
    pub replica_reads: IntCounter,
    /// Reads that the replica could have answered, but the primary did: the replica was away, behind,
    /// or lacked something that the reader had written.
    pub primary_reads: IntCounter,
}

/// Waiting for one pool.
pub struct Wait {
    seconds: Histogram,
    failures: IntCounter,
}

impl Database {
    pub(super) fn new(registry: &Registry) -> Self {
        let seconds = histograms(
            registry,
            "database_wait_seconds",
            "Time until a connection was had, and its transaction begun where it needs one",
            &["pool"],
            &SECONDS,
        );
        let failures = counters(
            registry,
            "database_wait_failures_total",
            "How often none was to be had",
            &["pool"],
        );
        let of = |pool: &str| Wait {
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

impl Wait {
    /// Begins to wait.
    #[must_use]
    pub fn begin(&self) -> Waiting<'_> {
        Waiting { wait: self, begun: Instant::now() }
    }
}

/// One who waits. Who gives up meanwhile is not counted.
pub struct Waiting<'a> {
    wait: &'a Wait,
    begun: Instant,
}

impl Waiting<'_> {
    /// Counts how long it took to come to this.
    ///
    /// # Errors
    /// The one that it came to.
    pub fn end<T, E>(self, acquired: Result<T, E>) -> Result<T, E> {
        self.wait.seconds.observe(self.begun.elapsed().as_secs_f64());
        if acquired.is_err() {
            self.wait.failures.inc();
        }
        acquired
    }
}
