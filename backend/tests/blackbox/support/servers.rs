//! Database servers for a single test, which may kill them.

use std::{
    fs::File,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{Sql, eventually, signal};

/// A free port.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

pub(super) async fn is_listening(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// A Redis server without persistence.
pub(crate) struct Redis {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Self { folder, port: free_port(), child: None };
        redis.restart(&[]).await;
        redis
    }

    /// Starts it on the same port, with an empty database.
    pub(crate) async fn restart(&mut self, arguments: &[&str]) {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "no", "--daemonize", "no"]).args(arguments);
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        eventually("Redis listens", async || is_listening(self.port).await).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Sends a signal. After SIGSTOP, it accepts connections but does not respond; SIGCONT resumes it.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.as_ref().unwrap().id());
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A PostgreSQL server with durable storage.
pub(crate) struct Postgres {
    folder: TempDir,
    data: PathBuf,
    settings: Vec<String>,
    programs: PathBuf,
    port: u16,
    child: Option<Child>,
}

/// Debian installs PostgreSQL's programs in a folder per version, which is not in PATH.
fn postgres_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    let newest = folders.filter(|it| it.join("initdb").exists()).max_by_key(|it| {
        let version = it.parent().and_then(Path::file_name).and_then(|it| it.to_str());
        version.and_then(|it| it.parse::<u32>().ok())
    });
    newest.unwrap_or_default()
}

/// The user and group for PostgreSQL if the tests run as root, which PostgreSQL rejects.
pub(super) fn server_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().ok()
    };
    if number(&["-u"]) != Some(0) {
        return None;
    }
    let user = if number(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" };
    Some((number(&["-u", user]).unwrap(), number(&["-g", user]).unwrap()))
}

/// Makes PostgreSQL's user the owner of a folder and its contents.
pub(super) fn chown_to_server_user(path: &Path) {
    let Some((user, group)) = server_user() else { return };
    std::os::unix::fs::lchown(path, Some(user), Some(group)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            chown_to_server_user(&entry.unwrap().path());
        }
    }
}

impl Postgres {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| Vec::new()).await
    }

    /// A new server with additional settings (`name=value`), which may refer to paths in its folder.
    pub(crate) async fn start_with(settings: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let mut postgres = Self::unstarted();
        postgres.settings = settings(postgres.folder());
        let mut initdb = postgres.command("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        let made = initdb.args(["--no-sync", "-D", "data"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        postgres.restart().await;
        postgres
    }

    /// Starts a server on an existing data folder. Returns its log if it does not start.
    pub(crate) async fn start_on(data: &Path) -> Result<Self, String> {
        let mut postgres = Self::unstarted();
        postgres.data = data.to_owned();
        chown_to_server_user(data);
        postgres.try_restart().await?;
        Ok(postgres)
    }

    fn unstarted() -> Self {
        let folder = tempfile::tempdir().unwrap();
        chown_to_server_user(folder.path());
        let (data, port) = (folder.path().join("data"), free_port());
        let programs = postgres_programs();
        Self { folder, data, settings: Vec::new(), programs, port, child: None }
    }

    /// A folder that the server's user may write to.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of PostgreSQL's programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    /// Creates a streaming replica of this server.
    pub(crate) async fn create_replica(&self) -> Self {
        self.create_replica_named("replica").await
    }

    /// The same with this `application_name`.
    pub(crate) async fn create_replica_named(&self, name: &str) -> Self {
        let mut replica = Self::unstarted();
        replica.settings = vec![
            format!("cluster_name={name}"),
            // The default of five seconds would delay writes after a restart of the primary.
            "wal_retrieve_retry_interval=500ms".to_owned(),
        ];
        replica.follow(self).await;
        replica
    }

    /// Replaces this server's data with a copy of `primary`, and starts it as a replica.
    pub(crate) async fn follow(&mut self, primary: &Self) {
        self.kill();
        if self.data.exists() {
            std::fs::remove_dir_all(&self.data).unwrap();
        }
        let mut copy = self.command("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-p", &primary.port.to_string(), "-U", "postgres"]);
        let made = copy.args(["-D", "data", "-R", "-X", "stream", "-c", "fast"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        self.restart().await;
    }

    /// Shuts it down: `INT` is a fast shutdown, `QUIT` an immediate one.
    pub(crate) fn shut_down(&mut self, by: &str) {
        let mut child = self.child.take().unwrap();
        signal(by, child.id());
        child.wait().unwrap();
    }

    /// Promotes a replica.
    pub(crate) async fn promote(&self) {
        let sql = Sql::postgres(&self.url()).await;
        sql.execute("SELECT pg_promote()").await;
        sql.close().await;
    }

    /// Its address, for a URL with several servers.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some((user, group)) = server_user() {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts or restarts it, and waits until it is ready.
    pub(crate) async fn restart(&mut self) {
        self.try_restart().await.unwrap();
    }

    async fn try_restart(&mut self) -> Result<(), String> {
        let log = self.folder.path().join("log");
        let mut command = self.command("postgres");
        let sockets = format!("unix_socket_directories={}", self.folder.path().display());
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        command.args(self.settings.iter().flat_map(|it| ["-c", it.as_str()]));
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let child = self.child.insert(command.spawn().unwrap());
        let mut output = String::new();
        let mut has_ended = false;
        // A replica stays in this state; a server that is restoring passes through it.
        let is_replica = self.data.join("standby.signal").exists();
        let ready = if is_replica { "ready to accept" } else { "ready to accept connections" };
        eventually("PostgreSQL is ready", async || {
            has_ended = child.try_wait().unwrap().is_some();
            output = std::fs::read_to_string(&log).unwrap();
            has_ended || output.contains(ready)
        })
        .await;
        if has_ended { Err(output) } else { Ok(()) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("postgres", "postgres")
    }

    /// The URL of one of its databases, for a role.
    pub(crate) fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Kills the server and all its processes at once, like a power failure.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = child.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        child.kill().unwrap();
        child.wait().unwrap();
        let children: Vec<u32> =
            children.unwrap_or_default().split_whitespace().map(|it| it.parse().unwrap()).collect();
        for child in &children {
            // It may have exited already.
            let _ = Command::new("kill").args(["-9", &child.to_string()]).output();
        }
        // A server does not start while processes of the previous one are running.
        for child in children {
            while is_running(child) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}
