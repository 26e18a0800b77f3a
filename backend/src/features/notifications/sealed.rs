//! The secrets of channels, sealed with the service key.

use super::{
    model::{Channel, ChannelId, Kind},
    store,
};
use crate::core::{
    App, Result,
    db::Tx,
    keys::{Context, SealedSecrets, ServiceKey, Unopened},
};

/// The secrets of channels.
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

/// Seals a channel's secret.
pub(super) fn seal(key: &ServiceKey, channel: ChannelId, secret: &str) -> Result<Vec<u8>> {
    key.seal(PURPOSE, &context(channel), secret.as_bytes())
}

/// The channel's secret; empty if it needs none and has none.
///
/// # Errors
/// Why it can't be used, for a person to read.
pub(super) fn open(app: &App, channel: &Channel) -> Result<String, String> {
    let opened = match &channel.sealed_secret {
        None if matches!(channel.kind, Kind::Webhook | Kind::Gotify) => Err(Unopened.into()),
        None => return Ok(String::new()),
        Some(sealed) => {
            app.key().and_then(|key| Ok(key.open(PURPOSE, &context(channel.id), sealed)?))
        }
    };
    opened.map(|it| String::from_utf8_lossy(&it).into_owned()).map_err(|error| {
        tracing::error!(channel = %channel.id, %error, "Secret of a channel can't be opened");
        "its secret can't be read any more: remove this and add it again".to_owned()
    })
}

/// Seals the secrets that an older version stored as they were.
async fn seal_all(tx: &mut Tx, key: &ServiceKey) -> Result<u64> {
    let mut count = 0;
    for (channel, owner, secret) in store::list_unsealed(tx).await? {
        let sealed = seal(key, channel, &secret)?;
        store::set_sealed(tx, &owner, channel, &sealed).await?;
        count += 1;
    }
    Ok(count)
}
