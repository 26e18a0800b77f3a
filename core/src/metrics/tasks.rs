//! Metrics of periodic jobs: their last runs, durations and results.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Registry};
use schemars::JsonSchema;
use serde::Serialize;

use super::{VALID_NAMES, counters, gauges, options, register};

/// When a job last ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobState {
    /// Its name.
    pub name: &'static str,
    /// When it was last started, whether or not it succeeded.
    pub last_run_at: Option<DateTime<Utc>>,
    /// When the last successful run was started.
    pub last_success_at: Option<DateTime<Utc>>,
}

/// The metrics of all jobs.
pub struct Jobs {
    registered: Mutex<BTreeSet<&'static str>>,
    runs: IntCounterVec,
    last_run: IntGaugeVec,
    last_success: IntGaugeVec,
    seconds: GaugeVec,
}

impl Jobs {
    pub(super) fn new(registry: &Registry) -> Self {
        let last = |name, help| gauges(registry, name, help, &["job"]);
        let seconds =
            GaugeVec::new(options("job_duration_seconds", "Duration of the last run"), &["job"]);
        Self {
            registered: Mutex::default(),
            runs: counters(registry, "job_runs_total", "Runs by outcome", &["job", "outcome"]),
            last_run: last("job_last_run_timestamp_seconds", "Start of the last run"),
            last_success: last(
                "job_last_success_timestamp_seconds",
                "Start of the last successful run",
            ),
            seconds: register(registry, seconds.expect(VALID_NAMES)),
        }
    }

    /// Registers a job, so that its metrics exist before its first run.
    pub fn register(&self, job: &'static str) {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).insert(job);
        for outcome in ["ok", "failed"] {
            let _ = self.runs.with_label_values(&[job, outcome]);
        }
        let _ = self.last_run.with_label_values(&[job]);
        let _ = self.last_success.with_label_values(&[job]);
        let _ = self.seconds.with_label_values(&[job]);
    }

    /// When each job last ran, by name.
    #[must_use]
    pub fn states(&self) -> Vec<JobState> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let time = |gauge: &IntGaugeVec, job| {
            // Zero stands for a job that has not run.
            let seconds = gauge.with_label_values(&[job]).get();
            DateTime::from_timestamp(seconds, 0).filter(|_| seconds != 0)
        };
        let state = |name| JobState {
            name,
            last_run_at: time(&self.last_run, name),
            last_success_at: time(&self.last_success, name),
        };
        registered.into_iter().map(state).collect()
    }

    /// Records a run that was started at `at`.
    pub fn record_run(
        &self,
        job: &'static str,
        at: DateTime<Utc>,
        duration: Duration,
        succeeded: bool,
    ) {
        let outcome = if succeeded { "ok" } else { "failed" };
        self.runs.with_label_values(&[job, outcome]).inc();
        self.last_run.with_label_values(&[job]).set(at.timestamp());
        if succeeded {
            self.last_success.with_label_values(&[job]).set(at.timestamp());
        }
        self.seconds.with_label_values(&[job]).set(duration.as_secs_f64());
    }
}
