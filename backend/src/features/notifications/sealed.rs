//! Encrypts the secrets of channels with the service key.

use super::{
    model::{Channel, ChannelId, ChannelKind},
    store,
};
use crate::t;
use crate::{
    app::App,
    core::{
        Result,
        db::Tx,
        keys::{Context, SealedSecrets, ServiceKey, UnsealError},
        locale::Message,
    },
};

/// The encrypted secrets of channels.
pub const SECRETS: SealedSecrets = SealedSecrets {
    name: "notification channels with a secret",
    seal: |tx, key| Box::pin(seal_all(tx, key)),
    count: |tx| Box::pin(async move { Ok(store::count_sealed(tx).await?) }),
    discard: |tx| Box::pin(async move { Ok(store::discard_sealed(tx).await?) }),
};

const PURPOSE: &str = "notification channels";

fn context(channel: ChannelId) -> Context<'static> {
    Context { table: "notification_channels", column: "sealed_secret", row: channel.0 }
}

/// Encrypts the secret of a channel.
pub(super) fn seal(key: &ServiceKey, channel: ChannelId, secret: &str) -> Result<Vec<u8>> {
    key.seal(PURPOSE, &context(channel), secret.as_bytes())
}

/// Decrypts the secret of a channel; empty if it has none and needs none.
///
/// # Errors
/// Returns why the secret cannot be used, in a message for the user.
pub(super) fn open(app: &App, channel: &Channel) -> Result<String, Message> {
    let opened = match &channel.sealed_secret {
        None if matches!(channel.kind, ChannelKind::Webhook | ChannelKind::Gotify) => {
            Err(UnsealError.into())
        }
        None => return Ok(String::new()),
        Some(sealed) => {
            app.key().and_then(|key| Ok(key.open(PURPOSE, &context(channel.id), sealed)?))
        }
    };
    opened.map(|it| String::from_utf8_lossy(&it).into_owned()).map_err(|error| {
        tracing::error!(channel = %channel.id, %error, "Could not decrypt the secret of a notification channel");
        t!("notifications-secret-unreadable")
    })
}

/// Encrypts the secrets that an older version stored in plain text.
async fn seal_all(tx: &mut Tx, key: &ServiceKey) -> Result<u64> {
    let mut count = 0;
    for (channel, owner, secret) in store::list_unsealed(tx).await? {
        let sealed = seal(key, channel, &secret)?;
        store::set_sealed(tx, &owner, channel, &sealed).await?;
        count += 1;
    }
    Ok(count)
}
