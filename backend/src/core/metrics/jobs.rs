//! What the service does by itself: when it last did, how long that took, how it went.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Registry};

use super::{WELL_FORMED, counters, gauges, options, register};

/// Every job, by its name.
pub struct Jobs {
    runs: IntCounterVec,
    last_run: IntGaugeVec,
    last_success: IntGaugeVec,
    seconds: GaugeVec,
}

impl Jobs {
    pub(super) fn new(registry: &Registry) -> Self {
        let last = |name, help| gauges(registry, name, help, &["job"]);
        let seconds = GaugeVec::new(
            options("job_duration_seconds", "How long it took the last time"),
            &["job"],
        );
        Self {
            runs: counters(
                registry,
                "job_runs_total",
                "How often, by outcome",
                &["job", "outcome"],
            ),
            last_run: last("job_last_run_timestamp_seconds", "When it was last tried"),
            last_success: last("job_last_success_timestamp_seconds", "When it last went well"),
            seconds: register(registry, seconds.expect(WELL_FORMED)),
        }
    }

    /// Has the job told of before it is first done.
    pub fn expect(&self, job: &'static str) {
        for outcome in ["ok", "failed"] {
            let _ = self.runs.with_label_values(&[job, outcome]);
        }
        let _ = self.last_run.with_label_values(&[job]);
        let _ = self.last_success.with_label_values(&[job]);
        let _ = self.seconds.with_label_values(&[job]);
    }

    /// Counts that the job was done, begun at `at`.
    pub fn note(&self, job: &'static str, at: DateTime<Utc>, took: Duration, is_well: bool) {
        let outcome = if is_well { "ok" } else { "failed" };
        self.runs.with_label_values(&[job, outcome]).inc();
        self.last_run.with_label_values(&[job]).set(at.timestamp());
        if is_well {
            self.last_success.with_label_values(&[job]).set(at.timestamp());
        }
        self.seconds.with_label_values(&[job]).set(took.as_secs_f64());
    }
}
