use std::{io, path::Path};

use crate::{
    Postgres, chown_to_server_user, find_program,
    server::{Server, Site, as_server_user},
};

/// A PgBouncer that pools the connections to all databases of a PostgreSQL server by transaction. It is killed when
/// dropped.
#[derive(Debug)]
pub struct PgBouncer {
    server: Server,
}

impl PgBouncer {
    /// Starts it on a free port, and waits until it is ready. Returns `None` if PgBouncer is not installed.
    ///
    /// # Errors
    /// It does not start; the error contains its log.
    pub fn start(site: &Site, postgres: &Postgres, users: &[&str]) -> io::Result<Option<Self>> {
        let Some(program) = find_program("pgbouncer") else { return Ok(None) };
        loop {
            let mut pgbouncer = Self { server: Server::new("pgbouncer", site)? };
            pgbouncer.spawn(&program, postgres, users)?;
            match Server::wait(|| pgbouncer.server.has_logged("process up")) {
                Ok(()) => return Ok(Some(pgbouncer)),
                Err(error) if Server::is_port_taken(&error) => {}
                Err(error) => return Err(pgbouncer.server.describe(&error)),
            }
        }
    }

    fn spawn(&mut self, program: &Path, postgres: &Postgres, users: &[&str]) -> io::Result<()> {
        let list = users.iter().map(|it| format!("\"{it}\" \"\"\n")).collect::<Vec<_>>().concat();
        std::fs::write(self.server.folder().join("userlist.txt"), list)?;
        let settings = self.server.folder().join("pgbouncer.ini");
        std::fs::write(&settings, pgbouncer_ini(postgres.port(), self.server.port))?;
        chown_to_server_user(self.server.folder())?;
        let mut command = self.server.command(program);
        self.server.spawn(as_server_user(&mut command)?.arg(settings))
    }

    /// The URL of one of the server's databases, for a role.
    #[must_use]
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.server.port)
    }
}

fn pgbouncer_ini(postgres_port: u16, port: u16) -> String {
    format!(
        "[databases]
* = host=127.0.0.1 port={postgres_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = userlist.txt
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
; Each test has its own database: close connections to those of finished tests.
server_idle_timeout = 1
ignore_startup_parameters = extra_float_digits
"
    )
}
