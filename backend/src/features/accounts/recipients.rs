//! Users that the service may notify.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Preferences, store, user::user_id};
use crate::{
    app::App,
    core::{Result, UserId},
};

/// A user that the service may notify.
#[derive(Debug)]
pub struct Recipient {
    /// Their account. Also the cursor for [`list_recipients`].
    pub account: Uuid,
    /// The user whose data a notification may contain.
    pub user: UserId,
    /// Their email address.
    pub email: String,
    /// Whether they have confirmed that address.
    pub has_confirmed_email: bool,
    /// Whether a confirmation link has ever been sent.
    pub was_confirmation_sent: bool,
    /// When the password was reset, if the access review after it has not been completed.
    pub review_since: Option<DateTime<Utc>>,
}

impl Recipient {
    /// Loads their preferences.
    ///
    /// # Errors
    /// Unavailable if the database is unavailable.
    pub async fn preferences(&self, app: &App) -> Result<Preferences> {
        let mut tx = app.db.read_for(&self.user).await?;
        Ok(store::find_preferences(&mut tx, &self.user).await?.unwrap_or_default())
    }
}

impl From<store::EnabledAccount> for Recipient {
    fn from(row: store::EnabledAccount) -> Self {
        Self {
            account: row.id,
            user: user_id(&row.user_id),
            email: row.email,
            has_confirmed_email: row.email_confirmed_at.is_some(),
            was_confirmation_sent: row.confirmation_sent_at.is_some(),
            review_since: row.review_since,
        }
    }
}

/// Lists the next recipients after the account `after`, ordered by account. Disabled accounts are
/// omitted. An empty list marks the end.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn list_recipients(app: &App, after: Uuid) -> Result<Vec<Recipient>> {
    let accounts = store::list_enabled(&mut app.db.read().await?, after).await?;
    Ok(accounts.into_iter().map(Recipient::from).collect())
}
