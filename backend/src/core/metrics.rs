//! What is counted of this process, as Prometheus reads it (`docs/metrics.md` names all of it).
//!
//! A process has one set of counters. Whoever counts holds its counter: that is an atomic addition
//! or a few, no lock and no look-up by name. What is merely so, such as how many connections are
//! open, is looked at when somebody asks. Labels are from short lists that are written here or in
//! the routes: never a path, an id, or anything that a client has sent.

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

pub use database::{Wait, Waiting};
pub use requests::{CountRequests, RejectedRequests, method_of, route_of};
pub use snapshot::{Pool, ServiceState, WalArchiver};
pub use tasks::JobState;
pub use upstreams::{Outcome, UpstreamMetrics};

/// The media type of [`Metrics::text`].
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// The one set of counters.
static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// What is counted of this process.
#[must_use]
pub fn metrics() -> &'static Metrics {
    &METRICS
}

/// Every counter, by what it counts.
pub struct Metrics {
    registry: Registry,
    requests: requests::Requests,
    /// Requests that were refused before any work.
    pub rejected: RejectedRequests,
    /// Waiting for the database.
    pub database: database::Database,
    /// Answers kept for a while.
    pub cache: cache::Cache,
    /// What the service does by itself.
    pub jobs: tasks::Jobs,
    upstreams: upstreams::Upstreams,
    /// Held by who looks at how things stand, lest two who do so mix up what they saw.
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

    /// All of it in Prometheus's text format, with how things stand just now.
    ///
    /// # Errors
    /// Whatever cannot be written so, which nothing that is counted here should be.
    pub fn text(&self, state: &ServiceState) -> prometheus::Result<String> {
        let gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.set(state);
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// What counts something, under `motovaultpro_` and `name`.
fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(options(name, help), labels).expect(VALID_NAMES))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(registry, IntGaugeVec::new(options(name, help), labels).expect(VALID_NAMES))
}

/// What tells how long something takes: how often it took up to each of `seconds`.
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

const VALID_NAMES: &str = "the names of metrics and labels are constants, and well formed";
const UNIQUE_NAMES: &str = "no two metrics have one name";

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect(UNIQUE_NAMES);
    collector
}
