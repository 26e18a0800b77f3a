//! `[mail]` and `[notifications]`: email and notifications.

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// The `[mail]` section; without a URL no email is sent.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Mail {
    /// `smtps://user:password@host`, or `smtp://host:587?tls=required`.
    pub url: Option<Secret>,
    /// The sender's address.
    pub from: Option<String>,
}

/// The `[notifications]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Notifications {
    /// Whether notifications may be sent to URLs in private networks and on this machine.
    pub allow_private_addresses: bool,
    /// The ports that notifications may be sent to; empty allows every port.
    pub ports: Vec<u16>,
}

impl Mail {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(from) = &self.from
            && from.parse::<lettre::message::Mailbox>().is_err()
        {
            return Err(ConfigError::value("mail.from", "must be an email address"));
        }
        let Some(url) = &self.url else { return Ok(()) };
        let is_smtp = lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(url.expose());
        if is_smtp.is_err() {
            return Err(ConfigError::value("mail.url", "must be smtps://user:password@host"));
        }
        if self.from.is_none() {
            return Err(ConfigError::value("mail.from", "is required if mail.url is set"));
        }
        Ok(())
    }
}
