//! Answers kept for a while: in Redis where one is configured, else in the process.
//!
//! It never decides who may see what: a key is made from a user who has already signed in. And
//! it is only ever a help: with Redis away everything goes on, computed anew.

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
use redis_store::{Kept, RedisStore};

use super::{Error, Result, config, metrics::metrics};

/// The most bytes that answers take in the process.
const MEMORY: u64 = 32 * 1024 * 1024;
/// Keys are counted in so many groups; an invalidation outdates the whole of its group.
const GROUPS: usize = 4096;

/// Answers kept for a while.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.state())
    }
}

struct Inner {
    /// The answers, where they are kept in the process; else only those being computed.
    answers: moka::future::Cache<String, Answer>,
    redis: Option<RedisStore>,
    generations: Box<[AtomicU64]>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Answer {
    body: Bytes,
    /// Its group's generation when its computation began: an answer from before an invalidation
    /// counts for nothing, even if it was still being computed then.
    generation: u64,
    lifetime: Duration,
}

/// Each answer has a lifetime of its own.
struct Lifetimes;

impl moka::Expiry<String, Answer> for Lifetimes {
    fn expire_after_create(&self, _: &String, answer: &Answer, _: Instant) -> Option<Duration> {
        Some(answer.lifetime)
    }
}

impl Cache {
    /// The cache that the settings name. Redis need not be there yet.
    #[must_use]
    pub fn new(settings: &config::Cache) -> Self {
        let answers = moka::future::Cache::builder()
            .max_capacity(MEMORY)
            .weigher(|key: &String, answer: &Answer| {
                u32::try_from(key.len() + answer.body.len() + 100).unwrap_or(u32::MAX)
            })
            .expire_after(Lifetimes)
            .build();
        // The settings were checked: it is one.
        let redis = settings.client().ok().flatten().map(RedisStore::new);
        let generations = (0..GROUPS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { answers, redis, generations, hasher: RandomState::new() }))
    }

    /// The answer at `key`, or what `compute` gives, kept for `lifetime`. Of many who ask at
    /// once, one computes.
    ///
    /// # Errors
    /// Whatever `compute` fails with; the cache itself never fails.
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
        let wanted = self.generation(key).load(Ordering::SeqCst);
        let computed = AtomicBool::new(false);
        // An answer that was begun before the last invalidation is asked for once more.
        for _ in 0..3 {
            let answer = self.0.answers.try_get_with_by_ref(key, async {
                computed.store(true, Ordering::Relaxed);
                let generation = self.generation(key).load(Ordering::SeqCst);
                Ok(Answer { body: compute().await?, generation, lifetime })
            });
            let answer = answer.await.map_err(|error: Arc<Error>| error.again())?;
            if answer.generation >= wanted {
                count(&computed);
                return Ok(answer.body);
            }
            self.0.answers.invalidate(key).await;
        }
        metrics().cache.bypassed.inc();
        compute().await
    }

    /// Those who find the same lease wait for one computation: it began after the lease was
    /// taken, and an invalidation by whichever instance would have ended the lease.
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
                // Without Redis nobody can tell what others have outdated: no waiting for them.
                None => break,
                Some(Kept::Answer(body)) => {
                    metrics().cache.hits.inc();
                    return Ok(body);
                }
                Some(Kept::Lease(lease)) => lease,
                Some(Kept::Nothing) => match redis.lease(key).await {
                    Some(lease) => lease,
                    // Somebody else has just taken it.
                    None => continue,
                },
            };
            let computed = AtomicBool::new(false);
            let answer = self.0.answers.try_get_with_by_ref(&lease, async {
                computed.store(true, Ordering::Relaxed);
                let body = compute().await?;
                redis.put(key, &lease, &body, lifetime).await;
                Ok(Answer { body, generation: 0, lifetime: Duration::ZERO })
            });
            let answer = answer.await.map_err(|error: Arc<Error>| error.again())?;
            count(&computed);
            return Ok(answer.body);
        }
        metrics().cache.bypassed.inc();
        compute().await
    }

    /// Forgets the answer at `key`; call it after the commit that outdated it.
    pub async fn invalidate(&self, key: &str) {
        self.invalidate_all(&[key.to_owned()]).await;
    }

    /// Forgets the answers at `keys`, in one go.
    pub async fn invalidate_all(&self, keys: &[String]) {
        if let Some(redis) = &self.0.redis {
            redis.delete(keys).await;
            return;
        }
        for key in keys {
            self.generation(key).fetch_add(1, Ordering::SeqCst);
            self.0.answers.invalidate(key).await;
        }
    }

    /// Forgets every answer kept in this process. Those in Redis stay: all processes share them.
    pub fn clear(&self) {
        if self.0.redis.is_some() {
            return;
        }
        for generation in &self.0.generations {
            generation.fetch_add(1, Ordering::SeqCst);
        }
        self.0.answers.invalidate_all();
    }

    /// Whether other processes use the same answers.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.redis.is_some()
    }

    /// What keeps the answers, and whether it is there: for health.
    #[must_use]
    pub fn state(&self) -> (&'static str, bool) {
        match &self.0.redis {
            Some(redis) => ("redis", redis.is_up()),
            None => ("memory", true),
        }
    }

    fn generation(&self, key: &str) -> &AtomicU64 {
        let hash = usize::try_from(self.0.hasher.hash_one(key) % GROUPS as u64).unwrap_or_default();
        &self.0.generations[hash]
    }
}

/// Counts an answer that was given: computed for whoever asked, or there already.
fn count(computed: &AtomicBool) {
    let cache = &metrics().cache;
    let result = if computed.load(Ordering::Relaxed) { &cache.misses } else { &cache.hits };
    result.inc();
}

#[cfg(test)]
mod tests;
