//! How many requests each user, and each network that is not signed in, may make; and how answers report it
//! (`RateLimit` and `RateLimit-Policy` of the IETF's HTTPAPI working group).

use std::{
    convert::Infallible,
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};

use crate::core::{App, Error, Result, UserId, config::Server, web};

/// The time that the quota is for.
const WINDOW: Duration = Duration::from_mins(1);
/// How many users, and how many networks, are counted at once. Who makes no request for a window has the
/// whole quota again and is forgotten.
const COUNTED: u64 = 20_000;

const SECOND: u64 = 1_000_000_000;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The quotas, counted in this process.
#[derive(Clone)]
pub struct Rates(Arc<Counted>);

struct Counted {
    begun: Instant,
    users: Option<Quota<UserId>>,
    networks: Option<Quota<IpAddr>>,
}

/// How many requests each `K` may make.
struct Quota<K> {
    name: &'static str,
    quota: u64,
    policy: HeaderValue,
    buckets: moka::sync::Cache<K, Arc<Bucket>>,
}

/// Counts one request: by its user, or by its network. A request without one is not counted.
#[derive(Clone, Default)]
pub struct Meter(Option<Arc<Metered>>);

struct Metered {
    rates: Arc<Counted>,
    user: OnceLock<Standing>,
    network: OnceLock<Standing>,
}

/// How much of a quota is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// How many requests are left.
    left: u64,
    /// In how many seconds the quota is whole again.
    whole: u64,
    /// In how many seconds one more may be made, where this one was too many.
    refused: Option<u64>,
}

/// One quota: a bucket that fills evenly, kept as the moment (in nanoseconds from the beginning) at
/// which it is full.
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

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Quota<K> {
    /// Up to `quota` requests a minute for each; 0 counts nothing.
    fn new(name: &'static str, quota: u32) -> Option<Self> {
        let policy = format!("\"{name}\";q={quota};w={}", WINDOW.as_secs());
        let policy = HeaderValue::try_from(policy).ok().filter(|_| quota > 0)?;
        let buckets = moka::sync::Cache::builder();
        let buckets = buckets.max_capacity(COUNTED).time_to_idle(WINDOW).build();
        Some(Self { name, quota: quota.into(), policy, buckets })
    }

    fn take(&self, key: &K, begun: Instant) -> Standing {
        let bucket = self.buckets.get(key);
        let bucket = bucket.unwrap_or_else(|| self.buckets.get_with_by_ref(key, Arc::default));
        let now = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        bucket.take(self.quota, now)
    }

    fn report(&self, standing: Standing, headers: &mut HeaderMap) {
        let limit = format!("\"{}\";r={};t={}", self.name, standing.left, standing.whole);
        if let Ok(limit) = HeaderValue::try_from(limit) {
            headers.insert(LIMIT, limit);
            headers.insert(POLICY, self.policy.clone());
        }
    }
}

impl Rates {
    /// The quotas of the settings.
    #[must_use]
    pub fn new(server: &Server) -> Self {
        Self(Arc::new(Counted {
            begun: Instant::now(),
            users: Quota::new("user", server.requests_per_minute),
            networks: Quota::new("network", server.anonymous_requests_per_minute),
        }))
    }

    /// What counts one request.
    #[must_use]
    pub fn meter(&self) -> Meter {
        let rates = Arc::clone(&self.0);
        Meter(Some(Arc::new(Metered { rates, user: OnceLock::new(), network: OnceLock::new() })))
    }
}

impl Standing {
    fn check(self) -> Result<()> {
        self.refused.map_or(Ok(()), |seconds| Err(Error::TooManyRequests(seconds)))
    }
}

impl Meter {
    /// Counts the request as the user's; however often it is called, once.
    ///
    /// # Errors
    /// `TooManyRequests` where the quota is used up.
    pub fn count_user(&self, user: &UserId) -> Result<()> {
        let Some(Metered { rates, user: standing, .. }) = self.0.as_deref() else { return Ok(()) };
        let Some(quota) = &rates.users else { return Ok(()) };
        standing.get_or_init(|| quota.take(user, rates.begun)).check()
    }

    /// Counts the request as one of a network that is not signed in; however often it is called, once.
    ///
    /// # Errors
    /// `TooManyRequests` where the quota is used up.
    pub fn count_network(&self, network: IpAddr) -> Result<()> {
        let Some(Metered { rates, network: standing, .. }) = self.0.as_deref() else {
            return Ok(());
        };
        let Some(quota) = &rates.networks else { return Ok(()) };
        standing.get_or_init(|| quota.take(&network, rates.begun)).check()
    }

    /// Reports in the answer what is left: to the user, if the request is a user's.
    pub fn report(&self, headers: &mut HeaderMap) {
        let Some(Metered { rates, user, network }) = self.0.as_deref() else { return };
        if let (Some(quota), Some(standing)) = (&rates.users, user.get()) {
            quota.report(*standing, headers);
        } else if let (Some(quota), Some(standing)) = (&rates.networks, network.get()) {
            quota.report(*standing, headers);
        }
    }
}

impl FromRequestParts<App> for Meter {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Nothing of it is the client's to send.
impl OperationInput for Meter {}

/// Whether requests for `path` are counted. The static files and health checks cost next to nothing, and are
/// needed most when much is refused.
#[must_use]
pub fn is_counted(path: &str) -> bool {
    !(matches!(path, "/health" | "/api/health") || web::is_asset(path))
}

#[cfg(test)]
mod tests {
    use super::{Bucket, SECOND, Standing, is_counted};
    use crate::{core::web::Assets, testing::TestApp};

    #[test]
    fn only_assets_that_exist_are_free() {
        assert!(!is_counted(&Assets::get().css));
        for path in ["/assets/", "/assets/nothing", "/assets/app.00000000.css", "/vehicles"] {
            assert!(is_counted(path), "{path}");
        }
    }

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
        // Who is not signed in uses up no user's quota.
        let answer = test.nobody().get("/api/vehicles").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (401, ""));
    }

    #[tokio::test]
    async fn a_network_that_is_not_signed_in_has_a_quota_of_its_own() {
        let test = TestApp::new(|config| config.server.anonymous_requests_per_minute = 3).await;
        let ann = test.register("ann@x.org").await.asking_from("192.0.2.1");
        let stranger = test.nobody().asking_from("192.0.2.1");
        for (left, path) in [(2, "/login"), (1, "/api/vehicles"), (0, "/nowhere")] {
            let answer = stranger.get(path).await;
            assert_ne!(answer.status, 429, "{answer:?}");
            assert_eq!(answer.header("ratelimit-policy"), "\"network\";q=3;w=60");
            let reported = answer.header("ratelimit");
            assert!(reported.starts_with(&format!("\"network\";r={left};t=")), "{reported}");
        }
        let page = stranger.get("/login").await;
        assert_eq!(page.status, 429, "{page:?}");
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        let refused = stranger.post("/api/auth/login", serde_json::json!({})).await;
        assert_eq!((refused.status, &refused.body["status"]), (429, &serde_json::json!(429)));
        let wait: u32 = refused.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        // An invalid credential does not help.
        let invented = stranger.with_header("authorization", "Bearer mvp_invented");
        assert_eq!(invented.get("/api/vehicles").await.status, 429);
        // Users behind the same address are counted by themselves, and other networks too.
        assert_eq!(ann.get("/api/vehicles").await.status, 200);
        assert_eq!(test.nobody().asking_from("192.0.2.2").get("/login").await.status, 200);
        // A subscriber has a whole /64 of IPv6.
        for nth in 0..3 {
            let neighbor = test.nobody().asking_from(&format!("2001:db8::{nth}"));
            assert_eq!(neighbor.get("/login").await.status, 200);
        }
        assert_eq!(test.nobody().asking_from("2001:db8::9").get("/login").await.status, 429);
        assert_eq!(test.nobody().asking_from("2001:db8:0:1::9").get("/login").await.status, 200);
    }

    #[tokio::test]
    async fn a_quota_of_nought_counts_nothing() {
        let test = TestApp::new(|config| {
            config.server.requests_per_minute = 0;
            config.server.anonymous_requests_per_minute = 0;
        })
        .await;
        let ann = test.register("ann@x.org").await;
        let answer = ann.get("/api/vehicles").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, ""));
        let answer = test.nobody().asking_from("192.0.2.1").get("/login").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, ""));
    }
}
