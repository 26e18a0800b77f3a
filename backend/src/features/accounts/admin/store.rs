//! SQL for account management.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::ManagedAccount;
use crate::{
    core::{db::Tx, http::Limit},
    sql,
};

/// An account, and when its sessions, tokens and browsers were last used.
#[derive(sqlx_derive::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) display_name: Option<String>,
    pub(super) is_admin: bool,
    pub(super) disabled_at: Option<DateTime<Utc>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) session_at: Option<DateTime<Utc>>,
    pub(super) token_at: Option<DateTime<Utc>>,
    pub(super) device_at: Option<DateTime<Utc>>,
}

/// Selects the columns of [`Row`], followed by `$rest`.
macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, display_name, is_admin, disabled_at, created_at,
               (SELECT MAX(seen_at) FROM sessions WHERE account_id = a.id) AS session_at,
               (SELECT MAX(last_used_at) FROM personal_tokens WHERE account_id = a.id) AS token_at,
               (SELECT MAX(seen_at) FROM known_devices WHERE account_id = a.id) AS device_at
             FROM accounts a ",
            $rest
        )
    };
}

/// Lists the accounts after the key `after`, newest first, up to one more than `limit`.
pub(super) async fn list(
    tx: &mut Tx,
    after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<Row>> {
    sql!(
        tx,
        fetch_all,
        accounts!(
            "WHERE (created_at, id) < ($1, $2)
             ORDER BY created_at DESC, id DESC
             LIMIT $3"
        ),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

/// The searchable text of an account.
#[derive(sqlx_derive::FromRow)]
pub(super) struct Name {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) email: String,
    pub(super) display_name: Option<String>,
}

/// Lists the names of the accounts after the key `after`, newest first.
pub(super) async fn list_names(
    tx: &mut Tx,
    after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<Name>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, created_at, email, display_name FROM accounts
         WHERE (created_at, id) < ($1, $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3",
        after.0,
        after.1,
        limit.plus_one(),
    )
}

pub(super) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Row>> {
    sql!(tx, fetch_optional, accounts!("WHERE id = $1"), id)
}

pub(super) async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<Row>> {
    sql!(tx, fetch_optional, accounts!("WHERE email_key = $1"), email_key)
}

/// Locks the account and the administrators until `tx` ends, ordered by id to avoid deadlocks. SQLite
/// allows only one writer anyway.
pub(super) async fn lock(tx: &mut Tx, id: Uuid) -> Result<()> {
    if let Tx::Postgres { .. } = tx {
        let _: Vec<(Uuid,)> = sql!(
            tx,
            fetch_all,
            "SELECT id FROM accounts WHERE (is_admin AND disabled_at IS NULL) OR id = $1
             ORDER BY id FOR UPDATE",
            id,
        )?;
    }
    Ok(())
}

/// Lists the enabled administrators.
pub(super) async fn list_administrators(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = sql!(
        tx,
        fetch_all,
        "SELECT id FROM accounts WHERE is_admin AND disabled_at IS NULL ORDER BY id",
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(super) async fn update(
    tx: &mut Tx,
    account: &ManagedAccount,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE accounts SET is_admin = $2, disabled_at = $3, updated_at = $4 WHERE id = $1",
        account.id,
        account.is_admin,
        account.disabled_at,
        now,
    )?;
    Ok(())
}
