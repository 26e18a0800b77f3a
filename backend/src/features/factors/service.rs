//! Enabling and disabling second factors, and signing in with a code.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    model::{Code, Factors},
    recovery, store,
    totp::{self, Totp},
    totp_secrets,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        config::SecondFactor,
        db::Tx,
        feature::{GrantKind, GrantOwner, GrantSummary},
    },
    features::{
        accounts::{self, Account, AnySession, ClientInfo, CredentialOwner, Principal, TokenHash},
        security_log::{self, Event, EventKind},
        sessions::{self, SignedIn, attempts},
    },
};

/// Whether the account has a second factor.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn has_any(tx: &mut Tx, account: Uuid) -> Result<bool> {
    Ok(store::has_any(tx, account).await?)
}

/// Whether the account is required to have a second factor but has none.
///
/// An account without a password signs in with an OpenID provider, which decides about second factors.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn is_missing_required(
    tx: &mut Tx,
    app: &App,
    owner: &CredentialOwner,
) -> Result<bool> {
    if !is_required(app, owner.is_admin) {
        return Ok(false);
    }
    let stored = accounts::find_stored(tx, owner.account_id).await?;
    Ok(stored.is_some_and(|it| it.has_password()) && !store::has_any(tx, owner.account_id).await?)
}

fn is_required(app: &App, is_admin: bool) -> bool {
    match app.config.auth.require_second_factor {
        SecondFactor::Off => false,
        SecondFactor::Administrators => is_admin,
        SecondFactor::Everyone => true,
    }
}

/// Lists the account's passkeys for the review after a password reset.
pub(super) fn list_grants<'a>(
    tx: &'a mut Tx,
    owner: GrantOwner<'a>,
) -> BoxFuture<'a, Result<Vec<GrantSummary>>> {
    Box::pin(async move {
        let passkeys = store::list_passkeys(tx, owner.account).await?;
        let grants = passkeys.into_iter().map(|it| {
            let (kind, created_at) = (GrantKind::Passkey, it.created_at);
            GrantSummary { kind, id: it.id, name: it.name, created_at }
        });
        Ok(grants.collect())
    })
}

/// Returns the user's second factors.
pub(super) async fn find(app: &App, principal: &Principal) -> Result<Factors> {
    let mut tx = app.db.read().await?;
    let totp = store::find_totp(&mut tx, principal.account).await?;
    let totp_since = totp.and_then(|it| it.confirmed_at);
    let passkeys = store::list_passkeys(&mut tx, principal.account).await?;
    Ok(Factors {
        is_on: totp_since.is_some() || !passkeys.is_empty(),
        is_required: is_required(app, principal.is_admin),
        totp_since,
        passkeys,
        recovery_codes_left: store::count_recovery_codes(&mut tx, principal.account).await?,
    })
}

/// The account name shown in authenticator apps and passkey managers.
pub(super) fn account_label(principal: &Principal) -> String {
    match &principal.display_name {
        _ if !principal.email.is_empty() => principal.email.clone(),
        Some(name) => name.clone(),
        None => crate::t!("factors-app-name").to_string(),
    }
}

/// Starts to set up an authenticator app. Replaces the secret of an unfinished setup.
pub(super) async fn begin_totp(app: &App, principal: &Principal) -> Result<Totp> {
    let secret = totp::generate_secret()?;
    let sealed = totp_secrets::seal(app.key()?, principal.account, &secret)?;
    app.transaction(async |tx| {
        if !store::insert_totp(tx, principal.account, &sealed, app.clock.now()).await? {
            return Err(Error::conflict("factor-exists", crate::t!("factors-app-exists")));
        }
        Ok(())
    })
    .await?;
    Totp::new(&secret, &account_label(principal))
}

/// Returns the authenticator app that is being set up.
pub(super) async fn find_unconfirmed_totp(
    app: &App,
    principal: &Principal,
) -> Result<Option<Totp>> {
    let found = store::find_totp(&mut app.db.read().await?, principal.account).await?;
    let Some(row) = found.filter(|it| it.confirmed_at.is_none()) else { return Ok(None) };
    let secret = totp_secrets::open(app, principal.account, row.sealed_secret.as_deref())?;
    secret.map(|it| Totp::new(&it, &account_label(principal))).transpose()
}

/// Enables the authenticator app with its first code. Returns recovery codes if it is the account's
/// first factor.
///
/// Callers know the secret, so failed attempts are not counted.
pub(super) async fn confirm_totp(
    app: &App,
    session: &AnySession,
    code: &Code,
) -> Result<Option<Vec<String>>> {
    let (account, now) = (session.principal.account, app.clock.now());
    let codes = app
        .transaction(async |tx| {
            let found = store::find_totp(tx, account).await?.filter(|it| it.confirmed_at.is_none());
            let missing = || Error::NotFound(crate::t!("core-not-found-new-authenticator"));
            let sealed = found.and_then(|it| it.sealed_secret).ok_or_else(missing)?;
            let secret = totp_secrets::open(app, account, Some(&sealed))?.ok_or_else(missing)?;
            let Code::OneTime(code) = code else {
                return Err(Error::invalid("code", crate::t!("factors-field-code-app")));
            };
            let step = Totp::new(&secret, "")?
                .matching_step(code, now)
                .ok_or_else(|| Error::invalid("code", crate::t!("factors-field-code-wrong")))?;
            let codes = create_codes_for_first_factor(tx, account).await?;
            if !store::confirm_totp(tx, account, &sealed, step, now).await? {
                return Err(Error::Unavailable);
            }
            record_change(tx, now, EventKind::FactorAdded, session, "authenticator app").await?;
            Ok(codes)
        })
        .await?;
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, "Set up an authenticator app");
    Ok(codes)
}

/// Removes the authenticator app.
pub(super) async fn remove_totp(app: &App, session: &AnySession) -> Result<()> {
    let account = session.principal.account;
    app.transaction(async |tx| {
        if !store::delete_totp(tx, account).await? {
            return Err(Error::NotFound(crate::t!("core-not-found-authenticator")));
        }
        delete_unneeded_recovery_codes(tx, account).await?;
        record_change(tx, app.clock.now(), EventKind::FactorRemoved, session, "authenticator app")
            .await
    })
    .await?;
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, "Removed an authenticator app");
    Ok(())
}

/// Replaces the recovery codes with new ones.
pub(super) async fn regenerate_recovery_codes(
    app: &App,
    session: &AnySession,
) -> Result<Vec<String>> {
    let account = session.principal.account;
    let codes = app
        .transaction(async |tx| {
            if !store::has_any(tx, account).await? {
                return Err(Error::Forbidden(crate::t!("factors-recovery-without-factor")));
            }
            let codes = replace_recovery_codes(tx, account).await?;
            record_change(tx, app.clock.now(), EventKind::RecoveryCodesCreated, session, "")
                .await?;
            Ok(codes)
        })
        .await?;
    tracing::info!(%account, "Generated recovery codes");
    Ok(codes)
}

/// Records a change to the account's factors in the security log.
pub(super) async fn record_change(
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: EventKind,
    session: &AnySession,
    factor: &str,
) -> Result<()> {
    let account = session.principal.account;
    let event = Event::for_account(kind, account).by(account).with_detail(factor);
    security_log::record(tx, now, &session.client.annotate(event)).await
}

/// Creates recovery codes within the caller's transaction if the account has no factor yet.
pub(super) async fn create_codes_for_first_factor(
    tx: &mut Tx,
    account: Uuid,
) -> Result<Option<Vec<String>>> {
    if store::has_any(tx, account).await? {
        return Ok(None);
    }
    replace_recovery_codes(tx, account).await.map(Some)
}

async fn replace_recovery_codes(tx: &mut Tx, account: Uuid) -> Result<Vec<String>> {
    let codes = recovery::generate_codes()?;
    store::delete_recovery_codes(tx, account).await?;
    for code in codes.iter().filter_map(|code| recovery::hash_code(&recovery::normalize(code))) {
        store::insert_recovery_code(tx, account, &code).await?;
    }
    Ok(codes)
}

/// Deletes the recovery codes within the caller's transaction if the account has no factor left.
pub(super) async fn delete_unneeded_recovery_codes(tx: &mut Tx, account: Uuid) -> Result<()> {
    if !store::has_any(tx, account).await? {
        store::delete_recovery_codes(tx, account).await?;
    }
    Ok(())
}

/// Returns the account unless it is disabled.
pub(super) async fn find_enabled_account(tx: &mut Tx, account: Uuid) -> Result<Option<Account>> {
    let stored = accounts::find_stored(tx, account).await?;
    Ok(stored.filter(|it| it.disabled_at.is_none()).map(|it| it.account))
}

/// Completes a pending sign-in with a code, and ends the browser's previous session.
pub(super) async fn sign_in(
    app: &App,
    pending: Option<TokenHash>,
    code: &Code,
    client: &ClientInfo,
) -> Result<SignedIn> {
    let (pending, now) = (pending.ok_or(Error::Unauthorized)?, app.clock.now());
    let account = {
        let mut tx = app.db.read().await?;
        match store::find_pending_sign_in(&mut tx, &pending, now).await? {
            Some(account) => {
                find_enabled_account(&mut tx, account).await?.ok_or(Error::Unauthorized)?
            }
            None => return Err(Error::Unauthorized),
        }
    };
    let key = attempts::account_key(&account);
    let guess = attempts::count_attempt(app, &key, Some(account.id), client).await?;
    let signed_in = app
        .transaction(async |tx| {
            if !redeem_code(app, tx, account.id, code, client).await? {
                return Err(Error::WrongFactor);
            }
            guess.record_success(app, tx).await?;
            // Of concurrent requests with the same cookie, only one succeeds.
            if !store::delete_pending_sign_in(tx, &pending).await? {
                return Err(Error::Unauthorized);
            }
            sessions::open_session(tx, app, account.id, client).await
        })
        .await;
    if let Err(Error::WrongFactor) = signed_in {
        tracing::info!(account = %account.id, "Rejected a second-factor code");
        sessions::record_failure(app, Some(account.id), client).await?;
    }
    let opened = signed_in?;
    opened.evict_previous(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Whether the account of a pending sign-in has an authenticator app, and whether it has passkeys.
pub(super) async fn available_factors(
    app: &App,
    pending: Option<&TokenHash>,
) -> Result<(bool, bool)> {
    let pending = pending.ok_or(Error::Unauthorized)?;
    let mut tx = app.db.read().await?;
    let account = store::find_pending_sign_in(&mut tx, pending, app.clock.now()).await?;
    let account = account.ok_or(Error::Unauthorized)?;
    let totp = store::find_totp(&mut tx, account).await?;
    let passkeys = store::list_passkeys(&mut tx, account).await?;
    let has_app = totp.is_some_and(|it| it.confirmed_at.is_some() && it.has_secret());
    Ok((has_app, !passkeys.is_empty()))
}

/// Marks a code as used. Returns false if it is wrong or was used already.
async fn redeem_code(
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
                let event = Event::for_account(EventKind::RecoveryCodeUsed, account).by(account);
                security_log::record(tx, now, &client.annotate(event)).await?;
            }
            return Ok(is_used);
        }
        Code::OneTime(code) => code,
    };
    let Some(sealed) = store::find_totp(tx, account).await?.and_then(|it| it.sealed_secret) else {
        return Ok(false);
    };
    let Some(secret) = totp_secrets::open(app, account, Some(&sealed))? else { return Ok(false) };
    match Totp::new(&secret, "")?.matching_step(code, now) {
        Some(step) => Ok(store::use_totp_step(tx, account, &sealed, step).await?),
        None => Ok(false),
    }
}
