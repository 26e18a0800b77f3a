//! Extractors that reject requests with problem documents.
#![expect(clippy::disallowed_types, reason = "wraps what the rest must not use")]

use crate::t;
use std::{collections::BTreeMap, future::poll_fn, pin::Pin, task::Poll};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        HeaderStyle, MediaType, Operation, Parameter, ParameterData, ParameterSchemaOrContent,
        PathStyle, RequestBody, Response, SchemaObject,
    },
    operation::{ParamLocation, add_parameters, parameters_from_schema, set_body},
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use schemars::JsonSchema;

use super::{Permit, openapi::error_responses};
use crate::{
    Error, Result, Services,
    input::{Input, Reader},
    web::{SIGNED_IN_AS, Viewer},
};

/// A JSON body.
pub struct Json<T>(pub T);

impl<S, T: Input> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        Self::read(&json_body(request).await?, &Services::from_ref(state)).map(Self)
    }
}

impl<T: Input> Json<T> {
    /// Reads a body field by field.
    pub(super) fn read(body: &[u8], services: &Services) -> Result<T> {
        T::read(Reader::json(body, services.clock.today())?).map_err(Error::Invalid)
    }
}

/// A JSON body whose members are all optional. The body itself may be absent, too.
pub struct OptionalJson<T>(pub T);

impl<S, T: Input> FromRequest<S> for OptionalJson<T>
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let services = Services::from_ref(state);
        let is_json = is_json(request.headers());
        let has_content_type = request.headers().contains_key(header::CONTENT_TYPE);
        let body = read_body(request).await?;
        if body.is_empty() && !has_content_type {
            return Json::read(b"{}", &services).map(Self);
        }
        if is_json {
            Json::read(&body, &services).map(Self)
        } else {
            Err(Error::UnsupportedMediaType("application/json"))
        }
    }
}

/// Reads the body of a request with a JSON media type.
pub(super) async fn json_body(request: Request) -> Result<Vec<u8>> {
    if is_json(request.headers()) {
        read_body(request).await
    } else {
        Err(Error::UnsupportedMediaType("application/json"))
    }
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = media_type(headers).to_ascii_lowercase();
    kind == "application/json" || kind == "application/merge-patch+json"
}

/// The maximum size of a body in bytes.
const MAX_BODY: usize = 256 * 1024;
/// The maximum number of bytes to receive and discard, so that a client that is still sending can
/// read the error response.
pub(super) const MAX_DISCARDED: usize = 32 * 1024 * 1024;

/// Rejects a compressed body.
///
/// # Errors
/// `UnsupportedEncoding`.
pub(super) fn reject_content_encoding(headers: &HeaderMap) -> Result<()> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let is_plain = |it: &[u8]| it.is_empty() || it.eq_ignore_ascii_case(b"identity");
    if codings.all(|it| is_plain(it.trim_ascii())) {
        Ok(())
    } else {
        Err(Error::UnsupportedEncoding)
    }
}

/// Reads the whole body. Releases the request's slot while waiting for the client.
async fn read_body(request: Request) -> Result<Vec<u8>> {
    reject_content_encoding(request.headers())?;
    let permit = request.extensions().get::<Permit>().cloned();
    let mut body = request.into_body();
    let (mut received, mut discarded) = (Vec::new(), 0);
    while let Some(frame) = next_frame(&mut body, permit.as_ref()).await {
        let incomplete = |_| Error::Malformed(t!("core-body-cut-short"));
        let Ok(data) = frame.map_err(incomplete)?.into_data() else { continue };
        if discarded == 0 && received.len() + data.len() <= MAX_BODY {
            if let Some(permit) = &permit {
                permit.reserve_body(received.len(), received.len() + data.len())?;
            }
            received.extend_from_slice(&data);
        } else {
            discarded += data.len();
            if discarded > MAX_DISCARDED {
                break;
            }
        }
    }
    if discarded > 0 {
        return Err(Error::TooLarge);
    }
    if let Some(permit) = &permit {
        permit.reacquire().await?;
    }
    Ok(received)
}

async fn next_frame(
    body: &mut Body,
    permit: Option<&Permit>,
) -> Option<Result<Frame<Bytes>, axum::Error>> {
    let mut frame = body.frame();
    if let Poll::Ready(frame) = poll_fn(|cx| Poll::Ready(Pin::new(&mut frame).poll(cx))).await {
        return frame;
    }
    if let Some(permit) = permit {
        permit.release();
    }
    frame.await
}

impl<T: JsonSchema> OperationInput for Json<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        describe_body::<T>(context, operation, true);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[400, 413, 415, 422])
    }
}

impl<T: JsonSchema> OperationInput for OptionalJson<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        describe_body::<T>(context, operation, false);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        Json::<T>::inferred_early_responses(context, operation)
    }
}

/// Documents a JSON body.
fn describe_body<T: JsonSchema>(
    context: &mut GenContext,
    operation: &mut Operation,
    required: bool,
) {
    let json_schema = context.schema.subschema_for::<T>();
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let media = MediaType { schema: Some(schema), ..MediaType::default() };
    set_body(
        context,
        operation,
        RequestBody {
            content: [("application/json".to_owned(), media)].into_iter().collect(),
            required,
            ..RequestBody::default()
        },
    );
}

/// A submitted form; [`Form::read`] reads its fields.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The value of each field as typed, to render the form again with errors.
    pub typed: BTreeMap<String, String>,
}

impl Form {
    /// Creates a form with these fields.
    #[must_use]
    pub fn from_fields(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { typed: fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() }
    }

    /// Sets the field `name`.
    pub fn set(&mut self, name: &str, text: String) {
        self.typed.insert(name.to_owned(), text);
    }

    /// Changes the value of the field `name`, if it exists.
    pub fn map(&mut self, name: &str, change: impl FnOnce(&str) -> String) {
        if let Some(text) = self.typed.get_mut(name) {
            *text = change(text);
        }
    }

    /// Removes the fields whose values are the same as in `shown`: the changed fields remain.
    #[must_use]
    pub fn changed_from(mut self, shown: &Self) -> Self {
        // Browsers send line breaks as CRLF, and leading and trailing blanks are ignored.
        let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        self.typed.retain(|name, text| plain(text) != plain(shown.get(name)));
        self
    }

    /// The value of the field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    /// Reads all fields.
    ///
    /// # Errors
    /// `Invalid` with all invalid fields.
    pub fn read<T: Input>(&self, services: &Services) -> Result<T> {
        T::read(Reader::form(self.typed.clone(), services.clock.today())).map_err(Error::Invalid)
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        const KIND: &str = "application/x-www-form-urlencoded";
        if !media_type(request.headers()).eq_ignore_ascii_case(KIND) {
            return Err(Error::UnsupportedMediaType(KIND));
        }
        let viewer = request.extensions().get::<Viewer>().cloned();
        let body = read_body(request).await?;
        // If several fields have the same name, the last one counts; `confirm` fields are joined
        // instead.
        let mut typed: BTreeMap<String, String> = BTreeMap::new();
        for (name, text) in url::form_urlencoded::parse(&body).into_owned() {
            match typed.get_mut(&name) {
                Some(before) if name == "confirm" => before.extend([" ", &text]),
                _ => drop(typed.insert(name, text)),
            }
        }
        // A page of one user may still be open after another has signed in.
        let signed_in_as = typed.remove(SIGNED_IN_AS).zip(viewer);
        if signed_in_as.is_some_and(|(tag, viewer)| tag != viewer.tag) {
            return Err(Error::Forbidden(t!("core-forbidden-other-account")));
        }
        Ok(Self { typed })
    }
}

/// The path parameters. An invalid one means that the resource does not exist.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub struct Path<T>(pub T);

impl From<axum::extract::rejection::PathRejection> for Error {
    fn from(_: axum::extract::rejection::PathRejection) -> Self {
        Self::NotFound(crate::t!("core-not-found-record"))
    }
}

/// Paths have at most one parameter, `{id}`.
impl<T: JsonSchema> OperationInput for Path<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let json_schema = context.schema.subschema_for::<T>();
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        path_parameter(context, operation, "id", "The record's id", schema);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[404])
    }
}

/// Documents a path parameter.
pub fn path_parameter(
    context: &mut GenContext,
    operation: &mut Operation,
    name: &str,
    description: &str,
    schema: SchemaObject,
) {
    let parameter_data = parameter(name, description, true, schema);
    let parameter = Parameter::Path { parameter_data, style: PathStyle::Simple };
    add_parameters(context, operation, [parameter]);
}

/// The query parameters. Unknown ones are rejected.
pub struct Query<T>(pub T);

impl<S, T: Input> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        T::read(Reader::query(query, Services::from_ref(state).clock.today()))
            .map(Self)
            .map_err(Error::Invalid)
    }
}

/// A form submitted with GET: its fields are in the query, and blank ones count as absent.
pub struct QueryForm<T>(pub T);

impl<S, T: Input> FromRequestParts<S> for QueryForm<T>
where
    S: Send + Sync,
    Services: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let fields = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        T::read(Reader::form(fields, Services::from_ref(state).clock.today()))
            .map(Self)
            .map_err(Error::Invalid)
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let mut schema = T::json_schema(&mut context.schema);
        let properties =
            schema.ensure_object().get_mut("properties").and_then(serde_json::Value::as_object_mut);
        for property in properties.into_iter().flat_map(|it| it.values_mut()) {
            // Query parameters can be absent but not null.
            if let Some([kind, _]) = property["type"].as_array().map(Vec::as_slice) {
                property["type"] = kind.clone();
            }
        }
        let parameters = parameters_from_schema(context, schema, ParamLocation::Query);
        add_parameters(context, operation, parameters);
    }

    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[422])
    }
}

/// Documents an optional request header.
pub(super) fn header_parameter(
    context: &mut GenContext,
    operation: &mut Operation,
    name: &str,
    description: &str,
) {
    let json_schema = match name {
        "Idempotency-Key" => schemars::json_schema!({
            "type": "string", "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$",
        }),
        _ => schemars::json_schema!({ "type": "string" }),
    };
    let schema = SchemaObject { json_schema, external_docs: None, example: None };
    let parameter = Parameter::Header {
        parameter_data: parameter(name, description, false, schema),
        style: HeaderStyle::Simple,
    };
    add_parameters(context, operation, [parameter]);
}

fn parameter(name: &str, description: &str, required: bool, schema: SchemaObject) -> ParameterData {
    ParameterData {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required,
        format: ParameterSchemaOrContent::Schema(schema),
        deprecated: None,
        example: None,
        examples: [].into_iter().collect(),
        explode: None,
        extensions: [].into_iter().collect(),
    }
}
