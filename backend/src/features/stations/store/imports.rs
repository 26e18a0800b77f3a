//! Imports in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use crate::{
    core::db::Tx,
    features::stations::import::{Import, ImportState, Tally},
    select, sql,
};

/// Records that an import has started.
pub(in crate::features::stations) async fn insert(tx: &mut Tx, import: &Import) -> Result<()> {
    import.insert(tx).await?;
    Ok(())
}

/// Records the progress of an import.
pub(in crate::features::stations) async fn update_progress(
    tx: &mut Tx,
    id: Uuid,
    tally: &Tally,
    bytes_read: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE station_imports
         SET bytes_read = $2, added = $3, changed = $4, unchanged = $5, no_station = $6,
             no_name = $7, no_place = $8, told_at = $9, out_of_use = $10, doubles = $11
         WHERE id = $1",
        id,
        bytes_read,
        tally.added,
        tally.changed,
        tally.unchanged,
        tally.no_station,
        tally.no_name,
        tally.no_place,
        now,
        tally.out_of_use,
        tally.doubles,
    )?;
    Ok(())
}

/// Records the outcome of an import.
pub(in crate::features::stations) async fn finish(
    tx: &mut Tx,
    id: Uuid,
    state: ImportState,
    failure: Option<&str>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE station_imports SET state = $2, failure = $3 WHERE id = $1",
        id,
        state.as_str(),
        failure,
    )?;
    Ok(())
}

/// The latest imports, latest first.
pub(in crate::features::stations) async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Import>> {
    sql!(
        tx,
        fetch_all,
        select!(Import: "SELECT {*} FROM station_imports ORDER BY started_at DESC, id DESC LIMIT $1"),
        limit,
    )
}
