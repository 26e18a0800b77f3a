//! The middleware of all requests and responses.

use std::{
    any::Any,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{FromRef, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tokio::time::{Instant, timeout_at};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::{CsrfLayer, ProtectionError},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};

use super::{
    RateLimits, RequestMeter,
    log::{self, REQUEST_ID, filter_proxy_headers},
};
use crate::{
    Error, Services,
    locale::{self, Locale},
    metrics::CountRequests,
};

/// The time limit of a request, including receiving the body.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The Content Security Policy: same origin only, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Wraps the service in all layers. `identify` authenticates requests.
///
/// All layers are combined into one layer of the router. Each layer of a router adds another box
/// around each route, and each request clones the boxes inside a box: twelve layers would mean
/// about eighty clones.
pub fn layers<S, F, Fut>(router: Router, state: &S, identify: F) -> Router
where
    S: Clone + Send + Sync + 'static,
    Services: FromRef<S>,
    F: FnMut(State<S>, Request, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let services = Services::from_ref(state);
    let is_https = services.config.server.is_https();
    let rates = RateLimits::new(&services.config.server);
    let headers = move |request, next| add_response_headers(request, next, is_https, rates.meter());
    // The first is the outermost.
    let layers = ServiceBuilder::new()
        .layer(CountRequests)
        .layer(middleware::map_request_with_state(services.clone(), filter_proxy_headers))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(middleware::from_fn_with_state(services.clone(), log::log))
        .layer(middleware::from_fn(headers))
        .layer(CatchPanicLayer::custom(respond_to_panic))
        .layer(middleware::from_fn(enforce_deadline))
        .layer(middleware::from_fn_with_state(state.clone(), identify))
        .layer(reject_cross_site_requests(&services));
    router.layer(layers)
}

/// Rejects cross-site requests.
fn reject_cross_site_requests(
    services: &Services,
) -> CsrfLayer<impl Fn(ProtectionError) -> Response + Clone + Send + Sync + 'static> {
    // A proxy may rewrite `Host`, so the origin of the configured URL is trusted.
    let csrf = CsrfLayer::new();
    let csrf = match services.config.server.origin() {
        Some(origin) => csrf.clone().add_trusted_origin(origin).unwrap_or(csrf),
        None => csrf,
    };
    csrf.with_rejection_response(|_| Error::Forbidden(crate::t!("core-other-site")).into_response())
}

/// The deadline of a request.
#[derive(Clone)]
pub(super) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + TIME_LIMIT)))
    }

    fn at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restarts the time limit, when more of a large file has arrived.
    pub(super) fn extend(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + TIME_LIMIT;
    }
}

async fn enforce_deadline(mut request: Request, next: Next) -> Response {
    let deadline = Deadline::new();
    request.extensions_mut().insert(deadline.clone());
    let mut response = pin!(next.run(request));
    loop {
        let at = deadline.at();
        match timeout_at(at, &mut response).await {
            Ok(response) => return response,
            Err(_) if deadline.at() > at => {}
            Err(_) => return Error::Unavailable.into_response(),
        }
    }
}

/// The Content Security Policy of a page with images from `origin`; `None` if `origin` is not an
/// origin.
#[must_use]
pub fn csp_allowing_images_from(origin: &str) -> Option<HeaderValue> {
    let policy = POLICY.replace("img-src 'self'", &format!("img-src 'self' {origin}"));
    let is_origin = !origin.contains([';', ',', ' ', '\'']);
    HeaderValue::from_str(&policy).ok().filter(|_| is_origin)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn respond_to_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let message = cause.downcast_ref::<&str>().map(|it| (*it).to_owned());
    let message = message.or_else(|| cause.downcast_ref::<String>().cloned());
    Error::Internal(format!("panic: {}", message.unwrap_or_default()).into()).into_response()
}

async fn add_response_headers(
    mut request: Request,
    next: Next,
    is_https: bool,
    meter: RequestMeter,
) -> Response {
    request.extensions_mut().insert(meter.clone());
    // The locale that the client prefers, until the user is known.
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|it| it.to_str().ok()).map_or(Locale::EnUs, Locale::negotiate);
    let run = async { (next.run(request).await, locale::current()) };
    let (mut response, locale) = locale::scope(accepted, run).await;
    add_content_language(response.headers_mut(), locale);
    add_security_headers(response.headers_mut(), is_https);
    meter.report(response.headers_mut());
    response
}

/// Adds `Content-Language` to pages and problem documents. Other responses contain no text for people.
fn add_content_language(headers: &mut HeaderMap, locale: Locale) {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let has_text = content_type
        .is_some_and(|it| it.starts_with(b"text/html") || it == b"application/problem+json");
    if has_text {
        let language = HeaderValue::from_static(locale.tag());
        headers.entry(header::CONTENT_LANGUAGE).or_insert(language);
    }
}

/// Adds the security headers of all responses.
pub fn add_security_headers(headers: &mut HeaderMap, is_https: bool) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages with external images set their own policy.
    let policy = HeaderValue::from_static(POLICY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    if is_https {
        // No `includeSubDomains`: other services on subdomains may not support HTTPS.
        let one_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, one_year);
    }
    // Responses are private unless they say otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
