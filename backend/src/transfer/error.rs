//! Errors of a move.

use crate::core::{
    Error,
    config::{ConfigError, Engine},
    db::{lock::LockError, migrate::MigrateError},
};

/// The result of a move operation.
pub(super) type Result<T> = std::result::Result<T, MoveError>;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The configured database, which is read.
    Source,
    /// The new database.
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

/// An error of a move. The target then contains no rows; the source is never changed.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// An invalid setting or option.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// Source and target are the same database.
    #[error("--to is the configured database: use another, empty one")]
    Same,
    /// A service or another command is using an SQLite database.
    #[error("{0}")]
    Locked(#[from] LockError),
    /// A database cannot be opened.
    #[error("the {side} can't be used: {why}")]
    Open {
        /// The database.
        side: Side,
        /// The cause.
        why: String,
    },
    /// The source has none of this program's tables.
    #[error("{0} has none of MotoVaultPro's tables: check database.url")]
    Empty(Engine),
    /// Migrations are pending on the source.
    #[error("{0} migrations are pending on the source: run `motovaultpro migrate` first")]
    Pending(usize),
    /// The migrations of the source or target do not match this program.
    #[error("the {side}: {error}")]
    Migrate {
        /// The database.
        side: Side,
        /// The cause.
        error: MigrateError,
    },
    /// The target is not empty.
    #[error("the target has rows in {0}: use an empty database. Nothing was moved")]
    NotEmpty(String),
    /// The schemas do not match.
    #[error("the tables of the source and the target don't match: {0}. Nothing was moved")]
    Schema(String),
    /// The target cannot store a value exactly.
    #[error("{table}, row {key}: {column} {why}. Nothing was moved")]
    Value {
        /// The table.
        table: String,
        /// The row's primary key.
        key: String,
        /// The column.
        column: String,
        /// The problem, without the value.
        why: String,
    },
    /// A row differs between source and target.
    #[error("{table}, row {key}: {what}. Nothing was moved")]
    Different {
        /// The table.
        table: String,
        /// The row's primary key.
        key: String,
        /// The difference, without the values.
        what: String,
    },
    /// A statement failed, or the connection was lost.
    #[error("the {side} failed at {at}: {error}. Nothing was moved")]
    Database {
        /// The database.
        side: Side,
        /// The table or operation.
        at: String,
        /// The database's error.
        error: sqlx::Error,
    },
    /// An index of the target cannot be filled.
    #[error("the target's indexes can't be filled: {0}. Nothing was moved")]
    Index(Error),
}

/// Adds the database and the operation to an error.
pub(super) trait At<T> {
    /// Adds the database and the operation to the error.
    fn at(self, side: Side, at: &str) -> Result<T>;
}

impl<T> At<T> for sqlx::Result<T> {
    fn at(self, side: Side, at: &str) -> Result<T> {
        self.map_err(|error| MoveError::Database { side, at: at.to_owned(), error })
    }
}

/// Adds the database to an error.
pub(super) trait On<T> {
    /// Adds the database to the error.
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
                Error::Unavailable => "it does not respond".to_owned(),
                other => other.to_string(),
            };
            MoveError::Open { side, why }
        })
    }
}
