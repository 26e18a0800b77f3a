//! One database, two engines: PostgreSQL in production, SQLite embedded.
//!
//! Statements are written once, in the SQL both engines understand, and run through [`crate::sql!`].
//! Only the schema is written twice, because column types are where the engines differ.

mod check;
pub mod edition;
mod error;
pub mod fixed;
pub mod lock;
pub mod migrate;
mod open;
mod primary;
pub mod replica;
pub mod roles;
mod rows;
#[cfg(test)]
mod tests_pooler;
#[cfg(test)]
mod tests_rows;
mod unbroken;
mod whose;

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

#[cfg(not(test))]
use sqlx::SqlSafeStr;
use sqlx::{
    Database, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction, pool::PoolConnection,
};

use super::{
    Error, Result, UserId,
    cache::Cache,
    http,
    metrics::{Pool, Wait, WalArchiver, metrics},
    outage::{self, Blocked},
};
pub use check::{Role, Server, ask_server};
pub use error::{is_foreign_key_violation, is_unique_violation};
pub use open::check_existing;
pub use primary::takes_writes;
use replica::{Replica, ReplicaState};
use whose::Whose;

/// How long a replica may take to answer a read before the primary is asked instead.
const REPLICAS_PATIENCE: Duration = Duration::from_secs(2);

/// The connection pool of whichever engine the configuration names.
#[derive(Clone, Debug)]
pub enum Db {
    /// PostgreSQL.
    Postgres {
        /// Its connections.
        pool: PgPool,
        /// Whether statements are prepared by name, which some poolers cannot keep.
        persistent: bool,
        /// What some reads may be answered by instead.
        replica: Option<Arc<Replica>>,
    },
    /// SQLite, which has one writer at a time: waiting for a connection is cheaper than for
    /// its lock.
    Sqlite {
        /// Connections that only read.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
}

/// Where statements run: in a transaction, which dropping rolls back, or each for itself.
pub enum Tx {
    /// PostgreSQL.
    Postgres {
        /// The transaction.
        tx: Held<Postgres>,
        /// As in [`Db::Postgres`].
        persistent: bool,
        /// Who has to be told of the commit: the replica does not have it yet.
        tells: Option<(Arc<Replica>, UserId)>,
    },
    /// SQLite.
    Sqlite(Held<Sqlite>),
}

/// A connection of one engine's.
pub enum Held<D: Database> {
    /// In a transaction.
    Transaction(Transaction<'static, D>),
    /// Outside one.
    Connection(PoolConnection<D>),
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Connection(connection) => connection,
        }
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Connection(connection) => connection,
        }
    }
}

impl<D: Database> Held<D> {
    /// Keeps what the transaction did.
    ///
    /// # Errors
    /// The database is gone.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Transaction(tx) => tx.commit().await,
            Self::Connection(_) => Ok(()),
        }
    }
}

impl<D: Database> From<Transaction<'static, D>> for Held<D> {
    fn from(tx: Transaction<'static, D>) -> Self {
        Self::Transaction(tx)
    }
}

impl<D: Database> From<PoolConnection<D>> for Held<D> {
    fn from(connection: PoolConnection<D>) -> Self {
        Self::Connection(connection)
    }
}

impl Db {
    /// A connection that only reads what is nobody's. Each statement sees the database as it is by
    /// then: beginning and ending a transaction around one would take twice as long as the
    /// statement. Behind a pooler that cannot keep prepared statements a transaction is needed all
    /// the same: without one, a statement's parts may reach different servers.
    ///
    /// On PostgreSQL no user's rows are there: see [`Db::read_for`].
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn read(&self) -> Result<Tx> {
        let waiting = self.wait_to_read().begin();
        Ok(match self {
            Self::Postgres { pool, persistent: true, .. } => {
                let connection = waiting.end(pool.acquire().await)?.into();
                Tx::Postgres { tx: connection, persistent: true, tells: None }
            }
            Self::Postgres { pool, persistent: false, .. } => {
                let begin = Whose::Nobodys.after("BEGIN READ ONLY");
                let tx = waiting.end(unbroken::begin(pool, begin).await)?.into();
                Tx::Postgres { tx, persistent: false, tells: None }
            }
            Self::Sqlite { readers, .. } => {
                Tx::Sqlite(waiting.end(readers.acquire().await)?.into())
            }
        })
    }

    /// As [`Db::read`], with the user's own rows. On PostgreSQL it is a transaction, to which the
    /// database shows nobody else's, whatever a statement says.
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn read_for(&self, user: &UserId) -> Result<Tx> {
        match self {
            Self::Postgres { .. } => self.begin("BEGIN READ ONLY", Whose::Users(user)).await,
            Self::Sqlite { .. } => self.read().await,
        }
    }

    /// Begins a transaction that may write what is nobody's.
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn write(&self) -> Result<Tx> {
        http::while_others_work(self.begin("BEGIN", Whose::Nobodys)).await
    }

    /// Begins a transaction that may write the user's own rows, too.
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn write_for(&self, user: &UserId) -> Result<Tx> {
        let mut begun = http::while_others_work(self.begin("BEGIN", Whose::Users(user))).await?;
        if let (Self::Postgres { replica: Some(replica), .. }, Tx::Postgres { tells, .. }) =
            (self, &mut begun)
        {
            *tells = Some((Arc::clone(replica), user.clone()));
        }
        Ok(begun)
    }

    /// As [`Db::read_for`], from the replica where `is_asked` and it has all that the user has
    /// written; and whether it is. What [`crate::read_any!`] begins with.
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn read_any_for(&self, user: &UserId, is_asked: bool) -> Result<(Tx, bool)> {
        if let Self::Postgres { pool, persistent, replica: Some(replica) } = self
            && is_asked
            && replica.has_all_of(user, pool).await
        {
            let begin = Whose::Users(user).after("BEGIN READ ONLY");
            match unbroken::begin(replica.pool(), begin).await {
                Ok(tx) => {
                    let tx = tx.into();
                    metrics().database.replica_reads.inc();
                    return Ok((Tx::Postgres { tx, persistent: *persistent, tells: None }, true));
                }
                Err(_) => replica.leave_alone(),
            }
        }
        if is_asked && self.has_replica() {
            metrics().database.primary_reads.inc();
        }
        Ok((self.read_for(user).await?, false))
    }

    /// What the read of [`crate::read_any!`] gives; none where it is to be asked of the primary
    /// instead, since the replica failed or takes too long.
    pub async fn answer_in_time<T>(
        &self,
        is_replicas: bool,
        read: impl Future<Output = Result<T>>,
    ) -> Option<Result<T>> {
        let Self::Postgres { replica: Some(replica), .. } = self else { return Some(read.await) };
        if !is_replicas {
            return Some(read.await);
        }
        match tokio::time::timeout(REPLICAS_PATIENCE, outage::on_replica(read)).await {
            Ok(Err(Error::Unavailable)) | Err(_) => {
                replica.leave_alone();
                None
            }
            Ok(answer) => Some(answer),
        }
    }

    /// Where the positions of users are kept that a replica has to have reached.
    pub fn keep_positions_in(&self, cache: &Cache) {
        if let Self::Postgres { replica: Some(replica), .. } = self {
            replica.keep_positions_in(cache);
        }
    }

    /// Begins a transaction for work of the service's own, which may touch everybody's rows where
    /// a policy names it.
    ///
    /// # Errors
    /// Unavailable where no connection is to be had.
    pub async fn write_as(&self, job: &'static str) -> Result<Tx> {
        http::while_others_work(self.begin("BEGIN", Whose::Jobs(job))).await
    }

    async fn begin(&self, how: &'static str, whose: Whose<'_>) -> Result<Tx> {
        let waiting = self.wait_to_write().begin();
        Ok(match self {
            Self::Postgres { pool, persistent, .. } => {
                let tx = waiting.end(unbroken::begin(pool, whose.after(how)).await)?.into();
                outage::is_over(Blocked::ReadsAndWrites);
                Tx::Postgres { tx, persistent: *persistent, tells: None }
            }
            // A plain BEGIN that reads first cannot always become a writer.
            Self::Sqlite { writer, .. } => {
                Tx::Sqlite(waiting.end(writer.begin_with("BEGIN IMMEDIATE").await)?.into())
            }
        })
    }

    /// The state of the read replica; `None` without one.
    #[must_use]
    pub fn replica_state(&self) -> Option<ReplicaState> {
        match self {
            Self::Postgres { replica: Some(replica), .. } => Some(replica.state()),
            _ => None,
        }
    }

    /// What PostgreSQL says about archiving its WAL; `None` where it does not archive or does not answer.
    pub async fn wal_archiver(&self) -> Option<WalArchiver> {
        let Self::Postgres { pool, .. } = self else { return None };
        let ask = "SELECT archived_count, failed_count,
                          extract(epoch FROM last_archived_time)::BIGINT,
                          extract(epoch FROM last_failed_time)::BIGINT
                   FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'";
        let row = sqlx::raw_sql(ask).fetch_optional(pool).await.ok()??;
        Some(WalArchiver {
            archived: row.try_get(0).ok()?,
            failed: row.try_get(1).ok()?,
            last_archived_at: row.try_get(2).ok()?,
            last_failed_at: row.try_get(3).ok()?,
        })
    }

    /// Whether a replica answers some reads.
    #[must_use]
    pub fn has_replica(&self) -> bool {
        matches!(self, Self::Postgres { replica: Some(_), .. })
    }

    fn wait_to_read(&self) -> &'static Wait {
        let waits = &metrics().database;
        if let Self::Postgres { .. } = self { &waits.postgres } else { &waits.readers }
    }

    fn wait_to_write(&self) -> &'static Wait {
        let waits = &metrics().database;
        if let Self::Postgres { .. } = self { &waits.postgres } else { &waits.writer }
    }

    /// The engine's name, as health reports it.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgresql",
            Self::Sqlite { .. } => "sqlite",
        }
    }

    /// Its pools of connections, as they are just now.
    #[must_use]
    pub fn pools(&self) -> Vec<Pool> {
        match self {
            Self::Postgres { pool, .. } => vec![Pool::of("postgresql", pool)],
            Self::Sqlite { readers, writer } => {
                vec![Pool::of("readers", readers), Pool::of("writer", writer)]
            }
        }
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// Unavailable where it gives none.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Self::Postgres { pool, .. } => {
                // In one message: of several, a pooler could send each to another server.
                sqlx::raw_sql("SELECT 1").execute(pool).await?;
            }
            Self::Sqlite { readers, .. } => {
                sqlx::query("SELECT 1").execute(readers).await?;
            }
        }
        outage::is_over(Blocked::ReadsAndWrites);
        Ok(())
    }

    /// SQLite's count of the changes that other processes made; none on PostgreSQL. All of this
    /// process's writes are the writer's, so the count does not change with them.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn changes_by_others(&self) -> Result<Option<i64>> {
        let Self::Sqlite { writer, .. } = self else { return Ok(None) };
        let (version,) = sqlx::query_as("PRAGMA data_version").fetch_one(writer).await?;
        Ok(Some(version))
    }

    /// Moves what SQLite's log holds into the database and empties the log, which may still hold what
    /// was overwritten. A log that other processes read is emptied later.
    ///
    /// # Errors
    /// Unavailable where the database is.
    pub async fn shorten_log(&self) -> Result<()> {
        if let Self::Sqlite { writer, .. } = self {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await?;
        }
        Ok(())
    }

    /// Closes every connection, after what they are doing.
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
                // The last one to leave folds the write-ahead log into the file.
                writer.close().await;
            }
        }
    }
}

impl Tx {
    /// Keeps what was done.
    ///
    /// # Errors
    /// Unavailable where the database is gone: what was done is then not kept.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres { tx, tells, .. } => {
                let committed = tx.commit().await;
                // Before it is acknowledged, so that no read that follows is answered without it; and
                // after a failure, too: whether a commit whose answer is lost was made is not known.
                if let Some((replica, user)) = tells {
                    replica.forget_position(&user).await;
                }
                committed?;
            }
            Self::Sqlite(tx) => tx.commit().await?,
        }
        outage::is_over(Blocked::Writes);
        Ok(())
    }
}

/// The statement as it runs.
#[cfg(not(test))]
#[must_use]
pub fn statement<S: SqlSafeStr>(text: S) -> S {
    text
}

#[cfg(test)]
pub(crate) use tests_rows::{Forgetting, statement};

/// Runs one statement: `sql!(tx, fetch_one, "SELECT …", bind, bind)`.
///
/// The verb is `SQLx`'s own: `fetch_one`, `fetch_optional`, `fetch_all` give rows; `execute`
/// gives how many rows it touched.
#[macro_export]
macro_rules! sql {
    ($tx:expr, execute, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::core::db::Tx::Postgres { tx, persistent, .. } => {
                sqlx::query($crate::core::db::statement($sql))$(.bind($bind))*.persistent(*persistent).execute(&mut **tx).await
                    .map(|done| done.rows_affected())
            }
            $crate::core::db::Tx::Sqlite(tx) => {
                sqlx::query($crate::core::db::statement($sql))$(.bind($bind))*.execute(&mut **tx).await
                    .map(|done| done.rows_affected())
            }
        }
    };
    ($tx:expr, $fetch:ident, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::core::db::Tx::Postgres { tx, persistent, .. } => {
                sqlx::query_as($crate::core::db::statement($sql))$(.bind($bind))*.persistent(*persistent).$fetch(&mut **tx).await
            }
            $crate::core::db::Tx::Sqlite(tx) => {
                sqlx::query_as($crate::core::db::statement($sql))$(.bind($bind))*.$fetch(&mut **tx).await
            }
        }
    };
}

/// Reads what is a user's from whichever server may answer them: `read_any!(app.db, user, |tx| {
/// Ok(store::list(&mut tx, user).await?) })`. Never less than the user has written; and what a
/// replica fails to answer, the primary is asked.
#[macro_export]
macro_rules! read_any {
    ($db:expr, $user:expr, |$tx:ident| $read:expr) => {{
        let (db, user): (&$crate::core::db::Db, &$crate::core::UserId) = (&$db, $user);
        let mut is_asked = true;
        loop {
            let (begun, is_replicas) = match db.read_any_for(user, is_asked).await {
                Ok(begun) => begun,
                Err(error) => break Err(error),
            };
            let answered = db.answer_in_time(is_replicas, async {
                let mut $tx = begun;
                $read
            });
            match answered.await {
                Some(answer) => break answer,
                None => is_asked = false,
            }
        }
    }};
}
