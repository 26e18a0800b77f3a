//! What administrators do with accounts. It ends at the account: what hangs under one is never
//! seen from here.

mod store;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Arrival, NewPassword, passwords, review, service, session};
use crate::core::{
    App, Error, Result,
    db::Tx,
    fold::folded,
    hex,
    http::{self, Cursor, Limit, Page},
};

/// An account, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "User")]
pub struct Administered {
    /// Its name in this service.
    pub id: Uuid,
    /// The e-mail address that signs in; empty where an identity provider gave none.
    pub email: String,
    /// What its owner is called.
    pub display_name: Option<String>,
    /// Whether it may run the service.
    pub is_admin: bool,
    /// When it was disabled, if it is.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the hour.
    pub last_seen_at: Option<DateTime<Utc>>,
}

impl Administered {
    /// What people call it.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.display_name {
            Some(name) => name.clone(),
            None if self.email.is_empty() => self.id.to_string(),
            None => self.email.clone(),
        }
    }
}

impl From<store::Row> for Administered {
    fn from(row: store::Row) -> Self {
        let seen = row.session_at.max(row.token_at).max(row.device_at);
        Self {
            id: row.id,
            email: row.email,
            display_name: row.display_name,
            is_admin: row.is_admin,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
            // Finer, and every request of theirs would make the record another.
            last_seen_at: seen.and_then(|it| it.duration_trunc(TimeDelta::hours(1)).ok()),
        }
    }
}

/// A page of accounts, newest first; of those only whose address or name holds `search`.
///
/// # Errors
/// Invalid where the cursor is none.
pub async fn list(
    tx: &mut Tx,
    search: Option<&str>,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Page<Administered>> {
    let after = http::after(cursor)?;
    let rows = match search {
        Some(text) => find_by_text(tx, &folded(text), after, limit).await?,
        None => store::list(tx, after, limit).await?,
    };
    let rows = rows.into_iter().map(Administered::from).collect();
    Ok(Page::of(rows, limit, |last: &Administered| Cursor::at(last.created_at, &last.id)))
}

/// How many accounts are read at a time when searching.
const AT_ONCE: Limit = Limit::new(500);

/// The accounts after the key `after` whose address or name contains `text`, ignoring case and
/// accents. Neither database engine can compare text in this way.
async fn find_by_text(
    tx: &mut Tx,
    text: &str,
    mut after: (DateTime<Utc>, Uuid),
    limit: Limit,
) -> Result<Vec<store::Row>> {
    let mut found = Vec::new();
    loop {
        let names = store::list_names(tx, after, AT_ONCE).await?;
        let Some(last) = names.last() else { return Ok(found) };
        after = (last.created_at, last.id);
        for name in names {
            let holds = |it: &str| folded(it).contains(text);
            if holds(&name.email) || name.display_name.as_deref().is_some_and(holds) {
                found.extend(store::find(tx, name.id).await?);
            }
            if found.len() > limit.rows() {
                return Ok(found);
            }
        }
    }
}

/// The account `id`.
///
/// # Errors
/// `NotFound`.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Administered> {
    Ok(store::find(tx, id).await?.ok_or(Error::NotFound("user"))?.into())
}

/// The account with this address.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn find_by_email(tx: &mut Tx, email_key: &str) -> Result<Option<Administered>> {
    Ok(store::find_by_email(tx, email_key).await?.map(Administered::from))
}

/// The account `id` and every administrator who is not disabled. Nobody else changes any of them
/// before the caller's transaction ends: of two who unmake each other, the second sees what the
/// first has done.
///
/// # Errors
/// `NotFound`.
pub async fn hold(tx: &mut Tx, id: Uuid) -> Result<(Administered, Vec<Uuid>)> {
    store::hold(tx, id).await?;
    let administrators = store::administrators(tx).await?;
    Ok((find(tx, id).await?, administrators))
}

/// Writes what the account may do. The caller has it from [`hold`].
///
/// # Errors
/// Unavailable where the database is away.
pub async fn set_powers(tx: &mut Tx, account: &Administered, now: DateTime<Utc>) -> Result<()> {
    Ok(store::update(tx, account, now).await?)
}

/// Ends every session of the account and revokes its tokens, within the caller's transaction.
/// Once committed, the caller ends with [`forget`].
///
/// # Errors
/// Unavailable where the database is away.
pub async fn end_everything(tx: &mut Tx, account: Uuid) -> Result<()> {
    service::end_all(tx, account, None).await
}

/// Forgets what this process remembers of the account, so that a change shows at once.
pub async fn forget(app: &App, account: Uuid) {
    session::forget(app, account).await;
}

/// Has the account's owner review what can act for the account, within the caller's transaction: until
/// then, passkeys, linked log-ins and notification channels that exist now have no effect.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn begin_review(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    review::begin(tx, account, now).await
}

/// The hash of the account's new password.
///
/// # Errors
/// Overloaded where too many passwords are being hashed.
pub async fn hash(
    app: &App,
    account: Uuid,
    password: &NewPassword,
    arrival: &Arrival,
) -> Result<String> {
    let place = app.doors.hashing().enter(&account.to_string(), arrival)?;
    passwords::hash(place, &password.0).await
}

/// What the account's password is known by: another password, another mark.
///
/// # Errors
/// `NotFound`.
pub async fn password_mark(tx: &mut Tx, account: Uuid) -> Result<String> {
    let known = super::store::find_known(tx, account).await?.ok_or(Error::NotFound("user"))?;
    Ok(hex(&Sha256::digest(known.password_hash)))
}

/// Keeps another password's hash.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn set_password(
    tx: &mut Tx,
    account: Uuid,
    hash: String,
    now: DateTime<Utc>,
) -> Result<()> {
    Ok(super::store::set_password(tx, account, hash, now).await?)
}
