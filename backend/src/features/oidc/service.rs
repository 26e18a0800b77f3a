//! Logging in with a provider, linking identities, and finding or creating the account.

use axum::http::{HeaderMap, HeaderValue};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{Callback, Identity, OidcError},
    provider::{AuthorizationRequest, Provider},
    store::{self, IdentityOwner},
    tokens::{UnverifiedToken, VerifiedIdentity},
};
use crate::{
    app::App,
    core::{
        Error, Result,
        config::Registration,
        db::{self, Tx},
        feature::{GrantKind, GrantOwner, GrantSummary},
        hex, web,
    },
    features::{
        accounts::{
            self, Account, AuthMethod, ClientInfo, CredentialOwner, Email, Principal, Scope,
            SessionUser, Token,
            challenges::{self, Challenge},
            hashed_user_id, mail, user_id_of_subject,
        },
        factors,
        security_log::{self, Event, EventKind},
        sessions::{self, OpenedSession, begin_second_factor, open_session},
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
    let text = accounts::find_cookie(headers, app, COOKIE)?;
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

/// Where an identity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdentitySource {
    LogIn {
        /// See [`LogInState`].
        is_separate: bool,
    },
    AccessToken,
}

/// Finds the account of an identity. Creates one if that is allowed.
async fn find_or_create_account(
    app: &App,
    provider: &Provider,
    identity: &VerifiedIdentity,
    source: IdentitySource,
) -> Result<CredentialOwner, OidcError> {
    // If another request creates the account first, the next attempt finds it.
    for _ in 0..3 {
        let found = store::find_owner(&mut app.db.read().await?, identity).await?;
        if let Some(IdentityOwner { owner, is_disabled, linked_at }) = found {
            return match () {
                () if is_disabled => Err(OidcError::AccountDisabled),
                () if accounts::needs_review(owner.review_since, linked_at) => {
                    Err(OidcError::Unreviewed)
                }
                () => Ok(owner),
            };
        }
        match create_account(app, provider, identity, source).await {
            Err(OidcError::Service(Error::Conflict { .. })) => {}
            Err(other) => return Err(other),
            Ok(()) => tracing::info!(provider = provider.name, "Created an account"),
        }
    }
    Err(Error::Unavailable.into())
}

async fn create_account(
    app: &App,
    provider: &Provider,
    identity: &VerifiedIdentity,
    source: IdentitySource,
) -> Result<(), OidcError> {
    let may_sign_up =
        app.config.auth.registration == Registration::Open || provider.settings.allow_sign_up;
    let has_accounts = accounts::has_accounts(app).await?;
    // The first account must be created by a person on a page, not by a program.
    let is_possible =
        if has_accounts { may_sign_up } else { source != IdentitySource::AccessToken };
    // There is no way to enter a setup token during a log-in with a provider.
    if !is_possible || (!has_accounts && app.auth.setup_token().is_some()) {
        return Err(OidcError::RegistrationClosed);
    }
    let mut tx = app.db.read().await?;
    let mut email_key = identity.email.as_ref().map(Email::key);
    if let Some(key) = &email_key
        && let Some(existing) = accounts::find_stored_by_email(&mut tx, key).await?
    {
        // Anyone can register any address, so only a confirmed address blocks other accounts.
        let is_confirmed = mail::is_confirmed(&mut tx, existing.account.id).await?;
        if is_confirmed || source == IdentitySource::AccessToken {
            return Err(OidcError::EmailTaken);
        }
        if source != (IdentitySource::LogIn { is_separate: true }) {
            return Err(OidcError::EmailUnconfirmed);
        }
        email_key = None;
    }
    let is_only_provider = app.config.auth.providers.len() == 1;
    let plain = if is_only_provider { user_id_of_subject(&identity.subject) } else { None };
    let user = match plain {
        // The id was taken by a user of another issuer when that was the only provider.
        Some(user) if store::user_id_exists(&mut tx, user.as_str()).await? => {
            hashed_user_id(&identity.issuer, &identity.subject)
        }
        Some(user) => user,
        None => hashed_user_id(&identity.issuer, &identity.subject),
    };
    drop(tx);

    let now = app.clock.now();
    let id = Uuid::now_v7();
    let account = Account {
        id,
        email: identity.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        display_name: identity.name.clone(),
        is_admin: false,
        created_at: now,
    };
    let email_key = email_key.unwrap_or_else(|| format!("no-address|{id}"));
    app.db
        .try_transaction(async |tx| {
            accounts::insert_without_password(tx, &account, &user, email_key).await?;
            if identity.email.is_some() {
                // The provider has verified the address.
                mail::mark_confirmed(tx, id, now).await?;
            }
            if accounts::record_first_account(tx, id).await? {
                if source == IdentitySource::AccessToken || app.auth.setup_token().is_some() {
                    return Err(OidcError::RegistrationClosed);
                }
                accounts::set_admin(tx, id).await?;
            } else if !may_sign_up {
                return Err(OidcError::RegistrationClosed);
            }
            store::insert(tx, id, identity, now).await.map_err(conflict_or_internal)?;
            Ok(())
        })
        .await
}

/// Maps a unique violation, caused by a concurrent request, to a conflict.
fn conflict_or_internal(error: sqlx::Error) -> Error {
    if db::is_unique_violation(&error) {
        return Error::conflict("conflict", crate::t!("accounts-created-concurrently"));
    }
    error.into()
}

/// Whether the user may link an identity. This requires a recent authentication, so that a stolen
/// session does not give permanent access.
pub(super) async fn may_link(app: &App, caller: &SessionUser) -> Result<bool> {
    sessions::is_recently_confirmed(app, caller.session).await
}

/// Whether the user can confirm a password. Users without one must sign in again instead.
pub(super) async fn has_password(app: &App, caller: &SessionUser) -> Result<bool> {
    let stored = accounts::find_stored(&mut app.db.read().await?, caller.user.0.account).await?;
    Ok(stored.is_some_and(|it| it.has_password()))
}

/// Links the identity to the account.
async fn link(
    app: &App,
    account: Uuid,
    identity: &VerifiedIdentity,
    challenge: &Challenge,
    client: &ClientInfo,
) -> Result<(), OidcError> {
    let linked = app.db.try_transaction::<_, OidcError>(async |tx| {
        if !challenge.spend(tx).await? {
            return Err(OidcError::Expired);
        }
        store::insert(tx, account, identity, app.clock.now()).await?;
        let event = Event::for_account(EventKind::IdentityLinked, account).by(account);
        security_log::record(tx, app.clock.now(), &client.annotate(event)).await?;
        Ok(())
    });
    match linked.await {
        Err(OidcError::Service(error)) if db::is_caused_by_unique_violation(&error) => {
            let found = store::find_owner(&mut app.db.read().await?, identity).await?;
            let is_linked_here = found.is_some_and(|it| it.owner.account_id == account);
            if is_linked_here { Ok(()) } else { Err(OidcError::LinkedElsewhere) }
        }
        Err(error) => Err(error),
        Ok(()) => {
            tracing::info!(%account, "Linked an identity");
            Ok(())
        }
    }
}

/// Lists the account's identities for the review after a password reset.
pub(super) fn list_grants<'a>(
    tx: &'a mut Tx,
    owner: GrantOwner<'a>,
) -> BoxFuture<'a, Result<Vec<GrantSummary>>> {
    Box::pin(async move {
        let identities = store::list(tx, owner.account).await?;
        let grants = identities.into_iter().map(|it| {
            let name = format!("{} at {}", it.subject, it.issuer);
            GrantSummary { kind: GrantKind::Identity, id: it.id, name, created_at: it.created_at }
        });
        Ok(grants.collect())
    })
}

/// Lists the identities that are linked to the account.
pub(super) async fn list_identities(app: &App, account: Uuid) -> Result<Vec<Identity>> {
    Ok(store::list(&mut app.db.read().await?, account).await?)
}

/// Unlinks the identity unless the account would have no other way to sign in.
pub(super) async fn unlink(app: &App, caller: &SessionUser, id: Uuid) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        let stored = accounts::lock_stored(tx, account).await?;
        let identities = store::list(tx, account).await?;
        if !identities.iter().any(|it| it.id == id) {
            return Err(Error::NotFound(crate::t!("core-not-found-identity")));
        }
        let others = identities.iter().filter(|it| it.id != id);
        if !stored.is_some_and(|it| it.has_password()) && !any_configured(app, others) {
            return Err(Error::conflict("last-way-in", crate::t!("oidc-last-identity")));
        }
        store::delete(tx, account, id).await?;
        let event = caller
            .client
            .annotate(Event::for_account(EventKind::IdentityUnlinked, account).by(account));
        security_log::record(tx, app.clock.now(), &event).await
    })
    .await?;
    // Stop accepting the identity's access tokens.
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, "Unlinked an identity");
    Ok(())
}

/// Whether any of the identities belongs to a configured provider.
fn any_configured<'a>(app: &App, mut identities: impl Iterator<Item = &'a Identity>) -> bool {
    identities.any(|it| app.providers.by_issuer(&it.issuer).is_some())
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
