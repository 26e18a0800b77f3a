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
    rests: IntGaugeVec,
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
        let rests = gauges(
            registry,
            "upstream_breaker_open",
            "1 while another service is left alone because it has failed, until it answers again",
            &["upstream"],
        );
        let all = Self { requests, durations, rests };
        // Told of before anybody asks them, and where the settings name none of them.
        for name in ["nhtsa", "google", "google-details", "openstreetmap"] {
            let _ = all.rests.with_label_values(&[name]);
        }
        for name in ["nhtsa", "google", "openstreetmap", "oidc"] {
            let _ = all.of(name);
        }
        all
    }

    fn of(&self, name: &str) -> Upstream {
        let count = |outcome| self.requests.with_label_values(&[name, outcome]);
        Upstream {
            well: count("ok"),
            refused: count("client_error"),
            failed: count("server_error"),
            silent: count("no_answer"),
            not_asked: count("not_asked"),
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
    Silent,
    /// Too many waited for it already.
    NotAsked,
}

/// Counts the requests to one service.
pub struct Upstream {
    well: IntCounter,
    refused: IntCounter,
    failed: IntCounter,
    silent: IntCounter,
    not_asked: IntCounter,
    seconds: Histogram,
}

impl Upstream {
    /// For the service of this name, one of few that the code knows.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        metrics().upstreams.of(name)
    }

    /// Whether the service of this name is left alone.
    #[must_use]
    pub fn breaker(name: &'static str) -> IntGauge {
        metrics().upstreams.rests.with_label_values(&[name])
    }

    /// Counts one request that took so long.
    pub fn note(&self, outcome: Outcome, took: Duration) {
        let counter = match outcome {
            Outcome::NotAsked => return self.not_asked.inc(),
            Outcome::Silent => &self.silent,
            Outcome::Answered(status) if status.is_server_error() => &self.failed,
            Outcome::Answered(status) if status.is_client_error() => &self.refused,
            Outcome::Answered(_) => &self.well,
        };
        counter.inc();
        self.seconds.observe(took.as_secs_f64());
    }
}
