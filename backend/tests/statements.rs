//! Checks that every SQL statement on a user's data filters by the user.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::{Path, PathBuf};

/// Tables with data of users, and the column with the owner.
const OWNED: &[(&str, &str)] = &[
    ("vehicles", "user_id"),
    ("fuel_logs", "user_id"),
    ("maintenance", "user_id"),
    ("odometer_readings", "user_id"),
    ("notification_channels", "user_id"),
    ("notified_items", "user_id"),
    ("notifications", "user_id"),
    ("notification_tests", "user_id"),
    ("user_preferences", "user_id"),
    ("kept_answers", "user_id"),
    ("station_favorites", "user_id"),
];

/// Statements on the rows of all users: they only depend on age or existence, or encrypt or discard secrets.
const OVER_ALL: &[&str] = &[
    "DELETE FROM kept_answers WHERE created_at <= $1",
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

/// The string literals that are SQL statements.
fn statements(source: &str) -> Vec<String> {
    let texts = source.split('"').skip(1).step_by(2);
    let plain = texts.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
    plain.filter(|it| verbs.iter().any(|verb| it.starts_with(verb))).collect()
}

#[test]
fn every_statement_on_user_data_names_the_user() {
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut files);
    let mut held = 0;
    for file in files {
        let name = file.display().to_string();
        if name.contains("tests") || name.contains("/matrix/") {
            continue;
        }
        for statement in statements(&std::fs::read_to_string(&file).unwrap()) {
            let words: Vec<_> =
                statement.split(|it: char| it != '_' && !it.is_alphanumeric()).collect();
            for (table, owner) in OWNED.iter().filter(|it| words.contains(&it.0)) {
                if OVER_ALL.contains(&statement.as_str()) {
                    continue;
                }
                let is_named = statement.contains(&format!("{owner} = $"))
                    || (statement.starts_with("INSERT") && words.contains(owner));
                assert!(is_named, "{name}: {table} without {owner}: {statement}");
                held += 1;
            }
        }
    }
    assert!(held > 25, "only {held} statements were found");
}
