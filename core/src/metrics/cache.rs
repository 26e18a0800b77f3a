//! Metrics of the cache.

use prometheus::{IntCounter, Registry};

use super::counters;

/// Counts lookups by result.
pub struct Cache {
    /// The value was cached, or another request was already computing it.
    pub hits: IntCounter,
    /// The value had to be computed.
    pub misses: IntCounter,
    /// The cache could not be used: Redis is unavailable, or the value was invalidated too often
    /// during the request.
    pub bypassed: IntCounter,
    /// Redis did not reply, or not in time.
    pub errors: IntCounter,
}

impl Cache {
    pub(super) fn new(registry: &Registry) -> Self {
        let requests =
            counters(registry, "cache_requests_total", "Cache lookups by result", &["result"]);
        let errors = counters(
            registry,
            "cache_errors_total",
            "How often the cache failed or was too slow",
            &["cache"],
        );
        Self {
            hits: requests.with_label_values(&["hit"]),
            misses: requests.with_label_values(&["miss"]),
            bypassed: requests.with_label_values(&["bypass"]),
            errors: errors.with_label_values(&["redis"]),
        }
    }
}
