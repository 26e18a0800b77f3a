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
pub struct Chore {
    /// Its name in the log, and in the policies of users' tables that let it in.
    pub name: &'static str,
    /// Does it; tells how many rows it touched.
    pub run: for<'a> fn(&'a mut Tx, DateTime<Utc>) -> Work<'a>,
}

/// A chore under way.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

/// Does `chores` every hour, the first time at once, until it is dropped. One that fails is tried
/// again an hour later and holds up no other.
pub async fn run(app: App, chores: &'static [Chore]) {
    let mut hours = tokio::time::interval(EVERY);
    hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for chore in chores {
        metrics().jobs.expect(chore.name);
    }
    loop {
        hours.tick().await;
        for chore in chores {
            let (at, begun) = (app.clock.now(), Instant::now());
            let done = run_one(&app, chore).await;
            metrics().jobs.note(chore.name, at, begun.elapsed(), done.is_ok());
            match done {
                Ok(0) => {}
                Ok(rows) => tracing::info!(chore = chore.name, rows, "Cleared away"),
                Err(error) => tracing::warn!(chore = chore.name, %error, "Could not clear away"),
            }
        }
    }
}

/// Does one chore now.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn run_one(app: &App, chore: &Chore) -> Result<u64> {
    let mut tx = app.db.write_as(chore.name).await?;
    let rows = (chore.run)(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(rows)
}
