//! One database interface over two engines: PostgreSQL, and embedded SQLite.
//!
//! Statements are written once, in SQL that both engines understand, and run through
//! [`crate::sql!`]. Only the schema is written twice, because the engines' column types differ.

mod cancel_safe;
mod check;
pub mod edition;
mod error;
pub mod fixed;
pub mod lock;
pub mod migrate;
mod open;
mod primary;
pub mod replica;
mod rls;
pub mod roles;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod statements;
mod unit_of_work;
mod writers;

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Database, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction, pool::PoolConnection,
};

use super::{
    Error, Result, UserId,
    cache::Cache,
    http,
    metrics::{Pool, WaitMetrics, WalArchiver, metrics},
    outage::{self, Blocked},
};
pub use check::{Role, Server, query_server};
pub use error::{is_caused_by_unique_violation, is_foreign_key_violation, is_unique_violation};
pub use open::check_existing;
pub use primary::accepts_writes;
use replica::{Replica, ReplicaState};
use rls::RlsScope;
use writers::{WritePermit, Writers};

/// How long a replica may take to answer a read before the primary answers it instead.
const REPLICA_TIMEOUT: Duration = Duration::from_secs(2);

/// The connection pool of the configured engine.
#[derive(Clone, Debug)]
pub enum Db {
    /// PostgreSQL.
    Postgres {
        /// The pool.
        pool: PgPool,
        /// Whether to use named prepared statements, which some poolers do not support.
        persistent: bool,
        /// The read replica, if any.
        replica: Option<Arc<Replica>>,
        /// Permits for transactions that write.
        writers: Arc<Writers>,
    },
    /// SQLite, which allows one writer at a time. Waiting for the only writing connection is
    /// cheaper than waiting for SQLite's lock.
    Sqlite {
        /// Read-only connections.
        readers: SqlitePool,
        /// The only connection that writes.
        writer: SqlitePool,
    },
}

/// A connection or a transaction to run statements on. Dropping a transaction rolls it back.
///
/// Only a unit of work can begin a write and commit it: [`Services::write`](super::Services::write) for rows of a user,
/// [`Db::transaction`] for rows that belong to no user. This compiles:
///
/// ```
/// # use motovaultpro_core::{Result, db::{Db, Tx}};
/// # async fn set_name(_: &mut Tx) -> Result<()> { Ok(()) }
/// async fn rename(db: &Db) -> Result<()> {
///     db.transaction(async |tx| set_name(tx).await).await
/// }
/// ```
///
/// A write that commits its transaction itself does not compile:
///
/// ```compile_fail,E0599
/// # use motovaultpro_core::{Result, db::{Db, Tx}};
/// # async fn set_name(_: &mut Tx) -> Result<()> { Ok(()) }
/// async fn rename(mut tx: Tx) -> Result<()> {
///     set_name(&mut tx).await?;
///     tx.commit().await?;
///     Ok(())
/// }
/// ```
///
/// It differs only in one word from this one, which compiles and changes nothing:
///
/// ```
/// # use motovaultpro_core::{Result, db::{Db, Tx}};
/// # async fn set_name(_: &mut Tx) -> Result<()> { Ok(()) }
/// async fn rename(mut tx: Tx) -> Result<()> {
///     set_name(&mut tx).await?;
///     tx.rollback().await?;
///     Ok(())
/// }
/// ```
///
/// Nor does one that begins its transaction itself, although [`Db::read_for`] exists:
///
/// ```compile_fail,E0599
/// # use motovaultpro_core::{Result, UserId, db::{Db, Tx}};
/// async fn begin(db: &Db, user: &UserId) -> Result<Tx> {
///     db.write_for(user).await
/// }
/// ```
///
/// ```
/// # use motovaultpro_core::{Result, UserId, db::{Db, Tx}};
/// async fn begin(db: &Db, user: &UserId) -> Result<Tx> {
///     db.read_for(user).await
/// }
/// ```
pub enum Tx {
    /// PostgreSQL.
    Postgres {
        /// The connection.
        tx: Conn<Postgres>,
        /// As in [`Db::Postgres`].
        persistent: bool,
        /// The user whose cached replica position the commit invalidates: the replica does not have
        /// the changes yet.
        invalidates: Option<(Arc<Replica>, UserId)>,
    },
    /// SQLite.
    Sqlite(Conn<Sqlite>),
}

/// A connection of one engine, in a transaction or outside of one.
pub struct Conn<D: Database> {
    state: ConnState<D>,
    /// The permit to write, if one is needed.
    _permit: Option<WritePermit>,
}

/// Whether a transaction may write.
#[derive(Clone, Copy)]
enum TransactionAccess {
    ReadOnly,
    Write,
}

impl TransactionAccess {
    fn begin_statement(self) -> &'static str {
        match self {
            Self::ReadOnly => "BEGIN READ ONLY",
            Self::Write => "BEGIN",
        }
    }
}

enum ConnState<D: Database> {
    Transaction(Transaction<'static, D>),
    Connection(PoolConnection<D>),
}

impl<D: Database> Deref for Conn<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        match &self.state {
            ConnState::Transaction(tx) => tx,
            ConnState::Connection(connection) => connection,
        }
    }
}

impl<D: Database> DerefMut for Conn<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        match &mut self.state {
            ConnState::Transaction(tx) => tx,
            ConnState::Connection(connection) => connection,
        }
    }
}

impl<D: Database> Conn<D> {
    async fn commit(self) -> sqlx::Result<()> {
        match self.state {
            ConnState::Transaction(tx) => tx.commit().await,
            ConnState::Connection(_) => Ok(()),
        }
    }

    async fn rollback(self) -> sqlx::Result<()> {
        match self.state {
            ConnState::Transaction(tx) => tx.rollback().await,
            ConnState::Connection(_) => Ok(()),
        }
    }
}

impl<D: Database> From<Transaction<'static, D>> for Conn<D> {
    fn from(tx: Transaction<'static, D>) -> Self {
        Self { state: ConnState::Transaction(tx), _permit: None }
    }
}

impl<D: Database> From<PoolConnection<D>> for Conn<D> {
    fn from(connection: PoolConnection<D>) -> Self {
        Self { state: ConnState::Connection(connection), _permit: None }
    }
}

impl Db {
    /// Returns a connection for reads outside any user's scope. Each statement sees the current
    /// data: a transaction around a single statement would take twice as long as the statement.
    /// Behind a pooler without support for prepared statements it is a transaction all the same,
    /// because otherwise the parts of one statement may reach different servers.
    ///
    /// On PostgreSQL, users' rows are invisible: see [`Db::read_for`].
    ///
    /// # Errors
    /// `Unavailable` if no connection is available.
    pub async fn read(&self) -> Result<Tx> {
        let timer = self.wait_to_read().start_timer();
        Ok(match self {
            Self::Postgres { pool, persistent: true, .. } => {
                let connection = timer.stop(pool.acquire().await)?.into();
                Tx::Postgres { tx: connection, persistent: true, invalidates: None }
            }
            Self::Postgres { pool, persistent: false, .. } => {
                let begin = RlsScope::None.begin_statement("BEGIN READ ONLY");
                let tx = timer.stop(cancel_safe::begin(pool, begin).await)?.into();
                Tx::Postgres { tx, persistent: false, invalidates: None }
            }
            Self::Sqlite { readers, .. } => Tx::Sqlite(timer.stop(readers.acquire().await)?.into()),
        })
    }

    /// Like [`Db::read`], in the user's scope. On PostgreSQL it is a transaction that sees no other
    /// user's rows, whatever its statements say.
    ///
    /// # Errors
    /// `Unavailable` if no connection is available.
    pub async fn read_for(&self, user: &UserId) -> Result<Tx> {
        match self {
            Self::Postgres { .. } => {
                self.begin(TransactionAccess::ReadOnly, RlsScope::User(user)).await
            }
            Self::Sqlite { .. } => self.read().await,
        }
    }

    /// Begins a write transaction in `scope`.
    async fn begin_write(&self, scope: RlsScope<'_>) -> Result<Tx> {
        let mut tx = http::wait_to_write(self.begin(TransactionAccess::Write, scope)).await?;
        if let (
            Self::Postgres { replica: Some(replica), .. },
            Tx::Postgres { invalidates, .. },
            RlsScope::User(user),
        ) = (self, &mut tx, scope)
        {
            *invalidates = Some((Arc::clone(replica), user.clone()));
        }
        Ok(tx)
    }

    /// Like [`Db::read_for`], on the replica if `use_replica` is set and the replica has all of the
    /// user's writes. Also returns whether it is on the replica. Used by [`crate::read_replica!`].
    ///
    /// # Errors
    /// `Unavailable` if no connection is available.
    pub async fn begin_replica_read(&self, user: &UserId, use_replica: bool) -> Result<(Tx, bool)> {
        if let Self::Postgres { pool, persistent, replica: Some(replica), .. } = self
            && use_replica
            && replica.has_writes_of(user, pool).await
        {
            let begin = RlsScope::User(user).begin_statement("BEGIN READ ONLY");
            match cancel_safe::begin(replica.pool(), begin).await {
                Ok(tx) => {
                    let tx = tx.into();
                    metrics().database.replica_reads.inc();
                    return Ok((
                        Tx::Postgres { tx, persistent: *persistent, invalidates: None },
                        true,
                    ));
                }
                Err(_) => replica.mark_failed(),
            }
        }
        if use_replica && self.has_replica() {
            metrics().database.primary_reads.inc();
        }
        Ok((self.read_for(user).await?, false))
    }

    /// Runs the read of [`crate::read_replica!`]. Returns `None` if the replica failed or was too
    /// slow, so that the primary must answer instead.
    pub async fn read_with_timeout<T>(
        &self,
        is_replica: bool,
        read: impl Future<Output = Result<T>>,
    ) -> Option<Result<T>> {
        let Self::Postgres { replica: Some(replica), .. } = self else { return Some(read.await) };
        if !is_replica {
            return Some(read.await);
        }
        match tokio::time::timeout(REPLICA_TIMEOUT, outage::on_replica(read)).await {
            Ok(Err(Error::Unavailable)) | Err(_) => {
                replica.mark_failed();
                None
            }
            Ok(answer) => Some(answer),
        }
    }

    /// Sets the cache that stores the users' positions in the WAL.
    pub fn store_positions_in(&self, cache: &Cache) {
        if let Self::Postgres { replica: Some(replica), .. } = self {
            replica.store_positions_in(cache);
        }
    }

    async fn begin(&self, access: TransactionAccess, scope: RlsScope<'_>) -> Result<Tx> {
        let timer = self.wait_to_write().start_timer();
        Ok(match self {
            Self::Postgres { pool, persistent, writers, .. } => {
                let begun: sqlx::Result<Conn<Postgres>> = async {
                    let permit = match access {
                        TransactionAccess::ReadOnly => None,
                        TransactionAccess::Write => Some(writers.acquire(scope.user()).await?),
                    };
                    let statement = scope.begin_statement(access.begin_statement());
                    let tx = cancel_safe::begin(pool, statement).await?;
                    Ok(Conn { state: ConnState::Transaction(tx), _permit: permit })
                }
                .await;
                let tx = timer.stop(begun)?;
                outage::record_success(Blocked::ReadsAndWrites);
                Tx::Postgres { tx, persistent: *persistent, invalidates: None }
            }
            // A transaction of plain `BEGIN` that reads first cannot always be upgraded to a
            // writer.
            Self::Sqlite { writer, .. } => {
                Tx::Sqlite(timer.stop(writer.begin_with("BEGIN IMMEDIATE").await)?.into())
            }
        })
    }

    /// The state of the read replica, if there is one.
    #[must_use]
    pub fn replica_state(&self) -> Option<ReplicaState> {
        match self {
            Self::Postgres { replica: Some(replica), .. } => Some(replica.state()),
            _ => None,
        }
    }

    /// PostgreSQL's WAL archiving statistics; `None` if it does not archive or does not respond.
    pub async fn wal_archiver(&self) -> Option<WalArchiver> {
        let Self::Postgres { pool, .. } = self else { return None };
        let query = "SELECT archived_count, failed_count,
                          extract(epoch FROM last_archived_time)::BIGINT,
                          extract(epoch FROM last_failed_time)::BIGINT
                   FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'";
        let row = sqlx::raw_sql(query).fetch_optional(pool).await.ok()??;
        Some(WalArchiver {
            archived: row.try_get(0).ok()?,
            failed: row.try_get(1).ok()?,
            last_archived_at: row.try_get(2).ok()?,
            last_failed_at: row.try_get(3).ok()?,
        })
    }

    /// Whether there is a read replica.
    #[must_use]
    pub fn has_replica(&self) -> bool {
        matches!(self, Self::Postgres { replica: Some(_), .. })
    }

    fn wait_to_read(&self) -> &'static WaitMetrics {
        let waits = &metrics().database;
        if let Self::Postgres { .. } = self { &waits.postgres } else { &waits.readers }
    }

    fn wait_to_write(&self) -> &'static WaitMetrics {
        let waits = &metrics().database;
        if let Self::Postgres { .. } = self { &waits.postgres } else { &waits.writer }
    }

    /// The engine's name in health checks.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgresql",
            Self::Sqlite { .. } => "sqlite",
        }
    }

    /// The current state of the connection pools.
    #[must_use]
    pub fn pools(&self) -> Vec<Pool> {
        match self {
            Self::Postgres { pool, .. } => vec![Pool::new("postgresql", pool)],
            Self::Sqlite { readers, writer } => {
                vec![Pool::new("readers", readers), Pool::new("writer", writer)]
            }
        }
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    /// `Unavailable` if it does not.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Self::Postgres { pool, .. } => {
                // In one message: a pooler could send several to different servers.
                sqlx::raw_sql("SELECT 1").execute(pool).await?;
            }
            Self::Sqlite { readers, .. } => {
                sqlx::query("SELECT 1").execute(readers).await?;
            }
        }
        outage::record_success(Blocked::ReadsAndWrites);
        Ok(())
    }

    /// SQLite's `data_version`, which changes when other processes write; `None` on PostgreSQL.
    /// This process writes through one connection only, so its own writes do not change the number.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn data_version(&self) -> Result<Option<i64>> {
        let Self::Sqlite { writer, .. } = self else { return Ok(None) };
        let (version,) = sqlx::query_as("PRAGMA data_version").fetch_one(writer).await?;
        Ok(Some(version))
    }

    /// Moves SQLite's WAL into the database file and truncates the WAL, which may still contain
    /// overwritten values. If other processes are reading it, it is truncated later.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn truncate_wal(&self) -> Result<()> {
        if let Self::Sqlite { writer, .. } = self {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await?;
        }
        Ok(())
    }

    /// Closes all connections after they have finished their work.
    pub async fn close(&self) {
        match self {
            Self::Postgres { pool, replica, .. } => {
                pool.close().await;
                if let Some(replica) = replica {
                    replica.pool().close().await;
                }
            }
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                // The last connection moves the WAL into the database file.
                writer.close().await;
            }
        }
    }
}

impl Tx {
    /// Rolls the transaction back, if there is one. Dropping it does the same, but later.
    ///
    /// # Errors
    /// The connection is lost; the database then rolls the transaction back.
    pub async fn rollback(self) -> sqlx::Result<()> {
        match self {
            Self::Postgres { tx, .. } => tx.rollback().await,
            Self::Sqlite(tx) => tx.rollback().await,
        }
    }

    /// Commits the transaction, if there is one.
    ///
    /// # Errors
    /// `Unavailable` if the connection is lost: the transaction may not be committed.
    async fn finish(self) -> Result<()> {
        match self {
            Self::Postgres { tx, invalidates, .. } => {
                let committed = tx.commit().await;
                // Before the commit is acknowledged, so that every later read includes it; and also
                // after an error, because a commit whose response is lost may have succeeded.
                if let Some((replica, user)) = invalidates {
                    replica.forget_position(&user).await;
                }
                committed?;
            }
            Self::Sqlite(tx) => tx.commit().await?,
        }
        outage::record_success(Blocked::Writes);
        Ok(())
    }
}

/// The statement that [`sql!`](crate::sql) executes. Tests can observe and replace it, in builds with
/// debug assertions: see `db::statements`.
#[doc(hidden)]
#[macro_export]
macro_rules! statement {
    ($engine:literal, $sql:expr) => {{
        // Within `sql!`, these are the file and the line of its outermost caller.
        #[cfg(debug_assertions)]
        let statement =
            $crate::db::statements::prepare($engine, concat!(file!(), ":", line!()), $sql);
        #[cfg(not(debug_assertions))]
        let statement = $sql;
        statement
    }};
}

/// Runs one statement: `sql!(tx, fetch_one, "SELECT …", bind, bind)`.
///
/// The method is `SQLx`'s: `fetch_one`, `fetch_optional` and `fetch_all` return rows; `execute`
/// returns the number of affected rows.
#[macro_export]
macro_rules! sql {
    ($tx:expr, execute, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::db::Tx::Postgres { tx, persistent, .. } => {
                sqlx::query($crate::statement!("postgres", $sql))$(.bind($bind))*.persistent(*persistent).execute(&mut **tx).await
                    .map(|result| result.rows_affected())
            }
            $crate::db::Tx::Sqlite(tx) => {
                sqlx::query($crate::statement!("sqlite", $sql))$(.bind($bind))*.execute(&mut **tx).await
                    .map(|result| result.rows_affected())
            }
        }
    };
    ($tx:expr, $fetch:ident, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::db::Tx::Postgres { tx, persistent, .. } => {
                sqlx::query_as($crate::statement!("postgres", $sql))$(.bind($bind))*.persistent(*persistent).$fetch(&mut **tx).await
            }
            $crate::db::Tx::Sqlite(tx) => {
                sqlx::query_as($crate::statement!("sqlite", $sql))$(.bind($bind))*.$fetch(&mut **tx).await
            }
        }
    };
}

/// Reads a user's data from the replica if possible: `read_replica!(app.db, user, |tx| {
/// Ok(store::list(&mut tx, user).await?) })`. The result includes all of the user's own writes. If
/// the replica fails, the primary answers.
#[macro_export]
macro_rules! read_replica {
    ($db:expr, $user:expr, |$tx:ident| $read:expr) => {{
        let (db, user): (&$crate::db::Db, &$crate::UserId) = (&$db, $user);
        let mut use_replica = true;
        loop {
            let (tx, is_replica) = match db.begin_replica_read(user, use_replica).await {
                Ok(tx) => tx,
                Err(error) => break Err(error),
            };
            let answered = db.read_with_timeout(is_replica, async {
                let mut $tx = tx;
                $read
            });
            match answered.await {
                Some(answer) => break answer,
                None => use_replica = false,
            }
        }
    }};
}
