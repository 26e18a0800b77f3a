//! Compares the `sql!` calls in the sources with those that tests have made.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::process::{Result, fail, project, setting};

pub(crate) const HELP: &str = "check that the tests have run every SQL statement on both engines

usage: STATEMENTS_RUN=FOLDER cargo xtask store-coverage

While STATEMENTS_RUN names an empty folder, the tests and the service, built with debug assertions, write there
which sql! calls they have made. This command compares them with the calls in the sources, and fails if one was
not made on SQLite or on PostgreSQL.";

/// The folders with the sources of the service.
const SOURCES: &[&str] = &["core/src", "backup/src", "backend/src"];

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// A function with calls that run on one engine only: the file, the function and the engine.
type Exception = (&'static str, &'static str, &'static str);

/// The exceptions. Calls in an arm of a `match` on the engine, or in an `if let`, need no entry.
const ON_ONE_ENGINE: &[Exception] = &[
    // They return early on the other engine.
    ("backend/src/features/stations/store/words.rs", "index_new", "sqlite"),
    ("backend/src/transfer/databases.rs", "continue_sequences", "postgres"),
    ("backend/src/transfer/mod.rs", "begin_source", "postgres"),
    ("core/src/db/edition.rs", "read", "sqlite"),
    ("core/src/db/migrate.rs", "try_lock", "postgres"),
    ("core/src/keys/store.rs", "overwrite_deleted", "sqlite"),
];

pub(crate) fn run(_arguments: &[String]) -> Result {
    let Some(folder) = setting("STATEMENTS_RUN") else {
        return fail("set STATEMENTS_RUN to the folder that the tests wrote");
    };
    check(Path::new(&folder))
}

/// Fails if the processes that recorded their calls in `folder` did not make every call in the sources on both
/// engines.
pub(crate) fn check(folder: &Path) -> Result {
    let made = recorded(folder)?;
    if made.is_empty() {
        return fail(format!("{}: no call was recorded", folder.display()));
    }
    let mut calls = Vec::new();
    for source in SOURCES {
        for file in rust_files(&project().join(source))? {
            let name = file.strip_prefix(project()).unwrap_or(&file).display().to_string();
            if !is_test(&name) {
                calls.extend(calls_in(&name, &std::fs::read_to_string(&file)?));
            }
        }
    }
    let missing = missing(&calls, &made, ON_ONE_ENGINE);
    if missing.is_empty() {
        println!("{} SQL calls ran on both engines", calls.len());
        return Ok(());
    }
    let mut text = "tests must run these SQL statements:\n".to_owned();
    for line in missing {
        let _ = writeln!(text, "  {line}");
    }
    fail(text)
}

/// What was run: the engine, the place and the statement's verb.
type Made = BTreeSet<(String, String, String)>;

fn recorded(folder: &Path) -> Result<Made> {
    let mut made = Made::new();
    for entry in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(entry?.path())?;
        // A killed process may have left its last line incomplete.
        let lines = text.split_inclusive('\n').filter_map(|it| it.strip_suffix('\n'));
        for line in lines {
            let mut words = line.split(' ').map(str::to_owned);
            if let (Some(engine), Some(place), Some(verb)) =
                (words.next(), words.next(), words.next())
            {
                made.insert((engine, place, verb));
            }
        }
    }
    Ok(made)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file contains only tests and what they need.
fn is_test(file: &str) -> bool {
    file.split('/').any(|it| {
        let name = it.trim_end_matches(".rs");
        name == "tests" || name.starts_with("tests_") || name == "testing" || name == "matrix"
    })
}

/// A call in the sources.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    /// The file and the line.
    place: String,
    function: String,
    /// The verb of the statement, for the statements that `record!` writes.
    verb: Option<&'static str>,
    /// The only engine on which it runs, if it is in an arm of a `match` on the engine.
    engine: Option<&'static str>,
}

/// The calls in a file: of `sql!`, of `statement!`, and those that `record!` generates.
fn calls_in(file: &str, source: &str) -> Vec<Call> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut calls = Vec::new();
    let mut function = String::new();
    let mut record: Option<usize> = None;
    // The arms that the line is in: their indentation and their engine.
    let mut arms: Vec<(usize, &'static str)> = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        let code = line.trim_start();
        if code.is_empty() || code.starts_with("//") {
            continue;
        }
        let indent = line.len() - code.len();
        arms.retain(|arm| indent > arm.0);
        if let Some(name) = code.split("fn ").nth(1).filter(|_| code.contains("fn ")) {
            let end = name.find(|it: char| it != '_' && !it.is_alphanumeric());
            name[..end.unwrap_or(name.len())].clone_into(&mut function);
        }
        for (pattern, engine) in [("Postgres", "postgres"), ("Sqlite", "sqlite")] {
            let begins_arm =
                ["Tx::", "Db::"].iter().any(|it| code.starts_with(&format!("{it}{pattern}")))
                    && code.contains("=>");
            let begins_block = code.contains(&format!("if let Tx::{pattern}"))
                || code.contains(&format!("if let Db::{pattern}"));
            if begins_arm || begins_block {
                arms.push((indent, engine));
            }
        }
        let place = || format!("{file}:{number}");
        let engine = arms.last().map(|it| it.1);
        if contains_macro(code, "sql!(") {
            calls.push(Call { place: place(), function: function.clone(), verb: None, engine });
        } else if contains_macro(code, "statement!(") {
            let engine = ENGINES.into_iter().find(|it| code.contains(&format!("\"{it}\"")));
            calls.push(Call { place: place(), function: function.clone(), verb: None, engine });
        }
        if code == "record! {" {
            record = Some(number);
        } else if line == "}" {
            record = None;
        }
        if let Some(begin) = record {
            for (member, verb) in [("insert(", "INSERT"), ("update(", "UPDATE")] {
                if code.starts_with(member) && code.ends_with(';') {
                    let place = format!("{file}:{begin}");
                    let function = member.trim_end_matches('(').to_owned();
                    calls.push(Call { place, function, verb: Some(verb), engine: None });
                }
            }
        }
    }
    calls
}

/// Whether a line calls a macro, and is not part of another macro's definition.
fn contains_macro(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = &code[..at];
        let is_whole = !before.ends_with(|it: char| it == '_' || it.is_alphanumeric());
        is_whole && !before.ends_with("$crate::")
    })
}

/// Describes the calls that were not made, and the exceptions that are not needed.
fn missing(calls: &[Call], made: &Made, exceptions: &[Exception]) -> Vec<String> {
    let mut engines_by_call: BTreeMap<(&str, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    for (engine, place, verb) in made {
        engines_by_call.entry((place, None)).or_default().insert(engine);
        engines_by_call.entry((place, Some(verb))).or_default().insert(engine);
    }
    let mut missing = Vec::new();
    let mut used: BTreeSet<&Exception> = BTreeSet::new();
    for call in calls {
        let file = call.place.split(':').next().unwrap_or_default();
        let exception = exceptions.iter().find(|it| it.0 == file && it.1 == call.function);
        used.extend(exception);
        let only = call.engine.or(exception.map(|it| it.2));
        let ran = engines_by_call.get(&(call.place.as_str(), call.verb));
        for engine in ENGINES {
            if only.is_none_or(|it| it == engine) && !ran.is_some_and(|it| it.contains(engine)) {
                let Call { place, function, .. } = call;
                missing.push(format!("{place}: {function} on {engine}"));
            }
        }
    }
    let unused = exceptions.iter().filter(|it| !used.contains(it));
    missing.extend(
        unused.map(|it| format!("{}: {} has no call; remove it from ON_ONE_ENGINE", it.0, it.1)),
    );
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
//! Not sql!(tx).
record! {
    pub struct Car { }
    insert(pub(super));
}
pub(super) async fn find(tx: &mut Tx) {
    sql!(tx, fetch_one, "SELECT 1")
}
async fn lock(tx: &mut Tx) {
    match tx {
        Tx::Sqlite(_) => find(tx).await,
        Tx::Postgres { .. } => {
            crate::sql!(tx, fetch_one, "SELECT 1 FOR UPDATE")
        }
    }
    sql!(tx, execute, "DELETE FROM a")
}
macro_rules! other { () => { $crate::sql!(tx) } }
#[cfg(test)]
mod tests { fn it() { sql!(tx) } }
"#;

    fn call(
        line: u32,
        function: &str,
        verb: Option<&'static str>,
        engine: Option<&'static str>,
    ) -> Call {
        Call { place: format!("a/store.rs:{line}"), function: function.to_owned(), verb, engine }
    }

    #[test]
    fn calls_are_found_with_their_functions_and_engines() {
        assert_eq!(
            calls_in("a/store.rs", SOURCE),
            [
                call(3, "insert", Some("INSERT"), None),
                call(8, "find", None, None),
                call(14, "lock", None, Some("postgres")),
                call(17, "lock", None, None),
            ]
        );
        assert!(is_test("backend/src/features/vin/tests_nhtsa.rs"));
        assert!(is_test("backend/src/matrix/fixture.rs"));
        assert!(!is_test("backend/src/features/vin/store.rs"));
    }

    #[test]
    fn a_call_that_ran_on_one_engine_only_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let first = "sqlite a/store.rs:3 INSERT\npostgres a/store.rs:3 INSERT\npostgres a/store.rs:3 UPDATE\n\
                     sqlite a/store.rs:8 SELECT\nsqlite a/store.rs:17 DELETE\npostgres a/store.rs:17 DEL";
        std::fs::write(folder.path().join("1"), first).unwrap();
        std::fs::write(folder.path().join("2"), "postgres a/store.rs:14 SELECT\n").unwrap();
        let made = recorded(folder.path()).unwrap();
        let calls = calls_in("a/store.rs", SOURCE);
        let expected = ["a/store.rs:8: find on postgres", "a/store.rs:17: lock on postgres"];
        assert_eq!(missing(&calls, &made, &[]), expected);
        let exceptions = [("a/store.rs", "find", "sqlite"), ("a/store.rs", "gone", "sqlite")];
        let unneeded = "a/store.rs: gone has no call; remove it from ON_ONE_ENGINE";
        assert_eq!(missing(&calls, &made, &exceptions), [expected[1], unneeded]);
    }

    #[test]
    fn every_store_has_calls() {
        let below = project().join("backend/src/features");
        let files = rust_files(&below).unwrap();
        let stores: Vec<_> = files.iter().filter(|it| it.ends_with("store.rs")).collect();
        assert!(stores.len() > 15, "{stores:?}");
        for store in stores {
            let source = std::fs::read_to_string(store).unwrap();
            assert!(!calls_in("store.rs", &source).is_empty(), "{}", store.display());
        }
    }
}
