//! The rules for channels, and their transactions.

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    guard,
    model::{Channel, ChannelId, ChannelKind, ChannelState, Message, NewChannel, SendResult},
    sealed, send, store,
};
use crate::{
    app::App,
    core::{
        Error, Result,
        db::{self, Tx},
        error::FieldError,
        feature::{GrantKind, GrantOwner, GrantSummary},
        http::{
            self, Created, Cursor, Idempotency, IfMatch, Limit, Links, NewestFirst, Page,
            SortKey as _,
        },
        locale,
    },
    features::{
        accounts::{
            ClientInfo, SessionUser, User,
            mail::{self, LinkPurpose},
        },
        security_log::{self, Event},
        sessions::has_recently_confirmed,
    },
    t,
};

/// The maximum number of channels per user.
const MAX_CHANNELS: u16 = 10;
/// The minimum time between two tests.
const BETWEEN_TESTS: TimeDelta = TimeDelta::minutes(1);

/// Lists a page of the user's channels, newest first.
pub(super) async fn list(
    app: &App,
    user: &User,
    cursor: Option<Cursor<NewestFirst<ChannelId>>>,
    limit: Limit,
) -> Result<Page<Channel>> {
    let after = Cursor::start(cursor);
    let mut tx = app.db.read_for(user).await?;
    let is_confirmed = mail::is_confirmed(&mut tx, user.0.account).await?;
    let rows = store::list(&mut tx, user, after, limit).await?;
    let state = |it: Channel| it.with_state(is_confirmed, user.0.review_since);
    let rows = rows.into_iter().map(state).collect();
    Ok(Page::new(rows, limit, |last| (last.created_at, last.id)))
}

/// Lists the user's channels for the review after a password reset.
pub(super) fn list_for_review<'a>(
    tx: &'a mut Tx,
    owner: GrantOwner<'a>,
) -> BoxFuture<'a, Result<Vec<GrantSummary>>> {
    Box::pin(async move {
        let channels = store::list(tx, owner.user, NewestFirst::last(), Limit::new(100)).await?;
        let grants = channels.into_iter().map(|it| {
            let name =
                if it.kind == ChannelKind::Mail { owner.email.to_owned() } else { it.address };
            let name = t!("notifications-grant", kind = it.kind.name(), address = name).to_string();
            let kind = GrantKind::NotificationChannel;
            GrantSummary { kind, id: it.id.0, name, created_at: it.created_at }
        });
        Ok(grants.collect())
    })
}

/// Adds a channel. Mail is sent only to a confirmed address: if it is not confirmed, a confirmation
/// link is mailed.
///
/// # Errors
/// `ConfirmationRequired` if the password was not entered within the last ten minutes, because a
/// channel sends the data of the user elsewhere.
pub(super) async fn add(
    app: &App,
    caller: &SessionUser,
    new: NewChannel,
    idempotency: Idempotency,
) -> Result<Created<Channel>> {
    let user = &caller.user;
    if !has_recently_confirmed(app, caller).await? {
        return Err(Error::ConfirmationRequired);
    }
    let mut faults = new.faults();
    if new.kind == ChannelKind::Mail && app.config.mail.url.is_none() {
        faults.push(FieldError::at("kind", t!("notifications-email-not-configured")));
    }
    if let Some(address) = &new.address
        && let Ok(url) = url::Url::parse(&address.0)
        // A slow DNS server must not block other requests.
        && let Err(denied) =
            http::yield_slot_while(guard::check(&url, &app.config.notifications)).await
    {
        faults.push(FieldError::at("address", describe_denied(denied, user.0.is_admin)));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let now = app.clock.now();
    let id = ChannelId(Uuid::now_v7());
    let secret = new.secret.as_ref().map(|it| sealed::seal(app.key()?, id, &it.0)).transpose()?;
    let address = new.address.as_ref().map(|it| it.0.clone()).unwrap_or_default();
    let channel = Channel { address, sealed_secret: secret, ..new.into_record(id, now) };
    // Identify the request by the parts that are not secret.
    let idempotency =
        idempotency.with_fingerprint_of(&format!("{} {}", channel.kind.as_str(), channel.address));
    let mut is_unconfirmed = false;
    let created = app
        .write_once(user, &idempotency, async |tx| {
            let limit = Limit::new(MAX_CHANNELS);
            if store::list(tx, user, NewestFirst::last(), limit).await?.len() >= limit.rows() {
                let why = t!("notifications-too-many", most = MAX_CHANNELS);
                return Err(Error::conflict("too-many", why));
            }
            if let Err(error) = store::insert(tx, user, &channel).await {
                if !db::is_unique_violation(&error) {
                    return Err(error.into());
                }
                let why = if channel.kind == ChannelKind::Mail {
                    t!("notifications-duplicate-email")
                } else {
                    t!("notifications-duplicate-address")
                };
                return Err(Error::conflict("duplicate", why));
            }
            let is_confirmed = mail::is_confirmed(tx, user.0.account).await?;
            let channel = channel.with_state(is_confirmed, None);
            record_event(tx, app, security_log::EventKind::ChannelAdded, (caller, &channel))
                .await?;
            is_unconfirmed = channel.state == ChannelState::Unconfirmed;
            Ok((format!("/api/notifications/channels/{}", channel.id), channel))
        })
        .await?;
    if is_unconfirmed {
        // The channel is added even if this fails; its page offers to send the link again.
        let (account, email) = (user.0.account, &user.0.email);
        // Not derived from the Host header: a forged one could point the link elsewhere.
        let links = Links::from_config(app);
        if let Err(error) = mail::send_confirmation(app, account, email, links.base()).await {
            tracing::warn!(%account, %error, "Could not mail a confirmation link");
        }
    }
    Ok(created)
}

/// Records in the security log that a channel was added or removed.
async fn record_event(
    tx: &mut Tx,
    app: &App,
    kind: security_log::EventKind,
    (caller, channel): (&SessionUser, &Channel),
) -> Result<()> {
    // Only the host: the URL may contain a secret.
    let host = url::Url::parse(&channel.address).ok();
    let host = host.as_ref().and_then(url::Url::host_str).unwrap_or_default();
    let detail = format!("{} {host}", channel.kind.name());
    let event = Event::for_account(kind, caller.user.0.account).with_detail(detail.trim());
    security_log::record(tx, app.clock.now(), &caller.client.annotate(event)).await
}

/// Mails the confirmation link for the address of the account again.
///
/// # Errors
/// `TooManyRequests` if three links are still valid; `Conflict` if the address is already confirmed
/// or the mail server rejects the message.
pub(super) async fn resend_confirmation(app: &App, user: &User) -> Result<()> {
    let account = user.0.account;
    if mail::is_confirmed(&mut app.db.read().await?, account).await? {
        return Err(Error::conflict("conflict", t!("notifications-already-confirmed")));
    }
    mail::send_confirmation(app, account, &user.0.email, Links::from_config(app).base()).await
}

/// Turns off notifications by mail for the owner of an unsubscribe link.
///
/// # Errors
/// `NotFound` if the link is unknown or has expired.
pub(super) async fn unsubscribe(app: &App, token: &str, client: &ClientInfo) -> Result<()> {
    let now = app.clock.now();
    let owner =
        mail::find_link(&mut app.db.read().await?, token, LinkPurpose::Unsubscribe, now).await?;
    app.write(&owner.user, async |tx| {
        if store::delete_kind(tx, &owner.user, ChannelKind::Mail).await? > 0 {
            let event = Event::for_account(security_log::EventKind::ChannelRemoved, owner.account);
            let event = event.with_detail(&t!("notifications-removed-by-link").to_string());
            security_log::record(tx, now, &client.annotate(event)).await?;
        }
        Ok(())
    })
    .await
}

/// Returns why an address is denied, and who can allow it.
fn describe_denied(denied: guard::Denied, is_admin: bool) -> locale::Message {
    match (denied, is_admin) {
        (guard::Denied::Private, true) => t!("notifications-field-private-setting"),
        (guard::Denied::Private, false) => t!("notifications-field-private"),
        (guard::Denied::Port, true) => t!("notifications-field-port-setting"),
        (guard::Denied::Port, false) => t!("notifications-field-port"),
    }
}

/// Returns the user's channel with this id.
pub(super) async fn find(app: &App, user: &User, id: ChannelId) -> Result<Channel> {
    let mut tx = app.db.read_for(user).await?;
    let is_confirmed = mail::is_confirmed(&mut tx, user.0.account).await?;
    let found = store::find(&mut tx, user, id)
        .await?
        .ok_or(Error::NotFound(t!("core-not-found-channel")))?;
    Ok(found.with_state(is_confirmed, user.0.review_since))
}

/// Removes a channel and its queued messages.
pub(super) async fn remove(
    app: &App,
    caller: &SessionUser,
    id: ChannelId,
    if_match: &IfMatch,
) -> Result<()> {
    let user = &caller.user;
    app.write(user, async |tx| {
        let is_confirmed = mail::is_confirmed(tx, user.0.account).await?;
        let channel = store::find(tx, user, id)
            .await?
            .ok_or(Error::NotFound(t!("core-not-found-channel")))?;
        let channel = channel.with_state(is_confirmed, user.0.review_since);
        if_match.check(&channel)?;
        store::delete(tx, user, id).await?;
        record_event(tx, app, security_log::EventKind::ChannelRemoved, (caller, &channel)).await?;
        Ok(())
    })
    .await
}

/// Sends a test message through a channel.
///
/// # Errors
/// `TooManyRequests` if the user tested a channel less than a minute ago, because the receiver may
/// be a third party.
pub(super) async fn test(app: &App, user: &User, id: ChannelId) -> Result<SendResult> {
    let channel = find(app, user, id).await?;
    let why = match channel.state {
        ChannelState::On => None,
        ChannelState::Unconfirmed => Some(t!("notifications-test-unconfirmed")),
        ChannelState::Unreviewed => Some(t!("notifications-test-unreviewed")),
    };
    if why.is_some() {
        return Ok(SendResult { is_sent: false, problem: why });
    }
    let now = app.clock.now();
    app.write(user, async |tx| {
        if !store::record_test(tx, user, now, now - BETWEEN_TESTS).await? {
            return Err(Error::TooManyRequests(BETWEEN_TESTS.num_seconds().unsigned_abs()));
        }
        Ok(())
    })
    .await?;
    let message = Message {
        title: t!("notifications-message-test").to_string(),
        text: t!("notifications-message-test-text").to_string(),
        is_urgent: false,
        url: format!("{}/maintenance", Links::from_config(app).base()),
        items: serde_json::Value::Array(Vec::new()),
    };
    let to = (user.0.account, user.0.email.as_str());
    let sent = send::send(app, &channel, to, Uuid::now_v7(), &message).await;
    Ok(SendResult { is_sent: sent.is_ok(), problem: sent.err() })
}
