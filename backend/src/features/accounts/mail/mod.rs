//! Mail to an account's address: confirming that the address is theirs, the links in messages, and how
//! many messages a day an account gets.

mod pages;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
pub(super) use pages::router as pages;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Arrival, UserId, session::Token};
use crate::{
    core::{
        App, Error, Result,
        db::Tx,
        http::Links,
        mail::{self, Mail},
    },
    features::security_log::{self, Event, Kind},
};

/// How many messages a day an account gets, whatever they are about.
const A_DAY: i32 = 20;
/// How many links to confirm an address may be open at once.
const OPEN_CONFIRMATIONS: i64 = 3;

/// What a link in a message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It confirms that the address is the account's.
    Confirm,
    /// It turns notifications by mail off.
    Unsubscribe,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// How long a link works.
    fn lasts(self) -> TimeDelta {
        match self {
            Self::Confirm => TimeDelta::days(2),
            Self::Unsubscribe => TimeDelta::days(90),
        }
    }
}

/// Counts a message to the account. Returns whether it may be sent: an account gets 20 a day (UTC).
///
/// # Errors
/// Unavailable where the database is away.
pub async fn count(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<bool> {
    Ok(store::count(tx, account, now.date_naive(), A_DAY).await?)
}

/// Makes a link for a message to the account, and returns its token.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn make_link(
    tx: &mut Tx,
    account: Uuid,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<String> {
    let token = Token::new()?;
    store::insert_link(tx, &token.hash(), account, purpose.as_str(), now + purpose.lasts()).await?;
    Ok(token.expose().to_owned())
}

/// Whose link a token belongs to.
#[derive(Debug)]
pub struct LinkOwner {
    /// The account.
    pub account: Uuid,
    /// Whose data the link may change.
    pub user: UserId,
}

/// Finds the account that a link was mailed to.
///
/// # Errors
/// `NotFound` where the link is unknown, has expired, or the account is disabled.
pub async fn find_link(
    tx: &mut Tx,
    token: &str,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<LinkOwner> {
    let hash = Sha256::digest(token).into();
    let found = store::find_link(tx, &hash, purpose.as_str(), now).await?;
    let (account, user) = found.ok_or(Error::NotFound("link, or it has expired"))?;
    Ok(LinkOwner { account, user: UserId::new(user) })
}

/// Whether the account's address is confirmed.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn is_confirmed(tx: &mut Tx, account: Uuid) -> Result<bool> {
    Ok(store::confirmed_at(tx, account).await?.is_some())
}

/// Notes that the account's address is theirs, such as by a provider's word.
pub(super) async fn set_confirmed(tx: &mut Tx, account: Uuid, now: DateTime<Utc>) -> Result<()> {
    Ok(store::confirm(tx, account, now).await?)
}

/// Mails the account a link that confirms its address. The message contains nothing that a user
/// typed: whoever entered the address may not own it.
///
/// # Errors
/// `TooManyRequests` where three links are open or the account got 20 messages today; Conflict where
/// the mail server does not take the message.
pub async fn send_confirmation(app: &App, account: Uuid, email: &str, base: &str) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let purpose = Purpose::Confirm;
    let open = store::count_links(&mut tx, account, purpose.as_str(), now).await?;
    if open >= OPEN_CONFIRMATIONS || !count(&mut tx, account, now).await? {
        let wait = purpose.lasts().num_seconds().unsigned_abs();
        return Err(Error::TooManyRequests(wait));
    }
    let token = make_link(&mut tx, account, purpose, now).await?;
    store::note_confirmation(&mut tx, account, now).await?;
    tx.commit().await?;
    let text = format!(
        "Somebody, probably you, wants notifications of MotoVaultPro at {base} sent to this address.\n\n\
         To confirm that the address is yours, open this link within two days:\n\n\
         {base}/mail/confirm?token={token}\n\n\
         If this was not you, ignore this message. Nothing else will be sent.\n"
    );
    let subject = "Confirm your e-mail address";
    let message = Mail { id: Uuid::now_v7(), to: email, subject, text: &text, unsubscribe: None };
    mail::send(app, &message).await.map_err(|why| Error::conflict("conflict", why))
}

/// Confirms the address that the link was mailed to.
async fn confirm(app: &App, token: &str, arrival: &Arrival) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let owner = find_link(&mut tx, token, Purpose::Confirm, now).await?;
    store::confirm(&mut tx, owner.account, now).await?;
    store::delete_links(&mut tx, owner.account, Purpose::Confirm.as_str()).await?;
    let event = Event::of(Kind::AddressConfirmed, owner.account);
    security_log::record(&mut tx, now, &arrival.mark(event)).await?;
    tx.commit().await?;
    tracing::info!(account = %owner.account, "Confirmed an e-mail address");
    Ok(())
}

/// Mails the account a security notice, in the background: a mail server that is slow or away does not
/// delay or fail what the notice is about. It is not one of the messages that an account gets at most a day:
/// whoever causes those could prevent the notice.
pub fn notify(app: &App, account: Uuid, email: &str, subject: &'static str, text: &str) {
    if app.config.mail.url.is_none() || email.is_empty() {
        return;
    }
    let (app, email) = (app.clone(), email.to_owned());
    let text = format!("{text}\n\n{}\n", Links::of(&app).base());
    tokio::spawn(async move {
        let sent = async {
            let message =
                Mail { id: Uuid::now_v7(), to: &email, subject, text: &text, unsubscribe: None };
            mail::send(&app, &message).await
        };
        if let Err(why) = sent.await {
            tracing::warn!(%account, why, subject, "Could not mail a security notice");
        }
    });
}

/// Deletes links that have expired.
pub(super) async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    Ok(store::delete_expired_links(tx, now).await?)
}
