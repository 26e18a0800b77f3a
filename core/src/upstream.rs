//! HTTP client for other services, with limits: five seconds, one mebibyte, few concurrent
//! requests, no redirects; and circuit breakers.

mod breaker;

pub use breaker::CircuitBreaker;

use std::time::Duration;

use axum::http::{Request, Response, StatusCode};
use tokio::{sync::Semaphore, time::Instant};
use tracing::Instrument as _;

use super::{
    config::redact_url,
    http,
    metrics::{Outcome, UpstreamMetrics},
    tls, traces,
};

/// The time limit of a request, including the response's body.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum size of a response in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The maximum number of concurrent requests to one service.
const MAX_CONCURRENT: usize = 16;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct FetchError {
    why: String,
    was_not_sent: bool,
}

impl FetchError {
    /// Creates an error with this message.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), was_not_sent: false }
    }

    /// Whether the request was not sent because too many others were waiting.
    #[must_use]
    pub fn was_not_sent(&self) -> bool {
        self.was_not_sent
    }
}

/// A client for one service.
pub struct UpstreamClient {
    client: Result<reqwest::Client, String>,
    waiting: Semaphore,
    metrics: UpstreamMetrics,
    name: &'static str,
}

impl UpstreamClient {
    /// Creates a client whose metrics are named `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let client = client().map_err(|error| error.to_string());
        Self {
            client,
            waiting: Semaphore::new(MAX_CONCURRENT),
            metrics: UpstreamMetrics::new(name),
            name,
        }
    }

    /// Requests the JSON at `address`.
    ///
    /// # Errors
    /// There is no response, its status is not 200, or it is not the expected JSON.
    pub async fn get<T: serde::de::DeserializeOwned>(
        &self,
        address: &str,
    ) -> Result<T, FetchError> {
        let request = Request::get(address)
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|error| FetchError::new(error.to_string()))?;
        let response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            let address = redact_url(address);
            return Err(FetchError::new(format!("{address} returned {}", response.status())));
        }
        serde_json::from_slice(response.body()).map_err(|error| {
            let address = redact_url(address);
            FetchError::new(format!("{address} is not the expected JSON: {error}"))
        })
    }

    /// Sends a request, without retries, and returns the complete response.
    ///
    /// # Errors
    /// There is no response within five seconds, it is larger than a mebibyte, or too many requests
    /// are waiting.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let started = Instant::now();
        let response = self.request(request).instrument(traces::upstream_span(self.name)).await;
        let outcome = match &response {
            Ok(response) => Outcome::Answered(response.status()),
            Err(error) if error.was_not_sent() => Outcome::NotSent,
            Err(_) => Outcome::NoAnswer,
        };
        self.metrics.record(outcome, started.elapsed());
        response
    }

    async fn request(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let client = self.client.as_ref().map_err(FetchError::new)?;
        let busy = |_| FetchError {
            why: "too many requests are waiting for it".to_owned(),
            was_not_sent: true,
        };
        let _waiting = self.waiting.try_acquire().map_err(busy)?;
        http::yield_slot_while(tokio::time::timeout(TIMEOUT, exchange(client, request)))
            .await
            .map_err(|_| FetchError::new("no answer within 5 seconds"))?
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, FetchError> {
    // The URL may contain a key.
    let failed = |error: reqwest::Error| FetchError::new(error_chain(&error.without_url()));
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut response = client.execute(request).await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::new("the response is longer than a mebibyte"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut complete = Response::new(body);
    *complete.status_mut() = response.status();
    *complete.headers_mut() = response.headers().clone();
    Ok(complete)
}

/// Formats an error with its causes.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn client() -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config()?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("MotoVaultPro/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}
