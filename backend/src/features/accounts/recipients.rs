//! Everybody whom the service may notify by itself.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Preferences, UserId, store};
use crate::core::{App, Result};

/// Somebody whom the service may notify.
#[derive(Debug)]
pub struct Recipient {
    /// Their account, after which the list continues.
    pub account: Uuid,
    /// Whose data a notification may contain.
    pub user: UserId,
    /// Their mail address.
    pub email: String,
    /// Whether they opened a link that was mailed to that address.
    pub has_confirmed_email: bool,
    /// Whether such a link was ever mailed.
    pub was_asked_to_confirm: bool,
    /// After a password reset: since when what could act for the account waits to be reviewed.
    pub review_since: Option<DateTime<Utc>>,
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

impl From<store::Enabled> for Recipient {
    fn from(row: store::Enabled) -> Self {
        Self {
            account: row.id,
            user: UserId::new(row.user_id),
            email: row.email,
            has_confirmed_email: row.email_confirmed_at.is_some(),
            was_asked_to_confirm: row.confirmation_sent_at.is_some(),
            review_since: row.review_since,
        }
    }
}

/// Some of those whose accounts are not disabled, after the account `after`, in order; none at the
/// end.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn recipients(app: &App, after: Uuid) -> Result<Vec<Recipient>> {
    let some = store::some_enabled(&mut app.db.read().await?, after).await?;
    Ok(some.into_iter().map(Recipient::from).collect())
}
