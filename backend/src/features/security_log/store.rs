//! Security events in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Event, Kind, SecurityEvent, service::Listing};
use crate::{core::db::Tx, sql};

pub(super) async fn insert(tx: &mut Tx, id: Uuid, at: DateTime<Utc>, event: &Event) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO security_events
           (id, at, kind, account_id, actor_id, address, user_agent, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        at,
        event.kind.as_str(),
        event.account,
        event.actor,
        &event.address,
        &event.user_agent,
        &event.detail,
    )?;
    Ok(())
}

/// How many events of this kind happened to `account` (or to no known one) after `since`.
pub(super) async fn count(
    tx: &mut Tx,
    kind: Kind,
    account: Option<Uuid>,
    since: DateTime<Utc>,
) -> Result<i64> {
    let (count,): (i64,) = sql!(
        tx,
        fetch_one,
        "SELECT COUNT(*) FROM security_events
         WHERE kind = $1 AND account_id IS NOT DISTINCT FROM $2 AND at > $3",
        kind.as_str(),
        account,
        since,
    )?;
    Ok(count)
}

/// At most a page of events within `days` after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    listing: &Listing,
    days: (DateTime<Utc>, DateTime<Utc>),
    after: (DateTime<Utc>, Uuid),
) -> Result<Vec<SecurityEvent>> {
    sql!(
        tx,
        fetch_all,
        "SELECT * FROM security_events
         WHERE at >= $1 AND at < $2 AND (at, id) < ($3, $4)
           AND (CAST($5 AS TEXT) IS NULL OR kind = $5)
           AND (CAST($6 AS TEXT) IS NULL OR account_id = $6 OR actor_id = $6)
           AND (CAST($7 AS TEXT) IS NULL OR account_id = $7)
         ORDER BY at DESC, id DESC
         LIMIT $8",
        days.0,
        days.1,
        after.0,
        after.1,
        listing.kind.map(Kind::as_str),
        listing.account,
        listing.subject,
        listing.limit.and_one(),
    )
}

pub(super) async fn delete(tx: &mut Tx, until: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM security_events WHERE at <= $1", until)
}
