//! What the service does by itself every hour: forgetting what has had its time.

#[cfg(test)]
mod tests;

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{App, Result, db::Tx, metrics::metrics};

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// Something to be done every hour, in a transaction of its own. Several instances may do it at
/// once.
pub struct PeriodicTask {
    /// Its name in the log, and in the policies of users' tables that let it in.
    pub name: &'static str,
    /// Does it; tells how many rows it touched.
    pub run: for<'a> fn(&'a mut Tx, DateTime<Utc>) -> TaskFuture<'a>,
}

/// A chore under way.
pub type TaskFuture<'a> = Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

/// Does `tasks` every hour, the first time at once, until it is dropped. One that fails is tried
/// again an hour later and holds up no other.
pub async fn run(app: App, tasks: &'static [PeriodicTask]) {
    let mut hours = tokio::time::interval(EVERY);
    hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for task in tasks {
        metrics().jobs.register(task.name);
    }
    loop {
        hours.tick().await;
        for task in tasks {
            let (at, begun) = (app.clock.now(), Instant::now());
            let done = run_one(&app, task).await;
            metrics().jobs.record_run(task.name, at, begun.elapsed(), done.is_ok());
            match done {
                Ok(0) => {}
                Ok(rows) => tracing::info!(task = task.name, rows, "Cleared away"),
                Err(error) => tracing::warn!(task = task.name, %error, "Could not clear away"),
            }
        }
    }
}

/// Does one chore now.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn run_one(app: &App, task: &PeriodicTask) -> Result<u64> {
    let mut tx = app.db.write_as_job(task.name).await?;
    let rows = (task.run)(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(rows)
}
