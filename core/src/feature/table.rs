//! The tables of features.

use super::OnPasswordReset;

/// A table of a feature.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whose rows it contains.
    pub owner: Owner,
    /// Whether its rows give access to an account.
    pub access: Access,
    /// Whether the PostgreSQL role for analytics may read it: it contains no secrets.
    pub is_for_analytics: bool,
    /// The only columns, separated by commas, that the service's PostgreSQL role may update, if not
    /// all of them.
    pub updatable_columns: Option<&'static str>,
}

/// Whose rows a table contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Users': the column `user_id` contains their id, every statement names it, and row-level
    /// security hides all rows of other users.
    User,
    /// Accounts': their rows are read before it is known who has signed in, or by administrators.
    Account,
    /// No user's or account's: all users share the rows, or they are the service's own.
    Shared,
}

/// Whether the rows of a table can sign in to an account, act on its behalf, or send its data
/// elsewhere.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// They can.
    Granted(OnPasswordReset),
    /// They cannot, for the given reason.
    None(&'static str),
}

impl Table {
    /// Creates a table with data of users.
    #[must_use]
    pub const fn of_users(name: &'static str, access: Access) -> Self {
        Self::new(name, Owner::User, access)
    }

    /// Creates a table about accounts.
    #[must_use]
    pub const fn of_accounts(name: &'static str, access: Access) -> Self {
        Self::new(name, Owner::Account, access)
    }

    /// Creates a table whose rows belong to no user or account.
    #[must_use]
    pub const fn shared(name: &'static str) -> Self {
        Self::new(name, Owner::Shared, Access::None("its rows belong to no account"))
    }

    const fn new(name: &'static str, owner: Owner, access: Access) -> Self {
        Self { name, owner, access, is_for_analytics: false, updatable_columns: None }
    }

    /// Lets the PostgreSQL role for analytics read the table.
    #[must_use]
    pub const fn for_analytics(self) -> Self {
        Self { is_for_analytics: true, ..self }
    }

    /// Lets the service's PostgreSQL role update only these columns, separated by commas.
    #[must_use]
    pub const fn updatable_only_in(self, columns: &'static str) -> Self {
        Self { updatable_columns: Some(columns), ..self }
    }

    /// Whether the table contains data of users.
    #[must_use]
    pub fn is_of_users(&self) -> bool {
        self.owner == Owner::User
    }
}
