//! Asking other services over HTTP: five seconds at most, a mebibyte at most, few at once, never
//! led elsewhere; and not at all while one is known to be away.

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

/// How long an answer may take, with all of its body.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes that are read of an answer.
const MAX_BODY: usize = 1024 * 1024;
/// How many answers of one service may be waited for at once.
const MAX_CONCURRENT: usize = 16;

/// Why another service gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct FetchError {
    why: String,
    was_not_sent: bool,
}

impl FetchError {
    /// For this reason.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), was_not_sent: false }
    }

    /// Whether it was not asked at all, because too many wait for it already.
    #[must_use]
    pub fn was_not_sent(&self) -> bool {
        self.was_not_sent
    }
}

/// Asks one service.
pub struct UpstreamClient {
    client: Result<reqwest::Client, String>,
    waiting: Semaphore,
    metrics: UpstreamMetrics,
    name: &'static str,
}

impl UpstreamClient {
    /// A client for one service, which is counted under `name`.
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

    /// The JSON at `address`.
    ///
    /// # Errors
    /// No answer, one other than 200, or one that is not such JSON.
    pub async fn get<T: serde::de::DeserializeOwned>(
        &self,
        address: &str,
    ) -> Result<T, FetchError> {
        let request = Request::get(address)
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|error| FetchError::new(error.to_string()))?;
        let answer = self.send(request).await?;
        if answer.status() != StatusCode::OK {
            let address = redact_url(address);
            return Err(FetchError::new(format!("{address} answers {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| {
            let address = redact_url(address);
            FetchError::new(format!("{address} is not the expected JSON: {error}"))
        })
    }

    /// Sends a request that is not repeated, and gives the whole answer.
    ///
    /// # Errors
    /// No answer within five seconds, a longer one than a mebibyte, or too many waiting already.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let begun = Instant::now();
        let answer = self.ask(request).instrument(traces::upstream_span(self.name)).await;
        let outcome = match &answer {
            Ok(answer) => Outcome::Answered(answer.status()),
            Err(error) if error.was_not_sent() => Outcome::NotSent,
            Err(_) => Outcome::NoAnswer,
        };
        self.metrics.record(outcome, begun.elapsed());
        answer
    }

    async fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let client = self.client.as_ref().map_err(FetchError::new)?;
        let busy =
            |_| FetchError { why: "too many wait for it already".to_owned(), was_not_sent: true };
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
    // The address may hold a key.
    let failed = |error: reqwest::Error| FetchError::new(error_chain(&error.without_url()));
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = client.execute(request).await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::new("the answer is longer than a mebibyte"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body);
    *whole.status_mut() = answer.status();
    *whole.headers_mut() = answer.headers().clone();
    Ok(whole)
}

/// An error with its causes, of which the last tells most.
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
