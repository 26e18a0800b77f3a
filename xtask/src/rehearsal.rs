use crate::{
    need,
    process::{Error, Result, cargo_test, release_program, run as run_command, status},
    servers::Servers,
};

pub(crate) const HELP: &str = "fail one part of a production setup after another, under load

usage: cargo xtask rehearsal

Rehearses a day of outages with a release build, as docs/torture.md describes: two instances behind
PgBouncer, PostgreSQL with a synchronous standby and a replica, and Redis. Fails if an acknowledged write
was lost, duplicated or stale, or if a goal was missed by more than REHEARSAL_FACTOR.

  REHEARSAL_PROGRAM  a program that is already built
  REHEARSAL_FACTOR   by how much goals may be missed (3)";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server", "pgbouncer"])?;
    let program = release_program("REHEARSAL_PROGRAM")?;
    let mut build = cargo_test(&["--quiet", "--test", "blackbox", "--no-run"]);
    run_command(build.env("TEST_SERVERS", "1"))?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    println!("rehearsal: {} cores, load {load}", std::thread::available_parallelism()?);
    let servers = Servers::start()?;
    let mut test =
        cargo_test(&["--quiet", "--test", "blackbox", "--", "rehearsal::", "--nocapture"]);
    servers.apply(&mut test).env("REHEARSAL_PROGRAM", program).env("RUST_BACKTRACE", "0");
    // The test has printed what went wrong.
    if status(&mut test)?.success() { Ok(()) } else { Err(Error::Exit(1)) }
}
