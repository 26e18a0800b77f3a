//! Hourly tasks that purge expired data.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{Result, Services, db::Tx, metrics::metrics};

/// The interval between runs.
const INTERVAL: Duration = Duration::from_hours(1);

/// An hourly task, which runs in its own transaction. Several instances may run it at the same
/// time.
#[derive(Debug, Clone, Copy)]
pub struct PeriodicTask {
    /// Its name in the log and in the row-level security policies that admit it.
    pub name: &'static str,
    /// Runs the task; returns the number of affected rows.
    pub run: for<'a> fn(&'a mut Tx, DateTime<Utc>) -> TaskFuture<'a>,
}

/// The future of a running task.
pub type TaskFuture<'a> = Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

/// Runs `tasks` every hour, the first time immediately, until the future is dropped. A task that
/// fails is retried an hour later and does not delay others.
pub async fn run(services: Services, tasks: Vec<PeriodicTask>) {
    let mut hours = tokio::time::interval(INTERVAL);
    hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for task in &tasks {
        metrics().jobs.register(task.name);
    }
    loop {
        hours.tick().await;
        for task in &tasks {
            let (at, started) = (services.clock.now(), Instant::now());
            let result = run_one(&services, task).await;
            metrics().jobs.record_run(task.name, at, started.elapsed(), result.is_ok());
            match result {
                Ok(0) => {}
                Ok(rows) => tracing::info!(task = task.name, rows, "Purged expired data"),
                Err(error) => {
                    tracing::warn!(task = task.name, %error, "Could not purge expired data");
                }
            }
        }
    }
}

/// Runs one task now.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn run_one(services: &Services, task: &PeriodicTask) -> Result<u64> {
    let now = services.clock.now();
    services.db.transaction_as_job(task.name, async |tx| (task.run)(tx, now).await).await
}
