//! The cache: whether it had the answer.

use prometheus::{IntCounter, Registry};

use super::counters;

/// What became of the answers that the cache was asked for.
pub struct Cache {
    /// It was there, or somebody was computing it already.
    pub hits: IntCounter,
    /// It had to be computed.
    pub misses: IntCounter,
    /// The cache could not be asked: Redis is away, or too many changed the answer meanwhile.
    pub bypassed: IntCounter,
    /// Redis gave no answer, or not in time.
    pub errors: IntCounter,
}

impl Cache {
    pub(super) fn new(registry: &Registry) -> Self {
        let asked = counters(
            registry,
            "cache_requests_total",
            "Answers that the cache was asked for, by what became of it",
            &["result"],
        );
        let errors = counters(
            registry,
            "cache_errors_total",
            "How often the cache failed or was too slow",
            &["cache"],
        );
        Self {
            hits: asked.with_label_values(&["hit"]),
            misses: asked.with_label_values(&["miss"]),
            bypassed: asked.with_label_values(&["bypass"]),
            errors: errors.with_label_values(&["redis"]),
        }
    }
}
