//! Sends a message by mail or to a webhook, ntfy or Gotify: within ten seconds, without following
//! redirects, and never into a private network unless the settings allow it.

use std::{sync::Arc, time::Duration};

use axum::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use super::{
    guard::{GuardedResolver, check_port, is_host_allowed},
    model::{Channel, ChannelKind, Message},
    sealed,
};
use crate::{
    app::App,
    core::{
        self, hex,
        http::Links,
        locale,
        mail::{Mail, quoted},
        tls,
    },
    features::accounts::{self, mail::LinkPurpose},
    t,
};

/// The timeout of a delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends `message` through a channel to an account, given by its id and its email address.
/// Receivers can use `id` to recognize duplicates.
///
/// # Errors
/// Returns why the message was not delivered, in a message for the user.
pub(super) async fn send(
    app: &App,
    channel: &Channel,
    to: (Uuid, &str),
    id: Uuid,
    message: &Message,
) -> Result<(), locale::Message> {
    let delivery = async {
        match channel.kind {
            ChannelKind::Mail => send_mail(app, to, id, message).await,
            _ => send_request(app, channel, id, message).await,
        }
    };
    tokio::time::timeout(TIMEOUT, delivery)
        .await
        .map_err(|_| t!("notifications-timeout", seconds = TIMEOUT.as_secs()))?
}

/// Mails the message with an unsubscribe link. Lines about items are quoted, since they contain user
/// input.
async fn send_mail(
    app: &App,
    (account, email): (Uuid, &str),
    id: Uuid,
    message: &Message,
) -> Result<(), locale::Message> {
    let base = Links::from_config(app);
    let now = app.clock.now();
    let link = app.transaction(async |tx| {
        if !accounts::mail::count_message(tx, account, now).await? {
            return Ok(None);
        }
        let purpose = LinkPurpose::Unsubscribe;
        let token = accounts::mail::create_link(tx, account, purpose, now).await?;
        Ok(Some(base.to("/mail/unsubscribe", "token", &token)))
    });
    let link = link.await.map_err(|error| not_delivered(&error))?;
    let link = link.ok_or_else(|| t!("notifications-too-many-messages"))?;
    let unsubscribe = t!("notifications-message-unsubscribe", link = &link);
    let has_items = message.items.as_array().is_none_or(|it| !it.is_empty());
    let text = if has_items { quoted(&message.text) } else { message.text.clone() };
    let text = format!("{text}\n\n{}\n\n{unsubscribe}\n", message.url);
    let subject = message.title.as_str();
    let mail = Mail { id, to: email, subject, text: &text, unsubscribe: Some(&link) };
    core::mail::send(app, &mail).await
}

fn not_delivered(error: &dyn std::fmt::Display) -> locale::Message {
    t!("notifications-not-delivered", error = error.to_string())
}

async fn send_request(
    app: &App,
    channel: &Channel,
    id: Uuid,
    message: &Message,
) -> Result<(), locale::Message> {
    let allow_private = app.config.notifications.allow_private_addresses;
    let mut url = url::Url::parse(&channel.address).map_err(|error| not_delivered(&error))?;
    if check_port(&url, &app.config.notifications).is_err() {
        return Err(t!("notifications-port-not-allowed"));
    }
    if !is_host_allowed(&url, allow_private) {
        return Err(t!("notifications-private-address"));
    }
    let client = build_client(allow_private).map_err(|error| not_delivered(&error))?;
    let secret = sealed::open(app, channel)?;
    let request = match channel.kind {
        ChannelKind::Gotify => {
            url.path_segments_mut()
                .map_err(|()| t!("notifications-invalid-address"))?
                .pop_if_empty()
                .push("message");
            let body = json!({
                "title": message.title,
                "message": format!("{}\n\n{}", message.text, message.url),
                "priority": if message.is_urgent { 8 } else { 5 },
            });
            let request = client.post(url).header("x-gotify-key", secret);
            request.header(header::CONTENT_TYPE, "application/json").body(body.to_string())
        }
        ChannelKind::Ntfy => {
            let request = client
                .post(url)
                .header("title", message.title.as_str())
                .header("priority", if message.is_urgent { "4" } else { "3" })
                .header("click", message.url.as_str());
            let request = match secret.as_str() {
                "" => request,
                token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            };
            request.body(message.text.clone())
        }
        ChannelKind::Webhook | ChannelKind::Mail => {
            let body = json!({ "id": id, "event": "maintenance.due", "message": message });
            let (body, time) = (body.to_string(), app.clock.now().timestamp());
            client
                .post(url)
                .header(header::CONTENT_TYPE, "application/json")
                .header("webhook-id", id.to_string())
                .header("webhook-timestamp", time.to_string())
                .header("webhook-signature", sign(&secret, id, time, &body)?)
                .body(body)
        }
    };
    // The response body is not read or shown to the user who chose the address.
    let response = request.send().await.map_err(|error| {
        let error = error.without_url();
        tracing::info!(%error, "Could not notify channel");
        t!("notifications-unreachable")
    })?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(t!("notifications-response-status", status = status.as_str()))
    }
}

/// Signs a webhook request: `v1=` and the HMAC-SHA256 of `id.timestamp.body` in hexadecimal.
fn sign(secret: &str, id: Uuid, time: i64, body: &str) -> Result<String, locale::Message> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| t!("notifications-secret-invalid"))?;
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    Ok(format!("v1={}", hex(&mac.finalize().into_bytes())))
}

fn build_client(
    allow_private: bool,
) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config()?)
        .dns_resolver(Arc::new(GuardedResolver { allow_private }))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("MotoVaultPro/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_signature_matches_a_reference_implementation() {
        // Calculated with the hmac module of Python.
        let signed = sign("secret", uuid::Uuid::nil(), 1_769_860_800, "{}").unwrap();
        assert_eq!(signed, "v1=4f5cb6ab703b90bec0c7e2aaa9133ce35348c40bdce6cb203ec314552c17c1ba");
    }
}
