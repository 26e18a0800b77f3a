//! Sessions: a random token in a cookie, of which only the hash is kept.

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
    Arrival,
    doors::TokenHash,
    factors,
    identify::visitor_of,
    model::{Proof, Scope, Signed},
    oidc,
    service::{ABSOLUTE, IDLE},
    store::{self, sessions::Holder},
    tokens,
    user::UserId,
};
use crate::core::{App, Error, Result, hex, http::refusals};

/// How old the note of a session's last use may become before it is written anew.
const NOTED: TimeDelta = TimeDelta::hours(1);
/// How long a browser is known after it was last signed in with.
pub(super) const KNOWN: TimeDelta = TimeDelta::days(365);

/// The cookie of a session.
pub(super) const SESSION: &str = "session";
/// The cookie that a browser is known by, whoever is signed in.
pub(super) const DEVICE: &str = "device";

/// What a cookie holds: 32 random bytes in hexadecimal.
pub(super) struct Token(String);

impl Token {
    /// A new one.
    pub(super) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(error.to_string().into()))?;
        Ok(Self(hex(&bytes)))
    }

    /// The token itself, for whoever it is made for.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> TokenHash {
        Sha256::digest(&self.0).into()
    }
}

/// A session that was opened just now.
pub(super) struct Opened {
    pub(super) session: Token,
    /// Where the browser was not known yet.
    pub(super) device: Option<Token>,
    pub(super) before: Option<TokenHash>,
}

/// The cookies that an answer sets.
pub(super) type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

impl Opened {
    /// Forgets the session before it; to be called once the transaction has been committed.
    pub(super) async fn settle(&self, app: &App) {
        if let Some(before) = &self.before {
            app.doors.sessions().invalidate(before).await;
        }
    }

    /// The cookies that give it to the browser.
    pub(super) fn cookies(&self, app: &App) -> Result<Cookies> {
        let session = set_cookie(app, SESSION, self.session.expose(), ABSOLUTE)?;
        let mut cookies = vec![(header::SET_COOKIE, session)];
        if let Some(device) = &self.device {
            cookies.push((header::SET_COOKIE, set_cookie(app, DEVICE, device.expose(), KNOWN)?));
        }
        Ok(AppendHeaders(cookies))
    }
}

/// The cookie that takes the session's token back. What the browser is known by stays.
pub(super) fn no_cookie(app: &App) -> Result<HeaderValue> {
    set_cookie(app, SESSION, "", TimeDelta::zero())
}

/// A cookie that scripts do not see and other sites' requests do not carry.
pub(super) fn set_cookie(
    app: &App,
    name: &str,
    value: &str,
    lasts: TimeDelta,
) -> Result<HeaderValue> {
    // Over https under a name that browsers take from this very host only.
    let (prefix, secure) =
        if app.config.server.is_https() { ("__Host-", "; Secure") } else { ("", "") };
    let seconds = lasts.num_seconds();
    let text = format!(
        "{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&text).map_err(|error| Error::Internal(error.into()))
}

/// What the cookie `name` holds.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, app: &App, name: &str) -> Option<&'a str> {
    let prefix = if app.config.server.is_https() { "__Host-" } else { "" };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key.strip_prefix(prefix) == Some(name)).then_some(value))
}

/// The hash of the token that the cookie `name` holds, if there is one.
pub(super) fn cookie_token(headers: &HeaderMap, app: &App, name: &str) -> Option<TokenHash> {
    let token = cookie(headers, app, name)?;
    (token.len() == 64).then(|| Sha256::digest(token).into())
}

/// The hash of the session's token that a request brings, if it brings one.
pub(super) fn token_of(headers: &HeaderMap, app: &App) -> Option<TokenHash> {
    cookie_token(headers, app, SESSION)
}

/// Who is signed in by these headers, if anybody is. Where there is an `Authorization` header, it
/// counts and the cookie does not.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn visitor(headers: &HeaderMap, app: &App) -> Result<Option<Arc<Signed>>> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return by_bearer(authorization, app).await;
    }
    let Some(token) = token_of(headers, app) else { return Ok(None) };
    let is_session = |it: &Arc<Signed>| matches!(it.proof, Proof::Session(_));
    if let Some(signed) = app.doors.sessions().get(&token).await.filter(is_session) {
        return Ok(Some(signed));
    }
    let now = app.clock.now();
    let found = store::sessions::find(&mut app.db.read().await?, &token).await?;
    let Some(session) = found else { return Ok(None) };
    if session.expires_at <= now || session.seen_at + IDLE <= now {
        return Ok(None);
    }
    let signed = signed(app, session.holder, Proof::Session(session.id)).await?;
    if session.seen_at + NOTED <= now {
        let mut tx = app.db.write().await?;
        store::sessions::touch(&mut tx, &token, now).await?;
        tx.commit().await?;
    }
    app.doors.sessions().insert(token, Arc::clone(&signed)).await;
    Ok(Some(signed))
}

async fn by_bearer(authorization: &HeaderValue, app: &App) -> Result<Option<Arc<Signed>>> {
    let text = authorization.to_str().unwrap_or_default();
    let Some((scheme, token)) = text.split_once(' ') else { return Ok(None) };
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Ok(None);
    }
    let hash = Sha256::digest(token).into();
    // A session's token, which may be cached here too, is for its cookie alone.
    let is_token = |it: &Arc<Signed>| !matches!(it.proof, Proof::Session(_));
    if let Some(signed) = app.doors.sessions().get(&hash).await.filter(is_token) {
        return Ok(Some(signed));
    }
    let found = match tokens::holder(app, token, &hash).await? {
        None => oidc::holder(app, token).await?,
        found => found,
    };
    let Some((holder, proof)) = found else { return Ok(None) };
    let signed = signed(app, holder, proof).await?;
    app.doors.sessions().insert(hash, Arc::clone(&signed)).await;
    Ok(Some(signed))
}

/// Whoever holds a session or a token, with what every request needs to know of them.
pub(super) async fn signed(app: &App, holder: Holder, proof: Proof) -> Result<Arc<Signed>> {
    let user = UserId::new(holder.user_id);
    let mut tx = app.db.read_for(&user).await?;
    let lacks_factor =
        factors::is_missing(&mut tx, app, holder.account_id, holder.is_admin).await?;
    let preferences = store::find_preferences(&mut tx, &user).await?.unwrap_or_default();
    Ok(Arc::new(Signed {
        user,
        account: holder.account_id,
        email: holder.email,
        display_name: holder.display_name,
        is_admin: holder.is_admin,
        lacks_factor,
        review_since: holder.review_since,
        proof,
        preferences,
    }))
}

/// Forgets what is remembered of the account's sessions and tokens, so that a change shows at
/// once.
pub(super) async fn forget(app: &App, account: Uuid) {
    let sessions = app.doors.sessions();
    let theirs: Vec<_> =
        sessions.iter().filter(|(_, it)| it.account == account).map(|(key, _)| key).collect();
    for token in theirs {
        sessions.invalidate(&*token).await;
    }
}

/// Somebody who is signed in. A handler that takes one answers nobody else, and changes nothing
/// for a token that may only read.
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
        let nobody = || {
            let has_token = parts.headers.contains_key(header::AUTHORIZATION);
            if has_token { Error::InvalidToken } else { Error::Unauthorized }
        };
        let signed = visitor_of(parts, app).await?.ok_or_else(nobody)?;
        if signed.lacks_factor {
            return Err(Error::SecondFactorMissing);
        }
        let only_reads = matches!(
            signed.proof,
            Proof::Token { scope: Scope::Read, .. } | Proof::Issuer { scope: Scope::Read }
        );
        if only_reads && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden("this token may only read"));
        }
        Ok(Self(signed))
    }
}

/// Somebody who is signed in by a session of their own. What decides over how one gets in is
/// not a token's to change.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Who it is.
    pub user: User,
    /// The session that they are signed in by.
    pub session: Uuid,
    /// How they arrive, for the security log.
    pub arrival: Arrival,
}

impl FromRequestParts<App> for Signer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        let Proof::Session(session) = user.0.proof else {
            return Err(Error::Forbidden("a token may not do this: sign in"));
        };
        Ok(Self { user, session, arrival: Arrival::of(parts, app) })
    }
}

/// Whether somebody gave their password, or signed in, within the last ten minutes. What lets others in
/// or sends data elsewhere asks for it: a session left open on a shared computer is not enough.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn has_lately_confirmed(app: &App, signer: &Signer) -> Result<bool> {
    factors::is_fresh(app, signer.session).await
}

/// Somebody who is signed in and may run the service.
#[derive(Debug, Clone)]
pub struct Administrator(pub User);

impl FromRequestParts<App> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let user = User::from_request_parts(parts, app).await?;
        if !user.0.is_admin {
            return Err(Error::Forbidden("only an administrator may do this"));
        }
        // Who gets in and with what powers is not a token's to change, whosever it is.
        let is_session = matches!(user.0.proof, Proof::Session(_));
        if !is_session && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Error::Forbidden("a token may not do this: sign in"));
        }
        Ok(Self(user))
    }
}

macro_rules! needs {
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
                refusals(context, &[$($status),+])
            }
        }
    };
}

needs!(User: "session", "token"; else 401, 403);
needs!(Signer: "session"; else 401, 403);
needs!(Administrator: "session", "token"; else 401, 403);
