//! Rate limits per user and per unauthenticated network, and the response headers that report them
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

use crate::core::{Error, Result, UserId, config::Server, web};

/// The time window of a quota.
const WINDOW: Duration = Duration::from_mins(1);
/// The maximum number of users, and of networks, to track. One that makes no request for a window
/// has its full quota again and is removed.
const MAX_BUCKETS: u64 = 20_000;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The rate limits. They are per process.
#[derive(Clone)]
pub struct RateLimits(Arc<Quotas>);

struct Quotas {
    started: Instant,
    users: Option<Quota<UserId>>,
    networks: Option<Quota<IpAddr>>,
}

/// The rate limit of each `K`.
struct Quota<K> {
    name: &'static str,
    quota: u64,
    policy: HeaderValue,
    buckets: moka::sync::Cache<K, Arc<Bucket>>,
}

/// Counts one request against its user's or network's quota. Without state it counts nothing.
#[derive(Clone, Default)]
pub struct RequestMeter(Option<Arc<MeterState>>);

struct MeterState {
    rates: Arc<Quotas>,
    user: OnceLock<QuotaState>,
    network: OnceLock<QuotaState>,
}

/// The state of a quota after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct QuotaState {
    /// The number of remaining requests.
    remaining: u64,
    /// The number of seconds until the quota is full again.
    reset_in: u64,
    /// The number of seconds to wait, if this request exceeded the quota.
    retry_after: Option<u64>,
}

/// A token bucket, stored as the time (in nanoseconds since start) at which it is full.
#[derive(Default)]
struct Bucket(AtomicU64);

impl Bucket {
    /// Takes one token at `now`, of `quota` per window.
    fn take(&self, quota: u64, now: u64) -> QuotaState {
        let window = u64::try_from(WINDOW.as_nanos()).unwrap_or(u64::MAX);
        let each = window / quota;
        let take = |full: u64| {
            let full = full.max(now) + each;
            (full - now <= window).then_some(full)
        };
        let taken = self.0.fetch_update(Relaxed, Relaxed, take);
        // The update returns the previous value.
        let before = taken.unwrap_or_else(|full| full).max(now) - now;
        if taken.is_ok() {
            let missing = before + each;
            let remaining = (window - missing) / each;
            QuotaState {
                remaining,
                reset_in: missing.div_ceil(NANOS_PER_SECOND),
                retry_after: None,
            }
        } else {
            let wait = (before + each - window).div_ceil(NANOS_PER_SECOND).max(1);
            QuotaState {
                remaining: 0,
                reset_in: before.div_ceil(NANOS_PER_SECOND),
                retry_after: Some(wait),
            }
        }
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Quota<K> {
    /// Creates a limit of `quota` requests per minute; `None` for 0.
    fn new(name: &'static str, quota: u32) -> Option<Self> {
        let policy = format!("\"{name}\";q={quota};w={}", WINDOW.as_secs());
        let policy = HeaderValue::try_from(policy).ok().filter(|_| quota > 0)?;
        let buckets = moka::sync::Cache::builder();
        let buckets = buckets.max_capacity(MAX_BUCKETS).time_to_idle(WINDOW).build();
        Some(Self { name, quota: quota.into(), policy, buckets })
    }

    fn take(&self, key: &K, started: Instant) -> QuotaState {
        let bucket = self.buckets.get(key);
        let bucket = bucket.unwrap_or_else(|| self.buckets.get_with_by_ref(key, Arc::default));
        let now = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        bucket.take(self.quota, now)
    }

    fn report(&self, state: QuotaState, headers: &mut HeaderMap) {
        let limit = format!("\"{}\";r={};t={}", self.name, state.remaining, state.reset_in);
        if let Ok(limit) = HeaderValue::try_from(limit) {
            headers.insert(LIMIT, limit);
            headers.insert(POLICY, self.policy.clone());
        }
    }
}

impl RateLimits {
    /// Creates the limits from the settings.
    #[must_use]
    pub fn new(server: &Server) -> Self {
        Self(Arc::new(Quotas {
            started: Instant::now(),
            users: Quota::new("user", server.requests_per_minute),
            networks: Quota::new("network", server.anonymous_requests_per_minute),
        }))
    }

    /// Creates the meter of one request.
    #[must_use]
    pub fn meter(&self) -> RequestMeter {
        let rates = Arc::clone(&self.0);
        RequestMeter(Some(Arc::new(MeterState {
            rates,
            user: OnceLock::new(),
            network: OnceLock::new(),
        })))
    }
}

impl QuotaState {
    fn check(self) -> Result<()> {
        self.retry_after.map_or(Ok(()), |seconds| Err(Error::TooManyRequests(seconds)))
    }
}

impl RequestMeter {
    /// Counts the request against the user's quota. Further calls have no effect.
    ///
    /// # Errors
    /// `TooManyRequests` if the quota is exceeded.
    pub fn count_user(&self, user: &UserId) -> Result<()> {
        let Some(MeterState { rates, user: state, .. }) = self.0.as_deref() else { return Ok(()) };
        let Some(quota) = &rates.users else { return Ok(()) };
        state.get_or_init(|| quota.take(user, rates.started)).check()
    }

    /// Counts the request against the quota of an unauthenticated network. Further calls have no
    /// effect.
    ///
    /// # Errors
    /// `TooManyRequests` if the quota is exceeded.
    pub fn count_network(&self, network: IpAddr) -> Result<()> {
        let Some(MeterState { rates, network: state, .. }) = self.0.as_deref() else {
            return Ok(());
        };
        let Some(quota) = &rates.networks else { return Ok(()) };
        state.get_or_init(|| quota.take(&network, rates.started)).check()
    }

    /// Adds the rate limit headers to the response: the user's, if the request is authenticated.
    pub fn report(&self, headers: &mut HeaderMap) {
        let Some(MeterState { rates, user, network }) = self.0.as_deref() else { return };
        if let (Some(quota), Some(state)) = (&rates.users, user.get()) {
            quota.report(*state, headers);
        } else if let (Some(quota), Some(state)) = (&rates.networks, network.get()) {
            quota.report(*state, headers);
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestMeter {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// It is not part of the documented input.
impl OperationInput for RequestMeter {}

/// Whether requests for `path` count towards rate limits. Static files and health checks are cheap,
/// and most needed under load.
#[must_use]
pub fn is_rate_limited(path: &str) -> bool {
    !(matches!(path, "/health" | "/api/health") || web::is_asset(path))
}

#[cfg(test)]
mod tests {
    use super::{Bucket, NANOS_PER_SECOND, QuotaState, is_rate_limited};
    use crate::{core::web::Assets, testing::TestApp};

    #[test]
    fn only_existing_assets_are_exempt() {
        assert!(!is_rate_limited(&Assets::get().css));
        for path in ["/assets/", "/assets/nothing", "/assets/app.00000000.css", "/vehicles"] {
            assert!(is_rate_limited(path), "{path}");
        }
    }

    fn state(remaining: u64, reset_in: u64) -> QuotaState {
        QuotaState { remaining, reset_in, retry_after: None }
    }

    #[test]
    fn a_quota_is_used_up_and_refills_evenly() {
        let bucket = Bucket::default();
        let from = 1_000 * NANOS_PER_SECOND;
        // Four per minute: one every 15 seconds.
        let requests = [
            (0, state(3, 15)),
            (0, state(2, 30)),
            (5, state(1, 40)),
            (5, state(0, 55)),
            (5, QuotaState { remaining: 0, reset_in: 55, retry_after: Some(10) }),
            (14, QuotaState { remaining: 0, reset_in: 46, retry_after: Some(1) }),
            // Rejected requests do not use up the quota.
            (15, state(0, 60)),
            (29, QuotaState { remaining: 0, reset_in: 46, retry_after: Some(1) }),
            (47, state(1, 43)),
            (500, state(3, 15)),
        ];
        for (at, expected) in requests {
            assert_eq!(bucket.take(4, from + at * NANOS_PER_SECOND), expected, "at {at}");
        }
    }

    #[test]
    fn concurrent_requests_cannot_exceed_the_quota() {
        let bucket = Bucket::default();
        let accepted = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for _ in 0..1000 {
                        let is_accepted = bucket.take(1500, NANOS_PER_SECOND).retry_after.is_none();
                        accepted
                            .fetch_add(is_accepted.into(), std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(accepted.into_inner(), 1500);
    }

    #[tokio::test]
    async fn exceeding_the_quota_affects_only_that_user() {
        let test = TestApp::new(|config| config.server.requests_per_minute = 3).await;
        let (ann, bob) = (test.register("ann@x.org").await, test.register("bob@x.org").await);
        for remaining in [2, 1, 0] {
            let response = ann.get("/api/vehicles").await;
            assert_eq!(response.status, 200);
            assert_eq!(response.header("ratelimit-policy"), "\"user\";q=3;w=60");
            let reported = response.header("ratelimit");
            assert!(reported.starts_with(&format!("\"user\";r={remaining};t=")), "{reported}");
        }
        // Pages count as well.
        for path in ["/api/vehicles", "/vehicles"] {
            let response = ann.get(path).await;
            assert_eq!(response.status, 429, "{response:?}");
            let wait: u32 = response.header("retry-after").parse().unwrap();
            assert!((1..=20).contains(&wait), "{wait}");
            assert!(response.header("ratelimit").starts_with("\"user\";r=0;t="), "{response:?}");
        }
        assert_eq!(bob.get("/api/vehicles").await.status, 200);
        // Unauthenticated requests do not use up a user's quota.
        let response = test.anonymous().get("/api/vehicles").await;
        assert_eq!((response.status, response.header("ratelimit")), (401, ""));
    }

    #[tokio::test]
    async fn unauthenticated_networks_have_their_own_quota() {
        let test = TestApp::new(|config| config.server.anonymous_requests_per_minute = 3).await;
        let ann = test.register("ann@x.org").await.with_client_ip("192.0.2.1");
        let anonymous = test.anonymous().with_client_ip("192.0.2.1");
        for (remaining, path) in [(2, "/login"), (1, "/api/vehicles"), (0, "/nowhere")] {
            let response = anonymous.get(path).await;
            assert_ne!(response.status, 429, "{response:?}");
            assert_eq!(response.header("ratelimit-policy"), "\"network\";q=3;w=60");
            let reported = response.header("ratelimit");
            assert!(reported.starts_with(&format!("\"network\";r={remaining};t=")), "{reported}");
        }
        let page = anonymous.get("/login").await;
        assert_eq!(page.status, 429, "{page:?}");
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        let refused = anonymous.post("/api/auth/login", serde_json::json!({})).await;
        assert_eq!((refused.status, &refused.body["status"]), (429, &serde_json::json!(429)));
        let wait: u32 = refused.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        // An invalid credential makes no difference.
        let invented = anonymous.with_header("authorization", "Bearer mvp_invented");
        assert_eq!(invented.get("/api/vehicles").await.status, 429);
        // Users behind the same address, and other networks, have their own quotas.
        assert_eq!(ann.get("/api/vehicles").await.status, 200);
        assert_eq!(test.anonymous().with_client_ip("192.0.2.2").get("/login").await.status, 200);
        // IPv6 clients are grouped by /64.
        for nth in 0..3 {
            let neighbor = test.anonymous().with_client_ip(&format!("2001:db8::{nth}"));
            assert_eq!(neighbor.get("/login").await.status, 200);
        }
        assert_eq!(test.anonymous().with_client_ip("2001:db8::9").get("/login").await.status, 429);
        assert_eq!(
            test.anonymous().with_client_ip("2001:db8:0:1::9").get("/login").await.status,
            200
        );
    }

    #[tokio::test]
    async fn a_quota_of_zero_disables_the_limit() {
        let test = TestApp::new(|config| {
            config.server.requests_per_minute = 0;
            config.server.anonymous_requests_per_minute = 0;
        })
        .await;
        let ann = test.register("ann@x.org").await;
        let response = ann.get("/api/vehicles").await;
        assert_eq!((response.status, response.header("ratelimit-policy")), (200, ""));
        let response = test.anonymous().with_client_ip("192.0.2.1").get("/login").await;
        assert_eq!((response.status, response.header("ratelimit-policy")), (200, ""));
    }
}
