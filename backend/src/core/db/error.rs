//! What a database's error means to who asked.

use crate::core::Error;

/// Whether a uniqueness rule refused a statement.
///
/// The rule's name is not looked at: SQLite does not tell it.
#[must_use]
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether a statement was refused because what it refers to is not there.
#[must_use]
pub fn is_foreign_key_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) { Self::Unavailable } else { Self::Internal(error.into()) }
    }
}

/// Whether the database is away or cannot take a write now, as opposed to having refused one.
fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // SQLite's primary codes: busy, locked, read-only, I/O error, full, cannot open.
            let sqlite = code
                .parse::<u32>()
                .is_ok_and(|code| code < 10_000 && matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14));
            // PostgreSQL's classes: connection, resources, operator intervention, read-only.
            let postgres = code.len() == 5
                && (["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
                    || code == "25006");
            sqlite || postgres
        }
        _ => false,
    }
}
