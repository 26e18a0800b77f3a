//! Extractors whose rejections are problem documents.
#![expect(clippy::disallowed_types, reason = "wraps what the rest must not use")]

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
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use schemars::JsonSchema;

use super::{Ticket, described::refusals};
use crate::core::{
    App, Error, Result,
    input::{Input, Reader},
};

/// A JSON body, read field by field.
pub struct Json<T>(pub T);

impl<T: Input> FromRequest<App> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        Self::read(&json_body(request).await?, app).map(Self)
    }
}

impl<T: Input> Json<T> {
    /// Reads a body field by field.
    pub(super) fn read(body: &[u8], app: &App) -> Result<T> {
        T::read(Reader::json(body, app.clock.today())?).map_err(Error::Invalid)
    }
}

/// A JSON body of which every member may be left out, and so may the body as a whole.
pub struct JsonOrNone<T>(pub T);

impl<T: Input> FromRequest<App> for JsonOrNone<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let is_json = is_json(request.headers());
        let is_said = request.headers().contains_key(header::CONTENT_TYPE);
        let body = body_of(request).await?;
        if body.is_empty() && !is_said {
            return Json::read(b"{}", app).map(Self);
        }
        if is_json {
            Json::read(&body, app).map(Self)
        } else {
            Err(Error::UnsupportedMediaType("application/json"))
        }
    }
}

/// The whole body of a request that says it is JSON.
pub(super) async fn json_body(request: Request) -> Result<Vec<u8>> {
    if is_json(request.headers()) {
        body_of(request).await
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

/// The most bytes of a body that are read.
const MOST: usize = 256 * 1024;
/// The most that are taken off the wire and dropped, so that the client, still sending, gets to
/// read why it was refused.
pub(super) const MOST_DROPPED: usize = 32 * 1024 * 1024;

/// Refuses a compressed body.
///
/// # Errors
/// `UnsupportedEncoding`.
pub(super) fn refuse_encoded(headers: &HeaderMap) -> Result<()> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let is_plain = |it: &[u8]| it.is_empty() || it.eq_ignore_ascii_case(b"identity");
    if codings.all(|it| is_plain(it.trim_ascii())) {
        Ok(())
    } else {
        Err(Error::UnsupportedEncoding)
    }
}

/// The whole body. While the client is slow to send it, others are worked on.
async fn body_of(request: Request) -> Result<Vec<u8>> {
    refuse_encoded(request.headers())?;
    let ticket = request.extensions().get::<Ticket>().cloned();
    let mut body = request.into_body();
    let (mut kept, mut dropped) = (Vec::new(), 0);
    while let Some(frame) = next_frame(&mut body, ticket.as_ref()).await {
        let cut_short = |_| Error::Malformed("the body ended before its end".to_owned());
        let Ok(data) = frame.map_err(cut_short)?.into_data() else { continue };
        if dropped == 0 && kept.len() + data.len() <= MOST {
            if let Some(ticket) = &ticket {
                ticket.hold(kept.len(), kept.len() + data.len())?;
            }
            kept.extend_from_slice(&data);
        } else {
            dropped += data.len();
            if dropped > MOST_DROPPED {
                break;
            }
        }
    }
    if dropped > 0 {
        return Err(Error::TooLarge);
    }
    if let Some(ticket) = &ticket {
        ticket.come_back().await?;
    }
    Ok(kept)
}

async fn next_frame(
    body: &mut Body,
    ticket: Option<&Ticket>,
) -> Option<Result<Frame<Bytes>, axum::Error>> {
    let mut frame = body.frame();
    if let Poll::Ready(frame) = poll_fn(|cx| Poll::Ready(Pin::new(&mut frame).poll(cx))).await {
        return frame;
    }
    if let Some(ticket) = ticket {
        ticket.step_aside();
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
        refusals(context, &[400, 413, 415, 422])
    }
}

impl<T: JsonSchema> OperationInput for JsonOrNone<T> {
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

/// A form, as it was typed; [`Form::read`] reads it field by field.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// What each field held, for showing it again beside what is wrong with it.
    pub typed: BTreeMap<String, String>,
}

impl Form {
    /// A form that holds these fields.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { typed: fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() }
    }

    /// Puts `text` into the field `name`.
    pub fn set(&mut self, name: &str, text: String) {
        self.typed.insert(name.to_owned(), text);
    }

    /// Writes what the field `name` holds anew; one that is not there stays away.
    pub fn map(&mut self, name: &str, change: impl FnOnce(&str) -> String) {
        if let Some(text) = self.typed.get_mut(name) {
            *text = change(text);
        }
    }

    /// Leaves out what holds the same as in `shown`: what is left was changed.
    #[must_use]
    pub fn changed_from(mut self, shown: &Self) -> Self {
        // Browsers send line breaks as two characters, and blanks at the ends mean nothing.
        let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        self.typed.retain(|name, text| plain(text) != plain(shown.get(name)));
        self
    }

    /// What the field `name` held.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    /// Reads every field.
    ///
    /// # Errors
    /// Invalid with every field at fault.
    pub fn read<T: Input>(&self, app: &App) -> Result<T> {
        T::read(Reader::form(self.typed.clone(), app.clock.today())).map_err(Error::Invalid)
    }
}

impl FromRequest<App> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        const KIND: &str = "application/x-www-form-urlencoded";
        if !media_type(request.headers()).eq_ignore_ascii_case(KIND) {
            return Err(Error::UnsupportedMediaType(KIND));
        }
        let body = body_of(request).await?;
        // If several fields have one name, the last one counts; `confirm` fields are joined instead.
        let mut typed: BTreeMap<String, String> = BTreeMap::new();
        for (name, text) in form_urlencoded::parse(&body).into_owned() {
            match typed.get_mut(&name) {
                Some(before) if name == "confirm" => before.extend([" ", &text]),
                _ => drop(typed.insert(name, text)),
            }
        }
        Ok(Self { typed })
    }
}

/// The path's parameters; one of another shape is the name of nothing.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub struct Path<T>(pub T);

impl From<axum::extract::rejection::PathRejection> for Error {
    fn from(_: axum::extract::rejection::PathRejection) -> Self {
        Self::NotFound("thing")
    }
}

/// Every path names one record at most, as `{id}`.
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
        refusals(context, &[404])
    }
}

/// Documents a part of the path.
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

/// The query's parameters, read field by field; an unknown one is refused like an unknown member.
pub struct Query<T>(pub T);

impl<T: Input> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        T::read(Reader::query(query, app.clock.today())).map(Self).map_err(Error::Invalid)
    }
}

/// What the form of a page that only looks asks for: its fields stand in the query, and one that
/// was left blank is not there.
pub struct Search<T>(pub T);

impl<T: Input> FromRequestParts<App> for Search<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let fields = form_urlencoded::parse(query.as_bytes()).into_owned();
        T::read(Reader::form(fields, app.clock.today())).map(Self).map_err(Error::Invalid)
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let mut schema = T::json_schema(&mut context.schema);
        let properties =
            schema.ensure_object().get_mut("properties").and_then(serde_json::Value::as_object_mut);
        for property in properties.into_iter().flat_map(|it| it.values_mut()) {
            // What is left out of a query is absent; nothing in one is null.
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
        refusals(context, &[422])
    }
}

/// Documents a header that may be sent.
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
