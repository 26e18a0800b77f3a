//! Accounts and preferences in the database.

pub(super) mod sessions;

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::{Account, Preferences};
use crate::{
    core::{UserId, db::Tx},
    sql,
};

/// An account with what signing in checks.
#[derive(sqlx::FromRow)]
pub(super) struct Known {
    #[sqlx(flatten)]
    pub(super) account: Account,
    /// Empty where no password signs in.
    pub(super) password_hash: String,
    pub(super) disabled_at: Option<DateTime<Utc>>,
    /// Since when what can act for the account waits to be reviewed, after a password reset.
    pub(super) review_since: Option<DateTime<Utc>>,
}

impl Known {
    /// Whether a password opens the account.
    pub(super) fn has_password(&self) -> bool {
        !self.password_hash.is_empty() && !self.account.email.is_empty()
    }

    /// Whether this is still the hash of the account's password, and it is enabled.
    pub(super) fn is_opened_by(&self, password_hash: &str) -> bool {
        self.disabled_at.is_none() && self.password_hash == password_hash
    }
}

pub(super) async fn has_accounts(tx: &mut Tx) -> Result<bool> {
    let (exists,): (bool,) = sql!(tx, fetch_one, "SELECT EXISTS (SELECT 1 FROM first_account)")?;
    Ok(exists)
}

pub(super) async fn insert(
    tx: &mut Tx,
    account: &Account,
    user: &UserId,
    email_key: String,
    password_hash: String,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO accounts
           (id, email, email_key, display_name, password_hash, is_admin, created_at, updated_at,
            user_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        account.id,
        &account.email,
        &email_key,
        &account.display_name,
        &password_hash,
        account.is_admin,
        account.created_at,
        user.as_str(),
    )?;
    Ok(())
}

/// Makes `account` the first, unless there is one; waits for whoever tries the same.
pub(super) async fn claim_first(tx: &mut Tx, account: Uuid) -> Result<bool> {
    let claimed = sql!(
        tx,
        execute,
        "INSERT INTO first_account (is_taken, account_id) VALUES (true, $1)
         ON CONFLICT (is_taken) DO NOTHING",
        account,
    )?;
    Ok(claimed == 1)
}

pub(super) async fn set_admin(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET is_admin = true WHERE id = $1", account)?;
    Ok(())
}

/// An account with what signing in checks, as the rest of the statement picks it.
macro_rules! known {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, display_name, is_admin, created_at, password_hash, disabled_at,
                    review_since
             FROM accounts ",
            $rest
        )
    };
}

pub(super) async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<Known>> {
    sql!(tx, fetch_optional, known!("WHERE email_key = $1"), email_key)
}

/// The account `id` with what signing in checks.
pub(super) async fn find_known(tx: &mut Tx, account: Uuid) -> Result<Option<Known>> {
    sql!(tx, fetch_optional, known!("WHERE id = $1"), account)
}

/// As [`find_known`], and nobody else changes how one gets into the account before this
/// transaction ends: SQLite has one writer in any case, PostgreSQL locks the row.
pub(super) async fn hold(tx: &mut Tx, account: Uuid) -> Result<Option<Known>> {
    match tx {
        Tx::Sqlite(_) => find_known(tx, account).await,
        Tx::Postgres { .. } => {
            sql!(tx, fetch_optional, known!("WHERE id = $1 FOR UPDATE"), account)
        }
    }
}

/// Keeps another password's hash.
pub(super) async fn set_password(
    tx: &mut Tx,
    account: Uuid,
    password_hash: String,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE accounts SET password_hash = $2, updated_at = $3 WHERE id = $1",
        account,
        password_hash,
        now,
    )?;
    Ok(())
}

/// Begins (`since`) or ends (none) the review of what can act for the account.
pub(super) async fn set_review(
    tx: &mut Tx,
    account: Uuid,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET review_since = $2 WHERE id = $1", account, since)?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, account: Uuid) -> Result<Option<Account>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT id, email, display_name, is_admin, created_at FROM accounts WHERE id = $1",
        account,
    )
}

pub(super) async fn find_preferences(tx: &mut Tx, user: &UserId) -> Result<Option<Preferences>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT distance_unit, volume_unit, economy_unit, currency, time_zone, theme
         FROM user_preferences WHERE user_id = $1",
        user.as_str(),
    )
}

/// As [`find_preferences`] where there are some, and nobody else changes them before this
/// transaction ends.
pub(super) async fn hold_preferences(tx: &mut Tx, user: &UserId) -> Result<Preferences> {
    match tx {
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_one,
            "SELECT distance_unit, volume_unit, economy_unit, currency, time_zone, theme
             FROM user_preferences WHERE user_id = $1",
            user.as_str(),
        ),
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_one,
            "SELECT distance_unit, volume_unit, economy_unit, currency, time_zone, theme
             FROM user_preferences WHERE user_id = $1 FOR UPDATE",
            user.as_str(),
        ),
    }
}

/// Makes them, unless there are some.
pub(super) async fn insert_preferences(
    tx: &mut Tx,
    user: &UserId,
    preferences: &Preferences,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO user_preferences
           (user_id, distance_unit, volume_unit, economy_unit, currency, time_zone, theme, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (user_id) DO NOTHING",
        user.as_str(),
        preferences.distance_unit.as_str(),
        preferences.volume_unit.as_str(),
        preferences.economy_unit.as_str(),
        &preferences.currency,
        &preferences.time_zone,
        preferences.theme.as_str(),
        now,
    )?;
    Ok(())
}

pub(super) async fn update_preferences(
    tx: &mut Tx,
    user: &UserId,
    preferences: &Preferences,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE user_preferences
         SET distance_unit = $2, volume_unit = $3, economy_unit = $4, currency = $5,
             time_zone = $6, theme = $7, updated_at = $8
         WHERE user_id = $1",
        user.as_str(),
        preferences.distance_unit.as_str(),
        preferences.volume_unit.as_str(),
        preferences.economy_unit.as_str(),
        &preferences.currency,
        &preferences.time_zone,
        preferences.theme.as_str(),
        now,
    )?;
    Ok(())
}

/// An account that may be notified.
#[derive(sqlx::FromRow)]
pub(super) struct Enabled {
    pub(super) id: Uuid,
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) email_confirmed_at: Option<DateTime<Utc>>,
    pub(super) confirmation_sent_at: Option<DateTime<Utc>>,
    pub(super) review_since: Option<DateTime<Utc>>,
}

/// The next accounts after `after` that are not disabled.
pub(super) async fn some_enabled(tx: &mut Tx, after: Uuid) -> Result<Vec<Enabled>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, user_id, email, email_confirmed_at, confirmation_sent_at, review_since
         FROM accounts
         WHERE id > $1 AND disabled_at IS NULL
         ORDER BY id
         LIMIT 100",
        after,
    )
}
