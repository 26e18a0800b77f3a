//! Tests row-level security alone: with the statements' own user filters disabled.

use std::{collections::HashSet, sync::LazyLock};

use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::{
    core::{
        Error, Result,
        db::{
            Db, Tx, edition,
            migrate::{self, Migration},
            statements::{self, Observed},
        },
    },
    features::{
        self, Feature,
        vehicles::{self, VehicleId},
    },
    sql,
    testing::{BeginWrite as _, TestApp, block_on},
    transfer,
};

/// The tables with users' data.
fn owned() -> &'static HashSet<&'static str> {
    static OWNED: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        features::tables().filter(|it| it.is_of_users()).map(|it| it.name).collect()
    });
    &OWNED
}

/// While it exists, the user filters of this thread's statements are disabled, in all crates.
pub(crate) struct UserFilterDisabled {
    _observed: Observed,
}

impl UserFilterDisabled {
    pub(crate) fn begin() -> Self {
        Self { _observed: statements::observe(disable_user_filter) }
    }
}

/// Returns the statement in which `user_id = $1` is true for every row, if it is on a table with users'
/// data.
fn disable_user_filter(text: &str) -> Option<String> {
    let mut words = text.split(|it: char| it != '_' && !it.is_alphanumeric());
    words.any(|word| owned().contains(word)).then(|| without_user_filter(text))
}

/// Replaces each comparison of an owner with `(… OR TRUE)`.
fn without_user_filter(text: &str) -> String {
    // Either `user_id = $1` or, in a message of several statements, the scope's user.
    const OWNER: &str = "user_id = ";
    const OF_SCOPE: &str = "current_setting('app.user_id')";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OWNER) {
        let name = |it: char| it == '.' || it == '_' || it.is_alphanumeric();
        let begin = rest[..at].rfind(|it| !name(it)).map_or(0, |it| it + 1);
        let value = &rest[at + OWNER.len()..];
        let length = if value.starts_with(OF_SCOPE) {
            OF_SCOPE.len()
        } else if let Some(number) = value.strip_prefix('$') {
            1 + number.find(|it: char| !it.is_ascii_digit()).unwrap_or(number.len())
        } else {
            out.push_str(&rest[..at + OWNER.len()]);
            rest = value;
            continue;
        };
        let end = at + OWNER.len() + length;
        out.push_str(&rest[..begin]);
        out.extend(["(", &rest[begin..end], " OR TRUE)"]);
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn a_statement_without_user_filter_matches_all_users() {
    let text = "SELECT * FROM vehicles v WHERE v.user_id = $1 AND id = $2 AND user_id = $12";
    assert_eq!(
        without_user_filter(text),
        "SELECT * FROM vehicles v WHERE (v.user_id = $1 OR TRUE) AND id = $2 AND (user_id = $12 OR TRUE)"
    );
    let text = "SELECT 1 WHERE user_id = current_setting('app.user_id') AND a.user_id = b.user_id";
    assert_eq!(
        without_user_filter(text),
        "SELECT 1 WHERE (user_id = current_setting('app.user_id') OR TRUE) AND a.user_id = b.user_id"
    );
}

/// Without policies all rows are visible: the other tests here would fail without policies.
#[test]
fn without_policies_disabling_the_filter_exposes_all_rows() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let (_, bob, vehicle) = two_users(&app).await;
        let _disabled = UserFilterDisabled::begin();
        let found = bob.get(&format!("/api/vehicles/{vehicle}")).await;
        assert_eq!((found.status, found.id()), (200, vehicle));
    });
}

/// Ann, Bob, and Ann's vehicle with a fill-up.
async fn two_users(app: &TestApp) -> (TestApp, TestApp, String) {
    let (ann, bob) = (app.register("ann@example.org").await, app.register("bob@example.org").await);
    let vehicle = ann.post("/api/vehicles", json!({ "vin": "1HGCM82633A004352" })).await;
    let log = json!({
        "vehicleId": vehicle.id(), "date": "2026-01-02", "odometerReading": 100, "gallons": 10,
    });
    assert_eq!(ann.post("/api/fuel-logs", log).await.status, 201);
    (ann, bob, vehicle.id())
}

/// Declares each test to run on PostgreSQL, directly and through PgBouncer.
macro_rules! on_postgresql {
    ($($test:ident),+ $(,)?) => {
        mod direct {
            use super::{TestApp, block_on};

            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                block_on(async { super::$test(TestApp::on_postgres().await).await });
            })+
        }

        mod pgbouncer {
            use super::{TestApp, block_on};

            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                block_on(async { super::$test(TestApp::through_pgbouncer().await).await });
            })+
        }
    };
}

on_postgresql![
    every_table_with_a_user_has_a_policy,
    a_transaction_sees_only_rows_of_its_user,
    the_scope_ends_with_the_transaction,
    user_ids_are_quoted_in_statements,
    the_services_role_has_least_privilege,
    the_purge_job_sees_only_idempotency_keys,
    a_transaction_sees_only_its_users_rows_of_every_table,
    the_statements_of_core_reveal_no_other_users_rows,
    a_migration_changes_all_users_rows_and_restores_rls,
];

/// A table, whether row-level security is enabled and forced, and the policy's conditions for
/// existing and new rows.
type TablePolicy = (String, bool, bool, Option<String>, Option<String>);

async fn every_table_with_a_user_has_a_policy(app: TestApp) {
    let mut tx = app.db_bypassing_rls().await.read().await.unwrap();
    let found: Vec<TablePolicy> = sql!(
        &mut tx,
        fetch_all,
        "SELECT c.relname::TEXT, c.relrowsecurity, c.relforcerowsecurity, p.qual, p.with_check
         FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
         LEFT JOIN pg_policies p ON p.tablename = c.relname AND p.schemaname = 'public'
              AND p.policyname = 'own_rows' AND p.cmd = 'ALL' AND p.roles = '{public}'
         WHERE a.attname = 'user_id' AND c.relnamespace = 'public'::regnamespace
         ORDER BY 1",
    )
    .unwrap();
    let mut checked = HashSet::new();
    for (table, is_on, is_forced, condition, of_new) in found {
        // Accounts are looked up before sign-in: they identify the user but are not owned by one.
        if table == "accounts" {
            continue;
        }
        assert!(is_on && is_forced, "{table}: ENABLE and FORCE ROW LEVEL SECURITY");
        let condition = condition.unwrap_or_else(|| panic!("{table} has no policy own_rows"));
        let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ");
        // New policies have no subquery, so that the tables can be sharded by user.
        let forms = ["((user_id)::text = ( SELECT NULLIF(", "((user_id)::text = NULLIF("];
        let is_known = forms.iter().any(|it| condition.starts_with(it));
        assert!(is_known, "{table}: {condition}");
        assert!(
            condition.contains("current_setting('app.user_id'::text, true)"),
            "{table}: {condition}"
        );
        assert_eq!(of_new, None, "{table}: new rows must meet the same condition");
        assert!(
            owned().contains(table.as_str()),
            "no feature declares {table} as a table of users"
        );
        checked.insert(table);
    }
    let checked: HashSet<_> = checked.iter().map(String::as_str).collect();
    assert_eq!(&checked, owned(), "a declared table of users has no user_id");
}

async fn count(tx: &mut Tx, statement: &'static str) -> i64 {
    let (count,): (i64,) = sql!(tx, fetch_one, statement).unwrap();
    count
}

const VEHICLES: &str = "SELECT COUNT(*) FROM vehicles";
const LOGS: &str = "SELECT COUNT(*) FROM fuel_logs";
const IDEMPOTENCY_KEYS: &str = "SELECT COUNT(*) FROM kept_answers";

async fn a_transaction_sees_only_rows_of_its_user(app: TestApp) {
    let (ann, bob, vehicle) = two_users(&app).await;
    let (ann, bob, db) = (ann.user_id().await, bob.user_id().await, &app.app.db);
    let id = VehicleId(vehicle.parse().unwrap());

    let shows_own = async |tx: &mut Tx| {
        assert_eq!((count(tx, VEHICLES).await, count(tx, LOGS).await), (1, 1));
        Ok(())
    };
    shows_own(&mut db.read_for(&ann).await.unwrap()).await.unwrap();
    app.app.write(&ann, shows_own).await.unwrap();
    let is_empty_for = async |tx: &mut Tx| -> Result<()> {
        assert_eq!((count(tx, VEHICLES).await, count(tx, LOGS).await), (0, 0));
        // Not even a store call for Ann finds any.
        assert!(vehicles::find(tx, &ann, id).await.is_err());
        Ok(())
    };
    is_empty_for(&mut db.read().await.unwrap()).await.unwrap();
    is_empty_for(&mut db.read_for(&bob).await.unwrap()).await.unwrap();
    db.transaction(is_empty_for).await.unwrap();
    db.transaction_as_job("no such job", is_empty_for).await.unwrap();
    app.app.write(&bob, is_empty_for).await.unwrap();

    let mut tx = db.write_for(&bob).await.unwrap();
    for change in ["UPDATE vehicles SET nickname = 'mine'", "DELETE FROM fuel_logs"] {
        assert_eq!(sql!(&mut tx, execute, change).unwrap(), 0, "{change}");
    }
    let insert = "INSERT INTO user_preferences
        SELECT $1, 'miles', 'gallons', 'mpg', 'USD', 'UTC', 'system', created_at FROM accounts LIMIT 1";
    let refused = sql!(&mut tx, execute, insert, ann.as_str()).unwrap_err();
    let code = refused.as_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(code, "42501", "{refused}");
    drop(tx);
    let mut tx = db.read_for(&ann).await.unwrap();
    assert_eq!((count(&mut tx, VEHICLES).await, count(&mut tx, LOGS).await), (1, 1));
}

async fn the_scope_ends_with_the_transaction(app: TestApp) {
    let (ann, ..) = two_users(&app).await;
    let ann = ann.user_id().await;
    let read = async |db: &Db| count(&mut db.read().await.unwrap(), VEHICLES).await;
    // More iterations than connections, so that each connection is reused.
    for nth in 0..20 {
        let work = async |tx: &mut Tx| {
            assert_eq!(count(tx, VEHICLES).await, 1);
            match nth % 3 {
                0 => Ok(()),
                1 => Err(Error::Stale),
                _ => Ok(sql!(tx, execute, "SELECT 1 / 0").map(drop)?),
            }
        };
        let done = app.app.write(&ann, work).await;
        assert_eq!(done.is_ok(), nth % 3 == 0, "{done:?}");
        assert_eq!(read(&app.app.db).await, 0, "after turn {nth}");
    }
}

async fn user_ids_are_quoted_in_statements(app: TestApp) {
    let names =
        ["o'hara", r"back\slash", r"\'; DROP TABLE vehicles; --", "'; COMMIT; --", "ü 🚗", ""];
    for name in names {
        let user = features::accounts::user_named(name);
        let work = async |tx: &mut Tx| {
            let (setting,): (String,) =
                sql!(tx, fetch_one, "SELECT current_setting('app.user_id')")?;
            assert_eq!(setting, name);
            sql!(tx, execute, "SET LOCAL standard_conforming_strings TO off")?;
            Ok(())
        };
        app.app.db.transaction_for_applicant(&user, work).await.unwrap();
    }
    let Db::Postgres { pool, .. } = &app.db_bypassing_rls().await else { panic!("not PostgreSQL") };
    let off = "ALTER ROLE motovaultpro IN DATABASE ";
    let (database,): (String,) =
        sqlx::query_as("SELECT quote_ident(current_database())").fetch_one(pool).await.unwrap();
    let off = format!("{off}{database} SET standard_conforming_strings TO off");
    sqlx::raw_sql(AssertSqlSafe(off)).execute(pool).await.unwrap();
    let old = Db::open(&app.app.config.database).await.unwrap();
    for name in names {
        let user = features::accounts::user_named(name);
        let mut tx = old.read_for(&user).await.unwrap();
        let (setting,): (String,) =
            sql!(&mut tx, fetch_one, "SELECT current_setting('app.user_id')").unwrap();
        assert_eq!(setting, name);
    }
}

async fn the_services_role_has_least_privilege(app: TestApp) {
    let mut tx = app.app.db.write().await.unwrap();
    let (owns, bypasses): (i64, bool) = sql!(
        &mut tx,
        fetch_one,
        "SELECT (SELECT COUNT(*) FROM pg_class WHERE relowner = r.oid), rolsuper OR rolbypassrls
         FROM pg_roles r WHERE rolname = current_user",
    )
    .unwrap();
    assert_eq!((owns, bypasses), (0, false));
    drop(tx);
    for statement in [
        "CREATE TABLE mine (id INTEGER)",
        "DROP TABLE vehicles",
        "ALTER TABLE vehicles DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE vehicles NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON vehicles",
        "TRUNCATE vehicles CASCADE",
        "DELETE FROM _migrations",
        "UPDATE security_events SET kind = 'nothing'",
        "UPDATE security_events SET count = 2, at = last_at",
        "SET ROLE motovaultpro_owner",
    ] {
        let mut tx = app.app.db.write().await.unwrap();
        let refused = sql!(&mut tx, execute, statement).unwrap_err();
        let code = refused.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{statement}: {refused}");
    }
}

async fn a_migration_changes_all_users_rows_and_restores_rls(app: TestApp) {
    const PAINT: &[Migration] = &[Migration {
        name: "999_paint",
        postgres: "UPDATE vehicles SET color = 'red';",
        sqlite: "",
        tables: &["vehicles"],
    }];
    let (ann, ..) = two_users(&app).await;
    let mut all: Vec<_> = features::ALL.iter().map(|it| Feature { ..*it }).collect();
    all.push(Feature { name: "paint", migrations: PAINT, ..features::ALL[0] });
    let owner = Db::open_for_migrations(&app.app.config.database).await.unwrap();
    migrate::run(&owner, &all, None, &app.app.clock).await.unwrap();
    let painted = "SELECT COUNT(*) FROM vehicles WHERE color = 'red'";
    let ann = ann.user_id().await;
    assert_eq!(count(&mut app.app.db.read_for(&ann).await.unwrap(), painted).await, 1);
    // The owner sees no rows again.
    assert_eq!(count(&mut owner.read().await.unwrap(), painted).await, 0);
}

async fn the_purge_job_sees_only_idempotency_keys(app: TestApp) {
    let (ann, ..) = two_users(&app).await;
    create_once(&ann, "WVWZZZ1JZXW000001").await;
    let purge = async |tx: &mut Tx| -> Result<()> {
        assert_eq!((count(tx, IDEMPOTENCY_KEYS).await, count(tx, VEHICLES).await), (1, 0));
        let change = "UPDATE kept_answers SET body = 'another'";
        assert_eq!(sql!(tx, execute, change)?, 0);
        Ok(())
    };
    app.app.db.transaction_as_job("kept-answers", purge).await.unwrap();
    for other in ["vin-cache", "idempotency", ""] {
        let work = async |tx: &mut Tx| -> Result<i64> { Ok(count(tx, IDEMPOTENCY_KEYS).await) };
        assert_eq!(app.app.db.transaction_as_job(other, work).await.unwrap(), 0, "{other}");
    }
}

async fn a_transaction_sees_only_its_users_rows_of_every_table(app: TestApp) {
    let (ann, _) = transfer::tests_data::fill_every_table(&app).await;
    let dora = app.register("dora@example.org").await;
    create_once(&dora, "WVWZZZ1JZXW000001").await;
    let mut all = app.db_bypassing_rls().await.read().await.unwrap();
    let mut none = app.app.db.read().await.unwrap();
    for user in [ann.user_id().await, dora.user_id().await] {
        let mut own = app.app.db.read_for(&user).await.unwrap();
        for table in owned() {
            // All rows, and the user's.
            let counts = async |tx: &mut Tx| -> (i64, i64) {
                let count = format!(
                    "SELECT COUNT(*), COUNT(CASE WHEN user_id = $1 THEN 1 END) FROM {table}"
                );
                sql!(tx, fetch_one, AssertSqlSafe(count), user.as_str()).unwrap()
            };
            let (total, of_user) = counts(&mut all).await;
            assert!(total > 0, "{table}");
            assert_eq!(counts(&mut own).await, (of_user, of_user), "{table}");
            assert_eq!(counts(&mut none).await, (0, 0), "{table}");
            if ["user_editions", "kept_answers", "vehicles"].contains(table) {
                assert!(0 < of_user && of_user < total, "{table}");
            }
        }
    }
}

/// Creates a vehicle, with the same idempotency key for all. Returns its id.
async fn create_once(user: &TestApp, vin: &str) -> String {
    let body = json!({ "vin": vin }).to_string();
    let key = [("idempotency-key", "once")];
    let created = user.send_json(axum::http::Method::POST, "/api/vehicles", &body, &key).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.id()
}

/// Whether statements of core show or change another user's rows while their user filters are disabled:
/// those on editions, and those on the responses to idempotent requests.
async fn leaks_of_core(app: &TestApp) -> (bool, bool) {
    let (ann, bob, _) = two_users(app).await;
    let (ann_id, bob_id) = (ann.user_id().await, bob.user_id().await);
    for _ in 0..5 {
        let increment = async |tx: &mut Tx| edition::increment(tx, &ann_id).await;
        app.app.write(&ann_id, increment).await.unwrap();
    }
    let edition = edition::read(&app.app.db, &bob_id).await.unwrap();
    assert_ne!(edition, edition::read(&app.app.db, &ann_id).await.unwrap());
    let created = create_once(&ann, "WVWZZZ1JZXW000001").await;
    {
        let _disabled = UserFilterDisabled::begin();
        create_once(&bob, "WVWZZZ1JZXW000002").await;
    }
    let leaks_response = create_once(&ann, "WVWZZZ1JZXW000001").await != created;
    let edition = edition::read(&app.app.db, &bob_id).await.unwrap();
    let _disabled = UserFilterDisabled::begin();
    let leaks_edition = edition::read(&app.app.db, &bob_id).await.unwrap() != edition;
    (leaks_edition, leaks_response)
}

async fn the_statements_of_core_reveal_no_other_users_rows(app: TestApp) {
    assert_eq!(leaks_of_core(&app).await, (false, false));
}

/// Without policies they do: the test above would fail without policies, too.
#[test]
fn without_policies_disabling_the_filters_of_core_reveals_rows() {
    block_on(async {
        assert_eq!(leaks_of_core(&TestApp::on_sqlite().await).await, (true, true));
    });
}
