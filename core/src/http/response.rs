//! Responses of the API.

use std::marker::PhantomData;

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    body::Bytes,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    etag::etag,
    openapi::{PROBLEM_JSON, add_header, typed_response},
};
use crate::{Error, error::Problem};

const JSON: &str = "application/json";

/// A record with its `ETag`.
pub struct Record<T>(pub T);

impl<T: Serialize> IntoResponse for Record<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let headers =
                    [(header::CONTENT_TYPE, JSON.to_owned()), (header::ETAG, etag(&body))];
                (headers, body).into_response()
            }
            Err(error) => Error::Internal(error.into()).into_response(),
        }
    }
}

/// The response to an idempotent request, which retries get again.
pub struct IdempotentResponse<T, const STATUS: u16> {
    location: String,
    /// The record as JSON.
    body: String,
    is_replayed: bool,
    what: PhantomData<T>,
}

/// A created record (201), with its `Location`.
pub type Created<T> = IdempotentResponse<T, 201>;

/// A changed record (200).
pub type Ok200<T> = IdempotentResponse<T, 200>;

/// A response without content (204).
pub type NoContent204 = IdempotentResponse<(), 204>;

impl<T, const STATUS: u16> IdempotentResponse<T, STATUS> {
    /// Creates the response to an executed request; `location` is the path of a created record,
    /// otherwise empty.
    #[must_use]
    pub fn new(location: String, body: String) -> Self {
        Self { location, body, is_replayed: false, what: PhantomData }
    }

    /// Creates the response of an earlier request with the same key.
    #[must_use]
    pub fn replayed(location: String, body: String) -> Self {
        Self { location, body, is_replayed: true, what: PhantomData }
    }

    /// The record's path.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The record as JSON.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl<T, const STATUS: u16> IntoResponse for IdempotentResponse<T, STATUS> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        let has_body = status != StatusCode::NO_CONTENT;
        let headers = has_body.then(|| {
            [(header::CONTENT_TYPE, JSON.to_owned()), (header::ETAG, etag(self.body.as_bytes()))]
        });
        let location = (!self.location.is_empty()).then_some([(header::LOCATION, self.location)]);
        let replayed = HeaderName::from_static("idempotency-replayed");
        let replayed = self.is_replayed.then_some([(replayed, "true")]);
        let body = if has_body { self.body } else { String::new() };
        let mut response = (status, location, replayed, body).into_response();
        // Axum sets the media type of strings to plain text.
        response.headers_mut().remove(header::CONTENT_TYPE);
        (headers, response).into_response()
    }
}

/// A serialized body, possibly from the cache.
pub struct SerializedJson<T> {
    body: Bytes,
    what: PhantomData<T>,
}

impl<T: Serialize> SerializedJson<T> {
    /// Wraps the serialized JSON of a `T`.
    #[must_use]
    pub fn new(body: Bytes) -> Self {
        Self { body, what: PhantomData }
    }

    /// Serializes `value`.
    ///
    /// # Errors
    /// `Internal` if that fails.
    pub fn serialize(value: &T) -> Result<Self, Error> {
        serde_json::to_vec(value)
            .map(|body| Self::new(body.into()))
            .map_err(|error| Error::Internal(error.into()))
    }

    /// The body.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body
    }
}

impl<T> IntoResponse for SerializedJson<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, JSON)], self.body).into_response()
    }
}

/// A serialized record with its `ETag`.
pub struct SerializedRecord<T>(pub SerializedJson<T>);

impl<T> IntoResponse for SerializedRecord<T> {
    fn into_response(self) -> Response {
        let tag = etag(&self.0.body);
        ([(header::ETAG, tag)], self.0).into_response()
    }
}

/// A response without content (204).
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

macro_rules! documents {
    ($type:ident, $status:literal, $($header:literal: $about:literal, $required:literal;)*) => {
        impl<T: JsonSchema> OperationOutput for $type<T> {
            type Inner = T;

            fn operation_response(
                context: &mut GenContext,
                _: &mut Operation,
            ) -> Option<Documented> {
                let response = typed_response::<T>(context, JSON);
                $(let mut response = response;
                add_header(&mut response, $header, $about, $required);)*
                Some(response)
            }

            fn inferred_responses(
                context: &mut GenContext,
                operation: &mut Operation,
            ) -> Vec<(Option<u16>, Documented)> {
                let response = Self::operation_response(context, operation);
                response.map(|it| (Some($status), it)).into_iter().collect()
            }
        }
    };
}

documents!(Record, 200, "ETag": "The state of the record, for `If-Match`", true;);
documents!(SerializedRecord, 200, "ETag": "The state of the record, for `If-Match`", true;);
documents!(SerializedJson, 200,);

impl<T: JsonSchema, const STATUS: u16> OperationOutput for IdempotentResponse<T, STATUS> {
    type Inner = T;

    fn operation_response(context: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        let mut response = typed_response::<T>(context, JSON);
        add_header(&mut response, "ETag", "The state of the record, for `If-Match`", true);
        if STATUS == 201 {
            add_header(&mut response, "Location", "The path of the created record", true);
        }
        let about = "Present if this is the response to an earlier request with the same key";
        add_header(&mut response, "Idempotency-Replayed", about, false);
        Some(response)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        if STATUS == 204 {
            return NoContent::inferred_responses(context, operation);
        }
        let response = Self::operation_response(context, operation);
        response.map(|it| (Some(STATUS), it)).into_iter().collect()
    }
}

impl OperationOutput for NoContent {
    type Inner = ();

    fn inferred_responses(_: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, Documented)> {
        let description = "Success, without content".to_owned();
        vec![(Some(204), Documented { description, ..Documented::default() })]
    }
}

/// Every error is a problem document; the extractors document which ones can occur.
impl OperationOutput for Error {
    type Inner = Problem;

    fn operation_response(context: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        Some(typed_response::<Problem>(context, PROBLEM_JSON))
    }
}
