//! Why a backup was not made, is not whole, or was not restored.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::core::{archive::ArchiveError, config::ConfigError, files};

/// The exit code that stops PostgreSQL's recovery. Codes up to 125 mean to it that the archive ends
/// here: then it would come up, with less than was asked for.
const RECOVERY_STOP_CODE: u8 = 200;

/// Why something about backups failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// What was asked cannot be done.
    #[error("{0}")]
    Refused(String),
    /// Something is not as it was written.
    #[error("{0}")]
    Damaged(String),
    /// A file or a folder does not do what it should.
    #[error("{}", files::describe(path, error))]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Somebody else is at it.
    #[error("another backup is being made or verified")]
    Busy,
    /// The service stops.
    #[error("message to stop")]
    Stopped,
    /// The database does not answer as it should.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The settings do not fit.
    #[error("the settings cannot be used: {0}")]
    Config(#[from] ConfigError),
    /// PostgreSQL asked for a file of its WAL that the archive does not hold.
    #[error("{0} is not in the archive")]
    NotArchived(String),
    /// PostgreSQL asked for a file of its WAL that could not be brought.
    #[error("{0}")]
    NotFetched(Box<Self>),
}

/// What went wrong, or nothing.
pub(super) type Result<T, E = BackupError> = std::result::Result<T, E>;

impl BackupError {
    /// What went wrong with the archive at `path`.
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

    /// Whether it shows that something is not as it was written. A full disk does not, nor a file
    /// that may not be read.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Io { error, .. } => match error.kind() {
                ErrorKind::NotFound
                | ErrorKind::InvalidData
                | ErrorKind::InvalidInput
                | ErrorKind::UnexpectedEof
                // What zstd, tar and age say of content that they cannot read.
                | ErrorKind::Other => true,
                // What Linux says of a bad sector (EIO), for which there is no kind.
                _ => error.raw_os_error() == Some(5),
            },
            _ => false,
        }
    }

    /// The same of something that it is told of once more.
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

/// Says of which file or folder an error is.
pub(super) trait At<T> {
    /// Names it.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| BackupError::Io { path: path.to_owned(), error })
    }
}
