//! The Prometheus metrics of this process (`docs/metrics.md` lists all of them).
//!
//! A process has one set of counters. Code that counts has a reference to its counter: counting is
//! an atomic operation, without locks or lookups by name. Gauges, such as the number of open
//! connections, are set when the metrics are requested. Label values are from short fixed lists:
//! never a path, an id, or any client input.

mod backups;
mod cache;
mod database;
mod requests;
mod snapshot;
mod tasks;
#[cfg(test)]
mod tests;
mod upstreams;

use std::sync::{LazyLock, Mutex, PoisonError};

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
    core::Collector, process_collector::ProcessCollector,
};

pub use database::{WaitMetrics, WaitTimer};
pub use requests::{CountRequests, RejectedRequests, method_label, route_label};
pub use snapshot::{Pool, ServiceState, WalArchiver};
pub use tasks::JobState;
pub use upstreams::{Outcome, UpstreamMetrics};

/// The media type of [`Metrics::text`].
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// The metrics of this process.
static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Returns the metrics of this process.
#[must_use]
pub fn metrics() -> &'static Metrics {
    &METRICS
}

/// All metrics.
pub struct Metrics {
    registry: Registry,
    requests: requests::Requests,
    /// Requests that were rejected before any work.
    pub rejected: RejectedRequests,
    /// Waiting for database connections.
    pub database: database::Database,
    /// The cache.
    pub cache: cache::Cache,
    /// Periodic jobs.
    pub jobs: tasks::Jobs,
    upstreams: upstreams::Upstreams,
    /// Locked while the gauges are set and read, so that concurrent requests do not mix their
    /// values.
    gauges: Mutex<snapshot::Gauges>,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self())).expect(UNIQUE_NAMES);
        let build = gauges(&registry, "build_info", "1, of this version", &["version"]);
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Self {
            requests: requests::Requests::new(&registry),
            rejected: RejectedRequests::new(&registry),
            database: database::Database::new(&registry),
            cache: cache::Cache::new(&registry),
            jobs: tasks::Jobs::new(&registry),
            upstreams: upstreams::Upstreams::new(&registry),
            gauges: Mutex::new(snapshot::Gauges::new(&registry)),
            registry,
        }
    }

    /// Formats all metrics in Prometheus' text format, with gauges set from `state`.
    ///
    /// # Errors
    /// A metric cannot be formatted, which should not happen.
    pub fn text(&self, state: &ServiceState) -> prometheus::Result<String> {
        let gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.set(state);
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Registers a counter named `motovaultpro_` and `name`.
fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(options(name, help), labels).expect(VALID_NAMES))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(registry, IntGaugeVec::new(options(name, help), labels).expect(VALID_NAMES))
}

/// Registers a histogram of durations with these buckets, in seconds.
fn histograms(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    seconds: &[f64],
) -> HistogramVec {
    let options = HistogramOpts::from(options(name, help)).buckets(seconds.to_vec());
    register(registry, HistogramVec::new(options, labels).expect(VALID_NAMES))
}

fn options(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("motovaultpro")
}

const VALID_NAMES: &str = "metric and label names are valid constants";
const UNIQUE_NAMES: &str = "metric names are unique";

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect(UNIQUE_NAMES);
    collector
}
