//! SQL for links in messages and the email status of accounts.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use crate::{core::db::Tx, features::accounts::auth_state::TokenHash, sql};

/// Counts a message on `day`. Returns false, and does not count it, if there have been `most` already.
pub(super) async fn count_message(
    tx: &mut Tx,
    account: Uuid,
    day: NaiveDate,
    most: i32,
) -> Result<bool> {
    let counted = sql!(
        tx,
        execute,
        "UPDATE accounts
         SET mail_count = CASE WHEN mail_day = $2 THEN mail_count + 1 ELSE 1 END, mail_day = $2
         WHERE id = $1 AND (mail_day IS NULL OR mail_day <> $2 OR mail_count < $3)",
        account,
        day,
        most,
    )?;
    Ok(counted == 1)
}

pub(super) async fn insert_link(
    tx: &mut Tx,
    token: &TokenHash,
    account: Uuid,
    purpose: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO mail_links (token_hash, account_id, purpose, expires_at)
         VALUES ($1, $2, $3, $4)",
        &token[..],
        account,
        purpose,
        expires_at,
    )?;
    Ok(())
}

/// Finds the account and user of a valid link. Returns none if the account is disabled.
pub(super) async fn find_link(
    tx: &mut Tx,
    token: &TokenHash,
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, String)>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT a.id, a.user_id FROM mail_links l JOIN accounts a ON a.id = l.account_id
         WHERE l.token_hash = $1 AND l.purpose = $2 AND l.expires_at > $3
           AND a.disabled_at IS NULL",
        &token[..],
        purpose,
        now,
    )
}

/// The user of an account.
pub(super) async fn find_user(tx: &mut Tx, account: Uuid) -> Result<Option<String>> {
    let found: Option<(String,)> =
        sql!(tx, fetch_optional, "SELECT user_id FROM accounts WHERE id = $1", account)?;
    Ok(found.map(|it| it.0))
}

/// Counts the account's valid links for `purpose`.
pub(super) async fn count_links(
    tx: &mut Tx,
    account: Uuid,
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<i64> {
    let (count,): (i64,) = sql!(
        tx,
        fetch_one,
        "SELECT COUNT(*) FROM mail_links
         WHERE account_id = $1 AND purpose = $2 AND expires_at > $3",
        account,
        purpose,
        now,
    )?;
    Ok(count)
}

pub(super) async fn delete_links(tx: &mut Tx, account: Uuid, purpose: &str) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM mail_links WHERE account_id = $1 AND purpose = $2",
        account,
        purpose,
    )?;
    Ok(())
}

pub(super) async fn delete_expired_links(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM mail_links WHERE expires_at <= $1", now)
}

pub(super) async fn find_confirmed_at(tx: &mut Tx, account: Uuid) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) =
        sql!(tx, fetch_one, "SELECT email_confirmed_at FROM accounts WHERE id = $1", account)?;
    Ok(at)
}

pub(super) async fn mark_confirmed(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET email_confirmed_at = $2 WHERE id = $1", account, now)?;
    Ok(())
}

/// Records that a confirmation link was sent.
pub(super) async fn record_confirmation_sent(
    tx: &mut Tx,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET confirmation_sent_at = $2 WHERE id = $1", account, now)?;
    Ok(())
}
