//! Password reset links. Each is valid for a day and can be used once.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{Reset, ResetLink},
    store, users,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::{Created, Idempotency, Links},
        locale::Message,
        periodic::PeriodicTask,
    },
    features::{
        accounts::{
            self, Administrator, ClientInfo, Credential,
            admin::{self, ManagedAccount},
            mail,
        },
        security_log::{self, Event, EventKind},
    },
    t,
};

/// How long a link is valid.
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Purges expired links.
pub const PERIODIC_TASK: PeriodicTask = PeriodicTask {
    name: "administration",
    run: |tx, now| Box::pin(async move { Ok(store::delete_expired(tx, now).await?) }),
};

/// The SHA-256 hash of a token.
pub(super) type TokenHash = [u8; 32];

fn hash_token(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// The path of the link, and the name of the query parameter with the token.
const PATH: (&str, &str) = ("/reset", "token");

/// Creates a reset link for an account, and invalidates an earlier one.
pub(super) async fn create(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    id: Uuid,
    (links, credential, idempotency): (&Links, &Credential, &Idempotency),
) -> Result<Created<ResetLink>> {
    let actor = administrator.0.0.account;
    let now = app.clock.now();
    let secret = |ends: DateTime<Utc>| {
        credential.create_secret(idempotency, "password reset", &ends.to_rfc3339())
    };
    let user: &UserId = &administrator.0;
    let (created, account) = app
        .write(user, async |tx| {
            if let Some(response) = idempotency.begin::<ResetLink, 201>(tx, user, now).await? {
                let stored: ResetLink = serde_json::from_str(response.body())
                    .map_err(|error| Error::Internal(error.into()))?;
                let token = secret(stored.expires_at)?;
                if find_valid(tx, &token, now).await?.is_none() {
                    return Err(conflict(t!("administration-reset-link-replaced")));
                }
                let link = ResetLink { url: links.to(PATH.0, PATH.1, &token), ..stored };
                let location = response.location().to_owned();
                return Ok((Created::replayed(location, to_json(&link)?), None));
            }
            let (account, _) = admin::lock(tx, id).await?;
            let token = secret(now + LIFETIME)?;
            let url = links.to(PATH.0, PATH.1, &token);
            let expires_at = store_token(tx, &account, &token, now).await?;
            let event =
                client.annotate(Event::for_account(EventKind::ResetLinkCreated, id).by(actor));
            security_log::record(tx, now, &event).await?;
            let location = format!("/api/admin/users/{id}");
            // The idempotent response is stored without the link, which must not be stored anywhere.
            let stored = ResetLink { url: String::new(), expires_at };
            idempotency.store_response::<_, 201>(tx, user, location.clone(), &stored).await?;
            let created = Created::new(location, to_json(&ResetLink { url, expires_at })?);
            Ok((created, Some(account)))
        })
        .await?;
    if let Some(account) = account {
        let subject = t!("administration-mail-reset-link-created");
        let text = t!("administration-mail-reset-link-created-text");
        mail::send_security_notice(app, id, &account.email, subject, text);
        tracing::info!(account = %id, by = %actor, "Created a password reset link");
    }
    Ok(created)
}

fn to_json(link: &ResetLink) -> Result<String> {
    serde_json::to_string(link).map_err(|error| Error::Internal(error.into()))
}

fn conflict(detail: Message) -> Error {
    Error::conflict("conflict", detail)
}

/// Stores the hash of `token` as the account's only reset token. The transaction of the caller must
/// have locked the account. Returns when the token expires.
pub(super) async fn store_token(
    tx: &mut Tx,
    account: &ManagedAccount,
    token: &str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    if account.disabled_at.is_some() {
        return Err(conflict(t!("administration-reset-disabled")));
    }
    if account.email.is_empty() {
        return Err(conflict(t!("administration-reset-no-email")));
    }
    // Another account may have registered the address first; the password would be for that one.
    let owner = admin::find_by_email(tx, &account.email.to_lowercase()).await?;
    if owner.is_none_or(|it| it.id != account.id) {
        return Err(conflict(t!("administration-reset-other-account")));
    }
    let expires_at = now + LIFETIME;
    store::delete_by_account(tx, account.id).await?;
    let mark = admin::password_fingerprint(tx, account.id).await?;
    store::insert(tx, &hash_token(token), account.id, expires_at, &mark).await?;
    Ok(expires_at)
}

/// Creates a reset link on the command line.
pub(super) async fn create_from_command_line(
    app: &App,
    tx: &mut Tx,
    account: &ManagedAccount,
    token: &str,
) -> Result<ResetLink> {
    let now = app.clock.now();
    let expires_at = store_token(tx, account, token, now).await?;
    let event = Event::for_account(EventKind::ResetLinkCreated, account.id).from_command_line();
    security_log::record(tx, now, &event).await?;
    Ok(ResetLink { url: Links::from_config(app).to(PATH.0, PATH.1, token), expires_at })
}

/// Finds the account of a valid token. A token is not valid once the password has been changed in
/// another way.
async fn find_valid(tx: &mut Tx, token: &str, now: DateTime<Utc>) -> Result<Option<Uuid>> {
    let Some((account, mark)) = store::find(tx, &hash_token(token), now).await? else {
        return Ok(None);
    };
    Ok((admin::password_fingerprint(tx, account).await? == mark).then_some(account))
}

/// Rejects an invalid token. Unknown, used and expired tokens are indistinguishable.
pub(super) async fn check_token(app: &App, token: &str) -> Result<Uuid> {
    let found = find_valid(&mut app.db.read().await?, token, app.clock.now()).await?;
    found.ok_or(Error::NotFound(t!("core-not-found-link")))
}

/// Sets the password of the account, ends its sessions and revokes its tokens.
pub(super) async fn use_token(app: &App, reset: &Reset, client: &ClientInfo) -> Result<()> {
    let token = &reset.token.0;
    // Check before the expensive hash; the token is checked again below.
    let account = check_token(app, token).await?;
    let password = admin::hash_password(app, account, &reset.password, client).await?;
    let now = app.clock.now();
    let email = app
        .transaction(async |tx| {
            // Lock the account before its links, as everywhere, to prevent deadlocks.
            admin::lock(tx, account).await?;
            if find_valid(tx, token, now).await?.is_none() {
                return Err(Error::NotFound(t!("core-not-found-link")));
            }
            admin::set_password(tx, account, password, now).await?;
            users::revoke_access(tx, account).await?;
            admin::start_review(tx, account, now).await?;
            let email = admin::find(tx, account).await?.email;
            let event = client.annotate(Event::for_account(EventKind::ResetLinkUsed, account));
            security_log::record(tx, now, &event).await?;
            Ok(email)
        })
        .await?;
    accounts::evict_cached(app, account).await;
    let subject = t!("administration-mail-reset-link-used");
    let text = t!("administration-mail-reset-link-used-text");
    mail::send_security_notice(app, account, &email, subject, text);
    tracing::info!(%account, "Reset a password by its link");
    Ok(())
}
