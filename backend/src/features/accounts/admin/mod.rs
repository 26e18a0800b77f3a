//! Account management for administrators. It gives no access to the data of users.

mod model;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use model::ManagedAccount;

use super::{ClientInfo, NewPassword, passwords};
use crate::{
    app::App,
    core::{
        Error, Result,
        db::Tx,
        hex,
        http::{Cursor, Limit, NewestFirst, Page},
        search_text::normalize,
    },
};

/// Lists accounts, newest first. With `search`, lists only accounts whose address or name contains it.
///
/// # Errors
/// Invalid if the cursor is not valid.
pub async fn list(
    tx: &mut Tx,
    search: Option<&str>,
    cursor: Option<Cursor<NewestFirst>>,
    limit: Limit,
) -> Result<Page<ManagedAccount>> {
    let after = Cursor::start(cursor);
    let rows = match search {
        Some(text) => find_by_text(tx, &normalize(text), after, limit).await?,
        None => store::list(tx, after, limit).await?,
    };
    Ok(Page::new(rows, limit, |last: &ManagedAccount| (last.created_at, last.id)))
}

/// The number of accounts that a search loads at a time.
const SEARCH_BATCH: Limit = Limit::new(500);

/// Finds the accounts after the key `after` whose address or name contains `text`, ignoring case and
/// accents. Neither database engine supports this comparison.
async fn find_by_text(
    tx: &mut Tx,
    text: &str,
    mut after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<ManagedAccount>> {
    let mut found = Vec::new();
    loop {
        let names = store::list_names(tx, after, SEARCH_BATCH).await?;
        let Some(last) = names.last() else { return Ok(found) };
        after = (last.created_at, last.id);
        for name in names {
            let matches = |it: &str| normalize(it).contains(text);
            if matches(&name.email) || name.display_name.as_deref().is_some_and(matches) {
                found.extend(store::find(tx, name.id).await?);
            }
            if found.len() > limit.rows() {
                return Ok(found);
            }
        }
    }
}

/// Finds the account `id`.
///
/// # Errors
/// `NotFound`.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<ManagedAccount> {
    store::find(tx, id).await?.ok_or(Error::NotFound(crate::t!("core-not-found-user")))
}

/// Finds the accounts with these ids. Returns the address of each one, or its title if it has none.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_names(tx: &mut Tx, ids: &BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, String>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let name = |it: store::Name| {
        let title = || it.display_name.unwrap_or_else(|| it.id.to_string());
        (it.id, if it.email.is_empty() { title() } else { it.email })
    };
    Ok(store::find_names(tx, ids).await?.into_iter().map(name).collect())
}

/// Finds the account with this address, in lower case.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<ManagedAccount>> {
    Ok(store::find_by_email(tx, email_key).await?)
}

/// Locks the account `id` and all enabled administrators until `tx` ends, and returns them. If two
/// administrators demote each other at the same time, the second therefore sees the first change.
///
/// # Errors
/// `NotFound`.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<(ManagedAccount, Vec<Uuid>)> {
    store::lock(tx, id).await?;
    let administrators = store::list_administrators(tx).await?;
    Ok((find(tx, id).await?, administrators))
}

/// Saves whether the account is an administrator, and whether it is disabled. Requires [`lock`].
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn update_access(
    tx: &mut Tx,
    account: &ManagedAccount,
    now: DateTime<Utc>,
) -> Result<()> {
    Ok(store::update(tx, account, now).await?)
}

/// Requires the user to review the access to their account. Until then, existing passkeys, linked
/// log-ins and notification channels have no effect.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn start_review(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    super::set_review_since(tx, account, Some(now)).await
}

/// Hashes a new password for the account.
///
/// # Errors
/// Overloaded if too many passwords are being hashed.
pub async fn hash_password(
    app: &App,
    account: Uuid,
    password: &NewPassword,
    client: &ClientInfo,
) -> Result<String> {
    let slot = app.auth.hash_queue().reserve(&account.to_string(), client)?;
    passwords::hash(slot, &password.0).await
}

/// Returns a fingerprint of the account's password, which changes with the password.
///
/// # Errors
/// `NotFound`.
pub async fn password_fingerprint(tx: &mut Tx, account: Uuid) -> Result<String> {
    let stored = super::store::find_stored(tx, account)
        .await?
        .ok_or(Error::NotFound(crate::t!("core-not-found-user")))?;
    Ok(hex(&Sha256::digest(stored.password_hash)))
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
    Ok(super::store::set_password(tx, account, hash, now).await?)
}
