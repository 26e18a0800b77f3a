//! The problem types, and the page that explains each: the target of a problem document's `type`.

use askama::Template;
use axum::{Router, response::Html, routing::get};

use super::{App, Error, Result, http::Path, web};

/// Every problem type: its name, its title, and an explanation with what to do.
const PROBLEM_TYPES: &[(&str, &str, &str)] = &[
    (
        "malformed",
        "The request cannot be read",
        "The body is not the JSON or the form that its Content-Type says. Nothing was changed.",
    ),
    (
        "unauthorized",
        "Nobody is signed in",
        "The session has ended or none was given. Sign in, then send the request again.",
    ),
    (
        "wrong-password",
        "Signing in failed",
        "No account has this e-mail address with this password. Which of the two is wrong is \
         not told, so that nobody can find out who has an account here.",
    ),
    (
        "second-factor-required",
        "A second factor is needed",
        "The password was right. Within ten minutes, give a code of the authenticator app or a \
         recovery code, or use a passkey.",
    ),
    (
        "wrong-factor",
        "This is not the second factor",
        "The code is not right, was used before, or is older than a minute; or the passkey is \
         not known here. A code is good once.",
    ),
    (
        "second-factor-missing",
        "Set up a second factor first",
        "Whoever runs this service asks for a second factor. Until the account has one, nothing \
         else can be done.",
    ),
    (
        "confirmation-required",
        "Give your password once more",
        "What decides over how one signs in is changed only within ten minutes of giving the \
         password. Give it to /api/auth/confirm, then send the request again.",
    ),
    (
        "factor-exists",
        "This second factor is set up already",
        "The account has an authenticator app. Remove it, then set up another.",
    ),
    (
        "forbidden",
        "This may not be done",
        "Whoever is signed in may not do this, or the request came from another site.",
    ),
    (
        "not-found",
        "There is no such thing",
        "Nothing is at this address, or what is there is not yours. The two look alike.",
    ),
    (
        "method-not-allowed",
        "The method does not fit the address",
        "The address is right, but it answers other methods. The Allow header names them.",
    ),
    (
        "duplicate-vin",
        "You already have this vehicle",
        "You have a vehicle with this VIN; vehicleId names it. Change that one instead.",
    ),
    (
        "vin-in-trash",
        "This vehicle is in your trash",
        "You deleted a vehicle with this VIN; vehicleId names it. Restore it, and its fill-ups \
         come back with it.",
    ),
    (
        "vehicle-in-trash",
        "This vehicle is in your trash",
        "You deleted the vehicle that the request is about; vehicleId names it. Restore it with POST \
         to the address in restore, and its fill-ups and services come back with it.",
    ),
    (
        "duplicate-email",
        "This e-mail address has an account",
        "An account with this e-mail address exists. Sign in instead.",
    ),
    (
        "duplicate-place",
        "Another station is that place",
        "A station with this googlePlaceId is saved here. Use that one instead.",
    ),
    (
        "last-administrator",
        "Somebody has to run the service",
        "This is the last administrator who is not disabled. Make another one first.",
    ),
    (
        "already-completed",
        "This is done already",
        "The item of maintenance was completed before. What it left behind, if it comes again, is an \
         item of its own.",
    ),
    (
        "not-recurring",
        "This does not come again",
        "Only an item with an interval can be skipped: it has no next time. Postpone it, or delete it.",
    ),
    (
        "too-far-ahead",
        "The next time is too far ahead",
        "The next time of the series is more than a hundred years ahead, or at more than an \
         odometer can show. Complete the item, delete it, or shorten its interval.",
    ),
    (
        "in-flight",
        "The same request is under way",
        "A request with this Idempotency-Key has not ended yet. Send it again in a moment, with the \
         same key: it is done once, and you get its answer.",
    ),
    (
        "too-many",
        "There are enough of them",
        "There is a bound to how many of these one account may have. Remove one first.",
    ),
    (
        "conflict",
        "It contradicts what is here",
        "The request was understood, but it does not fit what is stored. Nothing was changed.",
    ),
    (
        "last-way-in",
        "This is the last way in",
        "Without it nobody could get into the account any more. Link another log-in first.",
    ),
    (
        "precondition-failed",
        "It was changed meanwhile",
        "The record is not the one that If-Match names. Read it again, then decide.",
    ),
    (
        "too-large",
        "The request is too large",
        "The body is larger than this service reads. Nothing was changed.",
    ),
    (
        "unsupported-media-type",
        "The media type is not read here",
        "Send the body as application/json; changes may also say application/merge-patch+json.",
    ),
    (
        "unsupported-encoding",
        "Compressed bodies are not supported",
        "The request has a Content-Encoding header, such as gzip. Send the body as it is, without \
         that header. Nothing was changed.",
    ),
    (
        "unknown-host",
        "This is not the name of this service",
        "The request names a host that is not this service's. Whoever runs it can set \
         server.public_url to the address that people open, and list other names in server.hosts.",
    ),
    (
        "invalid",
        "Some fields are not as they have to be",
        "The request was understood and refused; nothing was changed. Its errors name every \
         field at fault and what is wrong with it.",
    ),
    (
        "odometer-order",
        "The odometer runs backwards",
        "By date, a vehicle's readings only grow. The error names the one that this one \
         contradicts. Correct the reading or the date; where the odometer really was replaced \
         or turned back, say \"allowOdometerRollback\": true.",
    ),
    (
        "implausible",
        "Please check these values",
        "Each error names a value that looks wrong, and what was expected. Correct the value, or \
         send the request again with its pointer in \"confirm\", such as \"confirm\": \
         [\"/odometerReading\"]. Nothing was changed.",
    ),
    (
        "too-many-requests",
        "Too many attempts",
        "Wait for as many seconds as Retry-After says, then try again.",
    ),
    (
        "unavailable",
        "Not now",
        "The database is away, or the request took too long. Whether it was still done is not \
         certain: send it again with the same Idempotency-Key, or look first.",
    ),
    (
        "overloaded",
        "Too much at once",
        "The service is asked for more than it can do. Nothing was done: wait for as many \
         seconds as Retry-After says, then send the request again.",
    ),
    (
        "internal",
        "Something went wrong here",
        "The fault is the service's own. It has been written to its log; X-Request-Id names it.",
    ),
];

/// The title of the problem type `name`.
#[must_use]
pub(super) fn title(name: &str) -> &'static str {
    PROBLEM_TYPES.iter().find(|kind| kind.0 == name).map_or("Problem", |kind| kind.1)
}

/// The routes of the explanations.
pub fn router() -> Router<App> {
    Router::new().route("/problems/{name}", get(show_problem_type))
}

#[derive(Template)]
#[template(path = "core/templates/explain.html")]
struct ProblemTypePage {
    title: &'static str,
    text: &'static str,
    layout: web::Layout,
}

async fn show_problem_type(Path(name): Path<String>, layout: web::Layout) -> Result<Html<String>> {
    let kind = PROBLEM_TYPES.iter().find(|kind| kind.0 == name).ok_or(Error::NotFound("page"))?;
    web::page(&ProblemTypePage { title: kind.1, text: kind.2, layout })
}

#[cfg(test)]
mod tests {
    use super::{super::Error, PROBLEM_TYPES};

    #[test]
    fn every_error_has_a_documented_problem_type() {
        let conflict = |name| Error::Conflict { name, detail: String::new(), vehicle: None };
        let errors = [
            Error::Malformed(String::new()),
            Error::Unauthorized,
            Error::InvalidToken,
            Error::WrongPassword,
            Error::SecondFactorRequired(axum::http::HeaderValue::from_static("")),
            Error::WrongFactor,
            Error::SecondFactorMissing,
            Error::ConfirmationRequired,
            conflict("factor-exists"),
            Error::Forbidden(""),
            Error::NotFound(""),
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
