//! Why nothing was moved.

use crate::core::{
    Error,
    config::{ConfigError, Engine},
    db::{lock::LockError, migrate::MigrateError},
};

/// What a command of the transfer returns.
pub(super) type Result<T> = std::result::Result<T, MoveError>;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The configured one, which is read.
    Source,
    /// The one that is filled.
    Target,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// Why nothing was moved. The target has no rows then; the source is never changed.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// A setting or an option that can't be used.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// Both are one database.
    #[error("--to is the configured database: name another, empty one")]
    Same,
    /// A service or another command uses an SQLite database.
    #[error("{0}")]
    Locked(#[from] LockError),
    /// A database that can't be opened.
    #[error("the {side} can't be used: {why}")]
    Open {
        /// Which one.
        side: Side,
        /// Why.
        why: String,
    },
    /// The source has no tables of this program.
    #[error("{0} has none of MotoVaultPro's tables: check database.url")]
    Empty(Engine),
    /// The source is older than this program.
    #[error("{0} migrations are pending on the source: run `motovaultpro migrate` first")]
    Pending(usize),
    /// The source or the target doesn't match this program.
    #[error("the {side}: {error}")]
    Migrate {
        /// Which one.
        side: Side,
        /// Why.
        error: MigrateError,
    },
    /// The target is in use.
    #[error("the target has rows in {0}: name an empty database. Nothing was moved")]
    NotEmpty(String),
    /// The tables of both don't match.
    #[error("the tables of the source and the target don't match: {0}. Nothing was moved")]
    Schema(String),
    /// A value that the target can't store as it is.
    #[error("{table}, row {key}: {column} {why}. Nothing was moved")]
    Value {
        /// The table.
        table: String,
        /// The row's primary key.
        key: String,
        /// The column.
        column: String,
        /// What is wrong with the value, without the value.
        why: String,
    },
    /// A row that the target has otherwise than the source.
    #[error("{table}, row {key}: {what}. Nothing was moved")]
    Different {
        /// The table.
        table: String,
        /// The row's primary key.
        key: String,
        /// What is different, without the values.
        what: String,
    },
    /// A database refused a statement, or is gone.
    #[error("the {side} failed at {at}: {error}. Nothing was moved")]
    Database {
        /// Which one.
        side: Side,
        /// The table, or what was being done.
        at: String,
        /// What it said.
        error: sqlx::Error,
    },
    /// An index of the target can't be filled.
    #[error("the target's indexes can't be filled: {0}. Nothing was moved")]
    Index(Error),
}

/// Adds which database it was, and at what.
pub(super) trait At<T> {
    /// Adds which database it was, and at what.
    fn at(self, side: Side, at: &str) -> Result<T>;
}

impl<T> At<T> for sqlx::Result<T> {
    fn at(self, side: Side, at: &str) -> Result<T> {
        self.map_err(|error| MoveError::Database { side, at: at.to_owned(), error })
    }
}

/// Adds which database it was.
pub(super) trait On<T> {
    /// Adds which database it was.
    fn on(self, side: Side) -> Result<T>;
}

impl<T> On<T> for std::result::Result<T, MigrateError> {
    fn on(self, side: Side) -> Result<T> {
        self.map_err(|error| MoveError::Migrate { side, error })
    }
}

impl<T> On<T> for std::result::Result<T, Error> {
    fn on(self, side: Side) -> Result<T> {
        self.map_err(|error| {
            let why = match error {
                Error::Internal(cause) => cause.to_string(),
                Error::Unavailable => "it doesn't answer".to_owned(),
                other => other.to_string(),
            };
            MoveError::Open { side, why }
        })
    }
}
