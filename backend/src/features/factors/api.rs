//! The JSON endpoints for second factors.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::extract::State;
use serde::Serialize;
use uuid::Uuid;

use super::{
    extractors::RecentlyConfirmed,
    model::{
        Factors, NewPasskey, PasskeyAuthenticationResponse, PasskeyChallenge,
        PasskeyRegistrationResponse, PasswordConfirmation, RecoveryCodes, SecondFactorCode,
        TotpSetup,
    },
    passkeys,
    pending::{self, PendingToken},
    relying_party::RelyingParty,
    service,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Created, Json, NoContent, Path, Record, error_response},
    },
    features::{
        accounts::{AnySession, ClientInfo},
        sessions::{self, SignedIn, SignedInResponse},
    },
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Second factors";
    ApiRouter::new()
        .api_route(
            "/auth/login/second",
            post_with(log_in_with_code, |it| {
                it.id("logInWithCode")
                    .tag(tag)
                    .summary("Complete a sign-in with a second-factor code")
            }),
        )
        .api_route(
            "/auth/login/passkey/begin",
            post_with(begin_passkey_log_in, |it| {
                it.id("beginPasskeyLogIn").tag(tag).summary("Begin to sign in with a passkey")
            }),
        )
        .api_route(
            "/auth/login/passkey/finish",
            post_with(finish_passkey_log_in, |it| {
                it.id("finishPasskeyLogIn").tag(tag).summary("Sign in with a passkey")
            }),
        )
        .api_route(
            "/auth/confirm",
            post_with(confirm_password, |it| {
                it.id("confirmPassword").tag(tag).summary("Confirm the password")
            }),
        )
        .api_route(
            "/auth/factors",
            get_with(show_factors, |it| {
                it.id("readFactors").tag(tag).summary("List your second factors")
            }),
        )
        .api_route(
            "/auth/factors/totp",
            post_with(begin_totp, |it| {
                let it = it.id("beginTotp").tag(tag).with(error_response::<409>);
                it.summary("Begin to set up an authenticator app")
            })
            .delete_with(remove_totp, |it| {
                let it = it.id("removeTotp").tag(tag).with(error_response::<404>);
                it.summary("Remove the authenticator app")
            }),
        )
        .api_route(
            "/auth/factors/totp/confirm",
            post_with(confirm_totp, |it| {
                let it = it.id("confirmTotp").tag(tag).with(error_response::<404>);
                it.summary("Enable the authenticator app")
            }),
        )
        .api_route(
            "/auth/factors/recovery-codes",
            post_with(regenerate_recovery_codes, |it| {
                it.id("renewRecoveryCodes").tag(tag).summary("Generate new recovery codes")
            }),
        )
        .api_route(
            "/auth/passkeys/begin",
            post_with(begin_passkey_registration, |it| {
                it.id("beginPasskey")
                    .tag(tag)
                    .summary("Begin to add a passkey")
                    .with(error_response::<409>)
            }),
        )
        .api_route(
            "/auth/passkeys/finish",
            post_with(finish_passkey_registration, |it| {
                it.id("finishPasskey").tag(tag).summary("Add a passkey").with(error_response::<409>)
            }),
        )
        .api_route(
            "/auth/passkeys/{id}",
            delete_with(remove_passkey, |it| {
                it.id("removePasskey").tag(tag).summary("Remove a passkey")
            }),
        )
}

/// The location of all resources created here.
const FACTORS_PATH: &str = "/api/auth/factors";

fn created<T: Serialize>(value: &T) -> Result<Created<T>> {
    let body = serde_json::to_string(value).map_err(|error| Error::Internal(error.into()))?;
    Ok(Created::new(FACTORS_PATH.to_owned(), body))
}

fn signed_in_response(app: &App, signed_in: SignedIn) -> Result<SignedInResponse<200>> {
    let mut answer = SignedInResponse::new(app, signed_in)?;
    answer.cookies.0.push(pending::clear_cookie(app)?);
    Ok(answer)
}

async fn log_in_with_code(
    State(app): State<App>,
    PendingToken(pending): PendingToken,
    client: ClientInfo,
    Json(factor): Json<SecondFactorCode>,
) -> Result<SignedInResponse<200>> {
    let signed_in = service::sign_in(&app, pending, &factor.code, &client).await?;
    signed_in_response(&app, signed_in)
}

async fn begin_passkey_log_in(
    State(app): State<App>,
    relying_party: RelyingParty,
    PendingToken(pending): PendingToken,
) -> Result<Record<PasskeyChallenge>> {
    Ok(Record(passkeys::begin_authentication(&app, &relying_party, pending.as_ref()).await?))
}

async fn finish_passkey_log_in(
    State(app): State<App>,
    relying_party: RelyingParty,
    PendingToken(pending): PendingToken,
    client: ClientInfo,
    Json(response): Json<PasskeyAuthenticationResponse>,
) -> Result<SignedInResponse<200>> {
    let signed_in =
        passkeys::finish_authentication(&app, &relying_party, response, pending.as_ref(), &client)
            .await?;
    signed_in_response(&app, signed_in)
}

async fn confirm_password(
    State(app): State<App>,
    session: AnySession,
    Json(confirmation): Json<PasswordConfirmation>,
) -> Result<NoContent> {
    sessions::confirm_password(&app, &session, &confirmation.password).await?;
    Ok(NoContent)
}

async fn show_factors(State(app): State<App>, session: AnySession) -> Result<Record<Factors>> {
    Ok(Record(service::find(&app, &session.principal).await?))
}

async fn begin_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
) -> Result<Created<TotpSetup>> {
    let totp = service::begin_totp(&app, &session.principal).await?;
    created(&TotpSetup { secret: totp.secret(), uri: totp.uri()? })
}

async fn confirm_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    Json(first): Json<SecondFactorCode>,
) -> Result<Record<RecoveryCodes>> {
    let recovery_codes = service::confirm_totp(&app, &session, &first.code).await?;
    Ok(Record(RecoveryCodes { recovery_codes }))
}

async fn remove_totp(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
) -> Result<NoContent> {
    service::remove_totp(&app, &session).await?;
    Ok(NoContent)
}

async fn regenerate_recovery_codes(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
) -> Result<Created<RecoveryCodes>> {
    let recovery_codes = Some(service::regenerate_recovery_codes(&app, &session).await?);
    created(&RecoveryCodes { recovery_codes })
}

async fn begin_passkey_registration(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    relying_party: RelyingParty,
) -> Result<Record<PasskeyChallenge>> {
    Ok(Record(passkeys::begin_registration(&app, &session, &relying_party).await?))
}

async fn finish_passkey_registration(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    relying_party: RelyingParty,
    Json(response): Json<PasskeyRegistrationResponse>,
) -> Result<Created<NewPasskey>> {
    created(&passkeys::finish_registration(&app, &session, &relying_party, response).await?)
}

async fn remove_passkey(
    State(app): State<App>,
    RecentlyConfirmed(session): RecentlyConfirmed,
    Path(id): Path<Uuid>,
) -> Result<NoContent> {
    passkeys::remove(&app, &session, id).await?;
    Ok(NoContent)
}
