//! Email to account addresses: address confirmation, links in messages, and the daily limit of messages.

mod pages;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
pub(super) use pages::router as pages;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{ClientInfo, Token, user::user_id};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::Links,
        locale::{Locale, Message},
        mail::{self, Mail},
    },
    features::security_log::{self, Event, EventKind},
    t,
};

/// The maximum number of messages to an account per day, security notices excluded.
const MAX_MESSAGES_PER_DAY: i32 = 20;
/// The maximum number of an account's valid confirmation links.
const MAX_OPEN_CONFIRMATIONS: i64 = 3;

/// The purpose of a link in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Confirms that the address belongs to the user.
    Confirm,
    /// Turns off notifications by email.
    Unsubscribe,
}

impl LinkPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// How long a link is valid.
    fn lifetime(self) -> TimeDelta {
        match self {
            Self::Confirm => TimeDelta::days(2),
            Self::Unsubscribe => TimeDelta::days(90),
        }
    }
}

/// Counts a message to the account. Returns false if the limit of 20 messages per day (UTC) is reached.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn count_message(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<bool> {
    Ok(store::count_message(tx, account, now.date_naive(), MAX_MESSAGES_PER_DAY).await?)
}

/// Creates a link for a message to the account, and returns its token.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn create_link(
    tx: &mut Tx,
    account: Uuid,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<String> {
    let token = Token::new()?;
    store::insert_link(tx, &token.hash(), account, purpose.as_str(), now + purpose.lifetime())
        .await?;
    Ok(token.expose().to_owned())
}

/// The account that a link was sent to.
#[derive(Debug)]
pub struct LinkOwner {
    /// The account.
    pub account: Uuid,
    /// The user whose data the link may change.
    pub user: UserId,
}

/// Finds the account that a link was sent to.
///
/// # Errors
/// `NotFound` if the link is unknown or has expired, or if the account is disabled.
pub async fn find_link(
    tx: &mut Tx,
    token: &str,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<LinkOwner> {
    let hash = Sha256::digest(token).into();
    let found = store::find_link(tx, &hash, purpose.as_str(), now).await?;
    let (account, user) = found.ok_or(Error::NotFound(t!("core-not-found-link")))?;
    Ok(LinkOwner { account, user: user_id(&user) })
}

/// Whether the account's address is confirmed.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn is_confirmed(tx: &mut Tx, account: Uuid) -> Result<bool> {
    Ok(store::find_confirmed_at(tx, account).await?.is_some())
}

/// Marks the account's address as confirmed, for example because an OpenID provider has verified it.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn mark_confirmed(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    Ok(store::mark_confirmed(tx, account, now).await?)
}

/// Sends a link that confirms the account's address. The message contains no text that a user entered,
/// since the user may have entered someone else's address.
///
/// # Errors
/// `TooManyRequests` if three links are still valid or the daily limit of messages is reached; Conflict
/// if the mail server rejects the message.
pub async fn send_confirmation(app: &App, account: Uuid, email: &str, base: &str) -> Result<()> {
    let now = app.clock.now();
    let token = app
        .transaction(async |tx| {
            let purpose = LinkPurpose::Confirm;
            let open = store::count_links(tx, account, purpose.as_str(), now).await?;
            if open >= MAX_OPEN_CONFIRMATIONS || !count_message(tx, account, now).await? {
                let wait = purpose.lifetime().num_seconds().unsigned_abs();
                return Err(Error::TooManyRequests(wait));
            }
            let token = create_link(tx, account, purpose, now).await?;
            store::record_confirmation_sent(tx, account, now).await?;
            Ok(token)
        })
        .await?;
    let link = format!("{base}/mail/confirm?token={token}");
    let text = format!("{}\n", t!("accounts-mail-confirm-text", base = base, link = link));
    let subject = &t!("accounts-mail-confirm-subject").to_string();
    let message = Mail { id: Uuid::now_v7(), to: email, subject, text: &text, unsubscribe: None };
    mail::send(app, &message).await.map_err(|why| Error::conflict("conflict", why))
}

/// Confirms the address that the link was sent to.
async fn confirm(app: &App, token: &str, client: &ClientInfo) -> Result<()> {
    let now = app.clock.now();
    let owner = app
        .transaction(async |tx| {
            let owner = find_link(tx, token, LinkPurpose::Confirm, now).await?;
            store::mark_confirmed(tx, owner.account, now).await?;
            store::delete_links(tx, owner.account, LinkPurpose::Confirm.as_str()).await?;
            let event = Event::for_account(EventKind::EmailConfirmed, owner.account);
            security_log::record(tx, now, &client.annotate(event)).await?;
            Ok(owner)
        })
        .await?;
    tracing::info!(account = %owner.account, "Confirmed an email address");
    Ok(())
}

/// Sends a security notice in the background, so that a slow or unavailable mail server does not delay
/// the action or make it fail. The notice does not count toward the daily limit: otherwise an attacker
/// could suppress it by triggering other messages. It is in the language of the account's user.
pub fn send_security_notice(
    app: &App,
    account: Uuid,
    email: &str,
    subject: Message,
    text: Message,
) {
    if app.config.mail.url.is_none() || email.is_empty() {
        return;
    }
    let (app, email) = (app.clone(), email.to_owned());
    tokio::spawn(async move {
        // The notice is more important than its language.
        let locale = find_locale(&app, account).await.ok().flatten().unwrap_or(Locale::EnUs);
        let text = format!("{}\n\n{}\n", text.text_in(locale), Links::from_config(&app).base());
        let subject = &subject.text_in(locale);
        let message =
            Mail { id: Uuid::now_v7(), to: &email, subject, text: &text, unsubscribe: None };
        if let Err(why) = mail::send(&app, &message).await {
            tracing::warn!(%account, %why, subject, "Could not send a security notice");
        }
    });
}

/// The language that the account's user chose, if any.
async fn find_locale(app: &App, account: Uuid) -> Result<Option<Locale>> {
    let Some(user) = store::find_user(&mut app.db.read().await?, account).await? else {
        return Ok(None);
    };
    let user = user_id(&user);
    let mut tx = app.db.read_for(&user).await?;
    let preferences = super::store::find_preferences(&mut tx, &user).await?;
    Ok(preferences.and_then(|it| it.chosen_locale()))
}

/// Deletes links that have expired.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_expired_links(tx, now).await?)
}
