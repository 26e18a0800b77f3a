//! Entity tags and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1).

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{extract::header_parameter, openapi::error_responses};
use crate::{Error, Result, hex};

/// The strong entity tag of a record's JSON, including quotes.
#[must_use]
pub(crate) fn etag(json: &[u8]) -> String {
    format!("\"{}\"", hex(&Sha256::digest(json)[..16]))
}

/// The `If-Match` header: the states that a change applies to; any state if it is absent.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Checks that the current record matches the header.
    ///
    /// # Errors
    /// `Stale` if it does not.
    pub fn check(&self, current: &impl Serialize) -> Result<()> {
        let Some(wanted) = self.0.as_deref() else { return Ok(()) };
        let json = serde_json::to_vec(current).map_err(|error| Error::Internal(error.into()))?;
        let current = etag(&json);
        let matches = wanted.split(',').map(str::trim).any(|it| it == "*" || it == current);
        if matches { Ok(()) } else { Err(Error::Stale) }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let values = parts.headers.get_all(header::IF_MATCH).iter();
        let values: Vec<_> =
            values.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()).collect();
        Ok(Self((!values.is_empty()).then(|| values.join(","))))
    }
}

impl OperationInput for IfMatch {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let about = "The last known ETag of the record; 412 if the record has changed since";
        header_parameter(context, operation, "If-Match", about);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[412])
    }
}
