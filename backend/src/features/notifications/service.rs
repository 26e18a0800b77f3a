//! Channels: adding, listing, removing and trying them.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    guard,
    model::{Channel, ChannelId, Kind, Message, NewChannel, Tried},
    send, store,
};
use crate::{
    core::{
        App, Error, Result, UserId, db,
        error::Fault,
        http::{self, Created, Cursor, IfMatch, Limit, Once, Page},
    },
    features::accounts::User,
};

/// How many channels a user may have.
const MOST: u16 = 10;
/// How long a user waits between two tests.
const BETWEEN_TESTS: TimeDelta = TimeDelta::minutes(1);

/// A page of the user's channels, newest first.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    cursor: Option<&Cursor>,
    limit: Limit,
) -> Result<Page<Channel>> {
    let after = http::after(cursor)?;
    let after = (after.0, ChannelId(after.1));
    let rows = store::list(&mut app.db.read_for(user).await?, user, after, limit).await?;
    Ok(Page::of(rows, limit, |last| Cursor::at(last.created_at, &last.id)))
}

/// Adds a channel.
pub(super) async fn add(
    app: &App,
    user: &User,
    new: NewChannel,
    once: Once,
) -> Result<Created<Channel>> {
    let mut faults = new.faults();
    if new.kind == Kind::Mail && app.config.mail.url.is_none() {
        let why = "is not to be had: this service is not set up to send mail";
        faults.push(Fault::at("kind", why));
    }
    if let Some(address) = &new.address
        && let Ok(url) = url::Url::parse(&address.0)
        // A name server that is slow must not hold up other requests.
        && let Err(refused) =
            http::while_others_work(guard::check(&url, &app.config.notifications)).await
    {
        faults.push(Fault::at("address", why_refused(refused, user.0.is_admin)));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let now = app.clock.now();
    let channel = Channel {
        id: ChannelId(Uuid::now_v7()),
        kind: new.kind,
        address: new.address.map(|it| it.0).unwrap_or_default(),
        created_at: now,
        secret: new.secret.map(|it| it.0),
    };
    // Told by what is no secret.
    let once = once.about(&format!("{} {}", channel.kind.as_str(), channel.address));
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return Ok(before);
    }
    let limit = Limit::new(MOST);
    let after = (http::end_of_time(), ChannelId(Uuid::max()));
    if store::list(&mut tx, user, after, limit).await?.len() >= limit.rows() {
        let why = format!("you have {MOST} already: remove one first");
        return Err(Error::conflict("too-many", why));
    }
    if let Err(error) = store::insert(&mut tx, user, &channel).await {
        if !db::is_unique_violation(&error) {
            return Err(error.into());
        }
        let whom = if channel.kind == Kind::Mail { "by e-mail" } else { "there" };
        return Err(Error::conflict("duplicate", format!("you are told {whom} already")));
    }
    let location = format!("/api/notifications/channels/{}", channel.id);
    let created = once.keep(&mut tx, user, location, &channel).await?;
    tx.commit().await?;
    Ok(created)
}

/// What is wrong with an address, and who can change that.
fn why_refused(refused: guard::Refused, is_admin: bool) -> &'static str {
    match (refused, is_admin) {
        (guard::Refused::Private, true) => {
            "is in a private network or on this machine: set notifications.allow_private_addresses \
             to permit that"
        }
        (guard::Refused::Private, false) => {
            "is in a private network or on this machine, which is not permitted here: ask your \
             administrator"
        }
        (guard::Refused::Port, true) => "has a port that is not listed in notifications.ports",
        (guard::Refused::Port, false) => {
            "has a port that is not permitted here: ask your administrator"
        }
    }
}

/// The user's channel `id`.
pub(super) async fn find(app: &App, user: &UserId, id: ChannelId) -> Result<Channel> {
    let found = store::find(&mut app.db.read_for(user).await?, user, id).await?;
    found.ok_or(Error::NotFound("channel"))
}

/// Removes a channel, and what was waiting to be sent by it.
pub(super) async fn remove(
    app: &App,
    user: &UserId,
    id: ChannelId,
    if_match: &IfMatch,
) -> Result<()> {
    let mut tx = app.db.write_for(user).await?;
    let channel = store::find(&mut tx, user, id).await?.ok_or(Error::NotFound("channel"))?;
    if_match.check(&channel)?;
    store::delete(&mut tx, user, id).await?;
    tx.commit().await
}

/// Sends something by the channel now.
///
/// # Errors
/// Too many requests where the user had one of theirs tested less than a minute ago: whoever is
/// called may be a stranger.
pub(super) async fn test(app: &App, user: &User, id: ChannelId, base: &str) -> Result<Tried> {
    let channel = find(app, user, id).await?;
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if !store::note_test(&mut tx, user, now, now - BETWEEN_TESTS).await? {
        return Err(Error::TooManyRequests(BETWEEN_TESTS.num_seconds().unsigned_abs()));
    }
    tx.commit().await?;
    let message = Message {
        title: "A test of MotoVaultPro".to_owned(),
        text: "If you read this, what is due will be told here.".to_owned(),
        is_urgent: false,
        url: format!("{base}/maintenance"),
        items: serde_json::Value::Array(Vec::new()),
    };
    let sent = send::send(app, &channel, &user.0.email, Uuid::now_v7(), &message).await;
    Ok(Tried { is_sent: sent.is_ok(), problem: sent.err() })
}
