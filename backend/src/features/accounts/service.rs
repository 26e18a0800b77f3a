//! Accounts: finding, creating and changing them.

mod creation;
mod preferences;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use creation::{
    AccountInput, CreatedAccount, FirstAdministrator, check_first_administrator, create,
    create_first_administrator, insert_local, insert_without_password, record_first_account,
    set_admin,
};
pub use preferences::find_preferences;
pub(super) use preferences::{change_preferences, load_preferences};

use super::{
    challenges, mail,
    model::{Account, Principal},
    store::{self, StoredAccount},
};
use crate::{
    app::App,
    core::{Error, Result, db::Tx, periodic::PeriodicTask},
};

/// Purges expired links and challenges.
pub const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "accounts",
    run: |tx, now| {
        Box::pin(async move {
            challenges::purge(tx, now).await?;
            mail::purge(tx, now).await
        })
    },
};

/// Whether there are any accounts.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn has_accounts(app: &App) -> Result<bool> {
    has_accounts_in(&mut app.db.read().await?).await
}

/// Whether there are any accounts, within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn has_accounts_in(tx: &mut Tx) -> Result<bool> {
    Ok(store::has_accounts(tx).await?)
}

/// The token required to register the first account. None if there are accounts, or if only this
/// machine can reach the service.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn setup_token(app: &App) -> Result<Option<&str>> {
    match app.auth.setup_token() {
        Some(token) if !has_accounts(app).await? => Ok(Some(token)),
        _ => Ok(None),
    }
}

/// Whether something that was added at `added` has no effect until the access review that started at
/// `review_since`, after a password reset.
#[must_use]
pub fn needs_review(review_since: Option<DateTime<Utc>>, added: DateTime<Utc>) -> bool {
    review_since.is_some_and(|since| added <= since)
}

/// Starts (`since`) or ends (none) the account's access review.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn set_review_since(
    tx: &mut Tx,
    account: Uuid,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    Ok(store::set_review_since(tx, account, since).await?)
}

/// Sets the hash of a new password.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn set_password(
    tx: &mut Tx,
    account: Uuid,
    hash: String,
    now: DateTime<Utc>,
) -> Result<()> {
    Ok(store::set_password(tx, account, hash, now).await?)
}

/// Loads the account of the signed-in user.
pub(super) async fn find_account(app: &App, principal: &Principal) -> Result<Account> {
    let mut tx = app.db.read().await?;
    store::find(&mut tx, principal.account).await?.ok_or(Error::Unauthorized)
}

/// Finds an account with the columns that sign-in checks.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_stored(tx: &mut Tx, account: Uuid) -> Result<Option<StoredAccount>> {
    Ok(store::find_stored(tx, account).await?)
}

/// Finds the account with this address, in lower case, with the columns that sign-in checks.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_stored_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<StoredAccount>> {
    Ok(store::find_by_email(tx, email_key).await?)
}

/// As [`find_stored`], and locks the account until `tx` ends.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn lock_stored(tx: &mut Tx, account: Uuid) -> Result<Option<StoredAccount>> {
    Ok(store::lock(tx, account).await?)
}
