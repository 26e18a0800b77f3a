//! Direct access to the databases.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, PgPool, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

/// A direct connection to a database.
pub(crate) enum Sql {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// Creates a database on the server at `url`, owned by the migration role. Returns its URL.
pub(crate) async fn create_database(url: &str) -> String {
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let server = Sql::postgres(url).await;
    server.execute(&format!("CREATE DATABASE {name} OWNER motovaultpro_owner")).await;
    server.close().await;
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

impl Sql {
    pub(crate) async fn postgres(url: &str) -> Self {
        Self::Postgres(PgPool::connect(url).await.unwrap())
    }

    pub(crate) async fn sqlite(file: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(file);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        Self::Sqlite(pool.unwrap())
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
            Self::Sqlite(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
        }
    }

    /// Executes a query that returns one number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Self::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Executes a query that returns one text per row.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
            Self::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        }
    }

    /// The schema: every column and every index.
    pub(crate) async fn shape(&self) -> Vec<String> {
        let sql = match self {
            Self::Postgres(_) => {
                "SELECT concat_ws(' ', table_name, column_name, data_type,
                                  character_maximum_length, is_nullable, column_default)
                 FROM information_schema.columns WHERE table_schema = 'public'
                 UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
                 UNION ALL SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
                 WHERE connamespace = 'public'::regnamespace
                 ORDER BY 1"
            }
            Self::Sqlite(_) => "SELECT COALESCE(sql, name) FROM sqlite_schema ORDER BY 1",
        };
        self.texts(sql).await
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite(pool) => pool.close().await,
        }
    }
}
