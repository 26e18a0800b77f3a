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
    core::{
        self, App, Error, hex,
        http::Links,
        mail::{Mail, quoted},
        tls,
    },
    features::accounts::{self, mail::LinkPurpose},
};

/// The timeout of a delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends `message` through a channel to an account, given by its id and its e-mail address.
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
) -> Result<(), String> {
    let delivery = async {
        match channel.kind {
            ChannelKind::Mail => send_mail(app, to, id, message).await,
            _ => send_request(app, channel, id, message).await,
        }
    };
    tokio::time::timeout(TIMEOUT, delivery)
        .await
        .map_err(|_| format!("no answer within {} seconds", TIMEOUT.as_secs()))?
}

/// Mails the message with an unsubscribe link. User input is quoted.
async fn send_mail(
    app: &App,
    (account, email): (Uuid, &str),
    id: Uuid,
    message: &Message,
) -> Result<(), String> {
    let base = Links::from_config(app);
    let now = app.clock.now();
    let link = async {
        let mut tx = app.db.write().await?;
        if !accounts::mail::count_message(&mut tx, account, now).await? {
            return Ok(None);
        }
        let purpose = LinkPurpose::Unsubscribe;
        let token = accounts::mail::create_link(&mut tx, account, purpose, now).await?;
        tx.commit().await?;
        Ok::<_, Error>(Some(base.to("/mail/unsubscribe", "token", &token)))
    };
    let link = link.await.map_err(|error| error.to_string())?;
    let link = link.ok_or("the account got too many messages today")?;
    let text = format!(
        "{}\n\n{}\n\nTo stop these messages, open {link}\n",
        quoted(&message.text),
        message.url
    );
    let subject = message.title.as_str();
    let mail = Mail { id, to: email, subject, text: &text, unsubscribe: Some(&link) };
    core::mail::send(app, &mail).await
}

async fn send_request(
    app: &App,
    channel: &Channel,
    id: Uuid,
    message: &Message,
) -> Result<(), String> {
    let allow_private = app.config.notifications.allow_private_addresses;
    let mut url = url::Url::parse(&channel.address).map_err(|error| error.to_string())?;
    if check_port(&url, &app.config.notifications).is_err() {
        return Err("its port is not one that this service calls".to_owned());
    }
    if !is_host_allowed(&url, allow_private) {
        return Err("its address is in a private network or is this machine's".to_owned());
    }
    let client = build_client(allow_private).map_err(|error| error.to_string())?;
    let secret = sealed::open(app, channel)?;
    let request = match channel.kind {
        ChannelKind::Gotify => {
            url.path_segments_mut()
                .map_err(|()| "its address is none".to_owned())?
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
        "nobody answers there".to_owned()
    })?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answers {}", status.as_u16())) }
}

/// Signs a webhook request: `v1=` and the HMAC-SHA256 of `id.timestamp.body` in hexadecimal.
fn sign(secret: &str, id: Uuid, time: i64, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| "its secret signs nothing".to_owned())?;
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
