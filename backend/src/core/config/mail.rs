//! `[mail]` and `[notifications]`: how people are told of something.

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// The `[mail]` section; without an address no mail is sent.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Mail {
    /// `smtps://user:password@host`, or `smtp://host:587?tls=required`.
    pub url: Option<Secret>,
    /// Who mail is from.
    pub from: Option<String>,
}

/// The `[notifications]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Notifications {
    /// Whether users may have this service call addresses of private networks and of this machine.
    pub allow_private_addresses: bool,
    /// The ports of the addresses that users may have this service call; every port if empty.
    pub ports: Vec<u16>,
}

impl Mail {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(from) = &self.from
            && from.parse::<lettre::message::Mailbox>().is_err()
        {
            return Err(ConfigError::value("mail.from", "is not an e-mail address"));
        }
        let Some(url) = &self.url else { return Ok(()) };
        let is_smtp = lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(url.expose());
        if is_smtp.is_err() {
            return Err(ConfigError::value("mail.url", "is smtps://user:password@host"));
        }
        if self.from.is_none() {
            return Err(ConfigError::value("mail.from", "is needed where mail.url is set"));
        }
        Ok(())
    }
}
