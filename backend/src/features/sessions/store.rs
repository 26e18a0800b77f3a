//! SQL for sessions and known devices.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::Session;
use crate::{
    core::db::Tx,
    features::accounts::{ClientInfo, CredentialOwner, TokenHash},
    select, sql,
};

/// A session and its owner.
#[derive(sqlx_derive::FromRow)]
pub(super) struct SessionRow {
    #[sqlx(flatten)]
    pub(super) owner: CredentialOwner,
    #[sqlx(rename = "session_id")]
    pub(super) id: Uuid,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    token: &TokenHash,
    session: &Session,
    account: Uuid,
) -> Result<()> {
    session.insert(tx, account, token).await?;
    Ok(())
}

/// Finds a session. Returns none if its account is disabled.
pub(super) async fn find(tx: &mut Tx, token: &TokenHash) -> Result<Option<SessionRow>> {
    sql!(
        tx,
        fetch_optional,
        select!(CredentialOwner: "SELECT {a.*}, s.id AS session_id, s.seen_at, s.expires_at
         FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.token_hash = $1 AND a.disabled_at IS NULL"),
        &token[..],
    )
}

/// Lists the account's sessions that have not expired, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    account: Uuid,
    now: DateTime<Utc>,
    seen_after: DateTime<Utc>,
) -> Result<Vec<Session>> {
    sql!(
        tx,
        fetch_all,
        select!(Session: "SELECT {*} FROM sessions
         WHERE account_id = $1 AND expires_at > $2 AND seen_at > $3
         ORDER BY created_at DESC, id DESC
         LIMIT 500"),
        account,
        now,
        seen_after,
    )
}

pub(super) async fn update_last_seen(
    tx: &mut Tx,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", &token[..], now)?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, token: &TokenHash) -> Result<()> {
    sql!(tx, execute, "DELETE FROM sessions WHERE token_hash = $1", &token[..])?;
    Ok(())
}

/// Whether the account's session `id` still exists.
pub(super) async fn is_open(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<bool> {
    let (is_open,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE account_id = $1 AND id = $2)",
        account,
        id,
    )?;
    Ok(is_open)
}

/// Deletes the account's session `id`.
pub(super) async fn delete_one(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM sessions WHERE account_id = $1 AND id = $2", account, id)
}

/// Deletes the account's sessions except `except`.
pub(super) async fn delete_all_except(tx: &mut Tx, account: Uuid, except: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM sessions WHERE account_id = $1 AND id <> $2", account, except)?;
    Ok(())
}

/// Deletes the account's sessions beyond the `most` most recently used.
pub(super) async fn delete_beyond(tx: &mut Tx, account: Uuid, most: i64) -> Result<u64> {
    sql!(
        tx,
        execute,
        "DELETE FROM sessions WHERE account_id = $1 AND token_hash IN
           (SELECT token_hash FROM sessions WHERE account_id = $1
            ORDER BY seen_at DESC, created_at DESC, id DESC LIMIT 10000 OFFSET $2)",
        account,
        most,
    )
}

pub(super) async fn delete_expired(
    tx: &mut Tx,
    now: DateTime<Utc>,
    seen_before: DateTime<Utc>,
) -> Result<u64> {
    sql!(
        tx,
        execute,
        "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2",
        now,
        seen_before,
    )
}

/// Whether the session belongs to the account.
pub(super) async fn belongs_to(tx: &mut Tx, account: Uuid, token: &TokenHash) -> Result<bool> {
    let (belongs_to,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE token_hash = $1 AND account_id = $2)",
        &token[..],
        account,
    )?;
    Ok(belongs_to)
}

/// Whether this browser has signed in to the account before.
pub(super) async fn knows_device(tx: &mut Tx, account: Uuid, device: &TokenHash) -> Result<bool> {
    let (knows,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (
           SELECT 1 FROM known_devices WHERE token_hash = $1 AND account_id = $2
         )",
        &device[..],
        account,
    )?;
    Ok(knows)
}

/// Whether the account has been signed in to from this network before.
pub(super) async fn knows_network(tx: &mut Tx, account: Uuid, network: &str) -> Result<bool> {
    let (knows,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM known_devices WHERE account_id = $1 AND network = $2)",
        account,
        network,
    )?;
    Ok(knows)
}

/// Records that this browser has signed in to the account, and from which network.
pub(super) async fn upsert_device(
    tx: &mut Tx,
    account: Uuid,
    device: &TokenHash,
    client: &ClientInfo,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO known_devices (token_hash, account_id, network, seen_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (token_hash, account_id)
         DO UPDATE SET network = excluded.network, seen_at = excluded.seen_at",
        &device[..],
        account,
        &client.network,
        now,
    )?;
    Ok(())
}

/// Deletes all known browsers of the account.
pub(super) async fn delete_devices(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM known_devices WHERE account_id = $1", account)?;
    Ok(())
}

/// Deletes the account's browsers except `device` and the `others` most recently used.
pub(super) async fn delete_devices_beyond(
    tx: &mut Tx,
    account: Uuid,
    device: &TokenHash,
    others: i64,
) -> Result<u64> {
    sql!(
        tx,
        execute,
        "DELETE FROM known_devices WHERE account_id = $1 AND token_hash IN
           (SELECT token_hash FROM known_devices WHERE account_id = $1 AND token_hash <> $2
            ORDER BY seen_at DESC, token_hash LIMIT 10000 OFFSET $3)",
        account,
        &device[..],
        others,
    )
}

/// Deletes browsers that were last used before `before`.
pub(super) async fn delete_old_devices(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM known_devices WHERE seen_at <= $1", before)
}

/// Records that the user confirmed the password in this session.
pub(super) async fn confirm(tx: &mut Tx, session: Uuid, now: DateTime<Utc>) -> Result<()> {
    sql!(tx, execute, "UPDATE sessions SET confirmed_at = $2 WHERE id = $1", session, now)?;
    Ok(())
}

/// When the user last authenticated in this session, by signing in or confirming the password.
pub(super) async fn confirmed_at(tx: &mut Tx, session: Uuid) -> Result<Option<DateTime<Utc>>> {
    let found: Option<(DateTime<Utc>,)> = sql!(
        tx,
        fetch_optional,
        "SELECT COALESCE(confirmed_at, created_at) FROM sessions WHERE id = $1",
        session,
    )?;
    Ok(found.map(|it| it.0))
}

/// Selects when each account was last seen in a session or with a browser, among the ids that `$ids`
/// selects.
macro_rules! last_seen {
    ($ids:literal) => {
        concat!(
            "SELECT account_id, MAX(seen_at) FROM
               (SELECT account_id, seen_at FROM sessions WHERE account_id IN (",
            $ids,
            ") UNION ALL
                SELECT account_id, seen_at FROM known_devices WHERE account_id IN (",
            $ids,
            ")) AS seen
             GROUP BY account_id"
        )
    };
}

/// When each of the accounts was last seen. `accounts` is a JSON array of ids.
pub(super) async fn last_seen(tx: &mut Tx, accounts: &str) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            last_seen!(
                "SELECT CAST(it AS UUID) FROM jsonb_array_elements_text(CAST($1 AS JSONB)) it"
            ),
            accounts,
        ),
        Tx::Sqlite(_) => {
            sql!(tx, fetch_all, last_seen!("SELECT unhex(value, '-') FROM json_each($1)"), accounts,)
        }
    }
}
