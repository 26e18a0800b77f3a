//! The challenge key and spent challenges in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;

use crate::{core::db::Tx, sql};

pub(super) async fn find_key(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> =
        sql!(tx, fetch_optional, "SELECT key FROM server_keys WHERE name = $1", name)?;
    Ok(found.map(|it| it.0))
}

/// Stores the key unless there is one already.
pub(super) async fn insert_key(
    tx: &mut Tx,
    name: &str,
    key: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO server_keys (name, key, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO NOTHING",
        name,
        key,
        now,
    )?;
    Ok(())
}

pub(super) async fn is_spent(tx: &mut Tx, id: &[u8]) -> Result<bool> {
    let (is_spent,): (bool,) =
        sql!(tx, fetch_one, "SELECT EXISTS (SELECT 1 FROM spent_challenges WHERE id = $1)", id,)?;
    Ok(is_spent)
}

/// Returns false if the challenge was recorded already.
pub(super) async fn insert_spent(
    tx: &mut Tx,
    id: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sql!(
        tx,
        execute,
        "INSERT INTO spent_challenges (id, expires_at) VALUES ($1, $2)
         ON CONFLICT (id) DO NOTHING",
        id,
        expires_at,
    )?;
    Ok(inserted == 1)
}

pub(super) async fn delete_spent(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM spent_challenges WHERE expires_at <= $1", before)
}
