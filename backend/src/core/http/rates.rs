//! How many requests each user may make, and how the answers tell them (`RateLimit` and
//! `RateLimit-Policy` of the IETF's HTTPAPI working group).

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::core::{Error, Result, UserId};

/// The time that the quota is for.
const WINDOW: Duration = Duration::from_mins(1);
/// How many users are counted at once; whoever has made no request for a window has the whole
/// quota again and is forgotten.
const USERS: u64 = 20_000;

const SECOND: u64 = 1_000_000_000;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Every user's quota, counted in this process.
#[derive(Clone)]
pub struct Rates(Option<Arc<Counted>>);

struct Counted {
    quota: u64,
    policy: HeaderValue,
    begun: Instant,
    users: moka::sync::Cache<UserId, Arc<Bucket>>,
}

/// Counts one request, once it is known whose it is.
#[derive(Clone)]
pub struct Meter(Arc<Metered>);

struct Metered {
    rates: Arc<Counted>,
    standing: OnceLock<Standing>,
}

/// What a user may still ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// How many requests are left.
    left: u64,
    /// In how many seconds the quota is whole again.
    whole: u64,
    /// In how many seconds one more may be made, where this one was too many.
    refused: Option<u64>,
}

/// One user's quota: a bucket that fills evenly, kept as the moment (in nanoseconds from the
/// beginning) at which it is full.
#[derive(Default)]
struct Bucket(AtomicU64);

impl Bucket {
    /// Takes one request out at `now`, of as many as fit in a window.
    fn take(&self, quota: u64, now: u64) -> Standing {
        let window = u64::try_from(WINDOW.as_nanos()).unwrap_or(u64::MAX);
        let each = window / quota;
        let take = |full: u64| {
            let full = full.max(now) + each;
            (full - now <= window).then_some(full)
        };
        let taken = self.0.fetch_update(Relaxed, Relaxed, take);
        // The update gives what was there before.
        let before = taken.unwrap_or_else(|full| full).max(now) - now;
        if taken.is_ok() {
            let missing = before + each;
            let left = (window - missing) / each;
            Standing { left, whole: missing.div_ceil(SECOND), refused: None }
        } else {
            let wait = (before + each - window).div_ceil(SECOND).max(1);
            Standing { left: 0, whole: before.div_ceil(SECOND), refused: Some(wait) }
        }
    }
}

impl Rates {
    /// Counts up to `quota` requests a minute and user; 0 counts nothing.
    #[must_use]
    pub fn new(quota: u32) -> Self {
        let counted = (quota > 0).then(|| {
            let policy = format!("\"user\";q={quota};w={}", WINDOW.as_secs());
            let users = moka::sync::Cache::builder();
            let users = users.max_capacity(USERS).time_to_idle(WINDOW).build();
            let policy = HeaderValue::try_from(policy).ok()?;
            Some(Arc::new(Counted { quota: quota.into(), policy, begun: Instant::now(), users }))
        });
        Self(counted.flatten())
    }

    /// What counts one request, if any are counted.
    #[must_use]
    pub fn meter(&self) -> Option<Meter> {
        let rates = Arc::clone(self.0.as_ref()?);
        Some(Meter(Arc::new(Metered { rates, standing: OnceLock::new() })))
    }
}

impl Meter {
    /// Counts the request as the user's; however often it is called, once.
    ///
    /// # Errors
    /// Too many requests, where they have used up their quota.
    pub fn count(&self, user: &UserId) -> Result<()> {
        let Metered { rates, standing } = &*self.0;
        let standing = standing.get_or_init(|| {
            let bucket = rates.users.get(user);
            let bucket = bucket.unwrap_or_else(|| rates.users.get_with_by_ref(user, Arc::default));
            let now = u64::try_from(rates.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            bucket.take(rates.quota, now)
        });
        match standing.refused {
            Some(seconds) => Err(Error::TooManyRequests(seconds)),
            None => Ok(()),
        }
    }

    /// Tells in the answer what is left, where it is known whose request it was.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let Some(standing) = self.0.standing.get() else { return };
        let limit = format!("\"user\";r={};t={}", standing.left, standing.whole);
        if let Ok(limit) = HeaderValue::try_from(limit) {
            headers.insert(LIMIT, limit);
            headers.insert(POLICY, self.0.rates.policy.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, SECOND, Standing};
    use crate::testing::TestApp;

    fn standing(left: u64, whole: u64) -> Standing {
        Standing { left, whole, refused: None }
    }

    #[test]
    fn a_quota_is_used_up_and_fills_evenly() {
        let bucket = Bucket::default();
        let from = 1_000 * SECOND;
        // Four a minute: one every 15 seconds.
        let asked = [
            (0, standing(3, 15)),
            (0, standing(2, 30)),
            (5, standing(1, 40)),
            (5, standing(0, 55)),
            (5, Standing { left: 0, whole: 55, refused: Some(10) }),
            (14, Standing { left: 0, whole: 46, refused: Some(1) }),
            // Who was refused has used up nothing.
            (15, standing(0, 60)),
            (29, Standing { left: 0, whole: 46, refused: Some(1) }),
            (47, standing(1, 43)),
            (500, standing(3, 15)),
        ];
        for (at, expected) in asked {
            assert_eq!(bucket.take(4, from + at * SECOND), expected, "at {at}");
        }
    }

    #[test]
    fn no_more_than_the_quota_is_given_to_many_who_ask_at_once() {
        let bucket = Bucket::default();
        let given = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for _ in 0..1000 {
                        let is_given = bucket.take(1500, SECOND).refused.is_none();
                        given.fetch_add(is_given.into(), std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(given.into_inner(), 1500);
    }

    #[tokio::test]
    async fn whoever_asks_too_often_is_told_when_to_come_again_and_nobody_else_is() {
        let test = TestApp::new(|config| config.server.requests_per_minute = 3).await;
        let (ann, bob) = (test.register("ann@x.org").await, test.register("bob@x.org").await);
        for left in [2, 1, 0] {
            let answer = ann.get("/api/vehicles").await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("ratelimit-policy"), "\"user\";q=3;w=60");
            let told = answer.header("ratelimit");
            assert!(told.starts_with(&format!("\"user\";r={left};t=")), "{told}");
        }
        // Pages count as well, and so does every session.
        for path in ["/api/vehicles", "/vehicles"] {
            let answer = ann.get(path).await;
            assert_eq!(answer.status, 429, "{answer:?}");
            let wait: u32 = answer.header("retry-after").parse().unwrap();
            assert!((1..=20).contains(&wait), "{wait}");
            assert!(answer.header("ratelimit").starts_with("\"user\";r=0;t="), "{answer:?}");
        }
        assert_eq!(bob.get("/api/vehicles").await.status, 200);
        // Nobody in particular has no quota.
        let answer = test.nobody().get("/api/vehicles").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (401, ""));
    }

    #[tokio::test]
    async fn a_quota_of_nought_counts_nothing() {
        let test = TestApp::new(|config| config.server.requests_per_minute = 0).await;
        let ann = test.register("ann@x.org").await;
        let answer = ann.get("/api/vehicles").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, ""));
    }
}
