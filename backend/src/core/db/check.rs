//! What `motovaultpro check` tries on a database.

use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Result, Row as _,
    postgres::PgConnectOptions,
};

use super::{Db, roles::own_tables};
use crate::features::Feature;

/// What one PostgreSQL server reports about itself.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its version, such as `15.6`.
    pub version: String,
    /// Whether it is a replica.
    pub is_replica: bool,
    /// Whether it accepts writes.
    pub takes_writes: bool,
    /// Seconds since it replayed a change for the last time, if it is a replica that has not replayed
    /// everything it has received.
    pub lag: Option<f64>,
    /// Its clock.
    pub now: DateTime<Utc>,
    /// The role that was logged in.
    pub role: String,
}

/// PostgreSQL's role that the service works as.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether row-level security does not apply to it.
    pub bypasses_rls: bool,
    /// The service's tables that it lacks rights on.
    pub lacks: Vec<String>,
}

/// Connects to one PostgreSQL server and asks what it is.
///
/// # Errors
/// The server's answer, or why there is none.
pub async fn ask_server(server: &PgConnectOptions) -> Result<Server> {
    let options = server.clone().application_name("motovaultpro check").disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await?;
    // In one message, as poolers need it.
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
        takes_writes: row.try_get(2)?,
        lag: row.try_get(3)?,
        now: row.try_get(4)?,
        role: row.try_get(5)?,
    };
    connection.close().await?;
    Ok(server)
}

impl Db {
    /// SQLite's version; none for PostgreSQL, which [`ask_server`] is for.
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
    /// Why the database accepts no writes.
    pub async fn try_write(&self) -> Result<()> {
        match self {
            // A message that nobody subscribes to: it is in the log once this is committed.
            Self::Postgres { pool, .. } => {
                let message = "SELECT pg_logical_emit_message(true, 'motovaultpro', 'check')";
                sqlx::raw_sql(message).execute(pool).await?;
            }
            // The number is this program's to use, and it uses none: it is set to what it is.
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

    /// The role that the service works as, and what it may do with the tables of `features`; none for
    /// SQLite.
    ///
    /// # Errors
    /// The database can't be used.
    pub async fn role(&self, features: &[Feature]) -> Result<Option<Role>> {
        let Self::Postgres { pool, .. } = self else { return Ok(None) };
        let role = sqlx::raw_sql(
            "SELECT CAST(rolname AS TEXT), rolsuper OR rolbypassrls FROM pg_roles
             WHERE rolname = current_user",
        );
        let role = role.fetch_one(pool).await?;
        // The rights that `roles::grant` gives.
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
        let mut lacks = Vec::new();
        for row in lacking.fetch_all(pool).await? {
            let table: String = row.try_get(0)?;
            if own.contains(table.as_str()) {
                lacks.push(table);
            }
        }
        Ok(Some(Role { name: role.try_get(0)?, bypasses_rls: role.try_get(1)?, lacks }))
    }
}
