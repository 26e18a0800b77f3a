//! Benchmarks the service on both engines.

mod baseline;
mod compare;
mod engine;
mod report;

use std::{fs, path::Path};

use engine::Plan;

use crate::{
    need,
    process::{Result, existing, fail, number, project, release_program, setting},
    servers::Servers,
    service::{Settings, on_new_database, settings},
};

pub(crate) const HELP: &str = "benchmark the service on both engines, or compare two builds

usage: cargo xtask bench

Benchmarks the service on both engines, relative to a static response of the same process. Prints the
figures and writes them to docs/benchmarks.md.

  BENCH_SECONDS  how long to measure each read (8)
  BENCH_PROGRAM  a program that is already built

With BENCH_BASELINE, an older program, or BENCH_BASELINE_REV, a revision to build it from, it compares the
two programs: they are measured in turns, each on fresh data. It prints the comparison and does not change
docs/benchmarks.md. It fails if a figure is worse than the baseline's by more than BENCH_BOUND percent (5).

  BENCH_TURNS    how many turns each program gets (3)";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server", "wrk"])?;
    let plan = Plan::new(number("BENCH_SECONDS", 8)?);
    let turns = number("BENCH_TURNS", 3)?;
    if turns == 0 {
        return fail("BENCH_TURNS must be a positive number");
    }
    if let Some(baseline) = setting("BENCH_BASELINE") {
        return compare_builds(&plan, &existing(&baseline)?, turns);
    }
    if let Some(revision) = setting("BENCH_BASELINE_REV") {
        let baseline = baseline::Baseline::build(&revision)?;
        return compare_builds(&plan, &baseline.program(), turns);
    }
    write_document(&plan)
}

/// The engines: a name for the comparison, and a title for the document.
const ENGINES: [(&str, &str); 2] =
    [("sqlite", "SQLite, with the cache in the process"), ("postgres", "PostgreSQL and Redis")];

/// The settings for an engine with fresh data and an empty cache.
fn fresh(engine: &str, servers: &Servers) -> Result<Settings> {
    let mut all = settings(&[("MVP__AUTH__REGISTRATION", "open")]);
    if engine == "postgres" {
        all.extend(on_new_database(servers, "bench")?);
        servers.redis.empty()?;
    }
    Ok(all)
}

/// Measures the two programs in turns and compares them.
fn compare_builds(plan: &Plan, baseline: &Path, turns: u64) -> Result {
    let bound = u32::try_from(number("BENCH_BOUND", 5)?)?;
    let this = release_program("BENCH_PROGRAM")?;
    let servers = Servers::start()?;
    let mut all = compare::Figures::default();
    for (engine, _) in ENGINES {
        for turn in 1..=turns {
            for (is_baseline, program) in [(true, baseline), (false, this.as_path())] {
                println!("bench: {engine}, turn {turn}: {}", program.display());
                let folder = tempfile::tempdir()?;
                let measured = plan.measure(program, folder.path(), &fresh(engine, &servers)?)?;
                all.add(engine, is_baseline, &measured);
            }
        }
    }
    println!("\nBaseline: {}\nThis: {}", baseline.display(), this.display());
    let (cores, seconds) = (std::thread::available_parallelism()?, plan.seconds);
    println!("{cores} cores, {seconds} s per read, {turns} turns each.");
    let comparison = all.compare(f64::from(bound));
    print!("{}", comparison.table);
    println!();
    for worse in &comparison.worse {
        println!("bench: {worse}");
    }
    if !comparison.worse.is_empty() {
        return fail(format!("{} figures are worse", comparison.worse.len()));
    }
    println!("bench: no figure is worse by more than {bound} %");
    Ok(())
}

fn write_document(plan: &Plan) -> Result {
    let program = release_program("BENCH_PROGRAM")?;
    let servers = Servers::start()?;
    let mut document = report::introduction(plan, &program)?;
    for (engine, title) in ENGINES {
        let folder = tempfile::tempdir()?;
        let measured = plan.measure(&program, folder.path(), &fresh(engine, &servers)?)?;
        document += &report::section(title, &measured);
    }
    print!("{document}");
    fs::write(project().join("docs/benchmarks.md"), document)?;
    println!("bench: wrote docs/benchmarks.md");
    Ok(())
}
