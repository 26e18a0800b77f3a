//! Calendar links: a secret URL to subscribe to. It gives read access to due maintenance only, until the
//! user revokes it or changes the password.

mod model;
mod store;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use model::CalendarLink;

use crate::{
    app::App,
    core::{Error, Result, UserId, db::Tx, http::Idempotency},
    features::{
        accounts::{AuthMethod, Credential, Preferences, Scope, SessionUser, TokenHash, User},
        security_log::{self, Event, EventKind},
        sessions,
    },
};

/// The prefix of every secret.
const PREFIX: &str = "mvc_";

/// A link that has just been created, or the same one again for a retry.
#[derive(Debug)]
pub struct CreatedLink {
    /// The stored link.
    pub link: CalendarLink,
    /// The secret, which is shown only once.
    pub token: String,
    /// Whether an earlier request created the link.
    pub is_replayed: bool,
}

/// The user that a link belongs to.
#[derive(Debug)]
pub struct CalendarOwner {
    /// The user whose data may be read.
    pub user: UserId,
    /// The user's preferences.
    pub preferences: Preferences,
}

/// Creates the account's calendar link. A previous link stops working.
///
/// # Errors
/// Conflict for a retry if the link has been replaced or revoked since.
pub async fn create(
    app: &App,
    caller: &SessionUser,
    credential: &Credential,
    idempotency: &Idempotency,
) -> Result<CreatedLink> {
    let now = app.clock.now();
    let account = caller.user.0.account;
    let secret = |id: Uuid| -> Result<String> {
        let secret = credential.create_secret(idempotency, "calendar link", &id.to_string())?;
        Ok(format!("{PREFIX}{secret}"))
    };
    let user: &UserId = &caller.user;
    app.write(user, async |tx| {
        if let Some(first) = idempotency.begin::<CalendarLink, 201>(tx, user, now).await? {
            let gone = || Error::conflict("conflict", crate::t!("tokens-calendar-link-gone"));
            let link = store::find(tx, account).await?.ok_or_else(gone)?;
            let token = secret(link.id)?;
            // A retry from another session derives another secret.
            let is_same = first.body().contains(&link.id.to_string())
                && store::find_owner(tx, &hash(&token)).await?.is_some();
            return if is_same {
                Ok(CreatedLink { link, token, is_replayed: true })
            } else {
                Err(gone())
            };
        }
        let link = CalendarLink { id: Uuid::now_v7(), created_at: now };
        let token = secret(link.id)?;
        store::replace(tx, account, &link, &hash(&token)).await?;
        let event = Event::for_account(EventKind::TokenCreated, account).with_detail("calendar");
        security_log::record(tx, now, &caller.client.annotate(event)).await?;
        // The stored response does not contain the secret.
        idempotency.store_response::<_, 201>(tx, user, String::new(), &link).await?;
        Ok(CreatedLink { link, token, is_replayed: false })
    })
    .await
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// Finds the account's calendar link.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find(app: &App, user: &User) -> Result<Option<CalendarLink>> {
    Ok(store::find(&mut app.db.read().await?, user.0.account).await?)
}

/// Revokes the account's calendar link.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn revoke(app: &App, caller: &SessionUser) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        if store::delete(tx, account).await? == 0 {
            return Err(Error::NotFound(crate::t!("core-not-found-calendar-link")));
        }
        let event = Event::for_account(EventKind::TokenRevoked, account).with_detail("calendar");
        security_log::record(tx, app.clock.now(), &caller.client.annotate(event)).await
    })
    .await
}

/// Revokes the account's calendar link in `tx`, if there is one.
pub(super) async fn revoke_all(tx: &mut Tx, account: Uuid) -> Result<()> {
    store::delete(tx, account).await?;
    Ok(())
}

/// Finds the user whose calendar link has this secret.
///
/// # Errors
/// `NotFound` if the secret is unknown or revoked, or if the account is disabled.
pub async fn find_owner(app: &App, token: &str) -> Result<CalendarOwner> {
    let none = || Error::NotFound(crate::t!("core-not-found-calendar"));
    if !token.starts_with(PREFIX) {
        return Err(none());
    }
    let found = store::find_owner(&mut app.db.read().await?, &hash(token)).await?;
    let (id, owner) = found.ok_or_else(none)?;
    let auth_method = AuthMethod::PersonalToken { id, scope: Scope::Read };
    let principal = sessions::load_principal(app, owner, auth_method).await?;
    if principal.lacks_factor {
        return Err(none());
    }
    Ok(CalendarOwner { user: principal.user.clone(), preferences: principal.preferences.clone() })
}
