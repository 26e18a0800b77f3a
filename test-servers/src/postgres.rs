use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::server::{Server, Site, as_server_user, chown_to_server_user, find_program, signal};

/// A PostgreSQL server with durable storage. It is killed when dropped.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    data: PathBuf,
    settings: Vec<String>,
    programs: PathBuf,
}

/// The folder of PostgreSQL's programs. On Debian they are not in `PATH`, but in one folder per version.
fn find_programs() -> io::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let newest = folders.filter(|it| it.join("initdb").exists()).max_by_key(|it| {
        let version = it.parent().and_then(Path::file_name).and_then(|it| it.to_str());
        version.and_then(|it| it.parse::<u32>().ok())
    });
    let in_path = || Some(find_program("postgres")?.canonicalize().ok()?.parent()?.to_owned());
    newest.or_else(in_path).ok_or_else(|| io::Error::other("PostgreSQL is not installed"))
}

impl Postgres {
    /// A new server with settings (`name=value`), which may refer to paths in its folder. It is not started yet.
    ///
    /// # Errors
    /// `initdb` fails; the error contains its output.
    pub fn new(site: &Site, settings: impl FnOnce(&Path) -> Vec<String>) -> io::Result<Self> {
        let mut postgres = Self::without_data(site)?;
        postgres.settings = settings(postgres.folder());
        let mut initdb = postgres.command("initdb")?;
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        run(initdb.args(["--no-sync", "-D", "data"]))?;
        Ok(postgres)
    }

    /// A server on an existing data folder. It is not started yet.
    ///
    /// # Errors
    /// The owner of the folder can't be changed.
    pub fn on(site: &Site, data: &Path) -> io::Result<Self> {
        chown_to_server_user(data)?;
        let mut postgres = Self::without_data(site)?;
        data.clone_into(&mut postgres.data);
        Ok(postgres)
    }

    /// A streaming replica of this server with this `application_name`. It is not started yet.
    ///
    /// # Errors
    /// `pg_basebackup` fails; the error contains its output.
    pub fn replica(&self, site: &Site, name: &str) -> io::Result<Self> {
        let mut replica = Self::without_data(site)?;
        replica.settings = vec![
            format!("cluster_name={name}"),
            // The default of five seconds would delay writes after a restart of the primary.
            "wal_retrieve_retry_interval=500ms".to_owned(),
        ];
        replica.copy_from(self)?;
        Ok(replica)
    }

    fn without_data(site: &Site) -> io::Result<Self> {
        let server = Server::new("postgres", site)?;
        let data = server.folder().join("data");
        Ok(Self { server, data, settings: Vec::new(), programs: find_programs()? })
    }

    /// Starts a new server on a free port, and waits until it is ready.
    ///
    /// # Errors
    /// The server does not start; the error contains its log.
    pub fn start(site: &Site, settings: &[&str]) -> io::Result<Self> {
        let settings = settings.iter().map(|&it| it.to_owned()).collect();
        let mut postgres = Self::new(site, |_| settings)?;
        loop {
            postgres.spawn()?;
            match Server::wait(|| postgres.is_ready()) {
                Ok(()) => return Ok(postgres),
                Err(error) if Server::is_port_taken(&error) => {
                    postgres.server.port = crate::free_port()?;
                }
                Err(error) => return Err(postgres.server.describe(&error)),
            }
        }
    }

    /// A folder that the server's user may write to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of PostgreSQL's programs.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Stops this server, and replaces its data with a copy of `primary`, which it will follow as a replica.
    ///
    /// # Errors
    /// `pg_basebackup` fails; the error contains its output.
    pub fn copy_from(&mut self, primary: &Self) -> io::Result<()> {
        self.kill()?;
        if self.data.exists() {
            std::fs::remove_dir_all(&self.data)?;
        }
        let mut copy = self.command("pg_basebackup")?;
        copy.args(["-h", "127.0.0.1", "-p", &primary.port().to_string(), "-U", "postgres"]);
        run(copy.args(["-D", "data", "-R", "-X", "stream", "-c", "fast"]))
    }

    /// One of PostgreSQL's programs, to run in the server's folder as its user.
    fn command(&self, name: &str) -> io::Result<Command> {
        let mut command = self.server.command(&self.programs.join(name));
        as_server_user(&mut command)?;
        Ok(command)
    }

    /// Starts or restarts it, and does not wait.
    ///
    /// # Errors
    /// PostgreSQL can't be run.
    pub fn spawn(&mut self) -> io::Result<()> {
        let sockets = format!("unix_socket_directories={}", self.folder().display());
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(&self.data).args(["-p", &self.port().to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        // Otherwise, a replica cancels queries that read what the primary has vacuumed.
        command.args(["-c", "hot_standby_feedback=on"]);
        command.args(self.settings.iter().flat_map(|it| ["-c", it.as_str()]));
        self.server.spawn(&mut command)
    }

    /// Whether it accepts connections; a replica only reads.
    ///
    /// # Errors
    /// It has ended; the error is its log.
    pub fn is_ready(&mut self) -> io::Result<bool> {
        // A replica stays in this state; a server that is restoring passes through it.
        let is_replica = self.data.join("standby.signal").exists();
        let ready = if is_replica { "ready to accept" } else { "ready to accept connections" };
        self.server.has_logged(ready)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// Its address, for a URL with several servers.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The URL of its database `postgres`, for the superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres", "postgres")
    }

    /// The URL of one of its databases, for a role.
    #[must_use]
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port())
    }

    /// Executes statements in a database as the superuser, each in its own transaction.
    ///
    /// # Errors
    /// A statement fails; the error contains psql's output.
    pub fn execute(&self, database: &str, statements: &[&str]) -> io::Result<()> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]);
        psql.args(statements.iter().flat_map(|&it| ["--command", it]));
        run(psql.arg(self.url_of("postgres", database)))
    }

    /// Shuts it down: `INT` is a fast shutdown, `QUIT` an immediate one. Kills it if that takes too long.
    ///
    /// # Errors
    /// It can't be stopped.
    pub fn shut_down(&mut self, by: &str) -> io::Result<()> {
        if !self.server.stop(by)? {
            self.kill()?;
        }
        Ok(())
    }

    /// Kills the server and all its processes at once, like a power failure.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        let Some(pid) = self.server.pid() else { return Ok(()) };
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        self.server.kill()?;
        let children = children.unwrap_or_default();
        let children: Vec<u32> =
            children.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        for child in &children {
            // It may have ended already.
            let _ = signal("KILL", *child);
        }
        // A server does not start while processes of the previous one are running.
        for child in children {
            while is_running(child) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let program = command.get_program().to_string_lossy();
    Err(io::Error::other(format!("{program} failed: {text}")))
}
