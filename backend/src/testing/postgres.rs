//! Creates a PostgreSQL database for each test, as a copy of a migrated template.

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;

use super::server;
use crate::{
    core::{
        clock::Clock,
        config::{Database, Secret},
        db::{Db, migrate, roles},
        hex,
    },
    features,
};

/// How a test connects to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Directly, unless all tests use PgBouncer.
    Default,
    /// Through PgBouncer with transaction pooling.
    PgBouncer,
}

/// Creates a migrated database for a test, and returns its settings.
pub(super) async fn create_migrated(route: Route) -> (Database, DropGuard) {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    let template = template().await;
    let copy = format!("CREATE DATABASE {database} TEMPLATE {template} OWNER motovaultpro_owner");
    execute(&copy).await;
    let is_pooled = route == Route::PgBouncer || all_use_pgbouncer();
    let base = server(if is_pooled { "TEST_PGBOUNCER_URL" } else { "TEST_POSTGRES_URL" });
    let settings = Database {
        url: Some(Secret::new(url_for(&base, "motovaultpro", &database))),
        migration_url: Some(Secret::new(owner_url(&database))),
        prepared_statements: !is_pooled,
        pool_size: 4,
        ..Database::default()
    };
    (settings, DropGuard(database))
}

/// Creates an empty database for a test, and returns its settings.
pub(super) async fn create_empty() -> (Database, DropGuard) {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    execute(&format!("CREATE DATABASE {database} OWNER motovaultpro_owner")).await;
    let service = url_for(&server("TEST_POSTGRES_URL"), "motovaultpro", &database);
    let settings = Database {
        url: Some(Secret::new(service)),
        migration_url: Some(Secret::new(owner_url(&database))),
        pool_size: 4,
        ..Database::default()
    };
    (settings, DropGuard(database))
}

/// Drops a test's database when the test ends, if the server stores its data in memory.
pub(super) struct DropGuard(String);

impl Drop for DropGuard {
    #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
    fn drop(&mut self) {
        if std::env::var("TEST_SERVERS_IN_MEMORY").is_err() {
            return;
        }
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.0);
        // Use a separate runtime: blocking the test's own is not allowed.
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
                runtime.block_on(execute(&drop));
            })
        });
        let _ = dropping.join();
    }
}

/// Whether all tests use PgBouncer, as in `make test-pgbouncer`.
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn all_use_pgbouncer() -> bool {
    std::env::var("TEST_THROUGH_PGBOUNCER").is_ok()
}

/// The URL of `database` for `role`, on the server of `url`.
fn url_for(url: &str, role: &str, database: &str) -> String {
    let server = url.rsplit_once('/').unwrap().0.rsplit_once('@').unwrap().1;
    format!("postgres://{role}@{server}/{database}")
}

fn owner_url(database: &str) -> String {
    url_for(&server("TEST_POSTGRES_URL"), "motovaultpro_owner", database)
}

/// The same database as the server's superuser, without row-level security.
pub(super) async fn db_bypassing_rls(settings: &Database) -> Db {
    let url = settings.migration_url.as_ref().unwrap().expose();
    let url = url_for(&server("TEST_POSTGRES_URL"), "postgres", url.rsplit_once('/').unwrap().1);
    let settings = Database { url: Some(Secret::new(url)), pool_size: 2, ..Database::default() };
    Db::open(&settings).await.unwrap()
}

async fn execute(statement: &str) {
    let mut connection = PgConnection::connect(&server("TEST_POSTGRES_URL")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The name of a migrated template database. The first test process that needs it creates it.
async fn template() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(create_template).await
}

async fn create_template() -> String {
    let mut digest = Sha256::new();
    for migration in features::ALL.iter().flat_map(|it| it.migrations) {
        digest.update(migration.postgres);
    }
    let name = format!("template_{}", &hex(&digest.finalize())[..16]);
    let mut connection = PgConnection::connect(&server("TEST_POSTGRES_URL")).await.unwrap();
    // The lock is released when the connection is closed.
    sqlx::raw_sql("SELECT pg_advisory_lock(4711)").execute(&mut connection).await.unwrap();
    let existing = sqlx::query("SELECT FROM pg_database WHERE datname = $1 AND datistemplate")
        .bind(&name)
        .fetch_optional(&mut connection)
        .await
        .unwrap();
    if existing.is_none() {
        let drop = format!("DROP DATABASE IF EXISTS {name}");
        for text in [drop, format!("CREATE DATABASE {name} OWNER motovaultpro_owner")] {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        }
        let service = url_for(&server("TEST_POSTGRES_URL"), "motovaultpro", &name);
        let settings = Database {
            url: Some(Secret::new(service)),
            migration_url: Some(Secret::new(owner_url(&name))),
            ..Database::default()
        };
        let db = Db::open_for_migrations(&settings).await.unwrap();
        migrate::run(&db, features::ALL, None, &Clock::System).await.unwrap();
        roles::grant(&db, features::ALL, &settings).await.unwrap();
        db.close().await;
        let mark = format!("ALTER DATABASE {name} IS_TEMPLATE true");
        sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    name
}
