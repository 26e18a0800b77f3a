//! The error type of the service, and how clients see it (RFC 9457).

use axum::{
    Extension,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::locale::Message;
use crate::t;

/// A result whose error handlers can return as it is.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed, classified by what the client can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is not valid JSON or form data (400).
    #[error("{0}")]
    Malformed(Message),
    /// The request is not authenticated (401).
    #[error("{}", t!("core-sign-in-first"))]
    Unauthorized,
    /// The token is invalid or expired (401).
    #[error("{}", t!("core-invalid-token"))]
    InvalidToken,
    /// The email address or the password is wrong; the response does not say which (401).
    #[error("{}", t!("core-wrong-password"))]
    WrongPassword,
    /// The password was right, and the account requires a second factor (401).
    ///
    /// The cookie continues the sign-in.
    #[error("{}", t!("core-second-factor-required"))]
    SecondFactorRequired(HeaderValue),
    /// The code or passkey is wrong, or was used before (401).
    #[error("{}", t!("core-wrong-factor"))]
    WrongFactor,
    /// The account must set up a second factor before anything else (403).
    #[error("{}", t!("core-second-factor-missing"))]
    SecondFactorMissing,
    /// The user must enter the password again (403).
    #[error("{}", t!("core-confirmation-required"))]
    ConfirmationRequired,
    /// The user is not allowed to do this (403).
    #[error("{0}")]
    Forbidden(Message),
    /// The resource does not exist, or belongs to another user (404).
    #[error("{0}")]
    NotFound(Message),
    /// The vehicle is in the user's trash (404).
    #[error("{}", t!("core-in-trash", title = .title))]
    InTrash {
        /// The vehicle's id.
        vehicle: uuid::Uuid,
        /// The vehicle's name.
        title: String,
    },
    /// The path exists, but not with this method (405).
    #[error("{}", t!("core-method-not-allowed"))]
    MethodNotAllowed,
    /// The request conflicts with stored data (409), in the way `name` says.
    #[error("{detail}")]
    Conflict {
        /// The problem's name.
        name: &'static str,
        /// What it conflicts with.
        detail: Message,
        /// The vehicle it conflicts with.
        vehicle: Option<uuid::Uuid>,
    },
    /// The record has changed since the client read it (412).
    #[error("{}", t!("core-stale"))]
    Stale,
    /// The body is larger than the limit (413).
    #[error("{}", t!("core-too-large"))]
    TooLarge,
    /// The media type of the body is not supported (415); the supported one.
    #[error("{}", t!("core-unsupported-media-type", media_type = *.0))]
    UnsupportedMediaType(&'static str),
    /// The body is compressed (415).
    #[error("{}", t!("core-unsupported-encoding"))]
    UnsupportedEncoding,
    /// The request names a host that is not this service's (421).
    #[error("{}", unknown_host(.host, *.is_set_up))]
    UnknownHost {
        /// The host that the request names.
        host: String,
        /// Whether the service has an account.
        is_set_up: bool,
    },
    /// The invalid fields (422).
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// Too many attempts (429); the number of seconds to wait.
    #[error("{}", t!("core-too-many-requests"))]
    TooManyRequests(u64),
    /// A dependency is unavailable (503).
    #[error("{}", t!("core-unavailable"))]
    Unavailable,
    /// The service is overloaded (503).
    #[error("{}", t!("core-overloaded"))]
    Overloaded,
    /// An internal error (500). The cause is logged and never sent to the client.
    #[error("{}", t!("core-internal"))]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The problem type of a vehicle in the user's trash.
const IN_TRASH: &str = "vehicle-in-trash";

/// An invalid field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// The field, as a JSON pointer into the body (`/vin`), or the query parameter's name.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: Message,
    /// Its own problem type, if any.
    #[serde(skip)]
    pub kind: Option<&'static str>,
    /// The expected value, if the value looks wrong and can be confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Box<Message>>,
    /// The fuel log that it conflicts with, if any.
    #[serde(skip)]
    pub fuel_log: Option<uuid::Uuid>,
    /// The vehicle that it conflicts with, if any.
    #[serde(skip)]
    pub vehicle: Option<uuid::Uuid>,
}

impl FieldError {
    /// The problem type of values that look wrong and can be confirmed.
    pub const IMPLAUSIBLE: &str = "implausible";

    /// Creates the error of a member that looks wrong: the request is accepted if it confirms the
    /// member's pointer ([`Confirmed`](super::input::Confirmed)).
    #[must_use]
    pub fn implausible(
        name: &str,
        detail: impl Into<Message>,
        expected: impl Into<Message>,
    ) -> Self {
        let expected = Some(Box::new(expected.into()));
        Self { kind: Some(Self::IMPLAUSIBLE), expected, ..Self::at(name, detail) }
    }

    /// Creates the error of the member `name` of the body.
    #[must_use]
    pub fn at(name: &str, detail: impl Into<Message>) -> Self {
        // The pointer to the whole body is empty.
        let slash = if name.is_empty() { "" } else { "/" };
        let pointer = format!("{slash}{}", name.replace('~', "~0").replace('/', "~1"));
        let detail = detail.into();
        Self { pointer, detail, kind: None, expected: None, fuel_log: None, vehicle: None }
    }

    /// Creates the error of a member that names a vehicle in the user's trash.
    #[must_use]
    pub fn in_trash(name: &str, vehicle: uuid::Uuid) -> Self {
        let detail = t!("core-field-in-trash");
        Self { kind: Some(IN_TRASH), vehicle: Some(vehicle), ..Self::at(name, detail) }
    }

    /// The detail, after the field's name if it has one.
    fn with_name(&self) -> Message {
        match self.name() {
            "" => self.detail.clone(),
            name => t!("core-field-detail", name = name, detail = &self.detail),
        }
    }

    /// The field's name: the pointer without its slash.
    #[must_use]
    pub fn name(&self) -> &str {
        self.pointer.trim_start_matches('/')
    }
}

/// Describes the invalid fields in one line, where there is no form to show them in.
#[must_use]
pub fn describe(errors: &[FieldError]) -> String {
    errors.iter().map(|it| it.with_name().to_string()).collect::<Vec<_>>().join("; ")
}

fn unknown_host(host: &str, is_set_up: bool) -> Message {
    if is_set_up {
        t!("core-unknown-host", host = host)
    } else {
        t!("core-unknown-host-before-setup", host = host)
    }
}

fn summary(errors: &[FieldError]) -> Message {
    match errors {
        [only] => only.with_name(),
        errors => {
            let names: Vec<_> = errors.iter().map(FieldError::name).collect();
            t!("core-fields-invalid", count = errors.len(), names = names.join(", "))
        }
    }
}

impl Error {
    /// An invalid field.
    #[must_use]
    pub fn invalid(name: &str, detail: impl Into<Message>) -> Self {
        Self::Invalid(vec![FieldError::at(name, detail)])
    }

    /// Creates a conflict with stored data, of the type `name`.
    #[must_use]
    pub fn conflict(name: &'static str, detail: impl Into<Message>) -> Self {
        Self::Conflict { name, detail: detail.into(), vehicle: None }
    }

    /// A copy of the error, for each of several callers that waited for one result.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::NotFound(what) => Self::NotFound(what.clone()),
            Self::InTrash { vehicle, title } => {
                Self::InTrash { vehicle: *vehicle, title: title.clone() }
            }
            Self::Unavailable => Self::Unavailable,
            Self::Overloaded => Self::Overloaded,
            Self::Unauthorized => Self::Unauthorized,
            Self::InvalidToken => Self::InvalidToken,
            other => Self::Internal(format!("{other:?}").into()),
        }
    }

    /// The HTTP status, and the problem type's name (the last part of its `type`).
    #[must_use]
    pub fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unauthorized | Self::InvalidToken => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong-password"),
            Self::SecondFactorRequired(_) => (StatusCode::UNAUTHORIZED, "second-factor-required"),
            Self::WrongFactor => (StatusCode::UNAUTHORIZED, "wrong-factor"),
            Self::SecondFactorMissing => (StatusCode::FORBIDDEN, "second-factor-missing"),
            Self::ConfirmationRequired => (StatusCode::FORBIDDEN, "confirmation-required"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            Self::InTrash { .. } => (StatusCode::NOT_FOUND, IN_TRASH),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::Conflict { name, .. } => (StatusCode::CONFLICT, name),
            Self::Stale => (StatusCode::PRECONDITION_FAILED, "precondition-failed"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::UnsupportedMediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
            }
            Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding")
            }
            Self::UnknownHost { .. } => (StatusCode::MISDIRECTED_REQUEST, "unknown-host"),
            Self::Invalid(errors) => {
                // Errors that must be corrected take precedence over values that can be confirmed.
                let is_confirmable = |it: &FieldError| it.kind == Some(FieldError::IMPLAUSIBLE);
                let kind = if errors.iter().all(is_confirmable) {
                    errors.first().and_then(|it| it.kind)
                } else {
                    errors.iter().filter(|it| !is_confirmable(it)).find_map(|it| it.kind)
                };
                (StatusCode::UNPROCESSABLE_ENTITY, kind.unwrap_or("invalid"))
            }
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The problem type: the URL of a page that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short summary of the problem type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong with this request.
    pub detail: String,
    /// The invalid fields, if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The vehicle that the request conflicts with, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle_id: Option<uuid::Uuid>,
    /// The path that restores the vehicle with `POST`, if it is in the trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
    /// The fuel log that the request conflicts with, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel_log_id: Option<uuid::Uuid>,
    /// The request's id in the server's log, for internal errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, name) = self.kind();
        let detail = self.to_string();
        let retry_after = match &self {
            Self::TooManyRequests(seconds) => Some(*seconds),
            Self::Unavailable => Some(5),
            // Where thousands of clients are refused, admission control asks for longer delays.
            Self::Overloaded => Some(2),
            _ => None,
        };
        let request_id = match &self {
            Self::Internal(cause) => {
                tracing::error!(%cause, "Request failed");
                super::http::request_id()
            }
            _ => None,
        };
        let cookie = match &self {
            Self::SecondFactorRequired(cookie) => Some(cookie.clone()),
            _ => None,
        };
        let challenge = match &self {
            Self::InvalidToken => r#"Bearer error="invalid_token""#,
            _ => "Bearer",
        };
        let accepted = matches!(self, Self::UnsupportedEncoding).then_some("identity");
        let (errors, vehicle_id) = match self {
            Self::Invalid(errors) => {
                let vehicle = errors.iter().find_map(|error| error.vehicle);
                (errors, vehicle)
            }
            Self::Conflict { vehicle, .. } => (Vec::new(), vehicle),
            Self::InTrash { vehicle, .. } => (Vec::new(), Some(vehicle)),
            _ => (Vec::new(), None),
        };
        let is_in_trash = matches!(name, IN_TRASH | "vin-in-trash");
        let restore = vehicle_id.filter(|_| is_in_trash);
        let restore = restore.map(|id| format!("/api/vehicles/{id}/restore"));
        let fuel_log_id = errors.iter().find_map(|error| error.fuel_log);
        let title = super::problems::title(name).to_string();
        let kind = format!("/problems/{name}");
        let problem = Problem {
            kind,
            title,
            status: status.as_u16(),
            detail,
            errors,
            vehicle_id,
            restore,
            fuel_log_id,
            request_id,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        // The document is also an extension, for the layer that renders problems as pages.
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, Extension(problem), body).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(accepted) = accepted {
            // RFC 9110, section 12.5.3: in a response it lists the encodings that requests can use.
            let accepted = HeaderValue::from_static(accepted);
            response.headers_mut().insert(header::ACCEPT_ENCODING, accepted);
        }
        if let Some(cookie) = cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
