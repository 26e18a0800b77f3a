//! The Redis backend, which must expect Redis to be unavailable, slow or wrong at any moment.
//!
//! A value is stored only under its lease: a placeholder that is set on a cache miss and that an
//! invalidation deletes. So a value computed before a change is never stored after it, whichever
//! instance made the change.

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

use crate::metrics::metrics;

/// How long a request waits for Redis. After a timeout, all requests skip Redis until it responds
/// again.
const TIMEOUT: Duration = Duration::from_millis(40);
/// How often reconnecting is attempted.
const RETRY: Duration = Duration::from_millis(500);
/// How long computing a value may take if it is to be cached.
const LEASE_SECONDS: u64 = 5;
/// The prefix of placeholders; no value starts with it.
const LEASE: &str = "lease:";
/// The maximum number of pending deletions sent in one command.
const DELETION_BATCH: usize = 1000;

#[derive(Clone)]
pub(super) struct RedisStore(Arc<Inner>);

struct Inner {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    is_up: AtomicBool,
    /// Deletions that Redis has not confirmed. Nothing is read from Redis before they are done.
    pending_deletions: Mutex<HashSet<String>>,
    wake: Notify,
    put: Script,
}

/// The entry at a key.
pub(super) enum Entry {
    /// A cached value.
    Value(Bytes),
    /// A lease: the value is being computed.
    Lease(String),
    Missing,
}

impl RedisStore {
    /// Creates the store and starts connecting. Needs a Tokio runtime.
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
            pending_deletions: Mutex::new(HashSet::new()),
            wake: Notify::new(),
            put,
        });
        tokio::spawn(supervise(Arc::downgrade(&inner)));
        Self(inner)
    }

    pub(super) fn is_up(&self) -> bool {
        self.0.is_up.load(Ordering::SeqCst)
    }

    /// Returns the entry at `key`; `None` if Redis is unavailable.
    pub(super) async fn get(&self, key: &str) -> Option<Entry> {
        let found: Option<Vec<u8>> = self.query(redis::cmd("GET").arg(key)).await?;
        let Some(body) = found else { return Some(Entry::Missing) };
        Some(match String::from_utf8(body) {
            Ok(text) if text.starts_with(LEASE) => Entry::Lease(text),
            Ok(text) => Entry::Value(text.into()),
            Err(error) => Entry::Value(error.into_bytes().into()),
        })
    }

    /// Takes the lease to store a value at `key`, unless another caller has it.
    pub(super) async fn lease(&self, key: &str) -> Option<String> {
        let lease = format!("{LEASE}{}", uuid::Uuid::now_v7());
        let mut set = redis::cmd("SET");
        set.arg(key).arg(&lease).arg("NX").arg("EX").arg(LEASE_SECONDS);
        let reply: Option<Option<String>> = self.query(&set).await;
        reply.flatten().map(|_| lease)
    }

    pub(super) async fn put(&self, key: &str, lease: &str, body: &Bytes, lifetime: Duration) {
        let Some(mut connection) = self.connection() else { return };
        let mut put = self.0.put.key(key);
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        put.arg(lease).arg(&body[..]).arg(millis);
        let done = put.invoke_async::<redis::Value>(&mut connection);
        self.check_reply(tokio::time::timeout(TIMEOUT, done).await);
    }

    pub(super) async fn delete(&self, keys: &[String]) {
        // Added before the command is sent: if this future is canceled, the deletion is still made
        // later.
        self.add_pending(keys);
        let deleted: Option<u64> = self.query(redis::cmd("DEL").arg(keys)).await;
        if deleted.is_some() {
            let mut pending_deletions = lock(&self.0.pending_deletions);
            for key in keys {
                pending_deletions.remove(key);
            }
        } else {
            // A concurrent deletion of the same key may have been confirmed, but not this one.
            self.add_pending(keys);
        }
    }

    fn add_pending(&self, keys: &[String]) {
        lock(&self.0.pending_deletions).extend(keys.iter().cloned());
    }

    fn connection(&self) -> Option<MultiplexedConnection> {
        if !self.is_up() {
            return None;
        }
        lock(&self.0.connection).clone()
    }

    async fn query<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let mut connection = self.connection()?;
        let reply = command.query_async::<T>(&mut connection);
        self.check_reply(tokio::time::timeout(TIMEOUT, reply).await)
    }

    /// Returns the reply. After an error or a timeout, marks Redis as unavailable until it responds
    /// again.
    fn check_reply<T>(
        &self,
        reply: Result<redis::RedisResult<T>, tokio::time::error::Elapsed>,
    ) -> Option<T> {
        let why = match reply {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no reply within {} ms", TIMEOUT.as_millis()),
        };
        metrics().cache.errors.inc();
        if self.0.is_up.swap(false, Ordering::SeqCst) {
            tracing::warn!(why, "Redis is unavailable: continuing without it");
            *lock(&self.0.connection) = None;
            self.0.wake.notify_one();
        }
        None
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reconnects whenever Redis is unavailable, until the cache is dropped.
async fn supervise(inner: std::sync::Weak<Inner>) {
    let mut logged = false;
    loop {
        let Some(store) = inner.upgrade() else { return };
        if store.is_up.load(Ordering::SeqCst) {
            let _ = tokio::time::timeout(RETRY * 4, store.wake.notified()).await;
            continue;
        }
        match connect(&store).await {
            Ok(()) => {
                tracing::info!("Connected to Redis");
                logged = false;
            }
            Err(error) => {
                if !logged {
                    tracing::warn!(%error, "Redis is unreachable: continuing without it");
                }
                logged = true;
                drop(store);
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Connects, makes the pending deletions, and only then lets requests use Redis.
async fn connect(store: &Inner) -> redis::RedisResult<()> {
    let second = Some(Duration::from_secs(1));
    let settings =
        AsyncConnectionConfig::new().set_connection_timeout(second).set_response_timeout(second);
    let mut connection =
        store.client.get_multiplexed_async_connection_with_config(&settings).await?;
    let _: String = redis::cmd("PING").query_async(&mut connection).await?;
    loop {
        // Both locks are held while the connection is published: deletions added later are sent
        // right away.
        let batch: Vec<String> = {
            let mut pending_deletions = lock(&store.pending_deletions);
            let batch: Vec<_> = pending_deletions.iter().take(DELETION_BATCH).cloned().collect();
            if batch.is_empty() {
                *lock(&store.connection) = Some(connection);
                store.is_up.store(true, Ordering::SeqCst);
                return Ok(());
            }
            pending_deletions.retain(|key| !batch.contains(key));
            batch
        };
        let deleted = redis::cmd("DEL").arg(&batch).query_async::<u64>(&mut connection).await;
        if let Err(error) = deleted {
            lock(&store.pending_deletions).extend(batch);
            return Err(error);
        }
    }
}
