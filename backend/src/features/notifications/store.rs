//! Channels and messages in the database. Every statement names the user it is for, except for those
//! that seal or discard the secrets of all users.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::model::{Channel, ChannelId, Kind};
use crate::{
    core::{UserId, db::Tx, http::Limit},
    sql,
};

pub(super) async fn insert(tx: &mut Tx, user: &UserId, channel: &Channel) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO notification_channels (id, user_id, kind, address, sealed_secret, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        channel.id,
        user.as_str(),
        channel.kind.as_str(),
        &channel.address,
        &channel.sealed_secret,
        channel.created_at,
    )?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, user: &UserId, id: ChannelId) -> Result<Option<Channel>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT * FROM notification_channels WHERE user_id = $1 AND id = $2",
        user.as_str(),
        id,
    )
}

/// At most a page of the user's channels after the key `after`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    user: &UserId,
    after: (DateTime<Utc>, ChannelId),
    limit: Limit,
) -> Result<Vec<Channel>> {
    sql!(
        tx,
        fetch_all,
        "SELECT * FROM notification_channels
         WHERE user_id = $1 AND (created_at, id) < ($2, $3)
         ORDER BY created_at DESC, id DESC
         LIMIT $4",
        user.as_str(),
        after.0,
        after.1,
        limit.and_one(),
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

/// Deletes the user's channels of a kind. Returns how many there were.
pub(super) async fn delete_kind(tx: &mut Tx, user: &UserId, kind: Kind) -> Result<u64> {
    sql!(
        tx,
        execute,
        "DELETE FROM notification_channels WHERE user_id = $1 AND kind = $2",
        user.as_str(),
        kind.as_str(),
    )
}

/// The secrets that are not sealed yet, with their channels and the users that these are of.
pub(super) async fn list_unsealed(tx: &mut Tx) -> Result<Vec<(ChannelId, String, String)>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, user_id, secret FROM notification_channels WHERE secret IS NOT NULL",
    )
}

/// Stores a secret that was not sealed.
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

/// Discards every sealed secret. An empty one is left, which nothing can be sent with: a channel
/// without a secret could send what its receiver cannot tell from a forgery.
pub(super) async fn discard_sealed(tx: &mut Tx) -> Result<u64> {
    let empty: &[u8] = &[];
    sql!(
        tx,
        execute,
        "UPDATE notification_channels SET sealed_secret = $1 WHERE length(sealed_secret) > 0",
        empty,
    )
}

/// Notes that the user has a channel tested at `now`; whether the last time was before `before`.
pub(super) async fn note_test(
    tx: &mut Tx,
    user: &UserId,
    now: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<bool> {
    let noted = sql!(
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
    Ok(noted == 1)
}

/// Whether the day's message to a channel was begun.
pub(super) async fn is_begun(
    tx: &mut Tx,
    user: &UserId,
    channel: ChannelId,
    day: NaiveDate,
) -> Result<bool> {
    let (is_begun,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (
           SELECT 1 FROM notifications WHERE user_id = $1 AND channel_id = $2 AND day = $3
         )",
        user.as_str(),
        channel,
        day,
    )?;
    Ok(is_begun)
}

/// Begins the day's message to a channel; whether nobody else had.
pub(super) async fn begin(
    tx: &mut Tx,
    user: &UserId,
    id: Uuid,
    channel: ChannelId,
    day: NaiveDate,
) -> Result<bool> {
    let begun = sql!(
        tx,
        execute,
        "INSERT INTO notifications (id, user_id, channel_id, day, message, attempts)
         VALUES ($1, $2, $3, $4, '', 0)
         ON CONFLICT (channel_id, day) DO NOTHING",
        id,
        user.as_str(),
        channel,
        day,
    )?;
    Ok(begun == 1)
}

/// Forgets a channel's messages of days before `day`.
pub(super) async fn forget(
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

/// Notes that a channel is told of an item; whether it had not been.
pub(super) async fn note(
    tx: &mut Tx,
    user: &UserId,
    channel: ChannelId,
    item: Uuid,
    (status, due): (&str, &str),
) -> Result<bool> {
    let noted = sql!(
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
    Ok(noted == 1)
}

/// Writes what the message says, to be sent from `now` on.
pub(super) async fn write(
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

/// A message that is to be sent.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Waiting {
    pub(super) id: Uuid,
    pub(super) channel_id: ChannelId,
    pub(super) message: String,
    pub(super) attempts: i32,
}

/// The user's messages that are to be sent by `now`.
pub(super) async fn waiting(
    tx: &mut Tx,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Waiting>> {
    sql!(
        tx,
        fetch_all,
        "SELECT id, channel_id, message, attempts FROM notifications
         WHERE user_id = $1 AND next_at <= $2
         ORDER BY next_at
         LIMIT 100",
        user.as_str(),
        now,
    )
}

/// Takes a message for sending; whether no other instance has. It is tried again at `next`, unless
/// it is sent before.
pub(super) async fn take(
    tx: &mut Tx,
    user: &UserId,
    waiting: &Waiting,
    next: Option<DateTime<Utc>>,
) -> Result<bool> {
    let taken = sql!(
        tx,
        execute,
        "UPDATE notifications SET attempts = attempts + 1, next_at = $4
         WHERE user_id = $1 AND id = $2 AND attempts = $3 AND sent_at IS NULL",
        user.as_str(),
        waiting.id,
        waiting.attempts,
        next,
    )?;
    Ok(taken == 1)
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
