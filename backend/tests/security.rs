//! What `docs/security.md` promises is shown by tests that exist.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::Path};

/// The names of all functions below a folder.
fn functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(|it| it.trim_start().trim_start_matches("async "));
            let names_of = lines.filter_map(|it| it.strip_prefix("fn "));
            names.extend(names_of.filter_map(|it| it.split(['(', '<']).next().map(str::to_owned)));
        }
    }
}

/// What stands between backquotes.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn document() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join("docs/security.md")).unwrap()
}

#[test]
fn every_test_and_file_that_is_cited_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut names = BTreeSet::new();
    functions(&root.join("backend"), &mut names);
    let document = document();
    let mut cited = 0;
    for name in marked(&document) {
        if name.contains('/') && !name.starts_with('/') && !name.contains(' ') {
            assert!(root.join(name).exists(), "there is no file {name}");
        }
        let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase());
        // A test is named as a sentence: many words, joined by underscores.
        if name.split('_').count() > 3 && name.split('_').all(is_word) {
            assert!(names.contains(name), "there is no test {name}");
            cited += 1;
        }
    }
    assert!(cited > 30, "only {cited} tests are cited");
}

#[test]
fn every_requirement_is_listed_once_and_answered() {
    let document = document();
    let rows: Vec<_> = document.lines().filter(|it| it.starts_with("| V")).collect();
    let ids: BTreeSet<_> = rows.iter().filter_map(|it| it.split(" | ").next()).collect();
    assert_eq!(ids.len(), rows.len(), "a requirement is there twice");
    // ASVS 5.0.0 has 70 requirements of level 1 and 183 of level 2.
    assert_eq!(rows.len(), 70 + 183);
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, level, _, answer, why] = cells[..] else { panic!("{row}") };
        assert!(["1", "2"].contains(&level), "{row}");
        assert!(["met", "n/a", "open"].contains(&answer), "{row}");
        assert!(!why.is_empty(), "{row} gives no reason");
    }
}

#[test]
fn what_is_said_to_be_met_is_shown_by_something() {
    for row in document().lines().filter(|it| it.starts_with("| V") && it.contains(" | met | ")) {
        let why = row.rsplit(" | met | ").next().unwrap();
        // A test, a file, a command, or a reason in so many words.
        let is_shown = why.contains(['`', '*']) || why.split_whitespace().count() >= 4;
        assert!(is_shown, "{row}");
    }
}

#[test]
fn the_counts_are_those_of_the_rows() {
    let document = document();
    let count = |level: &str, answer: &str| {
        let rows = document.lines().filter(|it| it.starts_with("| V"));
        rows.filter(|it| it.contains(&format!(" | {level} | ")))
            .filter(|it| it.contains(&format!(" | {answer} | ")))
            .count()
    };
    let sentence = format!(
        "Of the 70 requirements of level 1, {} are met, {} do not apply, and {} are open; of the 183 of \
         level 2, {}, {} and {}.",
        count("1", "met"),
        count("1", "n/a"),
        count("1", "open"),
        count("2", "met"),
        count("2", "n/a"),
        count("2", "open"),
    );
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&document).contains(&words(&sentence)), "it should say: {sentence}");
}
