//! Making, claiming and withdrawing invitations.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Invitation, store};
use crate::core::{
    Error, Result,
    db::Tx,
    http::{self, Cursor, Limit, Page},
    periodic::PeriodicTask,
};

/// How long administrators still see one that was used or has ended.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Forgets invitations that were used or ended 30 days ago.
pub const PERIODIC_TASK: PeriodicTask = PeriodicTask {
    name: "invitations",
    run: |tx, now| Box::pin(async move { Ok(store::delete_spent(tx, now - KEPT).await?) }),
};

/// A token's SHA-256.
pub(super) type TokenHash = [u8; 32];

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// Makes an invitation that whoever has `token` can use.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn make(tx: &mut Tx, token: &str, invitation: &Invitation) -> Result<()> {
    let key = invitation.email.as_ref().map(|it| it.to_lowercase());
    Ok(store::insert(tx, &hash(token), invitation, key).await?)
}

/// The invitation of `token`, if an account can still be made with it.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn look_up(tx: &mut Tx, token: &str, now: DateTime<Utc>) -> Result<Option<Invitation>> {
    Ok(store::find_by_hash(tx, &hash(token)).await?.filter(|it| it.is_open(now)))
}

/// Uses the invitation of `token` for `account` and its address, within the caller's transaction.
/// Of several who claim one at once, one gets it.
///
/// # Errors
/// Invalid on `invitation` where it is unknown, used, ended or another address's: which of these
/// is not told.
pub async fn claim(
    tx: &mut Tx,
    token: &str,
    email_key: &str,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    if store::claim(tx, &hash(token), email_key, account, now).await? == 1 {
        Ok(())
    } else {
        Err(refusal())
    }
}

/// What is wrong with an invitation that is not good.
#[must_use]
pub fn refusal() -> Error {
    Error::invalid("invitation", "is used, has ended, or is for another address")
}

/// The invitation `id`.
///
/// # Errors
/// `NotFound`.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Invitation> {
    store::find(tx, id).await?.ok_or(Error::NotFound("invitation"))
}

/// A page of invitations, newest first.
///
/// # Errors
/// Invalid where the cursor is none.
pub async fn list(tx: &mut Tx, cursor: Option<&Cursor>, limit: Limit) -> Result<Page<Invitation>> {
    let after = http::after_cursor(cursor)?;
    let rows = store::list(tx, after, limit).await?;
    Ok(Page::of(rows, limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// Takes an invitation back: its link opens nothing from now on.
///
/// # Errors
/// `NotFound`.
pub async fn withdraw(tx: &mut Tx, id: Uuid) -> Result<()> {
    if store::delete(tx, id).await? == 1 { Ok(()) } else { Err(Error::NotFound("invitation")) }
}
