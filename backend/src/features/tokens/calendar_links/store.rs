//! SQL for calendar links. Every statement is scoped to an account, except the lookup by secret.

use sqlx::Result;
use uuid::Uuid;

use super::CalendarLink;
use crate::{
    core::db::Tx,
    features::accounts::{CredentialOwner, TokenHash},
    sql,
};

/// The id and the owner of a link.
#[derive(sqlx_derive::FromRow)]
struct Row {
    id: Uuid,
    #[sqlx(flatten)]
    owner: CredentialOwner,
}

pub(super) async fn replace(
    tx: &mut Tx,
    account: Uuid,
    link: &CalendarLink,
    hash: &TokenHash,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO calendar_links (account_id, id, token_hash, created_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id)
         DO UPDATE SET id = excluded.id, token_hash = excluded.token_hash,
                       created_at = excluded.created_at",
        account,
        link.id,
        &hash[..],
        link.created_at,
    )?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, account: Uuid) -> Result<Option<CalendarLink>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT id, created_at FROM calendar_links WHERE account_id = $1",
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
    let row: Option<Row> = sql!(
        tx,
        fetch_optional,
        "SELECT c.id, c.account_id, a.user_id, a.email, a.display_name, a.is_admin,
                a.review_since
         FROM calendar_links c JOIN accounts a ON a.id = c.account_id
         WHERE c.token_hash = $1 AND a.disabled_at IS NULL",
        &hash[..],
    )?;
    Ok(row.map(|row| (row.id, row.owner)))
}
