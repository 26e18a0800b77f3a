//! Other services: how they answer, how fast, and whether they are left alone.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
};

use super::{counters, gauges, histograms, metrics};

/// The bounds of durations, in seconds: up to where an answer is given up.
const SECONDS: [f64; 8] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The metrics of all of them.
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
            "Requests to other services, by what came of them",
            &["upstream", "outcome"],
        );
        let durations = histograms(
            registry,
            "upstream_request_duration_seconds",
            "Time until another service had answered, or was given up",
            &["upstream"],
            &SECONDS,
        );
        let open_breakers = gauges(
            registry,
            "upstream_breaker_open",
            "1 while another service is left alone because it has failed, until it answers again",
            &["upstream"],
        );
        let all = Self { requests, durations, open_breakers };
        // Told of before anybody asks them, and where the settings name none of them.
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

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer of this status.
    Answered(StatusCode),
    /// None, or none that was whole in time.
    NoAnswer,
    /// Too many waited for it already.
    NotSent,
}

/// Counts the requests to one service.
pub struct UpstreamMetrics {
    ok: IntCounter,
    refused: IntCounter,
    failed: IntCounter,
    no_answer: IntCounter,
    not_sent: IntCounter,
    seconds: Histogram,
}

impl UpstreamMetrics {
    /// For the service of this name, one of few that the code knows.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        metrics().upstreams.of(name)
    }

    /// Whether the service of this name is left alone.
    #[must_use]
    pub fn breaker(name: &'static str) -> IntGauge {
        metrics().upstreams.open_breakers.with_label_values(&[name])
    }

    /// Counts one request that took so long.
    pub fn record(&self, outcome: Outcome, took: Duration) {
        let counter = match outcome {
            Outcome::NotSent => return self.not_sent.inc(),
            Outcome::NoAnswer => &self.no_answer,
            Outcome::Answered(status) if status.is_server_error() => &self.failed,
            Outcome::Answered(status) if status.is_client_error() => &self.refused,
            Outcome::Answered(_) => &self.ok,
        };
        counter.inc();
        self.seconds.observe(took.as_secs_f64());
    }
}
