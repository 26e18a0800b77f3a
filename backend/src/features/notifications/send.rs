//! Sending one message: by mail, to a webhook, to ntfy or to Gotify. Ten seconds at most, never led
//! elsewhere, and never into a private network unless the settings allow it.

use std::{sync::Arc, time::Duration};

use axum::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use super::{
    guard::{Guarded, may_call, may_use_port},
    model::{Channel, Kind, Message},
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

/// How long all of it may take.
const TIME: Duration = Duration::from_secs(10);

/// Sends `message` to an account, given by its id and its mail address, by its channel. `id` tells this message from others to
/// whoever gets it twice.
///
/// # Errors
/// Why it was not taken, as a person may read it.
pub(super) async fn send(
    app: &App,
    channel: &Channel,
    to: (Uuid, &str),
    id: Uuid,
    message: &Message,
) -> Result<(), String> {
    let sending = async {
        match channel.kind {
            Kind::Mail => mail(app, to, id, message).await,
            _ => post(app, channel, id, message).await,
        }
    };
    tokio::time::timeout(TIME, sending)
        .await
        .map_err(|_| format!("no answer within {} seconds", TIME.as_secs()))?
}

/// Mails the message with a link that turns mail off. What users typed is quoted.
async fn mail(
    app: &App,
    (account, email): (Uuid, &str),
    id: Uuid,
    message: &Message,
) -> Result<(), String> {
    let base = Links::of(app);
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

async fn post(app: &App, channel: &Channel, id: Uuid, message: &Message) -> Result<(), String> {
    let allow_private = app.config.notifications.allow_private_addresses;
    let mut url = url::Url::parse(&channel.address).map_err(|error| error.to_string())?;
    if may_use_port(&url, &app.config.notifications).is_err() {
        return Err("its port is not one that this service calls".to_owned());
    }
    if !may_call(&url, allow_private) {
        return Err("its address is in a private network or is this machine's".to_owned());
    }
    let client = client(allow_private).map_err(|error| error.to_string())?;
    let secret = sealed::open(app, channel)?;
    let request = match channel.kind {
        Kind::Gotify => {
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
        Kind::Ntfy => {
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
        Kind::Webhook | Kind::Mail => {
            let body = json!({ "id": id, "event": "maintenance.due", "message": message });
            let (body, time) = (body.to_string(), app.clock.now().timestamp());
            client
                .post(url)
                .header(header::CONTENT_TYPE, "application/json")
                .header("webhook-id", id.to_string())
                .header("webhook-timestamp", time.to_string())
                .header("webhook-signature", signature(&secret, id, time, &body)?)
                .body(body)
        }
    };
    // What is answered is not read, and not told to whoever chose the address.
    let answer = request.send().await.map_err(|error| {
        let error = error.without_url();
        tracing::info!(%error, "Could not notify");
        "nobody answers there".to_owned()
    })?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answers {}", status.as_u16())) }
}

/// What proves to a webhook that a message is of this service: `v1=` and the HMAC-SHA256 of
/// `id.timestamp.body`, in hexadecimal digits.
fn signature(secret: &str, id: Uuid, time: i64, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| "its secret signs nothing".to_owned())?;
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    Ok(format!("v1={}", hex(&mac.finalize().into_bytes())))
}

fn client(
    allow_private: bool,
) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls::outward()?)
        .dns_resolver(Arc::new(Guarded { allow_private }))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("MotoVaultPro/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn a_message_is_signed() {
        // As Python's hmac module has it.
        let signed = signature("secret", uuid::Uuid::nil(), 1_769_860_800, "{}").unwrap();
        assert_eq!(signed, "v1=4f5cb6ab703b90bec0c7e2aaa9133ce35348c40bdce6cb203ec314552c17c1ba");
    }
}
