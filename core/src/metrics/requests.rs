//! Metrics of requests: counts by route, method and status, and durations.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{Extensions, Method, StatusCode},
    response::Response,
};
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, Registry};
use tower::{Layer, Service};

use super::{counters, histograms, metrics};

/// The route of requests that match no route.
const UNKNOWN: &str = "unknown";

/// The methods that are counted separately; others are `other`.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PATCH,
    Method::DELETE,
    Method::PUT,
    Method::HEAD,
    Method::OPTIONS,
];

/// The statuses that are counted separately, most frequent first; others are `other`.
const STATUSES: [u16; 27] = [
    200, 201, 204, 303, 304, 401, 404, 422, 429, 403, 409, 412, 400, 503, 500, 302, 307, 308, 301,
    206, 202, 405, 408, 413, 415, 502, 507,
];

/// The buckets of durations in seconds.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The metrics of all routes.
pub(super) struct Requests {
    answered: IntCounterVec,
    durations: HistogramVec,
}

impl Requests {
    pub(super) fn new(registry: &Registry) -> Self {
        let answered = counters(
            registry,
            "http_requests_total",
            "Requests by route pattern, method and status",
            &["route", "method", "status"],
        );
        let durations = histograms(
            registry,
            "http_request_duration_seconds",
            "Time from receiving a request's head to sending the response's, by route pattern and method",
            &["route", "method"],
            &SECONDS,
        );
        Self { answered, durations }
    }
}

/// Requests that were rejected before any work.
pub struct RejectedRequests {
    /// The queue was full or too slow.
    pub overloaded: IntCounter,
    /// There were too many connections.
    pub connections: IntCounter,
    /// Too many readiness checks at once.
    pub checks: IntCounter,
}

impl RejectedRequests {
    pub(super) fn new(registry: &Registry) -> Self {
        let refused = counters(
            registry,
            "http_requests_refused_total",
            "Requests that were rejected before any work, by reason",
            &["reason"],
        );
        Self {
            overloaded: refused.with_label_values(&["overloaded"]),
            connections: refused.with_label_values(&["connections"]),
            checks: refused.with_label_values(&["checks"]),
        }
    }
}

/// A layer over a whole router that counts the responses of each route.
///
/// A router applies its layers to each route separately, so each route has its own counters, and no
/// lookup is needed per request.
#[derive(Clone)]
pub struct CountRequests;

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, route: Arc::default() }
    }
}

/// The service of one route, with counters.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    route: Arc<Route>,
}

/// The counters of one route, created on first use.
#[derive(Default)]
struct Route {
    pattern: OnceLock<String>,
    methods: [OnceLock<Box<Counts>>; METHODS.len() + 1],
}

struct Counts {
    method: &'static str,
    seconds: Histogram,
    statuses: [OnceLock<IntCounter>; STATUSES.len() + 1],
}

impl Route {
    /// Remembers the route's pattern on the first request. Returns the index of the method.
    fn method_index(&self, request: &Request) -> usize {
        self.pattern.get_or_init(|| route_label(request.extensions()).to_owned());
        index_of_method(request.method())
    }

    fn record(&self, method: usize, status: StatusCode, duration: Duration) {
        let pattern = self.pattern.get().map_or(UNKNOWN, String::as_str);
        let all = &metrics().requests;
        let counts = self.methods[method].get_or_init(|| {
            let method = method_name(method);
            let seconds = all.durations.with_label_values(&[pattern, method]);
            Box::new(Counts { method, seconds, statuses: Default::default() })
        });
        counts.seconds.observe(duration.as_secs_f64());
        let code = status.as_u16();
        let index = STATUSES.iter().position(|it| *it == code).unwrap_or(STATUSES.len());
        let answered = counts.statuses[index].get_or_init(|| {
            let status = STATUSES.get(index).map_or("other".to_owned(), u16::to_string);
            all.answered.with_label_values(&[pattern, counts.method, status.as_str()])
        });
        answered.inc();
    }
}

/// The pattern of the route that a request matched.
#[must_use]
pub fn route_label(extensions: &Extensions) -> &str {
    match extensions.get::<MatchedPath>().map(MatchedPath::as_str) {
        // Asset names contain hashes.
        Some(pattern) if pattern.starts_with("/assets/") => "/assets",
        // Catch-all routes respond to unknown paths.
        Some(pattern) if !pattern.contains("{*") => pattern,
        _ => UNKNOWN,
    }
}

/// The name of a method; `other` if it is not one of `METHODS`.
#[must_use]
pub fn method_label(method: &Method) -> &'static str {
    method_name(index_of_method(method))
}

/// The index of a method in [`METHODS`]; their number if it is not one of them.
fn index_of_method(method: &Method) -> usize {
    METHODS.iter().position(|it| it == method).unwrap_or(METHODS.len())
}

fn method_name(index: usize) -> &'static str {
    METHODS.get(index).map_or("other", Method::as_str)
}

impl<S> Service<Request> for Counted<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let started = Instant::now();
        let method = self.route.method_index(&request);
        let route = Arc::clone(&self.route);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            route.record(method, response.status(), started.elapsed());
            Ok(response)
        })
    }
}
