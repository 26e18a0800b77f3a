//! Sessions: a random token in a cookie, of which only the hash is kept.

use std::{ops::Deref, sync::Arc};

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use super::{
    doors::TokenHash,
    model::Signed,
    service::{ABSOLUTE, IDLE},
    store,
};
use crate::core::{App, Error, Result, UserId, hex};

/// How old the note of a session's last use may become before it is written anew.
const NOTED: TimeDelta = TimeDelta::hours(1);

/// What a cookie holds: 32 random bytes in hexadecimal.
pub(super) struct Token(String);

impl Token {
    /// A new one.
    pub(super) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(Self(hex(&bytes)))
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> TokenHash {
        Sha256::digest(&self.0).into()
    }

    /// The cookie that gives it to the browser.
    pub(super) fn cookie(&self, app: &App) -> Result<HeaderValue> {
        set_cookie(app, &self.0, ABSOLUTE.num_seconds())
    }
}

/// The cookie that takes the token back.
pub(super) fn no_cookie(app: &App) -> Result<HeaderValue> {
    set_cookie(app, "", 0)
}

fn set_cookie(app: &App, value: &str, seconds: i64) -> Result<HeaderValue> {
    let secure = if app.config.server.is_https() { "; Secure" } else { "" };
    let name = cookie_name(app);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(|error| Error::Internal(error.into()))
}

/// Over https a name that browsers take from this very host only.
fn cookie_name(app: &App) -> &'static str {
    if app.config.server.is_https() { "__Host-session" } else { "session" }
}

/// The hash of the token that a request brings, if it brings one.
pub(super) fn token_of(headers: &HeaderMap, app: &App) -> Option<TokenHash> {
    let name = cookie_name(app);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let token = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))?;
    (token.len() == 64).then(|| Sha256::digest(token).into())
}

/// Who is signed in by these headers, if anybody is.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn visitor(headers: &HeaderMap, app: &App) -> Result<Option<Arc<Signed>>> {
    let Some(token) = token_of(headers, app) else { return Ok(None) };
    if let Some(signed) = app.doors.sessions().get(&token).await {
        return Ok(Some(signed));
    }
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let Some(session) = store::find_session(&mut tx, &token).await? else { return Ok(None) };
    if session.expires_at <= now || session.seen_at + IDLE <= now {
        return Ok(None);
    }
    let user = UserId::local(session.account_id);
    let preferences = store::find_preferences(&mut tx, &user).await?.unwrap_or_default();
    drop(tx);
    if session.seen_at + NOTED <= now {
        let mut tx = app.db.write().await?;
        store::touch_session(&mut tx, &token, now).await?;
        tx.commit().await?;
    }
    let signed = Arc::new(Signed {
        user,
        account: session.account_id,
        email: session.email,
        display_name: session.display_name,
        preferences,
    });
    app.doors.sessions().insert(token, Arc::clone(&signed)).await;
    Ok(Some(signed))
}

/// Forgets what is remembered of the user's sessions, so that a change shows at once.
pub(super) async fn forget(app: &App, user: &UserId) {
    let sessions = app.doors.sessions();
    let theirs: Vec<_> =
        sessions.iter().filter(|(_, signed)| signed.user == *user).map(|(key, _)| key).collect();
    for token in theirs {
        sessions.invalidate(&*token).await;
    }
}

/// Somebody who is signed in. A handler that takes one answers nobody else.
#[derive(Debug, Clone)]
pub struct User(pub Arc<Signed>);

impl Deref for User {
    type Target = UserId;

    fn deref(&self) -> &UserId {
        &self.0.user
    }
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        visitor(&parts.headers, app).await?.map(Self).ok_or(Error::Unauthorized)
    }
}

impl OperationInput for User {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        let requirement = [("session".to_owned(), Vec::new())].into_iter().collect();
        if operation.security.is_empty() {
            operation.security.push(requirement);
        }
    }
}
