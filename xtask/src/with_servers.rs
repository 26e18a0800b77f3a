use std::{io::IsTerminal as _, os::unix::process::ExitStatusExt as _, process::Stdio};

use crate::{
    process::{Error, Process, Result, command},
    servers::Servers,
};

pub(crate) const HELP: &str = "run a command with a private PostgreSQL, Redis and PgBouncer

usage: cargo xtask with-servers COMMAND [ARGUMENT…]

Runs COMMAND in the current folder, and stops the servers when it ends. Exits with COMMAND's exit code.
COMMAND finds the servers in TEST_POSTGRES_URL, TEST_REDIS_URL and TEST_PGBOUNCER_URL. PgBouncer pools
by transaction and serves every database of this PostgreSQL; it is skipped if it is not installed.
COMMAND can read from a pipe, but not from the terminal.";

pub(crate) fn run(arguments: &[String]) -> Result {
    let Some((program, rest)) = arguments.split_first() else {
        eprintln!("usage: cargo xtask with-servers COMMAND [ARGUMENT…]");
        return Err(Error::Exit(2));
    };
    let servers = Servers::start()?;
    let mut command = command(program);
    servers.apply_in_memory(&mut command).args(rest).current_dir(std::env::current_dir()?);
    if !std::io::stdin().is_terminal() {
        command.stdin(Stdio::inherit());
    }
    let status = Process::spawn(&mut command)?.wait()?;
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    match u8::try_from(code).unwrap_or(1) {
        0 => Ok(()),
        code => Err(Error::Exit(code)),
    }
}
