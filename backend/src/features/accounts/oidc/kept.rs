//! What is fetched when it is needed and kept for a while, by one for all who ask.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::core::{http, upstream::FetchError};

/// How long nothing is asked again after it failed.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// How long an old value does while no new one is to be had.
const STALE: TimeDelta = TimeDelta::days(1);

/// A value that is fetched when it is needed.
pub(super) struct Kept<T> {
    value: RwLock<Option<(Arc<T>, DateTime<Utc>)>>,
    /// Why the last one who fetched got nothing, and when; held by whoever fetches.
    fetching: Mutex<Option<(String, DateTime<Utc>)>>,
}

impl<T> Kept<T> {
    pub(super) fn new() -> Self {
        Self { value: RwLock::new(None), fetching: Mutex::new(None) }
    }

    /// What there is, if it is younger than `oldest`.
    fn young(&self, now: DateTime<Utc>, oldest: TimeDelta) -> Option<Arc<T>> {
        let value = self.value.read().unwrap_or_else(PoisonError::into_inner);
        let (value, fetched) = value.as_ref()?;
        (now < *fetched + oldest).then(|| Arc::clone(value))
    }

    /// The value, fetched anew where it is older than `oldest`. Of many who ask at once one
    /// fetches, and all get what it got, a failure too. Whoever does with what is there waits for
    /// nobody.
    pub(super) async fn get(
        &self,
        now: DateTime<Utc>,
        oldest: TimeDelta,
        fetch: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<Arc<T>, FetchError> {
        if let Some(value) = self.young(now, oldest) {
            return Ok(value);
        }
        // A provider that hangs must not hold a place among the requests that are worked on.
        let mut failed = http::yield_slot_while(self.fetching.lock()).await;
        // Somebody may have fetched it meanwhile.
        if let Some(value) = self.young(now, oldest) {
            return Ok(value);
        }
        if failed.as_ref().is_none_or(|(_, when)| now >= *when + PAUSE) {
            match fetch.await {
                Ok(value) => {
                    let value = Arc::new(value);
                    let mut kept = self.value.write().unwrap_or_else(PoisonError::into_inner);
                    *kept = Some((Arc::clone(&value), now));
                    *failed = None;
                    return Ok(value);
                }
                Err(error) => *failed = Some((error.to_string(), now)),
            }
        }
        let why = failed.as_ref().map_or("", |(why, _)| why);
        self.young(now, STALE).ok_or_else(|| FetchError::new(why))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::{DateTime, TimeDelta, Utc};

    use super::{FetchError, Kept};
    use crate::testing::{NOW, block_on};

    fn at(seconds: i64) -> DateTime<Utc> {
        NOW.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
    }

    const MINUTE: TimeDelta = TimeDelta::minutes(1);

    #[test]
    fn many_who_ask_at_once_make_one_request() {
        block_on(async {
            let (kept, asked) = (Kept::new(), AtomicU32::new(0));
            let fetch = || async {
                tokio::task::yield_now().await;
                Ok(asked.fetch_add(1, Ordering::SeqCst))
            };
            let all = (0..32).map(|_| kept.get(at(0), MINUTE, fetch()));
            let got = futures::future::join_all(all).await;
            assert!(got.into_iter().all(|it| *it.unwrap() == 0));
            assert_eq!(*kept.get(at(59), MINUTE, fetch()).await.unwrap(), 0);
            assert_eq!(*kept.get(at(60), MINUTE, fetch()).await.unwrap(), 1);
        });
    }

    #[test]
    fn whoever_does_with_what_is_there_waits_for_nobody() {
        block_on(async {
            let kept = Kept::new();
            kept.get(at(0), MINUTE, async { Ok(7) }).await.unwrap();
            let never = std::pin::pin!(kept.get(at(60), MINUTE, std::future::pending()));
            futures::future::select(never, std::pin::pin!(async {})).await;
            let hour = TimeDelta::hours(1);
            assert_eq!(*kept.get(at(60), hour, std::future::pending()).await.unwrap(), 7);
        });
    }

    #[test]
    fn a_failure_is_everybodys_and_not_tried_again_at_once() {
        block_on(async {
            let (kept, asked) = (Kept::<u32>::new(), AtomicU32::new(0));
            let fetch = || async {
                asked.fetch_add(1, Ordering::SeqCst);
                Err(FetchError::new("away"))
            };
            for second in [0, 0, 9] {
                let failed = kept.get(at(second), MINUTE, fetch()).await.unwrap_err();
                assert_eq!(failed.to_string(), "away");
            }
            assert_eq!(asked.load(Ordering::SeqCst), 1);
            kept.get(at(10), MINUTE, fetch()).await.unwrap_err();
            assert_eq!(asked.load(Ordering::SeqCst), 2);
        });
    }

    #[test]
    fn an_old_value_does_for_a_day_while_no_new_one_is_to_be_had() {
        block_on(async {
            let kept = Kept::new();
            kept.get(at(0), MINUTE, async { Ok(7) }).await.unwrap();
            let away = || async { Err(FetchError::new("away")) };
            assert_eq!(*kept.get(at(3600), MINUTE, away()).await.unwrap(), 7);
            assert!(kept.get(at(24 * 3600), MINUTE, away()).await.is_err());
            assert_eq!(*kept.get(at(24 * 3600 + 10), MINUTE, async { Ok(8) }).await.unwrap(), 8);
        });
    }
}
