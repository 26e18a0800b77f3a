//! Recording, reading and forgetting.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Event, Kind, Located, SecurityEvent, store};
use crate::core::{
    Result,
    db::Tx,
    http::{self, Cursor, Limit, Page},
    periodic::PeriodicTask,
};

/// How long an event is kept.
const KEPT: TimeDelta = TimeDelta::days(90);
/// How many times as many rows an hour has of what happened to no known account.
const STRANGERS: usize = 10;

/// Forgets events after 90 days.
pub const PERIODIC_TASK: PeriodicTask = PeriodicTask {
    name: "security-log",
    run: |tx, now| Box::pin(async move { Ok(store::delete(tx, now - KEPT).await?) }),
};

/// Records `event` within the caller's transaction. What goes beyond an hour's measure is counted in
/// the row of an equal event, or in one row of further events.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn record(tx: &mut Tx, now: DateTime<Utc>, event: &Located) -> Result<()> {
    let event = &event.0;
    // For programs such as fail2ban: each one, also those that are only counted.
    let (kind, account) = (event.kind.as_str(), event.account.map(tracing::field::display));
    tracing::info!(kind, account, client = event.address, "Security event");
    let since = now - TimeDelta::hours(1);
    let most = event.kind.most_an_hour();
    let most = if event.account.is_none() { most * STRANGERS } else { most };
    let recent = store::recent(tx, event.kind, event.account, since).await?;
    if recent.len() < most {
        return Ok(store::insert(tx, Uuid::now_v7(), now, event).await?);
    }
    let further = event.further();
    let is_in = |event: &Event| recent.iter().find(|row| event.is_in(row));
    match is_in(event).or_else(|| is_in(&further)) {
        Some(row) => Ok(store::count_one_more(tx, row.id, now).await?),
        None => Ok(store::insert(tx, Uuid::now_v7(), now, &further).await?),
    }
}

/// Which events a list shows.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// That happened to this account or that it did.
    pub account: Option<Uuid>,
    /// That happened to this account, whoever did it.
    pub subject: Option<Uuid>,
    /// Not before this day (UTC).
    pub from: Option<NaiveDate>,
    /// Not after this day (UTC).
    pub to: Option<NaiveDate>,
    /// Where the page begins.
    pub cursor: Option<Cursor>,
    /// How many at most.
    pub limit: Limit,
}

/// A page of events, newest first.
///
/// # Errors
/// Invalid where the cursor is none.
pub async fn list(tx: &mut Tx, listing: &Listing) -> Result<Page<SecurityEvent>> {
    let after = http::after_cursor(listing.cursor.as_ref())?;
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let from = listing.from.map_or(DateTime::UNIX_EPOCH, midnight);
    // The day after 9999-12-31 has five digits in its year, and SQLite compares times as text.
    let end = http::end_of_time();
    let to = listing.to.and_then(|day| day.succ_opt()).map_or(end, midnight).min(end);
    let rows = store::list(tx, listing, (from, to), after).await?;
    Ok(Page::of(rows, listing.limit, |last| Cursor::at(last.at, &last.id)))
}
