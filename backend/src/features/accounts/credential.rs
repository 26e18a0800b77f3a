//! What a request shows itself to be signed in with, and secrets that follow from it.

use std::convert::Infallible;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use sha2::{Digest as _, Sha256};

use super::session::{SESSION, Token, cookie};
use crate::core::{App, Result, hex, http::Once};

/// What a request shows itself to be signed in with; never printed.
pub struct Credential(Vec<u8>);

impl Credential {
    /// That of somebody who is not asking over HTTP.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// A secret that is shown once and kept as a hash: `what` of the record `this`. That of a
    /// request that may be sent again follows from its key, from what only its sender has and from
    /// the record, so that the retry's answer can show it although it was kept nowhere, and no
    /// other record ever has the same.
    ///
    /// # Errors
    /// Internal where the system has no randomness.
    pub fn secret(&self, once: &Once, what: &str, this: &str) -> Result<String> {
        let Some(request) = once.identity() else { return Ok(Token::new()?.expose().to_owned()) };
        let digest = Sha256::new_with_prefix("motovaultpro ").chain_update(what).chain_update([0]);
        let digest = digest.chain_update(&self.0).chain_update([0]).chain_update(request);
        let digest = digest.chain_update([0]).chain_update(this);
        Ok(hex(&digest.finalize()))
    }
}

impl FromRequestParts<App> for Credential {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let shown = match parts.headers.get(header::AUTHORIZATION) {
            Some(authorization) => authorization.as_bytes(),
            None => cookie(&parts.headers, app, SESSION).unwrap_or_default().as_bytes(),
        };
        Ok(Self(shown.to_vec()))
    }
}

/// Nothing of it is documented apart from who may ask.
impl OperationInput for Credential {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
