//! Runs all tests, and the checks with other programs, beside each other.

mod build;
mod counts;
mod lanes;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use build::Program;
use counts::Counts;
use lanes::{Ended, Job};

use crate::{
    audit, need,
    process::{Error, Result, cargo_test, fail, nice, target},
    servers::Servers,
    store_coverage,
};

pub(crate) const HELP: &str = "run everything that CI runs

usage: make test

Builds all targets, and runs each test program as soon as it is built, beside the checks with other
programs. Prints the output of each when it ends, and the failures at the end. Fails if a test failed or was
ignored, or if the engines did not run the same number of tests: a test of behavior runs once as
`…::sqlite::NAME` and once as `…::postgres::NAME`.

`make test` sets the compiler and the build profile. The output is also in target/test.";

/// The Debian packages that the tests and checks need.
pub(crate) const PACKAGES: &[&str] = &[
    "postgresql",
    "redis-server",
    "pgbouncer",
    "chromium",
    "curl",
    "python3-venv",
    "iproute2",
    "shellcheck",
    "openssl",
    "prometheus",
    "nodejs",
    "node-typescript",
];

/// The tests of the built program, in `backend/tests/blackbox/`.
const BLACKBOX: &str = "backend blackbox";

/// The service.
const SERVICE: &str = "backend motovaultpro";

/// The tests that measure durations, by program. They run after all others.
const MEASURING: &[(&str, &[&str])] = &[
    // A response of Redis that takes longer than 50 ms is not waited for.
    ("core library", &["cache::"]),
    (BLACKBOX, &["overload::", "pool::", "redis::", "rehearsal::"]),
];

/// The checks with other programs: the command, and the setting that names the program to check.
const CHECKS: &[(&str, &str)] = &[
    ("test-compose", "COMPOSE_TEST_PROGRAM"),
    ("fuzz", "FUZZ_PROGRAM"),
    ("test-proxies", "PROXIES_PROGRAM"),
    ("calendar", "CALENDAR_PROGRAM"),
];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(PACKAGES)?;
    let folder = target().join("test");
    fs::create_dir_all(&folder)?;
    // Building may replace the program that is running.
    let own = folder.join("xtask");
    fs::copy(std::env::current_exe()?, &own)?;
    let servers = Servers::start()?;
    let statements = folder.join("statements");
    if statements.exists() {
        fs::remove_dir_all(&statements)?;
    }
    fs::create_dir(&statements)?;
    let (libraries, measuring) = (build::libraries()?, Vec::new());
    let mut plan = Plan {
        servers: &servers,
        libraries,
        own,
        measuring,
        is_service_built: false,
        blackbox: None,
        statements,
    };
    let mut report = Report::default();
    run_beside_each_other(&mut plan, &mut report, &folder)?;
    for job in plan.measuring_tests() {
        report.add(lanes::run_job(job, &folder, &AtomicBool::new(false)));
    }
    report.check("SQL statements", store_coverage::check(&plan.statements));
    report.finish()
}

/// Builds everything in one thread, and runs the jobs in three lanes.
fn run_beside_each_other(plan: &mut Plan, report: &mut Report, folder: &Path) -> Result {
    let is_canceled = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, ended) = mpsc::channel();
        let lane = || {
            let (jobs, queue): (Sender<Job>, Receiver<Job>) = mpsc::channel();
            let (sender, is_canceled) = (sender.clone(), &is_canceled);
            scope.spawn(move || lanes::run_lane(&queue, &sender, folder, is_canceled));
            jobs
        };
        let lanes = Lanes { tests: lane(), blackbox: lane(), checks: lane() };
        drop(sender);
        scope.spawn(move || ended.iter().for_each(|it| report.add(it)));

        plan.begin(&lanes)?;
        let built = build::build(plan.servers, |program| plan.add(program, &lanes));
        let result = built.and_then(|()| plan.end(&lanes));
        is_canceled.store(result.is_err(), Ordering::Relaxed);
        result
    })
}

/// The jobs that run at the same time, each kind one after the other.
struct Lanes {
    tests: Sender<Job>,
    blackbox: Sender<Job>,
    checks: Sender<Job>,
}

/// What is run when.
struct Plan<'a> {
    servers: &'a Servers,
    libraries: OsString,
    /// A copy of this program.
    own: PathBuf,
    /// The programs with tests that measure durations, and those tests.
    measuring: Vec<(Program, &'static [&'static str])>,
    is_service_built: bool,
    /// The tests of the service, until it is built.
    blackbox: Option<Program>,
    /// Where the tests record the SQL statements that they run.
    statements: PathBuf,
}

impl Plan<'_> {
    /// What needs no build.
    fn begin(&self, lanes: &Lanes) -> Result {
        let mut make = nice("make");
        // The limits of the make that runs this program are not for its jobs.
        make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").arg("style");
        make.arg(format!("XTASK={}", self.own.display()));
        self.send(&lanes.checks, "style", make)?;
        self.send(&lanes.checks, "test-alerts", self.check("test-alerts"))
    }

    /// What needs this program.
    fn add(&mut self, program: Program, lanes: &Lanes) -> Result {
        if program.name == BLACKBOX && !self.is_service_built {
            self.blackbox = Some(program);
        } else if program.is_test {
            let mut tests = program.command(self.servers, &self.libraries);
            let lane = if program.name == BLACKBOX { &lanes.blackbox } else { &lanes.tests };
            let measuring = MEASURING.iter().find(|it| it.0 == program.name);
            if let Some((_, measuring)) = measuring {
                tests.args(measuring.iter().flat_map(|it| ["--skip", it]));
            }
            self.send(lane, &program.name, tests)?;
            self.measuring.extend(measuring.map(|it| (program, it.1)));
        } else if program.name == SERVICE {
            self.is_service_built = true;
            if let Some(blackbox) = self.blackbox.take() {
                self.add(blackbox, lanes)?;
            }
            for (name, setting) in CHECKS {
                let mut check = self.check(name);
                check.env(setting, &program.path);
                // A short pass, which is the same each time.
                check.env("FUZZ_SECONDS", "0").env("FUZZ_SEED", "1");
                self.send(&lanes.checks, name, check)?;
            }
        }
        Ok(())
    }

    /// What needs everything to be built.
    fn end(&self, lanes: &Lanes) -> Result {
        if self.measuring.len() < MEASURING.len() {
            return fail("a program with tests that measure durations was not built");
        }
        let mut tests = cargo_test(&["--doc"]);
        self.servers.apply(&mut tests);
        self.send(&lanes.tests, "documentation", tests)
    }

    /// The tests that need the machine for themselves.
    fn measuring_tests(&self) -> impl Iterator<Item = Job> {
        self.measuring.iter().map(|(program, tests)| {
            let mut command = program.command(self.servers, &self.libraries);
            command.args(*tests);
            self.job(&format!("{} (measuring)", program.name), command)
        })
    }

    fn send(&self, lane: &Sender<Job>, name: &str, command: Command) -> Result {
        Ok(lane.send(self.job(name, command))?)
    }

    fn job(&self, name: &str, mut command: Command) -> Job {
        command.env("STATEMENTS_RUN", &self.statements);
        Job { name: name.to_owned(), command }
    }

    fn check(&self, name: &str) -> Command {
        let mut check = nice(&self.own);
        self.servers.apply_in_memory(&mut check).arg(name);
        check
    }
}

/// What has ended so far.
#[derive(Default)]
struct Report {
    counts: Counts,
    failures: Vec<String>,
}

impl Report {
    fn add(&mut self, ended: Ended) {
        let Ended { name, duration, output, status } = ended;
        let (result, has_failed) = match status {
            Ok(status) if status.success() => ("passed".to_owned(), false),
            Ok(status) => (format!("failed: {status}"), true),
            Err(error) => (format!("failed: {}", error.message()), true),
        };
        println!("\n==== {name}: {result} after {} s\n{output}", duration.as_secs());
        self.counts.add(&output);
        if has_failed {
            let lines =
                output.lines().filter(|it| it.starts_with("test ") && it.ends_with("FAILED"));
            self.failures.push(format!("{name} {result}"));
            self.failures.extend(lines.map(|it| format!("  {it}")));
        }
    }

    fn check(&mut self, name: &str, result: Result) {
        if let Err(error) = result {
            self.failures.push(format!("{name}: {}", error.message()));
        }
    }

    /// Prints the counts and what failed.
    fn finish(mut self) -> Result {
        println!("\n{}", self.counts.summary());
        // What the audit could not check must not be overlooked.
        if let Ok(unchecked) = fs::read_to_string(audit::unchecked_report()) {
            eprint!("{unchecked}");
        }
        self.failures.extend(self.counts.faults());
        for failure in &self.failures {
            eprintln!("test: {failure}");
        }
        if self.failures.is_empty() { Ok(()) } else { Err(Error::Exit(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_that_measure_exist() {
        let blackbox = include_str!("../../../backend/tests/blackbox/main.rs");
        let core = include_str!("../../../core/src/lib.rs");
        for (program, modules) in MEASURING {
            let source = if *program == BLACKBOX { blackbox } else { core };
            for module in *modules {
                let declaration = format!("mod {};", module.trim_end_matches("::"));
                let declared = source.lines().filter(|it| it.ends_with(&declaration));
                assert_eq!(declared.count(), 1, "{module}");
            }
        }
    }

    #[test]
    fn every_check_is_a_command() {
        for (name, _) in CHECKS {
            assert!(crate::TASKS.iter().any(|it| it.name == *name), "{name}");
        }
    }
}
