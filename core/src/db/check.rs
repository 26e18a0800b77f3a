//! The database checks of `motovaultpro check`.

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Result, Row as _,
    postgres::PgConnectOptions,
};

use super::{Db, roles::own_tables};
use crate::feature::{Application, Feature};

/// A PostgreSQL server's report about itself.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its version, such as `15.6`.
    pub version: String,
    /// Whether it is a replica.
    pub is_replica: bool,
    /// Whether it accepts writes.
    pub accepts_writes: bool,
    /// The number of seconds since it last replayed a change, for a replica that has not replayed
    /// everything it has received.
    pub lag: Option<f64>,
    /// Its current time.
    pub now: DateTime<Utc>,
    /// The logged-in role.
    pub role: String,
}

/// The PostgreSQL role of the service.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether it bypasses row-level security.
    pub bypasses_rls: bool,
    /// The service's tables on which it lacks privileges.
    pub missing_privileges: Vec<String>,
}

/// Connects to a PostgreSQL server and queries its state.
///
/// # Errors
/// The server's error, or why it cannot be reached.
pub async fn query_server(server: &PgConnectOptions) -> Result<Server> {
    let options = server.clone().application_name("motovaultpro check").disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await?;
    // In one message, as poolers require.
    let row = sqlx::raw_sql(
        "SELECT current_setting('server_version'), pg_is_in_recovery(),
                NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
                CASE WHEN pg_is_in_recovery()
                          AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
                     THEN CAST(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
                               AS DOUBLE PRECISION) END,
                clock_timestamp(), CAST(current_user AS TEXT)",
    );
    let row = row.fetch_one(&mut connection).await?;
    let version: String = row.try_get(0)?;
    let server = Server {
        // Debian adds its own version: `15.6 (Debian 15.6-0+deb12u1)`.
        version: version.split(' ').next().unwrap_or(&version).to_owned(),
        is_replica: row.try_get(1)?,
        accepts_writes: row.try_get(2)?,
        lag: row.try_get(3)?,
        now: row.try_get(4)?,
        role: row.try_get(5)?,
    };
    connection.close().await?;
    Ok(server)
}

impl Db {
    /// SQLite's version; `None` for PostgreSQL, see [`query_server`].
    ///
    /// # Errors
    /// The database can't be used.
    pub async fn sqlite_version(&self) -> Result<Option<String>> {
        let Self::Sqlite { readers, .. } = self else { return Ok(None) };
        let version = sqlx::query_scalar("SELECT sqlite_version()");
        version.fetch_one(readers).await.map(Some)
    }

    /// Commits a write that changes no data.
    ///
    /// # Errors
    /// Why the database does not accept writes.
    pub async fn try_write(&self) -> Result<()> {
        match self {
            // A WAL message without subscribers: committing it writes to the WAL.
            Self::Postgres { pool, .. } => {
                let message = "SELECT pg_logical_emit_message(true, 'motovaultpro', 'check')";
                sqlx::raw_sql(message).execute(pool).await?;
            }
            // Applications may use this number; this one does not, and sets it to its current
            // value.
            Self::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                let version = sqlx::query_scalar::<_, i64>("PRAGMA user_version");
                let version = version.fetch_one(&mut *tx).await?;
                let same = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}"));
                sqlx::raw_sql(same).execute(&mut *tx).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// The role of the service and its privileges on the tables of `features`; `None` for SQLite.
    ///
    /// # Errors
    /// The database can't be used.
    pub async fn role<A: Application>(&self, features: &[Feature<A>]) -> Result<Option<Role>> {
        let Self::Postgres { pool, .. } = self else { return Ok(None) };
        let role = sqlx::raw_sql(
            "SELECT CAST(rolname AS TEXT), rolsuper OR rolbypassrls FROM pg_roles
             WHERE rolname = current_user",
        );
        let role = role.fetch_one(pool).await?;
        // The privileges that `roles::grant` grants.
        let lacking = sqlx::raw_sql(
            "SELECT CAST(tablename AS TEXT) FROM (
               SELECT tablename, format('%I.%I', schemaname, tablename) AS name
               FROM pg_tables WHERE schemaname = current_schema()
             ) t
             WHERE NOT (has_table_privilege(name, 'SELECT')
                        AND (tablename = '_migrations'
                             OR has_table_privilege(name, 'INSERT')
                                AND has_table_privilege(name, 'DELETE')
                                AND has_any_column_privilege(name, 'UPDATE')))
             ORDER BY tablename",
        );
        let own = own_tables(features);
        let mut missing_privileges = Vec::new();
        for row in lacking.fetch_all(pool).await? {
            let table: String = row.try_get(0)?;
            if own.contains(table.as_str()) {
                missing_privileges.push(table);
            }
        }
        Ok(Some(Role {
            name: role.try_get(0)?,
            bypasses_rls: role.try_get(1)?,
            missing_privileges,
        }))
    }
}
