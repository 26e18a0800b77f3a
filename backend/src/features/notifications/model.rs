//! Notification channels and messages.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::{
        error::FieldError,
        input::{Field, FieldValue, Text},
        locale,
        units::text_enum,
        web,
    },
    features::accounts::needs_review,
    id, record, t,
};

text_enum! {
    /// The kind of a notification channel.
    ChannelKind {
        /// Email to the address of the account.
        Mail = "mail", "notifications-kind-mail";
        /// A webhook, which gets a signed JSON document.
        Webhook = "webhook", "notifications-kind-webhook";
        /// A topic of an ntfy server.
        Ntfy = "ntfy", "notifications-kind-ntfy";
        /// A Gotify server.
        Gotify = "gotify", "notifications-kind-gotify";
    }
}

impl ChannelKind {
    /// Its name.
    pub(super) fn name(self) -> locale::Message {
        locale::Message::plain(self.label())
    }

    /// Every kind: the stored text and the name.
    pub(super) fn names() -> Vec<(&'static str, locale::Message)> {
        let name = |id: &'static str| locale::Message::plain(id);
        Self::ALL.iter().map(|&(kind, id)| (kind, name(id))).collect()
    }
}

/// Whether notifications are sent to a channel, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ChannelState {
    /// Notifications are sent.
    #[default]
    On,
    /// The email address is not confirmed yet.
    Unconfirmed,
    /// The password was reset, and the channel has not been reviewed since.
    Unreviewed,
}

impl Channel {
    /// Sets the state: mail waits until the address is confirmed, and after a password reset every
    /// channel waits for a review.
    pub(super) fn with_state(
        self,
        is_confirmed: bool,
        review_since: Option<DateTime<Utc>>,
    ) -> Self {
        let state = if needs_review(review_since, self.created_at) {
            ChannelState::Unreviewed
        } else if self.kind == ChannelKind::Mail && !is_confirmed {
            ChannelState::Unconfirmed
        } else {
            ChannelState::On
        };
        Self { state, ..self }
    }
}

id! {
    /// The id of a channel.
    pub(super) ChannelId
}

record! {
    /// A channel for notifications about upcoming maintenance.
    #[derive(Debug, Clone, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[schemars(rename = "NotificationChannel")]
    pub(super) struct Channel {
        /// The id of the channel.
        pub(super) id: ChannelId {
            start id;
            once id;
        }
        /// The kind of the channel.
        pub(super) kind: ChannelKind {
            once kind;
            input required ChannelKind;
        }
        /// The URL; empty for mail.
        pub(super) address: String {
            once address;
            given optional WebAddress,
                new "The URL of a webhook, an ntfy topic or a Gotify server; omitted for mail";
        }
        /// When the channel was added.
        pub(super) created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// Whether notifications are sent to the channel, or why not.
        pub(super) state: ChannelState {}
        /// The secret, encrypted with the service key. It is never returned.
        pub(super) sealed_secret: Option<Vec<u8>> {
            serde(skip);
            once sealed_secret;
        }
    }
    table "notification_channels" of user by id as channel;
    insert(pub(super));
    new {
        /// A new notification channel
        pub(super) struct NewChannel(id: ChannelId, now: DateTime<Utc>) {
            /// The key that signs webhook requests, the token of a Gotify application, or the access
            /// token of an ntfy server, if it needs one
            secret: Option<Text<200>>,
        }
    }
}

record! {
    /// The message of a day for one channel, which is delivered until it is sent.
    #[derive(Debug)]
    pub(super) struct QueuedMessage {
        /// The id of the message.
        pub(super) id: Uuid { once id; }
        /// The channel.
        pub(super) channel_id: ChannelId { once channel_id; }
        /// The [`Message`] as JSON; empty until it is queued.
        pub(super) message: String { once message; }
        /// The number of attempts to deliver it.
        pub(super) attempts: i32 { once attempts; }
    }
    table "notifications" of user by id as queued;
    write day = day;
    on conflict "(channel_id, day) DO NOTHING";
    insert(pub(super), day: NaiveDate);
}

/// A URL with the scheme `http` or `https`, with a host and without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebAddress(pub(super) String);

impl Field for WebAddress {
    const IS_TEXT: bool = true;

    fn read(value: &FieldValue, today: NaiveDate) -> Result<Self, locale::Message> {
        let Text(text) = Text::<2000>::read(value, today)?;
        let wrong = || t!("notifications-field-address");
        let url = url::Url::parse(&text).map_err(|_| wrong())?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        let is_plain = url.username().is_empty() && url.password().is_none();
        if is_web && is_plain { Ok(Self(text)) } else { Err(wrong()) }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "maxLength": 2000, "pattern": "^https?://[a-z0-9.-]+" })
    }
}

impl NewChannel {
    /// Returns the faults of the channel as a whole.
    pub(super) fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let is_mail = self.kind == ChannelKind::Mail;
        if self.address.is_some() == is_mail {
            let why = if is_mail {
                t!("notifications-field-address-of-email")
            } else {
                t!("core-field-required")
            };
            faults.push(FieldError::at("address", why));
        }
        let needs_secret = matches!(self.kind, ChannelKind::Webhook | ChannelKind::Gotify);
        if needs_secret && self.secret.is_none() {
            faults.push(FieldError::at("secret", t!("core-field-required")));
        }
        if is_mail && self.secret.is_some() {
            faults.push(FieldError::at("secret", t!("notifications-field-secret-of-email")));
        }
        faults
    }
}

/// A notification message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// The title.
    pub(super) title: String,
    /// The text, with one line per item.
    pub(super) text: String,
    /// Whether any item is overdue.
    pub(super) is_urgent: bool,
    /// The URL of the page with the upcoming items.
    pub(super) url: String,
    /// The items, in the form of `/api/maintenance/upcoming`.
    pub(super) items: serde_json::Value,
}

/// The result of sending a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NotificationTest")]
pub(super) struct SendResult {
    /// Whether the message was delivered.
    pub(super) is_sent: bool,
    /// Why it was not delivered; null if it was.
    pub(super) problem: Option<locale::Message>,
}

impl SendResult {
    /// Why it was not delivered, as a sentence.
    pub(super) fn reason(&self) -> Option<String> {
        self.problem.as_ref().map(|it| web::sentence(&it.to_string()))
    }
}
