//! Signing in and out, sessions and passwords.

mod confirmation;
mod registration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub use confirmation::{confirm_password, has_recently_confirmed, is_recently_confirmed};
pub(super) use registration::register;

use super::{
    attempts,
    authentication::{DEVICE_LIFETIME, OpenedSession},
    contribution::{begin_second_factor, revocations},
    model::{Credentials, PasswordChange, Session},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::{Idempotency, NoContent204, Page},
        periodic::PeriodicTask,
    },
    features::{
        accounts::{
            self, Account, AuthMethod, ClientInfo, Password, SessionUser, StoredAccount, Token,
            TokenHash, User, passwords,
        },
        security_log::{self, Event, EventKind},
    },
};

/// A session that is not used for this long expires.
pub(super) const IDLE_TIMEOUT: TimeDelta = TimeDelta::days(14);
/// A session expires after this time in any case.
pub(super) const ABSOLUTE_TIMEOUT: TimeDelta = TimeDelta::days(90);
/// The maximum number of sessions of an account. A new one ends the least recently used.
const MAX_SESSIONS: i64 = 100;
/// The maximum number of browsers that an account remembers.
const MAX_DEVICES: i64 = 50;

/// Purges expired sessions, browsers and attempts.
pub const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "sessions",
    run: |tx, now| {
        Box::pin(async move {
            let sessions = store::delete_expired(tx, now, now - IDLE_TIMEOUT).await?;
            let devices = store::delete_old_devices(tx, now - DEVICE_LIFETIME).await?;
            Ok(sessions + devices + attempts::purge(tx, now).await?)
        })
    },
};

/// The result of signing in.
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The session.
    pub opened: OpenedSession,
    /// Whether an earlier request with the same idempotency key created the account.
    pub is_replayed: bool,
}

/// Signs in with a password, and ends the browser's previous session.
///
/// # Errors
/// `SecondFactorRequired` if the account has a second factor.
pub(super) async fn log_in(
    app: &App,
    credentials: Credentials,
    client: &ClientInfo,
) -> Result<SignedIn> {
    let key = credentials.email.key();
    // Reserve first: in a flood, requests are rejected without a write to the database.
    let slot = app.auth.hash_queue().reserve(&key, client)?;
    let found = accounts::find_stored_by_email(&mut app.db.read().await?, &key).await?;
    let found_id = found.as_ref().map(|it| it.account.id);
    let attempt = attempts::count_attempt(app, &key, found_id, client).await?;
    let (account, hash) = match found {
        Some(stored) if stored.disabled_at.is_none() => {
            (Some(stored.account), Some(stored.password_hash))
        }
        // The response for a disabled account is the same as for an unknown one.
        _ => (None, None),
    };
    let verified = hash.clone().unwrap_or_default();
    let is_correct = passwords::verify(slot, &credentials.password, hash).await;
    let (attempt, is_correct) = attempt.refund_on_error(app, is_correct).await?;
    if !is_correct {
        tracing::info!("Rejected a password");
        record_failure(app, found_id, client).await?;
        return Err(Error::WrongPassword);
    }
    let account: Account = account.ok_or(Error::WrongPassword)?;
    let opened = app
        .transaction(async |tx| {
            // Always lock attempt limits before the account, to avoid a deadlock.
            attempt.record_success(app, tx).await?;
            // The password may have been changed during the check.
            let locked = accounts::lock_stored(tx, account.id).await?;
            if !locked.is_some_and(|it| it.accepts_password_hash(&verified)) {
                return Err(Error::WrongPassword);
            }
            if let Some(cookie) = begin_second_factor(tx, app, account.id).await? {
                return Ok(Err(cookie));
            }
            open_session(tx, app, account.id, client).await.map(Ok)
        })
        .await?;
    let opened = match opened {
        Ok(opened) => opened,
        Err(cookie) => return Err(Error::SecondFactorRequired(cookie)),
    };
    opened.evict_previous(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Records a failed sign-in in the security log. An unknown account takes as long as a known one.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn record_failure(app: &App, account: Option<Uuid>, client: &ClientInfo) -> Result<()> {
    let kind = EventKind::SignInFailed;
    let event =
        account.map_or_else(|| Event::new(kind), |account| Event::for_account(kind, account));
    app.transaction(async |tx| {
        security_log::record(tx, app.clock.now(), &client.annotate(event)).await
    })
    .await
}

/// Opens a session for the account, ends the browser's previous session and remembers the browser.
/// After committing `tx`, call [`OpenedSession::evict_previous`].
///
/// # Errors
/// Unauthorized if the account is disabled.
pub async fn open_session(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
    client: &ClientInfo,
) -> Result<OpenedSession> {
    let now = app.clock.now();
    // The lock prevents the account from being disabled before the commit.
    if accounts::lock_stored(tx, account).await?.is_none_or(|it| it.disabled_at.is_some()) {
        return Err(Error::Unauthorized);
    }
    if let Some(previous) = &client.previous_session {
        store::delete(tx, previous).await?;
    }
    let session = Session {
        id: Uuid::now_v7(),
        user_agent: client.user_agent.clone(),
        created_at: now,
        seen_at: now,
        expires_at: now + ABSOLUTE_TIMEOUT,
        is_current: true,
    };
    let token = Token::new()?;
    store::insert(tx, &token.hash(), &session, account).await?;
    store::delete_beyond(tx, account, MAX_SESSIONS).await?;
    let device = if client.device.is_none() { Some(Token::new()?) } else { None };
    let hash = device.as_ref().map(Token::hash).or(client.device).unwrap_or_default();
    store::upsert_device(tx, account, &hash, client, now).await?;
    store::delete_devices_beyond(tx, account, &hash, MAX_DEVICES - 1).await?;
    let signed_in = client.annotate(Event::for_account(EventKind::SignedIn, account));
    security_log::record(tx, now, &signed_in).await?;
    Ok(OpenedSession { token, device, previous: client.previous_session })
}

/// Ends the session with this token.
pub(super) async fn log_out(
    app: &App,
    account: Uuid,
    client: &ClientInfo,
    token: &TokenHash,
) -> Result<()> {
    app.transaction(async |tx| {
        store::delete(tx, token).await?;
        let signed_out = client.annotate(Event::for_account(EventKind::SignedOut, account));
        security_log::record(tx, app.clock.now(), &signed_out).await
    })
    .await?;
    app.auth.session_cache().invalidate(token).await;
    Ok(())
}

/// Ends every session of the account except `except`, revokes its tokens and its calendar link, and
/// forgets pending sign-ins. Without `except`, also forgets its browsers. After committing `tx`, call
/// [`accounts::evict_cached`].
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn revoke_access(tx: &mut Tx, account: Uuid, except: Option<Uuid>) -> Result<()> {
    if except.is_none() {
        store::delete_devices(tx, account).await?;
    }
    store::delete_all_except(tx, account, except.unwrap_or_default()).await?;
    for revoke in revocations() {
        revoke(tx, account).await?;
    }
    Ok(())
}

/// When each of the accounts was last used in a session.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn last_seen(tx: &mut Tx, accounts: &[Uuid]) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    Ok(store::last_seen(tx, &serde_json::json!(accounts).to_string()).await?)
}

/// Lists the user's sessions, newest first.
pub(super) async fn list_sessions(app: &App, user: &User) -> Result<Page<Session>> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = store::list(&mut tx, user.0.account, now, now - IDLE_TIMEOUT).await?;
    for session in &mut items {
        session.is_current = user.0.auth_method == AuthMethod::Session(session.id);
    }
    Ok(Page { items, next_cursor: None })
}

/// Ends one of the user's sessions.
pub(super) async fn end_session(app: &App, caller: &SessionUser, id: Uuid) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        if store::delete_one(tx, account, id).await? == 0 {
            return Err(Error::NotFound(crate::t!("core-not-found-session")));
        }
        record_sessions_ended(app, tx, caller, "one session").await
    })
    .await?;
    accounts::evict_cached(app, account).await;
    Ok(())
}

/// Ends all of the user's sessions except the current one.
pub(super) async fn end_other_sessions(app: &App, caller: &SessionUser) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        store::delete_all_except(tx, account, caller.session).await?;
        record_sessions_ended(app, tx, caller, "all other sessions").await
    })
    .await?;
    accounts::evict_cached(app, account).await;
    Ok(())
}

async fn record_sessions_ended(
    app: &App,
    tx: &mut Tx,
    caller: &SessionUser,
    what: &str,
) -> Result<()> {
    let event =
        Event::for_account(EventKind::SessionsRevoked, caller.user.0.account).with_detail(what);
    security_log::record(tx, app.clock.now(), &caller.client.annotate(event)).await
}

/// Changes the user's password after checking the current one. Revokes all other sessions and tokens.
pub(super) async fn change_password(
    app: &App,
    caller: &SessionUser,
    change: PasswordChange,
    client: &ClientInfo,
    idempotency: &Idempotency,
) -> Result<NoContent204> {
    let (account, now) = (caller.user.0.account, app.clock.now());
    let user: &UserId = &caller.user;
    // Hashing is slow, so the idempotent request begins only after it.
    let mut tx = app.db.read_for(user).await?;
    if let Some(first) = idempotency.find_response(&mut tx, user, now).await? {
        return Ok(first);
    }
    drop(tx);
    let stored = accounts::find_stored(&mut app.db.read().await?, account).await?;
    let stored = stored.ok_or(Error::Unauthorized)?;
    check_password(app, &stored, &change.current_password, client).await?;
    let slot = app.auth.hash_queue().reserve(&attempts::account_key(&stored.account), client)?;
    let password_hash = passwords::hash(slot, &change.new_password.0).await?;
    let done = app
        .write_once(user, idempotency, async |tx| {
            // If the password was reset or the session ended during the change, do not undo that.
            let locked = accounts::lock_stored(tx, account).await?;
            let is_unchanged =
                locked.is_some_and(|it| it.accepts_password_hash(&stored.password_hash));
            if !is_unchanged || !store::is_open(tx, account, caller.session).await? {
                return Err(Error::Unauthorized);
            }
            accounts::set_password(tx, account, password_hash, now).await?;
            revoke_access(tx, account, Some(caller.session)).await?;
            let changed = client.annotate(Event::for_account(EventKind::PasswordChanged, account));
            security_log::record(tx, app.clock.now(), &changed).await?;
            Ok((String::new(), ()))
        })
        .await?;
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, "Changed a password");
    Ok(done)
}

/// Checks a password that a signed-in user enters to confirm an action. It counts toward the same limit
/// as sign-in attempts.
///
/// # Errors
/// Invalid on `currentPassword` if it is wrong; `TooManyRequests`.
pub(super) async fn check_password(
    app: &App,
    stored: &StoredAccount,
    password: &Password,
    client: &ClientInfo,
) -> Result<()> {
    let (account, key) = (stored.account.id, attempts::account_key(&stored.account));
    let slot = app.auth.hash_queue().reserve(&key, client)?;
    let attempt = attempts::count_attempt(app, &key, Some(account), client).await?;
    let hash = Some(stored.password_hash.clone());
    let is_correct = passwords::verify(slot, password, hash).await;
    let (attempt, is_correct) = attempt.refund_on_error(app, is_correct).await?;
    if !is_correct {
        record_failure(app, Some(account), client).await?;
        return Err(Error::invalid("currentPassword", crate::t!("sessions-field-password-wrong")));
    }
    app.transaction(async |tx| attempt.record_success(app, tx).await).await
}
