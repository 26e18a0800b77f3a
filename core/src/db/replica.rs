//! A streaming replica that answers some reads, without hiding a user's own writes from them.
//!
//! The position that the replica has replayed is polled several times a second. For each user the
//! cache stores a position in the primary's WAL after all of the user's writes. It is queried from
//! the primary when first needed, and removed at each of the user's commits, on any instance. A
//! replica that has replayed this position has all of the user's writes. If the cache is
//! unavailable, has no entry or cannot be trusted, the primary answers.
//!
//! Positions are only comparable within one timeline. When a standby is promoted, a replica that
//! still follows the failed primary may be ahead of it, in a history that the new primary does not
//! have.

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
use crate::{Result, UserId, cache::Cache, user_cache};

/// How often to poll the replica's position.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a server may take to respond.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a position is cached, unless the user writes.
const POSITION_LIFETIME: Duration = Duration::from_mins(10);

/// A position in the WAL of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    timeline: i32,
    bytes: u64,
}

impl Position {
    /// Whether a server that has replayed up to this position has also replayed up to `other`.
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

/// A replica and its state.
#[derive(Debug)]
pub struct Replica {
    pool: PgPool,
    /// The replayed position; `None` while it must not be used.
    replayed: Mutex<Option<Position>>,
    cache: OnceLock<Cache>,
    state: Mutex<ReplicaState>,
}

/// The state of a read replica.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaState {
    /// Whether it answers reads.
    pub state: ReplicaStatus,
    /// How long it has been missing the oldest change that it has not replayed, in seconds; null
    /// while it is unavailable.
    pub lag_seconds: Option<f64>,
    /// How much of the primary's WAL it has not replayed, in bytes; null while it is unavailable.
    pub lag_bytes: Option<u64>,
}

/// Whether a replica answers reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaStatus {
    /// It answers reads.
    Used,
    /// Its lag exceeds `database.replica_max_lag`: the primary answers all reads.
    Behind,
    /// It does not respond, or is not a replica: the primary answers all reads.
    Away,
}

impl Replica {
    /// Starts watching a replica. Needs a Tokio runtime.
    pub(super) fn watch(primary: PgPool, pool: PgPool, max_lag: Duration) -> Arc<Self> {
        let replica = Arc::new(Self {
            pool,
            replayed: Mutex::default(),
            cache: OnceLock::new(),
            state: Mutex::new(ReplicaState {
                state: ReplicaStatus::Away,
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

    /// Its state at the last poll, at most [`POLL_INTERVAL`] ago.
    pub(super) fn state(&self) -> ReplicaState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the cache of positions.
    pub(super) fn store_positions_in(&self, cache: &Cache) {
        let _ = self.cache.set(cache.clone());
    }

    /// Whether it has all of the user's writes.
    pub(super) async fn has_writes_of(&self, user: &UserId, primary: &PgPool) -> bool {
        let (Some(cache), true) = (self.cache.get(), self.replayed().is_some()) else {
            return false;
        };
        if !cache.state().1 {
            return false;
        }
        // An instance that wrote but could not remove the position has still incremented the
        // edition.
        let Ok(edition) = edition::read_from(primary, user).await else { return false };
        let query = || async {
            Ok(user_cache::with_edition(edition, position(primary).await?.to_string().as_bytes()))
        };
        let Ok(known) = cache.get_or_compute(&key(user), POSITION_LIFETIME, query).await else {
            return false;
        };
        let Some(known) = user_cache::if_current(&known, edition) else {
            cache.invalidate(&key(user)).await;
            return false;
        };
        let known = std::str::from_utf8(&known).ok().and_then(|it| it.parse().ok());
        let replayed = *self.replayed();
        known.zip(replayed).is_some_and(|(known, replayed)| replayed.includes(known))
    }

    /// Removes the user's position after a commit.
    pub(super) async fn forget_position(&self, user: &UserId) {
        if let Some(cache) = self.cache.get() {
            cache.invalidate(&key(user)).await;
        }
    }

    /// Stops using the replica until it responds again.
    pub fn mark_failed(&self) {
        *self.replayed() = None;
    }

    fn replayed(&self) -> MutexGuard<'_, Option<Position>> {
        self.replayed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(user: &UserId) -> String {
    format!("replayed:{}", user.as_str())
}

/// The current position of the primary's WAL.
async fn position(primary: &PgPool) -> sqlx::Result<Position> {
    // The name of a WAL file starts with the timeline, in hexadecimal digits.
    let query = "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::BIT(32)::INTEGER,
                      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::BIGINT";
    let row = sqlx::raw_sql(query).fetch_one(primary).await?;
    Ok(Position { timeline: row.try_get(0)?, bytes: row.try_get::<i64, _>(1)?.unsigned_abs() })
}

/// The position that the replica has replayed; `None` if it is not a replica. For a while it may
/// report the previous timeline, never a later one.
async fn replayed(replica: &PgPool) -> sqlx::Result<Option<Position>> {
    let query = "SELECT GREATEST(last.timeline_id, recovery.min_recovery_end_timeline),
                      pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::BIGINT
               FROM pg_control_checkpoint() last, pg_control_recovery() recovery
               WHERE pg_is_in_recovery()";
    let Some(row) = sqlx::raw_sql(query).fetch_optional(replica).await? else { return Ok(None) };
    let Some(bytes) = row.try_get::<Option<i64>, _>(1)? else { return Ok(None) };
    Ok(Some(Position { timeline: row.try_get(0)?, bytes: bytes.unsigned_abs() }))
}

/// Polls both servers until the replica is dropped.
async fn watch(replica: Weak<Replica>, primary: PgPool, max_lag: Duration) {
    // The ends of the primary's WAL, with the time of each, that the replica has not replayed yet.
    let mut ahead: VecDeque<(Instant, Position)> = VecDeque::new();
    let mut was_used = true;
    loop {
        let Some(it) = replica.upgrade() else { return };
        if primary.is_closed() {
            return;
        }
        if let Ok(Ok(end)) = tokio::time::timeout(TIMEOUT, position(&primary)).await
            && ahead.back().is_none_or(|last| !last.1.includes(end))
        {
            // Positions of another timeline are not comparable.
            ahead.retain(|before| before.1.timeline == end.timeline);
            ahead.push_back((Instant::now(), end));
        }
        let result = tokio::time::timeout(TIMEOUT, replayed(&it.pool)).await;
        let replayed = result.ok().and_then(Result::ok).flatten();
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
                None => ReplicaStatus::Away,
                Some(_) if is_behind => ReplicaStatus::Behind,
                Some(_) => ReplicaStatus::Used,
            },
            lag_seconds: replayed.map(|_| lag.as_secs_f64()),
            lag_bytes: replayed.map(|it| end.map_or(0, |end| end.saturating_sub(it.bytes))),
        };
        let replayed = replayed.filter(|_| !is_behind);
        if replayed.is_some() != was_used {
            was_used = replayed.is_some();
            let state = if was_used {
                "answers reads"
            } else {
                "is unavailable or behind: the primary answers all reads"
            };
            tracing::info!("The replica {state}");
        }
        *it.replayed() = replayed;
        drop(it);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
