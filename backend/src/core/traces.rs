//! What a collector of traces is told of requests (OpenTelemetry), where the settings name one.

use axum::http::{HeaderMap, HeaderName, StatusCode};
use opentelemetry::{propagation::TextMapPropagator as _, trace::Status};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Where a proxy says which trace a request is part of (W3C Trace Context).
pub const HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// What a request is told as: by its route and never by its path, which may hold what only a user
/// may know.
#[must_use]
pub fn request_span(
    method: &'static str,
    route: &str,
    headers: &HeaderMap,
    id: Option<String>,
) -> Span {
    let name = format!("{method} {route}");
    let span = tracing::info_span!("request", otel.name = name, otel.kind = "server");
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route.to_owned());
    if let Some(id) = id {
        span.set_attribute("request_id", id);
    }
    let around = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // The span was made just now, and has begun nothing yet.
    let _ = span.set_parent(around);
    span
}

/// Tells how the request was answered.
pub fn record_status(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// What the asking of another service is told as: part of the request that it is for. What no
/// request needs is no part of any.
#[must_use]
pub fn upstream_span(upstream: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::trace_span!("upstream", otel.name = upstream, otel.kind = "client")
}
