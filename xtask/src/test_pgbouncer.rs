use std::time::Duration;

use crate::{
    need,
    process::{Error, Result, cargo_test, fail, tee},
    servers::Servers,
};

pub(crate) const HELP: &str = "run the PostgreSQL tests through PgBouncer in transaction mode

usage: cargo xtask test-pgbouncer

Runs the PostgreSQL tests through PgBouncer in transaction mode, without named prepared statements. Only
migrations bypass it. Fails if a test failed or was ignored, or if no test ran.";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["postgresql", "redis-server", "pgbouncer", "chromium"])?;
    let servers = Servers::start()?;
    if !servers.has_pgbouncer() {
        return fail("PgBouncer is missing: run `cargo xtask need pgbouncer`");
    }
    let mut test = cargo_test(&["--no-fail-fast", "--lib", "--test", "blackbox"]);
    test.args(["--", "postgres::", "pgbouncer::"]);
    servers.apply(&mut test).env("TEST_THROUGH_PGBOUNCER", "1");
    let (status, output) = tee(&mut test, Duration::MAX, |_| true)?;
    let ended_with = |ending: &str| {
        let tests = output.lines().filter(|it| it.starts_with("test "));
        tests.filter(|it| it.contains(ending)).count()
    };
    let (passed, ignored) = (ended_with(" ... ok"), ended_with(" ... ignored"));
    println!("through PgBouncer: {passed} passed, {ignored} ignored");
    let succeeded = status.is_some_and(|it| it.success());
    if succeeded && passed > 0 && ignored == 0 { Ok(()) } else { Err(Error::Exit(1)) }
}
