//! A private PostgreSQL, Redis and PgBouncer for one command.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use test_servers::{PgBouncer, Postgres, Redis, Site};

use crate::process::{Result, command, output, setting, succeeds};

/// The roles of docs/operations.md: the owner of the tables, and the service's role.
const OWNER: &str = "motovaultpro_owner";
const SERVICE: &str = "motovaultpro";

/// The folder of files in memory.
const MEMORY: &str = "/dev/shm";

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
    let memory = Path::new(MEMORY);
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
        let is_in_memory = folder.as_os_str().as_bytes().starts_with(MEMORY.as_bytes());
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

    /// The same, with temporary files in memory, too: on a disk, tests on SQLite wait for it at each commit.
    pub(crate) fn apply_in_memory<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let memory = Path::new(MEMORY);
        if self.is_in_memory && can_execute(memory) {
            command.env("TMPDIR", memory);
        }
        self.apply(command)
    }
}

/// Whether programs in this folder can be run. In a container, that may be forbidden.
fn can_execute(folder: &Path) -> bool {
    let Ok(file) = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempfile_in(folder)
        .map(tempfile::NamedTempFile::into_temp_path)
    else {
        return false;
    };
    fs::write(&file, "#!/bin/sh\n").is_ok() && succeeds(&mut command(&file))
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Immediately: the data is no longer needed.
        let _ = self.postgres.shut_down("QUIT");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_programs_is_recognized() {
        assert!(can_execute(&std::env::temp_dir()));
        assert!(!can_execute(Path::new("/proc")));
    }
}
