//! Absolute links for emails and responses.

use std::convert::Infallible;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};

use crate::Services;

/// The base URL of links: from the settings, otherwise from the request's `Host`.
#[derive(Debug, Clone)]
pub struct Links(String);

impl Links {
    /// The base URL from the settings, otherwise the listening address.
    #[must_use]
    pub fn from_config(services: &Services) -> Self {
        let server = &services.config.server;
        Self(server.origin().unwrap_or_else(|| format!("http://{}", server.address)))
    }

    /// The base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.0
    }

    /// Returns a link to `path` with a token. The token is in the query, which is not logged.
    #[must_use]
    pub fn to(&self, path: &str, name: &str, token: &str) -> String {
        format!("{}{path}?{name}={token}", self.0)
    }
}

impl<S> FromRequestParts<S> for Links
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let services = Services::from_ref(state);
        let host = parts.headers.get(header::HOST).and_then(|it| it.to_str().ok());
        Ok(match (services.config.server.origin(), host) {
            (None, Some(host)) => Self(format!("http://{host}")),
            _ => Self::from_config(&services),
        })
    }
}

impl OperationInput for Links {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
