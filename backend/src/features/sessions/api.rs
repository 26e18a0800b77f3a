//! The JSON API to sign up, in and out, and for sessions.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use uuid::Uuid;

use super::{
    authentication::{Cookies, clear_session_cookie},
    model::{Credentials, NewAccount, PasswordChange, Session},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            IdempotentJson, Json, NoContent, NoContent204, Page, Path, Record, SerializedJson,
            error_response,
        },
    },
    features::accounts::{
        Account, AnySession, ClientInfo, SESSION_COOKIE, SessionUser, User, find_cookie,
        session_token_hash,
    },
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Accounts";
    ApiRouter::new()
        .api_route(
            "/auth/register",
            post_with(register, |it| {
                let it = it.id("register").tag(tag).summary("Create an account and sign in");
                it.with(error_response::<409>)
            }),
        )
        .api_route(
            "/auth/login",
            post_with(log_in, |it| {
                it.id("logIn").tag(tag).summary("Sign in").with(error_response::<401>)
            }),
        )
        .api_route(
            "/auth/logout",
            post_with(log_out, |it| it.id("logOut").tag(tag).summary("Sign out")),
        )
        .api_route(
            "/auth/password",
            post_with(change_password, |it| {
                it.id("changePassword")
                    .tag(tag)
                    .summary("Change your password and revoke all other sessions and tokens")
            }),
        )
        .api_route(
            "/auth/sessions",
            get_with(list_sessions, |it| {
                it.id("listSessions").tag("Tokens and sessions").summary("List your sessions")
            }),
        )
        .api_route(
            "/auth/sessions/{id}",
            delete_with(end_session, |it| {
                it.id("endSession").tag("Tokens and sessions").summary("End one of your sessions")
            }),
        )
}

/// A response after signing in: the account, and the session as a cookie.
pub struct SignedInResponse<const STATUS: u16> {
    account: Account,
    /// The cookies to set.
    pub cookies: Cookies,
    is_replayed: bool,
}

impl<const STATUS: u16> SignedInResponse<STATUS> {
    /// The response to a sign-in.
    ///
    /// # Errors
    /// Internal if a cookie cannot be built.
    pub fn new(app: &App, signed_in: service::SignedIn) -> Result<Self> {
        let cookies = signed_in.opened.cookies(app)?;
        Ok(Self { account: signed_in.account, cookies, is_replayed: signed_in.is_replayed })
    }
}

impl<const STATUS: u16> IntoResponse for SignedInResponse<STATUS> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        let mut response = (status, self.cookies, Record(self.account)).into_response();
        if status == StatusCode::CREATED {
            let location = HeaderValue::from_static("/api/auth/me");
            response.headers_mut().insert(header::LOCATION, location);
        }
        if self.is_replayed {
            let replayed = HeaderName::from_static("idempotency-replayed");
            response.headers_mut().insert(replayed, HeaderValue::from_static("true"));
        }
        response
    }
}

impl<const STATUS: u16> aide::OperationOutput for SignedInResponse<STATUS>
where
    Account: JsonSchema,
{
    type Inner = Account;

    fn inferred_responses(
        context: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<u16>, aide::openapi::Response)> {
        let response =
            Record::<Account>::operation_response(context, operation).unwrap_or_default();
        vec![(Some(STATUS), response)]
    }
}

async fn register(
    State(app): State<App>,
    client: ClientInfo,
    IdempotentJson { input, idempotency }: IdempotentJson<NewAccount>,
) -> Result<SignedInResponse<201>> {
    let signed_in = service::register(&app, input, &client, idempotency).await?;
    SignedInResponse::new(&app, signed_in)
}

async fn log_in(
    State(app): State<App>,
    client: ClientInfo,
    Json(credentials): Json<Credentials>,
) -> Result<SignedInResponse<200>> {
    SignedInResponse::new(&app, service::log_in(&app, credentials, &client).await?)
}

/// The data that the browser deletes when the user signs out. Cookies are not included: the session
/// cookie is cleared separately, and the device cookie lets the browser sign in while someone else
/// guesses the user's password.
pub(super) const CLEARED_DATA: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");
pub(super) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// An empty response that clears the session cookie.
struct SignedOut(HeaderValue);

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        ([(header::SET_COOKIE, self.0), (CLEAR_SITE_DATA, CLEARED_DATA)], NoContent).into_response()
    }
}

impl aide::OperationOutput for SignedOut {
    type Inner = ();

    fn inferred_responses(
        context: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<u16>, aide::openapi::Response)> {
        NoContent::inferred_responses(context, operation)
    }
}

async fn change_password(
    State(app): State<App>,
    caller: SessionUser,
    client: ClientInfo,
    headers: HeaderMap,
    IdempotentJson { input, idempotency }: IdempotentJson<PasswordChange>,
) -> Result<NoContent204> {
    let secret = find_cookie(&headers, &app, SESSION_COOKIE).unwrap_or_default();
    service::change_password(&app, &caller, input, &client, &idempotency.with_secret(secret)).await
}

async fn list_sessions(
    State(app): State<App>,
    user: User,
) -> Result<SerializedJson<Page<Session>>> {
    SerializedJson::serialize(&service::list_sessions(&app, &user).await?)
}

async fn end_session(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<Uuid>,
) -> Result<NoContent> {
    service::end_session(&app, &caller, id).await?;
    Ok(NoContent)
}

async fn log_out(
    State(app): State<App>,
    session: AnySession,
    client: ClientInfo,
    headers: HeaderMap,
) -> Result<SignedOut> {
    if let Some(token) = session_token_hash(&headers, &app) {
        service::log_out(&app, session.principal.account, &client, &token).await?;
    }
    Ok(SignedOut(clear_session_cookie(&app)?))
}
