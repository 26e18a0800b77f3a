//! Sets up the log and, if a collector is configured, the export of traces.

use std::{io::IsTerminal as _, sync::Arc};

use axum::http::{Request, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{
        FmtContext,
        format::{FormatEvent, FormatFields, Writer},
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use super::ServeError;
use crate::core::{
    config::{Log, LogFormat},
    http::request_id,
    upstream::UpstreamClient,
};

/// The log filter if `MVP_LOG` is not set. The database driver would log every failed connection attempt;
/// `core::outage` logs the cause once a minute.
const DEFAULT_FILTER: &str = "info,sqlx=error";

/// Exports traces; [`Traces::end`] sends what is still buffered.
pub struct Traces(Option<SdkTracerProvider>);

/// Writes the log to standard error, one event per line, in the configured format. The default is text on a
/// terminal and JSON otherwise. Also exports traces if a collector is configured. Must be called within a
/// Tokio runtime.
///
/// # Errors
/// The collector's address cannot be used.
pub fn log_to_stderr(settings: &Log) -> Result<Traces, ServeError> {
    // An environment variable, since logging starts before the settings are read.
    let filter = EnvFilter::builder().with_env_var("MVP_LOG").from_env_lossy();
    let filter =
        if filter.to_string().is_empty() { EnvFilter::new(DEFAULT_FILTER) } else { filter };
    let Some(url) = &settings.traces_url else {
        // A second call, as in tests, keeps the first log.
        let _ = tracing_subscriber::registry().with(filter).with(format_layer(settings)).try_init();
        return Ok(Traces(None));
    };
    let provider = trace_provider(url).map_err(|error| ServeError::Traces(error.to_string()))?;
    // Only this service's spans: the exporter creates spans as well.
    let ours = filter_fn(|it| it.is_span() && it.target().starts_with("motovaultpro"));
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("motovaultpro"))
        .with_location(false)
        .with_threads(false)
        .with_filter(ours.with_max_level_hint(LevelFilter::TRACE));
    let registry = tracing_subscriber::registry().with(traces);
    let _ = registry.with(format_layer(settings).with_filter(filter)).try_init();
    Ok(Traces(Some(provider)))
}

impl Traces {
    /// Sends the remaining traces, for a few seconds at most.
    pub async fn end(self) {
        let Some(provider) = self.0 else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "Some traces were not sent");
        }
    }
}

fn format_layer<S>(settings: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_terminal = std::io::stderr().is_terminal();
    let is_text = settings.format.map_or(is_terminal, |format| format == LogFormat::Text);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if is_text {
        let layer = layer.compact().with_ansi(is_terminal);
        Box::new(layer.map_event_format(|inner| WithRequestId { inner, add_id: add_id_to_text }))
    } else {
        let layer = layer.json().flatten_event(true).with_current_span(false);
        let layer = layer.with_span_list(false);
        Box::new(layer.map_event_format(|inner| WithRequestId { inner, add_id: add_id_to_json }))
    }
}

/// Adds the request's id to log lines. A span would do the same, but at a cost for every request, and most
/// requests log nothing.
struct WithRequestId<F> {
    inner: F,
    add_id: fn(&str, &str) -> String,
}

impl<S, N, F> FormatEvent<S, N> for WithRequestId<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let Some(id) = request_id() else {
            return self.inner.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&(self.add_id)(&line, &id))
    }
}

fn add_id_to_json(line: &str, id: &str) -> String {
    format!("{{\"request_id\":\"{id}\",{}", line.strip_prefix('{').unwrap_or(line))
}

fn add_id_to_text(line: &str, id: &str) -> String {
    format!("{} request_id={id}\n", line.trim_end())
}

/// Exports traces to the collector at `url`, in batches, from a separate thread.
fn trace_provider(url: &str) -> Result<SdkTracerProvider, opentelemetry_otlp::ExporterBuildError> {
    let client =
        TraceClient { client: Arc::new(UpstreamClient::new("otlp")), runtime: Handle::current() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .build()?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name("motovaultpro").with_attribute(version);
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
    Ok(provider.with_resource(resource.build()).build())
}

/// Sends traces with the same timeouts, size limits and trusted certificates as all outbound requests.
struct TraceClient {
    client: Arc<UpstreamClient>,
    runtime: Handle,
}

impl std::fmt::Debug for TraceClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TraceClient")
    }
}

impl HttpClient for TraceClient {
    fn send_bytes<'a, 'sent>(
        &'a self,
        request: Request<Bytes>,
    ) -> BoxFuture<'sent, Result<Response<Bytes>, HttpError>>
    where
        'a: 'sent,
        Self: 'sent,
    {
        let client = Arc::clone(&self.client);
        // The exporter's thread has no runtime.
        let sent = self.runtime.spawn(async move { client.send(request.map(Into::into)).await });
        Box::pin(async { Ok(sent.await??.map(Bytes::from)) })
    }
}
