//! The commands behind the make targets, which `cargo xtask --help` lists.

mod audit;
mod bench;
mod bench_scaling;
mod bench_stations;
mod bench_vin;
mod calendar;
mod check;
mod dates;
mod dist;
mod drill;
mod fuzz;
mod http;
mod need;
mod overload;
mod process;
mod python;
mod record_upgrade;
mod rehearsal;
mod servers;
mod service;
mod store_coverage;
mod test;
mod test_alerts;
mod test_compose;
mod test_dist;
mod test_pgbouncer;
mod test_proxies;
mod torture;
mod vins;
mod with_servers;
mod wrk;

use std::{fmt::Write as _, process::ExitCode};

use process::{Error, Result};

/// A command: its name, its help, whose first line is a summary, and what it does with its arguments.
struct Task {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result,
}

const TASKS: &[Task] = &[
    Task { name: "audit", help: audit::HELP, run: audit::run },
    Task { name: "bench", help: bench::HELP, run: bench::run },
    Task { name: "bench-scaling", help: bench_scaling::HELP, run: bench_scaling::run },
    Task { name: "bench-stations", help: bench_stations::HELP, run: bench_stations::run },
    Task { name: "bench-vin", help: bench_vin::HELP, run: bench_vin::run },
    Task { name: "calendar", help: calendar::HELP, run: calendar::run },
    Task { name: "dist", help: dist::HELP, run: dist::run },
    Task { name: "drill", help: drill::HELP, run: drill::run },
    Task { name: "fuzz", help: fuzz::HELP, run: fuzz::run },
    Task { name: "need", help: need::HELP, run: need::run },
    Task { name: "overload", help: overload::HELP, run: overload::run },
    Task { name: "record-upgrade", help: record_upgrade::HELP, run: record_upgrade::run },
    Task { name: "rehearsal", help: rehearsal::HELP, run: rehearsal::run },
    Task { name: "store-coverage", help: store_coverage::HELP, run: store_coverage::run },
    Task { name: "test", help: test::HELP, run: test::run },
    Task { name: "test-alerts", help: test_alerts::HELP, run: test_alerts::run },
    Task { name: "test-compose", help: test_compose::HELP, run: test_compose::run },
    Task { name: "test-dist", help: test_dist::HELP, run: test_dist::run },
    Task { name: "test-pgbouncer", help: test_pgbouncer::HELP, run: test_pgbouncer::run },
    Task { name: "test-proxies", help: test_proxies::HELP, run: test_proxies::run },
    Task { name: "torture", help: torture::HELP, run: torture::run },
    Task { name: "with-servers", help: with_servers::HELP, run: with_servers::run },
];

fn usage() -> String {
    let mut text =
        "usage: cargo xtask NAME [ARGUMENT…]\n       cargo xtask NAME --help\n\n".to_owned();
    for task in TASKS {
        let summary = task.help.lines().next().unwrap_or_default();
        let _ = writeln!(text, "  {:15} {summary}", task.name);
    }
    text
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    if ["--help", "-h", "help"].contains(&name.as_str()) {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|it| it.name == name) else {
        eprint!("xtask: unknown command {name}\n{}", usage());
        return ExitCode::from(2);
    };
    if rest.first().is_some_and(|it| it == "--help") {
        println!("{}", task.help);
        return ExitCode::SUCCESS;
    }
    match process::catch_signals().and_then(|()| (task.run)(rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Exit(code)) => ExitCode::from(code),
        Err(Error::Message(message)) => {
            eprintln!("{name}: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_commands_is_sorted_and_each_has_a_summary() {
        assert!(TASKS.is_sorted_by_key(|it| it.name));
        for task in TASKS {
            let summary = task.help.lines().next().unwrap();
            assert!(summary.len() > 20 && summary.len() < 110, "{}: {summary}", task.name);
        }
    }

    #[test]
    fn every_command_of_the_makefile_exists() {
        let makefile = include_str!("../../Makefile");
        let called = ["cargo xtask ", "$(XTASK) "].map(|it| makefile.split(it).skip(1));
        let called = called.into_iter().flatten();
        let names: Vec<_> = called.filter_map(|it| it.split_whitespace().next()).collect();
        assert!(!names.is_empty());
        for name in names {
            assert!(TASKS.iter().any(|it| it.name == name), "{name}");
        }
    }
}
