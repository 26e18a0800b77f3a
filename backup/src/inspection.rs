//! Information about backups for `motovaultpro check`. Read-only.

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

/// The contents of a backup folder.
#[derive(Debug)]
pub struct FolderInspection {
    /// The state of the backups of the configured database.
    pub state: BackupState,
    /// The backups that cannot be read.
    pub unreadable: Vec<String>,
}

/// Inspects the backups in `folder`.
///
/// # Errors
/// The folder cannot be read.
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

/// Whether a PostgreSQL server meets the requirements for base backups.
#[derive(Debug)]
pub struct ServerReadiness {
    /// Whether the role has REPLICATION.
    pub may_replicate: bool,
    /// Whether the server archives its WAL.
    pub archives: bool,
    /// The last file that could not be archived, if none was archived since.
    pub not_archived: Option<String>,
    /// Why `pg_basebackup` cannot be run.
    pub no_program: Option<String>,
}

/// Checks whether the server at `address` can be backed up.
///
/// # Errors
/// The server cannot be reached, or rejects the role.
pub async fn inspect_server(config: &Config, address: &PostgresAddress) -> Result<ServerReadiness> {
    let status = postgres::query_status(address).await?;
    let programs = Programs::new(config.backup.postgres_programs.as_deref());
    let program = programs.require("pg_basebackup", status.version.unsigned_abs() / 10_000);
    Ok(ServerReadiness {
        may_replicate: status.may_replicate,
        archives: status.archives,
        not_archived: status.not_archived,
        no_program: program.err().map(|error| error.to_string()),
    })
}
