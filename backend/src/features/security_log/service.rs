//! Recording, listing and purging events.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Event, EventKind, EventWithOrigin, SecurityEvent, store};
use crate::core::{
    Result,
    db::Tx,
    http::{self, Cursor, Limit, NewestFirst, Page},
    periodic::PeriodicTask,
};

/// How long events are retained.
const RETENTION: TimeDelta = TimeDelta::days(90);
/// By how much the hourly limit is raised for events that concern no known account.
const UNKNOWN_ACCOUNT_FACTOR: usize = 10;

/// Deletes events after 90 days.
pub const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "security-log",
    run: |tx, now| Box::pin(async move { Ok(store::delete(tx, now - RETENTION).await?) }),
};

/// Records `event` within the caller's transaction. Beyond the hourly limit, it only increments the
/// count of a row for an equal event or, if there is none, of a row shared by all such events.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn record(tx: &mut Tx, now: DateTime<Utc>, event: &EventWithOrigin) -> Result<()> {
    let event = &event.0;
    // Logged for programs such as fail2ban, including events that are only counted.
    let (kind, account) = (event.kind.as_str(), event.account.map(tracing::field::display));
    tracing::info!(kind, account, client = event.address, "Security event");
    let since = now - TimeDelta::hours(1);
    let limit = event.kind.hourly_limit();
    let limit = if event.account.is_none() { limit * UNKNOWN_ACCOUNT_FACTOR } else { limit };
    let recent = store::list_recent(tx, event.kind, event.account, since).await?;
    if recent.len() < limit {
        return Ok(store::insert(tx, &event.row(now)).await?);
    }
    let overflow = event.overflow();
    let find_row = |event: &Event| recent.iter().find(|row| event.is_counted_in(row));
    match find_row(event).or_else(|| find_row(&overflow)) {
        Some(row) => Ok(store::increment_count(tx, row.id, now).await?),
        None => Ok(store::insert(tx, &overflow.row(now)).await?),
    }
}

/// The filters and paging of an event list.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Only events of this kind.
    pub kind: Option<EventKind>,
    /// Only events that concern this account or were caused by it.
    pub account: Option<Uuid>,
    /// Only events that concern this account.
    pub subject: Option<Uuid>,
    /// Only events on or after this day (UTC).
    pub from: Option<NaiveDate>,
    /// Only events on or before this day (UTC).
    pub to: Option<NaiveDate>,
    /// The start of the page.
    pub cursor: Option<Cursor<NewestFirst>>,
    /// The maximum number of events.
    pub limit: Limit,
}

/// Returns a page of events, newest first.
///
/// # Errors
/// `Invalid` if the cursor is malformed.
pub async fn list(tx: &mut Tx, query: &EventQuery) -> Result<Page<SecurityEvent>> {
    let after = Cursor::start(query.cursor);
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let from = query.from.map_or(DateTime::UNIX_EPOCH, midnight);
    // The day after 9999-12-31 has five digits in its year, and SQLite compares times as text.
    let end = http::end_of_time();
    let to = query.to.and_then(|day| day.succ_opt()).map_or(end, midnight).min(end);
    let rows = store::list(tx, query, (from, to), after).await?;
    Ok(Page::new(rows, query.limit, |last| (last.at, last.id)))
}
