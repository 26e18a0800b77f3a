//! A PostgreSQL database for each test: a copy of one that has been migrated.

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

/// How a test reaches its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight, or through the pooler where all tests are to go through it.
    Usual,
    /// Through PgBouncer, which pools by transaction.
    Pooled,
}

/// What names a database of a test's own among the settings.
pub(super) async fn settings(way: Way) -> (Database, Ending) {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    let template = migrated().await;
    let copy = format!("CREATE DATABASE {database} TEMPLATE {template} OWNER motovaultpro_owner");
    run(&copy).await;
    let is_pooled = way == Way::Pooled || are_all_pooled();
    let base = server(if is_pooled { "TEST_PGBOUNCER_URL" } else { "TEST_POSTGRES_URL" });
    let settings = Database {
        url: Some(Secret::new(at(&base, "motovaultpro", &database))),
        migration_url: Some(Secret::new(owners(&database))),
        prepared_statements: !is_pooled,
        pool_size: 4,
        ..Database::default()
    };
    (settings, Ending(database))
}

/// What names a database of a test's own that has no tables yet.
pub(super) async fn empty() -> (Database, Ending) {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    run(&format!("CREATE DATABASE {database} OWNER motovaultpro_owner")).await;
    let service = at(&server("TEST_POSTGRES_URL"), "motovaultpro", &database);
    let settings = Database {
        url: Some(Secret::new(service)),
        migration_url: Some(Secret::new(owners(&database))),
        pool_size: 4,
        ..Database::default()
    };
    (settings, Ending(database))
}

/// A test's database. Where the server keeps all in memory, it ends with the test.
pub(super) struct Ending(String);

impl Drop for Ending {
    #[expect(clippy::disallowed_methods, reason = "how the tests run is no setting")]
    fn drop(&mut self) {
        if std::env::var("TEST_SERVERS_IN_MEMORY").is_err() {
            return;
        }
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.0);
        // The test's own runtime is not to be waited in.
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
                runtime.block_on(run(&drop));
            })
        });
        let _ = dropping.join();
    }
}

/// Whether `scripts/test-pgbouncer` has asked for the pooler.
#[expect(clippy::disallowed_methods, reason = "how the tests run is no setting")]
fn are_all_pooled() -> bool {
    std::env::var("TEST_THROUGH_PGBOUNCER").is_ok()
}

/// The database on the server of `url`, for this role.
fn at(url: &str, role: &str, database: &str) -> String {
    let server = url.rsplit_once('/').unwrap().0.rsplit_once('@').unwrap().1;
    format!("postgres://{role}@{server}/{database}")
}

fn owners(database: &str) -> String {
    at(&server("TEST_POSTGRES_URL"), "motovaultpro_owner", database)
}

/// The same database past every policy, as the server's administrator has it.
pub(super) async fn past_policies(settings: &Database) -> Db {
    let url = settings.migration_url.as_ref().unwrap().expose();
    let url = at(&server("TEST_POSTGRES_URL"), "postgres", url.rsplit_once('/').unwrap().1);
    let settings = Database { url: Some(Secret::new(url)), pool_size: 2, ..Database::default() };
    Db::open(&settings).await.unwrap()
}

async fn run(text: &str) {
    let mut connection = PgConnection::connect(&server("TEST_POSTGRES_URL")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The name of a database that all migrations have been executed on, and nobody is connected to.
/// Whichever process of the tests is the first to need it makes it.
async fn migrated() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(make_template).await
}

async fn make_template() -> String {
    let mut digest = Sha256::new();
    for migration in features::ALL.iter().flat_map(|it| it.migrations) {
        digest.update(migration.postgres);
    }
    let name = format!("template_{}", &hex(&digest.finalize())[..16]);
    let mut connection = PgConnection::connect(&server("TEST_POSTGRES_URL")).await.unwrap();
    // Held until the connection is closed.
    sqlx::raw_sql("SELECT pg_advisory_lock(4711)").execute(&mut connection).await.unwrap();
    let is_there = sqlx::query("SELECT FROM pg_database WHERE datname = $1 AND datistemplate")
        .bind(&name)
        .fetch_optional(&mut connection)
        .await
        .unwrap();
    if is_there.is_none() {
        let drop = format!("DROP DATABASE IF EXISTS {name}");
        for text in [drop, format!("CREATE DATABASE {name} OWNER motovaultpro_owner")] {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        }
        let service = at(&server("TEST_POSTGRES_URL"), "motovaultpro", &name);
        let settings = Database {
            url: Some(Secret::new(service)),
            migration_url: Some(Secret::new(owners(&name))),
            ..Database::default()
        };
        let db = Db::open_for_migrations(&settings).await.unwrap();
        migrate::run(&db, features::ALL, None, &Clock::System).await.unwrap();
        roles::grant(&db, features::ALL, &settings).await.unwrap();
        db.close().await;
        let whole = format!("ALTER DATABASE {name} IS_TEMPLATE true");
        sqlx::raw_sql(AssertSqlSafe(whole)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    name
}
