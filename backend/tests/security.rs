//! The tests and files that `docs/security.md` and `docs/security/asvs.md` name exist.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::Path};

/// Adds the names of all functions below `folder` to `names`.
fn collect_functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_functions(&path, names);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(|it| it.trim_start().trim_start_matches("async "));
            let names_of = lines.filter_map(|it| it.strip_prefix("fn "));
            names.extend(names_of.filter_map(|it| it.split(['(', '<']).next().map(str::to_owned)));
        }
    }
}

/// The texts between backquotes.
fn quoted_names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The page with the table of OWASP ASVS's requirements.
fn asvs() -> String {
    fs::read_to_string(root().join("docs/security/asvs.md")).unwrap()
}

#[test]
fn every_test_and_file_named_in_the_security_pages_exists() {
    let root = root();
    let mut names = BTreeSet::new();
    for folder in ["backend", "backup", "core"] {
        collect_functions(&root.join(folder), &mut names);
    }
    let promises = fs::read_to_string(root.join("docs/security.md")).unwrap();
    for (page, text) in [("security.md", promises), ("security/asvs.md", asvs())] {
        let mut tests = 0;
        for name in quoted_names(&text) {
            if name.contains('/') && !name.starts_with('/') && !name.contains([' ', ':']) {
                assert!(root.join(name).exists(), "docs/{page}: file {name} does not exist");
            }
            let is_word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase());
            // A test's name is a sentence: many words, joined by underscores.
            if name.split('_').count() > 3 && name.split('_').all(is_word) {
                assert!(names.contains(name), "docs/{page}: test {name} does not exist");
                tests += 1;
            }
        }
        assert!(tests > 30, "docs/{page} names only {tests} tests");
    }
}

#[test]
fn every_requirement_is_listed_once_with_a_state_and_a_reason() {
    let document = asvs();
    let rows: Vec<_> = document.lines().filter(|it| it.starts_with("| V")).collect();
    let ids: BTreeSet<_> = rows.iter().filter_map(|it| it.split(" | ").next()).collect();
    assert_eq!(ids.len(), rows.len(), "a requirement is listed twice");
    // ASVS 5.0.0 has 70 requirements of level 1 and 183 of level 2.
    assert_eq!(rows.len(), 70 + 183);
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, level, _, state, reason] = cells[..] else { panic!("{row}") };
        assert!(["1", "2"].contains(&level), "{row}");
        assert!(["met", "n/a", "open"].contains(&state), "{row}");
        assert!(!reason.is_empty(), "no reason: {row}");
    }
}

#[test]
fn every_met_requirement_names_evidence() {
    for row in asvs().lines().filter(|it| it.starts_with("| V") && it.contains(" | met | ")) {
        let evidence = row.rsplit(" | met | ").next().unwrap();
        // A test, a file, a command, a link, or a sentence.
        let is_enough = evidence.contains(['`', '[']) || evidence.split_whitespace().count() >= 4;
        assert!(is_enough, "{row}");
    }
}

#[test]
fn the_counts_match_the_rows() {
    let document = asvs();
    let count = |level: &str, state: &str| {
        let rows = document.lines().filter(|it| it.starts_with("| V"));
        rows.filter(|it| it.contains(&format!(" | {level} | ")))
            .filter(|it| it.contains(&format!(" | {state} | ")))
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
    assert!(words(&document).contains(&words(&sentence)), "the page should contain: {sentence}");
}
