//! Database queries for password resets.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::resets::TokenHash;
use crate::{core::db::Tx, sql};

pub(super) async fn insert(
    tx: &mut Tx,
    token: &TokenHash,
    account: Uuid,
    expires_at: DateTime<Utc>,
    password_mark: &str,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO password_resets (token_hash, account_id, expires_at, password_mark)
         VALUES ($1, $2, $3, $4)",
        &token[..],
        account,
        expires_at,
        password_mark,
    )?;
    Ok(())
}

/// Finds the account and the password mark of a token that has not expired.
pub(super) async fn find(
    tx: &mut Tx,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, String)>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT account_id, password_mark FROM password_resets
         WHERE token_hash = $1 AND expires_at > $2",
        &token[..],
        now,
    )
}

pub(super) async fn delete_by_account(tx: &mut Tx, account: Uuid) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM password_resets WHERE account_id = $1", account)
}

pub(super) async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM password_resets WHERE expires_at <= $1", now)
}
