//! The secret address that calendars read: whoever has it reads what is due, and nothing else, until
//! its owner revokes it or changes the password.

mod store;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Credential, Preferences, Proof, Scope, Signer, User, UserId, doors::TokenHash, session,
};
use crate::{
    core::{App, Error, Result, db::Tx, http::Once},
    features::security_log::{self, Event, Kind},
};

/// What every secret of an address begins with.
const PREFIX: &str = "mvc_";

/// An account's address for calendars, as it is kept: without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct CalendarLink {
    /// Its name in this service.
    pub id: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An address that was made just now, or a retry's.
#[derive(Debug)]
pub struct Made {
    /// As it is kept.
    pub link: CalendarLink,
    /// Its secret, which is shown this once.
    pub token: String,
    /// Whether an earlier request made it.
    pub is_replayed: bool,
}

/// Whose an address is.
#[derive(Debug)]
pub struct Reader {
    /// Whose data may be read with it.
    pub user: UserId,
    /// How things are shown to them.
    pub preferences: Preferences,
}

/// Makes the account's address; the one before opens nothing from then on.
///
/// # Errors
/// `Conflict` where a retry's address is no longer the account's.
pub async fn make(
    app: &App,
    signer: &Signer,
    credential: &Credential,
    once: &Once,
) -> Result<Made> {
    let now = app.clock.now();
    let account = signer.user.0.account;
    let secret = |id: Uuid| -> Result<String> {
        let secret = credential.secret(once, "calendar link", &id.to_string())?;
        Ok(format!("{PREFIX}{secret}"))
    };
    let mut tx = app.db.write_for(&signer.user).await?;
    if let Some(before) = once.claim::<CalendarLink, 201>(&mut tx, &signer.user, now).await? {
        let gone = || Error::conflict("conflict", "this address was replaced, or is revoked");
        let link = store::find(&mut tx, account).await?.ok_or_else(gone)?;
        let token = secret(link.id)?;
        // Told by its secret: another session's would be another.
        let is_same = before.body().contains(&link.id.to_string())
            && store::reader(&mut tx, &hash(&token)).await?.is_some();
        return if is_same { Ok(Made { link, token, is_replayed: true }) } else { Err(gone()) };
    }
    let link = CalendarLink { id: Uuid::now_v7(), created_at: now };
    let token = secret(link.id)?;
    store::replace(&mut tx, account, &link, &hash(&token)).await?;
    let event = Event::of(Kind::TokenMade, account).saying("calendar");
    security_log::record(&mut tx, now, &signer.arrival.mark(event)).await?;
    // Kept without the secret.
    once.keep::<_, 201>(&mut tx, &signer.user, String::new(), &link).await?;
    tx.commit().await?;
    Ok(Made { link, token, is_replayed: false })
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// The account's address, if there is one.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn find(app: &App, user: &User) -> Result<Option<CalendarLink>> {
    Ok(store::find(&mut app.db.read().await?, user.0.account).await?)
}

/// Revokes the account's address: it opens nothing from now on.
///
/// # Errors
/// `NotFound` where there is none.
pub async fn revoke(app: &App, signer: &Signer) -> Result<()> {
    let account = signer.user.0.account;
    let mut tx = app.db.write().await?;
    if store::delete(&mut tx, account).await? == 0 {
        return Err(Error::NotFound("calendar link"));
    }
    let event = Event::of(Kind::TokenRevoked, account).saying("calendar");
    security_log::record(&mut tx, app.clock.now(), &signer.arrival.mark(event)).await?;
    tx.commit().await
}

/// Revokes the account's address, if there is one, within the caller's transaction.
pub(super) async fn revoke_all(tx: &mut Tx, account: Uuid) -> Result<()> {
    store::delete(tx, account).await?;
    Ok(())
}

/// Whose address holds this secret. One that is unknown, revoked or of a disabled account is nobody's.
///
/// # Errors
/// `NotFound`.
pub async fn reader(app: &App, token: &str) -> Result<Reader> {
    let none = || Error::NotFound("calendar");
    if !token.starts_with(PREFIX) {
        return Err(none());
    }
    let found = store::reader(&mut app.db.read().await?, &hash(token)).await?;
    let (id, holder) = found.ok_or_else(none)?;
    let proof = Proof::Token { id, scope: Scope::Read };
    let signed = session::signed(app, holder, proof).await?;
    if signed.lacks_factor {
        return Err(none());
    }
    Ok(Reader { user: signed.user.clone(), preferences: signed.preferences.clone() })
}
