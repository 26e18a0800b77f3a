//! Counts tests by engine.

use std::{collections::BTreeMap, fmt::Write as _};

/// How many tests passed and failed on an engine.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Outcomes {
    passed: usize,
    failed: usize,
}

/// How many tests ran, from the output of test programs. A test of behavior runs once as `…::sqlite::NAME` and once as
/// `…::postgres::NAME`.
#[derive(Debug, Default)]
pub(super) struct Counts {
    all: Outcomes,
    by_engine: BTreeMap<&'static str, Outcomes>,
    ignored: usize,
}

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// The engine that a test is for, by the last module of its path.
fn engine(test: &str) -> Option<&'static str> {
    let (modules, _) = test.rsplit_once("::")?;
    let last = modules.rsplit("::").next();
    ENGINES.into_iter().find(|it| last == Some(*it))
}

impl Counts {
    /// Adds the tests in this output, and returns how many there were.
    pub(super) fn add(&mut self, output: &str) -> usize {
        let mut found = 0;
        for line in output.lines() {
            let test = line.strip_prefix("test ").and_then(|it| it.rsplit_once(" ... "));
            let Some((test, outcome)) = test else { continue };
            let has_passed = match outcome.split([' ', ',']).next() {
                Some("ok") => true,
                Some("FAILED") => false,
                Some("ignored") => {
                    self.ignored += 1;
                    found += 1;
                    continue;
                }
                _ => continue,
            };
            found += 1;
            let name = test.split(' ').next().unwrap_or_default();
            let engine = engine(name).map(|it| self.by_engine.entry(it).or_default());
            for outcomes in [Some(&mut self.all), engine].into_iter().flatten() {
                outcomes.passed += usize::from(has_passed);
                outcomes.failed += usize::from(!has_passed);
            }
        }
        found
    }

    fn of(&self, engine: &str) -> Outcomes {
        self.by_engine.get(engine).copied().unwrap_or_default()
    }

    /// What is wrong with them, such as a test that was ignored.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.ignored > 0 {
            faults.push(format!("{} tests were ignored", self.ignored));
        }
        let ran = ENGINES.map(|it| self.of(it).passed + self.of(it).failed);
        for (engine, ran) in ENGINES.into_iter().zip(ran) {
            if ran == 0 {
                faults.push(format!("no test ran on {engine}"));
            }
        }
        if ran[0] != ran[1] {
            faults.push("the engines did not run the same number of tests".to_owned());
        }
        if self.all.failed > 0 {
            faults.push(format!("{} tests failed", self.all.failed));
        }
        faults
    }

    /// One line for each engine, and one for all tests.
    pub(super) fn summary(&self) -> String {
        let engines = ENGINES.map(|it| (it, self.of(it)));
        let mut text = String::new();
        for (name, Outcomes { passed, failed }) in engines.into_iter().chain([("all", self.all)]) {
            let _ = writeln!(text, "{name}: {passed} passed, {failed} failed");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(output: &str) -> Counts {
        let mut counts = Counts::default();
        counts.add(output);
        counts
    }

    #[test]
    fn tests_are_counted_by_engine() {
        let counts = counted(
            "running 5 tests\n\
             test vehicles::tests::sqlite::a_name ... ok\n\
             test vehicles::tests::postgres::a_name ... FAILED\n\
             test postgres::roles::of_none - should panic ... ok\n\
             test src/db.rs - db::Tx (line 88) - compile fail ... ok\n\
             test kill::postgres::slow has been running for over 60 seconds\n\
             test result: FAILED. 3 passed; 1 failed\n",
        );
        assert_eq!(
            counts.summary(),
            "sqlite: 1 passed, 0 failed\npostgres: 0 passed, 1 failed\nall: 3 passed, 1 failed\n"
        );
        assert_eq!(counts.faults(), ["1 tests failed"]);
    }

    #[test]
    fn ignored_tests_and_uneven_engines_are_faults() {
        let counts =
            counted("test a::sqlite::b ... ok\ntest a::postgres::b ... ignored, needs servers\n");
        let expected = [
            "1 tests were ignored",
            "no test ran on postgres",
            "the engines did not run the same number of tests",
        ];
        assert_eq!(counts.faults(), expected);
        let even = "test sqlite::b ... ok\ntest postgres::b ... ok\n";
        assert_eq!(counted(even).faults(), Vec::<String>::new());
        assert_eq!(Counts::default().add(even), 2);
    }
}
