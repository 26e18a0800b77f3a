//! Second factors as JSON.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::extract::State;
use serde::Serialize;
use uuid::Uuid;

use super::{
    super::{api::SignedIn, client_info::ClientInfo, service as accounts},
    Entrant,
    entrant::Fresh,
    model::{
        Challenge, Confirmation, Factors, NewPasskey, PasskeyMade, PasskeyShown, RecoveryCodes,
        SecondFactor, TotpSetup,
    },
    passkeys, service,
    sign_in::{self, Brought},
    site::Site,
};
use crate::core::{
    App, Error, Result,
    http::{Created, Json, NoContent, Path, Record, error_response},
};

pub(in super::super) fn router() -> ApiRouter<App> {
    let tag = "Second factors";
    ApiRouter::new()
        .api_route(
            "/auth/login/second",
            post_with(log_in, |it| {
                it.id("logInWithCode").tag(tag).summary("Give the second factor after the password")
            }),
        )
        .api_route(
            "/auth/login/passkey/begin",
            post_with(begin_log_in, |it| {
                it.id("beginPasskeyLogIn").tag(tag).summary("Ask for a passkey to sign in with")
            }),
        )
        .api_route(
            "/auth/login/passkey/finish",
            post_with(finish_log_in, |it| {
                it.id("finishPasskeyLogIn").tag(tag).summary("Sign in with a passkey")
            }),
        )
        .api_route(
            "/auth/confirm",
            post_with(confirm, |it| {
                it.id("confirmPassword").tag(tag).summary("Give the password once more")
            }),
        )
        .api_route(
            "/auth/factors",
            get_with(factors, |it| {
                it.id("readFactors").tag(tag).summary("Read your second factors")
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
                it.summary("Turn the authenticator app on")
            }),
        )
        .api_route(
            "/auth/factors/recovery-codes",
            post_with(renew_codes, |it| {
                it.id("renewRecoveryCodes").tag(tag).summary("Make new recovery codes")
            }),
        )
        .api_route(
            "/auth/passkeys/begin",
            post_with(begin_passkey, |it| {
                it.id("beginPasskey")
                    .tag(tag)
                    .summary("Ask for a new passkey")
                    .with(error_response::<409>)
            }),
        )
        .api_route(
            "/auth/passkeys/finish",
            post_with(finish_passkey, |it| {
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

/// Where what is made here can be read.
const LOCATION: &str = "/api/auth/factors";

fn created<T: Serialize>(made: &T) -> Result<Created<T>> {
    let body = serde_json::to_string(made).map_err(|error| Error::Internal(error.into()))?;
    Ok(Created::new(LOCATION.to_owned(), body))
}

fn answer(app: &App, signed_in: accounts::SignedIn) -> Result<SignedIn<200>> {
    let mut answer = SignedIn::new(app, signed_in)?;
    answer.cookies.0.push(sign_in::no_cookie(app)?);
    Ok(answer)
}

async fn log_in(
    State(app): State<App>,
    Brought(waiting): Brought,
    client: ClientInfo,
    Json(factor): Json<SecondFactor>,
) -> Result<SignedIn<200>> {
    let signed_in = service::sign_in(&app, waiting, &factor.code, &client).await?;
    answer(&app, signed_in)
}

async fn begin_log_in(
    State(app): State<App>,
    site: Site,
    Brought(waiting): Brought,
) -> Result<Record<Challenge>> {
    Ok(Record(passkeys::begin_sign_in(&app, &site, waiting.as_ref()).await?))
}

async fn finish_log_in(
    State(app): State<App>,
    site: Site,
    Brought(waiting): Brought,
    client: ClientInfo,
    Json(shown): Json<PasskeyShown>,
) -> Result<SignedIn<200>> {
    let signed_in = passkeys::finish_sign_in(&app, &site, shown, waiting.as_ref(), &client).await?;
    answer(&app, signed_in)
}

async fn confirm(
    State(app): State<App>,
    entrant: Entrant,
    Json(confirmation): Json<Confirmation>,
) -> Result<NoContent> {
    service::confirm(&app, &entrant, &confirmation.password).await?;
    Ok(NoContent)
}

async fn factors(State(app): State<App>, entrant: Entrant) -> Result<Record<Factors>> {
    Ok(Record(service::find(&app, &entrant.signed).await?))
}

async fn begin_totp(State(app): State<App>, Fresh(entrant): Fresh) -> Result<Created<TotpSetup>> {
    let totp = service::begin_totp(&app, &entrant.signed).await?;
    created(&TotpSetup { secret: totp.secret(), uri: totp.uri()? })
}

async fn confirm_totp(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    Json(first): Json<SecondFactor>,
) -> Result<Record<RecoveryCodes>> {
    let recovery_codes = service::confirm_totp(&app, &entrant, &first.code).await?;
    Ok(Record(RecoveryCodes { recovery_codes }))
}

async fn remove_totp(State(app): State<App>, Fresh(entrant): Fresh) -> Result<NoContent> {
    service::remove_totp(&app, &entrant).await?;
    Ok(NoContent)
}

async fn renew_codes(
    State(app): State<App>,
    Fresh(entrant): Fresh,
) -> Result<Created<RecoveryCodes>> {
    let recovery_codes = Some(service::renew_codes(&app, &entrant).await?);
    created(&RecoveryCodes { recovery_codes })
}

async fn begin_passkey(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    site: Site,
) -> Result<Record<Challenge>> {
    Ok(Record(passkeys::begin_adding(&app, &entrant, &site).await?))
}

async fn finish_passkey(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    site: Site,
    Json(made): Json<PasskeyMade>,
) -> Result<Created<NewPasskey>> {
    created(&passkeys::finish_adding(&app, &entrant, &site, made).await?)
}

async fn remove_passkey(
    State(app): State<App>,
    Fresh(entrant): Fresh,
    Path(id): Path<Uuid>,
) -> Result<NoContent> {
    passkeys::remove(&app, &entrant, id).await?;
    Ok(NoContent)
}
