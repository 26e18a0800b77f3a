//! A private PostgreSQL, Redis and PgBouncer for one command.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use test_servers::{PgBouncer, Postgres, Redis, Site};

use crate::process::{Result, command, output, setting};

/// The roles of docs/operations.md: the owner of the tables, and the service's role.
const OWNER: &str = "motovaultpro_owner";
const SERVICE: &str = "motovaultpro";

/// A running PostgreSQL and Redis, and PgBouncer if it is installed. They are stopped when dropped.
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    pgbouncer: Option<PgBouncer>,
    is_in_memory: bool,
}

/// The folder for temporary data: in memory if there is enough, because it is faster.
pub(crate) fn temporary_folder() -> PathBuf {
    if let Some(folder) = setting("TMPDIR") {
        return folder.into();
    }
    let memory = Path::new("/dev/shm");
    let mut df = command("df");
    df.args(["--output=avail", "--block-size=1G"]).arg(memory);
    let free = output(&mut df).ok().and_then(|text| text.lines().last()?.trim().parse().ok());
    if free.unwrap_or(0_u64) >= 4 && tempfile::tempdir_in(memory).is_ok() {
        return memory.to_owned();
    }
    std::env::temp_dir()
}

impl Servers {
    pub(crate) fn start() -> Result<Self> {
        let folder = temporary_folder();
        let site = Site::detached(&folder);
        let postgres = Postgres::start(&site, &["max_connections=300"])?;
        let create = [OWNER, SERVICE].map(|it| format!("CREATE ROLE {it} LOGIN"));
        postgres.execute("postgres", &[&create[0], &create[1]])?;
        let redis = Redis::start(&site)?;
        let pgbouncer = PgBouncer::start(&site, &postgres, &["postgres", SERVICE, OWNER])?;
        let is_in_memory = folder.as_os_str().as_bytes().starts_with(b"/dev/shm");
        Ok(Self { postgres, redis, pgbouncer, is_in_memory })
    }

    pub(crate) fn has_pgbouncer(&self) -> bool {
        self.pgbouncer.is_some()
    }

    /// Sets the variables by which tests find the servers.
    pub(crate) fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("TEST_SERVERS", "1");
        command.env("TEST_POSTGRES_URL", self.postgres.url());
        command.env("TEST_REDIS_URL", self.redis.url());
        if let Some(pgbouncer) = &self.pgbouncer {
            command.env("TEST_PGBOUNCER_URL", pgbouncer.url_of("postgres", "postgres"));
        }
        if self.is_in_memory {
            // In memory, space is limited, so tests drop their databases. On a disk, that would take too long.
            command.env("TEST_SERVERS_IN_MEMORY", "1");
        }
        command
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Immediately: the data is no longer needed.
        let _ = self.postgres.shut_down("QUIT");
    }
}
