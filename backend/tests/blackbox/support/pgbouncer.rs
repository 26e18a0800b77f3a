//! Runs PgBouncer with the scripts in `deploy/pgbouncer`.

use std::{
    fs::File,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{
    Postgres, eventually,
    servers::{chown_to_server_user, free_port, is_listening, server_user},
};

/// The password of the service's role.
const PASSWORD: &str = "throwaway";

/// A PgBouncer that forwards the database `motovaultpro` to a PostgreSQL server.
pub(crate) struct PgBouncer {
    folder: TempDir,
    port: u16,
    /// The port of the PostgreSQL server.
    server: u16,
    child: Option<Child>,
}

impl PgBouncer {
    pub(crate) async fn start(server: &Postgres) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), PASSWORD).unwrap();
        chown_to_server_user(folder.path());
        let mut pgbouncer =
            Self { folder, port: free_port().unwrap(), server: server.port(), child: None };
        pgbouncer.restart().await;
        pgbouncer
    }

    /// Starts or restarts it.
    pub(crate) async fn restart(&mut self) {
        let mut command = self.script("start.sh");
        command.env("SECRET", self.folder.path().join("secret"));
        command.envs([("DB_HOST", "127.0.0.1"), ("LISTEN", "127.0.0.1")]);
        command.env("DB_PORT", self.server.to_string()).env("PORT", self.port.to_string());
        let log = File::create(self.folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        eventually("PgBouncer listens", async || is_listening(self.port).await).await;
    }

    /// Points the running PgBouncer at another server, as docs/operations.md describes.
    pub(crate) fn point_at(&mut self, server: &Postgres) {
        self.server = server.port();
        let mut command = self.script("point-at.sh");
        let done = command.args(["127.0.0.1", &self.server.to_string()]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// A script in `deploy/pgbouncer`, run as a user that PgBouncer accepts.
    fn script(&self, name: &str) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/pgbouncer");
        let mut command = Command::new("sh");
        // That user may not have access to the source folder.
        command.arg("-c").arg(std::fs::read_to_string(scripts.join(name)).unwrap()).arg(name);
        command.current_dir(self.folder.path()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin");
        command.env("RUN", self.folder.path());
        if let Some((user, group)) = server_user() {
            command.uid(user).gid(group);
        }
        command
    }

    /// The database URL for the service.
    pub(crate) fn url(&self) -> String {
        format!("postgres://motovaultpro:{PASSWORD}@127.0.0.1:{}/motovaultpro", self.port)
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.kill();
    }
}
