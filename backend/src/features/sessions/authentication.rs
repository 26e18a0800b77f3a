//! Sessions: each is a random token in a cookie. Only its hash is stored. Authenticates requests by them,
//! and by the tokens of other features.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::AppendHeaders,
};
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use super::{
    contribution::{bearer_tokens, lacks_second_factor},
    service::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT},
    store,
};
use crate::{
    app::App,
    core::Result,
    features::accounts::{
        self, AuthMethod, CredentialOwner, DEVICE_COOKIE, Principal, SESSION_COOKIE, Token,
        TokenHash, session_token_hash, set_cookie,
    },
};

/// The resolution of `seen_at`: it is updated at most this often.
const LAST_SEEN_RESOLUTION: TimeDelta = TimeDelta::hours(1);
/// How long a browser is remembered after its last sign-in.
pub(super) const DEVICE_LIFETIME: TimeDelta = TimeDelta::days(365);

/// A session that has just been opened.
pub struct OpenedSession {
    /// The token of its cookie.
    pub(super) token: Token,
    /// A new device token, if the browser had none.
    pub(super) device: Option<Token>,
    /// The session that it replaces.
    pub(super) previous: Option<TokenHash>,
}

/// The `Set-Cookie` headers of a response.
pub type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

impl OpenedSession {
    /// Removes the replaced session from the cache. Call this after the transaction is committed.
    pub async fn evict_previous(&self, app: &App) {
        if let Some(previous) = &self.previous {
            app.auth.session_cache().invalidate(previous).await;
        }
    }

    /// The cookies to set in the browser.
    ///
    /// # Errors
    /// Internal if a cookie cannot be built.
    pub fn cookies(&self, app: &App) -> Result<Cookies> {
        let session = set_cookie(app, SESSION_COOKIE, self.token.expose(), ABSOLUTE_TIMEOUT)?;
        let mut cookies = vec![(header::SET_COOKIE, session)];
        if let Some(device) = &self.device {
            let device = set_cookie(app, DEVICE_COOKIE, device.expose(), DEVICE_LIFETIME)?;
            cookies.push((header::SET_COOKIE, device));
        }
        Ok(AppendHeaders(cookies))
    }
}

/// Builds a `Set-Cookie` value that deletes the session cookie. The device cookie stays.
pub(super) fn clear_session_cookie(app: &App) -> Result<HeaderValue> {
    set_cookie(app, SESSION_COOKIE, "", TimeDelta::zero())
}

/// Authenticates a request by its headers. Returns none if the request is anonymous or its credential is
/// not valid. If there is an `Authorization` header, the session cookie is ignored.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn authenticate(headers: &HeaderMap, app: &App) -> Result<Option<Arc<Principal>>> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return authenticate_bearer(authorization, app).await;
    }
    let Some(token) = session_token_hash(headers, app) else { return Ok(None) };
    let is_session = |it: &Arc<Principal>| matches!(it.auth_method, AuthMethod::Session(_));
    if let Some(principal) = app.auth.session_cache().get(&token).await.filter(is_session) {
        return Ok(Some(principal));
    }
    let now = app.clock.now();
    let found = store::find(&mut app.db.read().await?, &token).await?;
    let Some(session) = found else { return Ok(None) };
    if session.expires_at <= now || session.seen_at + IDLE_TIMEOUT <= now {
        return Ok(None);
    }
    let principal = load_principal(app, session.owner, AuthMethod::Session(session.id)).await?;
    if session.seen_at + LAST_SEEN_RESOLUTION <= now {
        app.transaction(async |tx| Ok(store::update_last_seen(tx, &token, now).await?)).await?;
    }
    app.auth.session_cache().insert(token, Arc::clone(&principal)).await;
    Ok(Some(principal))
}

async fn authenticate_bearer(
    authorization: &HeaderValue,
    app: &App,
) -> Result<Option<Arc<Principal>>> {
    let text = authorization.to_str().unwrap_or_default();
    let Some((scheme, token)) = text.split_once(' ') else { return Ok(None) };
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Ok(None);
    }
    let hash = Sha256::digest(token).into();
    // A session token is cached here, too, but is valid only in its cookie.
    let is_token = |it: &Arc<Principal>| !matches!(it.auth_method, AuthMethod::Session(_));
    if let Some(principal) = app.auth.session_cache().get(&hash).await.filter(is_token) {
        return Ok(Some(principal));
    }
    let mut found = None;
    for find_owner in bearer_tokens() {
        found = find_owner(app, token, &hash).await?;
        if found.is_some() {
            break;
        }
    }
    let Some((owner, auth_method)) = found else { return Ok(None) };
    let principal = load_principal(app, owner, auth_method).await?;
    app.auth.session_cache().insert(hash, Arc::clone(&principal)).await;
    Ok(Some(principal))
}

/// Loads what a request needs to know about the owner of its session or token.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn load_principal(
    app: &App,
    owner: CredentialOwner,
    auth_method: AuthMethod,
) -> Result<Arc<Principal>> {
    let user = owner.user();
    let mut tx = app.db.read_for(&user).await?;
    let lacks_factor = lacks_second_factor(&mut tx, app, &owner).await?;
    let preferences = accounts::find_preferences(&mut tx, &user).await?;
    Ok(Arc::new(Principal {
        user,
        account: owner.account_id,
        email: owner.email,
        display_name: owner.display_name,
        is_admin: owner.is_admin,
        lacks_factor,
        review_since: owner.review_since,
        auth_method,
        preferences,
    }))
}
