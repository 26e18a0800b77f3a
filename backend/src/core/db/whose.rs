//! Whose rows a transaction may touch, as PostgreSQL's policies for its rows read it.
//!
//! It is said in the message that begins the transaction, so that it costs no question of its own,
//! and ends with the transaction: a session's setting would go to whomever a pooler gives the
//! connection next.

use sqlx::AssertSqlSafe;

use crate::core::UserId;

/// Who touches rows that are somebody's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Nobody: no such row is there.
    Nobodys,
    /// The user, to whom their own rows are there.
    Users(&'a UserId),
    /// Work of the service's own, to which the rows are there whose policy names it.
    Jobs(&'static str),
}

impl Whose<'_> {
    /// `begin`, and whose rows the transaction that it begins may touch.
    pub(super) fn after(self, begin: &'static str) -> AssertSqlSafe<String> {
        let setting = self.setting();
        let text = setting.map_or(begin.to_owned(), |setting| format!("{begin}; {setting}"));
        AssertSqlSafe(text)
    }

    /// The statement that says whose rows the transaction that it is part of may touch.
    pub(super) fn setting(self) -> Option<String> {
        match self {
            Self::Nobodys => None,
            Self::Users(user) => {
                Some(format!("SET LOCAL app.user_id TO {}", literal(user.as_str())))
            }
            Self::Jobs(name) => Some(format!("SET LOCAL app.job TO {}", literal(name))),
        }
    }
}

/// The text as a literal, whatever `standard_conforming_strings` is. No text that PostgreSQL has
/// ever kept contains a NUL; one that did would be refused as a broken message.
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
    fn no_text_ends_its_literal() {
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
