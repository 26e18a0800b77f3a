//! The credential of a request, and secrets derived from it.

use std::convert::Infallible;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use sha2::{Digest as _, Sha256};

use super::cookies::{SESSION_COOKIE, Token, find_cookie};
use crate::{
    app::App,
    core::{Result, hex, http::Idempotency},
};

/// What a request authenticates with: its `Authorization` header or its session cookie. Never printed.
pub struct Credential(Vec<u8>);

impl Credential {
    /// An empty credential, for calls that do not come from an HTTP request.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Creates a secret for the record `record_id` that is shown once and stored as a hash. `purpose`
    /// separates secrets of different kinds.
    ///
    /// Without an idempotency key, the secret is random. With one, it is derived from the key, this
    /// credential and the record, so that a retry returns the same secret although the secret is not
    /// stored. Each record's secret is different.
    ///
    /// # Errors
    /// Internal if the operating system provides no randomness.
    pub fn create_secret(
        &self,
        idempotency: &Idempotency,
        purpose: &str,
        record_id: &str,
    ) -> Result<String> {
        let Some(request) = idempotency.dedup_key() else {
            return Ok(Token::new()?.expose().to_owned());
        };
        let digest =
            Sha256::new_with_prefix("motovaultpro ").chain_update(purpose).chain_update([0]);
        let digest = digest.chain_update(&self.0).chain_update([0]).chain_update(request);
        let digest = digest.chain_update([0]).chain_update(record_id);
        Ok(hex(&digest.finalize()))
    }
}

impl FromRequestParts<App> for Credential {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let credential = match parts.headers.get(header::AUTHORIZATION) {
            Some(authorization) => authorization.as_bytes(),
            None => find_cookie(&parts.headers, app, SESSION_COOKIE).unwrap_or_default().as_bytes(),
        };
        Ok(Self(credential.to_vec()))
    }
}

/// The OpenAPI document describes authentication elsewhere.
impl OperationInput for Credential {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
