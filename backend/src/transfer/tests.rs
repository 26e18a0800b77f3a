//! A move copies all data unchanged, or nothing.

use std::{
    collections::BTreeSet,
    io::Write as _,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{MoveError, Moved, Progress, Side, move_all, schema, tests_data};
use crate::{
    core::{
        config::{Config, Database},
        db::{Db, Tx, migrate, migrate::Migration},
        feature::Table,
        keys,
    },
    features::{self, Feature},
    sql,
    testing::{EmptyDatabase, TestApp, block_on, on_every_engine},
};

on_every_engine![
    all_data_is_moved_within_an_engine,
    every_table_is_moved_except_engine_specific_indexes,
    an_interrupted_move_leaves_the_target_empty,
    a_rejected_row_leaves_the_target_empty,
    a_changed_value_is_detected,
    a_missing_row_is_detected,
    generated_numbers_continue_after_a_move,
    thousands_of_fill_ups_are_moved_within_an_engine,
];

pub(super) async fn moved(app: &TestApp, target: &EmptyDatabase) -> Result<Moved, MoveError> {
    moved_by(app, &target.settings, features::ALL, &mut |_| {}).await
}

async fn moved_by(
    app: &TestApp,
    target: &Database,
    features: &[Feature],
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Moved, MoveError> {
    let config: &Config = &app.app.config;
    move_all(config, target, features, false, &app.app.clock, progress).await
}

/// All rows of all moved tables, formatted by the engine.
pub(super) async fn dump(app: &TestApp) -> Vec<String> {
    let names: BTreeSet<_> = names(app, features::ALL).await.into_iter().collect();
    let is_moved = |row: &String| names.contains(row.split(' ').next().unwrap());
    app.dump().await.into_iter().filter(is_moved).collect()
}

async fn names(app: &TestApp, features: &[Feature]) -> Vec<String> {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    schema::names(&mut tx, features, Side::Source).await.unwrap()
}

/// Asserts that all tables to be moved are empty in the target.
pub(super) async fn assert_empty(app: &TestApp, target: &EmptyDatabase) {
    let over = app.with_database(&target.settings).await;
    assert_eq!(dump(&over).await, [""; 0]);
    over.close().await;
}

/// Responses with the user's data.
async fn answers(user: &TestApp, vehicle: &str) -> Vec<(String, Value)> {
    let mut answers = Vec::new();
    for path in [
        "/api/auth/me".to_owned(),
        "/api/auth/tokens".to_owned(),
        "/api/user/preferences".to_owned(),
        "/api/vehicles?limit=500".to_owned(),
        format!("/api/vehicles/{vehicle}"),
        format!("/api/vehicles/{vehicle}/fuel-stats"),
        format!("/api/vehicles/{vehicle}/odometer"),
        format!("/api/fuel-logs?vehicleId={vehicle}&limit=500"),
        format!("/api/maintenance?vehicleId={vehicle}&limit=500"),
        "/api/maintenance/upcoming".to_owned(),
        "/api/stations?favorite=true".to_owned(),
        // Uses the full-text index, which is specific to the engine.
        "/api/stations/search?query=corn".to_owned(),
        "/api/notifications/channels".to_owned(),
    ] {
        let answer = user.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answers.push((path, answer.body));
    }
    let found = answers.iter().find(|it| it.0.contains("search")).unwrap();
    assert!(!found.1["items"].as_array().unwrap().is_empty(), "{found:?}");
    answers
}

/// Asserts that the service returns the same data from the target, with the same service key and session.
async fn assert_serves_the_same(user: &TestApp, vehicle: &str, target: &Database) {
    let over = user.with_database(target).await;
    assert_eq!(answers(&over, vehicle).await, answers(user, vehicle).await);
    keys::prepare(&over.app.db, &over.app.config, &over.app.clock, &features::secrets())
        .await
        .unwrap();
    // Starting would fail if the service key did not match the database.
    let mut config = Config::clone(&over.app.config);
    config.auth.key = Some(crate::core::config::Secret::new("ab".repeat(32)));
    keys::prepare(&over.app.db, &config, &over.app.clock, &features::secrets()).await.unwrap_err();
    // New records must be found as well.
    let station = json!({ "name": "Newly opened", "latitude": 1, "longitude": 2 });
    assert_eq!(over.post("/api/stations", station).await.status, 201);
    let found = over.get("/api/stations/search?query=newly").await;
    assert_eq!(found.body["items"].as_array().map(Vec::len), Some(1), "{found:?}");
    over.close().await;
}

async fn all_data_is_moved_within_an_engine(app: TestApp) {
    let (user, vehicle) = tests_data::fill_every_table(&app).await;
    let before = dump(&app).await;
    let target = EmptyDatabase::on_engine_of(&app).await;
    let done = moved(&app, &target).await.unwrap();
    assert_eq!(done.rows, u64::try_from(before.len()).unwrap());
    let over = app.with_database(&target.settings).await;
    assert_eq!(dump(&over).await, before);
    over.close().await;
    assert_eq!(dump(&app).await, before, "the source");
    assert_serves_the_same(&user, &vehicle, &target.settings).await;
}

/// Moves to the other engine and back, and compares exactly.
async fn there_and_back(app: &TestApp, there: EmptyDatabase, back: EmptyDatabase) {
    let (user, vehicle) = tests_data::fill_every_table(app).await;
    let before = dump(app).await;
    let rows = moved(app, &there).await.unwrap().rows;
    assert_eq!(rows, u64::try_from(before.len()).unwrap());
    let over = app.with_database(&there.settings).await;
    assert_eq!(moved(&over, &back).await.unwrap().rows, rows);
    let home = app.with_database(&back.settings).await;
    assert_eq!(dump(&home).await, before);
    over.close().await;
    home.close().await;
    assert_serves_the_same(&user, &vehicle, &there.settings).await;
    assert_serves_the_same(&user, &vehicle, &back.settings).await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn all_data_is_moved_from_sqlite_to_postgresql_and_back() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let there = EmptyDatabase::on_postgres().await;
        there_and_back(&app, there, EmptyDatabase::on_sqlite()).await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn all_data_is_moved_from_postgresql_to_sqlite_and_back() {
    block_on(async {
        let app = TestApp::on_postgres().await;
        let back = EmptyDatabase::on_postgres().await;
        there_and_back(&app, EmptyDatabase::on_sqlite(), back).await;
    });
}

/// New tables must be moved without changes here. Tables that are not moved are listed.
async fn every_table_is_moved_except_engine_specific_indexes(app: TestApp) {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let all: Vec<(String,)> = match &mut tx {
        Tx::Postgres { .. } => sql!(
            &mut tx,
            fetch_all,
            "SELECT relname::TEXT FROM pg_class
             WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::REGNAMESPACE",
        ),
        Tx::Sqlite(_) => sql!(
            &mut tx,
            fetch_all,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        ),
    }
    .unwrap();
    let moved: BTreeSet<_> = names(&app, features::ALL).await.into_iter().collect();
    let left = all.into_iter().map(|it| it.0).filter(|it| !moved.contains(it));
    let (executed, index) = left.partition::<BTreeSet<_>, _>(|it| it == "_migrations");
    assert_eq!(executed.len(), 1);
    // SQLite's full-text index, which `Feature::index_builders` fills.
    let is_index = |it: &String| it == "station_numbers" || it.starts_with("station_words");
    let forgotten: Vec<_> = index.iter().filter(|it| !is_index(it)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?} would not be moved");
    assert!(moved.len() >= 30, "{moved:?}");
}

async fn an_interrupted_move_leaves_the_target_empty(app: TestApp) {
    let user = app.register("ann@example.org").await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    tests_data::fill_up(&app, &user, &vehicle, 500).await;
    let before = dump(&app).await;
    let target = EmptyDatabase::on_engine_of(&app).await.migrated().await;
    // After a few rows, and while the largest table is being copied.
    for table in ["accounts", "vehicles"] {
        let (cut, was_cut) = tokio::sync::oneshot::channel();
        let mut cut = Some(cut);
        let mut progress = |it: Progress<'_>| {
            if matches!(it, Progress::Table(name, 1..) if name == table) {
                let _ = cut.take().unwrap().send(());
            }
        };
        tokio::select! {
            biased;
            cut = was_cut => cut.unwrap(),
            _ = moved_by(&app, &target.settings, features::ALL, &mut progress) => {
                panic!("the move was not interrupted")
            }
        }
        assert_empty(&app, &target).await;
    }
    moved(&app, &target).await.unwrap();
    let over = app.with_database(&target.settings).await;
    assert_eq!(dump(&over).await, before);
    over.close().await;
}

/// A statement that creates a trigger on inserts into a table, for the engine of `app`.
fn on_insert(app: &TestApp, table: &str, [postgres, sqlite]: [&str; 2]) -> String {
    match app.app.db {
        Db::Postgres { .. } => format!(
            "CREATE FUNCTION meddle() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN {postgres} END $$;
             CREATE TRIGGER meddle BEFORE INSERT ON {table}
             FOR EACH ROW EXECUTE FUNCTION meddle()"
        ),
        Db::Sqlite { .. } => format!("CREATE TRIGGER meddle {sqlite} END"),
    }
}

/// Moves into a target with such a trigger, and returns the error.
async fn move_with_trigger(app: &TestApp, table: &str, does: [&str; 2]) -> MoveError {
    let user = app.register("ann@example.org").await;
    let station = json!({ "name": "Corner", "latitude": 48.1, "longitude": 11.5 });
    assert_eq!(user.post("/api/stations", station).await.status, 201);
    let target = EmptyDatabase::on_engine_of(app).await.migrated().await;
    target.execute(&on_insert(app, table, does)).await;
    let refused = moved(app, &target).await.unwrap_err();
    assert_empty(app, &target).await;
    refused
}

async fn a_rejected_row_leaves_the_target_empty(app: TestApp) {
    let does = [
        "RAISE EXCEPTION 'no stations';",
        "BEFORE INSERT ON stations BEGIN SELECT RAISE(ABORT, 'no stations');",
    ];
    let refused = move_with_trigger(&app, "stations", does).await;
    let message = refused.to_string();
    assert!(message.contains("the target failed at stations"), "{message}");
    assert!(message.contains("no stations") && message.contains("Nothing was moved"), "{message}");
}

async fn a_changed_value_is_detected(app: TestApp) {
    let does = [
        "NEW.phone = '110'; RETURN NEW;",
        "AFTER INSERT ON stations BEGIN UPDATE stations SET phone = '110' WHERE id = NEW.id;",
    ];
    let refused = move_with_trigger(&app, "stations", does).await;
    let message = refused.to_string();
    assert!(message.starts_with("stations, row "), "{message}");
    assert!(message.contains("phone is different in the target. Nothing was moved"), "{message}");
}

async fn a_missing_row_is_detected(app: TestApp) {
    let does = [
        "RETURN NULL;",
        "AFTER INSERT ON security_events BEGIN DELETE FROM security_events WHERE id = NEW.id;",
    ];
    let refused = move_with_trigger(&app, "security_events", does).await;
    let message = refused.to_string();
    assert!(message.starts_with("security_events, row "), "{message}");
    assert!(message.contains("the target does not contain this row"), "{message}");
}

async fn generated_numbers_continue_after_a_move(app: TestApp) {
    const TABLES: &[Table] = &[Table::shared("numbers")];
    const NUMBERS: &[Migration] = &[Migration {
        name: "999_numbers",
        postgres: "CREATE TABLE numbers (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                       name TEXT NOT NULL, length INTEGER GENERATED ALWAYS AS (length(name)) STORED);
                   INSERT INTO numbers (number, name) OVERRIDING SYSTEM VALUE VALUES (7, 'seven'), (41, 'more');",
        sqlite: "CREATE TABLE numbers (number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
                     name TEXT NOT NULL, length INTEGER GENERATED ALWAYS AS (length(name)) STORED) STRICT;
                 INSERT INTO numbers (number, name) VALUES (7, 'seven'), (41, 'more');",
        tables: &[],
    }];
    let mut all: Vec<_> = features::ALL.iter().map(|it| Feature { ..*it }).collect();
    all.push(Feature { name: "numbers", migrations: NUMBERS, tables: TABLES, ..features::ALL[0] });
    let owner = Db::open_for_migrations(&app.app.config.database).await.unwrap();
    migrate::run(&owner, &all, None, &app.app.clock).await.unwrap();
    owner.close().await;
    let target = EmptyDatabase::on_engine_of(&app).await;
    let db = Db::open_for_migrations(&target.settings).await.unwrap();
    migrate::run(&db, &all, None, &app.app.clock).await.unwrap();
    db.close().await;
    target.execute("DELETE FROM numbers").await;
    moved_by(&app, &target.settings, &all, &mut |_| {}).await.unwrap();
    target.execute("INSERT INTO numbers (name) VALUES ('next')").await;
    let over = app.with_database(&target.settings).await;
    let mut tx = over.db_bypassing_rls().await.read().await.unwrap();
    let rows: Vec<(i64, String)> =
        sql!(&mut tx, fetch_all, "SELECT number, name || length FROM numbers ORDER BY number",)
            .unwrap();
    let rows: Vec<_> = rows.iter().map(|it| (it.0, it.1.as_str())).collect();
    assert_eq!(rows, [(7, "seven5"), (41, "more4"), (42, "next4")]);
}

/// The number of fill-ups to move, from `MOVE_FILL_UPS`.
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn fill_ups() -> u32 {
    std::env::var("MOVE_FILL_UPS").map_or(2_000, |it| it.parse().unwrap())
}

/// The count, gallons, cost, miles and amount of all fill-ups, as integers in the smallest unit.
async fn sums(app: &TestApp) -> [i64; 5] {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let (count, gallons, cost, distance, amount): (i64, i64, i64, i64, i64) = match &mut tx {
        Tx::Postgres { .. } => sql!(
            &mut tx,
            fetch_one,
            "SELECT COUNT(*), (SUM(gallons) * 1000)::BIGINT, (SUM(total_cost) * 100)::BIGINT,
                    SUM(distance_exact)::BIGINT, (SUM(amount) * 1000)::BIGINT FROM fuel_logs",
        ),
        Tx::Sqlite(_) => sql!(
            &mut tx,
            fetch_one,
            "SELECT COUNT(*), SUM(gallons), SUM(total_cost), SUM(distance_exact), SUM(amount)
             FROM fuel_logs",
        ),
    }
    .unwrap();
    [count, gallons, cost, distance, amount]
}

async fn thousands(app: TestApp, target: EmptyDatabase) {
    let user = app.register("ann@example.org").await;
    let vehicle = user.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await.id();
    tests_data::fill_up(&app, &user, &vehicle, fill_ups()).await;
    let before = sums(&app).await;
    assert_eq!(before[0], i64::from(fill_ups()));
    let mut times = Vec::new();
    let begun = Instant::now();
    let mut progress = |it: Progress<'_>| {
        if let Progress::Table(name, rows @ 1_000..) = it {
            times.push(format!("{name}: {rows} after {:.1} s", begun.elapsed().as_secs_f64()));
        }
    };
    let done = moved_by(&app, &target.settings, features::ALL, &mut progress).await.unwrap();
    let over = user.with_database(&target.settings).await;
    assert_eq!(sums(&over).await, before);
    let stats = format!("/api/vehicles/{vehicle}/fuel-stats");
    let (here, there) = (user.get(&stats).await, over.get(&stats).await);
    assert_eq!(here.status, 200, "{here:?}");
    assert_eq!(here.body, there.body);
    assert_ne!(here.body["totalGallons"], json!(0));
    // Written directly, since the test harness captures what tests print.
    let (from, to) = (app.app.db.engine(), over.app.db.engine());
    let seconds = done.time.as_secs_f64();
    let message = format!(
        "moved {} rows from {from} to {to} in {seconds:.1} s ({}); sums {before:?}\n",
        done.rows,
        times.join(", ")
    );
    std::io::stderr().write_all(message.as_bytes()).unwrap();
    over.close().await;
    if fill_ups() <= 2_000 {
        assert!(done.time < Duration::from_mins(1), "{message}");
    }
}

async fn thousands_of_fill_ups_are_moved_within_an_engine(app: TestApp) {
    let target = EmptyDatabase::on_engine_of(&app).await;
    thousands(app, target).await;
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn thousands_of_fill_ups_are_moved_from_sqlite_to_postgresql() {
    block_on(async {
        thousands(TestApp::on_sqlite().await, EmptyDatabase::on_postgres().await).await;
    });
}

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn thousands_of_fill_ups_are_moved_from_postgresql_to_sqlite() {
    block_on(async {
        thousands(TestApp::on_postgres().await, EmptyDatabase::on_sqlite()).await;
    });
}
