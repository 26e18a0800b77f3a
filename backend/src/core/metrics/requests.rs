//! Requests: by the route that answered, the method and the status, and how long they took.

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

/// The route of whatever leads nowhere.
const UNKNOWN: &str = "unknown";

/// The methods that are told apart; every other is `other`.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PATCH,
    Method::DELETE,
    Method::PUT,
    Method::HEAD,
    Method::OPTIONS,
];

/// The statuses that are told apart, the most frequent first; every other is `other`.
const STATUSES: [u16; 27] = [
    200, 201, 204, 303, 304, 401, 404, 422, 429, 403, 409, 412, 400, 503, 500, 302, 307, 308, 301,
    206, 202, 405, 408, 413, 415, 502, 507,
];

/// The bounds of durations, in seconds.
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
            "Requests that were answered, by route pattern, method and status",
            &["route", "method", "status"],
        );
        let durations = histograms(
            registry,
            "http_request_duration_seconds",
            "Time from a request's head to its answer's, by route pattern and method",
            &["route", "method"],
            &SECONDS,
        );
        Self { answered, durations }
    }
}

/// Requests that were refused before any work.
pub struct RejectedRequests {
    /// The line was full, or moved too slowly.
    pub overloaded: IntCounter,
    /// There were too many connections.
    pub connections: IntCounter,
    /// Too many asked at once whether the service is ready.
    pub checks: IntCounter,
}

impl RejectedRequests {
    pub(super) fn new(registry: &Registry) -> Self {
        let refused = counters(
            registry,
            "http_requests_refused_total",
            "Requests that were refused before any work, by reason",
            &["reason"],
        );
        Self {
            overloaded: refused.with_label_values(&["overloaded"]),
            connections: refused.with_label_values(&["connections"]),
            checks: refused.with_label_values(&["checks"]),
        }
    }
}

/// Counts what each route answers: a layer over a whole router.
///
/// A router wraps each of its routes by itself, so each has its counters at hand, and no request
/// looks for them among those of others.
#[derive(Clone)]
pub struct CountRequests;

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, route: Arc::default() }
    }
}

/// One route, counted.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    route: Arc<Route>,
}

/// The counters of one route: each is made when it is first needed.
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
    /// The pattern is the route's own: the first request tells it for all that follow.
    fn method_index(&self, request: &Request) -> usize {
        self.pattern.get_or_init(|| route_of(request.extensions()).to_owned());
        index_of_method(request.method())
    }

    fn record(&self, method: usize, status: StatusCode, took: Duration) {
        let pattern = self.pattern.get().map_or(UNKNOWN, String::as_str);
        let all = &metrics().requests;
        let counts = self.methods[method].get_or_init(|| {
            let method = name_of(method);
            let seconds = all.durations.with_label_values(&[pattern, method]);
            Box::new(Counts { method, seconds, statuses: Default::default() })
        });
        counts.seconds.observe(took.as_secs_f64());
        let code = status.as_u16();
        let nth = STATUSES.iter().position(|it| *it == code).unwrap_or(STATUSES.len());
        let answered = counts.statuses[nth].get_or_init(|| {
            let status = STATUSES.get(nth).map_or("other".to_owned(), u16::to_string);
            all.answered.with_label_values(&[pattern, counts.method, status.as_str()])
        });
        answered.inc();
    }
}

/// The pattern of the route that a request came to.
#[must_use]
pub fn route_of(extensions: &Extensions) -> &str {
    match extensions.get::<MatchedPath>().map(MatchedPath::as_str) {
        // Their names change with what is in them.
        Some(pattern) if pattern.starts_with("/assets/") => "/assets",
        // What matches anything at all is there to say that it leads nowhere.
        Some(pattern) if !pattern.contains("{*") => pattern,
        _ => UNKNOWN,
    }
}

/// What a method is called, whatever a client has made up.
#[must_use]
pub fn method_of(method: &Method) -> &'static str {
    name_of(index_of_method(method))
}

/// Where it is among [`METHODS`]; behind them if it is none.
fn index_of_method(method: &Method) -> usize {
    METHODS.iter().position(|it| it == method).unwrap_or(METHODS.len())
}

fn name_of(nth: usize) -> &'static str {
    METHODS.get(nth).map_or("other", Method::as_str)
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
        let begun = Instant::now();
        let method = self.route.method_index(&request);
        let route = Arc::clone(&self.route);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            route.record(method, response.status(), begun.elapsed());
            Ok(response)
        })
    }
}
