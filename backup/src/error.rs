//! Errors of backups.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::core::{archive::ArchiveError, config::ConfigError, files};

/// The exit code that stops PostgreSQL's recovery. For codes up to 125, PostgreSQL assumes that the archive
/// ends here, and would start with less data than requested.
const RECOVERY_STOP_CODE: u8 = 200;

/// An error of a backup command.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The operation is not possible.
    #[error("{0}")]
    Refused(String),
    /// A backup is damaged.
    #[error("{0}")]
    Damaged(String),
    /// An I/O error.
    #[error("{}", files::describe(path, error))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// Another process holds the lock.
    #[error("another backup or verification is in progress")]
    Busy,
    /// The service is shutting down.
    #[error("canceled")]
    Stopped,
    /// A database error.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// Invalid settings.
    #[error("invalid settings: {0}")]
    Config(#[from] ConfigError),
    /// PostgreSQL requested a WAL file that is not in the archive.
    #[error("{0} is not in the archive")]
    NotArchived(String),
    /// A WAL file that PostgreSQL requested could not be read from the archive.
    #[error("{0}")]
    NotFetched(Box<Self>),
}

/// The result of a backup operation.
pub(super) type Result<T, E = BackupError> = std::result::Result<T, E>;

impl BackupError {
    /// An error from reading or unpacking the archive at `path`.
    pub(super) fn from_archive(error: ArchiveError, path: &Path) -> Self {
        match error {
            ArchiveError::Rejected(why) => Self::Damaged(format!("{}: {why}", path.display())),
            ArchiveError::Read(error) => Self::Io { path: path.to_owned(), error },
            ArchiveError::Write { path, error } => Self::Io { path, error },
        }
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }

    /// Whether the error means that a backup is damaged. A full disk or missing permissions do not.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Io { error, .. } => match error.kind() {
                ErrorKind::NotFound
                | ErrorKind::InvalidData
                | ErrorKind::InvalidInput
                | ErrorKind::UnexpectedEof
                // Returned by zstd, tar and age for invalid content.
                | ErrorKind::Other => true,
                // EIO, which Linux returns for bad sectors, has no kind.
                _ => error.raw_os_error() == Some(5),
            },
            _ => false,
        }
    }

    /// A copy of the error, to return it more than once.
    pub(super) fn duplicate(&self) -> Self {
        if self.is_damage() {
            Self::Damaged(self.to_string())
        } else {
            Self::Refused(self.to_string())
        }
    }

    /// The program's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFetched(_) => RECOVERY_STOP_CODE,
            Self::Config(_) => 2,
            _ => 1,
        }
    }
}

/// Adds a path to an I/O error.
pub(super) trait At<T> {
    /// Adds `path` to the error.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| BackupError::Io { path: path.to_owned(), error })
    }
}
