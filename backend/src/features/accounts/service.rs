//! Signing in and out, sessions and the password.

mod creation;
mod preferences;
mod registration;

use chrono::TimeDelta;
use uuid::Uuid;

pub use creation::{
    Created, FirstAdministrator, NewByOperator, create, create_first_administrator,
    first_administrator,
};
pub(super) use preferences::{change_preferences, preferences};
pub(super) use registration::register;

use super::{
    Signer, User,
    arrival::Arrival,
    challenges,
    doors::TokenHash,
    factors, feeds, guesses, mail,
    model::{Account, Credentials, Password, PasswordChange, Proof, Session, Signed},
    passwords,
    session::{self, Opened, Token},
    store::{self, Known},
    tokens,
};
use crate::{
    core::{
        App, Error, Result,
        db::Tx,
        http::{Finished, Once, Page},
        jobs::Chore,
    },
    features::security_log::{self, Event, Kind},
};

/// How long a session lasts without being used.
pub(super) const IDLE: TimeDelta = TimeDelta::days(14);
/// How long it lasts at most.
pub(super) const ABSOLUTE: TimeDelta = TimeDelta::days(90);
/// How many sessions an account has at most. A new one ends the one that was not used for longest.
const SESSIONS: i64 = 100;
/// How many browsers an account is known by at most.
const DEVICES: i64 = 50;

/// Forgets what has ended: sessions, browsers that nobody uses any more, guesses that no longer
/// count.
pub const CHORE: Chore = Chore {
    name: "accounts",
    run: |tx, now| {
        Box::pin(async move {
            let sessions = store::sessions::delete_dead(tx, now, now - IDLE).await?;
            let devices = store::sessions::delete_old_devices(tx, now - session::KNOWN).await?;
            factors::purge(tx, now).await?;
            challenges::purge(tx, now).await?;
            let links = mail::purge(tx, now).await?;
            Ok(sessions + devices + links + guesses::purge(tx, now).await?)
        })
    },
};

/// Whether anybody has made an account yet.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn has_accounts(app: &App) -> Result<bool> {
    Ok(store::has_accounts(&mut app.db.read().await?).await?)
}

/// What the first account has to be registered with, as long as there is none and others than this
/// machine can reach the service.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn setup_token(app: &App) -> Result<Option<&str>> {
    match app.doors.setup_token() {
        Some(token) if !has_accounts(app).await? => Ok(Some(token)),
        _ => Ok(None),
    }
}

/// An account that has just signed in.
pub(super) struct SignedIn {
    pub(super) account: Account,
    pub(super) opened: Opened,
    /// Whether an earlier request with the same key made the account.
    pub(super) is_replayed: bool,
}

/// Signs in, and ends the session that the browser had before.
///
/// # Errors
/// `SecondFactorRequired` where the account has one.
pub(super) async fn log_in(
    app: &App,
    credentials: Credentials,
    arrival: &Arrival,
) -> Result<SignedIn> {
    let key = credentials.email.key();
    // Before the attempt is written: a flood is refused at no cost.
    let place = app.doors.hashing().enter(&key, arrival)?;
    let known = store::find_by_email(&mut app.db.read().await?, &key).await?;
    let known_id = known.as_ref().map(|it| it.account.id);
    let guess = guesses::try_one(app, &key, known_id, arrival).await?;
    let (account, hash) = match known {
        // As if there were none: who may not come in is told nothing else than who is unknown.
        Some(known) if known.disabled_at.is_none() => {
            (Some(known.account), Some(known.password_hash))
        }
        _ => (None, None),
    };
    let verified = hash.clone().unwrap_or_default();
    let is_right = passwords::verify(place, &credentials.password, hash).await;
    let (guess, is_right) = guess.unless_checked(app, is_right).await?;
    if !is_right {
        tracing::info!("Refused a password");
        note_refusal(app, known_id, arrival).await?;
        return Err(Error::WrongPassword);
    }
    let account: Account = account.ok_or(Error::WrongPassword)?;
    let mut tx = app.db.write().await?;
    // The budgets before the account, as everywhere: else two could wait for each other.
    guess.was_right(app, &mut tx).await?;
    // It may have been changed while this one was checked.
    let held = store::hold(&mut tx, account.id).await?;
    if !held.is_some_and(|it| it.is_opened_by(&verified)) {
        return Err(Error::WrongPassword);
    }
    if let Some(waiting) = factors::wait(&mut tx, app, account.id).await? {
        tx.commit().await?;
        return Err(Error::SecondFactorRequired(waiting.cookie(app)?));
    }
    let opened = open_session(&mut tx, app, account.id, arrival).await?;
    tx.commit().await?;
    opened.settle(app).await;
    Ok(SignedIn { account, opened, is_replayed: false })
}

/// Records that a password was wrong. An account that nobody has takes as long.
pub(super) async fn note_refusal(
    app: &App,
    account: Option<Uuid>,
    arrival: &Arrival,
) -> Result<()> {
    let kind = Kind::SignInRefused;
    let event = account.map_or_else(|| Event::new(kind), |account| Event::of(kind, account));
    let mut tx = app.db.write().await?;
    security_log::record(&mut tx, app.clock.now(), &arrival.mark(event)).await?;
    tx.commit().await
}

/// Opens a session of the account's within the caller's transaction, and ends the one that the
/// browser had before. The browser is known from now on. Once committed, the caller ends with
/// [`Opened::settle`].
pub(super) async fn open_session(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
    arrival: &Arrival,
) -> Result<Opened> {
    let now = app.clock.now();
    // Nobody disables the account before the transaction ends.
    if store::hold(tx, account).await?.is_none_or(|it| it.disabled_at.is_some()) {
        return Err(Error::Unauthorized);
    }
    if let Some(before) = &arrival.before {
        store::sessions::delete(tx, before).await?;
    }
    let session = Session {
        id: Uuid::now_v7(),
        user_agent: arrival.user_agent.clone(),
        created_at: now,
        seen_at: now,
        expires_at: now + ABSOLUTE,
        is_current: true,
    };
    let token = Token::new()?;
    store::sessions::insert(tx, &token.hash(), &session, account).await?;
    store::sessions::delete_beyond(tx, account, SESSIONS).await?;
    let device = if arrival.device.is_none() { Some(Token::new()?) } else { None };
    let hash = device.as_ref().map(Token::hash).or(arrival.device).unwrap_or_default();
    store::sessions::keep_device(tx, account, &hash, arrival, now).await?;
    store::sessions::delete_devices_beyond(tx, account, &hash, DEVICES - 1).await?;
    let signed_in = arrival.mark(Event::of(Kind::SignedIn, account));
    security_log::record(tx, now, &signed_in).await?;
    Ok(Opened { session: token, device, before: arrival.before })
}

/// Ends a session.
pub(super) async fn log_out(
    app: &App,
    account: Uuid,
    arrival: &Arrival,
    token: &TokenHash,
) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::sessions::delete(&mut tx, token).await?;
    let signed_out = arrival.mark(Event::of(Kind::SignedOut, account));
    security_log::record(&mut tx, app.clock.now(), &signed_out).await?;
    tx.commit().await?;
    app.doors.sessions().invalidate(token).await;
    Ok(())
}

/// Ends every session of the account but `except`, revokes its tokens and its calendar's address, and
/// forgets its browsers, within the caller's transaction. Once committed, the caller ends with
/// [`session::forget`].
pub(super) async fn end_all(tx: &mut Tx, account: Uuid, except: Option<Uuid>) -> Result<()> {
    if except.is_none() {
        store::sessions::delete_devices(tx, account).await?;
    }
    store::sessions::delete_of(tx, account, except.unwrap_or_default()).await?;
    factors::forget(tx, account).await?;
    feeds::revoke_all(tx, account).await?;
    tokens::revoke_all(tx, account).await
}

/// The sessions of whoever asks, the latest first.
pub(super) async fn sessions(app: &App, user: &User) -> Result<Page<Session>> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let mut items = store::sessions::list(&mut tx, user.0.account, now, now - IDLE).await?;
    for session in &mut items {
        session.is_current = user.0.proof == Proof::Session(session.id);
    }
    Ok(Page { items, next_cursor: None })
}

/// Ends one session of whoever asks.
pub(super) async fn end_session(app: &App, signer: &Signer, id: Uuid) -> Result<()> {
    let account = signer.user.0.account;
    let mut tx = app.db.write().await?;
    if store::sessions::delete_one(&mut tx, account, id).await? == 0 {
        return Err(Error::NotFound("session"));
    }
    note_ended(app, &mut tx, signer, "one session").await?;
    tx.commit().await?;
    session::forget(app, account).await;
    Ok(())
}

/// Ends every other session of whoever asks.
pub(super) async fn end_other_sessions(app: &App, signer: &Signer) -> Result<()> {
    let account = signer.user.0.account;
    let mut tx = app.db.write().await?;
    store::sessions::delete_of(&mut tx, account, signer.session).await?;
    note_ended(app, &mut tx, signer, "all other sessions").await?;
    tx.commit().await?;
    session::forget(app, account).await;
    Ok(())
}

async fn note_ended(app: &App, tx: &mut Tx, signer: &Signer, what: &str) -> Result<()> {
    let event = Event::of(Kind::SessionsEnded, signer.user.0.account).saying(what);
    security_log::record(tx, app.clock.now(), &signer.arrival.mark(event)).await
}

/// Changes the password of whoever asks, if they know the one before. Every other session and
/// every token ends.
pub(super) async fn change_password(
    app: &App,
    signer: &Signer,
    change: PasswordChange,
    arrival: &Arrival,
    once: &Once,
) -> Result<Finished> {
    let (account, now) = (signer.user.0.account, app.clock.now());
    let mut tx = app.db.write_for(&signer.user).await?;
    if let Some(before) = once.claim(&mut tx, &signer.user, now).await? {
        return Ok(before);
    }
    // Claimed once more below, after the costly part that no transaction is held for.
    drop(tx);
    let known = store::find_known(&mut app.db.read().await?, account).await?;
    let known = known.ok_or(Error::Unauthorized)?;
    check_password(app, &known, &change.current_password, arrival).await?;
    let place = app.doors.hashing().enter(&guesses::key_of(&known.account), arrival)?;
    let password_hash = passwords::hash(place, &change.new_password.0).await?;
    let mut tx = app.db.write_for(&signer.user).await?;
    if let Some(before) = once.claim(&mut tx, &signer.user, now).await? {
        return Ok(before);
    }
    // Neither a reset nor the session's end is undone by a change that was begun before.
    let held = store::hold(&mut tx, account).await?;
    let is_same = held.is_some_and(|it| it.is_opened_by(&known.password_hash));
    if !is_same || !store::sessions::is_open(&mut tx, account, signer.session).await? {
        return Err(Error::Unauthorized);
    }
    store::set_password(&mut tx, account, password_hash, now).await?;
    end_all(&mut tx, account, Some(signer.session)).await?;
    let changed = arrival.mark(Event::of(Kind::PasswordChanged, account));
    security_log::record(&mut tx, app.clock.now(), &changed).await?;
    let done = once.keep(&mut tx, &signer.user, String::new(), &()).await?;
    tx.commit().await?;
    session::forget(app, account).await;
    tracing::info!(%account, "Changed a password");
    Ok(done)
}

/// Holds a password that is asked for once more, within a session, against the account's. It is
/// counted as any guess.
///
/// # Errors
/// Invalid on `currentPassword` where it is wrong, `TooManyRequests`.
pub(super) async fn check_password(
    app: &App,
    known: &Known,
    password: &Password,
    arrival: &Arrival,
) -> Result<()> {
    let (account, key) = (known.account.id, guesses::key_of(&known.account));
    let place = app.doors.hashing().enter(&key, arrival)?;
    let guess = guesses::try_one(app, &key, Some(account), arrival).await?;
    let hash = Some(known.password_hash.clone());
    let is_right = passwords::verify(place, password, hash).await;
    let (guess, is_right) = guess.unless_checked(app, is_right).await?;
    if !is_right {
        note_refusal(app, Some(account), arrival).await?;
        return Err(Error::invalid("currentPassword", "is not your password"));
    }
    let mut tx = app.db.write().await?;
    guess.was_right(app, &mut tx).await?;
    tx.commit().await
}

/// The account that is signed in.
pub(super) async fn account(app: &App, signed: &Signed) -> Result<Account> {
    let mut tx = app.db.read().await?;
    store::find(&mut tx, signed.account).await?.ok_or(Error::Unauthorized)
}
