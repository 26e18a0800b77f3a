//! The service as a process of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use test_servers::Postgres;

use crate::{
    http::Client,
    process::{Error, Process, Result, command, fail, output, run, sleep},
    servers::Servers,
};

/// Settings of the service: names and values of environment variables.
pub(crate) type Settings = Vec<(String, String)>;

/// These settings.
pub(crate) fn settings(pairs: &[(&str, &str)]) -> Settings {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The settings for a new database on the server, which the service accesses by a role that row-level security
/// applies to. An existing database with this name is dropped.
pub(crate) fn on_new_database(servers: &Servers, name: &str) -> Result<Settings> {
    let Servers { postgres, redis, .. } = servers;
    let create = format!("CREATE DATABASE {name} OWNER motovaultpro_owner");
    let quiet = "SET client_min_messages = warning";
    let drop = format!("DROP DATABASE IF EXISTS {name}");
    postgres.execute("postgres", &[quiet, &drop, &create])?;
    Ok(settings(&[
        ("MVP__DATABASE__URL", &postgres.url_of("motovaultpro", name)),
        ("MVP__DATABASE__MIGRATION_URL", &postgres.url_of("motovaultpro_owner", name)),
        ("MVP__CACHE__URL", &redis.url()),
    ]))
}

/// `psql` on a database of the server, as the superuser. It stops at an error.
pub(crate) fn psql(postgres: &Postgres, database: &str) -> Command {
    let mut command = command(postgres.programs().join("psql"));
    command.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--tuples-only"]);
    command.args(["--no-align", &postgres.url_of("postgres", database)]);
    command
}

/// The program in a folder, with these settings and without this machine's environment.
pub(crate) fn program_command(program: &Path, folder: &Path, settings: &Settings) -> Command {
    let mut command = command(program);
    command.current_dir(folder).env_clear();
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

/// Runs a command of the program, such as `migrate`.
pub(crate) fn run_program(
    program: &Path,
    folder: &Path,
    settings: &Settings,
    arguments: &[&str],
) -> Result {
    run(program_command(program, folder, settings).args(arguments))
}

/// A running service. It is stopped when dropped.
pub(crate) struct Service {
    process: Process,
    pub(crate) url: String,
    log: PathBuf,
    /// How long it took until it responded.
    pub(crate) start: Duration,
}

impl Service {
    /// Starts the service in a folder, at a free port, and waits until it responds.
    pub(crate) fn start(program: &Path, folder: &Path, settings: &Settings) -> Result<Self> {
        Self::start_with(program, folder, settings, |_| Ok(()))
    }

    /// The same after another change of the command.
    pub(crate) fn start_with(
        program: &Path,
        folder: &Path,
        settings: &Settings,
        change: impl FnOnce(&mut Command) -> Result,
    ) -> Result<Self> {
        let (printed, log) = (folder.join("out"), folder.join("log"));
        let begun = Instant::now();
        let mut serve = program_command(program, folder, settings);
        serve.arg("serve").env("MVP__SERVER__ADDRESS", "127.0.0.1:0");
        serve.stdout(File::create(&printed)?).stderr(File::create(&log)?);
        change(&mut serve)?;
        let mut process = Process::spawn(&mut serve)?;
        let url = loop {
            let text = fs::read_to_string(&printed)?;
            let line = text.lines().next().filter(|_| text.contains('\n'));
            if let Some(url) = line.and_then(|it| it.strip_prefix("MotoVaultPro is at ")) {
                break url.to_owned();
            }
            if !process.is_running()? {
                return fail(format!("the service did not start: {}", fs::read_to_string(&log)?));
            }
            sleep(Duration::from_millis(2))?;
        };
        Client::new(&url).send("GET", "/health", None)?;
        Ok(Self { process, url, log, start: begun.elapsed() })
    }

    /// Stops it with SIGTERM.
    pub(crate) fn stop(mut self) -> Result {
        self.process.stop()?;
        Ok(())
    }

    pub(crate) fn is_running(&mut self) -> Result<bool> {
        self.process.is_running()
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    /// The last lines of the log.
    pub(crate) fn log_end(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// The CPU time that it has used, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name of the program, in parentheses, may contain spaces.
        let fields = stat.rsplit_once(") ").map_or("", |it| it.1).split(' ');
        let ticks: u32 = fields.skip(11).take(2).filter_map(|it| it.parse::<u32>().ok()).sum();
        let per_second: u32 = output(command("getconf").arg("CLK_TCK"))?.trim().parse()?;
        Ok(Duration::from_secs_f64(f64::from(ticks) / f64::from(per_second)))
    }

    /// Its resident memory in MB.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kilobytes: Option<f64> = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
        kilobytes.map(|it| it / 1024.0).ok_or_else(|| Error::from("the service has ended"))
    }
}
