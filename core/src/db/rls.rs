//! The scope of a transaction for PostgreSQL's row-level security policies.
//!
//! The scope is set in the message that begins the transaction, which saves a round trip, and ends
//! with the transaction: a session setting would leak to the next user of a pooled connection.

use sqlx::AssertSqlSafe;

use crate::UserId;

/// The rows that a transaction may read and write in tables with a `user_id`.
#[derive(Debug, Clone, Copy)]
pub(super) enum RlsScope<'a> {
    /// No rows.
    None,
    /// The user's own rows.
    User(&'a UserId),
    /// The rows that the policies allow for this job of the service.
    Job(&'static str),
}

impl<'a> RlsScope<'a> {
    /// The user whose rows the transaction may write.
    pub(super) fn user(self) -> Option<&'a UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::None | Self::Job(_) => None,
        }
    }

    /// Returns `begin` followed by the statement that sets the scope.
    pub(super) fn begin_statement(self, begin: &'static str) -> AssertSqlSafe<String> {
        let setting = self.set_statement();
        let text = setting.map_or(begin.to_owned(), |setting| format!("{begin}; {setting}"));
        AssertSqlSafe(text)
    }

    /// The statement that sets the scope for the current transaction; `None` if there is nothing to
    /// set.
    pub(super) fn set_statement(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::User(user) => {
                Some(format!("SET LOCAL app.user_id TO {}", literal(user.as_str())))
            }
            Self::Job(name) => Some(format!("SET LOCAL app.job TO {}", literal(name))),
        }
    }
}

/// Quotes a text as a literal, independent of `standard_conforming_strings`. PostgreSQL never
/// stores a text with a NUL character; it would reject the message as invalid.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_cannot_be_escaped() {
        for (text, quoted) in [
            ("local|1", "'local|1'"),
            ("", "''"),
            ("o'hara", "'o''hara'"),
            ("'; DROP TABLE vehicles; --", "'''; DROP TABLE vehicles; --'"),
            (r"\", r" E'\\'"),
            (r"\'; --", r" E'\\''; --'"),
        ] {
            assert_eq!(literal(text), quoted);
        }
    }
}
