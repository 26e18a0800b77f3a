//! Links for people to open, in full.

use std::convert::Infallible;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::core::App;

/// Where people reach the service: as the settings say, else as the request was addressed.
#[derive(Debug, Clone)]
pub struct Links(String);

impl Links {
    /// As the settings say, else where the service listens.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let server = &app.config.server;
        Self(server.origin().unwrap_or_else(|| format!("http://{}", server.address)))
    }

    /// What every link begins with.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.0
    }

    /// The link that opens `path` with a token. It stands in the query, which is not logged.
    #[must_use]
    pub fn to(&self, path: &str, name: &str, token: &str) -> String {
        format!("{}{path}?{name}={token}", self.0)
    }
}

impl FromRequestParts<App> for Links {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let host = parts.headers.get(header::HOST).and_then(|it| it.to_str().ok());
        Ok(match (app.config.server.origin(), host) {
            (None, Some(host)) => Self(format!("http://{host}")),
            _ => Self::of(app),
        })
    }
}

impl OperationInput for Links {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
