//! Opens and locks the two databases, and prepares and finishes them as each engine requires.

use std::path::{Path, PathBuf};

use sqlx::AssertSqlSafe;

use super::{
    Progress,
    error::{At as _, MoveError, On as _, Result, Side},
    schema::{Table, quoted},
};
use crate::{
    core::{
        config::{Config, Database, Engine, PostgresAddress},
        db::{Db, Tx, check_existing, lock::ServiceLock, migrate},
        files,
    },
    features::Feature,
    sql,
};

/// The databases, and the locks on SQLite databases.
pub(super) struct Databases {
    pub(super) source: Db,
    /// `None` in a dry run if the SQLite file does not exist.
    pub(super) target: Option<Db>,
    pub(super) is_to_postgres: bool,
    _locks: Vec<ServiceLock>,
}

impl Databases {
    /// Opens both with the migration role. Creates a missing target, except in a dry run.
    pub(super) async fn open(
        config: &Config,
        target: &Database,
        features: &[Feature],
        is_dry_run: bool,
    ) -> Result<Self> {
        let (from, to) = (config.database.migration_engine()?, target.migration_engine()?);
        if is_same(&from, &to) {
            return Err(MoveError::Same);
        }
        let mut locks = Vec::new();
        if let Engine::Sqlite(path) = &from {
            check_existing(path).await.on(Side::Source)?;
            locks.push(ServiceLock::acquire_temporary(path)?);
        }
        let source = Db::open_for_migrations(&config.database).await.on(Side::Source)?;
        let is_to_postgres = matches!(to, Engine::Postgres(_));
        let opened = async {
            check_source(&source, from, features).await?;
            open_target(target, &to, is_dry_run, &mut locks).await
        };
        match opened.await {
            Ok(target) => Ok(Self { source, target, is_to_postgres, _locks: locks }),
            Err(error) => {
                source.close().await;
                Err(error)
            }
        }
    }

    /// Warns about other connections to a PostgreSQL source: later writes of a running service would not be
    /// moved. It is only a warning, since connections of a pooler may remain open after the service has
    /// stopped.
    pub(super) async fn warn_of_others(
        &self,
        config: &Config,
        progress: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<()> {
        let (Db::Postgres { pool, .. }, Ok(Engine::Postgres(service))) =
            (&self.source, config.database.engine())
        else {
            return Ok(());
        };
        let others = sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = $1",
        );
        let others = others.bind(service.0[0].get_username()).persistent(false);
        let others = others.fetch_one(pool).await.at(Side::Source, "the list of connections")?;
        if others > 0 {
            progress(Progress::Warning(&format!(
                "{others} other connections use the source. If the service is running, stop it: what it \
                 writes from now on is not moved"
            )));
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        self.source.close().await;
        if let Some(target) = self.target {
            target.close().await;
        }
    }
}

async fn check_source(source: &Db, engine: Engine, features: &[Feature]) -> Result<()> {
    let steps = migrate::status(source, features, None).await.on(Side::Source)?;
    let pending = steps.iter().filter(|it| it.executed_at.is_none()).count();
    if pending == steps.len() {
        return Err(MoveError::Empty(engine));
    }
    if pending > 0 { Err(MoveError::Pending(pending)) } else { Ok(()) }
}

async fn open_target(
    target: &Database,
    to: &Engine,
    is_dry_run: bool,
    locks: &mut Vec<ServiceLock>,
) -> Result<Option<Db>> {
    if let Engine::Sqlite(path) = to {
        let is_new = std::fs::metadata(path).map_or(true, |it| it.is_file() && it.len() == 0);
        if is_new && is_dry_run {
            return Ok(None);
        }
        if is_new {
            // If this fails, taking the lock reports the cause.
            let _ = files::create_private_folder(files::folder_of(path));
        } else {
            // Refuses databases of other programs.
            check_existing(path).await.on(Side::Target)?;
        }
        locks.push(ServiceLock::acquire_temporary(path)?);
    }
    Ok(Some(Db::open_for_migrations(target).await.on(Side::Target)?))
}

/// Whether both addresses refer to the same database, as far as can be determined.
fn is_same(one: &Engine, other: &Engine) -> bool {
    match (one, other) {
        (Engine::Sqlite(one), Engine::Sqlite(other)) => whole(one) == whole(other),
        (Engine::Postgres(PostgresAddress(ones)), Engine::Postgres(PostgresAddress(others))) => {
            ones.iter().any(|one| {
                others.iter().any(|other| {
                    one.get_host() == other.get_host()
                        && one.get_port() == other.get_port()
                        && one.get_socket() == other.get_socket()
                        && one.get_database() == other.get_database()
                        && one.get_options() == other.get_options()
                })
            })
        }
        _ => false,
    }
}

fn whole(path: &Path) -> PathBuf {
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    whole.unwrap_or_else(|_| path.to_owned())
}

/// Executes statements on PostgreSQL; does nothing on SQLite.
async fn on_postgres(tx: &mut Tx, statements: String) -> sqlx::Result<()> {
    let Tx::Postgres { tx, .. } = tx else { return Ok(()) };
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut **tx).await.map(drop)
}

/// Sets options for the transaction. With `row_security` off, PostgreSQL returns an error instead of hiding
/// rows.
pub(super) async fn prepare(tx: &mut Tx, side: Side) -> Result<()> {
    let settings = "SET LOCAL row_security TO off; SET LOCAL lock_timeout TO '10s';
         SET LOCAL statement_timeout TO 0; SET LOCAL idle_in_transaction_session_timeout TO 0";
    on_postgres(tx, settings.to_owned()).await.at(side, "the beginning")
}

/// Locks the tables until the end of the transaction, and waits for other users for at most ten seconds.
/// SQLite has only one writer at a time anyway.
pub(super) async fn lock(tx: &mut Tx, names: &[String], side: Side) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let tables: Vec<_> = names.iter().map(|it| quoted(it)).collect();
    let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "));
    on_postgres(tx, lock).await.at(side, "locking its tables (is a service running?)")
}

pub(super) async fn has_rows(tx: &mut Tx, name: &str) -> sqlx::Result<bool> {
    let statement = AssertSqlSafe(format!("SELECT EXISTS (SELECT 1 FROM {})", quoted(name)));
    let (has_rows,): (bool,) = sql!(tx, fetch_one, statement)?;
    Ok(has_rows)
}

/// Sets PostgreSQL's sequences to continue after the copied numbers. SQLite does so by itself.
pub(super) async fn continue_sequences(tx: &mut Tx, tables: &[Table]) -> Result<()> {
    let Tx::Postgres { .. } = tx else { return Ok(()) };
    let found: Vec<(String, String, String)> = sql!(
        &mut *tx,
        fetch_all,
        "SELECT c.relname::TEXT, a.attname::TEXT, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
         FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::REGNAMESPACE
           AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL",
    )
    .at(Side::Target, "the list of sequences")?;
    for (table, column, sequence) in found {
        if !tables.iter().any(|it| it.name == table) {
            continue;
        }
        let (name, column) = (quoted(&table), quoted(&column));
        let statement = AssertSqlSafe(format!(
            "SELECT setval(CAST($1 AS TEXT)::REGCLASS, COALESCE(MAX({column}), 0) + 1, false) FROM {name}"
        ));
        let _: (i64,) = sql!(&mut *tx, fetch_one, statement, sequence).at(Side::Target, &table)?;
    }
    Ok(())
}

/// Collects statistics for the query planner.
pub(super) async fn analyze(tx: &mut Tx, tables: &[String]) -> Result<()> {
    on_postgres(tx, format!("ANALYZE {}", tables.join(", "))).await.at(Side::Target, "ANALYZE")
}
