//! Everybody who may be told something by the service itself.

use uuid::Uuid;

use super::{Preferences, UserId, store};
use crate::core::{App, Result};

/// Somebody who may be told something.
#[derive(Debug)]
pub struct Recipient {
    /// Their account, by which the list goes on.
    pub account: Uuid,
    /// Whose data it may be about.
    pub user: UserId,
    /// Where mail reaches them.
    pub email: String,
}

impl Recipient {
    /// What they prefer.
    ///
    /// # Errors
    /// Unavailable where the database is away.
    pub async fn preferences(&self, app: &App) -> Result<Preferences> {
        let mut tx = app.db.read_for(&self.user).await?;
        Ok(store::find_preferences(&mut tx, &self.user).await?.unwrap_or_default())
    }
}

/// Some of those whose accounts are not disabled, after the account `after`, in order; none at the
/// end.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn recipients(app: &App, after: Uuid) -> Result<Vec<Recipient>> {
    let some = store::some_enabled(&mut app.db.read().await?, after).await?;
    let recipient = |(account, user, email)| Recipient { account, user: UserId::new(user), email };
    Ok(some.into_iter().map(recipient).collect())
}
