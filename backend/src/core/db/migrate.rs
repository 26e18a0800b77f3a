//! The migration runner: every feature's files, in order, each once.
//!
//! One file is one transaction, in which the lock is taken, the table of executed files is
//! read, the file is run and recorded. So a kill at any moment leaves whole files behind, several
//! programs at once run each file once, and a pooler in between does no harm.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::{Db, Tx, roles};
use crate::{
    core::{clock::Clock, hex},
    features::Feature,
    sql,
};

/// How often and how far apart the lock is tried for: a minute in all.
const TRIES: u32 = 1200;
const PAUSE: Duration = Duration::from_millis(50);

/// One schema change, in both dialects.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file's name, without its ending.
    pub name: &'static str,
    /// What PostgreSQL runs.
    pub postgres: &'static str,
    /// What SQLite runs.
    pub sqlite: &'static str,
}

/// The migrations beside the calling module, by name.
#[macro_export]
macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$($crate::core::db::migrate::Migration {
            name: $name,
            postgres: include_str!(concat!("migrations/", $name, ".sql")),
            sqlite: include_str!(concat!("migrations/sqlite/", $name, ".sql")),
        }),+]
    };
}

/// Why the database was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file is not what it was when it was executed.
    #[error(
        "{0} was changed after it was executed on this database: bring the file back as it was, \
         and put the change into a new migration"
    )]
    Changed(String),
    /// A file was executed that this program does not have, though it has later ones.
    #[error("{0} was executed on this database and is missing from this program: restore the file")]
    Missing(String),
    /// The database has been migrated by a newer program.
    #[error(
        "the database is newer than this program ({0} was executed on it): start that newer \
         version, or restore a backup made before it"
    )]
    Newer(String),
    /// No such feature.
    #[error("there is no feature {0}; there are: {1}")]
    NoSuchFeature(String, String),
    /// Another program has been migrating for a minute.
    #[error("another program holds the migration lock: wait for it, then run this again")]
    Locked,
    /// The database refused a file.
    #[error("{file}: {error}; nothing of this file was kept")]
    Refused {
        /// Which file.
        file: String,
        /// What the database said.
        error: sqlx::Error,
    },
    /// The database is away.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[from] sqlx::Error),
}

/// One file, and when it was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The feature's name.
    pub feature: &'static str,
    /// The file's name.
    pub file: String,
    /// When it was executed, or none.
    pub executed_at: Option<DateTime<Utc>>,
}

/// Executes what is pending, and says what that was.
///
/// # Errors
/// [`MigrateError`]; what was executed before it is kept.
pub async fn run(
    db: &Db,
    features: &[Feature],
    only: Option<&str>,
    clock: &Clock,
) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let mut done = Vec::new();
    loop {
        let mut tx = begin_locked(db).await?;
        create_table(&mut tx).await?;
        let steps = compare(&executed(&mut tx).await?, features, &tx)?;
        let next = steps
            .into_iter()
            .find(|step| step.executed_at.is_none() && only.is_none_or(|it| it == step.feature));
        let Some(mut step) = next else {
            commit(tx).await?;
            return Ok(done);
        };
        let text = text_of(features, &step, &tx);
        let now = clock.now();
        execute_step(&mut tx, &step, text).await?;
        sql!(
            &mut tx,
            execute,
            "INSERT INTO _migrations (feature, file, checksum, executed_at) VALUES ($1, $2, $3, $4)",
            step.feature,
            &step.file,
            checksum(text),
            now,
        )?;
        commit(tx).await?;
        tracing::info!(feature = step.feature, file = step.file, "Migrated");
        step.executed_at = Some(now);
        done.push(step);
    }
}

/// Executes what is pending, each file once, in a transaction that the caller rolls back: to find out
/// what tables a database would have.
///
/// # Errors
/// As [`run`].
pub(crate) async fn preview(db: &Db, features: &[Feature]) -> Result<Tx, MigrateError> {
    let mut tx = begin_locked(db).await?;
    let rows = if table_exists(&mut tx).await? { executed(&mut tx).await? } else { Vec::new() };
    for step in compare(&rows, features, &tx)? {
        if step.executed_at.is_none() {
            let text = text_of(features, &step, &tx);
            execute_step(&mut tx, &step, text).await?;
        }
    }
    Ok(tx)
}

async fn execute_step(tx: &mut Tx, step: &Step, text: &'static str) -> Result<(), MigrateError> {
    let executed = async {
        let shown = roles::show_to_owner(tx, text).await?;
        execute(tx, text).await?;
        roles::hide_from_owner(tx, &shown).await
    };
    executed.await.map_err(|error| MigrateError::Refused {
        file: format!("{}/{}", step.feature, step.file),
        error,
    })
}

/// Every file as it is before the first one is executed: what a database that is not there lacks.
///
/// # Errors
/// No such feature.
pub fn all_pending(features: &[Feature], only: Option<&str>) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let steps = in_order(features).map(|(feature, migration)| Step {
        feature: feature.name,
        file: format!("{}.sql", migration.name),
        executed_at: None,
    });
    Ok(steps.filter(|step| only.is_none_or(|it| it == step.feature)).collect())
}

/// Every file with its state, in the order they run; nothing is changed.
///
/// # Errors
/// [`MigrateError`] where the database and this program do not fit together.
pub async fn status(
    db: &Db,
    features: &[Feature],
    only: Option<&str>,
) -> Result<Vec<Step>, MigrateError> {
    check_name(features, only)?;
    let mut tx = begin_reading(db).await?;
    let rows = if table_exists(&mut tx).await? { executed(&mut tx).await? } else { Vec::new() };
    let mut steps = compare(&rows, features, &tx)?;
    steps.retain(|step| only.is_none_or(|it| it == step.feature));
    Ok(steps)
}

#[derive(sqlx::FromRow)]
struct Executed {
    feature: String,
    file: String,
    checksum: String,
    executed_at: DateTime<Utc>,
}

fn check_name(features: &[Feature], only: Option<&str>) -> Result<(), MigrateError> {
    let names: Vec<_> = features.iter().map(|feature| feature.name).collect();
    match only {
        Some(name) if !names.contains(&name) => {
            Err(MigrateError::NoSuchFeature(name.to_owned(), names.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Holds what was executed against what there is.
fn compare(rows: &[Executed], features: &[Feature], tx: &Tx) -> Result<Vec<Step>, MigrateError> {
    let mut executed: BTreeMap<(String, String), &Executed> =
        rows.iter().map(|row| ((row.feature.clone(), row.file.clone()), row)).collect();
    let mut steps = Vec::new();
    for (feature, migration) in in_order(features) {
        let file = format!("{}.sql", migration.name);
        let row = executed.remove(&(feature.name.to_owned(), file.clone()));
        if row.is_some_and(|row| row.checksum != checksum(dialect(migration, tx))) {
            return Err(MigrateError::Changed(format!("{}/{file}", feature.name)));
        }
        steps.push(Step {
            feature: feature.name,
            file,
            executed_at: row.map(|row| row.executed_at),
        });
    }
    let Some(((feature, file), _)) = executed.pop_first() else { return Ok(steps) };
    let last = steps.iter().rfind(|step| step.feature == feature);
    let name = format!("{feature}/{file}");
    Err(if last.is_some_and(|last| file < last.file) {
        MigrateError::Missing(name)
    } else {
        MigrateError::Newer(name)
    })
}

/// Every migration with its feature: features as they depend, files as they are named.
fn in_order(features: &[Feature]) -> impl Iterator<Item = (&Feature, &'static Migration)> {
    features.iter().flat_map(|feature| {
        let mut files: Vec<_> = feature.migrations.iter().collect();
        files.sort_by_key(|migration| migration.name);
        files.into_iter().map(move |migration| (feature, migration))
    })
}

fn text_of(features: &[Feature], step: &Step, tx: &Tx) -> &'static str {
    in_order(features)
        .find(|(feature, it)| {
            feature.name == step.feature && format!("{}.sql", it.name) == step.file
        })
        .map_or("", |(_, migration)| dialect(migration, tx))
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
        // Unnamed statements: migrations may run where names are not kept.
        Db::Postgres { pool, .. } => {
            Tx::Postgres { tx: pool.begin().await?.into(), persistent: false, tells: None }
        }
        Db::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?.into()),
    })
}

/// As [`begin`], but never in the way of a writer.
async fn begin_reading(db: &Db) -> Result<Tx, sqlx::Error> {
    Ok(match db {
        Db::Postgres { pool, .. } => {
            Tx::Postgres { tx: pool.begin().await?.into(), persistent: false, tells: None }
        }
        Db::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?.into()),
    })
}

pub(crate) async fn commit(tx: Tx) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Postgres { tx, .. } => tx.commit().await,
        Tx::Sqlite(tx) => tx.commit().await,
    }
}

/// A transaction that no other migrating program has at the same time.
pub(crate) async fn begin_locked(db: &Db) -> Result<Tx, MigrateError> {
    for _ in 0..TRIES {
        match begin(db).await {
            Ok(mut tx) => {
                if take_lock(&mut tx).await? {
                    return Ok(tx);
                }
            }
            // SQLite's own lock is held for longer than it waits for.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(MigrateError::Locked)
}

async fn take_lock(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    let Tx::Postgres { .. } = tx else { return Ok(true) };
    let (taken,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '._migrations', 0))",
    )?;
    Ok(taken)
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

/// Runs a file of several statements.
async fn execute(tx: &mut Tx, text: &'static str) -> Result<(), sqlx::Error> {
    match tx {
        Tx::Postgres { tx, .. } => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
        Tx::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
    }
}
