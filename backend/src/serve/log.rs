//! Where the log goes, and the traces where the settings name a collector of them.

use std::{io::IsTerminal as _, sync::Arc};

use axum::http::{Request, Response};
use bytes::Bytes;
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

/// What is logged unless `MVP_LOG` says otherwise. The database driver would add a line for each
/// connection that it tries for; `core::outage` logs why once a minute.
const USUAL: &str = "info,sqlx=error";

/// The traces that are still to be sent.
pub struct Traces(Option<SdkTracerProvider>);

/// Writes the log to standard error, a line an event: as the settings say, else as text on a
/// terminal and as JSON everywhere else. Sends traces where they name a collector; needs a runtime.
///
/// # Errors
/// An address that nothing can be sent to.
pub fn log_to_stderr(settings: &Log) -> Result<Traces, ServeError> {
    // The one setting that counts before there are settings.
    let filter = EnvFilter::builder().with_env_var("MVP_LOG").from_env_lossy();
    let filter = if filter.to_string().is_empty() { EnvFilter::new(USUAL) } else { filter };
    let Some(url) = &settings.traces_url else {
        // A second call, as tests make, finds the first one's log in place.
        let _ = tracing_subscriber::registry().with(filter).with(lines(settings)).try_init();
        return Ok(Traces(None));
    };
    let provider = provider(url).map_err(|error| ServeError::Traces(error.to_string()))?;
    // Of this service alone: what sends the traces has spans of its own.
    let ours = filter_fn(|it| it.is_span() && it.target().starts_with("motovaultpro"));
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("motovaultpro"))
        .with_location(false)
        .with_threads(false)
        .with_filter(ours.with_max_level_hint(LevelFilter::TRACE));
    let registry = tracing_subscriber::registry().with(traces);
    let _ = registry.with(lines(settings).with_filter(filter)).try_init();
    Ok(Traces(Some(provider)))
}

impl Traces {
    /// Sends what is still to be sent, for a few seconds at most.
    pub async fn end(self) {
        let Some(provider) = self.0 else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "Some traces were not sent");
        }
    }
}

fn lines<S>(settings: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_terminal = std::io::stderr().is_terminal();
    let is_text = settings.format.map_or(is_terminal, |format| format == LogFormat::Text);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if is_text {
        let layer = layer.compact().with_ansi(is_terminal);
        Box::new(layer.map_event_format(|line| Named { line, name: name_text }))
    } else {
        let layer = layer.json().flatten_event(true).with_current_span(false);
        let layer = layer.with_span_list(false);
        Box::new(layer.map_event_format(|line| Named { line, name: name_json }))
    }
}

/// A line that names the request which it is about. A span would do the same, at a cost for
/// every request, of which most have nothing to tell.
struct Named<F> {
    line: F,
    name: fn(&str, &str) -> String,
}

impl<S, N, F> FormatEvent<S, N> for Named<F>
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
            return self.line.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.line.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&(self.name)(&line, &id))
    }
}

fn name_json(line: &str, id: &str) -> String {
    format!("{{\"request_id\":\"{id}\",{}", line.strip_prefix('{').unwrap_or(line))
}

fn name_text(line: &str, id: &str) -> String {
    format!("{} request_id={id}\n", line.trim_end())
}

/// What sends traces to the collector at `url`, some at a time, from a thread of its own.
fn provider(url: &str) -> Result<SdkTracerProvider, opentelemetry_otlp::ExporterBuildError> {
    let client =
        Client { client: Arc::new(UpstreamClient::new("otlp")), runtime: Handle::current() };
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

/// Sends as everything is sent that goes out from here: with the same time, size and trust.
struct Client {
    client: Arc<UpstreamClient>,
    runtime: Handle,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = Arc::clone(&self.client);
        // The thread that waits for this has no runtime.
        let sent = self.runtime.spawn(async move { client.send(request.map(Into::into)).await });
        Ok(sent.await??.map(Bytes::from))
    }
}
