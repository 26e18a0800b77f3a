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
use crate::{
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
    use super::{Duration, HeaderMap, Throttle, forwarding_header};

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
}
