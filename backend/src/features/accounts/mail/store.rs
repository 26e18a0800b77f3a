//! Links in mail, and what is known of an account's address, in the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use crate::{core::db::Tx, features::accounts::doors::TokenHash, sql};

/// Counts a message of `day`. Returns whether there were fewer than `most` before.
pub(super) async fn count(tx: &mut Tx, account: Uuid, day: NaiveDate, most: i32) -> Result<bool> {
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

/// The account and the user of a link that works, unless the account is disabled.
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

/// How many of the account's links for `purpose` work.
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

pub(super) async fn confirmed_at(tx: &mut Tx, account: Uuid) -> Result<Option<DateTime<Utc>>> {
    let (at,): (Option<DateTime<Utc>>,) =
        sql!(tx, fetch_one, "SELECT email_confirmed_at FROM accounts WHERE id = $1", account)?;
    Ok(at)
}

pub(super) async fn confirm(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET email_confirmed_at = $2 WHERE id = $1", account, now)?;
    Ok(())
}

/// Records that a link to confirm the address was mailed.
pub(super) async fn note_confirmation(
    tx: &mut Tx,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE accounts SET confirmation_sent_at = $2 WHERE id = $1", account, now)?;
    Ok(())
}
