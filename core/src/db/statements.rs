//! Shows tests the statements that run: each [`crate::sql!`] passes its statement through here. Release
//! builds contain nothing of this.
//!
//! A test can count or replace the statements of its thread with [`observe`]. If `STATEMENTS_RUN` names a
//! folder, each process writes there which calls it has made on which engine, and `cargo xtask
//! store-coverage` reports calls that no test makes.

use std::{
    cell::Cell,
    collections::HashSet,
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Sees a statement before it runs. Returns a statement to run instead, if any.
pub type Observer = fn(&str) -> Option<String>;

thread_local! {
    static OBSERVER: Cell<Option<Observer>> = const { Cell::new(None) };
}

/// While it exists, this thread's statements are observed.
#[derive(Debug)]
pub struct Observed(Option<Observer>);

/// Observes the statements of this thread, until the returned value is dropped.
#[must_use]
pub fn observe(observer: Observer) -> Observed {
    Observed(OBSERVER.replace(Some(observer)))
}

impl Drop for Observed {
    fn drop(&mut self) {
        OBSERVER.set(self.0);
    }
}

/// Returns the statement to run for a call at `place`, which is `file:line`.
pub fn prepare(engine: &'static str, place: &'static str, text: impl SqlSafeStr) -> SqlStr {
    let text = text.into_sql_str();
    if let Some(calls) = &*CALLS {
        calls.lock().unwrap_or_else(PoisonError::into_inner).record(engine, place, text.as_str());
    }
    match OBSERVER.get().and_then(|observer| observer(text.as_str())) {
        Some(replaced) => AssertSqlSafe(replaced).into_sql_str(),
        None => text,
    }
}

/// The calls that this process has made, if they are recorded.
static CALLS: LazyLock<Option<Mutex<Calls>>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
    let folder = std::env::var("STATEMENTS_RUN").ok()?;
    Some(Mutex::new(Calls::new(Path::new(&folder))))
});

struct Calls {
    file: File,
    recorded: HashSet<(&'static str, &'static str, String)>,
}

impl Calls {
    #[expect(clippy::panic, reason = "a call that is not recorded would be reported as missing")]
    fn new(folder: &Path) -> Self {
        // Process ids are used again, and then the file contains the calls of both processes.
        let path = folder.join(std::process::id().to_string());
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file =
            file.unwrap_or_else(|error| panic!("STATEMENTS_RUN: {}: {error}", path.display()));
        Self { file, recorded: HashSet::new() }
    }

    /// Writes a line for each call that is new: tests kill processes, so waiting would lose calls. The verb
    /// distinguishes the statements of one `record!`.
    #[expect(
        clippy::expect_used,
        reason = "a call that is not recorded would be reported as missing"
    )]
    fn record(&mut self, engine: &'static str, place: &'static str, text: &str) {
        let verb = text.split_whitespace().next().unwrap_or_default();
        if self.recorded.insert((engine, place, verb.to_owned())) {
            let line = format!("{engine} {place} {verb}\n");
            self.file.write_all(line.as_bytes()).expect("STATEMENTS_RUN must be writable");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_recorded_once_per_engine_and_verb() {
        let folder = tempfile::tempdir().unwrap();
        let mut calls = Calls::new(folder.path());
        calls.record("sqlite", "a.rs:1", "SELECT 1");
        calls.record("sqlite", "a.rs:1", "SELECT 2");
        calls.record("postgres", "a.rs:1", "SELECT 1");
        calls.record("sqlite", "a.rs:1", "\n  UPDATE a SET b = 1");
        let file = folder.path().join(std::process::id().to_string());
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(text, "sqlite a.rs:1 SELECT\npostgres a.rs:1 SELECT\nsqlite a.rs:1 UPDATE\n");
    }

    #[test]
    fn statements_are_observed_until_the_guard_is_dropped() {
        let run = || prepare("sqlite", "a.rs:1", "SELECT 1").as_str().to_owned();
        {
            let _outer = observe(|_| Some("SELECT 2".to_owned()));
            assert_eq!(run(), "SELECT 2");
            {
                let _inner = observe(|_| None);
                assert_eq!(run(), "SELECT 1");
            }
            assert_eq!(run(), "SELECT 2");
        }
        assert_eq!(run(), "SELECT 1");
    }
}
