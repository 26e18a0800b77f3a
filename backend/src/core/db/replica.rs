//! A streaming replica that answers some reads, and never less than its reader has written.
//!
//! What it has replayed is looked at several times a second. Of each user the cache knows a position
//! in the primary's log that all they have written lies before: it is asked of the primary when it
//! is first needed, and forgotten at each of their commits, on whichever instance. A replica that
//! has replayed that position has all of theirs. Where the cache is away, knows nothing or cannot
//! be trusted, nothing is lost but the relief: the primary answers.
//!
//! Positions are compared within one timeline only. When a standby is promoted, a replica that still
//! follows the failed primary may be ahead of it, in a history that the new primary never had.

use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::{Duration, Instant},
};

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{PgPool, Row as _};

use super::edition;
use crate::core::{Result, UserId, cache::Cache, fresh};

/// How often it is looked what the replica has replayed.
const EVERY: Duration = Duration::from_millis(100);
/// How long either server may take to tell.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a position is kept, unless its user writes.
const KEPT: Duration = Duration::from_mins(10);

/// A place in the log of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    timeline: i32,
    bytes: u64,
}

impl Position {
    /// Whether a server that has replayed the log up to here has replayed it up to `other`.
    fn includes(self, other: Self) -> bool {
        self.timeline == other.timeline && self.bytes >= other.bytes
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.timeline, self.bytes)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (timeline, bytes) = text.split_once('/').ok_or(())?;
        let timeline = timeline.parse().map_err(drop)?;
        Ok(Self { timeline, bytes: bytes.parse().map_err(drop)? })
    }
}

/// A replica, and whom it may answer.
#[derive(Debug)]
pub struct Replica {
    pool: PgPool,
    /// How far it has come in the primary's log; none while it is to be left alone.
    replayed: Mutex<Option<Position>>,
    cache: OnceLock<Cache>,
    state: Mutex<ReplicaState>,
}

/// The state of a read replica.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaState {
    /// Whether it answers reads.
    pub state: ReplicaCondition,
    /// For how long it has lacked the oldest change that it has not replayed, in seconds; null while it is
    /// away.
    pub lag_seconds: Option<f64>,
    /// How much of the primary's WAL it has not replayed, in bytes; null while it is away.
    pub lag_bytes: Option<u64>,
}

/// Whether a replica answers reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaCondition {
    /// It answers reads.
    Used,
    /// It is further behind than `database.replica_max_lag`: the primary answers all reads.
    Behind,
    /// It does not answer, or is not a replica: the primary answers all reads.
    Away,
}

impl Replica {
    /// Begins to watch it. Needs a runtime.
    pub(super) fn watch(primary: PgPool, pool: PgPool, max_lag: Duration) -> Arc<Self> {
        let replica = Arc::new(Self {
            pool,
            replayed: Mutex::default(),
            cache: OnceLock::new(),
            state: Mutex::new(ReplicaState {
                state: ReplicaCondition::Away,
                lag_seconds: None,
                lag_bytes: None,
            }),
        });
        tokio::spawn(watch(Arc::downgrade(&replica), primary, max_lag));
        replica
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Its state when it was last looked at, at most [`EVERY`] ago.
    pub(super) fn state(&self) -> ReplicaState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where users' positions are kept from now on.
    pub(super) fn keep_positions_in(&self, cache: &Cache) {
        let _ = self.cache.set(cache.clone());
    }

    /// Whether it has all that the user has written.
    pub(super) async fn has_all_of(&self, user: &UserId, primary: &PgPool) -> bool {
        let (Some(cache), true) = (self.cache.get(), self.replayed().is_some()) else {
            return false;
        };
        if !cache.state().1 {
            return false;
        }
        // An instance that wrote and could not forget the position has raised the edition all the same.
        let Ok(edition) = edition::read_from(primary, user).await else { return false };
        let ask = || async {
            Ok(fresh::marked(edition, position(primary).await?.to_string().as_bytes()))
        };
        let Ok(known) = cache.get_or_compute(&key(user), KEPT, ask).await else { return false };
        let Some(known) = fresh::of_edition(&known, edition) else {
            cache.invalidate(&key(user)).await;
            return false;
        };
        let known = std::str::from_utf8(&known).ok().and_then(|it| it.parse().ok());
        let replayed = *self.replayed();
        known.zip(replayed).is_some_and(|(known, replayed)| replayed.includes(known))
    }

    /// The user has committed something.
    pub(super) async fn forget_position(&self, user: &UserId) {
        if let Some(cache) = self.cache.get() {
            cache.invalidate(&key(user)).await;
        }
    }

    /// It has failed: it is left alone until it answers again.
    pub fn leave_alone(&self) {
        *self.replayed() = None;
    }

    fn replayed(&self) -> MutexGuard<'_, Option<Position>> {
        self.replayed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(user: &UserId) -> String {
    format!("replayed:{}", user.as_str())
}

/// How far the primary's log goes.
async fn position(primary: &PgPool) -> sqlx::Result<Position> {
    // The name of a file of the log begins with the timeline, in hexadecimal digits.
    let ask = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::BIT(32)::INTEGER,
                      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::BIGINT";
    let row = sqlx::raw_sql(ask).fetch_one(primary).await?;
    Ok(Position { timeline: row.try_get(0)?, bytes: row.try_get::<i64, _>(1)?.unsigned_abs() })
}

/// How far the replica has replayed it; none where it is none (any more). It may name the timeline
/// before for a while, never a later one.
async fn replayed(replica: &PgPool) -> sqlx::Result<Option<Position>> {
    let ask = "SELECT GREATEST(last.timeline_id, recovery.min_recovery_end_timeline),
                      pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::BIGINT
               FROM pg_control_checkpoint() last, pg_control_recovery() recovery
               WHERE pg_is_in_recovery()";
    let Some(row) = sqlx::raw_sql(ask).fetch_optional(replica).await? else { return Ok(None) };
    let Some(bytes) = row.try_get::<Option<i64>, _>(1)? else { return Ok(None) };
    Ok(Some(Position { timeline: row.try_get(0)?, bytes: bytes.unsigned_abs() }))
}

/// Looks until nobody holds the replica any more.
async fn watch(replica: Weak<Replica>, primary: PgPool, max_lag: Duration) {
    // Where the primary's log ended, and when: what the replica has not replayed of it yet.
    let mut ahead: VecDeque<(Instant, Position)> = VecDeque::new();
    let mut was_used = true;
    loop {
        let Some(it) = replica.upgrade() else { return };
        if primary.is_closed() {
            return;
        }
        if let Ok(Ok(end)) = tokio::time::timeout(PATIENCE, position(&primary)).await
            && ahead.back().is_none_or(|last| !last.1.includes(end))
        {
            // Another timeline is another history.
            ahead.retain(|before| before.1.timeline == end.timeline);
            ahead.push_back((Instant::now(), end));
        }
        let told = tokio::time::timeout(PATIENCE, replayed(&it.pool)).await;
        let replayed = told.ok().and_then(Result::ok).flatten();
        while let (Some(first), Some(replayed)) = (ahead.front(), replayed)
            && replayed.includes(first.1)
        {
            ahead.pop_front();
        }
        let is_behind = ahead.front().is_some_and(|first| {
            let is_other = replayed.is_some_and(|it| it.timeline != first.1.timeline);
            is_other || first.0.elapsed() > max_lag
        });
        let lag = ahead.front().map_or(Duration::ZERO, |first| first.0.elapsed());
        let end = ahead.back().map(|last| last.1.bytes);
        *it.state.lock().unwrap_or_else(PoisonError::into_inner) = ReplicaState {
            state: match replayed {
                None => ReplicaCondition::Away,
                Some(_) if is_behind => ReplicaCondition::Behind,
                Some(_) => ReplicaCondition::Used,
            },
            lag_seconds: replayed.map(|_| lag.as_secs_f64()),
            lag_bytes: replayed.map(|it| end.map_or(0, |end| end.saturating_sub(it.bytes))),
        };
        let replayed = replayed.filter(|_| !is_behind);
        if replayed.is_some() != was_used {
            was_used = replayed.is_some();
            let state =
                if was_used { "is asked" } else { "is away or behind: the primary is asked" };
            tracing::info!("The replica {state}");
        }
        *it.replayed() = replayed;
        drop(it);
        tokio::time::sleep(EVERY).await;
    }
}
