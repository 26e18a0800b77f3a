//! Making accounts, signing in and out, and preferences.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    doors::TokenHash,
    model::{
        Account, Credentials, Currency, NewAccount, Preferences, PreferencesChange, Signed,
        TimeZone,
    },
    passwords,
    session::{self, Token},
    store,
};
use crate::core::{
    App, Error, Result, UserId,
    config::Registration,
    db::{self, Tx},
    http::IfMatch,
    jobs::Chore,
};

/// How long a session lasts without being used.
pub(super) const IDLE: TimeDelta = TimeDelta::days(14);
/// How long it lasts at most.
pub(super) const ABSOLUTE: TimeDelta = TimeDelta::days(90);

/// Forgets sessions that have ended.
pub const CHORE: Chore = Chore {
    name: "accounts",
    run: |tx, now| {
        Box::pin(async move { Ok(store::delete_dead_sessions(tx, now, now - IDLE).await?) })
    },
};

/// Whether anybody has made an account yet.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn has_accounts(app: &App) -> Result<bool> {
    Ok(store::has_accounts(&mut app.db.read().await?).await?)
}

/// Makes an account, signs it in, and ends the session that the browser had before. The first
/// account becomes the administrator.
pub(super) async fn register(
    app: &App,
    new: NewAccount,
    before: Option<TokenHash>,
) -> Result<(Account, Token)> {
    const CLOSED: &str = "accounts cannot be made here: ask whoever runs this service";
    let is_open = app.config.auth.registration == Registration::Open;
    // Before the costly hash; the claim below decides.
    if !is_open && has_accounts(app).await? {
        return Err(Error::Forbidden(CLOSED));
    }
    let password_hash = passwords::hash(&app.doors, &new.password.0).await?;
    let now = app.clock.now();
    let mut account = Account {
        id: Uuid::now_v7(),
        email: new.email.as_str().to_owned(),
        display_name: new.display_name.map(|it| it.0),
        is_admin: false,
        created_at: now,
    };
    let mut tx = app.db.write().await?;
    store::insert(&mut tx, &account, new.email.key(), password_hash).await.map_err(|error| {
        if !db::is_unique_violation(&error) {
            return error.into();
        }
        Error::Conflict {
            name: "duplicate-email",
            detail: "an account with this e-mail address exists".to_owned(),
            vehicle: None,
        }
    })?;
    if store::claim_first(&mut tx, account.id).await? {
        store::set_admin(&mut tx, account.id).await?;
        account.is_admin = true;
    } else if !is_open {
        return Err(Error::Forbidden(CLOSED));
    }
    let token = Token::new()?;
    if let Some(before) = &before {
        store::delete_session(&mut tx, before).await?;
    }
    store::insert_session(&mut tx, &token.hash(), account.id, now, now + ABSOLUTE).await?;
    tx.commit().await?;
    if let Some(before) = &before {
        app.doors.sessions().invalidate(before).await;
    }
    tracing::info!(account = %account.id, is_admin = account.is_admin, "Registered");
    Ok((account, token))
}

/// Signs in, and ends the session that the browser had before.
pub(super) async fn log_in(
    app: &App,
    credentials: Credentials,
    before: Option<TokenHash>,
) -> Result<(Account, Token)> {
    let key = credentials.email.key();
    app.doors.count_guess(&key)?;
    let known = {
        let mut tx = app.db.read().await?;
        store::find_by_email(&mut tx, &key).await?
    };
    let (account, hash) = known.map(|it| (it.account, it.password_hash)).unzip();
    if !passwords::verify(&app.doors, &credentials.password, hash).await? {
        tracing::info!("Refused a password");
        return Err(Error::WrongPassword);
    }
    let account: Account = account.ok_or(Error::WrongPassword)?;
    app.doors.forgive(&key);
    let now = app.clock.now();
    let token = Token::new()?;
    let mut tx = app.db.write().await?;
    if let Some(before) = &before {
        store::delete_session(&mut tx, before).await?;
    }
    store::delete_dead_sessions(&mut tx, now, now - IDLE).await?;
    store::insert_session(&mut tx, &token.hash(), account.id, now, now + ABSOLUTE).await?;
    tx.commit().await?;
    if let Some(before) = &before {
        app.doors.sessions().invalidate(before).await;
    }
    Ok((account, token))
}

/// Ends a session.
pub(super) async fn log_out(app: &App, token: &TokenHash) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::delete_session(&mut tx, token).await?;
    tx.commit().await?;
    app.doors.sessions().invalidate(token).await;
    Ok(())
}

/// The account that is signed in.
pub(super) async fn account(app: &App, signed: &Signed) -> Result<Account> {
    let mut tx = app.db.read().await?;
    store::find(&mut tx, signed.account).await?.ok_or(Error::Unauthorized)
}

/// The user's preferences; made with the defaults on first read.
pub(super) async fn preferences(app: &App, user: &UserId) -> Result<Preferences> {
    let found = {
        let mut tx = app.db.read().await?;
        store::find_preferences(&mut tx, user).await?
    };
    if let Some(preferences) = found {
        return Ok(preferences);
    }
    let mut tx = app.db.write().await?;
    let preferences = hold_preferences(&mut tx, user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(preferences)
}

/// The preferences, made with the defaults where there are none; nobody else changes them before
/// the caller's transaction ends.
async fn hold_preferences(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<Preferences> {
    store::insert_preferences(tx, user, &Preferences::default(), now).await?;
    Ok(store::hold_preferences(tx, user).await?)
}

/// Changes the user's preferences.
pub(super) async fn change_preferences(
    app: &App,
    user: &UserId,
    change: PreferencesChange,
    if_match: &IfMatch,
) -> Result<Preferences> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let current = hold_preferences(&mut tx, user, now).await?;
    if_match.check(&current)?;
    let preferences = Preferences {
        distance_unit: change.distance_unit.or(current.distance_unit),
        volume_unit: change.volume_unit.or(current.volume_unit),
        economy_unit: change.economy_unit.or(current.economy_unit),
        currency: change.currency.or(Currency(current.currency)).0,
        time_zone: change.time_zone.or(TimeZone(current.time_zone)).0,
        theme: change.theme.or(current.theme),
    };
    store::update_preferences(&mut tx, user, &preferences, now).await?;
    tx.commit().await?;
    session::forget(app, user).await;
    Ok(preferences)
}
