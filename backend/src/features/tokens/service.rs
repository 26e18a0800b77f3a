//! Creating, listing and revoking personal tokens.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{CreatedToken, NewToken, PersonalToken},
    store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::{Created, Cursor, Idempotency, IfMatch, Limit, NewestFirst, Page, SortKey as _},
    },
    features::{
        accounts::{self, AuthMethod, Credential, CredentialOwner, SessionUser, TokenHash, User},
        security_log::{self, Event, EventKind},
    },
};

/// The prefix of every personal token, by which people and secret scanners recognize one.
const PREFIX: &str = "mvp_";
/// The maximum number of tokens of an account.
const MAX_TOKENS: u16 = 100;
/// The resolution of `last_used_at`: it is updated at most this often.
const LAST_USED_RESOLUTION: TimeDelta = TimeDelta::minutes(1);

/// Finds the owner of a personal token. Returns none if the token is invalid or expired.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub(super) async fn find_owner(
    app: &App,
    token: &str,
    hash: &TokenHash,
) -> Result<Option<(CredentialOwner, AuthMethod)>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let now = app.clock.now();
    let found = store::find_by_hash(&mut app.db.read().await?, hash).await?;
    let Some(found) = found.filter(|it| it.expires_at.is_none_or(|end| end > now)) else {
        return Ok(None);
    };
    if found.last_used_at.is_none_or(|it| it + LAST_USED_RESOLUTION <= now) {
        app.transaction(async |tx| Ok(store::update_last_used(tx, found.id, now).await?)).await?;
    }
    Ok(Some((found.owner, AuthMethod::PersonalToken { id: found.id, scope: found.scope })))
}

/// Creates a personal token.
pub(super) async fn create(
    app: &App,
    caller: &SessionUser,
    credential: &Credential,
    new: NewToken,
    idempotency: &Idempotency,
) -> Result<Created<CreatedToken>> {
    let now = app.clock.now();
    if new.expires_at.is_some_and(|it| it.0 <= now) {
        return Err(Error::invalid("expiresAt", crate::t!("tokens-field-expiration")));
    }
    let account = caller.user.0.account;
    let user: &UserId = &caller.user;
    let (created, id) = app
        .write(user, async |tx| {
            if let Some(first) = idempotency.begin::<CreatedToken, 201>(tx, user, now).await? {
                return Ok((replay(tx, &first, idempotency, credential).await?, None));
            }
            let limit = Limit::new(MAX_TOKENS);
            let existing = store::list(tx, account, NewestFirst::last(), limit.plus_one()).await?;
            if existing.len() >= limit.rows() {
                return Err(Error::conflict(
                    "too-many",
                    crate::t!("tokens-too-many-tokens", most = MAX_TOKENS),
                ));
            }
            let record = new.into_record(Uuid::now_v7(), now);
            let token = derive_token(idempotency, credential, &record.id.to_string())?;
            let hash: TokenHash = Sha256::digest(&token).into();
            store::insert(tx, account, &record, &hash).await?;
            let event =
                Event::for_account(EventKind::TokenCreated, account).with_detail(&record.name);
            security_log::record(tx, now, &caller.client.annotate(event)).await?;
            let location = format!("/api/auth/tokens/{}", record.id);
            // The stored response does not contain the token, which only the user has.
            idempotency.store_response::<_, 201>(tx, user, location.clone(), &record).await?;
            let id = record.id;
            let created = CreatedToken { record, token };
            let body =
                serde_json::to_string(&created).map_err(|error| Error::Internal(error.into()))?;
            Ok((Created::new(location, body), Some(id)))
        })
        .await?;
    if let Some(id) = id {
        tracing::info!(%account, token = %id, "Created a personal token");
    }
    Ok(created)
}

/// Derives the token of the record `id`.
fn derive_token(idempotency: &Idempotency, credential: &Credential, id: &str) -> Result<String> {
    Ok(format!("{PREFIX}{}", credential.create_secret(idempotency, "personal token", id)?))
}

/// Replays the first response, and adds the token to it.
async fn replay(
    tx: &mut Tx,
    first: &Created<CreatedToken>,
    idempotency: &Idempotency,
    credential: &Credential,
) -> Result<Created<CreatedToken>> {
    let mut body: serde_json::Value =
        serde_json::from_str(first.body()).map_err(|error| Error::Internal(error.into()))?;
    let token = derive_token(idempotency, credential, body["id"].as_str().unwrap_or_default())?;
    if store::find_by_hash(tx, &Sha256::digest(&token).into()).await?.is_none() {
        return Err(Error::conflict("conflict", crate::t!("tokens-token-gone")));
    }
    body["token"] = token.into();
    Ok(Created::replayed(first.location().to_owned(), body.to_string()))
}

/// Lists the user's tokens, newest first.
pub(super) async fn list(
    app: &App,
    user: &User,
    cursor: Option<Cursor<NewestFirst>>,
    limit: Limit,
) -> Result<Page<PersonalToken>> {
    let after = Cursor::start(cursor);
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, user.0.account, after, limit.plus_one()).await?;
    Ok(Page::new(rows, limit, |last| (last.created_at, last.id)))
}

/// Finds the user's token `id`.
pub(super) async fn find(app: &App, user: &User, id: Uuid) -> Result<PersonalToken> {
    let found = store::find(&mut app.db.read().await?, user.0.account, id).await?;
    found.ok_or(Error::NotFound(crate::t!("core-not-found-token")))
}

/// Revokes a token. It stops working on all instances.
pub(super) async fn revoke(
    app: &App,
    caller: &SessionUser,
    id: Uuid,
    if_match: &IfMatch,
) -> Result<()> {
    let account = caller.user.0.account;
    app.transaction(async |tx| {
        let token = store::find(tx, account, id)
            .await?
            .ok_or(Error::NotFound(crate::t!("core-not-found-token")))?;
        if_match.check(&token)?;
        store::delete(tx, account, id).await?;
        let event = Event::for_account(EventKind::TokenRevoked, account).with_detail(&token.name);
        security_log::record(tx, app.clock.now(), &caller.client.annotate(event)).await
    })
    .await?;
    accounts::evict_cached(app, account).await;
    tracing::info!(%account, token = %id, "Revoked a personal token");
    Ok(())
}

/// Revokes all tokens of the account in `tx`.
pub(super) async fn revoke_all(tx: &mut Tx, account: Uuid) -> Result<()> {
    Ok(store::delete_all(tx, account).await?)
}

/// When each of the accounts last used a personal token.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn last_used(tx: &mut Tx, accounts: &[Uuid]) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    Ok(store::last_used(tx, &serde_json::json!(accounts).to_string()).await?)
}
