//! Converts database errors.

use crate::{
    Error,
    outage::{self, Cause},
};

/// Whether a unique constraint rejected a statement.
///
/// The constraint's name is not checked because SQLite does not report it.
#[must_use]
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether a foreign key constraint rejected a statement.
#[must_use]
pub fn is_foreign_key_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// Like [`is_unique_violation`], for the error that a unit of work returned.
#[must_use]
pub fn is_caused_by_unique_violation(error: &Error) -> bool {
    let Error::Internal(cause) = error else { return false };
    cause.downcast_ref().is_some_and(is_unique_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let Some(cause) = Cause::from_error(&error) else { return Self::Internal(error.into()) };
        outage::record_failure(cause, &error);
        Self::Unavailable
    }
}
