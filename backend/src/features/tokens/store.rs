//! SQL for personal tokens. Every statement is scoped to an account, except those of authentication.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::PersonalToken;
use crate::{
    core::db::Tx,
    features::accounts::{CredentialOwner, Scope, TokenHash},
    select, sql,
};

/// A token and its owner.
#[derive(sqlx_derive::FromRow)]
pub(super) struct TokenRow {
    #[sqlx(flatten)]
    pub(super) owner: CredentialOwner,
    #[sqlx(rename = "token_id")]
    pub(super) id: Uuid,
    #[sqlx(try_from = "String")]
    pub(super) scope: Scope,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    account: Uuid,
    token: &PersonalToken,
    hash: &TokenHash,
) -> Result<()> {
    token.insert(tx, account, hash).await?;
    Ok(())
}

/// Finds a token. Returns none if its account is disabled.
pub(super) async fn find_by_hash(tx: &mut Tx, hash: &TokenHash) -> Result<Option<TokenRow>> {
    sql!(
        tx,
        fetch_optional,
        select!(CredentialOwner: "SELECT {a.*}, t.id AS token_id, t.scope, t.expires_at, t.last_used_at
         FROM personal_tokens t JOIN accounts a ON a.id = t.account_id
         WHERE t.token_hash = $1 AND a.disabled_at IS NULL"),
        &hash[..],
    )
}

/// Finds the account's token `id`.
pub(super) async fn find(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<Option<PersonalToken>> {
    sql!(
        tx,
        fetch_optional,
        select!(PersonalToken: "SELECT {*} FROM personal_tokens
         WHERE account_id = $1 AND id = $2"),
        account,
        id,
    )
}

/// Lists up to `most` of the account's tokens after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    account: Uuid,
    after: (DateTime<Utc>, Uuid),
    most: i64,
) -> Result<Vec<PersonalToken>> {
    sql!(
        tx,
        fetch_all,
        select!(PersonalToken: "SELECT {*} FROM personal_tokens
         WHERE account_id = $1 AND (created_at, id) < ($2, $3)
         ORDER BY created_at DESC, id DESC
         LIMIT $4"),
        account,
        after.0,
        after.1,
        most,
    )
}

pub(super) async fn update_last_used(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sql!(tx, execute, "UPDATE personal_tokens SET last_used_at = $2 WHERE id = $1", id, now)?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM personal_tokens WHERE account_id = $1 AND id = $2",
        account,
        id,
    )?;
    Ok(())
}

pub(super) async fn delete_all(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM personal_tokens WHERE account_id = $1", account)?;
    Ok(())
}

/// Selects when each account last used a token, among the ids that `$ids` selects.
macro_rules! last_used {
    ($ids:literal) => {
        concat!(
            "SELECT account_id, MAX(last_used_at) FROM personal_tokens
             WHERE last_used_at IS NOT NULL AND account_id IN (",
            $ids,
            ") GROUP BY account_id"
        )
    };
}

/// When each of the accounts last used a token. `accounts` is a JSON array of ids.
pub(super) async fn last_used(tx: &mut Tx, accounts: &str) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            last_used!(
                "SELECT CAST(it AS UUID) FROM jsonb_array_elements_text(CAST($1 AS JSONB)) it"
            ),
            accounts,
        ),
        Tx::Sqlite(_) => {
            sql!(tx, fetch_all, last_used!("SELECT unhex(value, '-') FROM json_each($1)"), accounts,)
        }
    }
}
