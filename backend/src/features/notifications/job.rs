//! Telling everybody, in their morning, what is newly due soon or overdue: each item once by each
//! channel, however many instances of the service there are.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::{
    model::{Channel, ChannelId, Message, State},
    send, store,
};
use crate::{
    core::{
        App, Result, UserId,
        http::{self, Limit, Links},
    },
    features::{
        accounts::{Preferences, Recipient, list_recipients, mail},
        maintenance::{Status, Upcoming, due},
    },
};

/// How often it is looked whether it is somebody's morning.
const EVERY: Duration = Duration::from_mins(5);
/// The hours of the day, where the user is, in which messages are made.
const MORNING: std::ops::Range<u32> = 7..22;
/// How many people are told at once: one whose server hangs holds up nobody else.
const AT_ONCE: usize = 16;
/// How many items a text names.
const LINES: usize = 20;
/// How long it is known what was sent.
const KEPT: TimeDelta = TimeDelta::days(30);
/// After how many minutes a message that was not taken is tried again; then it is given up.
const AGAIN: [i64; 7] = [1, 5, 15, 60, 180, 360, 720];

/// Tells everybody every few minutes, until it is dropped.
pub async fn run(app: App) {
    let mut times = tokio::time::interval(EVERY);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        if let Err(error) = work(&app).await {
            tracing::warn!(%error, "Could not notify");
        }
    }
}

/// Makes and sends what is to be told now; how many messages were taken.
///
/// # Errors
/// Unavailable where the database is away.
pub(super) async fn work(app: &App) -> Result<u64> {
    let (mut after, mut sent) = (Uuid::nil(), 0);
    loop {
        let some = list_recipients(app, after).await?;
        let Some(last) = some.last() else { return Ok(sent) };
        after = last.account;
        let telling = some.into_iter().map(|recipient| tell_one(app.clone(), recipient));
        let mut telling = stream::iter(telling).buffer_unordered(AT_ONCE);
        while let Some(told) = telling.next().await {
            sent += told;
        }
    }
}

/// As [`tell`]; one who cannot be told keeps nobody else from it.
async fn tell_one(app: App, recipient: Recipient) -> u64 {
    tell(&app, &recipient).await.unwrap_or_else(|error| {
        tracing::warn!(account = %recipient.account, %error, "Could not notify");
        0
    })
}

async fn tell(app: &App, recipient: &Recipient) -> Result<u64> {
    let user = &recipient.user;
    let every = (http::end_of_time(), ChannelId(Uuid::max()));
    let channels =
        store::list(&mut app.db.read_for(user).await?, user, every, Limit::new(100)).await?;
    let state = |it: Channel| it.with_state(recipient.has_confirmed_email, recipient.review_since);
    let channels: Vec<_> = channels.into_iter().map(state).collect();
    ask_to_confirm(app, recipient, &channels).await;
    let channels: Vec<_> = channels.into_iter().filter(|it| it.state == State::On).collect();
    if channels.is_empty() {
        return Ok(0);
    }
    let (now, preferences) = (app.clock.now(), recipient.preferences(app).await?);
    if MORNING.contains(&preferences.local_hour(now)) {
        let day = preferences.today(now);
        for channel in &channels {
            make(app, (user, &preferences), channel, (day, now)).await?;
        }
    }
    send_waiting(app, recipient, &channels, now).await
}

/// Mails the link to confirm an address once, where mail was turned on before addresses had to be
/// confirmed.
async fn ask_to_confirm(app: &App, recipient: &Recipient, channels: &[Channel]) {
    let waits = channels.iter().any(|it| it.state == State::Unconfirmed);
    if !waits || recipient.was_confirmation_sent || app.config.mail.url.is_none() {
        return;
    }
    let base = Links::of(app);
    let (account, email) = (recipient.account, &recipient.email);
    if let Err(error) = mail::send_confirmation(app, account, email, base.base()).await {
        tracing::warn!(%account, %error, "Could not mail a link to confirm an address");
    }
}

/// Makes the day's message for a channel, unless it was made.
async fn make(
    app: &App,
    (user, preferences): (&UserId, &Preferences),
    channel: &Channel,
    (day, now): (NaiveDate, DateTime<Utc>),
) -> Result<()> {
    if store::is_begun(&mut app.db.read_for(user).await?, user, channel.id, day).await? {
        return Ok(());
    }
    let mut all = due(app, user, day).await?;
    all.retain(|it| it.status != Status::Upcoming);
    let id = Uuid::now_v7();
    let mut tx = app.db.write_for(user).await?;
    if !store::begin(&mut tx, user, id, channel.id, day).await? {
        return Ok(());
    }
    store::forget(&mut tx, user, channel.id, day - KEPT).await?;
    let mut fresh = Vec::new();
    for upcoming in all {
        let status = match upcoming.status {
            Status::Overdue => "overdue",
            _ => "due-soon",
        };
        let date = upcoming.item.due_date.map(|it| it.to_string()).unwrap_or_default();
        let mileage = upcoming.item.due_mileage.map(|it| it.to_string()).unwrap_or_default();
        let at = format!("{date} {mileage}");
        let told = (status, at.as_str());
        if store::note(&mut tx, user, channel.id, upcoming.item.id.0, told).await? {
            fresh.push(upcoming);
        }
    }
    if !fresh.is_empty() {
        let message = message(app, preferences, &fresh);
        let text = serde_json::to_string(&message)
            .map_err(|error| crate::core::Error::Internal(error.into()))?;
        store::write(&mut tx, user, id, &text, now).await?;
    }
    tx.commit().await
}

/// What is told of these items.
fn message(app: &App, preferences: &Preferences, items: &[Upcoming]) -> Message {
    let shown = preferences.display_units();
    let overdue = items.iter().filter(|it| it.status == Status::Overdue).count();
    let soon = items.len() - overdue;
    let title = match (overdue, soon) {
        (0, 1) => "1 thing is due soon".to_owned(),
        (0, soon) => format!("{soon} things are due soon"),
        (overdue, 0) => format!("{overdue} overdue"),
        (overdue, soon) => format!("{overdue} overdue, {soon} due soon"),
    };
    let line = |it: &Upcoming| it.in_words(&it.vehicle.name, &shown);
    let mut lines: Vec<_> = items.iter().take(LINES).map(line).collect();
    if items.len() > LINES {
        lines.push(format!("and {} more", items.len() - LINES));
    }
    Message {
        title: format!("Maintenance: {title}"),
        text: lines.join("\n"),
        is_urgent: overdue > 0,
        url: format!("{}/maintenance", Links::of(app).base()),
        items: serde_json::to_value(items).unwrap_or_default(),
    }
}

/// Sends what waits for it: each message by the instance that takes it.
async fn send_waiting(
    app: &App,
    recipient: &Recipient,
    channels: &[Channel],
    now: DateTime<Utc>,
) -> Result<u64> {
    let (user, to) = (&recipient.user, (recipient.account, recipient.email.as_str()));
    let waiting = store::waiting(&mut app.db.read_for(user).await?, user, now).await?;
    let mut sent = 0;
    for waiting in waiting {
        let Some(channel) = channels.iter().find(|it| it.id == waiting.channel_id) else {
            continue;
        };
        let attempt = usize::try_from(waiting.attempts).unwrap_or_default();
        let next = AGAIN.get(attempt).map(|minutes| now + TimeDelta::minutes(*minutes));
        let mut tx = app.db.write_for(user).await?;
        let is_taken = store::take(&mut tx, user, &waiting, next).await?;
        tx.commit().await?;
        let Ok(message) = serde_json::from_str::<Message>(&waiting.message) else { continue };
        if !is_taken {
            continue;
        }
        match send::send(app, channel, to, waiting.id, &message).await {
            Ok(()) => {
                let mut tx = app.db.write_for(user).await?;
                store::set_sent(&mut tx, user, waiting.id, app.clock.now()).await?;
                tx.commit().await?;
                sent += 1;
            }
            Err(problem) => {
                let channel = channel.id;
                tracing::info!(%channel, problem, attempt, "A notification was not taken");
            }
        }
    }
    Ok(sent)
}
