//! Between the password and the second factor: a sign-in that waits, known by a cookie.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    super::{
        auth_state::TokenHash,
        session::{Token, find_token_hash, set_cookie},
    },
    store,
};
use crate::core::{App, Result, db::Tx, http::error_responses};

/// How long it waits.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// How many of an account may wait; of more, the oldest are forgotten.
const MOST: i64 = 10;

const COOKIE: &str = "sign-in";

/// A sign-in that waits for the second factor: the password was right.
pub(in super::super) struct Waiting(Token);

/// Lets the sign-in wait, within the caller's transaction, where the account has a second factor.
///
/// # Errors
/// Unavailable where the database is away.
pub(in super::super) async fn wait(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
) -> Result<Option<Waiting>> {
    if !store::has_any(tx, account).await? {
        return Ok(None);
    }
    let (now, token) = (app.clock.now(), Token::new()?);
    store::trim_sign_ins(tx, account, MOST - 1).await?;
    store::insert_sign_in(tx, &token.hash(), account, now + LASTS).await?;
    Ok(Some(Waiting(token)))
}

/// Lets nobody who waits for the account go on: its password has become another, or it is
/// disabled.
///
/// # Errors
/// Unavailable where the database is away.
pub(in super::super) async fn forget(tx: &mut Tx, account: Uuid) -> Result<()> {
    Ok(store::delete_sign_ins(tx, account).await?)
}

impl Waiting {
    /// The cookie that it is known by.
    pub(in super::super) fn cookie(&self, app: &App) -> Result<HeaderValue> {
        let mut cookie = set_cookie(app, COOKIE, self.0.expose(), LASTS)?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }
}

/// The header that takes the cookie back.
pub(super) fn no_cookie(app: &App) -> Result<(HeaderName, HeaderValue)> {
    Ok((header::SET_COOKIE, set_cookie(app, COOKIE, "", TimeDelta::zero())?))
}

/// Deletes those that have ended.
///
/// # Errors
/// Unavailable where the database is away.
pub(in super::super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    Ok(store::delete_ended(tx, now).await?)
}

/// What a browser brings of a sign-in that waits.
pub(super) struct Brought(pub(super) Option<TokenHash>);

impl FromRequestParts<App> for Brought {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(find_token_hash(&parts.headers, app, COOKIE)))
    }
}

impl OperationInput for Brought {
    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[401])
    }
}
