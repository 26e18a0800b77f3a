//! Traces of requests (OpenTelemetry), if a collector is configured.

use axum::http::{HeaderMap, HeaderName, StatusCode};
use opentelemetry::{propagation::TextMapPropagator as _, trace::Status};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The headers that a proxy uses to propagate a trace (W3C Trace Context).
pub const HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// Creates the span of a request. It contains the route but not the path, which may be
/// confidential.
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
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // The span is new and has not started.
    let _ = span.set_parent(parent);
    span
}

/// Records the status of the response.
pub fn record_status(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// Creates the span of a request to another service, within the current request's span; none
/// outside a request.
#[must_use]
pub fn upstream_span(upstream: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::trace_span!("upstream", otel.name = upstream, otel.kind = "client")
}
