//! Links to set a new password with: each is good for a day and once.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    model::{Reset, ResetLink},
    store, users,
};
use crate::{
    core::{
        App, Error, Result,
        db::Tx,
        http::{Created, Links, Once},
        jobs::Chore,
    },
    features::{
        accounts::{
            Administrator, ClientInfo, Credential,
            admin::{self, ManagedAccount},
            mail,
        },
        security_log::{self, Event, Kind},
    },
};

/// How long a link is good.
const GOOD: TimeDelta = TimeDelta::hours(24);

/// Forgets links that have ended.
pub const CHORE: Chore = Chore {
    name: "administration",
    run: |tx, now| Box::pin(async move { Ok(store::delete_spent(tx, now).await?) }),
};

/// What there is no such of where a link is not good.
const GONE: &str = "link any more: ask for another";

/// A token's SHA-256.
pub(super) type TokenHash = [u8; 32];

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

/// Where the link leads, and what it calls its token.
const PATH: (&str, &str) = ("/reset", "token");

/// Makes a link for the account's owner; one made before is good no more.
pub(super) async fn make(
    app: &App,
    administrator: &Administrator,
    client: &ClientInfo,
    id: Uuid,
    (links, credential, once): (&Links, &Credential, &Once),
) -> Result<Created<ResetLink>> {
    let actor = administrator.0.0.account;
    let now = app.clock.now();
    let secret =
        |ends: DateTime<Utc>| credential.create_secret(once, "password reset", &ends.to_rfc3339());
    let mut tx = app.db.write_for(&administrator.0).await?;
    if let Some(before) = once.claim::<ResetLink, 201>(&mut tx, &administrator.0, now).await? {
        let kept: ResetLink =
            serde_json::from_str(before.body()).map_err(|error| Error::Internal(error.into()))?;
        let token = secret(kept.expires_at)?;
        if find(&mut tx, &token, now).await?.is_none() {
            return Err(conflict("this link is used, or another has been made since"));
        }
        let link = ResetLink { url: links.to(PATH.0, PATH.1, &token), ..kept };
        return Ok(Created::replayed(before.location().to_owned(), json(&link)?));
    }
    let (account, _) = admin::lock(&mut tx, id).await?;
    let token = secret(now + GOOD)?;
    let url = links.to(PATH.0, PATH.1, &token);
    let expires_at = put(&mut tx, &account, &token, now).await?;
    let event = client.annotate(Event::of(Kind::ResetMade, id).by(actor));
    security_log::record(&mut tx, now, &event).await?;
    let location = format!("/api/admin/users/{id}");
    // Kept without the link, which is nowhere but with whoever asked.
    let kept = ResetLink { url: String::new(), expires_at };
    once.keep::<_, 201>(&mut tx, &administrator.0, location.clone(), &kept).await?;
    tx.commit().await?;
    let text = "An administrator made a link that sets a new password for your account. It works once, \
                within a day. If you did not ask for it, ask your administrator.";
    mail::send_security_notice(
        app,
        id,
        &account.email,
        "A link to reset your password was made",
        text,
    );
    tracing::info!(account = %id, by = %actor, "Made a reset link");
    Ok(Created::new(location, json(&ResetLink { url, expires_at })?))
}

fn json(link: &ResetLink) -> Result<String> {
    serde_json::to_string(link).map_err(|error| Error::Internal(error.into()))
}

fn conflict(detail: &str) -> Error {
    Error::conflict("conflict", detail)
}

/// Keeps `token` as the account's only one, within the caller's transaction, which holds the
/// account. Tells until when it is good.
pub(super) async fn put(
    tx: &mut Tx,
    account: &ManagedAccount,
    token: &str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    if account.disabled_at.is_some() {
        return Err(conflict("the account is disabled: enable it first"));
    }
    if account.email.is_empty() {
        return Err(conflict("the account has no e-mail address to sign in with"));
    }
    // Another account may have registered the address first: a password would open that one.
    let opened = admin::find_by_email(tx, &account.email.to_lowercase()).await?;
    if opened.is_none_or(|it| it.id != account.id) {
        return Err(conflict(
            "another account signs in with this e-mail address: a password would not open this one",
        ));
    }
    let expires_at = now + GOOD;
    store::delete_of(tx, account.id).await?;
    let mark = admin::password_fingerprint(tx, account.id).await?;
    store::insert(tx, &hash(token), account.id, expires_at, &mark).await?;
    Ok(expires_at)
}

/// The link that whoever runs the service gets for `account` at the command line.
pub(super) async fn make_by_command(
    app: &App,
    tx: &mut Tx,
    account: &ManagedAccount,
    token: &str,
) -> Result<ResetLink> {
    let now = app.clock.now();
    let expires_at = put(tx, account, token, now).await?;
    let event = Event::of(Kind::ResetMade, account.id).from_command_line();
    security_log::record(tx, now, &event).await?;
    Ok(ResetLink { url: Links::of(app).to(PATH.0, PATH.1, token), expires_at })
}

/// Whose password the link sets, if it is good: not once the password has been changed otherwise.
async fn find(tx: &mut Tx, token: &str, now: DateTime<Utc>) -> Result<Option<Uuid>> {
    let Some((account, mark)) = store::find(tx, &hash(token), now).await? else { return Ok(None) };
    Ok((admin::password_fingerprint(tx, account).await? == mark).then_some(account))
}

/// Refuses a link that is not good: one that is unknown, used or has ended looks the same.
pub(super) async fn look_up(app: &App, token: &str) -> Result<Uuid> {
    let found = find(&mut app.db.read().await?, token, app.clock.now()).await?;
    found.ok_or(Error::NotFound(GONE))
}

/// Sets the password that the link is for. Every session of the account ends, and its tokens are
/// revoked.
pub(super) async fn put_to_use(app: &App, reset: &Reset, client: &ClientInfo) -> Result<()> {
    let token = &reset.token.0;
    // Before the costly hash; what is found below decides.
    let account = look_up(app, token).await?;
    let password = admin::hash_password(app, account, &reset.password, client).await?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    // The account before its links, as everywhere: else two could wait for each other.
    admin::lock(&mut tx, account).await?;
    if find(&mut tx, token, now).await?.is_none() {
        return Err(Error::NotFound(GONE));
    }
    admin::set_password(&mut tx, account, password, now).await?;
    users::end_everything(&mut tx, account).await?;
    admin::start_review(&mut tx, account, now).await?;
    let email = admin::find(&mut tx, account).await?.email;
    let event = client.annotate(Event::of(Kind::ResetUsed, account));
    security_log::record(&mut tx, now, &event).await?;
    tx.commit().await?;
    admin::evict_cached(app, account).await;
    let text = "The password of your account was set with a reset link. Everybody was signed out, \
                and tokens and the calendar address ended.\n\n\
                Sign in to check what else can act for your account. If you did not set the password, \
                ask your administrator.";
    mail::send_security_notice(app, account, &email, "Your password was reset", text);
    tracing::info!(%account, "Set a password with a reset link");
    Ok(())
}
