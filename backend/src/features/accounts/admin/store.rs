//! SQL for account management.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{Result, types::Json};
use uuid::Uuid;

use super::ManagedAccount;
use crate::{
    core::{db::Tx, http::Limit},
    select, sql,
};

/// Lists the accounts after the key `after`, newest first, up to one more than `limit`.
pub(super) async fn list(
    tx: &mut Tx,
    after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<ManagedAccount>> {
    sql!(
        tx,
        fetch_all,
        select!(ManagedAccount: "SELECT {*} FROM accounts
         WHERE (created_at, id) < ($1, $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3"),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

/// The searchable text of an account.
#[derive(sqlx_derive::FromRow)]
pub(super) struct Name {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) email: String,
    pub(super) display_name: Option<String>,
}

/// Finds the names of the accounts with these ids, in no particular order.
pub(super) async fn find_names(tx: &mut Tx, ids: &BTreeSet<Uuid>) -> Result<Vec<Name>> {
    let ids = Json(ids);
    match tx {
        Tx::Postgres { .. } => sql!(
            tx,
            fetch_all,
            "SELECT id, created_at, email, display_name FROM accounts
             WHERE id IN (SELECT CAST(it AS UUID) FROM jsonb_array_elements_text($1) it)",
            ids,
        ),
        Tx::Sqlite(_) => sql!(
            tx,
            fetch_all,
            "SELECT id, created_at, email, display_name FROM accounts
             WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            ids,
        ),
    }
}

/// Lists the names of the accounts after the key `after`, newest first.
pub(super) async fn list_names(
    tx: &mut Tx,
    after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<Name>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, created_at, email, display_name FROM accounts
         WHERE (created_at, id) < ($1, $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3",
        after.0,
        after.1,
        limit.plus_one(),
    )
}

pub(super) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<ManagedAccount>> {
    sql!(tx, fetch_optional, select!(ManagedAccount: "SELECT {*} FROM accounts WHERE id = $1"), id)
}

pub(super) async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<ManagedAccount>> {
    sql!(
        tx,
        fetch_optional,
        select!(ManagedAccount: "SELECT {*} FROM accounts WHERE email_key = $1"),
        email_key,
    )
}

/// Locks the account and the administrators until `tx` ends, ordered by id to avoid deadlocks. SQLite
/// allows only one writer anyway.
pub(super) async fn lock(tx: &mut Tx, id: Uuid) -> Result<()> {
    if let Tx::Postgres { .. } = tx {
        let _: Vec<(Uuid,)> = sql!(
            tx,
            fetch_all,
            "SELECT id FROM accounts WHERE (is_admin AND disabled_at IS NULL) OR id = $1
             ORDER BY id FOR UPDATE",
            id,
        )?;
    }
    Ok(())
}

/// Lists the enabled administrators.
pub(super) async fn list_administrators(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = sql!(
        tx,
        fetch_all,
        "SELECT id FROM accounts WHERE is_admin AND disabled_at IS NULL ORDER BY id",
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(super) async fn update(
    tx: &mut Tx,
    account: &ManagedAccount,
    now: DateTime<Utc>,
) -> Result<()> {
    account.update(tx, now).await?;
    Ok(())
}
