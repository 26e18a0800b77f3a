//! Redis, which may be away, hung or wrong at any moment.
//!
//! An answer is put only under its lease: a placeholder that is set at a miss and that an
//! invalidation deletes. So an answer computed before a change can never be kept after it,
//! whichever instance of the service made the change.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use redis::{AsyncConnectionConfig, Client, Script, aio::MultiplexedConnection};
use tokio::sync::Notify;

use crate::core::metrics::metrics;

/// How long a request waits for Redis before it goes on without, and so do all after it.
const PATIENCE: Duration = Duration::from_millis(40);
/// How often an absent Redis is looked for.
const RETRY: Duration = Duration::from_millis(500);
/// How long an answer may take to compute and still be kept.
const LEASE_SECONDS: u64 = 5;
/// What a placeholder begins with; no answer does.
const LEASE: &str = "lease:";
/// How many owed deletions are made up for in one go.
const AT_ONCE: usize = 1000;

#[derive(Clone)]
pub(super) struct RedisStore(Arc<Inner>);

struct Inner {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    is_up: AtomicBool,
    /// Deletions that Redis has not confirmed: nothing is read before they are made up for.
    owed: Mutex<HashSet<String>>,
    wake: Notify,
    put: Script,
}

/// What is kept at a key.
pub(super) enum Kept {
    /// An answer.
    Answer(Bytes),
    /// The right to put one: it is being computed.
    Lease(String),
    Nothing,
}

impl RedisStore {
    /// Begins to look for the server. Needs a runtime.
    pub(super) fn new(client: Client) -> Self {
        let put = Script::new(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then
                 return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
             end",
        );
        let inner = Arc::new(Inner {
            client,
            connection: Mutex::new(None),
            is_up: AtomicBool::new(false),
            owed: Mutex::new(HashSet::new()),
            wake: Notify::new(),
            put,
        });
        tokio::spawn(supervise(Arc::downgrade(&inner)));
        Self(inner)
    }

    pub(super) fn is_up(&self) -> bool {
        self.0.is_up.load(Ordering::SeqCst)
    }

    /// What is kept at `key`; none where Redis is away.
    pub(super) async fn get(&self, key: &str) -> Option<Kept> {
        let found: Option<Vec<u8>> = self.ask(redis::cmd("GET").arg(key)).await?;
        let Some(body) = found else { return Some(Kept::Nothing) };
        Some(match String::from_utf8(body) {
            Ok(text) if text.starts_with(LEASE) => Kept::Lease(text),
            Ok(text) => Kept::Answer(text.into()),
            Err(error) => Kept::Answer(error.into_bytes().into()),
        })
    }

    /// The right to put an answer at `key`, unless someone else has it.
    pub(super) async fn lease(&self, key: &str) -> Option<String> {
        let lease = format!("{LEASE}{}", uuid::Uuid::now_v7());
        let mut claim = redis::cmd("SET");
        claim.arg(key).arg(&lease).arg("NX").arg("EX").arg(LEASE_SECONDS);
        let claimed: Option<Option<String>> = self.ask(&claim).await;
        claimed.flatten().map(|_| lease)
    }

    pub(super) async fn put(&self, key: &str, lease: &str, body: &Bytes, lifetime: Duration) {
        let Some(mut connection) = self.connection() else { return };
        let mut put = self.0.put.key(key);
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        put.arg(lease).arg(&body[..]).arg(millis);
        let done = put.invoke_async::<redis::Value>(&mut connection);
        self.heed(tokio::time::timeout(PATIENCE, done).await);
    }

    pub(super) async fn delete(&self, keys: &[String]) {
        // Owed before it is asked for: if this is cancelled, it is still made up for.
        self.owe(keys);
        let deleted: Option<u64> = self.ask(redis::cmd("DEL").arg(keys)).await;
        if deleted.is_some() {
            let mut owed = lock(&self.0.owed);
            for key in keys {
                owed.remove(key);
            }
        } else {
            // Another's deletion of a key may have been confirmed meanwhile, but not this one.
            self.owe(keys);
        }
    }

    fn owe(&self, keys: &[String]) {
        lock(&self.0.owed).extend(keys.iter().cloned());
    }

    fn connection(&self) -> Option<MultiplexedConnection> {
        if !self.is_up() {
            return None;
        }
        lock(&self.0.connection).clone()
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let mut connection = self.connection()?;
        let answer = command.query_async::<T>(&mut connection);
        self.heed(tokio::time::timeout(PATIENCE, answer).await)
    }

    /// Takes the answer, or goes on without Redis until it is found again.
    fn heed<T>(
        &self,
        answer: Result<redis::RedisResult<T>, tokio::time::error::Elapsed>,
    ) -> Option<T> {
        let why = match answer {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} ms", PATIENCE.as_millis()),
        };
        metrics().cache.errors.inc();
        if self.0.is_up.swap(false, Ordering::SeqCst) {
            tracing::warn!(why, "Redis is away: going on without it");
            *lock(&self.0.connection) = None;
            self.0.wake.notify_one();
        }
        None
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds Redis again whenever it is away, until nobody holds the cache any more.
async fn supervise(inner: std::sync::Weak<Inner>) {
    let mut told = false;
    loop {
        let Some(store) = inner.upgrade() else { return };
        if store.is_up.load(Ordering::SeqCst) {
            let _ = tokio::time::timeout(RETRY * 4, store.wake.notified()).await;
            continue;
        }
        match connect(&store).await {
            Ok(()) => {
                tracing::info!("Redis answers");
                told = false;
            }
            Err(error) => {
                if !told {
                    tracing::warn!(%error, "Redis does not answer: going on without it");
                }
                told = true;
                drop(store);
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Connects, makes up for the deletions owed, and only then lets requests in.
async fn connect(store: &Inner) -> redis::RedisResult<()> {
    let second = Some(Duration::from_secs(1));
    let settings =
        AsyncConnectionConfig::new().set_connection_timeout(second).set_response_timeout(second);
    let mut connection =
        store.client.get_multiplexed_async_connection_with_config(&settings).await?;
    let _: String = redis::cmd("PING").query_async(&mut connection).await?;
    loop {
        // Whether any is owed, and that requests may come in, is settled under one lock: what is
        // owed later is asked for at once.
        let some: Vec<String> = {
            let mut owed = lock(&store.owed);
            let some: Vec<_> = owed.iter().take(AT_ONCE).cloned().collect();
            if some.is_empty() {
                *lock(&store.connection) = Some(connection);
                store.is_up.store(true, Ordering::SeqCst);
                return Ok(());
            }
            owed.retain(|key| !some.contains(key));
            some
        };
        let deleted = redis::cmd("DEL").arg(&some).query_async::<u64>(&mut connection).await;
        if let Err(error) = deleted {
            lock(&store.owed).extend(some);
            return Err(error);
        }
    }
}
