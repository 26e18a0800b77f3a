//! Pending sign-ins: the password was correct and the second factor is still missing. A cookie
//! identifies them.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::store;
use crate::{
    app::App,
    core::{Result, db::Tx, http::error_responses, periodic::PeriodicTask},
    features::accounts::{Token, TokenHash, find_token_hash, set_cookie},
};

/// How long a sign-in can stay pending.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The maximum number of pending sign-ins per account. Beyond it, the oldest are deleted.
const MAX_PENDING: i64 = 10;

const COOKIE: &str = "sign-in";

/// Purges expired pending sign-ins.
pub(super) const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "factors",
    run: |tx, now| Box::pin(async move { Ok(store::delete_expired_sign_ins(tx, now).await?) }),
};

/// Begins a pending sign-in within the caller's transaction, and returns the cookie that identifies
/// it. Returns `None` if the account has no second factor.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn begin_pending_sign_in(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
) -> Result<Option<HeaderValue>> {
    if !store::has_any(tx, account).await? {
        return Ok(None);
    }
    let (now, token) = (app.clock.now(), Token::new()?);
    store::trim_pending_sign_ins(tx, account, MAX_PENDING - 1).await?;
    store::insert_pending_sign_in(tx, &token.hash(), account, now + LIFETIME).await?;
    let mut cookie = set_cookie(app, COOKIE, token.expose(), LIFETIME)?;
    cookie.set_sensitive(true);
    Ok(Some(cookie))
}

/// Cancels all pending sign-ins of an account, because its password changed or it was disabled.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn cancel_pending_sign_ins(tx: &mut Tx, account: Uuid) -> Result<()> {
    Ok(store::delete_pending_sign_ins(tx, account).await?)
}

/// The header that deletes the cookie.
pub(super) fn clear_cookie(app: &App) -> Result<(HeaderName, HeaderValue)> {
    Ok((header::SET_COOKIE, set_cookie(app, COOKIE, "", TimeDelta::zero())?))
}

/// The token of a pending sign-in, if the request has its cookie.
pub(super) struct PendingToken(pub(super) Option<TokenHash>);

impl FromRequestParts<App> for PendingToken {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(find_token_hash(&parts.headers, app, COOKIE)))
    }
}

impl OperationInput for PendingToken {
    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[401])
    }
}
