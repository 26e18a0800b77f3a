//! Notifies every user in the morning about items that are newly due soon or overdue. Each item is
//! sent once per channel, even with several instances of the service.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::{
    model::{Channel, ChannelState, Message},
    send, store,
};
use crate::{
    app::App,
    core::{
        Result, UserId,
        http::{Limit, Links, NewestFirst, SortKey as _},
        locale::{self, Locale},
    },
    features::{
        accounts::{Preferences, Recipient, list_recipients, mail},
        maintenance::{DueStatus, Upcoming, list_upcoming},
    },
    t,
};

/// How often the job runs.
const INTERVAL: Duration = Duration::from_mins(5);
/// The hours in the time zone of the user during which new messages are created.
const MORNING: std::ops::Range<u32> = 7..22;
/// The number of users to notify concurrently, so that a hanging server does not delay other users.
const CONCURRENCY: usize = 16;
/// The maximum number of items listed in a message.
const MAX_ITEMS: usize = 20;
/// How long messages are retained.
const RETENTION: TimeDelta = TimeDelta::days(30);
/// The delays in minutes before each retry of a failed delivery. After the last one, the message is
/// given up.
const RETRY_MINUTES: [i64; 7] = [1, 5, 15, 60, 180, 360, 720];

/// Notifies all users every few minutes, until the future is dropped.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = run_once(&app).await {
            tracing::warn!(%error, "Could not notify users");
        }
    }
}

/// Creates and sends the messages that are due now. Returns the number of messages delivered.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn run_once(app: &App) -> Result<u64> {
    let (mut after, mut sent) = (Uuid::nil(), 0);
    loop {
        let batch = list_recipients(app, after).await?;
        let Some(last) = batch.last() else { return Ok(sent) };
        after = last.account;
        let notifying = batch.into_iter().map(|recipient| notify_one(app.clone(), recipient));
        let mut notifying = stream::iter(notifying).buffer_unordered(CONCURRENCY);
        while let Some(count) = notifying.next().await {
            sent += count;
        }
    }
}

/// Calls [`notify`], and logs an error so that other users are still notified.
async fn notify_one(app: App, recipient: Recipient) -> u64 {
    Box::pin(notify(&app, &recipient)).await.unwrap_or_else(|error| {
        tracing::warn!(account = %recipient.account, %error, "Could not notify user");
        0
    })
}

async fn notify(app: &App, recipient: &Recipient) -> Result<u64> {
    let user = &recipient.user;
    let newest = NewestFirst::last();
    let channels =
        store::list(&mut app.db.read_for(user).await?, user, newest, Limit::new(100)).await?;
    let state = |it: Channel| it.with_state(recipient.has_confirmed_email, recipient.review_since);
    let channels: Vec<_> = channels.into_iter().map(state).collect();
    if channels.is_empty() {
        return Ok(0);
    }
    let preferences = recipient.preferences(app).await?;
    let locale = preferences.chosen_locale().unwrap_or(Locale::EnUs);
    Box::pin(locale::scope(locale, notify_through(app, recipient, &preferences, channels))).await
}

/// Queues and sends the messages for these channels, in the current locale.
async fn notify_through(
    app: &App,
    recipient: &Recipient,
    preferences: &Preferences,
    channels: Vec<Channel>,
) -> Result<u64> {
    send_confirmation_link(app, recipient, &channels).await;
    let channels: Vec<_> = channels.into_iter().filter(|it| it.state == ChannelState::On).collect();
    if channels.is_empty() {
        return Ok(0);
    }
    let now = app.clock.now();
    if MORNING.contains(&preferences.local_hour(now)) {
        let day = preferences.today(now);
        for channel in &channels {
            queue_message(app, (&recipient.user, preferences), channel, (day, now)).await?;
        }
    }
    send_queued(app, recipient, &channels, now).await
}

/// Mails a confirmation link once to users who enabled mail before addresses had to be confirmed.
async fn send_confirmation_link(app: &App, recipient: &Recipient, channels: &[Channel]) {
    let waits = channels.iter().any(|it| it.state == ChannelState::Unconfirmed);
    if !waits || recipient.was_confirmation_sent || app.config.mail.url.is_none() {
        return;
    }
    let base = Links::from_config(app);
    let (account, email) = (recipient.account, &recipient.email);
    if let Err(error) = mail::send_confirmation(app, account, email, base.base()).await {
        tracing::warn!(%account, %error, "Could not mail a confirmation link");
    }
}

/// Creates the day's message for a channel, unless it exists.
async fn queue_message(
    app: &App,
    (user, preferences): (&UserId, &Preferences),
    channel: &Channel,
    (day, now): (NaiveDate, DateTime<Utc>),
) -> Result<()> {
    if store::exists_for_day(&mut app.db.read_for(user).await?, user, channel.id, day).await? {
        return Ok(());
    }
    let mut all = list_upcoming(app, user, day).await?;
    all.retain(|it| it.status != DueStatus::Upcoming);
    let id = Uuid::now_v7();
    app.write(user, async |tx| {
        if !store::create_for_day(tx, user, id, channel.id, day).await? {
            return Ok(());
        }
        store::delete_before(tx, user, channel.id, day - RETENTION).await?;
        let mut new_items = Vec::new();
        for upcoming in all {
            let status = match upcoming.status {
                DueStatus::Overdue => "overdue",
                _ => "due-soon",
            };
            let date = upcoming.item.due_date.map(|it| it.to_string()).unwrap_or_default();
            let mileage = upcoming.item.due_mileage.map(|it| it.to_string()).unwrap_or_default();
            let at = format!("{date} {mileage}");
            let state = (status, at.as_str());
            if store::record_item(tx, user, channel.id, upcoming.item.id.0, state).await? {
                new_items.push(upcoming);
            }
        }
        if !new_items.is_empty() {
            let message = build_message(app, preferences, &new_items);
            let text = serde_json::to_string(&message)
                .map_err(|error| crate::core::Error::Internal(error.into()))?;
            store::set_message(tx, user, id, &text, now).await?;
        }
        Ok(())
    })
    .await
}

/// Builds the message about these items.
fn build_message(app: &App, preferences: &Preferences, items: &[Upcoming]) -> Message {
    let units = preferences.display_units();
    let overdue = items.iter().filter(|it| it.status == DueStatus::Overdue).count();
    let soon = items.len() - overdue;
    let title = match (overdue, soon) {
        (0, soon) => t!("notifications-message-due-soon", soon = soon),
        (overdue, 0) => t!("notifications-message-overdue", overdue = overdue),
        (overdue, soon) => {
            t!("notifications-message-overdue-and-due-soon", overdue = overdue, soon = soon)
        }
    };
    let line = |it: &Upcoming| it.describe(&it.vehicle.name, &units);
    let mut lines: Vec<_> = items.iter().take(MAX_ITEMS).map(line).collect();
    if items.len() > MAX_ITEMS {
        lines.push(t!("notifications-message-more", count = items.len() - MAX_ITEMS).to_string());
    }
    Message {
        title: title.to_string(),
        text: lines.join("\n"),
        is_urgent: overdue > 0,
        url: format!("{}/maintenance", Links::from_config(app).base()),
        items: serde_json::to_value(items).unwrap_or_default(),
    }
}

/// Sends the queued messages. Only one instance attempts each of them.
async fn send_queued(
    app: &App,
    recipient: &Recipient,
    channels: &[Channel],
    now: DateTime<Utc>,
) -> Result<u64> {
    let (user, to) = (&recipient.user, (recipient.account, recipient.email.as_str()));
    let queued = store::list_queued(&mut app.db.read_for(user).await?, user, now).await?;
    let mut sent = 0;
    for entry in queued {
        let Some(channel) = channels.iter().find(|it| it.id == entry.channel_id) else {
            continue;
        };
        let attempt = usize::try_from(entry.attempts).unwrap_or_default();
        let next = RETRY_MINUTES.get(attempt).map(|minutes| now + TimeDelta::minutes(*minutes));
        let is_started = app
            .write(user, async |tx| Ok(store::start_attempt(tx, user, &entry, next).await?))
            .await?;
        let Ok(message) = serde_json::from_str::<Message>(&entry.message) else { continue };
        if !is_started {
            continue;
        }
        match send::send(app, channel, to, entry.id, &message).await {
            Ok(()) => {
                app.write(user, async |tx| {
                    Ok(store::set_sent(tx, user, entry.id, app.clock.now()).await?)
                })
                .await?;
                sent += 1;
            }
            Err(problem) => {
                let (channel, problem) = (channel.id, problem.text_in(Locale::EnUs));
                tracing::info!(%channel, problem, attempt, "Notification was not delivered");
            }
        }
    }
    Ok(sent)
}
