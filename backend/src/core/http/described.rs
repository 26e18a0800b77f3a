//! How refusals and headers are described: by what refuses, not by hand at every route.

use aide::{
    generate::GenContext,
    openapi::{
        Header, HeaderStyle, MediaType, Operation, ParameterSchemaOrContent, ReferenceOr, Response,
        SchemaObject, StatusCode,
    },
    transform::TransformOperation,
};
use schemars::{JsonSchema, json_schema};

use crate::core::error::Problem;

/// The media type of a refusal.
pub const PROBLEM: &str = "application/problem+json";

/// Every status that refuses: what its description is called, and what it means.
const REFUSALS: &[(u16, &str, &str)] = &[
    (400, "Malformed", "The body is not JSON"),
    (401, "Unauthorized", "Nobody is signed in, or what was given to sign in with is wrong"),
    (403, "Forbidden", "Not allowed to whoever asks, or asked from another site"),
    (404, "NotFound", "There is no such thing, or it is not yours: the two look alike"),
    (409, "Conflict", "It contradicts what is stored or being done; `type` says what"),
    (412, "Stale", "`If-Match` names another state than the record is in"),
    (413, "TooLarge", "The body is larger than is read"),
    (
        415,
        "UnsupportedMediaType",
        "The media type of the body is not supported, or the body is compressed",
    ),
    (422, "Invalid", "Understood and refused: `errors` names every field at fault"),
    (
        429,
        "TooManyRequests",
        "Too many attempts or requests: `Retry-After` says when to come again",
    ),
    (503, "Unavailable", "Not now: `Retry-After` says when to come again"),
];

/// What the description of the refusal with this status is called.
#[must_use]
pub fn refusal_name(status: u16) -> Option<&'static str> {
    REFUSALS.iter().find(|it| it.0 == status).map(|it| it.1)
}

/// The description of the refusal with this status: a problem document.
pub(super) fn refusal(context: &mut GenContext, status: u16) -> Response {
    let about = REFUSALS.iter().find(|it| it.0 == status).map_or("Refused", |it| it.2);
    let mut response = described::<Problem>(context, PROBLEM);
    about.clone_into(&mut response.description);
    match status {
        401 => add_header(&mut response, "WWW-Authenticate", "`Bearer`", true),
        429 | 503 => add_header(&mut response, "Retry-After", "How many seconds to wait", true),
        _ => {}
    }
    response
}

/// The descriptions of these refusals, as an extractor gives its own to every handler's.
#[must_use]
pub fn refusals(context: &mut GenContext, statuses: &[u16]) -> Vec<(Option<u16>, Response)> {
    statuses.iter().map(|it| (Some(*it), refusal(context, *it))).collect()
}

/// Says that a route also refuses in this way: `.with(refuses::<409>)`.
pub fn refuses<const STATUS: u16>(mut operation: TransformOperation<'_>) -> TransformOperation<'_> {
    aide::generate::in_context(|context| add_refusal(context, operation.inner_mut(), STATUS));
    operation
}

/// Adds the refusal to an operation that does not describe an answer of this status yet.
pub fn add_refusal(context: &mut GenContext, operation: &mut Operation, status: u16) {
    let responses = &mut operation.responses.get_or_insert_default().responses;
    let refusal = || ReferenceOr::Item(refusal(context, status));
    responses.entry(StatusCode::Code(status)).or_insert_with(refusal);
}

/// The description of an answer that holds a `T`.
pub(super) fn described<T: JsonSchema>(context: &mut GenContext, kind: &str) -> Response {
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

/// Describes a header of an answer.
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
