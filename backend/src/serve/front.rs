//! Where a request comes in: worked on, or refused at little cost.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use prometheus::IntCounter;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::{
    connections::{Answers, Ends},
    hosts::Hosts,
};
use crate::core::{Error, config::Config, http, metrics::metrics, web};

/// How many ask at once whether the service is ready. They do not wait with the others, lest a
/// busy service is taken for a broken one.
const CHECKS: usize = 2;
/// How long they wait for that.
const PATIENCE: Duration = Duration::from_secs(1);
/// At most every so many milliseconds the log tells how many were refused.
const TOLD: u64 = 1000;

/// The service behind its gate.
pub(super) struct Front {
    router: Router,
    hosts: Hosts,
    is_https: bool,
    gate: http::AdmissionControl,
    checks: Semaphore,
    to_programs: Refusal,
    to_people: Refusal,
    refused: Refused,
}

/// An answer that was made beforehand.
struct Refusal {
    headers: HeaderMap,
    body: Bytes,
}

/// What the log is told of refusals.
struct Refused {
    begun: Instant,
    count: AtomicU64,
    /// When it may be told again, in milliseconds from `begun`.
    next: AtomicU64,
}

/// What a request is to the gate.
#[derive(Debug, PartialEq, Eq)]
enum Lane {
    /// It asks nobody anything, and costs no more than a refusal.
    Free,
    /// It asks whether the service is ready.
    Check,
    /// All the rest.
    Work,
}

impl Lane {
    fn of(path: &str) -> Self {
        match path {
            "/health" => Self::Free,
            "/api/health" => Self::Check,
            _ if web::is_asset(path) => Self::Free,
            _ => Self::Work,
        }
    }
}

impl Front {
    /// The service `router`, as the settings bound it, for requests to `hosts`.
    pub(super) async fn new(router: Router, config: &Config, hosts: Hosts) -> Self {
        let server = &config.server;
        let places = server.concurrency(&config.database);
        let refusal = async |mut response: Response| {
            http::add_security_headers(response.headers_mut(), server.is_https());
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes);
            Refusal { headers: parts.headers, body: body.unwrap_or_default() }
        };
        Self {
            router,
            hosts,
            is_https: server.is_https(),
            gate: http::AdmissionControl::new(places, server.queue(places)),
            checks: Semaphore::new(CHECKS),
            to_programs: refusal(Error::Overloaded.into_response()).await,
            to_people: refusal(web::problem_page(Error::Overloaded)).await,
            refused: Refused {
                begun: Instant::now(),
                count: AtomicU64::new(0),
                next: AtomicU64::new(0),
            },
        }
    }

    /// What bounds the requests that are worked on.
    pub(super) fn gate(&self) -> &http::AdmissionControl {
        &self.gate
    }

    async fn work(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// The answer to a request that is not for this service.
    fn misdirected(&self, path: &str, error: Error) -> Response {
        let mut response = web::refusal(path, error);
        http::add_security_headers(response.headers_mut(), self.is_https);
        response
    }

    fn refuse(&self, path: &str, counter: &IntCounter) -> Response {
        counter.inc();
        self.refused.tell();
        let refusal = if web::is_api(path) { &self.to_programs } else { &self.to_people };
        let mut response = Response::new(Body::from(refusal.body.clone()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        *response.headers_mut() = refusal.headers.clone();
        response
    }
}

impl Answers for Front {
    async fn answer(&self, mut request: Request<Body>, ends: Ends) -> Response {
        if let Err(error) = self.hosts.check(request.headers(), request.uri(), ends.service).await {
            return self.misdirected(request.uri().path(), error);
        }
        request.extensions_mut().insert(ConnectInfo(ends.peer));
        match Lane::of(request.uri().path()) {
            Lane::Free => self.work(request).await,
            Lane::Check => {
                let check = tokio::time::timeout(PATIENCE, self.checks.acquire()).await;
                match check {
                    Ok(Ok(_check)) => self.work(request).await,
                    _ => self.refuse(request.uri().path(), &metrics().rejected.checks),
                }
            }
            Lane::Work => match self.gate.acquire().await {
                Ok(ticket) => {
                    request.extensions_mut().insert(ticket.clone());
                    ticket.run(self.work(request)).await
                }
                Err(_) => self.refuse(request.uri().path(), &metrics().rejected.overloaded),
            },
        }
    }

    async fn turn_away(&self, request: Request<Body>, ends: Ends) -> Response {
        match Lane::of(request.uri().path()) {
            Lane::Free | Lane::Check => self.answer(request, ends).await,
            Lane::Work => self.refuse(request.uri().path(), &metrics().rejected.connections),
        }
    }
}

impl Refused {
    /// Counts one, and tells the log where it has not been told just now.
    fn tell(&self) {
        let count = self.count.fetch_add(1, Relaxed) + 1;
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Relaxed);
        let mine = || self.next.compare_exchange(next, now + TOLD, Relaxed, Relaxed).is_ok();
        if now >= next && mine() {
            tracing::warn!(count, "Overloaded: requests are refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lane;
    use crate::core::web::Assets;

    #[test]
    fn only_what_costs_nothing_passes_by_the_gate() {
        for path in ["/health", &Assets::get().css] {
            assert_eq!(Lane::of(path), Lane::Free, "{path}");
        }
        assert_eq!(Lane::of("/api/health"), Lane::Check);
        for path in ["/", "/api/vehicles", "/health/", "/assets", "/assets/x", "/vehicles/assets/x"]
        {
            assert_eq!(Lane::of(path), Lane::Work, "{path}");
        }
    }
}
