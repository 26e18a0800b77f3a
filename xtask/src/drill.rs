use std::time::Instant;

use crate::{
    need,
    process::{Result, cargo_test, debug_program, run as run_command},
    servers::Servers,
};

pub(crate) const HELP: &str = "delete all data on both engines and restore it from backups

usage: cargo xtask drill

Runs the restore drill of docs/backups.md on both engines. It writes through the service for a minute,
with a ledger of acknowledged writes, creates backups at the same time, deletes the data folder, restores
it (PostgreSQL to ten random moments, SQLite to its backups), and compares every row with the ledger. It
prints times and row counts, and fails if there is any difference.

  DRILL_PROGRAM  a program that is already built
  DRILL_SEED     the seed of an earlier drill, to repeat it";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server"])?;
    let program = debug_program("DRILL_PROGRAM")?;
    let begun = Instant::now();
    let servers = Servers::start()?;
    // One engine after the other, because they share the machine.
    let mut test = cargo_test(&["--quiet", "--test", "blackbox"]);
    test.args(["--", "drill::", "--nocapture", "--test-threads", "1"]);
    run_command(servers.apply(&mut test).env("DRILL_PROGRAM", program))?;
    println!("drill: {} seconds, including the build", begun.elapsed().as_secs());
    Ok(())
}
