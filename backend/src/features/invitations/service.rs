//! Creating, redeeming and revoking invitations.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Invitation, store};
use crate::core::{
    Error, Result,
    db::Tx,
    http::{Cursor, Limit, NewestFirst, Page},
    periodic::PeriodicTask,
};

/// How long used and expired invitations are retained.
const RETENTION: TimeDelta = TimeDelta::days(30);

/// Deletes invitations that were used or expired 30 days ago.
pub const PURGE_TASK: PeriodicTask = PeriodicTask {
    name: "invitations",
    run: |tx, now| Box::pin(async move { Ok(store::delete_spent(tx, now - RETENTION).await?) }),
};

/// The SHA-256 hash of a token.
pub(super) type TokenHash = [u8; 32];

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// Creates an invitation that `token` redeems.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn create(tx: &mut Tx, token: &str, invitation: &Invitation) -> Result<()> {
    Ok(store::insert(tx, &hash(token), invitation).await?)
}

/// Finds the invitation for `token` if it can still be redeemed.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_usable(
    tx: &mut Tx,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>> {
    Ok(store::find_by_hash(tx, &hash(token)).await?.filter(|it| it.is_usable(now)))
}

/// Redeems the invitation for `token` for `account` within the caller's transaction. Concurrent calls
/// redeem it only once.
///
/// # Errors
/// `Invalid` for the field `invitation` if the invitation is unknown, used, expired or restricted to
/// another address. The error does not reveal which.
pub async fn redeem(
    tx: &mut Tx,
    token: &str,
    email_key: &str,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    if store::redeem(tx, &hash(token), email_key, account, now).await? == 1 {
        Ok(())
    } else {
        Err(invalid_invitation())
    }
}

/// The error for an invitation that can't be redeemed, whatever the reason.
#[must_use]
pub fn invalid_invitation() -> Error {
    Error::invalid("invitation", crate::t!("invitations-field-invalid"))
}

/// Returns the invitation `id`.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Invitation> {
    store::find(tx, id).await?.ok_or(Error::NotFound(crate::t!("core-not-found-invitation")))
}

/// Returns a page of invitations, newest first.
///
/// # Errors
/// `Invalid` if the cursor is malformed.
pub async fn list(
    tx: &mut Tx,
    cursor: Option<Cursor<NewestFirst>>,
    limit: Limit,
) -> Result<Page<Invitation>> {
    let after = Cursor::start(cursor);
    let rows = store::list(tx, after, limit).await?;
    Ok(Page::new(rows, limit, |last| (last.created_at, last.id)))
}

/// Revokes an invitation, so that its link no longer works.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn revoke(tx: &mut Tx, id: Uuid) -> Result<()> {
    if store::delete(tx, id).await? == 1 {
        Ok(())
    } else {
        Err(Error::NotFound(crate::t!("core-not-found-invitation")))
    }
}
