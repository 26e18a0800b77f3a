//! Checks what the features declare about their tables and migrations.

use std::collections::{BTreeMap, BTreeSet};

use super::{ALL, tables};
use crate::{
    core::db::Tx,
    sql,
    testing::{TestApp, block_on, on_every_engine},
};

on_every_engine![
    features_declare_exactly_the_tables_that_their_migrations_create,
    the_page_more_has_the_entries_that_small_screens_leave_out_of_the_menu,
];

/// Tables of users with a primary or unique key without `user_id`. All of them are older than the
/// rule: they cannot be distributed by user as they are. New tables must not be added.
const KEYS_WITHOUT_USER: &[(&str, &str)] = &[
    ("fuel_logs", "the key is the id"),
    ("maintenance", "the key is the id, and an item has one successor"),
    ("notification_channels", "the key is the id"),
    ("notifications", "the key is the id, and a channel has one message a day"),
    ("notified_items", "the key begins with the channel"),
    ("odometer_readings", "the key is the id"),
    ("vehicles", "the key is the id"),
];

/// Tables of users whose policies read the user in a subquery, which is evaluated once for each
/// statement. All of them are older than the rule. New tables must not be added.
const POLICIES_WITH_SUBQUERY: &[&str] = &[
    "fuel_logs",
    "kept_answers",
    "maintenance",
    "notification_channels",
    "notification_tests",
    "notifications",
    "notified_items",
    "odometer_readings",
    "station_favorites",
    "user_preferences",
    "vehicles",
];

/// Indexes of SQLite's that are tables.
fn is_index(table: &str) -> bool {
    table.starts_with("station_words") || table == "station_numbers"
}

async fn features_declare_exactly_the_tables_that_their_migrations_create(app: TestApp) {
    let mut tx = app.app.db.read().await.unwrap();
    let found: Vec<(String,)> = match &tx {
        Tx::Postgres { .. } => sql!(
            &mut tx,
            fetch_all,
            "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema()",
        ),
        Tx::Sqlite(_) => sql!(
            &mut tx,
            fetch_all,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        ),
    }
    .unwrap();
    let created: BTreeSet<_> = found
        .iter()
        .map(|it| it.0.as_str())
        .filter(|it| *it != "_migrations" && !is_index(it))
        .collect();
    let names: Vec<_> = tables().map(|it| it.name).collect();
    let declared: BTreeSet<_> = names.iter().copied().collect();
    assert_eq!(names.len(), declared.len(), "a table is declared twice: {names:?}");
    let missing: Vec<_> = created.difference(&declared).collect();
    assert!(missing.is_empty(), "no feature declares these tables: {missing:?}");
    let extra: Vec<_> = declared.difference(&created).collect();
    assert!(extra.is_empty(), "no migration creates these tables: {extra:?}");
}

#[test]
fn every_key_of_a_new_table_of_users_contains_the_user() {
    block_on(async {
        let app = TestApp::on_sqlite().await;
        let mut tx = app.app.db.read().await.unwrap();
        let mut without_user = BTreeSet::new();
        for table in tables().filter(|it| it.is_of_users()) {
            let keys: Vec<(Option<String>,)> = sql!(
                &mut tx,
                fetch_all,
                "SELECT (SELECT group_concat(name, ',') FROM pragma_index_info(i.name))
                 FROM pragma_index_list($1) i WHERE i.\"unique\"
                 UNION ALL SELECT group_concat(name, ',') FROM pragma_table_info($1) WHERE pk > 0",
                table.name,
            )
            .unwrap();
            let mut keys = keys.iter().filter_map(|it| it.0.as_deref());
            if keys.any(|it| !it.split(',').any(|column| column == "user_id")) {
                without_user.insert(table.name);
            }
        }
        let known: BTreeSet<_> = KEYS_WITHOUT_USER.iter().map(|it| it.0).collect();
        assert_eq!(without_user, known, "put user_id into every primary and unique key");
    });
}

/// The text of a migration without comments, as words.
fn words(text: &str) -> BTreeSet<&str> {
    let code = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split(|it: char| it != '_' && !it.is_alphanumeric())).collect()
}

#[test]
fn policies_of_new_tables_of_users_have_no_subquery() {
    let mut with_subquery = BTreeSet::new();
    for migration in ALL.iter().flat_map(|it| it.migrations) {
        for statement in migration.postgres.split(';') {
            let Some((_, policy)) = statement.split_once("CREATE POLICY ") else { continue };
            let table = policy.split_whitespace().nth(2).unwrap();
            if policy.split_whitespace().collect::<String>().contains("(SELECT") {
                with_subquery.insert(table);
            }
        }
    }
    let known: BTreeSet<_> = POLICIES_WITH_SUBQUERY.iter().copied().collect();
    assert_eq!(with_subquery, known, "compare user_id with the setting itself");
}

/// A migration sees no user's rows in a table that it does not declare.
#[test]
fn migrations_declare_the_existing_tables_of_users_that_they_name() {
    let of_users: BTreeSet<_> = tables().filter(|it| it.is_of_users()).map(|it| it.name).collect();
    // The migration that enforces row-level security for each table.
    let mut protected = BTreeMap::new();
    for feature in ALL {
        for migration in feature.migrations {
            for table in &of_users {
                let force = format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY");
                if migration.postgres.contains(&force) {
                    protected.insert(*table, (feature.name, migration.name));
                }
            }
        }
    }
    assert_eq!(protected.len(), of_users.len(), "{protected:?}");
    for feature in ALL {
        for migration in feature.migrations {
            let is_protected = |table: &&str| {
                let (owner, by) = protected[table];
                owner != feature.name || migration.name > by
            };
            let named = words(migration.postgres);
            let named: BTreeSet<_> =
                named.intersection(&of_users).copied().filter(is_protected).collect();
            let declared: BTreeSet<_> = migration.tables.iter().copied().collect();
            assert_eq!(
                declared, named,
                "{}/{}: list these tables after its name in migrations!",
                feature.name, migration.name
            );
        }
    }
}

async fn the_page_more_has_the_entries_that_small_screens_leave_out_of_the_menu(app: TestApp) {
    let more = async |user: &TestApp| {
        let page = user.get("/more").await;
        assert_eq!(page.status, 200, "{page:?}");
        let list = page.text().split(r#"<ul class="card menu">"#).nth(1).unwrap();
        let list = list.split("</ul>").next().unwrap().to_owned();
        let links = list.split("href=\"").skip(1);
        let links: Vec<_> = links.map(|it| it.split('"').next().unwrap().to_owned()).collect();
        (links, list.contains(r#"action="/logout""#))
    };
    let admin = app.as_administrator().await;
    let all = ["/stations", "/trash", "/settings", "/admin"].map(str::to_owned).to_vec();
    assert_eq!(more(&admin).await, (all, true));
    let user = app.register("ann@example.org").await;
    assert_eq!(
        more(&user).await,
        (["/stations", "/trash", "/settings"].map(str::to_owned).to_vec(), true)
    );
    let anonymous = app.anonymous().get("/more").await;
    assert_eq!(anonymous.header("location"), "/login?next=%2Fmore");
}
