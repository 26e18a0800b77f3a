//! Startup checks of the service key: it is compared with the database, and unsealed secrets from
//! older versions are sealed.

use std::fmt::Write as _;

use super::{
    ServiceKey,
    file::{self, KeyError, Source, find},
    store,
};
use crate::{
    Error,
    clock::Clock,
    config::Config,
    db::{Db, Tx},
    periodic::TaskFuture,
};

/// The name of this job in the row-level security policies that admit it.
const JOB: &str = "seal-secrets";

/// The sealed secrets of a feature.
#[derive(Debug, Clone, Copy)]
pub struct SealedSecrets {
    /// What the secrets belong to, in the plural.
    pub name: &'static str,
    /// Seals unsealed secrets and returns their number.
    pub seal: for<'a> fn(&'a mut Tx, &'a ServiceKey) -> TaskFuture<'a>,
    /// Counts the sealed secrets.
    pub count: for<'a> fn(&'a mut Tx) -> TaskFuture<'a>,
    /// Discards the sealed secrets and returns their number.
    pub discard: for<'a> fn(&'a mut Tx) -> TaskFuture<'a>,
}

/// Reads the service key, or creates it for a database that has not had one; checks that the
/// secrets in the database are sealed with it; and seals unsealed secrets. Several instances may
/// run this at the same time.
///
/// # Errors
/// [`KeyError`]; in that case the database is not changed.
pub async fn prepare(
    db: &Db,
    config: &Config,
    clock: &Clock,
    secrets: &[SealedSecrets],
) -> Result<ServiceKey, KeyError> {
    let registered = store::find(&mut db.read().await?).await?;
    let key = match find(config)? {
        Some(key) => key,
        None if registered.is_some() => {
            return Err(KeyError::Missing(Source::from_config(config)?));
        }
        None => file::create(config)?,
    };
    if registered.as_ref().is_some_and(|it| it[..] != key.check_value()[..]) {
        return Err(KeyError::Wrong(Source::from_config(config)?));
    }
    match seal_all(db, config, (&key, clock), secrets).await {
        Ok(0) => {}
        Ok(sealed) => {
            tracing::info!(sealed, "Secrets that older versions stored were sealed");
            db.truncate_wal().await?;
        }
        // For example, the disk is full. Reads still work, so the service starts.
        Err(KeyError::Database(Error::Unavailable)) if registered.is_some() => {
            tracing::warn!(
                "The database does not accept writes: secrets of older versions stay unsealed"
            );
        }
        Err(error) => return Err(error),
    }
    Ok(key)
}

/// The relation of the service key and the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// The secrets in the database are sealed with this key.
    Matches,
    /// There is a key, but the database has not had one.
    NotRegistered,
    /// There is no key yet: the first start creates one.
    NotCreated,
}

/// Compares the service key with the database, and changes nothing.
///
/// # Errors
/// [`KeyError`] if the service would not start.
pub async fn check(db: &Db, config: &Config) -> Result<KeyStatus, KeyError> {
    let registered = store::find(&mut db.read().await?).await?;
    match (find(config)?, registered) {
        (Some(key), Some(it)) if it[..] == key.check_value()[..] => Ok(KeyStatus::Matches),
        (Some(_), Some(_)) => Err(KeyError::Wrong(Source::from_config(config)?)),
        (Some(_), None) => Ok(KeyStatus::NotRegistered),
        (None, Some(_)) => Err(KeyError::Missing(Source::from_config(config)?)),
        (None, None) => Ok(KeyStatus::NotCreated),
    }
}

/// Registers the key and seals unsealed secrets. Returns their number.
async fn seal_all(
    db: &Db,
    config: &Config,
    (key, clock): (&ServiceKey, &Clock),
    secrets: &[SealedSecrets],
) -> Result<u64, KeyError> {
    db.transaction_as_job(JOB, async |tx| {
        let check_value = key.check_value();
        if store::register(tx, &check_value, clock.now()).await? != check_value {
            return Err(KeyError::Wrong(Source::from_config(config)?));
        }
        store::overwrite_deleted(tx, true).await?;
        let mut sealed = 0;
        for it in secrets {
            sealed += (it.seal)(tx, key).await?;
        }
        store::overwrite_deleted(tx, false).await?;
        Ok(sealed)
    })
    .await
}

/// Discards the sealed secrets, if their key is lost, so that the service can start with a new one.
/// Without `is_sure` it only reports what would be lost. Returns the text to print.
///
/// # Errors
/// [`KeyError`]; in that case the database is not changed.
pub async fn discard(
    db: &Db,
    config: &Config,
    secrets: &[SealedSecrets],
    is_sure: bool,
) -> Result<String, KeyError> {
    db.transaction_as_job(JOB, async |tx| discard_in(tx, config, secrets, is_sure).await).await
}

async fn discard_in(
    tx: &mut Tx,
    config: &Config,
    secrets: &[SealedSecrets],
    is_sure: bool,
) -> Result<String, KeyError> {
    let Some(registered) = store::find(tx).await? else {
        return Ok("No secrets have been sealed: there is nothing to discard.\n".to_owned());
    };
    let source = Source::from_config(config)?;
    // An invalid key file does not open them either.
    let key = find(config).ok().flatten();
    if key.is_some_and(|it| it.check_value()[..] == registered) {
        return Ok(format!(
            "The secrets can be opened with {source}: nothing was discarded. To replace a key that \
             others may know, move it away first.\n"
        ));
    }
    let (mut text, mut all) = (String::new(), 0);
    for it in secrets {
        let count = if is_sure { (it.discard)(tx).await? } else { (it.count)(tx).await? };
        let _ = writeln!(text, "{}: {count}", it.name);
        all += count;
    }
    if !is_sure {
        text.push_str(
            "These must be set up again once their secrets are discarded. Passkeys and recovery \
             codes stay. To discard them, add --yes.\n",
        );
        return Ok(text);
    }
    store::remove(tx).await?;
    tracing::warn!(secrets = all, "Sealed secrets were discarded");
    text.push_str("Discarded. Start the service to use the present key, or to create one.\n");
    Ok(text)
}
