//! Invitations in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{Invitation, service::TokenHash};
use crate::{
    core::{db::Tx, http::Limit},
    select, sql,
};

pub(super) async fn insert(tx: &mut Tx, token: &TokenHash, invitation: &Invitation) -> Result<()> {
    invitation.insert(tx, token).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Invitation>> {
    sql!(tx, fetch_optional, select!(Invitation: "SELECT {*} FROM invitations WHERE id = $1"), id)
}

pub(super) async fn find_by_hash(tx: &mut Tx, token: &TokenHash) -> Result<Option<Invitation>> {
    sql!(
        tx,
        fetch_optional,
        select!(Invitation: "SELECT {*} FROM invitations WHERE token_hash = $1"),
        &token[..],
    )
}

/// Marks a usable invitation as used. Returns the number of updated rows.
pub(super) async fn redeem(
    tx: &mut Tx,
    token: &TokenHash,
    email_key: &str,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<u64> {
    sql!(
        tx,
        execute,
        "UPDATE invitations SET used_at = $4, used_by = $3
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $4
           AND (email_key IS NULL OR email_key = $2)",
        &token[..],
        email_key,
        account,
        now,
    )
}

/// Up to one page of invitations that follow the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<Invitation>> {
    sql!(
        tx,
        fetch_all,
        select!(Invitation: "SELECT {*} FROM invitations WHERE (created_at, id) < ($1, $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3"),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM invitations WHERE id = $1", id)
}

pub(super) async fn delete_spent(tx: &mut Tx, until: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM invitations WHERE expires_at <= $1 OR used_at <= $1", until)
}
