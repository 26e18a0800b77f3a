//! What all servers share: a process with a folder and a port.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);
/// How long a server may take to stop.
const STOP: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Where a server stores its files, and what ends it.
#[derive(Debug, Clone)]
pub struct Site {
    parent: PathBuf,
    is_detached: bool,
}

impl Site {
    /// The system's folder for temporary files. Ctrl-C in the terminal also ends the server.
    #[must_use]
    pub fn temporary() -> Self {
        Self { parent: std::env::temp_dir(), is_detached: false }
    }

    /// A folder below `parent`. Ctrl-C does not reach the server; if its owner is killed, the kernel ends it.
    #[must_use]
    pub fn detached(parent: &Path) -> Self {
        Self { parent: parent.to_owned(), is_detached: true }
    }
}

/// The process of a server. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    site: Site,
    folder: TempDir,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Server {
    /// A server that is not started yet, with an empty folder.
    pub(crate) fn new(name: &'static str, site: &Site) -> io::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix(&format!("{name}.")).tempdir_in(&site.parent)?;
        chown_to_server_user(folder.path())?;
        let port = free_port()?;
        Ok(Self { name, site: site.clone(), folder, port, child: None })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.folder().join("log")
    }

    /// A command in the server's folder, as the user of servers.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = if self.site.is_detached {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "INT"]).arg(program).process_group(0);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Starts the process, whose output becomes the log.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<()> {
        let log = File::create(self.log())?;
        self.child = Some(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }

    /// Whether the log contains `ready`.
    ///
    /// # Errors
    /// The process has ended; the error is its log.
    pub(crate) fn has_logged(&mut self, ready: &str) -> io::Result<bool> {
        let has_ended = match &mut self.child {
            Some(child) => child.try_wait()?.is_some(),
            None => true,
        };
        let log = String::from_utf8_lossy(&std::fs::read(self.log())?).into_owned();
        if has_ended { Err(io::Error::other(log)) } else { Ok(log.contains(ready)) }
    }

    /// Waits until `is_ready`, at most 30 seconds.
    pub(crate) fn wait(mut is_ready: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
        let started = Instant::now();
        while !is_ready()? {
            if started.elapsed() > START {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not start in time"));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// Whether this error means that another process took the port in the meantime.
    pub(crate) fn is_port_taken(error: &io::Error) -> bool {
        error.to_string().to_lowercase().contains("address already in use")
    }

    /// The process, if it was started and not stopped.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Sends a signal and waits until the process has ended. Returns false if that takes too long.
    pub(crate) fn stop(&mut self, by: &str) -> io::Result<bool> {
        let Some(child) = &mut self.child else { return Ok(true) };
        // It may have ended already.
        let _ = signal(by, child.id());
        let started = Instant::now();
        while child.try_wait()?.is_none() {
            if started.elapsed() > STOP {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child = None;
        Ok(true)
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    pub(crate) fn describe(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{} did not start: {error}", self.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A free port. It is below those that the kernel gives to connections, and this process gets another one each time, but
/// another process may still take it.
///
/// # Errors
/// There is no address to listen at.
pub fn free_port() -> io::Result<u16> {
    const FIRST: u64 = 20_000;
    const COUNT: u64 = 12_000;
    static NEXT: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(0) % COUNT));
    let mut failure = None;
    for _ in 0..100 {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + next % COUNT);
        match TcpListener::bind(("127.0.0.1", port.map_err(io::Error::other)?)) {
            Ok(listener) => return Ok(listener.local_addr()?.port()),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::other("no port is free")))
}

/// Sends a signal such as `TERM` to a process.
///
/// # Errors
/// There is no such process.
pub fn signal(name: &str, pid: u32) -> io::Result<()> {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).output()?;
    if sent.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("no process {pid} to send {name} to")))
}

/// The path of a program in `PATH` or `/usr/sbin`, where Debian has some servers.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|it| it.is_file())
}

/// The user and group for servers that reject root, if this process runs as root: `postgres`, or `nobody`.
///
/// # Errors
/// `id` can't be run.
pub fn server_user() -> io::Result<Option<(u32, u32)>> {
    let number = |arguments: &[&str]| -> io::Result<Option<u32>> {
        let output = Command::new("id").args(arguments).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
    };
    if number(&["-u"])? != Some(0) {
        return Ok(None);
    }
    let user = if number(&["-u", "postgres"])?.is_some() { "postgres" } else { "nobody" };
    Ok(number(&["-u", user])?.zip(number(&["-g", user])?))
}

/// Makes the user of servers the owner of a file, or of a folder and its contents.
///
/// # Errors
/// The owner can't be changed.
pub fn chown_to_server_user(path: &Path) -> io::Result<()> {
    match server_user()? {
        Some((user, group)) => chown(path, user, group),
        None => Ok(()),
    }
}

fn chown(path: &Path, user: u32, group: u32) -> io::Result<()> {
    std::os::unix::fs::lchown(path, Some(user), Some(group))?;
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            chown(&entry?.path(), user, group)?;
        }
    }
    Ok(())
}

/// Runs the command as the user of servers.
pub(crate) fn as_server_user(command: &mut Command) -> io::Result<&mut Command> {
    if let Some((user, group)) = server_user()? {
        command.uid(user).gid(group);
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_at() {
        let ports = [free_port().unwrap(), free_port().unwrap()];
        assert_ne!(ports[0], ports[1]);
        for port in ports {
            assert!((20_000..32_000).contains(&port), "{port}");
            TcpListener::bind(("127.0.0.1", port)).unwrap();
        }
    }

    #[test]
    fn programs_are_found_in_path_and_in_usr_sbin() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program").is_none());
    }

    #[test]
    fn a_server_that_ends_is_reported_with_its_log() {
        let mut server = Server::new("test", &Site::temporary()).unwrap();
        let mut command = server.command(Path::new("sh"));
        command.args(["-c", "echo 'Address already in use' >&2"]);
        server.spawn(&mut command).unwrap();
        let error = Server::wait(|| server.has_logged("ready")).unwrap_err();
        assert!(Server::is_port_taken(&error), "{error}");
    }

    #[test]
    fn dropping_a_server_kills_it_and_removes_its_folder() {
        for site in [Site::temporary(), Site::detached(&std::env::temp_dir())] {
            let mut server = Server::new("test", &site).unwrap();
            let mut command = server.command(Path::new("sh"));
            command.args(["-c", "echo ready; exec sleep 100"]);
            server.spawn(&mut command).unwrap();
            Server::wait(|| server.has_logged("ready")).unwrap();
            let (pid, folder) = (server.pid().unwrap(), server.folder().to_owned());
            drop(server);
            signal("0", pid).unwrap_err();
            assert!(!folder.exists());
        }
    }
}
