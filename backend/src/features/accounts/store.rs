//! SQL for accounts and preferences.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::{Account, Preferences};
use crate::{
    core::{UserId, db::Tx},
    select, sql,
};

/// An account with the columns that sign-in checks.
#[derive(sqlx_derive::FromRow)]
pub struct StoredAccount {
    /// The account.
    #[sqlx(flatten)]
    pub account: Account,
    /// Empty if the account has no password.
    pub password_hash: String,
    /// When the account was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the password was reset, if the access review after it has not been completed.
    pub review_since: Option<DateTime<Utc>>,
}

impl StoredAccount {
    /// Whether the account can be signed in to with a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        !self.password_hash.is_empty() && !self.account.email.is_empty()
    }

    /// Whether the account is enabled and `password_hash` is still its password's hash.
    #[must_use]
    pub fn accepts_password_hash(&self, password_hash: &str) -> bool {
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
    email_key: &str,
    password_hash: &str,
) -> Result<()> {
    account.insert(tx, user, email_key, password_hash).await?;
    Ok(())
}

/// Records `account` as the first account. Returns false if there already is one. Waits for concurrent
/// transactions that do the same.
pub(super) async fn record_first_account(tx: &mut Tx, account: Uuid) -> Result<bool> {
    let inserted = sql!(
        tx,
        execute,
        "INSERT INTO first_account (is_taken, account_id) VALUES (true, $1)
         ON CONFLICT (is_taken) DO NOTHING",
        account,
    )?;
    Ok(inserted == 1)
}

pub(super) async fn set_admin(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET is_admin = true WHERE id = $1", account)?;
    Ok(())
}

/// Selects the columns of [`StoredAccount`], followed by `$rest`.
macro_rules! stored_account {
    ($rest:literal) => {
        select!(Account: concat!(
            "SELECT {*}, password_hash, disabled_at, review_since FROM accounts ",
            $rest
        ))
    };
}

pub(super) async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<StoredAccount>> {
    sql!(tx, fetch_optional, stored_account!("WHERE email_key = $1"), email_key)
}

/// Finds an account with the columns that sign-in checks.
pub(super) async fn find_stored(tx: &mut Tx, account: Uuid) -> Result<Option<StoredAccount>> {
    sql!(tx, fetch_optional, stored_account!("WHERE id = $1"), account)
}

/// As [`find_stored`], and locks the account until `tx` ends. SQLite allows only one writer anyway.
pub(super) async fn lock(tx: &mut Tx, account: Uuid) -> Result<Option<StoredAccount>> {
    match tx {
        Tx::Sqlite(_) => find_stored(tx, account).await,
        Tx::Postgres { .. } => {
            sql!(tx, fetch_optional, stored_account!("WHERE id = $1 FOR UPDATE"), account)
        }
    }
}

/// Sets the hash of a new password.
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

/// Starts (`since`) or ends (none) the account's access review.
pub(super) async fn set_review_since(
    tx: &mut Tx,
    account: Uuid,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET review_since = $2 WHERE id = $1", account, since)?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, account: Uuid) -> Result<Option<Account>> {
    sql!(tx, fetch_optional, select!(Account: "SELECT {*} FROM accounts WHERE id = $1"), account)
}

pub(super) async fn find_preferences(tx: &mut Tx, user: &UserId) -> Result<Option<Preferences>> {
    sql!(
        tx,
        fetch_optional,
        select!(Preferences: "SELECT {*} FROM user_preferences WHERE user_id = $1"),
        user.as_str(),
    )
}

/// Loads preferences that exist, and locks them until `tx` ends.
pub(super) async fn lock_preferences(tx: &mut Tx, user: &UserId) -> Result<Preferences> {
    match tx {
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_one,
            select!(Preferences: "SELECT {*} FROM user_preferences WHERE user_id = $1"),
            user.as_str(),
        ),
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_one,
            select!(Preferences: "SELECT {*} FROM user_preferences WHERE user_id = $1 FOR UPDATE"),
            user.as_str(),
        ),
    }
}

/// Inserts the preferences, if there are none.
pub(super) async fn insert_preferences(
    tx: &mut Tx,
    user: &UserId,
    preferences: &Preferences,
    now: DateTime<Utc>,
) -> Result<()> {
    preferences.insert(tx, user, now).await?;
    Ok(())
}

pub(super) async fn update_preferences(
    tx: &mut Tx,
    user: &UserId,
    preferences: &Preferences,
    now: DateTime<Utc>,
) -> Result<()> {
    preferences.update(tx, user, now).await?;
    Ok(())
}

/// An enabled account and its email status.
#[derive(sqlx_derive::FromRow)]
pub(super) struct EnabledAccount {
    pub(super) id: Uuid,
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) email_confirmed_at: Option<DateTime<Utc>>,
    pub(super) confirmation_sent_at: Option<DateTime<Utc>>,
    pub(super) review_since: Option<DateTime<Utc>>,
}

/// Lists the next enabled accounts after `after`.
pub(super) async fn list_enabled(tx: &mut Tx, after: Uuid) -> Result<Vec<EnabledAccount>> {
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
