//! What `motovaultpro check` needs to know about backups. Nothing is changed.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::{
    error::Result,
    folder::Folder,
    postgres::{self, Programs},
    status,
};
use crate::core::{
    config::{Config, PostgresAddress},
    health::BackupState,
};

/// What a folder of backups holds.
#[derive(Debug)]
pub struct FolderInspection {
    /// The state of the backups of the configured database.
    pub state: BackupState,
    /// The backups that can't be read.
    pub unreadable: Vec<String>,
}

/// Looks at the backups in `folder`.
///
/// # Errors
/// The folder can't be read.
pub fn inspect_folder(
    config: &Config,
    folder: &Path,
    now: DateTime<Utc>,
) -> Result<FolderInspection> {
    let folder = Folder::open(folder)?;
    let unreadable = folder.backups()?.into_iter().filter(|it| it.manifest.is_err());
    let unreadable = unreadable.map(|it| it.name).collect();
    Ok(FolderInspection { state: status::read_state(config, &folder, false, now)?, unreadable })
}

/// What base backups of a PostgreSQL server need.
#[derive(Debug)]
pub struct ServerReadiness {
    /// Whether the role may make base backups.
    pub may_replicate: bool,
    /// Whether the server archives its WAL.
    pub archives: bool,
    /// The file that was last archived in vain, if none was archived since.
    pub not_archived: Option<String>,
    /// Why `pg_basebackup` can't be run.
    pub no_program: Option<String>,
}

/// Asks the server at `address` what base backups of it need.
///
/// # Errors
/// The server can't be reached, or rejects the role.
pub async fn inspect_server(config: &Config, address: &PostgresAddress) -> Result<ServerReadiness> {
    let able = postgres::query_status(address).await?;
    let programs = Programs::new(config.backup.postgres_programs.as_deref());
    let program = programs.require("pg_basebackup", able.version.unsigned_abs() / 10_000);
    Ok(ServerReadiness {
        may_replicate: able.may_replicate,
        archives: able.archives,
        not_archived: able.not_archived,
        no_program: program.err().map(|error| error.to_string()),
    })
}
