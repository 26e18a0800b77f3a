//! What the log tells of a request, and the id that holds together what it tells.

use std::{
    net::SocketAddr,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::RequestId;
use tracing::Instrument as _;

use super::ClientAddress;
use crate::core::{
    App,
    metrics::{method_of, route_of},
    traces,
};

/// The most characters of a path that are logged.
const LOGGED: usize = 200;

/// Where the id stands, in what a trusted proxy sends and in every answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How often the log warns of proxies that are not trusted.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// When the log last warned of a proxy that is not trusted.
static WARNED: LazyLock<Seldom> = LazyLock::new(|| Seldom::new(BETWEEN_WARNINGS));

tokio::task_local! {
    /// That of the request which is being worked on.
    static ID: RequestId;
}

/// The id of the request that is being worked on; none outside one. Nothing but letters, digits,
/// `-` and `_` is in it.
#[must_use]
pub fn request_id() -> Option<String> {
    ID.try_with(|id| id.header_value().to_str().unwrap_or_default().to_owned()).ok()
}

/// A trusted proxy's id is taken over if it looks like one, and so is the trace that it says the
/// request is part of; whatever else stands there is dropped.
pub(super) async fn trust_proxies_ids(State(app): State<App>, mut request: Request) -> Request {
    let is_plain = |id: &HeaderValue| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let proxies = &app.config.server.trusted_proxies;
    let is_proxys = peer.is_some_and(|it| proxies.contains(it.0.ip().to_canonical()));
    if let (false, Some(peer), Some(header)) = (is_proxys, peer, forwards(request.headers()))
        && WARNED.is_due()
    {
        tracing::warn!(
            peer = %peer.0.ip().to_canonical(),
            %header,
            "A proxy that is not in server.trusted_proxies names its clients: they all count as one"
        );
    }
    let headers = request.headers_mut();
    if !(is_proxys && headers.get(REQUEST_ID).is_some_and(is_plain)) {
        headers.remove(REQUEST_ID);
    }
    if !is_proxys {
        for name in traces::HEADERS {
            headers.remove(name);
        }
    }
    request
}

/// The header by which a proxy says whom it asks for, if there is one.
fn forwards(headers: &HeaderMap) -> Option<HeaderName> {
    let names = [HeaderName::from_static("x-forwarded-for"), header::FORWARDED];
    names.into_iter().find(|it| headers.contains_key(it))
}

/// Bounds how often something is done.
struct Seldom {
    begun: Instant,
    pause: Duration,
    /// From when on it may be done again, in milliseconds since `begun`.
    next: AtomicU64,
}

impl Seldom {
    fn new(pause: Duration) -> Self {
        Self { begun: Instant::now(), pause, next: AtomicU64::new(0) }
    }

    /// Whether it may be done now; it may not be done again for a while then.
    fn is_due(&self) -> bool {
        let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        let (now, next) = (millis(self.begun.elapsed()), self.next.load(Relaxed));
        let later = now.saturating_add(millis(self.pause));
        now >= next && self.next.compare_exchange(next, later, Relaxed, Relaxed).is_ok()
    }
}

/// A line for every request that changes something or fails; every other at debug level. Whatever
/// else is logged meanwhile has the request's id, too.
pub(super) async fn log(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_traced = app.config.log.traces_url.is_some();
    match request.extensions().get::<RequestId>().cloned() {
        Some(id) => ID.scope(id, answer(&app, request, next, is_traced)).await,
        None => answer(&app, request, next, is_traced).await,
    }
}

async fn answer(app: &App, request: Request, next: Next, is_traced: bool) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let client = ClientAddress::of(request.extensions(), request.headers(), app);
    let client = client.0.map(tracing::field::display);
    let path: String = request.uri().path().chars().take(LOGGED).collect();
    let response = if is_traced { trace(request, next).await } else { next.run(request).await };
    let status = response.status();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), micros, client, "Answered");
    } else if method != Method::GET || status != StatusCode::OK {
        tracing::info!(%method, path, status = status.as_u16(), micros, client, "Answered");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), micros, client, "Answered");
    }
    response
}

async fn trace(request: Request, next: Next) -> Response {
    let route = route_of(request.extensions());
    let span = traces::span(method_of(request.method()), route, request.headers(), request_id());
    let response = next.run(request).instrument(span.clone()).await;
    traces::answered(&span, response.status());
    response
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::Body,
        extract::{ConnectInfo, Request},
        routing::get,
    };
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::{Duration, HeaderMap, Seldom, SocketAddr, forwards, request_id};
    use crate::{core::http::layers, features::accounts::identify, testing::TestApp};

    /// The id in the header of the answer at `path`, and its body.
    async fn ask(router: &Router, path: &str) -> (String, Value) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (id, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_fault_of_the_services_own_is_answered_with_what_the_log_calls_it() {
        let test = TestApp::on_sqlite().await;
        let boom = get(async || -> &'static str { panic!("boom") });
        let missing = get(async || crate::core::Error::NotFound("thing"));
        let router = Router::new().route("/boom", boom).route("/missing", missing);
        let router = layers(router, &test.app, identify);
        let (id, body) = ask(&router, "/boom").await;
        assert_eq!(body["requestId"], id, "{body}");
        assert_eq!(body["status"], 500, "{body}");
        // What is not there answers the same to everybody, each time.
        let (_, body) = ask(&router, "/missing").await;
        assert_eq!(body["requestId"], Value::Null, "{body}");
        assert_eq!(request_id(), None, "outside a request");
    }

    #[test]
    fn headers_of_proxies_are_recognized() {
        for (name, is_proxys) in [
            ("x-forwarded-for", true),
            ("forwarded", true),
            ("x-forwarded-host", false),
            ("via", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, "192.0.2.1".parse().unwrap());
            assert_eq!(forwards(&headers).is_some(), is_proxys, "{name}");
        }
    }

    #[test]
    fn a_warning_is_repeated_only_after_a_pause() {
        let seldom = Seldom::new(Duration::from_mins(1));
        let due = (0..100).filter(|_| seldom.is_due()).count();
        assert_eq!(due, 1);
        let often = Seldom::new(Duration::ZERO);
        assert!(often.is_due() && often.is_due());
    }

    #[tokio::test]
    async fn only_a_trusted_proxys_id_is_taken_over() {
        let test = TestApp::new(|config| {
            config.server.trusted_proxies = "192.0.2.1".parse().unwrap();
        })
        .await;
        let router = layers(Router::new().route("/", get(async || "")), &test.app, identify);
        let long = "x".repeat(65);
        let cases = [
            (Some("192.0.2.1"), "abc-DEF_123", true),
            (Some("::ffff:192.0.2.1"), "abc", true),
            (Some("192.0.2.2"), "abc", false),
            (None, "abc", false),
            (Some("192.0.2.1"), "a b", false),
            (Some("192.0.2.1"), "a\"b", false),
            (Some("192.0.2.1"), "", false),
            (Some("192.0.2.1"), &long, false),
        ];
        for (peer, id, is_taken) in cases {
            let mut request = Request::get("/").header("x-request-id", id);
            if let Some(peer) = peer {
                let peer = SocketAddr::new(peer.parse().unwrap(), 1);
                request = request.extension(ConnectInfo(peer));
            }
            let request = request.body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            let answered = answer.headers()["x-request-id"].to_str().unwrap();
            assert_eq!(answered == id, is_taken, "{peer:?} {id}");
        }
    }
}
