//! Metrics of requests to other services: outcomes, durations and circuit breakers.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
};

use super::{counters, gauges, histograms, metrics};

/// The buckets of durations in seconds, up to the timeout.
const SECONDS: [f64; 8] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The metrics of all upstream services.
pub(super) struct Upstreams {
    requests: IntCounterVec,
    durations: HistogramVec,
    open_breakers: IntGaugeVec,
}

impl Upstreams {
    pub(super) fn new(registry: &Registry) -> Self {
        let requests = counters(
            registry,
            "upstream_requests_total",
            "Requests to other services, by outcome",
            &["upstream", "outcome"],
        );
        let durations = histograms(
            registry,
            "upstream_request_duration_seconds",
            "Time until another service responded or timed out",
            &["upstream"],
            &SECONDS,
        );
        let open_breakers = gauges(
            registry,
            "upstream_breaker_open",
            "1 while the circuit breaker of another service is open",
            &["upstream"],
        );
        let all = Self { requests, durations, open_breakers };
        // These metrics exist even before the first request and for services that are not
        // configured.
        for name in ["nhtsa", "google", "google-details", "openstreetmap"] {
            let _ = all.open_breakers.with_label_values(&[name]);
        }
        for name in ["nhtsa", "google", "openstreetmap", "oidc"] {
            let _ = all.of(name);
        }
        all
    }

    fn of(&self, name: &str) -> UpstreamMetrics {
        let count = |outcome| self.requests.with_label_values(&[name, outcome]);
        UpstreamMetrics {
            ok: count("ok"),
            refused: count("client_error"),
            failed: count("server_error"),
            no_answer: count("no_answer"),
            not_sent: count("not_asked"),
            seconds: self.durations.with_label_values(&[name]),
        }
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A response with this status.
    Answered(StatusCode),
    /// No complete response in time.
    NoAnswer,
    /// Not sent, because too many requests were waiting.
    NotSent,
}

/// The metrics of one service.
pub struct UpstreamMetrics {
    ok: IntCounter,
    refused: IntCounter,
    failed: IntCounter,
    no_answer: IntCounter,
    not_sent: IntCounter,
    seconds: Histogram,
}

impl UpstreamMetrics {
    /// Returns the metrics of the service with this name, from a fixed list.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        metrics().upstreams.of(name)
    }

    /// Returns the gauge of a service's circuit breaker.
    #[must_use]
    pub fn breaker(name: &'static str) -> IntGauge {
        metrics().upstreams.open_breakers.with_label_values(&[name])
    }

    /// Records one request.
    pub fn record(&self, outcome: Outcome, duration: Duration) {
        let counter = match outcome {
            Outcome::NotSent => return self.not_sent.inc(),
            Outcome::NoAnswer => &self.no_answer,
            Outcome::Answered(status) if status.is_server_error() => &self.failed,
            Outcome::Answered(status) if status.is_client_error() => &self.refused,
            Outcome::Answered(_) => &self.ok,
        };
        counter.inc();
        self.seconds.observe(duration.as_secs_f64());
    }
}
