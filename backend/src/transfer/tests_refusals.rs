//! Tests for moves that are refused before anything is written.

use std::path::Path;

use serde_json::json;

use super::{
    MoveError, Progress, move_all,
    tests::{assert_empty, dump, moved},
    tests_data,
};
use crate::{
    core::{
        config::{Database, Engine, Secret},
        db::{Db, lock::ServiceLock, migrate, migrate::Migration},
    },
    features::{self, Feature},
    testing::{EmptyDatabase, TestApp, block_on, on_every_engine},
};

on_every_engine![
    a_target_with_rows_is_refused_and_unchanged,
    moving_a_database_to_itself_is_refused,
    a_source_with_pending_migrations_is_refused,
    a_newer_source_is_refused,
    a_source_without_tables_is_refused,
    a_dry_run_counts_and_writes_nothing,
];

async fn with_features(app: &TestApp, features: &[Feature]) -> Result<(), MoveError> {
    let target = EmptyDatabase::on_engine_of(app).await;
    let (config, clock) = (&app.app.config, &app.app.clock);
    move_all(config, &target.settings, features, false, clock, &mut |_| {}).await.map(drop)
}

async fn a_target_with_rows_is_refused_and_unchanged(app: TestApp) {
    let user = app.register("ann@example.org").await;
    user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    let target = EmptyDatabase::on_engine_of(&app).await;
    moved(&app, &target).await.unwrap();
    let over = app.with_database(&target.settings).await;
    let before = dump(&over).await;
    // The second attempt finds all tables.
    let refused = moved(&app, &target).await.unwrap_err();
    assert!(matches!(refused, MoveError::NotEmpty(_)), "{refused}");
    let message = refused.to_string();
    assert!(
        message.contains("the target has rows in ") && message.contains("empty database"),
        "{message}"
    );
    assert_eq!(dump(&over).await, before);
    over.close().await;
    // Rows hidden by row-level security count as well, and prevent the migrations.
    let other = EmptyDatabase::on_engine_of(&app).await;
    let db = Db::open_for_migrations(&other.settings).await.unwrap();
    let vehicles = features::ALL.iter().position(|it| it.name == "vehicles").unwrap();
    migrate::run(&db, &features::ALL[..=vehicles], None, &app.app.clock).await.unwrap();
    let pending = async || {
        let steps = migrate::status(&db, features::ALL, None).await.unwrap();
        steps.iter().filter(|it| it.executed_at.is_none()).count()
    };
    let edition = "INSERT INTO user_editions (user_id, edition) VALUES ('ann', 1)";
    let hidden = match app.app.db {
        Db::Postgres { .. } => format!("SET app.user_id TO 'ann'; {edition}"),
        Db::Sqlite { .. } => edition.to_owned(),
    };
    let were_pending = pending().await;
    assert!(were_pending > 0);
    other.execute(&hidden).await;
    let refused = moved(&app, &other).await.unwrap_err();
    assert!(matches!(&refused, MoveError::NotEmpty(it) if it == "user_editions"), "{refused}");
    assert_eq!(pending().await, were_pending);
    db.close().await;
}

async fn moving_a_database_to_itself_is_refused(app: TestApp) {
    let config = &app.app.config;
    let target = config.database.clone();
    let mut silent = |_: Progress<'_>| {};
    let moved = move_all(config, &target, features::ALL, false, &app.app.clock, &mut silent);
    let refused = moved.await.unwrap_err();
    assert!(matches!(refused, MoveError::Same), "{refused}");
}

async fn a_source_with_pending_migrations_is_refused(app: TestApp) {
    const NEW: &[Migration] =
        &[Migration { name: "999_new", postgres: "SELECT 1;", sqlite: "SELECT 1;", tables: &[] }];
    let mut all: Vec<_> = features::ALL.iter().map(|it| Feature { ..*it }).collect();
    all.push(Feature { name: "new", migrations: NEW, ..features::ALL[0] });
    let refused = with_features(&app, &all).await.unwrap_err();
    assert!(matches!(refused, MoveError::Pending(1)), "{refused}");
    assert!(refused.to_string().contains("motovaultpro migrate"), "{refused}");
}

async fn a_newer_source_is_refused(app: TestApp) {
    let refused = with_features(&app, &features::ALL[..6]).await.unwrap_err();
    assert!(refused.to_string().starts_with("the source: "), "{refused}");
    assert!(refused.to_string().contains("newer than this program"), "{refused}");
}

async fn a_source_without_tables_is_refused(app: TestApp) {
    let (source, target) =
        (EmptyDatabase::on_engine_of(&app).await, EmptyDatabase::on_engine_of(&app).await);
    let over = app.with_database(&source.settings).await;
    let refused = moved(&over, &target).await.unwrap_err();
    assert!(refused.to_string().contains("has none of MotoVaultPro's tables"), "{refused}");
    over.close().await;
}

async fn a_dry_run_counts_and_writes_nothing(app: TestApp) {
    tests_data::fill_every_table(&app).await;
    let before = dump(&app).await;
    let target = EmptyDatabase::on_engine_of(&app).await;
    let (config, clock) = (&app.app.config, &app.app.clock);
    let dry_run = async || {
        let mut counted = 0;
        let mut progress = |it: Progress<'_>| {
            if let Progress::Table(_, rows) = it {
                counted += rows;
            }
        };
        let target = &target.settings;
        let done = move_all(config, target, features::ALL, true, clock, &mut progress).await;
        done.map(|it| assert_eq!(it.rows, counted)).map(|()| counted)
    };
    assert_eq!(dry_run().await.unwrap(), u64::try_from(before.len()).unwrap());
    match target.settings.engine().unwrap() {
        Engine::Sqlite(path) => assert!(!path.parent().unwrap().exists()),
        Engine::Postgres(_) => {
            let db = Db::open_for_migrations(&target.settings).await.unwrap();
            let steps = migrate::status(&db, features::ALL, None).await.unwrap();
            assert!(steps.iter().all(|it| it.executed_at.is_none()));
            db.close().await;
        }
    }
    let target = target.migrated().await;
    let dry_run =
        async || move_all(config, &target.settings, features::ALL, true, clock, &mut |_| {}).await;
    assert_eq!(dry_run().await.unwrap().rows, u64::try_from(before.len()).unwrap());
    assert_empty(&app, &target).await;
    moved(&app, &target).await.unwrap();
    let refused = dry_run().await.unwrap_err();
    assert!(matches!(refused, MoveError::NotEmpty(_)), "{refused}");
}

fn file(settings: &Database) -> std::path::PathBuf {
    match settings.engine().unwrap() {
        Engine::Sqlite(path) => path,
        Engine::Postgres(address) => panic!("{address:?} is not SQLite"),
    }
}

#[test]
fn an_sqlite_database_in_use_is_neither_read_nor_filled() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let target = EmptyDatabase::on_sqlite().migrated().await;
        for path in [file(&app.app.config.database), file(&target.settings)] {
            let serving = ServiceLock::acquire(&path).unwrap();
            let refused = moved(&app, &target).await.unwrap_err();
            assert!(matches!(refused, MoveError::Locked(_)), "{refused}");
            let message = refused.to_string();
            let pid = std::process::id().to_string();
            assert!(message.contains(&pid) && message.contains("stop it first"), "{message}");
            assert_empty(&app, &target).await;
            drop(serving);
        }
        moved(&app, &target).await.unwrap();
        // The refused move released its lock.
        let beside = |path: &Path| path.with_extension("db.lock").exists();
        assert!(!beside(&file(&target.settings)));
    });
}

#[test]
fn an_sqlite_database_of_another_program_is_refused() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let target = EmptyDatabase::on_sqlite();
        target.execute("CREATE TABLE letters (text TEXT)").await;
        let refused = moved(&app, &target).await.unwrap_err();
        assert!(refused.to_string().contains("none of MotoVaultPro's tables"), "{refused}");
        let left = app.with_database(&target.settings).await;
        let Db::Sqlite { writer, .. } = &left.app.db else { panic!("not SQLite") };
        let tables = sqlx::query_scalar::<_, String>("SELECT name FROM sqlite_schema");
        assert_eq!(tables.fetch_all(writer).await.unwrap(), ["letters"]);
        left.close().await;
    });
}

#[test]
fn a_missing_source_is_not_created() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let target = EmptyDatabase::on_sqlite();
        let missing = app.reconfigured(|config| {
            let url = "sqlite:///nowhere/at/all.db".to_owned();
            config.database.url = Some(Secret::new(url));
        });
        let refused = moved(&missing, &target).await.unwrap_err();
        assert!(
            refused.to_string().contains("the database /nowhere/at/all.db does not exist"),
            "{refused}"
        );
        assert!(!file(&target.settings).exists());
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn an_unsupported_value_is_reported_without_the_value() {
    block_on(async {
        for (change, message) in [
            (
                "UPDATE stations SET phone = '0123456789012345678901'",
                "phone must have at most 20 characters",
            ),
            ("UPDATE stations SET name = 'a' || char(0) || 'b'", "name contains a NUL character"),
            ("UPDATE stations SET latitude = 10000000000", "latitude has more than 10 digits"),
            ("UPDATE stations SET created_at = 'yesterday'", "created_at can't be read as a time"),
        ] {
            let app = TestApp::on_sqlite().await;
            let user = app.register("ann@example.org").await;
            let station = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
            let id = user.post("/api/stations", station).await.id();
            let Db::Sqlite { writer, .. } = &app.app.db else { panic!("not SQLite") };
            sqlx::raw_sql(change).execute(writer).await.unwrap();
            let target = EmptyDatabase::on_postgres().await;
            let (config, clock) = (&app.app.config, &app.app.clock);
            for is_dry_run in [true, false] {
                let target = &target.settings;
                let done =
                    move_all(config, target, features::ALL, is_dry_run, clock, &mut |_| {}).await;
                let refused = done.unwrap_err().to_string();
                let expected = format!("stations, row {id}: {message}");
                assert!(refused.starts_with(&expected), "{refused}");
                assert!(!refused.contains("0123456789") && !refused.contains("yesterday"));
            }
            assert_empty(&app, &target).await;
        }
    });
}

/// Without the owner role, row-level security would hide rows, so nothing is moved.
#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn a_role_subject_to_row_level_security_moves_nothing() {
    block_on(async {
        let app = TestApp::on_postgres().await;
        app.register("ann@example.org").await;
        let as_service = app.reconfigured(|config| config.database.migration_url = None);
        let target = EmptyDatabase::on_sqlite();
        let refused = moved(&as_service, &target).await.unwrap_err();
        assert!(refused.to_string().contains("must be owner of"), "{refused}");
        assert_empty(&app, &target).await;
    });
}
