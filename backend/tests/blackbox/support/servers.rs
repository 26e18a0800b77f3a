//! Database servers for a single test, which may kill them.

use std::{ops::Deref, path::Path};

use test_servers::Site;
pub(crate) use test_servers::free_port;

use super::{Sql, eventually};

pub(super) async fn is_listening(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// The user and group for PostgreSQL if the tests run as root, which PostgreSQL rejects.
pub(super) fn server_user() -> Option<(u32, u32)> {
    test_servers::server_user().unwrap()
}

/// Makes PostgreSQL's user the owner of a folder and its contents.
pub(super) fn chown_to_server_user(path: &Path) {
    test_servers::chown_to_server_user(path).unwrap();
}

/// A Redis server without persistence.
pub(crate) struct Redis(test_servers::Redis);

impl Redis {
    pub(crate) async fn start() -> Self {
        let mut redis = Self(test_servers::Redis::new(&Site::temporary()).unwrap());
        redis.restart(&[]).await;
        redis
    }

    /// Starts it on the same port, with an empty database.
    pub(crate) async fn restart(&mut self, arguments: &[&str]) {
        self.0.spawn(arguments).unwrap();
        eventually("Redis is ready", async || self.0.is_ready().unwrap()).await;
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
    }

    /// Sends a signal. After SIGSTOP, it accepts connections but does not respond; SIGCONT resumes it.
    pub(crate) fn signal(&self, name: &str) {
        self.0.signal(name).unwrap();
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

/// A PostgreSQL server with durable storage.
pub(crate) struct Postgres(test_servers::Postgres);

impl Deref for Postgres {
    type Target = test_servers::Postgres;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Postgres {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| Vec::new()).await
    }

    /// A new server with additional settings (`name=value`), which may refer to paths in its folder.
    pub(crate) async fn start_with(settings: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let mut postgres = Self(test_servers::Postgres::new(&Site::temporary(), settings).unwrap());
        postgres.restart().await;
        postgres
    }

    /// Starts a server on an existing data folder. Returns its log if it does not start.
    pub(crate) async fn start_on(data: &Path) -> Result<Self, String> {
        let mut postgres = Self(test_servers::Postgres::on(&Site::temporary(), data).unwrap());
        postgres.try_restart().await?;
        Ok(postgres)
    }

    /// Creates a streaming replica of this server.
    pub(crate) async fn create_replica(&self) -> Self {
        self.create_replica_named("replica").await
    }

    /// The same with this `application_name`.
    pub(crate) async fn create_replica_named(&self, name: &str) -> Self {
        let mut replica = Self(self.0.replica(&Site::temporary(), name).unwrap());
        replica.restart().await;
        replica
    }

    /// Replaces this server's data with a copy of `primary`, and starts it as a replica.
    pub(crate) async fn follow(&mut self, primary: &Self) {
        self.0.copy_from(&primary.0).unwrap();
        self.restart().await;
    }

    /// Promotes a replica.
    pub(crate) async fn promote(&self) {
        let sql = Sql::postgres(&self.url()).await;
        sql.execute("SELECT pg_promote()").await;
        sql.close().await;
    }

    /// Shuts it down: `INT` is a fast shutdown, `QUIT` an immediate one.
    pub(crate) fn shut_down(&mut self, by: &str) {
        self.0.shut_down(by).unwrap();
    }

    /// Kills the server and all its processes at once, like a power failure.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
    }

    /// Starts or restarts it, and waits until it is ready.
    pub(crate) async fn restart(&mut self) {
        self.try_restart().await.unwrap();
    }

    async fn try_restart(&mut self) -> Result<(), String> {
        self.0.spawn().unwrap();
        let mut failure = None;
        eventually("PostgreSQL is ready", async || {
            self.0.is_ready().unwrap_or_else(|log| {
                failure = Some(log.to_string());
                true
            })
        })
        .await;
        failure.map_or(Ok(()), Err)
    }
}
