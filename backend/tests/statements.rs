//! Checks that every SQL statement on a user's data filters by the user.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use motovaultpro::features;

/// Statements on the rows of all users: they only depend on age or existence, or encrypt or discard secrets.
const OVER_ALL: &[&str] = &[
    "DELETE FROM kept_answers WHERE created_at <= $1 AND (created_at <= $2 OR key NOT LIKE 'form:%')",
    "DELETE FROM stations WHERE id = $1 AND withdrawn_at IS NOT NULL AND google_place_id IS NULL \
     AND origin IS NULL \
     AND NOT EXISTS (SELECT 1 FROM station_favorites WHERE station_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM fuel_logs WHERE station_id = $1)",
    "SELECT id, user_id, secret FROM notification_channels WHERE secret IS NOT NULL",
    "SELECT COUNT(*) FROM notification_channels WHERE length(sealed_secret) > 0",
    "UPDATE notification_channels SET sealed_secret = $1 WHERE length(sealed_secret) > 0",
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") {
            into.push(path);
        }
    }
}

/// The sources of all crates that execute statements on the features' tables.
fn all_sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["core/src", "backup/src", "backend/src"] {
        sources(&root.join(folder), &mut files);
    }
    files
}

/// The SQL statements in string literals, of which some contain several.
fn statements(source: &str) -> Vec<String> {
    let texts = source.split('"').skip(1).step_by(2).flat_map(|it| it.split("; "));
    let plain = texts.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
    plain.filter(|it| verbs.iter().any(|verb| it.starts_with(verb))).collect()
}

/// What a `record!` definition says about the record's table.
#[derive(Debug, PartialEq)]
struct Definition<'a> {
    table: &'a str,
    /// Whether the statements name the user.
    names_user: bool,
    /// The `ON CONFLICT` clause, or empty.
    conflict: &'a str,
}

fn records(source: &str) -> Vec<Definition<'_>> {
    let mut all: Vec<Definition<'_>> = Vec::new();
    for line in source.lines().map(str::trim_start) {
        if let Some((table, rest)) = line.strip_prefix("table \"").and_then(|it| it.split_once('"'))
        {
            all.push(Definition { table, names_user: rest.contains(" of "), conflict: "" });
        }
        if let (Some(conflict), Some(last)) = (line.strip_prefix("on conflict \""), all.last_mut())
        {
            last.conflict = conflict;
        }
    }
    all
}

/// Whether the table has data of users.
fn is_of_users(table: &str) -> bool {
    features::tables().any(|it| it.is_of_users() && it.name == table)
}

/// The sources of the features.
fn feature_sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/features")), &mut files);
    files
}

#[test]
fn statements_are_found_in_messages_of_several() {
    let source =
        r#"format!("{setting}; SELECT edition FROM user_editions"); f("DELETE FROM a", "; ")"#;
    assert_eq!(statements(source), ["SELECT edition FROM user_editions", "DELETE FROM a"]);
}

#[test]
fn every_record_of_a_table_with_user_data_names_the_user() {
    let mut checked = 0;
    for file in feature_sources() {
        for it in records(&std::fs::read_to_string(&file).unwrap()) {
            let is_right = it.names_user || !is_of_users(it.table);
            assert!(is_right, "{}: {} without a user", file.display(), it.table);
            checked += 1;
        }
    }
    assert!(checked > 0, "no records were found");
    let definition = |table, names_user, conflict| Definition { table, names_user, conflict };
    assert_eq!(
        records(
            "  table \"a\" by id as it;\n  on conflict \"(b, c) DO\n    NOTHING\";\n table \"d\" of user as it;"
        ),
        [definition("a", false, "(b, c) DO"), definition("d", true, "")]
    );
}

#[test]
fn every_statement_on_readings_names_the_user() {
    let mut checked = Vec::new();
    for source in features::vehicles::odometer::reading_sources() {
        for statement in source.statements {
            let mut words = statement.split(|it: char| it != '_' && !it.is_alphanumeric());
            assert!(words.any(is_of_users), "no table of users: {statement}");
            assert!(statement.contains("user_id = $1"), "no user: {statement}");
            checked.push(statement);
        }
    }
    assert!(checked.len() >= 9, "{checked:#?}");
}

#[test]
fn every_statement_on_user_data_names_the_user() {
    let files = all_sources();
    let mut held = 0;
    for file in files {
        let name = file.display().to_string();
        if name.contains("tests") || name.contains("/matrix/") {
            continue;
        }
        for statement in statements(&std::fs::read_to_string(&file).unwrap()) {
            let words: Vec<_> =
                statement.split(|it: char| it != '_' && !it.is_alphanumeric()).collect();
            for table in
                features::tables().filter(|it| it.is_of_users() && words.contains(&it.name))
            {
                if OVER_ALL.contains(&statement.as_str()) {
                    continue;
                }
                let is_named = statement.contains("user_id = $")
                    || statement.contains("user_id = current_setting('app.user_id')")
                    || (statement.starts_with("INSERT") && words.contains(&"user_id"));
                assert!(is_named, "{name}: {} without user_id: {statement}", table.name);
                held += 1;
            }
        }
    }
    assert!(held > 25, "only {held} statements were found");
}

/// Tables of users that are older than the rule below, and whose keys begin with the channel.
const CONFLICTS_WITHOUT_USER: &[&str] = &["notifications", "notified_items"];

/// Otherwise the tables could not be distributed by user.
#[test]
fn conflict_targets_in_new_tables_of_users_contain_the_user() {
    let mut without_user = BTreeSet::new();
    let mut checked = 0;
    let mut check = |table: &str, clause: &str| {
        checked += 1;
        let target = clause.split(')').next().unwrap();
        if !target.split(['(', ',', ' ']).any(|it| it == "user_id") {
            without_user.insert(table.to_owned());
        }
    };
    for file in feature_sources() {
        for it in records(&std::fs::read_to_string(&file).unwrap()) {
            if !it.conflict.is_empty() && is_of_users(it.table) {
                check(it.table, it.conflict);
            }
        }
    }
    for file in all_sources() {
        for statement in statements(&std::fs::read_to_string(&file).unwrap()) {
            let Some(rest) = statement.strip_prefix("INSERT INTO ") else { continue };
            let name = rest.split([' ', '(']).next().unwrap();
            let Some((_, clause)) = statement.split_once("ON CONFLICT") else { continue };
            if is_of_users(name) {
                check(name, clause);
            }
        }
    }
    assert!(checked >= 5, "only {checked} statements were found");
    let known: BTreeSet<_> = CONFLICTS_WITHOUT_USER.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(without_user, known, "put user_id into ON CONFLICT (…)");
}

/// Where a file of a feature runs SQL, if it may not: only `store.rs` and files in `store/` may, and
/// tests.
fn sql_outside_of_the_store(file: &str, source: &str) -> Option<&'static str> {
    let parts: Vec<_> = file.split('/').collect();
    if parts.iter().any(|it| matches!(*it, "store" | "store.rs") || it.starts_with("tests")) {
        return None;
    }
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    ["sql!(", "sqlx::query", "raw_sql("].into_iter().find(|it| source.contains(it)).or_else(|| {
        let is_literal = !statements(source).is_empty();
        is_literal.then_some("a statement")
    })
}

#[test]
fn features_run_sql_only_in_their_stores() {
    let below = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/features"));
    let mut files = Vec::new();
    sources(below, &mut files);
    assert!(files.iter().any(|it| it.ends_with("store.rs")), "no stores were found");
    let elsewhere: Vec<_> = files
        .iter()
        .filter_map(|file| {
            let name = file.strip_prefix(below).unwrap().to_str().unwrap();
            let found = sql_outside_of_the_store(name, &std::fs::read_to_string(file).unwrap());
            found.map(|it| format!("{name}: {it}"))
        })
        .collect();
    assert!(elsewhere.is_empty(), "move SQL to store.rs: {elsewhere:#?}");
}

#[test]
fn sql_is_found_in_every_form() {
    let call = "let rows = crate::sql!(tx, fetch_all, all)?;";
    for (file, source, is_wrong) in [
        ("vehicles/service.rs", call, true),
        ("vehicles/odometer/readings.rs", call, true),
        ("vehicles/service.rs", "sqlx::query_as(text)", true),
        ("vehicles/service.rs", "const ALL: &str = \"SELECT id FROM vehicles\";", true),
        ("vehicles/service.rs", "#[cfg(test)]\nmod tests { fn f() { sql!(tx) } }", false),
        ("vehicles/service.rs", "fn f() { store::find(tx, id) }", false),
        ("vehicles/store.rs", call, false),
        ("stations/store/words.rs", call, false),
        ("vehicles/tests_vin.rs", call, false),
        ("accounts/oidc/tests/log_in.rs", call, false),
    ] {
        assert_eq!(sql_outside_of_the_store(file, source).is_some(), is_wrong, "{file}: {source}");
    }
}
