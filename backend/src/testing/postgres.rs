//! A PostgreSQL database for each test: a copy of one that has been migrated.

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;

use super::server;
use crate::{
    core::{
        clock::Clock,
        config::{Database, Secret},
        db::{Db, migrate},
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

/// What names the tests' own database among the settings.
pub(super) async fn settings(way: Way) -> Database {
    let database = format!("test_{}", uuid::Uuid::now_v7().simple());
    let template = migrated().await;
    run(&format!("CREATE DATABASE {database} TEMPLATE {template}")).await;
    let direct = at(&server("TEST_POSTGRES_URL"), &database);
    let is_pooled = way == Way::Pooled || are_all_pooled();
    let url = if is_pooled { at(&server("TEST_PGBOUNCER_URL"), &database) } else { direct.clone() };
    Database {
        url: Some(Secret::new(url)),
        migration_url: Some(Secret::new(direct)),
        prepared_statements: !is_pooled,
        pool_size: 4,
        ..Database::default()
    }
}

/// Whether `scripts/test-pgbouncer` has asked for the pooler.
#[expect(clippy::disallowed_methods, reason = "how the tests run is no setting")]
fn are_all_pooled() -> bool {
    std::env::var("TEST_THROUGH_PGBOUNCER").is_ok()
}

fn at(url: &str, database: &str) -> String {
    format!("{}/{database}", url.rsplit_once('/').unwrap().0)
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
        for text in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
        }
        let url = at(&server("TEST_POSTGRES_URL"), &name);
        let settings = Database { url: Some(Secret::new(url)), ..Database::default() };
        let db = Db::open(&settings).await.unwrap();
        migrate::run(&db, features::ALL, None, &Clock::System).await.unwrap();
        db.close().await;
        let whole = format!("ALTER DATABASE {name} IS_TEMPLATE true");
        sqlx::raw_sql(AssertSqlSafe(whole)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    name
}
