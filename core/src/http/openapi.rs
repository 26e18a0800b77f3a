//! OpenAPI descriptions of error responses and headers. Extractors add the errors that they can
//! return, so that handlers need not list them.

use aide::{
    generate::GenContext,
    openapi::{
        Header, HeaderStyle, MediaType, Operation, ParameterSchemaOrContent, ReferenceOr, Response,
        SchemaObject, StatusCode,
    },
    transform::TransformOperation,
};
use schemars::{JsonSchema, json_schema};

use crate::error::Problem;

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Every error status, with the name of its description and its meaning.
const ERROR_RESPONSES: &[(u16, &str, &str)] = &[
    (400, "Malformed", "The body is not JSON"),
    (401, "Unauthorized", "Authentication is missing or invalid"),
    (403, "Forbidden", "The user does not have permission, or the request comes from another site"),
    (404, "NotFound", "The resource does not exist or belongs to another user"),
    (
        409,
        "Conflict",
        "The request conflicts with stored data or with a request in progress; `type` says how",
    ),
    (412, "Stale", "`If-Match` does not match the current state of the record"),
    (413, "TooLarge", "The body is too large"),
    (
        415,
        "UnsupportedMediaType",
        "The media type of the body is not supported, or the body is compressed",
    ),
    (422, "Invalid", "Validation failed: `errors` lists every invalid field"),
    (429, "TooManyRequests", "Too many attempts or requests: retry after `Retry-After`"),
    (503, "Unavailable", "Temporarily unavailable: retry after `Retry-After`"),
];

/// The name of the description of this error status.
#[must_use]
pub fn error_response_name(status: u16) -> Option<&'static str> {
    ERROR_RESPONSES.iter().find(|it| it.0 == status).map(|it| it.1)
}

/// Builds the description of an error response: a problem document.
pub(super) fn build_error_response(context: &mut GenContext, status: u16) -> Response {
    let about = ERROR_RESPONSES.iter().find(|it| it.0 == status).map_or("Error", |it| it.2);
    let mut response = typed_response::<Problem>(context, PROBLEM_JSON);
    about.clone_into(&mut response.description);
    match status {
        401 => add_header(&mut response, "WWW-Authenticate", "`Bearer`", true),
        429 | 503 => {
            add_header(&mut response, "Retry-After", "The number of seconds to wait", true);
        }
        _ => {}
    }
    response
}

/// The descriptions of several error responses, for an extractor to add to its handlers.
#[must_use]
pub fn error_responses(context: &mut GenContext, statuses: &[u16]) -> Vec<(Option<u16>, Response)> {
    statuses.iter().map(|it| (Some(*it), build_error_response(context, *it))).collect()
}

/// Documents another error response of a route: `.with(error_response::<409>)`.
pub fn error_response<const STATUS: u16>(
    mut operation: TransformOperation<'_>,
) -> TransformOperation<'_> {
    aide::generate::in_context(|context| {
        add_error_response(context, operation.inner_mut(), STATUS);
    });
    operation
}

/// Adds an error response to an operation that does not describe one with this status yet.
pub fn add_error_response(context: &mut GenContext, operation: &mut Operation, status: u16) {
    let responses = &mut operation.responses.get_or_insert_default().responses;
    let refusal = || ReferenceOr::Item(build_error_response(context, status));
    responses.entry(StatusCode::Code(status)).or_insert_with(refusal);
}

/// The description of a response with a `T`.
pub(super) fn typed_response<T: JsonSchema>(context: &mut GenContext, kind: &str) -> Response {
    let json_schema = context.schema.subschema_for::<T>();
    let about = context.resolve_schema(&json_schema).get("description").cloned();
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let media = MediaType { schema: Some(schema), ..MediaType::default() };
    Response {
        description: about.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default(),
        content: [(kind.to_owned(), media)].into_iter().collect(),
        ..Response::default()
    }
}

/// Adds a header to the description of a response.
pub(super) fn add_header(response: &mut Response, name: &str, about: &str, required: bool) {
    let json_schema = match name {
        "Retry-After" => json_schema!({ "type": "integer", "minimum": 0 }),
        "ETag" => json_schema!({ "type": "string", "pattern": "^\"[^\"]+\"$" }),
        "Idempotency-Replayed" => json_schema!({ "type": "string", "const": "true" }),
        _ => json_schema!({ "type": "string" }),
    };
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let header = Header {
        description: Some(about.to_owned()),
        style: HeaderStyle::Simple,
        required,
        format: ParameterSchemaOrContent::Schema(schema),
        deprecated: None,
        example: None,
        examples: [].into_iter().collect(),
        extensions: [].into_iter().collect(),
    };
    response.headers.insert(name.to_owned(), ReferenceOr::Item(header));
}
