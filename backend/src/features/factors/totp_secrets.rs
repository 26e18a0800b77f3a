//! Authenticator app secrets, encrypted with the service key.

use uuid::Uuid;

use super::store;
use crate::{
    app::App,
    core::{
        Result,
        db::Tx,
        keys::{Context, SealedSecrets, ServiceKey, UnsealError},
    },
};

/// The authenticator app secrets in the database.
pub(super) const SECRETS: SealedSecrets = SealedSecrets {
    name: "authenticator apps",
    seal: |tx, key| Box::pin(seal_all(tx, key)),
    count: |tx| Box::pin(async move { Ok(store::count_sealed_totp(tx).await?) }),
    discard: |tx| Box::pin(async move { Ok(store::discard_sealed_totp(tx).await?) }),
};

const PURPOSE: &str = "authenticator apps";

fn context(account: Uuid) -> Context<'static> {
    Context { table: "totp_secrets", column: "sealed_secret", row: account }
}

/// Encrypts the secret of the account's app.
pub(super) fn seal(key: &ServiceKey, account: Uuid, secret: &[u8]) -> Result<Vec<u8>> {
    key.seal(PURPOSE, &context(account), secret)
}

/// Decrypts the secret of the account's app. Logs an error and returns `None` if that fails.
pub(super) fn open(app: &App, account: Uuid, sealed: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let key = app.key()?;
    let sealed = sealed.ok_or(UnsealError);
    match sealed.and_then(|it| key.open(PURPOSE, &context(account), it)) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) => {
            tracing::error!(%account, %error, "Secret of an authenticator app can't be opened");
            Ok(None)
        }
    }
}

/// Encrypts the secrets that an older version stored in plain text.
async fn seal_all(tx: &mut Tx, key: &ServiceKey) -> Result<u64> {
    let unsealed = store::list_unsealed_totp(tx).await?;
    let mut count = 0;
    for (account, secret) in unsealed {
        store::set_sealed_totp(tx, account, &seal(key, account, &secret)?).await?;
        count += 1;
    }
    Ok(count)
}
