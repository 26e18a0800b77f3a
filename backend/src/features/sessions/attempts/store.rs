//! SQL for counters of attempts.

use chrono::{DateTime, Utc};
use sqlx::Result;

use crate::{core::db::Tx, sql};

/// Loads the times of the bucket's attempts, and locks the bucket until `tx` ends.
pub(super) async fn lock(
    tx: &mut Tx,
    bucket: &str,
    until: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>> {
    let (moments,): (String,) = sql!(
        tx,
        fetch_one,
        "INSERT INTO guess_budgets (bucket, moments, until) VALUES ($1, '', $2)
         ON CONFLICT (bucket) DO UPDATE SET bucket = excluded.bucket
         RETURNING moments",
        bucket,
        until,
    )?;
    let moment = |micros: &str| DateTime::from_timestamp_micros(micros.parse().ok()?);
    Ok(moments.split_whitespace().filter_map(moment).collect())
}

pub(super) async fn update(
    tx: &mut Tx,
    bucket: &str,
    moments: &[DateTime<Utc>],
    until: DateTime<Utc>,
) -> Result<()> {
    let moments: Vec<_> = moments.iter().map(|it| it.timestamp_micros().to_string()).collect();
    sql!(
        tx,
        execute,
        "UPDATE guess_budgets SET moments = $2, until = $3 WHERE bucket = $1",
        bucket,
        moments.join(" "),
        until,
    )?;
    Ok(())
}

pub(super) async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM guess_budgets WHERE until <= $1", now)
}
