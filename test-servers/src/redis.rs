use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use crate::server::{Server, Site, signal};

/// A Redis server without persistence. It is killed when dropped.
#[derive(Debug)]
pub struct Redis {
    server: Server,
}

impl Redis {
    /// A server that is not started yet.
    ///
    /// # Errors
    /// Its folder can't be created.
    pub fn new(site: &Site) -> io::Result<Self> {
        Ok(Self { server: Server::new("redis-server", site)? })
    }

    /// Starts it on a free port, and waits until it is ready.
    ///
    /// # Errors
    /// The server does not start; the error contains its log.
    pub fn start(site: &Site) -> io::Result<Self> {
        loop {
            let mut redis = Self::new(site)?;
            redis.spawn(&[])?;
            match Server::wait(|| redis.is_ready()) {
                Ok(()) => return Ok(redis),
                Err(error) if Server::is_port_taken(&error) => {}
                Err(error) => return Err(redis.server.describe(&error)),
            }
        }
    }

    /// Starts it on the same port with an empty database, and does not wait.
    ///
    /// # Errors
    /// Redis is not installed.
    pub fn spawn(&mut self, arguments: &[&str]) -> io::Result<()> {
        let mut command = self.server.command(Path::new("redis-server"));
        command.args(["--port", &self.server.port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]).args(arguments);
        self.server.spawn(&mut command)
    }

    /// Whether it accepts connections.
    ///
    /// # Errors
    /// It has ended; the error is its log.
    pub fn is_ready(&mut self) -> io::Result<bool> {
        self.server.has_logged("eady to accept connections")
    }

    /// Deletes all its keys.
    ///
    /// # Errors
    /// It does not respond.
    pub fn empty(&self) -> io::Result<()> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.server.port))?;
        connection.write_all(b"FLUSHALL\r\n")?;
        let mut response = [0; 5];
        connection.read_exact(&mut response)?;
        if &response == b"+OK\r\n" { Ok(()) } else { Err(io::Error::other("Redis refuses to")) }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.server.port)
    }

    /// Sends a signal. After SIGSTOP, it accepts connections but does not respond; SIGCONT resumes it.
    ///
    /// # Errors
    /// It is not running.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let pid = self.server.pid().ok_or_else(|| io::Error::other("Redis is not running"))?;
        signal(name, pid)
    }

    /// Kills it, if it is running.
    ///
    /// # Errors
    /// It can't be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        self.server.kill()
    }
}
