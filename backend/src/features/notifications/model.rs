//! Where somebody wants to be told, and what.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::{
        error::Fault,
        input::{Field, Given, Text},
        units::choice,
    },
    features::accounts::needs_review,
    input,
};

choice! {
    /// How somebody is told.
    Kind {
        /// By e-mail to the account's own address.
        Mail = "mail", "E-mail";
        /// By a signed JSON document.
        Webhook = "webhook", "Webhook";
        /// By a topic of an ntfy server's.
        Ntfy = "ntfy", "ntfy";
        /// By a Gotify server.
        Gotify = "gotify", "Gotify";
    }
}

/// Whether notifications are sent to a channel, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ChannelState")]
pub(super) enum State {
    /// They are sent.
    #[default]
    On,
    /// The owner has not confirmed the e-mail address yet.
    Unconfirmed,
    /// The password was reset, and the owner has not reviewed the channel since.
    Unreviewed,
}

impl State {
    /// As people read it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Unconfirmed => "Waiting until you confirm your address",
            Self::Unreviewed => "Waiting until you review it",
        }
    }
}

impl Channel {
    /// The channel with its state: mail waits for the address to be confirmed, and after a password
    /// reset everything waits for a review.
    pub(super) fn with_state(
        self,
        is_confirmed: bool,
        review_since: Option<DateTime<Utc>>,
    ) -> Self {
        let state = if needs_review(review_since, self.created_at) {
            State::Unreviewed
        } else if self.kind == Kind::Mail && !is_confirmed {
            State::Unconfirmed
        } else {
            State::On
        };
        Self { state, ..self }
    }
}

/// Names one channel.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub(super) struct ChannelId(pub(super) Uuid);

impl std::fmt::Display for ChannelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Where somebody wants to be told what is due.
#[derive(Debug, Clone, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NotificationChannel")]
pub(super) struct Channel {
    /// Its name in this service.
    pub(super) id: ChannelId,
    /// How they are told.
    #[sqlx(try_from = "String")]
    pub(super) kind: Kind,
    /// The web address; empty for mail.
    pub(super) address: String,
    /// When it was added.
    pub(super) created_at: DateTime<Utc>,
    /// Whether notifications are sent there, or why not.
    #[sqlx(skip)]
    pub(super) state: State,
    /// Never shown.
    #[serde(skip)]
    #[schemars(skip)]
    pub(super) sealed_secret: Option<Vec<u8>>,
}

/// A web address: `http` or `https`, with a host and without a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebAddress(pub(super) String);

impl Field for WebAddress {
    const IS_TEXT: bool = true;

    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(text) = Text::<2000>::read(given, today)?;
        let wrong = || "has to be a web address, such as https://example.org/hook".to_owned();
        let url = url::Url::parse(&text).map_err(|_| wrong())?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        let is_plain = url.username().is_empty() && url.password().is_none();
        if is_web && is_plain { Ok(Self(text)) } else { Err(wrong()) }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": 2000, "pattern": "^https?://[a-z0-9.-]+" })
    }
}

input! {
    /// Where somebody wants to be told what is due
    pub(super) struct NewChannel {
        /// How
        pub kind: Kind,
        /// The web address of a webhook, an ntfy topic or a Gotify server; mail has none
        pub address: Option<WebAddress>,
        /// What signs a webhook; the token of an ntfy server, if it wants one, or of a Gotify application
        pub secret: Option<Text<200>>,
    }
}

impl NewChannel {
    /// What is wrong with it as a whole.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let is_mail = self.kind == Kind::Mail;
        if self.address.is_some() == is_mail {
            let why = if is_mail { "is the account's own for mail" } else { "is required" };
            faults.push(Fault::at("address", why));
        }
        let needs_secret = matches!(self.kind, Kind::Webhook | Kind::Gotify);
        if needs_secret && self.secret.is_none() {
            faults.push(Fault::at("secret", "is required"));
        }
        if is_mail && self.secret.is_some() {
            faults.push(Fault::at("secret", "is of no use for mail"));
        }
        faults
    }
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// In a line.
    pub(super) title: String,
    /// In a few, one an item.
    pub(super) text: String,
    /// Whether anything is overdue.
    pub(super) is_urgent: bool,
    /// Where to read more.
    pub(super) url: String,
    /// The items, as `/api/maintenance/upcoming` lists them.
    pub(super) items: serde_json::Value,
}

/// What came of trying to tell somebody.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NotificationTest")]
pub(super) struct Tried {
    /// Whether it was taken.
    pub(super) is_sent: bool,
    /// Why not.
    pub(super) problem: Option<String>,
}
