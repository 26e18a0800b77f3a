//! Database queries for channels and messages. Every statement names the user, except for those
//! that encrypt or discard the secrets of all users.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::{Channel, ChannelId, ChannelKind, QueuedMessage};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    select, sql,
};

pub(super) async fn insert(tx: &mut Tx, user: &UserId, channel: &Channel) -> Result<()> {
    channel.insert(tx, user).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, user: &UserId, id: ChannelId) -> Result<Option<Channel>> {
    sql!(
        tx,
        fetch_optional,
        select!(Channel: "SELECT {*} FROM notification_channels WHERE user_id = $1 AND id = $2"),
        user.as_str(),
        id,
    )
}

/// Lists a page of the user's channels after the key `after`, newest first, plus one.
pub(super) async fn list(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, ChannelId),
    limit: Limit,
) -> Result<Vec<Channel>> {
    sql!(
        tx,
        fetch_all,
        select!(Channel: "SELECT {*} FROM notification_channels
         WHERE user_id = $1 AND (created_at, id) < ($2, $3)
         ORDER BY created_at DESC, id DESC
         LIMIT $4"),
        user.as_str(),
        after.0,
        after.1,
        limit.plus_one(),
    )
}

pub(super) async fn delete(tx: &mut Tx, user: &UserId, id: ChannelId) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM notification_channels WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )?;
    Ok(())
}

/// Deletes the channels of a kind. Returns their number.
pub(super) async fn delete_kind(tx: &mut Tx, user: &UserId, kind: ChannelKind) -> Result<u64> {
    sql!(
        tx,
        execute,
        "DELETE FROM notification_channels WHERE user_id = $1 AND kind = $2",
        user.as_str(),
        kind.as_str(),
    )
}

/// Lists the secrets that are not encrypted yet, with their channels and users.
pub(super) async fn list_unsealed(tx: &mut Tx) -> Result<Vec<(ChannelId, String, String)>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, user_id, secret FROM notification_channels WHERE secret IS NOT NULL",
    )
}

/// Replaces a plain-text secret with the encrypted one.
pub(super) async fn set_sealed(
    tx: &mut Tx,
    owner: &str,
    id: ChannelId,
    sealed_secret: &[u8],
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE notification_channels SET secret = NULL, sealed_secret = $3
         WHERE user_id = $1 AND id = $2",
        owner,
        id,
        sealed_secret,
    )?;
    Ok(())
}

pub(super) async fn count_sealed(tx: &mut Tx) -> Result<u64> {
    let (count,): (i64,) = sql!(
        tx,
        fetch_one,
        "SELECT COUNT(*) FROM notification_channels WHERE length(sealed_secret) > 0",
    )?;
    Ok(count.unsigned_abs())
}

/// Discards every encrypted secret. An empty secret remains, with which nothing can be sent:
/// without a secret, receivers could not distinguish messages from forgeries.
pub(super) async fn discard_sealed(tx: &mut Tx) -> Result<u64> {
    let empty: &[u8] = &[];
    sql!(
        tx,
        execute,
        "UPDATE notification_channels SET sealed_secret = $1 WHERE length(sealed_secret) > 0",
        empty,
    )
}

/// Records a test at `now`, unless the last one was after `before`. Returns whether it was
/// recorded.
pub(super) async fn record_test(
    tx: &mut Tx,
    user: &UserId,
    now: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sql!(
        tx,
        execute,
        "INSERT INTO notification_tests (user_id, tested_at)
         VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET tested_at = excluded.tested_at
           WHERE notification_tests.tested_at <= $3",
        user.as_str(),
        now,
        before,
    )?;
    Ok(inserted == 1)
}

/// Whether the message of the day exists.
pub(super) async fn exists_for_day(
    tx: &mut Tx,
    user: &UserId,
    channel: ChannelId,
    day: NaiveDate,
) -> Result<bool> {
    let (exists_for_day,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (
           SELECT 1 FROM notifications WHERE user_id = $1 AND channel_id = $2 AND day = $3
         )",
        user.as_str(),
        channel,
        day,
    )?;
    Ok(exists_for_day)
}

/// Creates the message of the day. Returns false if another instance has already created it.
pub(super) async fn create_for_day(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
    channel: ChannelId,
    day: NaiveDate,
) -> Result<bool> {
    let message = QueuedMessage { id, channel_id: channel, message: String::new(), attempts: 0 };
    Ok(message.insert(tx, user, day).await? == 1)
}

/// Deletes the messages of a channel from before `day`.
pub(super) async fn delete_before(
    tx: &mut Tx,
    user: &UserId,
    channel: ChannelId,
    day: NaiveDate,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM notifications WHERE user_id = $1 AND channel_id = $2 AND day < $3",
        user.as_str(),
        channel,
        day,
    )?;
    Ok(())
}

/// Records that an item is sent through a channel. Returns false if it was already sent.
pub(super) async fn record_item(
    tx: &mut Tx,
    user: &UserId,
    channel: ChannelId,
    item: Uuid,
    (status, due): (&str, &str),
) -> Result<bool> {
    let inserted = sql!(
        tx,
        execute,
        "INSERT INTO notified_items (channel_id, item_id, status, due, user_id)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (channel_id, item_id, status, due) DO NOTHING",
        channel,
        item,
        status,
        due,
        user.as_str(),
    )?;
    Ok(inserted == 1)
}

/// Sets the content of a message and queues it for delivery from `now` on.
pub(super) async fn set_message(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
    message: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE notifications SET message = $3, next_at = $4 WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
        message,
        now,
    )?;
    Ok(())
}

/// Lists the user's messages that are due for delivery.
pub(super) async fn list_queued(
    tx: &mut Tx,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<QueuedMessage>> {
    sql!(
        tx,
        fetch_all,
        select!(QueuedMessage: "SELECT {*} FROM notifications
         WHERE user_id = $1 AND next_at <= $2
         ORDER BY next_at
         LIMIT 100"),
        user.as_str(),
        now,
    )
}

/// Starts an attempt to deliver a message. Returns false if another instance has already started
/// it. The next attempt is at `next`, unless this one succeeds.
pub(super) async fn start_attempt(
    tx: &mut Tx,
    user: &UserId,
    message: &QueuedMessage,
    next: Option<DateTime<Utc>>,
) -> Result<bool> {
    let updated = sql!(
        tx,
        execute,
        "UPDATE notifications SET attempts = attempts + 1, next_at = $4
         WHERE user_id = $1 AND id = $2 AND attempts = $3 AND sent_at IS NULL",
        user.as_str(),
        message.id,
        message.attempts,
        next,
    )?;
    Ok(updated == 1)
}

pub(super) async fn set_sent(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE notifications SET sent_at = $3, next_at = NULL WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
        now,
    )?;
    Ok(())
}
