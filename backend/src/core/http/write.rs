//! Answers of the API.

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
    described::{PROBLEM, add_header, described},
    etag::etag,
};
use crate::core::{Error, error::Problem};

const JSON: &str = "application/json";

/// A single record, with its `ETag`.
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

/// An answer that a retry gets again.
pub struct Kept<T, const STATUS: u16> {
    location: String,
    /// The record's JSON.
    body: String,
    is_replayed: bool,
    what: PhantomData<T>,
}

/// A record that was made, with where it is from now on.
pub type Created<T> = Kept<T, 201>;

/// A record that something was done with.
pub type Done<T> = Kept<T, 200>;

/// Done, and nothing more to say.
pub type Finished = Kept<(), 204>;

impl<T, const STATUS: u16> Kept<T, STATUS> {
    /// The answer to what was done just now; `location` is where a record that was made is.
    #[must_use]
    pub fn new(location: String, body: String) -> Self {
        Self { location, body, is_replayed: false, what: PhantomData }
    }

    /// That of an earlier request with the same key.
    #[must_use]
    pub fn replayed(location: String, body: String) -> Self {
        Self { location, body, is_replayed: true, what: PhantomData }
    }

    /// Where the record is.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The record's JSON.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl<T, const STATUS: u16> IntoResponse for Kept<T, STATUS> {
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
        // Text without a media type of its own is plain text's.
        response.headers_mut().remove(header::CONTENT_TYPE);
        (headers, response).into_response()
    }
}

/// A body that was serialized before, perhaps by another request.
pub struct Stored<T> {
    body: Bytes,
    what: PhantomData<T>,
}

impl<T: Serialize> Stored<T> {
    /// The body of an answer that holds `T`.
    #[must_use]
    pub fn new(body: Bytes) -> Self {
        Self { body, what: PhantomData }
    }

    /// Serializes `value` now.
    ///
    /// # Errors
    /// Internal where it cannot be.
    pub fn of(value: &T) -> Result<Self, Error> {
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

impl<T> IntoResponse for Stored<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, JSON)], self.body).into_response()
    }
}

/// A single record that was serialized before, with its `ETag`.
pub struct StoredRecord<T>(pub Stored<T>);

impl<T> IntoResponse for StoredRecord<T> {
    fn into_response(self) -> Response {
        let tag = etag(&self.0.body);
        ([(header::ETAG, tag)], self.0).into_response()
    }
}

/// Done, and nothing more to say.
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
                let response = described::<T>(context, JSON);
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
documents!(StoredRecord, 200, "ETag": "The state of the record, for `If-Match`", true;);
documents!(Stored, 200,);

impl<T: JsonSchema, const STATUS: u16> OperationOutput for Kept<T, STATUS> {
    type Inner = T;

    fn operation_response(context: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        let mut response = described::<T>(context, JSON);
        add_header(&mut response, "ETag", "The state of the record, for `If-Match`", true);
        if STATUS == 201 {
            add_header(&mut response, "Location", "Where the record is from now on", true);
        }
        let about = "That this is the answer to an earlier request with the same key";
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
        let description = "Done".to_owned();
        vec![(Some(204), Documented { description, ..Documented::default() })]
    }
}

/// Every refusal is a problem document; which there can be, the extractors tell.
impl OperationOutput for Error {
    type Inner = Problem;

    fn operation_response(context: &mut GenContext, _: &mut Operation) -> Option<Documented> {
        Some(described::<Problem>(context, PROBLEM))
    }
}
