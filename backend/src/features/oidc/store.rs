//! Identities in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{model::Identity, tokens::VerifiedIdentity};
use crate::{core::db::Tx, features::accounts::CredentialOwner, select, sql};

/// The account that an identity is linked to.
#[derive(sqlx_derive::FromRow)]
pub(super) struct IdentityOwner {
    #[sqlx(flatten)]
    pub(super) owner: CredentialOwner,
    pub(super) is_disabled: bool,
    /// When the identity was linked.
    pub(super) linked_at: DateTime<Utc>,
}

/// Finds the account of an identity by its issuer and subject only.
pub(super) async fn find_owner(
    tx: &mut Tx,
    identity: &VerifiedIdentity,
) -> Result<Option<IdentityOwner>> {
    sql!(
        tx,
        fetch_optional,
        select!(CredentialOwner: "SELECT {a.*}, a.disabled_at IS NOT NULL AS is_disabled,
                i.created_at AS linked_at
         FROM identities i JOIN accounts a ON a.id = i.account_id
         WHERE i.issuer = $1 AND i.subject = $2"),
        &identity.issuer,
        &identity.subject,
    )
}

/// Whether an account with this user id exists.
pub(super) async fn user_id_exists(tx: &mut Tx, user_id: &str) -> Result<bool> {
    let (exists,): (bool,) =
        sql!(tx, fetch_one, "SELECT EXISTS (SELECT 1 FROM accounts WHERE user_id = $1)", user_id,)?;
    Ok(exists)
}

pub(super) async fn insert(
    tx: &mut Tx,
    account: Uuid,
    identity: &VerifiedIdentity,
    now: DateTime<Utc>,
) -> Result<()> {
    let identity = Identity {
        id: Uuid::now_v7(),
        issuer: identity.issuer.clone(),
        subject: identity.subject.clone(),
        created_at: now,
    };
    identity.insert(tx, account).await?;
    Ok(())
}

/// The account's identities, oldest first.
pub(super) async fn list(tx: &mut Tx, account: Uuid) -> Result<Vec<Identity>> {
    sql!(
        tx,
        fetch_all,
        select!(Identity: "SELECT {*} FROM identities
         WHERE account_id = $1 ORDER BY created_at, id"),
        account,
    )
}

pub(super) async fn delete(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM identities WHERE account_id = $1 AND id = $2", account, id)?;
    Ok(())
}
