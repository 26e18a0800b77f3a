//! The problem types, and the page that explains each: the target of a problem document's `type`.

use askama::Template;
use axum::{Router, response::Html, routing::get};

use super::{Error, Result, http::Path, locale::Message, web};
use crate::t;

/// Every problem type: its name, its title, and an explanation with what to do.
const PROBLEM_TYPES: &[(&str, &str, &str)] = &[
    ("malformed", "core-problem-malformed", "core-problem-malformed-text"),
    ("unauthorized", "core-problem-unauthorized", "core-problem-unauthorized-text"),
    ("wrong-password", "core-problem-wrong-password", "core-problem-wrong-password-text"),
    (
        "second-factor-required",
        "core-problem-second-factor-required",
        "core-problem-second-factor-required-text",
    ),
    ("wrong-factor", "core-problem-wrong-factor", "core-problem-wrong-factor-text"),
    (
        "second-factor-missing",
        "core-problem-second-factor-missing",
        "core-problem-second-factor-missing-text",
    ),
    (
        "confirmation-required",
        "core-problem-confirmation-required",
        "core-problem-confirmation-required-text",
    ),
    ("factor-exists", "core-problem-factor-exists", "core-problem-factor-exists-text"),
    ("forbidden", "core-problem-forbidden", "core-problem-forbidden-text"),
    ("not-found", "core-problem-not-found", "core-problem-not-found-text"),
    (
        "method-not-allowed",
        "core-problem-method-not-allowed",
        "core-problem-method-not-allowed-text",
    ),
    ("duplicate-vin", "core-problem-duplicate-vin", "core-problem-duplicate-vin-text"),
    ("vin-in-trash", "core-problem-vin-in-trash", "core-problem-vin-in-trash-text"),
    ("vehicle-in-trash", "core-problem-vehicle-in-trash", "core-problem-vehicle-in-trash-text"),
    ("duplicate-email", "core-problem-duplicate-email", "core-problem-duplicate-email-text"),
    ("duplicate-place", "core-problem-duplicate-place", "core-problem-duplicate-place-text"),
    (
        "last-administrator",
        "core-problem-last-administrator",
        "core-problem-last-administrator-text",
    ),
    ("already-completed", "core-problem-already-completed", "core-problem-already-completed-text"),
    ("not-recurring", "core-problem-not-recurring", "core-problem-not-recurring-text"),
    ("too-far-ahead", "core-problem-too-far-ahead", "core-problem-too-far-ahead-text"),
    ("in-flight", "core-problem-in-flight", "core-problem-in-flight-text"),
    ("too-many", "core-problem-too-many", "core-problem-too-many-text"),
    ("conflict", "core-problem-conflict", "core-problem-conflict-text"),
    ("last-way-in", "core-problem-last-way-in", "core-problem-last-way-in-text"),
    (
        "precondition-failed",
        "core-problem-precondition-failed",
        "core-problem-precondition-failed-text",
    ),
    ("too-large", "core-problem-too-large", "core-problem-too-large-text"),
    (
        "unsupported-media-type",
        "core-problem-unsupported-media-type",
        "core-problem-unsupported-media-type-text",
    ),
    (
        "unsupported-encoding",
        "core-problem-unsupported-encoding",
        "core-problem-unsupported-encoding-text",
    ),
    ("unknown-host", "core-problem-unknown-host", "core-problem-unknown-host-text"),
    ("invalid", "core-problem-invalid", "core-problem-invalid-text"),
    ("odometer-order", "core-problem-odometer-order", "core-problem-odometer-order-text"),
    ("implausible", "core-problem-implausible", "core-problem-implausible-text"),
    ("too-many-requests", "core-problem-too-many-requests", "core-problem-too-many-requests-text"),
    ("unavailable", "core-problem-unavailable", "core-problem-unavailable-text"),
    ("overloaded", "core-problem-overloaded", "core-problem-overloaded-text"),
    ("internal", "core-problem-internal", "core-problem-internal-text"),
];

/// The title of the problem type `name`.
#[must_use]
pub(super) fn title(name: &str) -> Message {
    let id = PROBLEM_TYPES.iter().find(|kind| kind.0 == name).map_or("core-problem", |kind| kind.1);
    message(id)
}

/// The routes of the explanations.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/problems/{name}", get(show_problem_type))
}

#[derive(Template)]
#[template(path = "core/templates/explain.html")]
struct ProblemTypePage {
    title: Message,
    text: Message,
    layout: web::Layout,
}

/// A message without arguments.
fn message(id: &'static str) -> Message {
    Message::plain(id)
}

async fn show_problem_type(Path(name): Path<String>, layout: web::Layout) -> Result<Html<String>> {
    let kind = PROBLEM_TYPES
        .iter()
        .find(|kind| kind.0 == name)
        .ok_or_else(|| Error::NotFound(t!("core-not-found-page")))?;
    web::page(&ProblemTypePage { title: message(kind.1), text: message(kind.2), layout })
}

#[cfg(test)]
mod tests {
    use super::{super::Error, PROBLEM_TYPES};
    use crate::t;

    #[test]
    fn every_error_has_a_documented_problem_type() {
        let conflict = |name| Error::Conflict { name, detail: t!("core-problem"), vehicle: None };
        let errors = [
            Error::Malformed(t!("core-problem")),
            Error::Unauthorized,
            Error::InvalidToken,
            Error::WrongPassword,
            Error::SecondFactorRequired(axum::http::HeaderValue::from_static("")),
            Error::WrongFactor,
            Error::SecondFactorMissing,
            Error::ConfirmationRequired,
            conflict("factor-exists"),
            Error::Forbidden(t!("core-problem")),
            Error::NotFound(t!("core-problem")),
            Error::InTrash { vehicle: uuid::Uuid::nil(), title: String::new() },
            Error::MethodNotAllowed,
            conflict("duplicate-vin"),
            conflict("vin-in-trash"),
            conflict("duplicate-email"),
            conflict("duplicate-place"),
            conflict("last-administrator"),
            conflict("already-completed"),
            conflict("not-recurring"),
            conflict("too-far-ahead"),
            conflict("in-flight"),
            conflict("too-many"),
            conflict("conflict"),
            Error::Stale,
            Error::TooLarge,
            Error::UnsupportedMediaType(""),
            Error::UnsupportedEncoding,
            Error::Invalid(Vec::new()),
            Error::TooManyRequests(1),
            Error::Unavailable,
            Error::Overloaded,
            Error::Internal("".into()),
        ];
        for error in errors {
            let name = error.kind().1;
            assert!(PROBLEM_TYPES.iter().any(|kind| kind.0 == name), "{name} is not explained");
        }
    }
}
