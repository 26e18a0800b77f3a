//! Security events in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{EventKind, SecurityEvent, service::EventQuery};
use crate::{core::db::Tx, select, sql};

pub(super) async fn insert(tx: &mut Tx, event: &SecurityEvent) -> Result<()> {
    event.insert(tx).await?;
    Ok(())
}

/// The rows of this kind for `account` (or for no known account) after `since`, newest first.
pub(super) async fn list_recent(
    tx: &mut Tx,
    kind: EventKind,
    account: Option<Uuid>,
    since: DateTime<Utc>,
) -> Result<Vec<SecurityEvent>> {
    // Two statements, so that both can use the index.
    match account {
        Some(account) => sql!(
            tx,
            fetch_all,
            select!(SecurityEvent: "SELECT {*} FROM security_events
             WHERE kind = $1 AND account_id = $2 AND at > $3
             ORDER BY at DESC, id DESC
             LIMIT 1000"),
            kind.as_str(),
            account,
            since,
        ),
        None => sql!(
            tx,
            fetch_all,
            select!(SecurityEvent: "SELECT {*} FROM security_events
             WHERE kind = $1 AND account_id IS NULL AND at > $2
             ORDER BY at DESC, id DESC
             LIMIT 1000"),
            kind.as_str(),
            since,
        ),
    }
}

/// Increments the count of the row `id`.
pub(super) async fn increment_count(tx: &mut Tx, id: Uuid, at: DateTime<Utc>) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE security_events SET count = count + 1, last_at = $2 WHERE id = $1",
        id,
        at,
    )?;
    Ok(())
}

/// Up to one page of events within `days` that follow the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    query: &EventQuery,
    days: (DateTime<Utc>, DateTime<Utc>),
    after: (DateTime<Utc>, Uuid),
) -> Result<Vec<SecurityEvent>> {
    sql!(
        tx,
        fetch_all,
        select!(SecurityEvent: "SELECT {*} FROM security_events
         WHERE at >= $1 AND at < $2 AND (at, id) < ($3, $4)
           AND (CAST($5 AS TEXT) IS NULL OR kind = $5)
           AND (CAST($6 AS TEXT) IS NULL OR account_id = $6 OR actor_id = $6)
           AND (CAST($7 AS TEXT) IS NULL OR account_id = $7)
         ORDER BY at DESC, id DESC
         LIMIT $8"),
        days.0,
        days.1,
        after.0,
        after.1,
        query.kind.map(EventKind::as_str),
        query.account,
        query.subject,
        query.limit.plus_one(),
    )
}

pub(super) async fn delete(tx: &mut Tx, until: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM security_events WHERE at <= $1", until)
}
