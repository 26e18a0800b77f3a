//! The registration of the service key in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;

use crate::{db::Tx, sql};

/// Registers a key by its check value, if none is registered. Returns the check value of the
/// registered key, whose row is locked until the transaction ends.
pub(super) async fn register(
    tx: &mut Tx,
    check_value: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<u8>> {
    let (registered,): (Vec<u8>,) = sql!(
        tx,
        fetch_one,
        "INSERT INTO service_key (id, check_value, created_at) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET id = excluded.id
         RETURNING check_value",
        check_value,
        now,
    )?;
    Ok(registered)
}

/// Returns the check value of the registered key, if any.
pub(super) async fn find(tx: &mut Tx) -> Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> =
        sql!(tx, fetch_optional, "SELECT check_value FROM service_key WHERE id = 1")?;
    Ok(found.map(|it| it.0))
}

/// Removes the registration.
pub(super) async fn remove(tx: &mut Tx) -> Result<()> {
    sql!(tx, execute, "DELETE FROM service_key")?;
    Ok(())
}

/// Turns overwriting of deleted data in SQLite on or off. PostgreSQL has no such setting: old
/// versions of rows are removed when the table is vacuumed.
pub(super) async fn overwrite_deleted(tx: &mut Tx, is_on: bool) -> Result<()> {
    let Tx::Sqlite(_) = tx else { return Ok(()) };
    let statement = if is_on { "PRAGMA secure_delete = ON" } else { "PRAGMA secure_delete = OFF" };
    let _: Option<(i64,)> = sql!(tx, fetch_optional, statement)?;
    Ok(())
}
