//! Turning second factors on and off, and signing in with a code.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    super::{
        attempts,
        auth_state::TokenHash,
        client_info::ClientInfo,
        model::{Account, Password, Principal},
        service::{self as accounts, SignedIn},
        session, store as accounts_store,
    },
    Entrant,
    model::{Code, Factors},
    recovery, sealed, store,
    totp::{self, Totp},
};
use crate::{
    core::{App, Error, Result, config::SecondFactor, db::Tx},
    features::{
        GrantKind, Held,
        security_log::{self, Event, Kind},
    },
};

/// How long a password that was given counts for turning factors on and off.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// Whether the account has a second factor.
///
/// # Errors
/// Unavailable where the database is away.
pub(in super::super) async fn has_any(tx: &mut Tx, account: Uuid) -> Result<bool> {
    Ok(store::has_any(tx, account).await?)
}

/// Whether an account is asked for a second factor and has none.
///
/// An account without a password signs in elsewhere, where that is decided.
///
/// # Errors
/// Unavailable where the database is away.
pub(in super::super) async fn is_missing(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
    is_admin: bool,
) -> Result<bool> {
    if !is_required(app, is_admin) {
        return Ok(false);
    }
    let known = accounts_store::find_stored(tx, account).await?;
    Ok(known.is_some_and(|it| it.has_password()) && !store::has_any(tx, account).await?)
}

fn is_required(app: &App, is_admin: bool) -> bool {
    match app.config.auth.require_second_factor {
        SecondFactor::Off => false,
        SecondFactor::Administrators => is_admin,
        SecondFactor::Everyone => true,
    }
}

/// The account's passkeys, for the review after a password reset.
pub(in super::super) fn held<'a>(
    tx: &'a mut Tx,
    signed: &'a Principal,
) -> BoxFuture<'a, Result<Vec<Held>>> {
    Box::pin(async move {
        let passkeys = store::list_passkeys(tx, signed.account).await?;
        let held = passkeys.into_iter().map(|it| {
            let (kind, created_at) = (GrantKind::Passkey, it.created_at);
            Held { kind, id: it.id, name: it.name, created_at }
        });
        Ok(held.collect())
    })
}

/// The second factors of whoever is signed in.
pub(super) async fn find(app: &App, signed: &Principal) -> Result<Factors> {
    let mut tx = app.db.read().await?;
    let totp = store::find_totp(&mut tx, signed.account).await?;
    let totp_since = totp.and_then(|it| it.confirmed_at);
    let passkeys = store::list_passkeys(&mut tx, signed.account).await?;
    Ok(Factors {
        is_on: totp_since.is_some() || !passkeys.is_empty(),
        is_required: is_required(app, signed.is_admin),
        totp_since,
        passkeys,
        recovery_codes_left: store::count_recovery_codes(&mut tx, signed.account).await?,
    })
}

/// Whether whoever is signed in has given the password lately.
pub(in super::super) async fn is_fresh(app: &App, session: Uuid) -> Result<bool> {
    let confirmed = store::session_confirmed_at(&mut app.db.read().await?, session).await?;
    Ok(confirmed.is_some_and(|it| it + FRESH > app.clock.now()))
}

/// Takes the password once more.
pub(super) async fn confirm(app: &App, entrant: &Entrant, password: &Password) -> Result<()> {
    let account = entrant.signed.account;
    let known = accounts_store::find_stored(&mut app.db.read().await?, account).await?;
    let known = known.ok_or(Error::Unauthorized)?;
    if known.password_hash.is_empty() {
        return Err(Error::Forbidden("this account has no password: sign in again"));
    }
    accounts::check_password(app, &known, password, &entrant.client).await.map_err(|error| {
        match error {
            Error::Invalid(_) => Error::invalid("password", "is not your password"),
            other => other,
        }
    })?;
    let mut tx = app.db.write().await?;
    store::confirm_session(&mut tx, entrant.session, app.clock.now()).await?;
    tx.commit().await
}

/// What the account is called where its factors are kept: an app or a passkey's list.
pub(super) fn name_of(signed: &Principal) -> &str {
    let name = signed.display_name.as_deref().unwrap_or("account");
    if signed.email.is_empty() { name } else { &signed.email }
}

/// Begins to set up an authenticator app, anew if that was begun before.
pub(super) async fn begin_totp(app: &App, signed: &Principal) -> Result<Totp> {
    let secret = totp::fresh_secret()?;
    let sealed = sealed::seal(app.key()?, signed.account, &secret)?;
    let mut tx = app.db.write().await?;
    if !store::insert_totp(&mut tx, signed.account, &sealed, app.clock.now()).await? {
        return Err(Error::conflict(
            "factor-exists",
            "an authenticator app is set up already: remove it first",
        ));
    }
    tx.commit().await?;
    Totp::new(&secret, name_of(signed))
}

/// The authenticator app that is being set up.
pub(super) async fn begun_totp(app: &App, signed: &Principal) -> Result<Option<Totp>> {
    let found = store::find_totp(&mut app.db.read().await?, signed.account).await?;
    let Some(begun) = found.filter(|it| it.confirmed_at.is_none()) else { return Ok(None) };
    let secret = sealed::open(app, signed.account, begun.sealed_secret.as_deref())?;
    secret.map(|it| Totp::new(&it, name_of(signed))).transpose()
}

/// Turns the authenticator app on, given its first code. Gives recovery codes where it is the
/// account's first factor.
///
/// What is compared is no secret to whoever may ask this, so no attempt is counted.
pub(super) async fn confirm_totp(
    app: &App,
    entrant: &Entrant,
    code: &Code,
) -> Result<Option<Vec<String>>> {
    let (account, now) = (entrant.signed.account, app.clock.now());
    let mut tx = app.db.write().await?;
    let found = store::find_totp(&mut tx, account).await?.filter(|it| it.confirmed_at.is_none());
    let missing = || Error::NotFound("authenticator app that is being set up");
    let sealed = found.and_then(|it| it.sealed_secret).ok_or_else(missing)?;
    let secret = sealed::open(app, account, Some(&sealed))?.ok_or_else(missing)?;
    let Code::OneTime(code) = code else {
        return Err(Error::invalid("code", "has to be six digits"));
    };
    let step = Totp::new(&secret, "")?.step_of(code, now).ok_or_else(|| {
        Error::invalid("code", "is not what the app shows now: is the telephone's clock right?")
    })?;
    let codes = codes_for_first_factor(&mut tx, account).await?;
    if !store::confirm_totp(&mut tx, account, &sealed, step, now).await? {
        return Err(Error::Unavailable);
    }
    note(&mut tx, now, Kind::FactorAdded, entrant, "authenticator app").await?;
    tx.commit().await?;
    session::evict_cached(app, account).await;
    tracing::info!(%account, "Set up an authenticator app");
    Ok(codes)
}

/// Removes the authenticator app.
pub(super) async fn remove_totp(app: &App, entrant: &Entrant) -> Result<()> {
    let account = entrant.signed.account;
    let mut tx = app.db.write().await?;
    if !store::delete_totp(&mut tx, account).await? {
        return Err(Error::NotFound("authenticator app"));
    }
    tidy(&mut tx, account).await?;
    note(&mut tx, app.clock.now(), Kind::FactorRemoved, entrant, "authenticator app").await?;
    tx.commit().await?;
    session::evict_cached(app, account).await;
    tracing::info!(%account, "Removed an authenticator app");
    Ok(())
}

/// New recovery codes instead of those before.
pub(super) async fn renew_codes(app: &App, entrant: &Entrant) -> Result<Vec<String>> {
    let account = entrant.signed.account;
    let mut tx = app.db.write().await?;
    if !store::has_any(&mut tx, account).await? {
        return Err(Error::Forbidden(
            "recovery codes stand in for a second factor: set one up first",
        ));
    }
    let codes = replace_codes(&mut tx, account).await?;
    note(&mut tx, app.clock.now(), Kind::RecoveryCodesMade, entrant, "").await?;
    tx.commit().await?;
    tracing::info!(%account, "Made recovery codes");
    Ok(codes)
}

/// Records a change to the account's factors in the security log.
pub(super) async fn note(
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: Kind,
    entrant: &Entrant,
    which: &str,
) -> Result<()> {
    let account = entrant.signed.account;
    let event = Event::of(kind, account).by(account).saying(which);
    security_log::record(tx, now, &entrant.client.annotate(event)).await
}

/// Recovery codes, where the account has no factor yet, within the caller's transaction.
pub(super) async fn codes_for_first_factor(
    tx: &mut Tx,
    account: Uuid,
) -> Result<Option<Vec<String>>> {
    if store::has_any(tx, account).await? {
        return Ok(None);
    }
    replace_codes(tx, account).await.map(Some)
}

async fn replace_codes(tx: &mut Tx, account: Uuid) -> Result<Vec<String>> {
    let codes = recovery::fresh()?;
    store::delete_recovery_codes(tx, account).await?;
    for code in codes.iter().filter_map(|code| recovery::hash(&recovery::plain(code))) {
        store::insert_recovery_code(tx, account, &code).await?;
    }
    Ok(codes)
}

/// Deletes the recovery codes of an account that has no factor any more, within the caller's
/// transaction.
pub(super) async fn tidy(tx: &mut Tx, account: Uuid) -> Result<()> {
    if !store::has_any(tx, account).await? {
        store::delete_recovery_codes(tx, account).await?;
    }
    Ok(())
}

/// The account, unless it is disabled.
pub(super) async fn enabled(tx: &mut Tx, account: Uuid) -> Result<Option<Account>> {
    let known = accounts_store::find_stored(tx, account).await?;
    Ok(known.filter(|it| it.disabled_at.is_none()).map(|it| it.account))
}

/// Signs in with a code after the password, and ends the session that the browser had before.
pub(super) async fn sign_in(
    app: &App,
    waiting: Option<TokenHash>,
    code: &Code,
    client: &ClientInfo,
) -> Result<SignedIn> {
    let (waiting, now) = (waiting.ok_or(Error::Unauthorized)?, app.clock.now());
    let account = {
        let mut tx = app.db.read().await?;
        match store::find_sign_in(&mut tx, &waiting, now).await? {
            Some(account) => enabled(&mut tx, account).await?.ok_or(Error::Unauthorized)?,
            None => return Err(Error::Unauthorized),
        }
    };
    let key = attempts::account_key(&account);
    let guess = attempts::count_attempt(app, &key, Some(account.id), client).await?;
    let mut tx = app.db.write().await?;
    if !use_code(app, &mut tx, account.id, code, client).await? {
        tracing::info!(account = %account.id, "Refused a code");
        drop(tx);
        accounts::record_failure(app, Some(account.id), client).await?;
        return Err(Error::WrongFactor);
    }
    guess.record_success(app, &mut tx).await?;
    // Of two who come with one cookie at once, one goes on.
    if !store::delete_sign_in(&mut tx, &waiting).await? {
        return Err(Error::Unauthorized);
    }
    let opened = accounts::open_session(&mut tx, app, account.id, client).await?;
    tx.commit().await?;
    opened.evict_previous(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Whether whoever waits has an authenticator app, and whether passkeys.
pub(super) async fn waiting(app: &App, waiting: Option<&TokenHash>) -> Result<(bool, bool)> {
    let waiting = waiting.ok_or(Error::Unauthorized)?;
    let mut tx = app.db.read().await?;
    let account = store::find_sign_in(&mut tx, waiting, app.clock.now()).await?;
    let account = account.ok_or(Error::Unauthorized)?;
    let totp = store::find_totp(&mut tx, account).await?;
    let passkeys = store::list_passkeys(&mut tx, account).await?;
    let has_app = totp.is_some_and(|it| it.confirmed_at.is_some() && it.has_secret());
    Ok((has_app, !passkeys.is_empty()))
}

/// Takes a code, if it is right and has not been taken.
async fn use_code(
    app: &App,
    tx: &mut Tx,
    account: Uuid,
    code: &Code,
    client: &ClientInfo,
) -> Result<bool> {
    let now = app.clock.now();
    let code = match code {
        Code::Recovery(hash) => {
            let is_used = store::use_recovery_code(tx, account, hash, now).await?;
            if is_used {
                let event = Event::of(Kind::RecoveryCodeUsed, account).by(account);
                security_log::record(tx, now, &client.annotate(event)).await?;
            }
            return Ok(is_used);
        }
        Code::OneTime(code) => code,
    };
    let Some(sealed) = store::find_totp(tx, account).await?.and_then(|it| it.sealed_secret) else {
        return Ok(false);
    };
    let Some(secret) = sealed::open(app, account, Some(&sealed))? else { return Ok(false) };
    match Totp::new(&secret, "")?.step_of(code, now) {
        Some(step) => Ok(store::use_totp_step(tx, account, &sealed, step).await?),
        None => Ok(false),
    }
}
