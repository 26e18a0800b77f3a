//! Shared by all tests: environments to run the program in, the running program, and its clients.

pub(crate) mod client;
mod cluster;
pub(crate) mod load;
mod pgbouncer;
mod servers;
#[macro_use]
mod installation;
mod browser;
mod devtools;
mod sql;
mod traffic;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub(crate) use browser::BrowserSession;
pub(crate) use client::{Client, Response};
pub(crate) use cluster::Cluster;
pub(crate) use installation::{Installation, current_program};
pub(crate) use pgbouncer::PgBouncer;
pub(crate) use servers::{Postgres, Redis, free_port};
pub(crate) use sql::Sql;
use tempfile::TempDir;
pub(crate) use traffic::Traffic;

/// Declares each named test once per engine: `sqlite::name` and `postgres::name`.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                use $crate::support::{TestEnv, block_on};
                block_on(async { super::$test(TestEnv::on_sqlite()).await });
            })+
        }

        mod postgres {
            $(#[test]
            #[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
            fn $test() {
                use $crate::support::{TestEnv, block_on};
                block_on(async { super::$test(TestEnv::on_postgres().await).await });
            })+
        }
    };
}

/// Runs a test.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// The address of a server started by `cargo xtask with-servers`.
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
pub(crate) fn server(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask with-servers`"))
}

/// The same database with another role that the tests' server trusts.
fn as_role(role: &str, url: &str) -> String {
    format!("postgres://{role}@{}", url.rsplit_once('@').unwrap().1)
}

/// Whether all tests use PgBouncer, as in `make test-pgbouncer`.
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn are_all_pooled() -> bool {
    std::env::var("TEST_THROUGH_PGBOUNCER").is_ok()
}

/// A parameter of `make torture`.
#[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
fn torture(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The number of repetitions: `usual`, unless `make torture` sets another.
pub(crate) fn rounds(usual: u64) -> u64 {
    torture("TORTURE_ROUNDS").unwrap_or(usual)
}

/// A pseudorandom number generator (`SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
pub(crate) struct Random(AtomicU64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number below `below`.
    pub(crate) fn below(&self, below: u64) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// A random number below `below`. `TORTURE_SEED` sets the seed.
pub(crate) fn random(below: u64) -> u64 {
    static CHANCE: LazyLock<Random> = LazyLock::new(|| {
        let seed = torture("TORTURE_SEED");
        Random::new(seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0))
    });
    CHANCE.below(below)
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, pid: u32) {
    test_servers::signal(name, pid).unwrap();
}

/// Waits until the condition is true.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < Duration::from_secs(30), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An environment for the program: its folder, its settings, and the database they refer to.
pub(crate) struct TestEnv {
    folder: TempDir,
    program: PathBuf,
    settings: Vec<(String, String)>,
}

impl TestEnv {
    /// A free port, and no other settings.
    pub(crate) fn empty() -> Self {
        let (folder, program) = (tempfile::tempdir().unwrap(), env!("CARGO_BIN_EXE_motovaultpro"));
        let env = Self { folder, program: program.into(), settings: Vec::new() };
        env.with("MVP__SERVER__ADDRESS", "127.0.0.1:0")
    }

    /// SQLite and the in-process cache.
    pub(crate) fn on_sqlite() -> Self {
        Self::empty()
    }

    /// A separate, empty PostgreSQL database, and Redis.
    pub(crate) async fn on_postgres() -> Self {
        let url = sql::create_database(&server("TEST_POSTGRES_URL")).await;
        let env = Self::empty()
            .with("MVP__CACHE__URL", &server("TEST_REDIS_URL"))
            .with("MVP__DATABASE__MIGRATION_URL", &as_role("motovaultpro_owner", &url));
        if !are_all_pooled() {
            return env.with("MVP__DATABASE__URL", &as_role("motovaultpro", &url));
        }
        let (pooler, name) = (server("TEST_PGBOUNCER_URL"), url.rsplit_once('/').unwrap().1);
        let url = format!("{}/{name}", pooler.rsplit_once('/').unwrap().0);
        env.with("MVP__DATABASE__URL", &as_role("motovaultpro", &url))
            .with("MVP__DATABASE__PREPARED_STATEMENTS", "false")
    }

    /// The same with another build of the program.
    pub(crate) fn with_program(self, program: &Path) -> Self {
        Self { program: program.to_owned(), ..self }
    }

    /// The same with a limit on the size of files in KiB, as if the disk were full. `prlimit` can raise the
    /// limit.
    pub(crate) fn with_file_size_limit(self, kibibytes: u32) -> Self {
        let script = self.folder().join("with-little-room");
        let program = self.program.display();
        // Ignore the signal, so that the write fails. The unit is 512 bytes.
        let blocks = kibibytes * 2;
        let text =
            format!("#!/bin/sh\ntrap '' XFSZ\nulimit -S -f {blocks}\nexec '{program}' \"$@\"\n");
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.with_program(&script)
    }

    /// The same with a setting added or replaced.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(it, _)| it != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The value of a setting, which must exist.
    pub(crate) fn setting(&self, wanted: &str) -> &str {
        &self.settings.iter().find(|(name, _)| name == wanted).unwrap().1
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.postgres_url().is_some()
    }

    /// The URL of its PostgreSQL database, without PgBouncer and row-level security.
    fn postgres_url(&self) -> Option<String> {
        let setting = |wanted| self.settings.iter().find(|(name, _)| name == wanted);
        let (_, url) = setting("MVP__DATABASE__MIGRATION_URL").or(setting("MVP__DATABASE__URL"))?;
        url.starts_with("postgres").then(|| as_role("postgres", url))
    }

    /// Connects to the database directly.
    pub(crate) async fn sql(&self) -> Sql {
        match self.postgres_url() {
            Some(url) => Sql::postgres(&url).await,
            None => Sql::sqlite(&self.folder().join("data/motovaultpro.db")).await,
        }
    }

    /// Executes SQL on the empty database, as its owner.
    pub(crate) async fn load(&self, sql: &str) {
        if self.is_postgres() {
            self.sql().await.execute(&format!("SET ROLE motovaultpro_owner;\n{sql}")).await;
            return;
        }
        let folder = self.folder().join("data");
        std::fs::create_dir(&folder).unwrap();
        std::fs::File::create_new(folder.join("motovaultpro.db")).unwrap();
        let database = self.sql().await;
        database.execute(sql).await;
        database.close().await;
    }

    /// The command, without the environment variables of the test process. Like this process, it records the
    /// SQL statements that it runs.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder()).env_clear();
        #[expect(clippy::disallowed_methods, reason = "a test parameter is not a setting")]
        let statements = std::env::var("STATEMENTS_RUN");
        command.envs(statements.map(|folder| ("STATEMENTS_RUN", folder)));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program and waits until it exits.
    pub(crate) fn run(&self, arguments: &[&str]) -> CommandResult {
        CommandResult::from(self.command(arguments).output().unwrap())
    }

    /// Starts the service, and waits until it prints its address.
    pub(crate) fn serve(&self) -> Service {
        self.try_serve(&[]).unwrap_or_else(|log| panic!("the service did not start: {log}"))
    }

    /// Like [`TestEnv::serve`] with arguments; returns the log if the service does not start.
    pub(crate) fn try_serve(&self, arguments: &[&str]) -> Result<Service, String> {
        let log = self.folder().join(format!("serve-{}.log", uuid::Uuid::now_v7()));
        let spawned = Instant::now();
        let mut command = self.command(&[&["serve"], arguments].concat());
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.trim_end().strip_prefix("MotoVaultPro is at ") else {
            let status = child.wait().unwrap();
            return Err(format!("{status}: {}", std::fs::read_to_string(&log).unwrap()));
        };
        let url = url.to_owned();
        Ok(Service { child, url, log, spawned, stdout })
    }
}

/// The exit code and output of a command.
#[derive(Debug)]
pub(crate) struct CommandResult {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for CommandResult {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl CommandResult {
    /// Returns the output, and asserts that the command succeeded.
    #[track_caller]
    pub(crate) fn expect_success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Returns the error output, and asserts the exit code and that there is no other output.
    #[track_caller]
    pub(crate) fn expect_failure(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self.err
    }
}

/// A running service. It is killed when dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    log: PathBuf,
    pub(crate) spawned: Instant,
    // Open, so that the service can print more.
    stdout: BufReader<ChildStdout>,
}

impl Service {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it, and returns what it printed after its address.
    pub(crate) fn stop_and_read_output(mut self) -> String {
        signal("TERM", self.pid());
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed).unwrap();
        self.child.wait().unwrap();
        printed
    }

    /// Waits until it exits, and returns the exit code.
    pub(crate) async fn wait_for_exit(&mut self) -> Option<i32> {
        let mut status = None;
        eventually("the service exits", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap().code()
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The address of the metrics, from the log.
    pub(crate) fn metrics_url(&self) -> String {
        let log = self.log();
        let line = log.lines().find(|it| it.contains("Metrics are at /metrics"));
        let line: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        format!("http://{}", line["address"].as_str().unwrap())
    }

    /// Registers an account, and returns a client that is signed in to it.
    pub(crate) async fn register(&self, email: &str) -> Client {
        Client::register(&self.url, email).await
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(&self.url)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
