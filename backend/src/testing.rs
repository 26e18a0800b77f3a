//! Runs tests against a complete service with its own database, on both engines.

mod postgres;
mod requests;
mod router;
mod sqlite;
mod statements;
mod writes;

use std::net::SocketAddr;

use axum::{Router, http::header};
use serde_json::json;

use crate::{
    app::App,
    core::{
        clock::Clock,
        config::{Config, Database, Registration, Secret},
        db::{Db, Tx, migrate},
        keys::ServiceKey,
        outage,
    },
    features, sql,
};

/// Declares each named test once per engine: `sqlite::name` and `postgres::name`.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            use $crate::testing::{TestApp, block_on};

            $(#[test]
            fn $test() {
                block_on(async { super::$test(TestApp::on_sqlite().await).await });
            })+
        }

        mod postgres {
            use $crate::testing::{TestApp, block_on};

            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                block_on(async { super::$test(TestApp::on_postgres().await).await });
            })+
        }
    };
}

pub(crate) use on_every_engine;
pub(crate) use requests::{TestResponse, cookie_of};
pub(crate) use statements::StatementLog;
pub(crate) use writes::{BeginWrite, Commit};

pub(crate) use crate::tests_core::rls::UserFilterDisabled;

/// Runs a test; both engines may share its inline snapshots.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    insta::allow_duplicates! { runtime.block_on(test) }
}

/// A service with its own empty database, and a client of it.
#[derive(Clone)]
pub(crate) struct TestApp {
    /// The application state.
    pub(crate) app: App,
    router: Router,
    cookie: Option<String>,
    /// The client's address, and headers that it sends with every request.
    peer: Option<SocketAddr>,
    headers: Vec<(&'static str, String)>,
    /// Connections that bypass row-level security, opened when first needed.
    bypassing_rls: std::sync::Arc<tokio::sync::OnceCell<Db>>,
    /// Drops the PostgreSQL database when the test ends.
    _database: Option<std::sync::Arc<postgres::DropGuard>>,
    /// The folder of the SQLite database, until the test ends.
    _folder: std::sync::Arc<tempfile::TempDir>,
}

/// A database without tables, deleted when dropped.
pub(crate) struct EmptyDatabase {
    pub(crate) settings: Database,
    _drop_guard: Option<postgres::DropGuard>,
    _folder: tempfile::TempDir,
}

impl EmptyDatabase {
    /// The SQLite file does not exist yet.
    pub(crate) fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("new/cars.db").display());
        let settings = Database { url: Some(Secret::new(url)), ..Database::default() };
        Self { settings, _drop_guard: None, _folder: folder }
    }

    /// The PostgreSQL database is owned by the migration role.
    pub(crate) async fn on_postgres() -> Self {
        let (settings, drop_guard) = postgres::create_empty().await;
        Self { settings, _drop_guard: Some(drop_guard), _folder: tempfile::tempdir().unwrap() }
    }

    /// On the same engine as `app`.
    pub(crate) async fn on_engine_of(app: &TestApp) -> Self {
        match app.app.db {
            Db::Sqlite { .. } => Self::on_sqlite(),
            Db::Postgres { .. } => Self::on_postgres().await,
        }
    }

    /// Executes all migrations.
    pub(crate) async fn migrated(self) -> Self {
        let db = Db::open_for_migrations(&self.settings).await.unwrap();
        migrate::run(&db, features::ALL, None, &Clock::System).await.unwrap();
        db.close().await;
        self
    }

    /// Executes statements as the owner of the tables.
    pub(crate) async fn execute(&self, statements: &str) {
        let db = Db::open_for_migrations(&self.settings).await.unwrap();
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        match &db {
            Db::Postgres { pool, .. } => {
                sqlx::raw_sql(statements).execute(pool).await.unwrap();
            }
            Db::Sqlite { writer, .. } => {
                sqlx::raw_sql(statements).execute(writer).await.unwrap();
            }
        }
        db.close().await;
    }
}

/// The initial time of the tests' clock.
pub(crate) const NOW: &str = "2026-01-31T12:00:00.123456Z";

#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn server(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask with-servers`"))
}

impl TestApp {
    /// SQLite and the in-process cache.
    pub(crate) async fn on_sqlite() -> Self {
        Self::new(|_| {}).await
    }

    /// A separate PostgreSQL database, and Redis.
    pub(crate) async fn on_postgres() -> Self {
        Self::on_postgres_by(postgres::Route::Default).await
    }

    /// The same through PgBouncer with transaction pooling.
    pub(crate) async fn through_pgbouncer() -> Self {
        Self::on_postgres_by(postgres::Route::PgBouncer).await
    }

    async fn on_postgres_by(route: postgres::Route) -> Self {
        let (database, drop_guard) = postgres::create_migrated(route).await;
        let test = Self::new(|config| {
            config.database = database;
            config.cache.url = Some(Secret::new(server("TEST_REDIS_URL")));
        })
        .await;
        let test = Self { _database: Some(drop_guard.into()), ..test };
        for _ in 0..200 {
            if test.app.cache.state().1 {
                return test;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("Redis does not respond");
    }

    /// With changed settings. Registration is open by default.
    pub(crate) async fn new(change: impl FnOnce(&mut Config)) -> Self {
        outage::separate_thread();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        let file = folder.path().join("test.db");
        let url = format!("sqlite://{}", file.display());
        config.database.url = Some(Secret::new(url.clone()));
        config.auth.registration = Registration::Open;
        let key = ServiceKey::generate().unwrap();
        config.auth.key = Some(Secret::new(key.to_text()));
        change(&mut config);
        let clock = Clock::manual(NOW.parse().unwrap());
        if config.database.url.as_ref().is_some_and(|it| it.expose() == url) {
            std::fs::write(&file, sqlite::migrated().await).unwrap();
        }
        let db = Db::open(&config.database).await.unwrap();
        let app = App::with_key(config, db, clock, Some(key));
        let router = router::router(&app);
        let headers = Vec::new();
        let (folder, bypassing_rls) = (folder.into(), std::sync::Arc::default());
        let test = Self {
            app,
            router,
            cookie: None,
            peer: None,
            headers,
            bypassing_rls,
            _database: None,
            _folder: folder,
        };
        // The first account becomes the administrator; the tests' own users should not.
        test.register("admin@example.org").await;
        test
    }

    /// Another service on the same engine, with its own empty database.
    pub(crate) async fn new_on_same_engine(&self) -> Self {
        match self.app.db {
            Db::Sqlite { .. } => Self::on_sqlite().await,
            Db::Postgres { .. } => Self::on_postgres().await,
        }
    }

    /// The same database and clock with changed settings.
    pub(crate) fn reconfigured(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::clone(&self.app.config);
        change(&mut config);
        let app = self.app_with(config);
        Self { router: router::router(&app), app, ..self.clone() }
    }

    /// The same client, connected to another instance.
    pub(crate) fn at(&self, instance: &Self) -> Self {
        Self { app: instance.app.clone(), router: instance.router.clone(), ..self.clone() }
    }

    fn app_with(&self, config: Config) -> App {
        let key = self.app.key().unwrap().clone();
        App::with_key(config, self.app.db.clone(), self.app.clock.clone(), Some(key))
    }

    /// Creates an account, and returns a client that is signed in to it.
    pub(crate) async fn register(&self, email: &str) -> Self {
        let account = json!({ "email": email, "password": "correct horse battery" });
        let response = self.anonymous().post("/api/auth/register", account).await;
        assert_eq!(response.status, 201, "{response:?}");
        self.with_cookie(cookie_of(&response))
    }

    /// A client that is signed in as the administrator, whom every test starts with.
    pub(crate) async fn as_administrator(&self) -> Self {
        let credentials =
            json!({ "email": "admin@example.org", "password": "correct horse battery" });
        let response = self.anonymous().post("/api/auth/login", credentials).await;
        assert_eq!(response.status, 200, "{response:?}");
        self.with_cookie(cookie_of(&response))
    }

    /// Deletes all accounts, including the administrator that every test starts with.
    pub(crate) async fn delete_all_accounts(&self) {
        for table in ["sessions", "first_account", "accounts"] {
            let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
            let mut tx = self.app.db.write().await.unwrap();
            match &mut tx {
                Tx::Postgres { tx, .. } => {
                    sqlx::raw_sql(delete).execute(&mut **tx).await.unwrap();
                }
                Tx::Sqlite(tx) => {
                    sqlx::query(delete).execute(&mut **tx).await.unwrap();
                }
            }
            tx.commit().await.unwrap();
        }
    }

    /// Another instance of the service on the same database, with changed settings.
    pub(crate) fn instance_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::clone(&self.app.config);
        change(&mut config);
        let app = self.app_with(config);
        Self { router: router::router(&app), app, ..self.clone() }
    }

    /// The database without row-level security.
    pub(crate) async fn db_bypassing_rls(&self) -> Db {
        match &self.app.db {
            Db::Postgres { .. } => {
                let open = || postgres::db_bypassing_rls(&self.app.config.database);
                self.bypassing_rls.get_or_init(open).await.clone()
            }
            Db::Sqlite { .. } => self.app.db.clone(),
        }
    }

    /// Every row of every table as text, except the cache of decoded VINs.
    pub(crate) async fn rows(&self) -> std::collections::BTreeSet<String> {
        let rows = self.dump().await.into_iter();
        rows.filter(|it| !it.starts_with("vin_cache ")).collect()
    }

    /// Every row of every table, without row-level security: the table's name, then all columns as text, with
    /// bytes in hexadecimal.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut tx = self.db_bypassing_rls().await.read().await.unwrap();
        let tables: Vec<(String,)> = match &mut tx {
            Tx::Postgres { .. } => sql!(
                &mut tx,
                fetch_all,
                "SELECT format('SELECT %L || t::text FROM %I t', tablename || ' ', tablename)
                 FROM pg_tables WHERE schemaname = current_schema()",
            ),
            Tx::Sqlite(_) => sql!(
                &mut tx,
                fetch_all,
                "SELECT 'SELECT ' || quote(m.name || ' ') || ' || lower('
                        || group_concat('quote(' || c.name || ')', ' || '','' || ')
                        || ') FROM ' || m.name
                 FROM sqlite_schema m, pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'
                 GROUP BY m.name",
            ),
        }
        .unwrap();
        let selects: Vec<_> = tables.into_iter().map(|it| it.0).collect();
        let all = sqlx::AssertSqlSafe(selects.join(" UNION ALL "));
        let rows: Vec<(String,)> = match &mut tx {
            Tx::Postgres { tx, .. } => {
                sqlx::query_as(all).persistent(false).fetch_all(&mut **tx).await.unwrap()
            }
            Tx::Sqlite(tx) => sqlx::query_as(all).fetch_all(&mut **tx).await.unwrap(),
        };
        let mut rows: Vec<_> = rows.into_iter().map(|it| it.0).collect();
        rows.sort();
        rows
    }

    /// A client that is not signed in.
    pub(crate) fn anonymous(&self) -> Self {
        self.with_cookie(None)
    }

    /// A client that sends this cookie.
    pub(crate) fn with_cookie(&self, cookie: Option<String>) -> Self {
        Self { cookie, ..self.clone() }
    }

    /// A client that connects from this address.
    pub(crate) fn with_client_ip(&self, address: &str) -> Self {
        let peer = SocketAddr::new(address.parse().unwrap(), 4711);
        Self { peer: Some(peer), ..self.clone() }
    }

    /// A client that sends this header with every request.
    pub(crate) fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut test = self.clone();
        test.headers.push((name, value.to_owned()));
        test
    }

    /// The same client and state with another router.
    pub(crate) fn with_router(&self, router: Router<App>) -> Self {
        Self { router: router.with_state(self.app.clone()), ..self.clone() }
    }

    /// The client's cookie.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Another instance of the service on the same database, with a client that is not signed in.
    pub(crate) fn anonymous_instance(&self) -> Self {
        self.anonymous().instance_with(|_| {})
    }

    /// The same client and service key, with another database and an empty cache.
    pub(crate) async fn with_database(&self, database: &Database) -> Self {
        let mut config = Config::clone(&self.app.config);
        config.database = database.clone();
        config.cache = crate::core::config::Cache::default();
        let db = Db::open(&config.database).await.unwrap();
        let key = self.app.key().unwrap().clone();
        let app = App::with_key(config, db, self.app.clock.clone(), Some(key));
        let bypassing_rls = std::sync::Arc::default();
        Self { router: router::router(&app), app, bypassing_rls, _database: None, ..self.clone() }
    }

    /// Closes the connections opened by [`TestApp::with_database`].
    pub(crate) async fn close(&self) {
        self.app.db.close().await;
        if let Some(bypassing_rls) = self.bypassing_rls.get() {
            bypassing_rls.close().await;
        }
    }

    /// The id of the signed-in user.
    pub(crate) async fn user_id(&self) -> crate::core::UserId {
        let mut headers = axum::http::HeaderMap::new();
        headers.insert(header::COOKIE, self.cookie.as_ref().unwrap().parse().unwrap());
        let authenticated = features::sessions::authenticate(&headers, &self.app).await.unwrap();
        authenticated.unwrap().user.clone()
    }
}
