//! Making, listing and revoking personal tokens.

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{NewToken, NewlyMade, PersonalToken},
    store,
};
use crate::{
    core::{
        App, Error, Result,
        db::Tx,
        http::{self, Created, Cursor, IfMatch, Limit, Once, Page},
    },
    features::{
        accounts::{
            Credential, Signer, User, doors::TokenHash, model::Proof, session,
            store::sessions::Holder,
        },
        security_log::{self, Event, Kind},
    },
};

/// What every personal token begins with, so that people and scanners know one.
const PREFIX: &str = "mvp_";
/// How many an account may have.
const MOST: u16 = 100;
/// How old the note of a token's last use may become before it is written anew.
const NOTED: TimeDelta = TimeDelta::minutes(1);

/// Whose `token` is, if it is one of ours and good.
///
/// # Errors
/// Unavailable where the database is away.
pub(in crate::features::accounts) async fn holder(
    app: &App,
    token: &str,
    hash: &TokenHash,
) -> Result<Option<(Holder, Proof)>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let now = app.clock.now();
    let found = store::find_by_hash(&mut app.db.read().await?, hash).await?;
    let Some(found) = found.filter(|it| it.expires_at.is_none_or(|end| end > now)) else {
        return Ok(None);
    };
    if found.last_used_at.is_none_or(|it| it + NOTED <= now) {
        let mut tx = app.db.write().await?;
        store::touch(&mut tx, found.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some((found.holder, Proof::Token { id: found.id, scope: found.scope })))
}

/// Makes a token.
pub(super) async fn make(
    app: &App,
    signer: &Signer,
    credential: &Credential,
    new: NewToken,
    once: &Once,
) -> Result<Created<NewlyMade>> {
    let now = app.clock.now();
    if new.expires_at.is_some_and(|it| it.0 <= now) {
        return Err(Error::invalid("expiresAt", "is in the past"));
    }
    let account = signer.user.0.account;
    let mut tx = app.db.write_for(&signer.user).await?;
    if let Some(before) = once.claim::<NewlyMade, 201>(&mut tx, &signer.user, now).await? {
        return again(&mut tx, &before, once, credential).await;
    }
    let limit = Limit::new(MOST);
    let before = store::list(&mut tx, account, http::after(None)?, limit.and_one()).await?;
    if before.len() >= limit.rows() {
        return Err(Error::conflict(
            "too-many",
            format!("you have {MOST} tokens already: revoke one first"),
        ));
    }
    let record = PersonalToken {
        id: Uuid::now_v7(),
        name: new.name.0,
        scope: new.scope,
        created_at: now,
        expires_at: new.expires_at.map(|it| it.0),
        last_used_at: None,
    };
    let token = text(once, credential, &record.id.to_string())?;
    let hash: TokenHash = Sha256::digest(&token).into();
    store::insert(&mut tx, account, &record, &hash).await?;
    let event = Event::of(Kind::TokenMade, account).saying(&record.name);
    security_log::record(&mut tx, now, &signer.arrival.mark(event)).await?;
    let location = format!("/api/auth/tokens/{}", record.id);
    // Kept without the token, which is nowhere but with its owner.
    once.keep::<_, 201>(&mut tx, &signer.user, location.clone(), &record).await?;
    tx.commit().await?;
    tracing::info!(%account, token = %record.id, "Made a personal token");
    let made = NewlyMade { record, token };
    let body = serde_json::to_string(&made).map_err(|error| Error::Internal(error.into()))?;
    Ok(Created::new(location, body))
}

/// The token of the record `id`.
fn text(once: &Once, credential: &Credential, id: &str) -> Result<String> {
    Ok(format!("{PREFIX}{}", credential.secret(once, "personal token", id)?))
}

/// The first answer once more, with the token itself.
async fn again(
    tx: &mut Tx,
    before: &Created<NewlyMade>,
    once: &Once,
    credential: &Credential,
) -> Result<Created<NewlyMade>> {
    let mut body: serde_json::Value =
        serde_json::from_str(before.body()).map_err(|error| Error::Internal(error.into()))?;
    let token = text(once, credential, body["id"].as_str().unwrap_or_default())?;
    if store::find_by_hash(tx, &Sha256::digest(&token).into()).await?.is_none() {
        return Err(Error::conflict(
            "conflict",
            "this token has been shown to another session, or is revoked",
        ));
    }
    body["token"] = token.into();
    Ok(Created::replayed(before.location().to_owned(), body.to_string()))
}

/// A page of the account's tokens, newest first.
pub(super) async fn list(
    app: &App,
    user: &User,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Page<PersonalToken>> {
    let after = http::after(cursor)?;
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, user.0.account, after, limit.and_one()).await?;
    Ok(Page::of(rows, limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// The account's token `id`.
pub(super) async fn find(app: &App, user: &User, id: Uuid) -> Result<PersonalToken> {
    let found = store::find(&mut app.db.read().await?, user.0.account, id).await?;
    found.ok_or(Error::NotFound("token"))
}

/// Revokes a token: it opens nothing from now on, on any instance.
pub(super) async fn revoke(app: &App, signer: &Signer, id: Uuid, if_match: &IfMatch) -> Result<()> {
    let account = signer.user.0.account;
    let mut tx = app.db.write().await?;
    let token = store::find(&mut tx, account, id).await?.ok_or(Error::NotFound("token"))?;
    if_match.check(&token)?;
    store::delete(&mut tx, account, id).await?;
    let event = Event::of(Kind::TokenRevoked, account).saying(&token.name);
    security_log::record(&mut tx, app.clock.now(), &signer.arrival.mark(event)).await?;
    tx.commit().await?;
    session::forget(app, account).await;
    tracing::info!(%account, token = %id, "Revoked a personal token");
    Ok(())
}

/// Revokes every token of the account, within the caller's transaction.
pub(in crate::features::accounts) async fn revoke_all(tx: &mut Tx, account: Uuid) -> Result<()> {
    Ok(store::delete_all(tx, account).await?)
}
