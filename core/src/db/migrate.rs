//! The migration runner: runs each file of each feature once, in order.
//!
//! Each file is one transaction: it acquires the lock, reads the table of executed files, runs the
//! file and records it. So a process killed at any time leaves complete files behind, concurrent
//! processes run each file once, and it works through a pooler.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::{Db, Tx, roles};
use crate::{
    clock::Clock,
    feature::{Application, Feature},
    hex, sql,
};

/// How often and at what interval to try acquiring the lock: one minute in total.
const LOCK_ATTEMPTS: u32 = 1200;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(50);

/// One schema change, in both dialects.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file's name without its extension.
    pub name: &'static str,
    /// The SQL for PostgreSQL.
    pub postgres: &'static str,
    /// The SQL for SQLite.
    pub sqlite: &'static str,
    /// The existing tables of users that it names. It sees the rows of all users in them.
    pub tables: &'static [&'static str],
}

/// The migrations next to the calling module, by name. After a colon are the existing tables of users
/// that the migration names: `"002_keep_economy": ["vehicles"]`.
#[macro_export]
macro_rules! migrations {
    ($($name:literal $(: [$($table:literal),+ $(,)?])?),+ $(,)?) => {
        &[$($crate::db::migrate::Migration {
            name: $name,
            postgres: include_str!(concat!("migrations/", $name, ".sql")),
            sqlite: include_str!(concat!("migrations/sqlite/", $name, ".sql")),
            tables: &[$($($table),+)?],
        }),+]
    };
}

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file has changed since it was executed.
    #[error(
        "{0} was changed after it was executed on this database: restore the original file, \
         and put the change into a new migration"
    )]
    Changed(String),
    /// A file was executed that this program lacks, although it has later ones.
    #[error("{0} was executed on this database and is missing from this program: restore the file")]
    Missing(String),
    /// The database was migrated by a newer program.
    #[error(
        "the database is newer than this program ({0} was executed on it): start that newer \
         version, or restore a backup made before it"
    )]
    Newer(String),
    /// The feature does not exist.
    #[error("unknown feature {0}; the features are: {1}")]
    NoSuchFeature(String, String),
    /// Another process held the lock for a minute.
    #[error("another process holds the migration lock: wait for it to finish, then run this again")]
    Locked,
    /// The database rejected a file.
    #[error("{file}: {error}; this file was rolled back")]
    Refused {
        /// The file.
        file: String,
        /// The database's error.
        error: sqlx::Error,
    },
    /// The database is unavailable.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[from] sqlx::Error),
}

/// A migration file and when it was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The feature's name.
    pub feature: &'static str,
    /// The file's name.
    pub file: String,
    /// When it was executed; `None` if it is pending.
    pub executed_at: Option<DateTime<Utc>>,
}

/// Executes the pending files and returns them.
///
/// # Errors
/// [`MigrateError`]; files executed before the error stay executed.
pub async fn run<A: Application>(
    db: &Db,
    features: &[Feature<A>],
    only: Option<&str>,
    clock: &Clock,
) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let mut completed = Vec::new();
    loop {
        let mut tx = begin_locked(db).await?;
        create_table(&mut tx).await?;
        let steps = compare(&executed(&mut tx).await?, features, &tx)?;
        let next = steps.into_iter().find(|(step, ..)| {
            step.executed_at.is_none() && only.is_none_or(|it| it == step.feature)
        });
        let Some((mut step, recorded_name, migration)) = next else {
            tx.commit().await?;
            return Ok(completed);
        };
        let (now, checksum) = (clock.now(), checksum(dialect(migration, &tx)));
        execute_step(&mut tx, &step, migration).await?;
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO _migrations (feature, file, checksum, executed_at) VALUES ($1, $2, $3, $4)",
            recorded_name,
            &step.file,
            checksum,
            now,
        )?;
        tx.commit().await?;
        tracing::info!(feature = step.feature, file = step.file, "Migrated");
        step.executed_at = Some(now);
        completed.push(step);
    }
}

/// Executes the pending files in a transaction that the caller rolls back, to find out which tables
/// a database would have.
///
/// # Errors
/// As for [`run`].
pub async fn preview<A: Application>(
    db: &Db,
    features: &[Feature<A>],
) -> Result<LockedTx, MigrateError> {
    let mut tx = begin_locked(db).await?;
    let rows = if table_exists(&mut tx).await? { executed(&mut tx).await? } else { Vec::new() };
    for (step, _, migration) in compare(&rows, features, &tx)? {
        if step.executed_at.is_none() {
            execute_step(&mut tx, &step, migration).await?;
        }
    }
    Ok(tx)
}

async fn execute_step(tx: &mut Tx, step: &Step, migration: &Migration) -> Result<(), MigrateError> {
    let text = dialect(migration, tx);
    let executed = async {
        let shown = roles::exempt_owner_from_rls(tx, migration.tables).await?;
        execute(tx, text).await?;
        roles::subject_owner_to_rls(tx, &shown).await
    };
    executed.await.map_err(|error| MigrateError::Refused {
        file: format!("{}/{}", step.feature, step.file),
        error,
    })
}

/// All files as pending: the state of a database that does not exist.
///
/// # Errors
/// The feature does not exist.
pub fn all_pending<A: Application>(
    features: &[Feature<A>],
    only: Option<&str>,
) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let steps = in_order(features).map(|(feature, migration)| Step {
        feature: feature.name,
        file: format!("{}.sql", migration.name),
        executed_at: None,
    });
    Ok(steps.filter(|step| only.is_none_or(|it| it == step.feature)).collect())
}

/// Returns every file with its state, in the order of execution. Changes nothing.
///
/// # Errors
/// [`MigrateError`] if the database and this program do not fit together.
pub async fn status<A: Application>(
    db: &Db,
    features: &[Feature<A>],
    only: Option<&str>,
) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let mut tx = begin_reading(db).await?;
    let rows = if table_exists(&mut tx).await? { executed(&mut tx).await? } else { Vec::new() };
    let steps = compare(&rows, features, &tx)?.into_iter().map(|(step, ..)| step);
    Ok(steps.filter(|step| only.is_none_or(|it| it == step.feature)).collect())
}

#[derive(sqlx_derive::FromRow)]
struct Executed {
    feature: String,
    file: String,
    checksum: String,
    executed_at: DateTime<Utc>,
}

fn check_name<A: Application>(
    features: &[Feature<A>],
    only: Option<&str>,
) -> Result<(), MigrateError> {
    let names: Vec<_> = features.iter().map(|feature| feature.name).collect();
    match only {
        Some(name) if !names.contains(&name) => {
            Err(MigrateError::NoSuchFeature(name.to_owned(), names.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Compares the executed files with the files of this program, and returns those with their state and
/// the name under which their feature is recorded.
fn compare<A: Application>(
    rows: &[Executed],
    features: &[Feature<A>],
    tx: &Tx,
) -> Result<Vec<(Step, &'static str, &'static Migration)>, MigrateError> {
    let mut executed: BTreeMap<(String, String), &Executed> =
        rows.iter().map(|row| ((row.feature.clone(), row.file.clone()), row)).collect();
    let mut steps = Vec::new();
    for (feature, migration) in in_order(features) {
        let file = format!("{}.sql", migration.name);
        let row = executed.remove(&(feature.recorded_name.to_owned(), file.clone()));
        if row.is_some_and(|row| row.checksum != checksum(dialect(migration, tx))) {
            return Err(MigrateError::Changed(format!("{}/{file}", feature.name)));
        }
        let executed_at = row.map(|row| row.executed_at);
        steps.push((
            Step { feature: feature.name, file, executed_at },
            feature.recorded_name,
            migration,
        ));
    }
    let Some(((feature, file), _)) = executed.pop_first() else { return Ok(steps) };
    let last = steps.iter().rfind(|it| it.1 == feature);
    let name = format!("{feature}/{file}");
    Err(if last.is_some_and(|(last, ..)| file < last.file) {
        MigrateError::Missing(name)
    } else {
        MigrateError::Newer(name)
    })
}

/// All migrations with their features: features in the order of their dependencies, files by name.
fn in_order<A: Application>(
    features: &[Feature<A>],
) -> impl Iterator<Item = (&Feature<A>, &'static Migration)> {
    features.iter().flat_map(|feature| {
        let mut files: Vec<_> = feature.migrations.iter().collect();
        files.sort_by_key(|migration| migration.name);
        files.into_iter().map(move |migration| (feature, migration))
    })
}

fn dialect(migration: &Migration, tx: &Tx) -> &'static str {
    match tx {
        Tx::Postgres { .. } => migration.postgres,
        Tx::Sqlite(_) => migration.sqlite,
    }
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text))
}

async fn begin(db: &Db) -> Result<Tx, sqlx::Error> {
    Ok(match db {
        // Without named statements: the connection may be through a pooler.
        Db::Postgres { pool, .. } => {
            Tx::Postgres { tx: pool.begin().await?.into(), persistent: false, invalidates: None }
        }
        Db::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?.into()),
    })
}

/// Like [`begin`], but does not block writers.
async fn begin_reading(db: &Db) -> Result<Tx, sqlx::Error> {
    Ok(match db {
        Db::Postgres { pool, .. } => {
            Tx::Postgres { tx: pool.begin().await?.into(), persistent: false, invalidates: None }
        }
        Db::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?.into()),
    })
}

/// A transaction that holds the migration lock: the unit of work of everything that changes the
/// schema or fills an empty database. Dropping it rolls it back.
pub struct LockedTx(Tx);

impl Deref for LockedTx {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for LockedTx {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}

impl LockedTx {
    /// Commits the transaction and releases the lock.
    ///
    /// # Errors
    /// The connection is lost: the transaction may not be committed.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Tx::Postgres { tx, .. } => tx.commit().await,
            Tx::Sqlite(tx) => tx.commit().await,
        }
    }

    /// Rolls the transaction back and releases the lock.
    ///
    /// # Errors
    /// As [`Tx::rollback`].
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.0.rollback().await
    }
}

/// Begins a transaction that holds the migration lock.
pub async fn begin_locked(db: &Db) -> Result<LockedTx, MigrateError> {
    for _ in 0..LOCK_ATTEMPTS {
        match begin(db).await {
            Ok(mut tx) => {
                if try_lock(&mut tx).await? {
                    return Ok(LockedTx(tx));
                }
            }
            // SQLite's own lock timed out.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(LOCK_RETRY_DELAY).await;
    }
    Err(MigrateError::Locked)
}

async fn try_lock(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    let Tx::Postgres { .. } = tx else { return Ok(true) };
    let (acquired,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '._migrations', 0))",
    )?;
    Ok(acquired)
}

async fn table_exists(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    let (count,): (i64,) = match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_one,
            "SELECT COUNT(*) FROM information_schema.tables
             WHERE table_name = '_migrations' AND table_schema = current_schema()"
        )?,
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_one,
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = '_migrations'"
        )?,
    };
    Ok(count > 0)
}

async fn create_table(tx: &mut Tx) -> Result<(), sqlx::Error> {
    if table_exists(tx).await? {
        return Ok(());
    }
    let text = match tx {
        Tx::Postgres { .. } => {
            "CREATE TABLE _migrations (
                 feature     VARCHAR(100) NOT NULL,
                 file        VARCHAR(255) NOT NULL,
                 checksum    CHAR(64) NOT NULL,
                 executed_at TIMESTAMP WITH TIME ZONE NOT NULL,
                 PRIMARY KEY (feature, file)
             )"
        }
        Tx::Sqlite(_) => {
            "CREATE TABLE _migrations (
                 feature     TEXT NOT NULL,
                 file        TEXT NOT NULL,
                 checksum    TEXT NOT NULL,
                 executed_at TEXT NOT NULL,
                 PRIMARY KEY (feature, file)
             ) STRICT"
        }
    };
    execute(tx, text).await
}

async fn executed(tx: &mut Tx) -> Result<Vec<Executed>, sqlx::Error> {
    sql!(tx, fetch_all, "SELECT feature, file, checksum, executed_at FROM _migrations")
}

/// Runs the statements of a file.
async fn execute(tx: &mut Tx, text: &'static str) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Postgres { tx, .. } => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
        Tx::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
    }
}
