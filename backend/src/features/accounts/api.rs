//! Accounts as JSON.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;

use super::{
    User,
    model::{Account, Credentials, NewAccount, Preferences, PreferencesChange},
    service, session,
};
use crate::core::{
    App, Result,
    http::{IfMatch, Json, NoContent, Record},
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Accounts";
    ApiRouter::new()
        .api_route(
            "/auth/register",
            post_with(register, |it| {
                it.id("register").tag(tag).summary("Make an account and sign in")
            }),
        )
        .api_route(
            "/auth/login",
            post_with(log_in, |it| it.id("logIn").tag(tag).summary("Sign in")),
        )
        .api_route(
            "/auth/logout",
            post_with(log_out, |it| it.id("logOut").tag(tag).summary("Sign out")),
        )
        .api_route("/auth/me", get_with(me, |it| it.id("me").tag(tag).summary("Read your account")))
        .api_route(
            "/user/preferences",
            get_with(preferences, |it| {
                it.id("readPreferences").tag(tag).summary("Read your preferences")
            })
            .patch_with(change_preferences, |it| {
                it.id("changePreferences").tag(tag).summary("Change your preferences")
            }),
        )
}

/// An account that has just signed in, with its session in a cookie.
struct SignedIn<const STATUS: u16> {
    account: Account,
    cookie: HeaderValue,
}

impl<const STATUS: u16> IntoResponse for SignedIn<STATUS> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        let cookie = [(header::SET_COOKIE, self.cookie)];
        let mut response = (status, cookie, Record(self.account)).into_response();
        if status == StatusCode::CREATED {
            let location = HeaderValue::from_static("/api/auth/me");
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl<const STATUS: u16> aide::OperationOutput for SignedIn<STATUS>
where
    Account: JsonSchema,
{
    type Inner = Account;

    fn inferred_responses(
        context: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<u16>, aide::openapi::Response)> {
        let answer = Record::<Account>::operation_response(context, operation).unwrap_or_default();
        vec![(Some(STATUS), answer)]
    }
}

async fn register(
    State(app): State<App>,
    headers: HeaderMap,
    Json(new): Json<NewAccount>,
) -> Result<SignedIn<201>> {
    let before = session::token_of(&headers, &app);
    let (account, token) = service::register(&app, new, before).await?;
    Ok(SignedIn { account, cookie: token.cookie(&app)? })
}

async fn log_in(
    State(app): State<App>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<SignedIn<200>> {
    let before = session::token_of(&headers, &app);
    let (account, token) = service::log_in(&app, credentials, before).await?;
    Ok(SignedIn { account, cookie: token.cookie(&app)? })
}

/// Done, and the session's cookie taken back.
struct SignedOut(HeaderValue);

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        ([(header::SET_COOKIE, self.0)], NoContent).into_response()
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

async fn log_out(State(app): State<App>, _: User, headers: HeaderMap) -> Result<SignedOut> {
    if let Some(token) = session::token_of(&headers, &app) {
        service::log_out(&app, &token).await?;
    }
    Ok(SignedOut(session::no_cookie(&app)?))
}

async fn me(State(app): State<App>, user: User) -> Result<Record<Account>> {
    Ok(Record(service::account(&app, &user.0).await?))
}

async fn preferences(State(app): State<App>, user: User) -> Result<Record<Preferences>> {
    Ok(Record(service::preferences(&app, &user).await?))
}

async fn change_preferences(
    State(app): State<App>,
    user: User,
    if_match: IfMatch,
    Json(change): Json<PreferencesChange>,
) -> Result<Record<Preferences>> {
    Ok(Record(service::change_preferences(&app, &user, change, &if_match).await?))
}
