//! Moves all data to another, empty database on the same or the other engine: `motovaultpro move`.
//!
//! One transaction reads a consistent snapshot of the source. Another fills the target, compares it with the
//! source row by row, and then commits. If anything fails before that, the target remains without rows. The
//! source is never changed.

mod command;
mod databases;
mod error;
mod kind;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tests_data;
#[cfg(test)]
mod tests_refusals;
mod value;

use std::time::{Duration, Instant};

use sqlx::{Postgres, Transaction};

pub use command::{Arguments, run};
pub use error::{MoveError, Side};

use self::{
    databases::Databases,
    error::{At as _, On as _, Result},
    schema::Table,
};
use crate::{
    core::{
        clock::Clock,
        config::{Config, Database},
        db::{
            Db, Tx,
            migrate::{self, LockedTx},
            roles,
        },
    },
    features::{self, Feature},
    sql,
};

/// The step at which a transaction is rolled back, in error messages.
const AT_END: &str = "the end";

/// Progress reports.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A warning for the operator.
    Warning(&'a str),
    /// A table has been copied or checked: its name and number of rows.
    Table(&'a str, u64),
}

/// The result of a move.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// The total number of rows.
    pub rows: u64,
    /// The duration.
    pub time: Duration,
}

/// Moves all data of the configured database to `target`. With `is_dry_run`, only reads and checks: nothing
/// is created, changed or written.
///
/// # Errors
/// [`MoveError`]. The target then contains no rows.
pub async fn move_all(
    config: &Config,
    target: &Database,
    features: &[Feature],
    is_dry_run: bool,
    clock: &Clock,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Moved> {
    let begun = Instant::now();
    let databases = Databases::open(config, target, features, is_dry_run).await?;
    let moved = async {
        databases.warn_of_others(config, progress).await?;
        if let Some(db) = &databases.target {
            // Check for rows before migrating the target, since it could be in use.
            let (checked, _) = begin_target(db, features, false).await?;
            checked.rollback().await.at(Side::Target, AT_END)?;
            if !is_dry_run {
                migrate::run(db, features, None, clock).await.on(Side::Target)?;
                roles::grant(db, features, target).await.on(Side::Target)?;
            }
        }
        copy(&databases, features, is_dry_run, progress).await
    };
    let moved = moved.await;
    databases.close().await;
    Ok(Moved { rows: moved?, time: begun.elapsed() })
}

async fn copy(
    databases: &Databases,
    features: &[Feature],
    is_dry_run: bool,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<u64> {
    let mut source = begin_source(&databases.source, features).await?;
    let ours = schema::read(&mut source, features, Side::Source).await?;
    let mut rows = 0;
    if is_dry_run {
        let theirs = match &databases.target {
            Some(db) => {
                let (mut target, _) = begin_target(db, features, true).await?;
                let theirs = schema::read(&mut target, features, Side::Target).await?;
                target.rollback().await.at(Side::Target, AT_END)?;
                theirs
            }
            // A file that does not exist yet will have the schema that the migrations create.
            None => ours.clone(),
        };
        for table in schema::merge(&ours, &theirs)? {
            let count = table.check_all(&mut source, databases.is_to_postgres).await?;
            progress(Progress::Table(&table.name, count));
            rows += count;
        }
        return Ok(rows);
    }
    let Some(db) = &databases.target else { return Ok(0) };
    let (mut target, shown) = begin_target(db, features, false).await?;
    let theirs = schema::read(&mut target, features, Side::Target).await?;
    let tables = schema::merge(&ours, &theirs)?;
    for table in &tables {
        let count = table.copy(&mut source, &mut target).await?;
        progress(Progress::Table(&table.name, count));
        rows += count;
    }
    for table in &tables {
        table.compare(&mut source, &mut target).await?;
    }
    finish(&mut target, &tables, &shown).await?;
    target.commit().await.at(Side::Target, "the commit")?;
    Ok(rows)
}

/// Starts to read a snapshot of the source, with the rows of all users. If row-level security must be lifted
/// on PostgreSQL, other users wait for the tables until the end of the transaction.
async fn begin_source(db: &Db, features: &[Feature]) -> Result<Tx> {
    const AT: &str = "the beginning";
    let side = Side::Source;
    let pool = match db {
        Db::Sqlite { readers, .. } => {
            return Ok(Tx::Sqlite(readers.begin().await.at(side, AT)?.into()));
        }
        Db::Postgres { pool, .. } => pool,
    };
    let postgres = |tx: Transaction<'static, Postgres>| Tx::Postgres {
        tx: tx.into(),
        persistent: false,
        invalidates: None,
    };
    let mut first = postgres(pool.begin().await.at(side, AT)?);
    let names = schema::names(&mut first, features, side).await?;
    let (sees_all,): (bool,) = sql!(
        &mut first,
        fetch_one,
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .at(side, AT)?;
    first.rollback().await.at(side, AT_END)?;
    let begun = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    let mut tx = postgres(begun.at(side, AT)?);
    databases::prepare(&mut tx, side).await?;
    if !sees_all {
        databases::lock(&mut tx, &names, side).await?;
        roles::exempt_owner_from_rls(&mut tx, &names).await.at(side, AT)?;
    }
    Ok(tx)
}

/// Starts to fill the target: locks its tables and checks that they are empty. With `is_preview`, pending
/// migrations are executed in the same transaction, which must then be rolled back. Also returns the tables
/// whose policies must be enforced for their owner again afterwards.
async fn begin_target(
    db: &Db,
    features: &[Feature],
    is_preview: bool,
) -> Result<(LockedTx, Vec<String>)> {
    let side = Side::Target;
    let mut tx = if is_preview {
        migrate::preview(db, features).await.on(side)?
    } else {
        migrate::begin_locked(db).await.on(side)?
    };
    databases::prepare(&mut tx, side).await?;
    let names = schema::names(&mut tx, features, side).await?;
    databases::lock(&mut tx, &names, side).await?;
    let shown = roles::exempt_owner_from_rls(&mut tx, &names).await;
    let shown = shown.at(side, "lifting row-level security")?;
    for name in names {
        if databases::has_rows(&mut tx, &name).await.at(side, &name)? {
            return Err(MoveError::NotEmpty(name));
        }
    }
    Ok((tx, shown))
}

/// Finishes the target: fills the indexes that only one engine has, updates sequences and statistics, and
/// restores row-level security.
async fn finish(target: &mut Tx, tables: &[Table], shown: &[String]) -> Result<()> {
    for fill in features::ALL.iter().flat_map(|it| it.index_builders) {
        fill(target).await.map_err(MoveError::Index)?;
    }
    databases::continue_sequences(target, tables).await?;
    let names: Vec<_> = tables.iter().map(|it| schema::quoted(&it.name)).collect();
    databases::analyze(target, &names).await?;
    roles::subject_owner_to_rls(target, shown).await.at(Side::Target, "row-level security")
}
