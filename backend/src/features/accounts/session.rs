//! Sessions: each is a random token in a cookie. Only its hash is stored.

use std::{ops::Deref, sync::Arc};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts},
    response::AppendHeaders,
};
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    ClientInfo,
    auth_state::TokenHash,
    factors,
    identify::find_principal,
    model::{AuthMethod, Principal, Scope},
    oidc,
    service::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT},
    store::{self, sessions::CredentialOwner},
    tokens,
    user::user_id,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId, hex,
        http::{self, error_responses},
    },
};

/// The resolution of `seen_at`: it is updated at most this often.
const LAST_SEEN_RESOLUTION: TimeDelta = TimeDelta::hours(1);
/// How long a browser is remembered after its last sign-in.
pub(super) const DEVICE_LIFETIME: TimeDelta = TimeDelta::days(365);

/// The name of the session cookie.
pub(super) const SESSION_COOKIE: &str = "session";
/// The name of the cookie that identifies a browser across sessions and users.
pub(super) const DEVICE_COOKIE: &str = "device";

/// The value of a cookie: 32 random bytes in hexadecimal.
pub(super) struct Token(String);

impl Token {
    /// Generates a token.
    pub(super) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(Self(hex(&bytes)))
    }

    /// The token in plain text.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// The hash to store.
    pub(super) fn hash(&self) -> TokenHash {
        Sha256::digest(&self.0).into()
    }
}

/// A session that has just been opened.
pub(super) struct OpenedSession {
    pub(super) token: Token,
    /// A new device token, if the browser had none.
    pub(super) device: Option<Token>,
    /// The session that it replaces.
    pub(super) previous: Option<TokenHash>,
}

/// The `Set-Cookie` headers of a response.
pub(super) type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

impl OpenedSession {
    /// Removes the replaced session from the cache. Call this after the transaction is committed.
    pub(super) async fn evict_previous(&self, app: &App) {
        if let Some(previous) = &self.previous {
            app.auth.session_cache().invalidate(previous).await;
        }
    }

    /// The cookies to set in the browser.
    pub(super) fn cookies(&self, app: &App) -> Result<Cookies> {
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

/// Builds a `Set-Cookie` value. Scripts cannot read the cookie, and cross-site requests do not send it.
pub(super) fn set_cookie(
    app: &App,
    name: &str,
    value: &str,
    lasts: TimeDelta,
) -> Result<HeaderValue> {
    let text = http::set_cookie(app.config.server.is_https(), name, value, lasts.num_seconds());
    HeaderValue::from_str(&text).map_err(|error| Error::Internal(error.into()))
}

/// Finds the value of the cookie `name`.
pub(super) fn find_cookie<'a>(headers: &'a HeaderMap, app: &App, name: &str) -> Option<&'a str> {
    http::find_cookie(headers, app.config.server.is_https(), name)
}

/// Hashes the token in the cookie `name`.
pub(super) fn find_token_hash(headers: &HeaderMap, app: &App, name: &str) -> Option<TokenHash> {
    let token = find_cookie(headers, app, name)?;
    (token.len() == 64).then(|| Sha256::digest(token).into())
}

/// Hashes the token in the session cookie.
pub(super) fn session_token_hash(headers: &HeaderMap, app: &App) -> Option<TokenHash> {
    find_token_hash(headers, app, SESSION_COOKIE)
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
    let found = store::sessions::find(&mut app.db.read().await?, &token).await?;
    let Some(session) = found else { return Ok(None) };
    if session.expires_at <= now || session.seen_at + IDLE_TIMEOUT <= now {
        return Ok(None);
    }
    let principal = load_principal(app, session.owner, AuthMethod::Session(session.id)).await?;
    if session.seen_at + LAST_SEEN_RESOLUTION <= now {
        app.transaction(async |tx| Ok(store::sessions::update_last_seen(tx, &token, now).await?))
            .await?;
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
    let found = match tokens::find_owner(app, token, &hash).await? {
        None => oidc::authenticate_access_token(app, token).await?,
        found => found,
    };
    let Some((owner, auth_method)) = found else { return Ok(None) };
    let principal = load_principal(app, owner, auth_method).await?;
    app.auth.session_cache().insert(hash, Arc::clone(&principal)).await;
    Ok(Some(principal))
}

/// Loads what a request needs to know about the owner of its session or token.
pub(super) async fn load_principal(
    app: &App,
    owner: CredentialOwner,
    auth_method: AuthMethod,
) -> Result<Arc<Principal>> {
    let user = user_id(&owner.user_id);
    let mut tx = app.db.read_for(&user).await?;
    let lacks_factor =
        factors::is_missing_required(&mut tx, app, owner.account_id, owner.is_admin).await?;
    let preferences = store::find_preferences(&mut tx, &user).await?.unwrap_or_default();
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

/// Removes the account's sessions and tokens from this process's cache, so that a change takes effect
/// immediately.
pub(super) async fn evict_cached(app: &App, account: Uuid) {
    let cache = app.auth.session_cache();
    let tokens: Vec<_> =
        cache.iter().filter(|(_, it)| it.account == account).map(|(key, _)| key).collect();
    for token in tokens {
        cache.invalidate(&*token).await;
    }
}

/// Extracts the signed-in user. Rejects anonymous requests, and requests other than `GET` and `HEAD` with
/// a read-only token.
#[derive(Debug, Clone)]
pub struct User(pub Arc<Principal>);

impl Deref for User {
    type Target = UserId;

    fn deref(&self) -> &UserId {
        &self.0.user
    }
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let unauthenticated = || {
            let has_token = parts.headers.contains_key(header::AUTHORIZATION);
            if has_token { Error::InvalidToken } else { Error::Unauthorized }
        };
        let principal = find_principal(parts, app).await?.ok_or_else(unauthenticated)?;
        if principal.lacks_factor {
            return Err(Error::SecondFactorMissing);
        }
        let is_read_only = matches!(
            principal.auth_method,
            AuthMethod::PersonalToken { scope: Scope::Read, .. }
                | AuthMethod::ProviderToken { scope: Scope::Read }
        );
        if is_read_only && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden(crate::t!("core-forbidden-read-only-token")));
        }
        Ok(Self(principal))
    }
}

/// Extracts a user who is signed in with a session. Rejects tokens, because a token must not change how
/// its user signs in.
#[derive(Debug, Clone)]
pub struct SessionUser {
    /// The user.
    pub user: User,
    /// The id of the session.
    pub session: Uuid,
    /// The client, for the security log.
    pub client: ClientInfo,
}

impl FromRequestParts<App> for SessionUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        let AuthMethod::Session(session) = user.0.auth_method else {
            return Err(Error::Forbidden(crate::t!("core-forbidden-token")));
        };
        Ok(Self { user, session, client: ClientInfo::of(parts, app) })
    }
}

/// Whether the user signed in or confirmed their password within the last ten minutes. Required before
/// actions that grant access or send data elsewhere, in case a session was left open on a shared
/// computer.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn has_recently_confirmed(app: &App, caller: &SessionUser) -> Result<bool> {
    factors::is_recently_confirmed(app, caller.session).await
}

/// Extracts a signed-in administrator. Rejects tokens except for `GET` and `HEAD` requests.
#[derive(Debug, Clone)]
pub struct Administrator(pub User);

impl FromRequestParts<App> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        if !user.0.is_admin {
            return Err(Error::Forbidden(crate::t!("core-forbidden-not-administrator")));
        }
        // No token may change who has access, not even an administrator's.
        let is_session = matches!(user.0.auth_method, AuthMethod::Session(_));
        if !is_session && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden(crate::t!("core-forbidden-token")));
        }
        Ok(Self(user))
    }
}

macro_rules! impl_security_docs {
    ($extractor:ty: $($scheme:literal),+; else $($status:literal),+) => {
        impl OperationInput for $extractor {
            fn operation_input(_: &mut GenContext, operation: &mut Operation) {
                if operation.security.is_empty() {
                    operation.security.extend(
                        [$($scheme),+].map(|it| [(it.to_owned(), Vec::new())].into_iter().collect()),
                    );
                }
            }

            fn inferred_early_responses(
                context: &mut GenContext,
                _: &mut Operation,
            ) -> Vec<(Option<u16>, Response)> {
                error_responses(context, &[$($status),+])
            }
        }
    };
}

impl_security_docs!(User: "session", "token"; else 401, 403);
impl_security_docs!(SessionUser: "session"; else 401, 403);
impl_security_docs!(Administrator: "session", "token"; else 401, 403);
