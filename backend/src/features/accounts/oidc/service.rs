//! The rules: who gets in by a provider, and which account is theirs.

use axum::http::{HeaderMap, HeaderValue};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{Back, Identity, Refusal, hashed_user, plain_user},
    provider::{Asked, Provider},
    store::{self, Owner},
    tokens::{Unverified, Vouched},
};
use crate::{
    core::{
        App, Error, Result,
        config::Registration,
        db::{self, Tx},
        hex, web,
    },
    features::{
        GrantKind, Held,
        accounts::{
            AuthMethod, ClientInfo, Principal, Scope, SessionUser,
            challenges::{self, Challenge},
            factors, mail,
            model::{Account, Email},
            review,
            service::open_session,
            session::{self, OpenedSession, Token},
            store as accounts,
            store::sessions::CredentialOwner,
        },
        security_log::{self, Event, Kind},
    },
};

/// The longest path to go to afterwards: it is part of the address at the provider.
const LONGEST: usize = 500;
/// The cookie of a browser that logs in.
pub(super) const COOKIE: &str = "provider";

/// A log-in that was begun just now.
pub(super) struct Start {
    /// Where the browser has to go.
    pub(super) address: String,
    /// What its cookie has to hold.
    pub(super) browser: String,
}

/// What came of a log-in.
pub(super) enum Ended {
    /// Somebody is signed in.
    In {
        opened: OpenedSession,
        /// Where they wanted to go.
        next: String,
    },
    /// Their account asks for a second factor.
    Waiting {
        /// What the browser is known by until then.
        cookie: HeaderValue,
        /// Where they wanted to go.
        next: String,
    },
    /// The provider opens the account from now on.
    Linked,
}

/// Begins a log-in. With `session`, whoever is signed in by it links the provider to their account.
pub(super) async fn begin(
    app: &App,
    provider: &Provider,
    headers: &HeaderMap,
    (next, is_separate): (&str, bool),
    session: Option<Uuid>,
) -> Result<Start, Refusal> {
    // One browser may begin several, in several tabs.
    let browser = match browser_of(app, headers) {
        Some(browser) => browser.to_owned(),
        None => Token::new()?.expose().to_owned(),
    };
    let next = web::local_path(next);
    let next = if next.len() > LONGEST { "/".to_owned() } else { next.to_owned() };
    let begun = Begun { next, session, is_separate };
    let state = challenges::issue(app, &context(provider, &browser), &begun).await?;
    let (nonce, verifier) = secrets(&browser, &state);
    let asked = Asked { state, nonce, verifier };
    let address = provider.authorization(app.clock.now(), &asked).await?;
    Ok(Start { address, browser })
}

/// What a log-in is about, which its state holds.
#[derive(Serialize, Deserialize)]
struct Begun {
    /// Where to go afterwards.
    next: String,
    /// The session that links the provider to its account; none where somebody logs in.
    session: Option<Uuid>,
    /// Whether an account is made although another one, which nobody has confirmed, has the same address.
    is_separate: bool,
}

/// A log-in ends with the provider and in the browser that it began with.
fn context<'a>(provider: &'a Provider, browser: &'a str) -> [&'a str; 3] {
    ["provider log-in", &provider.name, browser]
}

/// The nonce and the verifier of a log-in, which follow from what only its browser and this service
/// know.
fn secrets(browser: &str, state: &str) -> (String, String) {
    let secret = |name: &str| {
        let digest = Sha256::new_with_prefix(name).chain_update([0]).chain_update(browser);
        hex(&digest.chain_update([0]).chain_update(state).finalize())
    };
    (secret("nonce"), secret("verifier"))
}

/// What tells the browser that began a log-in from every other.
fn browser_of<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let text = session::find_cookie(headers, app, COOKIE)?;
    (text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())).then_some(text)
}

/// Ends a log-in: the browser came back with what the provider gave it.
pub(super) async fn end(
    app: &App,
    provider: &Provider,
    headers: &HeaderMap,
    back: Back,
    signed: Option<&Principal>,
    client: &ClientInfo,
) -> Result<Ended, Refusal> {
    let now = app.clock.now();
    let browser = browser_of(app, headers).ok_or(Refusal::Stale)?;
    let opened = challenges::open::<Begun>(app, &context(provider, browser), &back.state).await?;
    let (challenge, begun) = opened.ok_or(Refusal::Stale)?;
    // Before the provider is asked; what is spent below decides.
    if challenge.is_spent(app).await? {
        return Err(Refusal::Stale);
    }
    check_sender(app, provider, back.iss.as_deref()).await?;
    if let Some(error) = back.error {
        let plain: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
        tracing::info!(provider = provider.name, error = plain, "A provider let nobody in");
        return Err(Refusal::Denied);
    }
    let code = back.code.ok_or(Refusal::Stale)?;
    let (nonce, verifier) = secrets(browser, &back.state);
    let token = provider.exchange(now, &code, verifier).await?;
    let vouched = provider.verify_id_token(now, &token, &nonce).await?;
    if let Some(session) = begun.session {
        let signed = signed.filter(|it| it.auth_method == AuthMethod::Session(session));
        let account = signed.ok_or(Refusal::Stale)?.account;
        link(app, account, &vouched, &challenge, client).await?;
        return Ok(Ended::Linked);
    }
    let account = account_of(app, provider, &vouched, By::LogIn { is_separate: begun.is_separate })
        .await?
        .account_id;
    let mut tx = app.db.write().await?;
    // Of several that end one log-in at once, one gets in.
    if !challenge.spend(&mut tx).await? {
        return Err(Refusal::Stale);
    }
    // The provider stands for the password, and for nothing more.
    if let Some(waiting) = factors::wait(&mut tx, app, account).await? {
        tx.commit().await?;
        return Ok(Ended::Waiting { cookie: waiting.cookie(app)?, next: begun.next });
    }
    let opened = open_session(&mut tx, app, account, client).await?;
    tx.commit().await?;
    opened.evict_previous(app).await;
    Ok(Ended::In { opened, next: begun.next })
}

/// Whether it was this provider that sent the browser back, where it says so (RFC 9207).
async fn check_sender(app: &App, provider: &Provider, iss: Option<&str>) -> Result<(), Refusal> {
    let metadata = provider.metadata(app.clock.now()).await?;
    match iss {
        Some(iss) if iss != provider.settings.issuer => {
            Err(Refusal::untrusted("another provider sent the browser back"))
        }
        None if metadata.authorization_response_iss_parameter_supported => {
            Err(Refusal::untrusted("nobody says who sent the browser back"))
        }
        _ => Ok(()),
    }
}

/// By what somebody is vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    LogIn {
        /// As in [`Begun`].
        is_separate: bool,
    },
    AccessToken,
}

/// The account of somebody whom the provider vouches for, made where it may be.
async fn account_of(
    app: &App,
    provider: &Provider,
    vouched: &Vouched,
    by: By,
) -> Result<CredentialOwner, Refusal> {
    // Whoever makes the same at once decides an attempt; the next one finds what they made.
    for _ in 0..3 {
        let found = store::find_owner(&mut app.db.read().await?, vouched).await?;
        if let Some(Owner { holder, is_disabled, linked_at }) = found {
            return match () {
                () if is_disabled => Err(Refusal::Disabled),
                () if review::needs_review(holder.review_since, linked_at) => {
                    Err(Refusal::Unreviewed)
                }
                () => Ok(holder),
            };
        }
        match make(app, provider, vouched, by).await {
            Err(Refusal::Service(Error::Conflict { .. })) => {}
            Err(other) => return Err(other),
            Ok(()) => tracing::info!(provider = provider.name, "Made an account"),
        }
    }
    Err(Error::Unavailable.into())
}

async fn make(app: &App, provider: &Provider, vouched: &Vouched, by: By) -> Result<(), Refusal> {
    let may_sign_up =
        app.config.auth.registration == Registration::Open || provider.settings.allow_sign_up;
    let mut tx = app.db.read().await?;
    let has_accounts = accounts::has_accounts(&mut tx).await?;
    // The first account is made by a person on a page, never by a program.
    let is_possible = if has_accounts { may_sign_up } else { by != By::AccessToken };
    // Nobody is asked for a setup token on the way back from a provider.
    if !is_possible || (!has_accounts && app.auth.setup_token().is_some()) {
        return Err(Refusal::Closed);
    }
    let mut email_key = vouched.email.as_ref().map(Email::key);
    if let Some(key) = &email_key
        && let Some(known) = accounts::find_by_email(&mut tx, key).await?
    {
        // Anybody can register any address. Only one that was confirmed keeps others out.
        let is_confirmed = mail::is_confirmed(&mut tx, known.account.id).await?;
        if is_confirmed || by == By::AccessToken {
            return Err(Refusal::EmailTaken);
        }
        if by != (By::LogIn { is_separate: true }) {
            return Err(Refusal::EmailUnconfirmed);
        }
        email_key = None;
    }
    let plain = if app.config.auth.providers.len() == 1 { plain_user(vouched) } else { None };
    let user = match plain {
        // Somebody's of another issuer, from when that was the only one.
        Some(user) if store::is_user(&mut tx, user.as_str()).await? => hashed_user(vouched),
        Some(user) => user,
        None => hashed_user(vouched),
    };
    drop(tx);

    let now = app.clock.now();
    let id = Uuid::now_v7();
    let account = Account {
        id,
        email: vouched.email.as_ref().map_or_else(String::new, |email| email.as_str().to_owned()),
        display_name: vouched.name.clone(),
        is_admin: false,
        created_at: now,
    };
    let email_key = email_key.unwrap_or_else(|| format!("no-address|{id}"));
    let mut tx = app.db.write().await?;
    accounts::insert(&mut tx, &account, &user, email_key, String::new()).await.map_err(taken)?;
    if vouched.email.is_some() {
        // The provider has checked it.
        mail::mark_confirmed(&mut tx, id, now).await?;
    }
    if accounts::record_first(&mut tx, id).await? {
        if by == By::AccessToken || app.auth.setup_token().is_some() {
            return Err(Refusal::Closed);
        }
        accounts::set_admin(&mut tx, id).await?;
    } else if !may_sign_up {
        return Err(Refusal::Closed);
    }
    store::insert(&mut tx, id, vouched, now).await.map_err(taken)?;
    Ok(tx.commit().await?)
}

/// Somebody else was first.
fn taken(error: sqlx::Error) -> Error {
    if db::is_unique_violation(&error) {
        let detail = "this was made by somebody else just now".to_owned();
        return Error::Conflict { name: "conflict", detail, vehicle: None };
    }
    error.into()
}

/// Whether whoever asks may link: a stolen session alone is not to open the account for good.
pub(super) async fn may_link(app: &App, caller: &SessionUser) -> Result<bool> {
    factors::is_fresh(app, caller.session).await
}

/// Whether they may say that it is them with a password; who has none has to sign in again.
pub(super) async fn has_password(app: &App, caller: &SessionUser) -> Result<bool> {
    let known = accounts::find_stored(&mut app.db.read().await?, caller.user.0.account).await?;
    Ok(known.is_some_and(|it| it.has_password()))
}

/// From now on the identity opens the account.
async fn link(
    app: &App,
    account: Uuid,
    vouched: &Vouched,
    challenge: &Challenge,
    client: &ClientInfo,
) -> Result<(), Refusal> {
    let mut tx = app.db.write().await?;
    if !challenge.spend(&mut tx).await? {
        return Err(Refusal::Stale);
    }
    if let Err(error) = store::insert(&mut tx, account, vouched, app.clock.now()).await {
        if !db::is_unique_violation(&error) {
            return Err(error.into());
        }
        drop(tx);
        let owner = store::find_owner(&mut app.db.read().await?, vouched).await?;
        let is_theirs = owner.is_some_and(|it| it.holder.account_id == account);
        return if is_theirs { Ok(()) } else { Err(Refusal::LinkedElsewhere) };
    }
    let event = Event::of(Kind::IdentityLinked, account).by(account);
    security_log::record(&mut tx, app.clock.now(), &client.annotate(event)).await?;
    tx.commit().await?;
    tracing::info!(%account, "Linked an identity");
    Ok(())
}

/// The account's identities, for the review after a password reset.
pub(in crate::features::accounts) fn held<'a>(
    tx: &'a mut Tx,
    signed: &'a Principal,
) -> BoxFuture<'a, Result<Vec<Held>>> {
    Box::pin(async move {
        let identities = store::list(tx, signed.account).await?;
        let held = identities.into_iter().map(|it| {
            let name = format!("{} at {}", it.subject, it.issuer);
            Held { kind: GrantKind::Identity, id: it.id, name, created_at: it.created_at }
        });
        Ok(held.collect())
    })
}

/// The identities that open the account of whoever asks.
pub(super) async fn identities(app: &App, account: Uuid) -> Result<Vec<Identity>> {
    Ok(store::list(&mut app.db.read().await?, account).await?)
}

/// From now on the identity opens nothing, unless it is the last thing that opens the account.
pub(super) async fn unlink(app: &App, caller: &SessionUser, id: Uuid) -> Result<()> {
    let account = caller.user.0.account;
    let mut tx = app.db.write().await?;
    let known = accounts::lock(&mut tx, account).await?;
    let identities = store::list(&mut tx, account).await?;
    if !identities.iter().any(|it| it.id == id) {
        return Err(Error::NotFound("identity"));
    }
    let others = identities.iter().filter(|it| it.id != id);
    if !known.is_some_and(|it| it.has_password()) && !opens(app, others) {
        return Err(Error::conflict(
            "last-way-in",
            "this is the last way into your account: link another first",
        ));
    }
    store::delete(&mut tx, account, id).await?;
    let event = caller.client.annotate(Event::of(Kind::IdentityUnlinked, account).by(account));
    security_log::record(&mut tx, app.clock.now(), &event).await?;
    tx.commit().await?;
    // Access tokens of theirs count no longer.
    session::evict_cached(app, account).await;
    tracing::info!(%account, "Unlinked an identity");
    Ok(())
}

/// Whether any of these is of a provider that the settings name.
fn opens<'a>(app: &App, mut identities: impl Iterator<Item = &'a Identity>) -> bool {
    identities.any(|it| app.auth.providers().of_issuer(&it.issuer).is_some())
}

/// Whose an access token is, if a provider's and good.
///
/// # Errors
/// Unavailable where the provider or the database is away.
pub(in crate::features::accounts) async fn holder(
    app: &App,
    token: &str,
) -> Result<Option<(CredentialOwner, AuthMethod)>> {
    let Some(token) = Unverified::read(token) else { return Ok(None) };
    let issuer = token.issuer().unwrap_or_default();
    let Some(provider) = app.auth.providers().of_issuer(&issuer) else { return Ok(None) };
    let verified = match provider.verify_access_token(app.clock.now(), &token).await {
        Ok((vouched, may_write)) => {
            let holder = account_of(app, provider, &vouched, By::AccessToken).await;
            holder.map(|holder| (holder, may_write))
        }
        Err(error) => Err(error),
    };
    match verified {
        Ok((holder, may_write)) => {
            // A provider stands for the password; nobody has asked for the second factor here.
            if factors::has_any(&mut app.db.read().await?, holder.account_id).await? {
                return Ok(None);
            }
            let scope = if may_write { Scope::Write } else { Scope::Read };
            Ok(Some((holder, AuthMethod::ProviderToken { scope })))
        }
        Err(Refusal::Away) => Err(Error::Unavailable),
        Err(Refusal::Service(error)) => Err(error),
        Err(refusal) => {
            tracing::info!(provider = provider.name, %refusal, "Refused an access token");
            Ok(None)
        }
    }
}
