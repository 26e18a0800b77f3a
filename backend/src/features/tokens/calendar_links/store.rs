//! SQL for calendar links. Every statement is scoped to an account, except the lookup by secret.

use sqlx::Result;
use uuid::Uuid;

use super::CalendarLink;
use crate::{
    core::{db::Tx, record::With},
    features::accounts::{CredentialOwner, TokenHash},
    select, sql,
};

pub(super) async fn replace(
    tx: &mut Tx,
    account: Uuid,
    link: &CalendarLink,
    hash: &TokenHash,
) -> Result<()> {
    link.insert(tx, account, hash).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, account: Uuid) -> Result<Option<CalendarLink>> {
    sql!(
        tx,
        fetch_optional,
        select!(CalendarLink: "SELECT {*} FROM calendar_links WHERE account_id = $1"),
        account,
    )
}

pub(super) async fn delete(tx: &mut Tx, account: Uuid) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM calendar_links WHERE account_id = $1", account)
}

/// Finds the owner of the link with this secret. Returns none if the account is disabled.
pub(super) async fn find_owner(
    tx: &mut Tx,
    hash: &TokenHash,
) -> Result<Option<(Uuid, CredentialOwner)>> {
    let found: Option<With<CredentialOwner, Uuid>> = sql!(
        tx,
        fetch_optional,
        select!(CredentialOwner: "SELECT {a.*}, c.id
         FROM calendar_links c JOIN accounts a ON a.id = c.account_id
         WHERE c.token_hash = $1 AND a.disabled_at IS NULL"),
        &hash[..],
    )?;
    Ok(found.map(|With(owner, id)| (id, owner)))
}
