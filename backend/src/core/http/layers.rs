//! What every request passes through on its way in and every answer on its way out.

use std::{
    any::Any,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
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
    Meter, Rates,
    log::{self, REQUEST_ID, trust_proxies_ids},
};
use crate::core::{App, Error, metrics::CountRequests};

/// How long a request may take, its body's arrival included.
const TIME: Duration = Duration::from_secs(30);

/// Same origin only, nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Wraps the whole service. `identify` finds who sends a request.
///
/// All of it is one layer of the router. Each layer of a router puts another box around each route, and a
/// request clones a box together with all boxes inside it: twelve layers would be some eighty clones.
pub fn layers<F, Fut>(router: Router, app: &App, identify: F) -> Router
where
    F: FnMut(State<App>, Request, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    let is_https = app.config.server.is_https();
    let rates = Rates::new(&app.config.server);
    let headers = move |request, next| add_headers(request, next, is_https, rates.meter());
    // The first is the outermost.
    let layers = ServiceBuilder::new()
        .layer(CountRequests)
        .layer(middleware::map_request_with_state(app.clone(), trust_proxies_ids))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(middleware::from_fn_with_state(app.clone(), log::log))
        .layer(middleware::from_fn(headers))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn(limit_time))
        .layer(middleware::from_fn_with_state(app.clone(), identify))
        .layer(refuse_other_sites(app));
    router.layer(layers)
}

/// Refuses requests that another site makes a browser send.
fn refuse_other_sites(
    app: &App,
) -> CsrfLayer<impl Fn(ProtectionError) -> Response + Clone + Send + Sync + 'static> {
    // A proxy may rewrite Host: the configured address is the origin that browsers name.
    let csrf = CsrfLayer::new();
    let csrf = match app.config.server.origin() {
        Some(origin) => csrf.clone().add_trusted_origin(origin).unwrap_or(csrf),
        None => csrf,
    };
    csrf.with_rejection_response(|_| {
        Error::Forbidden("the request comes from another site").into_response()
    })
}

/// Until when a request has to be answered.
#[derive(Clone)]
pub(super) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + TIME)))
    }

    fn at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request has its whole time once more: more of a large file has arrived.
    pub(super) fn put_off(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + TIME;
    }
}

async fn limit_time(mut request: Request, next: Next) -> Response {
    let deadline = Deadline::new();
    request.extensions_mut().insert(deadline.clone());
    let mut answer = pin!(next.run(request));
    loop {
        let at = deadline.at();
        match timeout_at(at, &mut answer).await {
            Ok(response) => return response,
            Err(_) if deadline.at() > at => {}
            Err(_) => return Error::Unavailable.into_response(),
        }
    }
}

/// What a page may load that shows pictures from `origin` too; none where that is no origin.
#[must_use]
pub fn policy_with_pictures(origin: &str) -> Option<HeaderValue> {
    let policy = POLICY.replace("img-src 'self'", &format!("img-src 'self' {origin}"));
    let is_plain = !origin.contains([';', ',', ' ', '\'']);
    HeaderValue::from_str(&policy).ok().filter(|_| is_plain)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn answer_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let told = cause.downcast_ref::<&str>().map(|it| (*it).to_owned());
    let told = told.or_else(|| cause.downcast_ref::<String>().cloned());
    Error::Internal(format!("panic: {}", told.unwrap_or_default()).into()).into_response()
}

async fn add_headers(mut request: Request, next: Next, is_https: bool, meter: Meter) -> Response {
    request.extensions_mut().insert(meter.clone());
    let mut response = next.run(request).await;
    protect(response.headers_mut(), is_https);
    meter.report(response.headers_mut());
    response
}

/// What every answer tells browsers, for everybody's safety.
pub fn protect(headers: &mut HeaderMap, is_https: bool) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page that shows pictures of another service's says so itself.
    let policy = HeaderValue::from_static(POLICY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    if is_https {
        // Other services on subdomains may not have HTTPS: `includeSubDomains` is not ours to say.
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
    // Whatever does not say that anyone may keep it is personal.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
