use crate::{
    need,
    process::{Result, cargo, release_program, run as run_command},
    servers::Servers,
};

pub(crate) const HELP: &str = "load-test a release build at ten times its capacity

usage: cargo xtask overload

Tests a release build at ten times its capacity, on both engines with their default settings. Prints the
figures, and fails if they are worse than docs/operations.md promises.

  OVERLOAD_PROGRAM  a program that is already built";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server"])?;
    let program = release_program("OVERLOAD_PROGRAM")?;
    let servers = Servers::start()?;
    // The clients are a release build, too, so that slow clients are not mistaken for a slow service.
    let mut test = cargo(&["test", "--release", "--quiet", "--locked", "-p", "motovaultpro"]);
    // One engine after the other, because they share the machine.
    test.args(["--test", "blackbox", "--", "overload", "--nocapture", "--test-threads", "1"]);
    run_command(servers.apply(&mut test).env("OVERLOAD_PROGRAM", program))
}
