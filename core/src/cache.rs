//! A cache of serialized responses: in Redis if configured, otherwise in this process.
//!
//! The cache makes no access decisions: keys contain the id of an authenticated user. It is
//! optional as well: while Redis is unavailable, values are computed on every request.

mod redis_store;

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use redis_store::{Entry, RedisStore};

use super::{Error, Result, config, metrics::metrics};

/// The maximum size of the in-process cache in bytes.
const MAX_MEMORY: u64 = 32 * 1024 * 1024;
/// The number of key groups with a generation each; an invalidation outdates the whole group of a
/// key.
const KEY_GROUPS: usize = 4096;

/// The cache. Cloning it is cheap.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.state())
    }
}

struct Inner {
    /// The cached values if there is no Redis, otherwise only the computations in progress.
    values: moka::future::Cache<String, CachedValue>,
    redis: Option<RedisStore>,
    generations: Box<[AtomicU64]>,
    hasher: RandomState,
}

#[derive(Clone)]
struct CachedValue {
    body: Bytes,
    /// The generation of the key's group when the computation started. A value whose
    /// computation started before an invalidation is outdated, even if it finished later.
    generation: u64,
    lifetime: Duration,
}

/// Expires each value after its own lifetime.
struct ExpireByLifetime;

impl moka::Expiry<String, CachedValue> for ExpireByLifetime {
    fn expire_after_create(&self, _: &String, value: &CachedValue, _: Instant) -> Option<Duration> {
        Some(value.lifetime)
    }
}

impl Cache {
    /// Creates the cache that the settings describe. Redis need not be reachable yet.
    #[must_use]
    pub fn new(settings: &config::Cache) -> Self {
        let values = moka::future::Cache::builder()
            .max_capacity(MAX_MEMORY)
            .weigher(|key: &String, value: &CachedValue| {
                u32::try_from(key.len() + value.body.len() + 100).unwrap_or(u32::MAX)
            })
            .expire_after(ExpireByLifetime)
            .build();
        // The settings have been validated.
        let redis = settings.client().ok().flatten().map(RedisStore::new);
        let generations = (0..KEY_GROUPS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { values, redis, generations, hasher: RandomState::new() }))
    }

    /// Returns the value at `key`, or computes it and caches it for `lifetime`. Of concurrent
    /// callers with the same key, one computes the value and the others wait for it.
    ///
    /// # Errors
    /// The error of `compute`; the cache itself never fails.
    pub async fn get_or_compute<F>(
        &self,
        key: &str,
        lifetime: Duration,
        compute: impl Fn() -> F + Send + Sync,
    ) -> Result<Bytes>
    where
        F: Future<Output = Result<Bytes>> + Send,
    {
        match &self.0.redis {
            Some(redis) => self.get_or_compute_in_redis(redis, key, lifetime, compute).await,
            None => self.get_or_compute_here(key, lifetime, compute).await,
        }
    }

    async fn get_or_compute_here<F>(
        &self,
        key: &str,
        lifetime: Duration,
        compute: impl Fn() -> F + Send + Sync,
    ) -> Result<Bytes>
    where
        F: Future<Output = Result<Bytes>> + Send,
    {
        let current = self.generation(key).load(Ordering::SeqCst);
        let computed = AtomicBool::new(false);
        // A value whose computation started before the last invalidation is computed again.
        for _ in 0..3 {
            let value = self.0.values.try_get_with_by_ref(key, async {
                computed.store(true, Ordering::Relaxed);
                let generation = self.generation(key).load(Ordering::SeqCst);
                Ok(CachedValue { body: compute().await?, generation, lifetime })
            });
            let value = value.await.map_err(|error: Arc<Error>| error.duplicate())?;
            if value.generation >= current {
                count(&computed);
                return Ok(value.body);
            }
            self.0.values.invalidate(key).await;
        }
        metrics().cache.bypassed.inc();
        compute().await
    }

    /// Callers that find the same lease share one computation: it started after the lease was
    /// taken, and an invalidation by any instance would have deleted the lease.
    async fn get_or_compute_in_redis<F>(
        &self,
        redis: &RedisStore,
        key: &str,
        lifetime: Duration,
        compute: impl Fn() -> F + Send + Sync,
    ) -> Result<Bytes>
    where
        F: Future<Output = Result<Bytes>> + Send,
    {
        for _ in 0..3 {
            let lease = match redis.get(key).await {
                // Without Redis there is no way to know what other instances have invalidated, so
                // nothing is shared.
                None => break,
                Some(Entry::Value(body)) => {
                    metrics().cache.hits.inc();
                    return Ok(body);
                }
                Some(Entry::Lease(lease)) => lease,
                Some(Entry::Missing) => match redis.lease(key).await {
                    Some(lease) => lease,
                    // Another instance has just taken it.
                    None => continue,
                },
            };
            let computed = AtomicBool::new(false);
            let value = self.0.values.try_get_with_by_ref(&lease, async {
                computed.store(true, Ordering::Relaxed);
                let body = compute().await?;
                redis.put(key, &lease, &body, lifetime).await;
                Ok(CachedValue { body, generation: 0, lifetime: Duration::ZERO })
            });
            let value = value.await.map_err(|error: Arc<Error>| error.duplicate())?;
            count(&computed);
            return Ok(value.body);
        }
        metrics().cache.bypassed.inc();
        compute().await
    }

    /// Invalidates the value at `key`. Call it after the commit that outdates the value.
    pub async fn invalidate(&self, key: &str) {
        self.invalidate_all(&[key.to_owned()]).await;
    }

    /// Invalidates the values at `keys` at once.
    pub async fn invalidate_all(&self, keys: &[String]) {
        if let Some(redis) = &self.0.redis {
            redis.delete(keys).await;
            return;
        }
        for key in keys {
            self.generation(key).fetch_add(1, Ordering::SeqCst);
            self.0.values.invalidate(key).await;
        }
    }

    /// Removes all values from this process. Values in Redis stay: all processes share them.
    pub fn clear(&self) {
        if self.0.redis.is_some() {
            return;
        }
        for generation in &self.0.generations {
            generation.fetch_add(1, Ordering::SeqCst);
        }
        self.0.values.invalidate_all();
    }

    /// Whether other processes share the cache.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.redis.is_some()
    }

    /// The backend and whether it is reachable, for health checks.
    #[must_use]
    pub fn state(&self) -> (&'static str, bool) {
        match &self.0.redis {
            Some(redis) => ("redis", redis.is_up()),
            None => ("memory", true),
        }
    }

    fn generation(&self, key: &str) -> &AtomicU64 {
        let hash =
            usize::try_from(self.0.hasher.hash_one(key) % KEY_GROUPS as u64).unwrap_or_default();
        &self.0.generations[hash]
    }
}

/// Counts a returned value as computed or cached.
fn count(computed: &AtomicBool) {
    let cache = &metrics().cache;
    let result = if computed.load(Ordering::Relaxed) { &cache.misses } else { &cache.hits };
    result.inc();
}

#[cfg(test)]
mod tests;
