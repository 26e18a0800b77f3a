//! Runs other programs, and stops them when a signal ends this one.

use std::{
    fmt::Display,
    io::{BufRead as _, BufReader, Read, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU8, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// Why a command fails.
#[derive(Debug)]
pub(crate) enum Error {
    /// It prints this message and exits with 1.
    Message(String),
    /// It exits with this code. The reason is printed already.
    Exit(u8),
}

impl Error {
    /// The message, or what happened instead.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Message(message) => message.clone(),
            Self::Exit(code) => format!("exit code {code}"),
        }
    }
}

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

impl<E: Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self::Message(error.to_string())
    }
}

/// Fails with this message.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Message(message.into()))
}

/// The signal that ends this process, or 0.
static RECEIVED: AtomicU8 = AtomicU8::new(0);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long a process may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);

/// Makes signals end this process in an orderly way: the next [`check_signals`] fails.
pub(crate) fn catch_signals() -> Result {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            RECEIVED.store(u8::try_from(signal).unwrap_or(u8::MAX), Ordering::SeqCst);
        }
    });
    Ok(())
}

/// Fails if a signal was received.
pub(crate) fn check_signals() -> Result {
    match RECEIVED.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Error::Exit(128 + signal)),
    }
}

/// Waits; fails early if a signal was received.
pub(crate) fn sleep(duration: Duration) -> Result {
    let started = Instant::now();
    while started.elapsed() < duration {
        check_signals()?;
        std::thread::sleep(POLL_INTERVAL.min(duration));
    }
    check_signals()
}

/// The value of an environment variable that is a setting of a command. An empty one counts as missing.
pub(crate) fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "these are not settings of the service")]
    let value = std::env::var(name).ok();
    value.filter(|it| !it.is_empty())
}

/// A setting that is a number, or its default.
pub(crate) fn number(name: &str, default: u64) -> Result<u64> {
    let Some(value) = setting(name) else { return Ok(default) };
    value.parse().or_else(|_| fail(format!("{name} must be a number, not {value:?}")))
}

/// The repository.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Cargo's folder for build output.
pub(crate) fn target() -> PathBuf {
    project().join(setting("CARGO_TARGET_DIR").unwrap_or_else(|| "target".to_owned()))
}

/// A command that runs in the repository, in a process group of its own: Ctrl-C reaches only this process, which then
/// stops it.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(project()).process_group(0).stdin(Stdio::null());
    // `cargo xtask` sets these for this crate. They would leak into other programs and builds.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|it| it.starts_with("CARGO_PKG_") || it.starts_with("CARGO_MANIFEST_"))
        {
            command.env_remove(name);
        }
    }
    command
}

/// A command that leaves the processors to others as long as they need them.
pub(crate) fn nice(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = command("nice");
    command.args(["-n", "10"]).arg(program);
    command
}

/// `cargo` with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command("cargo");
    command.args(arguments);
    command
}

/// `cargo test` as `make test` runs it, so that nothing is built twice, with these arguments.
pub(crate) fn cargo_test(arguments: &[&str]) -> Command {
    let mut command = cargo(&["test", "--workspace", "--features", "vpic/build", "--locked"]);
    command.args(arguments);
    command
}

/// The program that a setting names or, without it, a new release build.
pub(crate) fn release_program(name: &str) -> Result<PathBuf> {
    if let Some(program) = setting(name) {
        return existing(&program);
    }
    run(&mut cargo(&["build", "--release", "--locked", "-p", "motovaultpro"]))?;
    Ok(target().join("release/motovaultpro"))
}

/// Builds what `make test` runs. `backend/build.rs` enables the tests that need servers if there are some; without
/// that, the whole crate would be compiled again.
fn build_tests() -> Command {
    let mut command = cargo_test(&["--quiet", "--no-run"]);
    command.env("TEST_SERVERS", "1");
    command
}

/// The program that a setting names or, without it, a debug build that is built like the tests.
pub(crate) fn debug_program(name: &str) -> Result<PathBuf> {
    if let Some(program) = setting(name) {
        return existing(&program);
    }
    run(&mut build_tests())?;
    Ok(target().join("debug/motovaultpro"))
}

/// The absolute path of a program.
pub(crate) fn existing(program: &str) -> Result<PathBuf> {
    std::fs::canonicalize(program).or_else(|error| fail(format!("{program}: {error}")))
}

/// A process that is stopped with its process group when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        match command.spawn() {
            Ok(child) => Ok(Self(child)),
            Err(error) => fail(format!("{program} can't be run: {error}")),
        }
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    /// Waits until it ends; fails if a signal was received.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.wait_at_most(Duration::MAX)?.ok_or_else(|| Error::from("it did not end"))
    }

    /// Waits until it ends. Returns `None` if that takes longer.
    pub(crate) fn wait_at_most(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            if started.elapsed() > limit {
                return Ok(None);
            }
            check_signals()?;
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Sends SIGTERM to its process group, and SIGKILL after ten seconds.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        let started = Instant::now();
        let mut is_killed = false;
        self.signal("TERM");
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            if !is_killed && started.elapsed() > STOP {
                self.signal("KILL");
                is_killed = true;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.0.id());
        // It may have ended already.
        let _ =
            Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.stop();
        }
    }
}

/// The command as it would be typed, for messages.
pub(crate) fn describe(command: &Command) -> String {
    let arguments = command.get_args().map(|it| it.to_string_lossy());
    let words: Vec<_> =
        std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect();
    words.join(" ")
}

/// Runs a command, and returns how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    Process::spawn(command)?.wait()
}

/// Runs a command, and fails if it does.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = status(command)?;
    if status.success() { Ok(()) } else { fail(format!("{} failed: {status}", describe(command))) }
}

/// What a command printed, and how it ended.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs a command with this input, and captures its output.
pub(crate) fn capture(command: &mut Command, input: &[u8]) -> Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = Process::spawn(command)?;
    let child = process.child();
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        std::thread::spawn(move || {
            // The program may end without reading everything.
            let _ = stdin.write_all(&input);
        });
    }
    let status = process.wait()?;
    let joined = |reader: Option<JoinHandle<Vec<u8>>>| {
        reader.and_then(|it| it.join().ok()).unwrap_or_default()
    };
    let stderr = String::from_utf8_lossy(&joined(stderr)).into_owned();
    Ok(Output { status, stdout: joined(stdout), stderr })
}

fn read_all(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// Runs a command, and returns what it prints. Fails if the command fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    output_with(command, &[])
}

/// Runs a command with this input, and returns what it prints. Fails if the command fails.
pub(crate) fn output_with(command: &mut Command, input: &[u8]) -> Result<String> {
    let output = capture(command, input)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    fail(format!("{} failed: {}: {text}{}", describe(command), output.status, output.stderr))
}

/// Whether a command succeeds, without its output.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    status(command.stdout(Stdio::null()).stderr(Stdio::null())).is_ok_and(|it| it.success())
}

/// Reads lines on a separate thread, each with its line ending.
fn read_lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|it| it > 0) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    lines
}

/// Runs a command, passes each line of its output on as it arrives, and returns how it ended.
pub(crate) fn for_each_line(
    command: &mut Command,
    mut each: impl FnMut(&str) -> Result,
) -> Result<ExitStatus> {
    let mut process = Process::spawn(command.stdout(Stdio::piped()))?;
    let Some(stdout) = process.child().stdout.take() else { return process.wait() };
    let lines = read_lines(stdout);
    loop {
        match lines.recv_timeout(POLL_INTERVAL) {
            Ok(line) => each(&line)?,
            Err(RecvTimeoutError::Timeout) => check_signals()?,
            Err(RecvTimeoutError::Disconnected) => return process.wait(),
        }
    }
}

/// Runs a command, prints those lines of its output that `shows` selects as they arrive, and returns all of them. Stops
/// the command after the limit; the status is then `None`.
pub(crate) fn tee(
    command: &mut Command,
    limit: Duration,
    mut shows: impl FnMut(&str) -> bool,
) -> Result<(Option<ExitStatus>, String)> {
    let started = Instant::now();
    // Both outputs in one pipe, in order.
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut process = Process::spawn(command)?;
    // The command must not keep the pipe open when the process has ended.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = read_lines(reader);
    let mut text = String::new();
    loop {
        match lines.recv_timeout(POLL_INTERVAL) {
            Ok(line) => {
                if shows(&line) {
                    print!("{line}");
                }
                text += &line;
            }
            Err(RecvTimeoutError::Timeout) => check_signals()?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if started.elapsed() > limit {
            process.stop()?;
            return Ok((None, text));
        }
    }
    Ok((Some(process.wait()?), text))
}

#[cfg(test)]
mod tests;
