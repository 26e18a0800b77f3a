//! Sessions in the database, and the browsers and networks that an account is known by.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use crate::{
    core::db::Tx,
    features::accounts::{arrival::Arrival, doors::TokenHash, model::Session},
    sql,
};

/// A session and whose it is.
#[derive(sqlx::FromRow)]
pub(in crate::features::accounts) struct SessionRow {
    pub(in crate::features::accounts) id: Uuid,
    pub(in crate::features::accounts) seen_at: DateTime<Utc>,
    pub(in crate::features::accounts) expires_at: DateTime<Utc>,
    #[sqlx(flatten)]
    pub(in crate::features::accounts) holder: Holder,
}

/// Whose a session or a token is.
#[derive(sqlx::FromRow)]
pub(in crate::features::accounts) struct Holder {
    pub(in crate::features::accounts) account_id: Uuid,
    pub(in crate::features::accounts) user_id: String,
    pub(in crate::features::accounts) email: String,
    pub(in crate::features::accounts) display_name: Option<String>,
    pub(in crate::features::accounts) is_admin: bool,
    /// Since when what can act for the account waits to be reviewed, after a password reset.
    pub(in crate::features::accounts) review_since: Option<DateTime<Utc>>,
}

pub(in crate::features::accounts) async fn insert(
    tx: &mut Tx,
    token: &TokenHash,
    session: &Session,
    account: Uuid,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO sessions
           (token_hash, account_id, created_at, seen_at, expires_at, id, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &token[..],
        account,
        session.created_at,
        session.seen_at,
        session.expires_at,
        session.id,
        &session.user_agent,
    )?;
    Ok(())
}

/// The session, unless its account is disabled.
pub(in crate::features::accounts) async fn find(
    tx: &mut Tx,
    token: &TokenHash,
) -> Result<Option<SessionRow>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT s.id, s.seen_at, s.expires_at, s.account_id, a.user_id, a.email, a.display_name,
                a.is_admin, a.review_since
         FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.token_hash = $1 AND a.disabled_at IS NULL",
        &token[..],
    )
}

/// The account's sessions that have not ended, the latest first.
pub(in crate::features::accounts) async fn list(
    tx: &mut Tx,
    account: Uuid,
    now: DateTime<Utc>,
    seen_after: DateTime<Utc>,
) -> Result<Vec<Session>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, user_agent, created_at, seen_at, expires_at FROM sessions
         WHERE account_id = $1 AND expires_at > $2 AND seen_at > $3
         ORDER BY created_at DESC, id DESC
         LIMIT 500",
        account,
        now,
        seen_after,
    )
}

pub(in crate::features::accounts) async fn touch(
    tx: &mut Tx,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(tx, execute, "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", &token[..], now)?;
    Ok(())
}

pub(in crate::features::accounts) async fn delete(tx: &mut Tx, token: &TokenHash) -> Result<()> {
    sql!(tx, execute, "DELETE FROM sessions WHERE token_hash = $1", &token[..])?;
    Ok(())
}

/// Whether the account's session `id` has not been ended.
pub(in crate::features::accounts) async fn is_open(
    tx: &mut Tx,
    account: Uuid,
    id: Uuid,
) -> Result<bool> {
    let (is_open,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE account_id = $1 AND id = $2)",
        account,
        id,
    )?;
    Ok(is_open)
}

/// Ends the account's session `id`.
pub(in crate::features::accounts) async fn delete_one(
    tx: &mut Tx,
    account: Uuid,
    id: Uuid,
) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM sessions WHERE account_id = $1 AND id = $2", account, id)
}

/// Ends the account's sessions, but for the one `except`.
pub(in crate::features::accounts) async fn delete_of(
    tx: &mut Tx,
    account: Uuid,
    except: Uuid,
) -> Result<()> {
    sql!(tx, execute, "DELETE FROM sessions WHERE account_id = $1 AND id <> $2", account, except)?;
    Ok(())
}

/// Ends the account's sessions beyond the `most` that were used last.
pub(in crate::features::accounts) async fn delete_beyond(
    tx: &mut Tx,
    account: Uuid,
    most: i64,
) -> Result<u64> {
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

pub(in crate::features::accounts) async fn delete_dead(
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

/// Whether the session is one of the account's.
pub(in crate::features::accounts) async fn is_of(
    tx: &mut Tx,
    account: Uuid,
    token: &TokenHash,
) -> Result<bool> {
    let (is_of,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE token_hash = $1 AND account_id = $2)",
        &token[..],
        account,
    )?;
    Ok(is_of)
}

/// Whether the account has been signed in from this browser.
pub(in crate::features::accounts) async fn knows_device(
    tx: &mut Tx,
    account: Uuid,
    device: &TokenHash,
) -> Result<bool> {
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

/// Whether the account has been signed in from this network.
pub(in crate::features::accounts) async fn knows_network(
    tx: &mut Tx,
    account: Uuid,
    network: &str,
) -> Result<bool> {
    let (knows,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM known_devices WHERE account_id = $1 AND network = $2)",
        account,
        network,
    )?;
    Ok(knows)
}

/// Notes that the account has been signed in from this browser, and from where.
pub(in crate::features::accounts) async fn keep_device(
    tx: &mut Tx,
    account: Uuid,
    device: &TokenHash,
    arrival: &Arrival,
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
        &arrival.network,
        now,
    )?;
    Ok(())
}

/// Forgets every browser of the account.
pub(in crate::features::accounts) async fn delete_devices(
    tx: &mut Tx,
    account: Uuid,
) -> Result<()> {
    sql!(tx, execute, "DELETE FROM known_devices WHERE account_id = $1", account)?;
    Ok(())
}

/// Deletes the account's browsers beyond `device` and the `others` that signed in last.
pub(in crate::features::accounts) async fn delete_devices_beyond(
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

/// Forgets browsers that nobody has signed in with since `before`.
pub(in crate::features::accounts) async fn delete_old_devices(
    tx: &mut Tx,
    before: DateTime<Utc>,
) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM known_devices WHERE seen_at <= $1", before)
}
