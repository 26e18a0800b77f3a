//! A cached value that is fetched on demand, once for all concurrent callers.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::core::{http, upstream::FetchError};

/// The minimum time between a failed fetch and the next attempt.
const RETRY_DELAY: TimeDelta = TimeDelta::seconds(10);
/// How long an outdated value is used while fetching fails.
const MAX_STALENESS: TimeDelta = TimeDelta::days(1);

/// A value that is fetched on demand and cached.
pub(super) struct FetchCache<T> {
    value: RwLock<Option<(Arc<T>, DateTime<Utc>)>>,
    /// The error and time of the last failed fetch. Locked while fetching.
    fetching: Mutex<Option<(String, DateTime<Utc>)>>,
}

impl<T> FetchCache<T> {
    pub(super) fn new() -> Self {
        Self { value: RwLock::new(None), fetching: Mutex::new(None) }
    }

    /// Returns the cached value if it is younger than `max_age`.
    fn get_younger_than(&self, now: DateTime<Utc>, max_age: TimeDelta) -> Option<Arc<T>> {
        let value = self.value.read().unwrap_or_else(PoisonError::into_inner);
        let (value, fetched) = value.as_ref()?;
        (now < *fetched + max_age).then(|| Arc::clone(value))
    }

    /// Returns the cached value, or fetches it if it is older than `max_age`. Concurrent callers
    /// share one fetch and its result, even if it fails. Callers for which the cached value is
    /// recent enough don't wait for a fetch.
    pub(super) async fn get(
        &self,
        now: DateTime<Utc>,
        max_age: TimeDelta,
        fetch: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<Arc<T>, FetchError> {
        if let Some(value) = self.get_younger_than(now, max_age) {
            return Ok(value);
        }
        // While waiting for a slow provider, free this request's slot for other requests.
        let mut failure = http::yield_slot_while(self.fetching.lock()).await;
        // Another caller may have fetched it in the meantime.
        if let Some(value) = self.get_younger_than(now, max_age) {
            return Ok(value);
        }
        if failure.as_ref().is_none_or(|(_, at)| now >= *at + RETRY_DELAY) {
            match fetch.await {
                Ok(value) => {
                    let value = Arc::new(value);
                    let mut slot = self.value.write().unwrap_or_else(PoisonError::into_inner);
                    *slot = Some((Arc::clone(&value), now));
                    *failure = None;
                    return Ok(value);
                }
                Err(error) => *failure = Some((error.to_string(), now)),
            }
        }
        let reason = failure.as_ref().map_or("", |(reason, _)| reason);
        self.get_younger_than(now, MAX_STALENESS).ok_or_else(|| FetchError::new(reason))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::{DateTime, TimeDelta, Utc};

    use super::{FetchCache, FetchError};
    use crate::testing::{NOW, block_on};

    fn at(seconds: i64) -> DateTime<Utc> {
        NOW.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
    }

    const MINUTE: TimeDelta = TimeDelta::minutes(1);

    #[test]
    fn concurrent_callers_share_one_fetch() {
        block_on(async {
            let (cache, fetches) = (FetchCache::new(), AtomicU32::new(0));
            let fetch = || async {
                tokio::task::yield_now().await;
                Ok(fetches.fetch_add(1, Ordering::SeqCst))
            };
            let all = (0..32).map(|_| cache.get(at(0), MINUTE, fetch()));
            let got = futures_util::future::join_all(all).await;
            assert!(got.into_iter().all(|it| *it.unwrap() == 0));
            assert_eq!(*cache.get(at(59), MINUTE, fetch()).await.unwrap(), 0);
            assert_eq!(*cache.get(at(60), MINUTE, fetch()).await.unwrap(), 1);
        });
    }

    #[test]
    fn callers_that_accept_the_cached_value_do_not_wait() {
        block_on(async {
            let cache = FetchCache::new();
            cache.get(at(0), MINUTE, async { Ok(7) }).await.unwrap();
            let never = std::pin::pin!(cache.get(at(60), MINUTE, std::future::pending()));
            futures_util::future::select(never, std::pin::pin!(async {})).await;
            let hour = TimeDelta::hours(1);
            assert_eq!(*cache.get(at(60), hour, std::future::pending()).await.unwrap(), 7);
        });
    }

    #[test]
    fn a_failure_is_shared_and_not_retried_immediately() {
        block_on(async {
            let (cache, fetches) = (FetchCache::<u32>::new(), AtomicU32::new(0));
            let fetch = || async {
                fetches.fetch_add(1, Ordering::SeqCst);
                Err(FetchError::new("unavailable"))
            };
            for second in [0, 0, 9] {
                let failure = cache.get(at(second), MINUTE, fetch()).await.unwrap_err();
                assert_eq!(failure.to_string(), "unavailable");
            }
            assert_eq!(fetches.load(Ordering::SeqCst), 1);
            cache.get(at(10), MINUTE, fetch()).await.unwrap_err();
            assert_eq!(fetches.load(Ordering::SeqCst), 2);
        });
    }

    #[test]
    fn an_outdated_value_is_used_for_a_day_while_fetching_fails() {
        block_on(async {
            let cache = FetchCache::new();
            cache.get(at(0), MINUTE, async { Ok(7) }).await.unwrap();
            let unavailable = || async { Err(FetchError::new("unavailable")) };
            assert_eq!(*cache.get(at(3600), MINUTE, unavailable()).await.unwrap(), 7);
            assert!(cache.get(at(24 * 3600), MINUTE, unavailable()).await.is_err());
            assert_eq!(*cache.get(at(24 * 3600 + 10), MINUTE, async { Ok(8) }).await.unwrap(), 8);
        });
    }
}
