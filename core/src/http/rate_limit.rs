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

use crate::{Error, Result, UserId, config::Server, web};

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
    use crate::web::Assets;

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
}
