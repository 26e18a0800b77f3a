//! Logging in with a provider, and authenticating requests by its access tokens.

mod accounts;
mod identities;

use axum::http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub(super) use identities::{has_password, list_grants, list_identities, may_link, unlink};

use self::{
    accounts::{IdentitySource, find_or_create_account},
    identities::link,
};
use super::{
    model::{Callback, OidcError},
    provider::{AuthorizationRequest, Provider},
    tokens::UnverifiedToken,
};
use crate::{
    app::App,
    core::{Error, Result, hex, web},
    features::{
        accounts::{
            AuthMethod, ClientInfo, CredentialOwner, Principal, Scope, Token, challenges,
            find_cookie,
        },
        factors,
        sessions::{OpenedSession, begin_second_factor, open_session},
    },
};

/// The maximum length of the path to redirect to after the log-in. It is part of the URL at the
/// provider.
const MAX_NEXT_LENGTH: usize = 500;
/// The cookie that identifies the browser during a log-in.
pub(super) const COOKIE: &str = "provider";

/// A log-in that was just begun.
pub(super) struct StartedLogIn {
    /// The URL to redirect the browser to.
    pub(super) url: String,
    /// The value of the browser's cookie.
    pub(super) browser: String,
}

/// The outcome of a log-in.
pub(super) enum LogInOutcome {
    /// The user is signed in.
    SignedIn {
        opened: OpenedSession,
        /// The path to redirect to.
        next: String,
    },
    /// The account requires a second factor.
    SecondFactorRequired {
        /// The cookie of the pending sign-in.
        cookie: HeaderValue,
        /// The path to redirect to.
        next: String,
    },
    /// The identity was linked to the user's account.
    Linked,
}

/// Begins a log-in. With `session`, it links the identity to the account of that session instead.
pub(super) async fn begin_log_in(
    app: &App,
    provider: &Provider,
    headers: &HeaderMap,
    (next, is_separate): (&str, bool),
    session: Option<Uuid>,
) -> Result<StartedLogIn, OidcError> {
    // A browser may have several log-ins in progress, in several tabs.
    let browser = match browser_id(app, headers) {
        Some(browser) => browser.to_owned(),
        None => Token::new()?.expose().to_owned(),
    };
    let next = web::local_path(next);
    let next = if next.len() > MAX_NEXT_LENGTH { "/".to_owned() } else { next.to_owned() };
    let log_in = LogInState { next, session, is_separate };
    let state = challenges::issue(app, &context(provider, &browser), &log_in).await?;
    let (nonce, verifier) = derive_nonce_and_verifier(&browser, &state);
    let request = AuthorizationRequest { state, nonce, verifier };
    let url = provider.authorization_url(app.clock.now(), &request).await?;
    Ok(StartedLogIn { url, browser })
}

/// The data of a log-in, encrypted in its `state` parameter.
#[derive(Serialize, Deserialize)]
struct LogInState {
    /// The path to redirect to after the log-in.
    next: String,
    /// The session to whose account the identity is linked; `None` for a log-in.
    session: Option<Uuid>,
    /// Whether to create an account even if another account has the same, unconfirmed email address.
    is_separate: bool,
}

/// Binds a log-in to its provider and browser.
fn context<'a>(provider: &'a Provider, browser: &'a str) -> [&'a str; 3] {
    ["provider log-in", &provider.name, browser]
}

/// Derives a log-in's nonce and PKCE verifier from secrets that only the browser and this service know.
fn derive_nonce_and_verifier(browser: &str, state: &str) -> (String, String) {
    let secret = |name: &str| {
        let digest = Sha256::new_with_prefix(name).chain_update([0]).chain_update(browser);
        hex(&digest.chain_update([0]).chain_update(state).finalize())
    };
    (secret("nonce"), secret("verifier"))
}

/// The browser's id from its cookie.
fn browser_id<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let text = find_cookie(headers, app, COOKIE)?;
    (text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())).then_some(text)
}

/// Finishes a log-in after the provider has redirected the browser back.
pub(super) async fn finish_log_in(
    app: &App,
    provider: &Provider,
    headers: &HeaderMap,
    callback: Callback,
    principal: Option<&Principal>,
    client: &ClientInfo,
) -> Result<LogInOutcome, OidcError> {
    let now = app.clock.now();
    let browser = browser_id(app, headers).ok_or(OidcError::Expired)?;
    let opened =
        challenges::open::<LogInState>(app, &context(provider, browser), &callback.state).await?;
    let (challenge, log_in) = opened.ok_or(OidcError::Expired)?;
    // Checked early to avoid a request to the provider. Spending the challenge below is authoritative.
    if challenge.is_spent(app).await? {
        return Err(OidcError::Expired);
    }
    check_response_issuer(app, provider, callback.iss.as_deref()).await?;
    if let Some(error) = callback.error {
        let plain: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
        tracing::info!(
            provider = provider.name,
            error = plain,
            "OpenID provider rejected a log-in"
        );
        return Err(OidcError::Denied);
    }
    let code = callback.code.ok_or(OidcError::Expired)?;
    let (nonce, verifier) = derive_nonce_and_verifier(browser, &callback.state);
    let token = provider.exchange(now, &code, verifier).await?;
    let identity = provider.verify_id_token(now, &token, &nonce).await?;
    if let Some(session) = log_in.session {
        let principal = principal.filter(|it| it.auth_method == AuthMethod::Session(session));
        let account = principal.ok_or(OidcError::Expired)?.account;
        link(app, account, &identity, &challenge, client).await?;
        return Ok(LogInOutcome::Linked);
    }
    let account = find_or_create_account(
        app,
        provider,
        &identity,
        IdentitySource::LogIn { is_separate: log_in.is_separate },
    )
    .await?
    .account_id;
    let opened = app.db.try_transaction::<_, OidcError>(async |tx| {
        // Of concurrent requests for the same log-in, only one succeeds.
        if !challenge.spend(tx).await? {
            return Err(OidcError::Expired);
        }
        // The provider replaces only the password, not the second factor.
        if let Some(cookie) = begin_second_factor(tx, app, account).await? {
            return Ok(Err(cookie));
        }
        Ok(Ok(open_session(tx, app, account, client).await?))
    });
    match opened.await? {
        Ok(opened) => {
            opened.evict_previous(app).await;
            Ok(LogInOutcome::SignedIn { opened, next: log_in.next })
        }
        Err(cookie) => Ok(LogInOutcome::SecondFactorRequired { cookie, next: log_in.next }),
    }
}

/// Checks that the response is from this provider, if it names its issuer (RFC 9207).
async fn check_response_issuer(
    app: &App,
    provider: &Provider,
    iss: Option<&str>,
) -> Result<(), OidcError> {
    let metadata = provider.metadata(app.clock.now()).await?;
    match iss {
        Some(iss) if iss != provider.settings.issuer => {
            Err(OidcError::untrusted("the response is from another issuer"))
        }
        None if metadata.authorization_response_iss_parameter_supported => {
            Err(OidcError::untrusted("the response does not name its issuer"))
        }
        _ => Ok(()),
    }
}

/// Authenticates a request by a provider's access token. Returns `None` if the token is invalid.
///
/// # Errors
/// `Unavailable` if the provider or the database is unavailable.
pub(super) async fn authenticate_access_token(
    app: &App,
    token: &str,
) -> Result<Option<(CredentialOwner, AuthMethod)>> {
    let Some(token) = UnverifiedToken::parse(token) else { return Ok(None) };
    let issuer = token.issuer().unwrap_or_default();
    let Some(provider) = app.providers.by_issuer(&issuer) else { return Ok(None) };
    let verified = match provider.verify_access_token(app.clock.now(), &token).await {
        Ok((identity, may_write)) => {
            let owner =
                find_or_create_account(app, provider, &identity, IdentitySource::AccessToken).await;
            owner.map(|owner| (owner, may_write))
        }
        Err(error) => Err(error),
    };
    match verified {
        Ok((owner, may_write)) => {
            // The provider replaces only the password, and a token can't provide a second factor.
            if factors::has_any(&mut app.db.read().await?, owner.account_id).await? {
                return Ok(None);
            }
            let scope = if may_write { Scope::Write } else { Scope::Read };
            Ok(Some((owner, AuthMethod::ProviderToken { scope })))
        }
        Err(OidcError::Unavailable) => Err(Error::Unavailable),
        Err(OidcError::Service(error)) => Err(error),
        Err(error) => {
            tracing::info!(provider = provider.name, %error, "Rejected an access token");
            Ok(None)
        }
    }
}
