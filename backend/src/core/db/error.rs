//! What a database's error means to who asked.

use crate::core::{
    Error,
    outage::{self, Cause},
};

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
        let Some(cause) = Cause::of(&error) else { return Self::Internal(error.into()) };
        outage::note(cause, &error);
        Self::Unavailable
    }
}
