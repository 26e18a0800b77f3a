//! Logs the SQL statements that a test runs.

use std::cell::RefCell;

use crate::core::db::statements::{self, Observed};

thread_local! {
    static STATEMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// While it exists, the statements of this thread are logged.
pub(crate) struct StatementLog {
    observed: Observed,
}

impl StatementLog {
    pub(crate) fn begin() -> Self {
        STATEMENTS.take();
        let observed = statements::observe(|text| {
            STATEMENTS.with_borrow_mut(|all| all.push(text.to_owned()));
            None
        });
        Self { observed }
    }

    /// Ends the log. Returns the statements in the order in which they ran.
    pub(crate) fn end(self) -> Vec<String> {
        drop(self.observed);
        STATEMENTS.take()
    }
}
