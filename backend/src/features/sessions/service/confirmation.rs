//! Confirming the password in a session, which is required before sensitive changes.

use chrono::TimeDelta;
use uuid::Uuid;

use super::check_password;
use crate::{
    app::App,
    core::{Error, Result},
    features::{
        accounts::{self, AnySession, Password, SessionUser},
        sessions::store,
    },
};

/// How long after confirming the password sensitive changes are allowed.
const CONFIRMATION_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Whether the user authenticated in this session within the last ten minutes.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn is_recently_confirmed(app: &App, session: Uuid) -> Result<bool> {
    let confirmed = store::confirmed_at(&mut app.db.read().await?, session).await?;
    Ok(confirmed.is_some_and(|it| it + CONFIRMATION_LIFETIME > app.clock.now()))
}

/// Checks the password and records that it was confirmed in this session.
///
/// # Errors
/// Invalid on `password` if it is wrong; Forbidden if the account has none; `TooManyRequests`.
pub async fn confirm_password(app: &App, session: &AnySession, password: &Password) -> Result<()> {
    let account = session.principal.account;
    let stored = accounts::find_stored(&mut app.db.read().await?, account).await?;
    let stored = stored.ok_or(Error::Unauthorized)?;
    if stored.password_hash.is_empty() {
        return Err(Error::Forbidden(crate::t!("core-forbidden-no-password")));
    }
    check_password(app, &stored, password, &session.client).await.map_err(|error| match error {
        Error::Invalid(_) => Error::invalid("password", crate::t!("sessions-field-password-wrong")),
        other => other,
    })?;
    app.transaction(async |tx| Ok(store::confirm(tx, session.id, app.clock.now()).await?)).await
}

/// Whether the user signed in or confirmed their password within the last ten minutes. Required before
/// actions that grant access or send data elsewhere, in case a session was left open on a shared
/// computer.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn has_recently_confirmed(app: &App, caller: &SessionUser) -> Result<bool> {
    is_recently_confirmed(app, caller.session).await
}
