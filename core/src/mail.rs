//! Sends email through the server in the `[mail]` settings.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::{Services, locale::Message};
use crate::t;

/// The time limit for sending a message.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// A plain text message.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Part of its `Message-ID`, so that recipients can detect duplicates.
    pub id: Uuid,
    /// The recipient's address.
    pub to: &'a str,
    /// The subject. It never contains user input.
    pub subject: &'a str,
    /// The body. User input in it must be [`quoted`].
    pub text: &'a str,
    /// The URL to unsubscribe with one click (RFC 8058).
    pub unsubscribe: Option<&'a str>,
}

/// Formats user input as a quotation, so that it does not look like the service's own text.
#[must_use]
pub fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// Sends a message.
///
/// # Errors
/// The reason, as a message for the user who requested it.
pub async fn send(services: &Services, mail: &Mail<'_>) -> Result<(), Message> {
    tokio::time::timeout(TIMEOUT, send_now(services, mail))
        .await
        .map_err(|_| t!("core-mail-timeout", seconds = TIMEOUT.as_secs()))?
}

async fn send_now(services: &Services, mail: &Mail<'_>) -> Result<(), Message> {
    let settings = &services.config.mail;
    let (Some(url), Some(from)) = (&settings.url, &settings.from) else {
        return Err(t!("core-mail-not-configured"));
    };
    let wrong = |error: &dyn std::error::Error| t!("core-mail-invalid", error = error.to_string());
    let from: Mailbox = from.parse().map_err(|_| t!("core-mail-sender"))?;
    let host = from.email.domain().to_owned();
    let to = mail.to.parse().map_err(|_| t!("core-mail-recipient"))?;
    let mut message = lettre::Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(mail.subject)
        .message_id(Some(format!("<{}@{host}>", mail.id)))
        .header(ContentType::TEXT_PLAIN)
        .header(AutoSubmitted);
    if let Some(address) = mail.unsubscribe {
        message =
            message.header(ListUnsubscribe(format!("<{address}>"))).header(ListUnsubscribePost);
    }
    let message = message.body(mail.text.to_owned()).map_err(|error| wrong(&error))?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
        .map_err(|error| wrong(&error))?
        .timeout(Some(TIMEOUT))
        .build();
    transport.send(message).await.map_err(|error| {
        tracing::warn!(%error, "Could not send mail");
        t!("core-mail-rejected")
    })?;
    Ok(())
}

/// Implements a header that `lettre` does not provide.
macro_rules! header {
    ($name:ident, $text:literal, $value:expr) => {
        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($text)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("this header is only written".into())
            }

            fn display(&self) -> HeaderValue {
                let value: fn(&Self) -> String = $value;
                HeaderValue::new(Self::name(), value(self))
            }
        }
    };
}

/// RFC 3834: prevents automatic replies.
#[derive(Debug, Clone)]
struct AutoSubmitted;
header!(AutoSubmitted, "Auto-Submitted", |_| "auto-generated".to_owned());

/// RFC 2369.
#[derive(Debug, Clone)]
struct ListUnsubscribe(String);
header!(ListUnsubscribe, "List-Unsubscribe", |it| it.0.clone());

/// RFC 8058.
#[derive(Debug, Clone)]
struct ListUnsubscribePost;
header!(ListUnsubscribePost, "List-Unsubscribe-Post", |_| "List-Unsubscribe=One-Click".to_owned());

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn every_line_of_user_input_is_quoted() {
        assert_eq!(
            quoted("Oil change\n\nPay here: evil.example"),
            "> Oil change\n> \n> Pay here: evil.example"
        );
    }
}
