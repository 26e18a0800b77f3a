//! Request logging and request ids.

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
    Services,
    metrics::{method_label, route_label},
    traces,
};

/// The maximum number of characters of a path in the log.
const MAX_LOGGED_PATH: usize = 200;

/// The header of the request id, in requests from trusted proxies and in responses.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How often to warn about untrusted proxies.
const WARNING_INTERVAL: Duration = Duration::from_mins(1);

/// Limits the warnings about untrusted proxies.
static WARNED: LazyLock<Throttle> = LazyLock::new(|| Throttle::new(WARNING_INTERVAL));

tokio::task_local! {
    /// The id of the current request.
    static ID: RequestId;
}

/// The id of the current request; `None` outside a request. It consists of letters, digits, `-` and
/// `_`.
#[must_use]
pub fn request_id() -> Option<String> {
    ID.try_with(|id| id.header_value().to_str().unwrap_or_default().to_owned()).ok()
}

/// Accepts request ids and trace headers from trusted proxies only, and removes all others.
pub(super) async fn filter_proxy_headers(
    State(services): State<Services>,
    mut request: Request,
) -> Request {
    let is_valid = |id: &HeaderValue| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let proxies = &services.config.server.trusted_proxies;
    let is_from_proxy = peer.is_some_and(|it| proxies.contains(it.0.ip().to_canonical()));
    if let (false, Some(peer), Some(header)) =
        (is_from_proxy, peer, forwarding_header(request.headers()))
        && WARNED.is_due()
    {
        tracing::warn!(
            peer = %peer.0.ip().to_canonical(),
            %header,
            "A proxy that is not in server.trusted_proxies reports its clients: they all count as one client"
        );
    }
    let headers = request.headers_mut();
    if !(is_from_proxy && headers.get(REQUEST_ID).is_some_and(is_valid)) {
        headers.remove(REQUEST_ID);
    }
    if !is_from_proxy {
        for name in traces::HEADERS {
            headers.remove(name);
        }
    }
    request
}

/// The header by which a proxy reports its client, if present.
fn forwarding_header(headers: &HeaderMap) -> Option<HeaderName> {
    let names = [HeaderName::from_static("x-forwarded-for"), header::FORWARDED];
    names.into_iter().find(|it| headers.contains_key(it))
}

/// Limits how often something happens.
struct Throttle {
    started: Instant,
    pause: Duration,
    /// The earliest next time, in milliseconds since `started`.
    next: AtomicU64,
}

impl Throttle {
    fn new(pause: Duration) -> Self {
        Self { started: Instant::now(), pause, next: AtomicU64::new(0) }
    }

    /// Whether it may happen now. If so, it may not happen again until the pause is over.
    fn is_due(&self) -> bool {
        let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        let (now, next) = (millis(self.started.elapsed()), self.next.load(Relaxed));
        let later = now.saturating_add(millis(self.pause));
        now >= next && self.next.compare_exchange(next, later, Relaxed, Relaxed).is_ok()
    }
}

/// Logs requests that change something or fail at info level or above, and all others at debug
/// level. All other log lines of the request include its id, too.
pub(super) async fn log(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    let is_traced = services.config.log.traces_url.is_some();
    match request.extensions().get::<RequestId>().cloned() {
        Some(id) => ID.scope(id, respond(&services, request, next, is_traced)).await,
        None => respond(&services, request, next, is_traced).await,
    }
}

async fn respond(services: &Services, request: Request, next: Next, is_traced: bool) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let client = ClientAddress::resolve(request.extensions(), request.headers(), services);
    let client = client.0.map(tracing::field::display);
    let path: String = request.uri().path().chars().take(MAX_LOGGED_PATH).collect();
    let response = if is_traced { trace(request, next).await } else { next.run(request).await };
    let status = response.status();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), micros, client, "Request handled");
    } else if method != Method::GET || status != StatusCode::OK {
        tracing::info!(%method, path, status = status.as_u16(), micros, client, "Request handled");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), micros, client, "Request handled");
    }
    response
}

async fn trace(request: Request, next: Next) -> Response {
    let route = route_label(request.extensions());
    let span = traces::request_span(
        method_label(request.method()),
        route,
        request.headers(),
        request_id(),
    );
    let response = next.run(request).instrument(span.clone()).await;
    traces::record_status(&span, response.status());
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

    use super::{Duration, HeaderMap, SocketAddr, Throttle, forwarding_header, request_id};
    use crate::{core::http::layers, features::sessions::identify, testing::TestApp};

    /// The request id header and the body of the response at `path`.
    async fn get_json(router: &Router, path: &str) -> (String, Value) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (id, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn internal_errors_include_the_request_id() {
        let test = TestApp::on_sqlite().await;
        let boom = get(async || -> &'static str { panic!("boom") });
        let missing =
            get(async || crate::core::Error::NotFound(crate::t!("core-not-found-record")));
        let router = Router::new().route("/boom", boom).route("/missing", missing);
        let router = layers(router, &test.app, identify);
        let (id, body) = get_json(&router, "/boom").await;
        assert_eq!(body["requestId"], id, "{body}");
        assert_eq!(body["status"], 500, "{body}");
        // Responses to missing resources are always the same.
        let (_, body) = get_json(&router, "/missing").await;
        assert_eq!(body["requestId"], Value::Null, "{body}");
        assert_eq!(request_id(), None, "outside a request");
    }

    #[test]
    fn forwarding_headers_are_recognized() {
        for (name, is_from_proxy) in [
            ("x-forwarded-for", true),
            ("forwarded", true),
            ("x-forwarded-host", false),
            ("via", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, "192.0.2.1".parse().unwrap());
            assert_eq!(forwarding_header(&headers).is_some(), is_from_proxy, "{name}");
        }
    }

    #[test]
    fn a_warning_is_repeated_only_after_a_pause() {
        let throttle = Throttle::new(Duration::from_mins(1));
        let due = (0..100).filter(|_| throttle.is_due()).count();
        assert_eq!(due, 1);
        let often = Throttle::new(Duration::ZERO);
        assert!(often.is_due() && often.is_due());
    }

    #[tokio::test]
    async fn only_trusted_proxies_can_set_the_request_id() {
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
        for (peer, id, is_accepted) in cases {
            let mut request = Request::get("/").header("x-request-id", id);
            if let Some(peer) = peer {
                let peer = SocketAddr::new(peer.parse().unwrap(), 1);
                request = request.extension(ConnectInfo(peer));
            }
            let request = request.body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let response_id = response.headers()["x-request-id"].to_str().unwrap();
            assert_eq!(response_id == id, is_accepted, "{peer:?} {id}");
        }
    }
}
