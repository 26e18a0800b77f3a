//! Tracks database failures: logged once a minute per cause, and reported by health checks.

use std::{
    cell::RefCell,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::clock::Clock;

/// How often a persistent failure is logged.
const LOG_INTERVAL: Duration = Duration::from_mins(1);
/// How long after the last failure an outage expires, if nothing has ended it.
const EXPIRY: Duration = Duration::from_mins(2);

/// The cause of a database failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The database cannot be reached, or closed the connection.
    Unreachable,
    /// The database rejects the role or its password.
    Credentials,
    /// No connection became available in time.
    NoConnection,
    /// The database's disk or quota is full.
    DiskFull,
    /// The database is read-only.
    ReadOnly,
    /// The database's disk has I/O errors.
    DiskFault,
    /// A lock was held for too long.
    Locked,
    /// The database canceled the request, for example because it ran out of memory.
    Other,
}

impl Cause {
    /// The cause of an error, if the error is temporary.
    pub(super) fn from_error(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Some(Self::Unreachable)
            }
            sqlx::Error::PoolTimedOut => Some(Self::NoConnection),
            sqlx::Error::Database(error) => Self::of_code(&error.code().unwrap_or_default()),
            _ => None,
        }
    }

    /// The cause for an error code of either engine. SQLite's codes are numbers, whose lowest byte
    /// is the primary code; PostgreSQL's have five characters, of which two are the class.
    fn of_code(code: &str) -> Option<Self> {
        if code.len() == 5 {
            return match (code, &code[..2]) {
                ("53100", _) => Some(Self::DiskFull),
                ("53300", _) => Some(Self::NoConnection),
                ("58030", _) => Some(Self::DiskFault),
                ("25006", _) => Some(Self::ReadOnly),
                ("57014", _) | (_, "53") => Some(Self::Other),
                (_, "28") => Some(Self::Credentials),
                (_, "40") => Some(Self::Locked),
                (_, "08" | "57") => Some(Self::Unreachable),
                _ => None,
            };
        }
        match code.parse::<u32>().ok().filter(|it| *it < 10_000)? & 0xff {
            5 | 6 => Some(Self::Locked),
            8 => Some(Self::ReadOnly),
            10 => Some(Self::DiskFault),
            13 => Some(Self::DiskFull),
            14 => Some(Self::Unreachable),
            _ => None,
        }
    }

    /// What it prevents.
    fn blocks(self) -> Blocked {
        match self {
            Self::DiskFull | Self::ReadOnly | Self::Locked => Blocked::Writes,
            _ => Blocked::ReadsAndWrites,
        }
    }

    /// Advice for the operator.
    fn advice(self) -> &'static str {
        match self {
            Self::Unreachable => "is the database running, and is database.url right?",
            Self::Credentials => "the database rejects the role or its password in database.url",
            Self::NoConnection => {
                "the database is down, or all connections of database.pool_size are in use"
            }
            Self::DiskFull => "free some space: reads still work, writes do not",
            Self::ReadOnly => "the database is read-only: reads still work",
            Self::DiskFault => "check the disk and the system's log",
            Self::Locked => "another process holds the database's lock: reads still work",
            Self::Other => "check the database's log",
        }
    }
}

/// What an outage prevents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// Writes; reads still work.
    Writes,
    /// Reads and writes.
    ReadsAndWrites,
}

/// A current problem with the database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Outage {
    /// The cause.
    pub cause: Cause,
    /// What does not work.
    pub blocks: Blocked,
    /// When it started.
    pub since: DateTime<Utc>,
}

#[derive(Debug)]
struct State {
    outage: Outage,
    failed_at: Instant,
    logged_at: Instant,
    /// The number of failed requests since it was last logged.
    count: u64,
}

/// Whether there are any outages, so that the usual case is fast.
static HAS_OUTAGES: AtomicBool = AtomicBool::new(false);

static STATES: Mutex<Vec<State>> = Mutex::new(Vec::new());

thread_local! {
    /// The outages of this thread's own database.
    static OF_THREAD: RefCell<Option<Vec<State>>> = const { RefCell::new(None) };
}

fn with_states<T>(work: impl FnOnce(&mut Vec<State>) -> T) -> T {
    OF_THREAD.with_borrow_mut(|states| match states {
        Some(states) => work(states),
        None => work(&mut STATES.lock().unwrap_or_else(PoisonError::into_inner)),
    })
}

/// Tracks the outages of this thread separately: tests run in one process, but each has its own thread and its
/// own database.
pub fn separate_thread() {
    OF_THREAD.with_borrow_mut(|states| {
        states.get_or_insert_default();
    });
}

fn is_separate() -> bool {
    OF_THREAD.with_borrow(Option::is_some)
}

tokio::task_local! {
    static ON_REPLICA: ();
}

/// Runs something on a replica. Its failures say nothing about the primary.
pub(super) async fn on_replica<T>(work: impl Future<Output = T>) -> T {
    ON_REPLICA.scope((), work).await
}

fn is_on_replica() -> bool {
    ON_REPLICA.try_with(|()| ()).is_ok()
}

/// Records a failure, and logs it unless the cause was logged within the last minute.
pub(super) fn record_failure(cause: Cause, error: &sqlx::Error) {
    if is_on_replica() {
        return;
    }
    let now = Instant::now();
    HAS_OUTAGES.store(true, Ordering::Relaxed);
    let due = with_states(|states| {
        let found = states.iter_mut().find(|it| it.outage.cause == cause);
        let Some(state) = found else {
            let outage = Outage { cause, blocks: cause.blocks(), since: Clock::System.now() };
            let since = outage.since;
            states.push(State { outage, failed_at: now, logged_at: now, count: 0 });
            return Some((since, 1));
        };
        state.failed_at = now;
        state.count += 1;
        if now < state.logged_at + LOG_INTERVAL {
            return None;
        }
        state.logged_at = now;
        Some((state.outage.since, std::mem::take(&mut state.count)))
    });
    if let Some((since, requests)) = due {
        let (blocks, advice) = (cause.blocks(), cause.advice());
        tracing::error!(?cause, ?blocks, %since, requests, %error, advice, "The database fails");
    }
}

/// Ends the outages that a successful read (`Blocked::ReadsAndWrites`) or a successful write
/// (`Blocked::Writes`: all of them) shows to be over.
pub(super) fn record_success(shown: Blocked) {
    if !HAS_OUTAGES.load(Ordering::Relaxed) || is_on_replica() {
        return;
    }
    let is_separate = is_separate();
    let over = with_states(|states| {
        let is_over = |it: &State| shown == Blocked::Writes || it.outage.blocks == shown;
        let over: Vec<_> =
            states.iter().filter(|it| is_over(it)).map(|it| it.outage.clone()).collect();
        states.retain(|it| !is_over(it));
        if states.is_empty() && !is_separate {
            HAS_OUTAGES.store(false, Ordering::Relaxed);
        }
        over
    });
    for Outage { cause, since, .. } in over {
        tracing::info!(?cause, %since, "The database works again");
    }
}

/// The current outages.
#[must_use]
pub fn current() -> Vec<Outage> {
    if !HAS_OUTAGES.load(Ordering::Relaxed) {
        return Vec::new();
    }
    with_states(|states| {
        states.retain(|it| it.failed_at.elapsed() < EXPIRY);
        states.iter().map(|it| it.outage.clone()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{
        Blocked, Cause, current, on_replica, record_failure, record_success, separate_thread,
    };

    #[test]
    fn error_codes_map_to_causes() {
        for (code, cause) in [
            ("13", Some(Cause::DiskFull)),
            ("53100", Some(Cause::DiskFull)),
            ("5", Some(Cause::Locked)),
            ("261", Some(Cause::Locked)),
            ("1032", Some(Cause::ReadOnly)),
            ("25006", Some(Cause::ReadOnly)),
            ("28P01", Some(Cause::Credentials)),
            ("53300", Some(Cause::NoConnection)),
            ("57P01", Some(Cause::Unreachable)),
            ("08006", Some(Cause::Unreachable)),
            ("40P01", Some(Cause::Locked)),
            ("23505", None),
            ("2067", None),
            ("", None),
        ] {
            assert_eq!(Cause::of_code(code), cause, "{code}");
        }
    }

    #[tokio::test]
    async fn replicas_neither_start_nor_end_outages() {
        separate_thread();
        on_replica(async { record_failure(Cause::Unreachable, &sqlx::Error::PoolTimedOut) }).await;
        assert!(current().is_empty());
        record_failure(Cause::Unreachable, &sqlx::Error::PoolTimedOut);
        on_replica(async { record_success(Blocked::Writes) }).await;
        assert_eq!(current().len(), 1);
        record_success(Blocked::Writes);
        assert!(current().is_empty());
    }

    #[test]
    fn a_successful_read_does_not_end_outages_of_writes() {
        separate_thread();
        let error = sqlx::Error::PoolTimedOut;
        record_failure(Cause::DiskFull, &error);
        record_failure(Cause::NoConnection, &error);
        record_failure(Cause::DiskFull, &error);
        assert_eq!(current().len(), 2);
        record_success(Blocked::ReadsAndWrites);
        let left = current();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].cause, left[0].blocks), (Cause::DiskFull, Blocked::Writes));
        record_success(Blocked::Writes);
        assert!(current().is_empty());
    }
}
