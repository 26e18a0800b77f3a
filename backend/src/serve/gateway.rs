//! The entry point of every request: checks its host, applies admission control, and calls the router.

use std::{
    ops::RangeInclusive,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use prometheus::IntCounter;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::{
    connections::{Endpoints, Handler},
    hosts::AllowedHosts,
};
use crate::core::{Error, config::Config, http, metrics::metrics, web};

/// How many health checks run at once. They have their own limit, so that a busy service does not look like
/// a broken one.
const MAX_HEALTH_CHECKS: usize = 2;
/// How long a health check waits for its turn.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(1);
/// Minimum interval between log entries about refused requests, in milliseconds.
const LOG_INTERVAL: u64 = 1000;

/// How many refused clients should retry per second. A refusal costs a fraction of a served request, but
/// thousands of clients that retry at the same moment would still slow down the requests being served.
const RETRIES_PER_SECOND: u64 = 250;
/// The shortest and the longest delay before a retry, in milliseconds. A retry that comes sooner is probably
/// refused again.
const RETRY_DELAYS: RangeInclusive<u64> = 2000..=30_000;

/// The router behind the host check and admission control.
pub(super) struct Gateway {
    router: Router,
    hosts: AllowedHosts,
    is_https: bool,
    admission: http::AdmissionControl,
    health_checks: Semaphore,
    api_refusal: PreparedResponse,
    page_refusal: PreparedResponse,
    refusal_log: RefusalLog,
    retries: RetrySchedule,
}

/// A response that is built once, at startup.
struct PreparedResponse {
    headers: HeaderMap,
    body: Bytes,
}

/// Logs refused requests, at most once per interval.
struct RefusalLog {
    begun: Instant,
    count: AtomicU64,
    /// Earliest time of the next log entry, in milliseconds since `begun`.
    next: AtomicU64,
}

/// Spreads the retries of refused clients over time: each client gets the next free moment of
/// [`RETRIES_PER_SECOND`].
struct RetrySchedule {
    begun: Instant,
    /// The next free moment, in milliseconds since `begun`.
    next: AtomicU64,
}

/// How admission control treats a request.
#[derive(Debug, PartialEq, Eq)]
enum RequestClass {
    /// Not limited: it needs no database and costs no more than a refusal.
    Unlimited,
    /// The readiness check, which has its own limit.
    HealthCheck,
    /// Limited by admission control: all other requests.
    Limited,
}

impl RequestClass {
    fn of(path: &str) -> Self {
        match path {
            "/health" => Self::Unlimited,
            "/api/health" => Self::HealthCheck,
            _ if web::is_asset(path) => Self::Unlimited,
            _ => Self::Limited,
        }
    }
}

impl Gateway {
    /// Wraps `router` with the limits from the settings, for requests to `hosts`.
    pub(super) async fn new(router: Router, config: &Config, hosts: AllowedHosts) -> Self {
        let server = &config.server;
        let limit = server.concurrency(&config.database);
        let refusal = async |mut response: Response| {
            http::add_security_headers(response.headers_mut(), server.is_https());
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes);
            PreparedResponse { headers: parts.headers, body: body.unwrap_or_default() }
        };
        Self {
            router,
            hosts,
            is_https: server.is_https(),
            admission: http::AdmissionControl::new(limit, server.queue(limit)),
            health_checks: Semaphore::new(MAX_HEALTH_CHECKS),
            api_refusal: refusal(Error::Overloaded.into_response()).await,
            page_refusal: refusal(web::problem_page(Error::Overloaded)).await,
            refusal_log: RefusalLog {
                begun: Instant::now(),
                count: AtomicU64::new(0),
                next: AtomicU64::new(0),
            },
            retries: RetrySchedule { begun: Instant::now(), next: AtomicU64::new(0) },
        }
    }

    /// The limits on concurrent and queued requests.
    pub(super) fn admission(&self) -> &http::AdmissionControl {
        &self.admission
    }

    async fn call_router(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// The response to a request whose host was refused.
    fn refuse_host(&self, path: &str, error: Error) -> Response {
        let mut response = web::refusal(path, error);
        http::add_security_headers(response.headers_mut(), self.is_https);
        response
    }

    fn refuse(&self, path: &str, counter: &IntCounter) -> Response {
        counter.inc();
        self.refusal_log.record();
        let refusal = if web::is_api(path) { &self.api_refusal } else { &self.page_refusal };
        let mut response = Response::new(Body::from(refusal.body.clone()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        *response.headers_mut() = refusal.headers.clone();
        response.headers_mut().insert(RETRY_AFTER, self.retry_delay());
        response
    }

    /// How many seconds the next rejected client should wait.
    fn retry_delay(&self) -> HeaderValue {
        self.retries.next_delay(milliseconds_since(self.retries.begun)).into()
    }
}

impl Handler for Gateway {
    async fn handle(&self, mut request: Request<Body>, endpoints: Endpoints) -> Response {
        if let Err(error) =
            self.hosts.check(request.headers(), request.uri(), endpoints.local).await
        {
            return self.refuse_host(request.uri().path(), error);
        }
        request.extensions_mut().insert(ConnectInfo(endpoints.peer));
        match RequestClass::of(request.uri().path()) {
            RequestClass::Unlimited => self.call_router(request).await,
            RequestClass::HealthCheck => {
                let check =
                    tokio::time::timeout(HEALTH_CHECK_TIMEOUT, self.health_checks.acquire()).await;
                match check {
                    Ok(Ok(_check)) => self.call_router(request).await,
                    _ => self.refuse(request.uri().path(), &metrics().rejected.checks),
                }
            }
            RequestClass::Limited => match self.admission.acquire().await {
                Ok(permit) => {
                    request.extensions_mut().insert(permit.clone());
                    let mut response = permit.clone().run(self.call_router(request)).await;
                    if permit.is_rejected() && response.status() == StatusCode::SERVICE_UNAVAILABLE
                    {
                        self.refusal_log.record();
                        response.headers_mut().insert(RETRY_AFTER, self.retry_delay());
                    }
                    response
                }
                Err(_) => self.refuse(request.uri().path(), &metrics().rejected.overloaded),
            },
        }
    }

    async fn reject(&self, request: Request<Body>, endpoints: Endpoints) -> Response {
        match RequestClass::of(request.uri().path()) {
            RequestClass::Unlimited | RequestClass::HealthCheck => {
                self.handle(request, endpoints).await
            }
            RequestClass::Limited => {
                self.refuse(request.uri().path(), &metrics().rejected.connections)
            }
        }
    }
}

impl RefusalLog {
    /// Counts a refusal, and logs the count unless it was logged just now.
    fn record(&self) {
        let count = self.count.fetch_add(1, Relaxed) + 1;
        let now = milliseconds_since(self.begun);
        let next = self.next.load(Relaxed);
        let is_first =
            || self.next.compare_exchange(next, now + LOG_INTERVAL, Relaxed, Relaxed).is_ok();
        if now >= next && is_first() {
            tracing::warn!(count, "Overloaded: refusing requests");
        }
    }
}

impl RetrySchedule {
    /// Reserves a moment for a client that is refused at `now`, in milliseconds since `begun`, and returns how
    /// many seconds that client should wait.
    fn next_delay(&self, now: u64) -> u64 {
        let (soonest, latest) = (now + RETRY_DELAYS.start(), now + RETRY_DELAYS.end());
        let retry = |next: u64| next.clamp(soonest, latest);
        let next = |next| Some(retry(next) + 1000 / RETRIES_PER_SECOND);
        let (Ok(free) | Err(free)) = self.next.fetch_update(Relaxed, Relaxed, next);
        (retry(free) - now) / 1000
    }
}

fn milliseconds_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{AtomicU64, RequestClass, RetrySchedule};
    use crate::core::web::Assets;

    #[test]
    fn refused_clients_are_asked_to_retry_one_after_another() {
        let schedule = RetrySchedule { begun: Instant::now(), next: AtomicU64::new(0) };
        let delays = |now: u64, clients: usize| -> Vec<u64> {
            (0..clients).map(|_| schedule.next_delay(now)).collect()
        };
        let expected: Vec<u64> = [2, 3, 4, 5].into_iter().flat_map(|it| vec![it; 250]).collect();
        assert_eq!(delays(10_000, 1000), expected);
        // One second later, the moments that were taken are one second closer.
        assert_eq!(delays(11_000, 1), [5]);
        // No client waits longer than 30 seconds.
        assert_eq!(delays(11_000, 20_000).last(), Some(&30));
        // Once the retries are over, the delay is short again.
        assert_eq!(delays(60_000, 1), [2]);
    }

    #[test]
    fn only_cheap_requests_bypass_admission_control() {
        for path in ["/health", &Assets::get().css] {
            assert_eq!(RequestClass::of(path), RequestClass::Unlimited, "{path}");
        }
        assert_eq!(RequestClass::of("/api/health"), RequestClass::HealthCheck);
        for path in ["/", "/api/vehicles", "/health/", "/assets", "/assets/x", "/vehicles/assets/x"]
        {
            assert_eq!(RequestClass::of(path), RequestClass::Limited, "{path}");
        }
    }
}
