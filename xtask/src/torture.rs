use std::time::{Duration, Instant};

use crate::{
    need,
    process::{self, Error, Result, cargo_test, number, tee},
    servers::Servers,
};

pub(crate) const HELP: &str = "kill processes, fill disks, hang connections and overload the service

usage: cargo xtask torture

Repeatedly breaks things under load, prints the results, and fails if a promise of docs/torture.md was
broken.

  TORTURE_SEED    the seed for random numbers; each run prints its seed
  TORTURE_ROUNDS  how often each thing is broken (8)";

/// The maximum duration of a step.
const LIMIT: Duration = Duration::from_mins(7);

/// A title, whether these are black-box tests, and the tests' names.
const STEPS: [(&str, bool, &[&str]); 13] = [
    ("the service killed during writes, and a full disk", true, &["kill::"]),
    ("a standby promoted during writes, directly and behind PgBouncer", true, &["failover::"]),
    ("a replica paused, delayed, killed, and obsolete after a failover", true, &["replica::"]),
    ("everything deleted and restored from backups", true, &["drill::"]),
    ("a POST sent 32 times, and interrupted by kills", true, &["retries::"]),
    ("Redis killed, hanging, missing, with another password", true, &["redis::"]),
    ("all connections in use", true, &["pool::"]),
    ("migrations killed at any point, and eight at once", true, &["migrations::"]),
    ("overload", true, &["overload::"]),
    ("several instances notify once", true, &["notifications::"]),
    ("clients that disconnect", false, &["disconnect", "canceled_requests", "canceling_begin"]),
    (
        "other services that hang, reset connections, respond slowly or with nonsense",
        false,
        &["vin::tests_nhtsa", "stations::tests_providers"],
    ),
    ("the access matrix", false, &["matrix::"]),
];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server", "pgbouncer"])?;
    let seed = number("TORTURE_SEED", u64::from(std::process::id()).wrapping_mul(2_654_435_761))?;
    let rounds = number("TORTURE_ROUNDS", 8)?;
    let servers = Servers::start()?;
    let started = Instant::now();
    process::run(servers.apply(&mut cargo_test(&["--quiet", "--no-run"])))?;
    println!("torture: seed {seed}, {rounds} rounds");
    let mut failed = Vec::new();
    for (title, is_black_box, tests) in STEPS {
        println!("== {title}");
        let begun = Instant::now();
        // One black-box test after the other, because each of them loads the machine.
        let arguments: &[&str] = if is_black_box {
            &["--quiet", "--test", "blackbox", "--", "--nocapture", "--test-threads", "1"]
        } else {
            &["--quiet", "--lib", "--", "--nocapture"]
        };
        let mut command = cargo_test(arguments);
        servers.apply(&mut command).args(tests);
        command.env("TORTURE_SEED", seed.to_string()).env("TORTURE_ROUNDS", rounds.to_string());
        let (status, _) = tee(&mut command, LIMIT, is_worth_reading)?;
        let seconds = begun.elapsed().as_secs();
        match status {
            Some(status) if status.success() => println!("   passed, {seconds} s"),
            Some(status) => println!("   FAILED after {seconds} s ({status})"),
            None => println!("   FAILED: not done after {seconds} s"),
        }
        if !status.is_some_and(|it| it.success()) {
            failed.push(title);
        }
    }
    println!("torture: seed {seed}, {} s", started.elapsed().as_secs());
    if failed.is_empty() {
        println!("torture: all passed");
        return Ok(());
    }
    for title in failed {
        eprintln!("torture: FAILED: {title}");
    }
    Err(Error::Exit(1))
}

/// Whether a line is more than the test harness reporting success.
fn is_worth_reading(line: &str) -> bool {
    let text = line.trim();
    let is_count = text.strip_prefix("running ").is_some_and(|it| it.starts_with(char::is_numeric));
    let is_cargos =
        line.starts_with(' ') && (text.starts_with("Finished") || text.starts_with("Running"));
    let passed = text.starts_with("test result: ok")
        || text.starts_with("test ") && text.ends_with("... ok");
    !(text.is_empty() || is_count || is_cargos || passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_tests_print_and_failures_are_shown() {
        for line in [
            "",
            "running 3 tests",
            "test a::b ... ok",
            "test result: ok. 3 passed",
            "     Running a",
        ] {
            assert!(!is_worth_reading(line), "{line}");
        }
        for line in ["3 rounds", "test a::b ... FAILED", "test result: FAILED.", "running out"] {
            assert!(is_worth_reading(line), "{line}");
        }
    }
}
