//! The service key in encrypted backups. Without it, the secrets in a restored database cannot be decrypted.
//! An unencrypted backup does not include it, since anyone who reads the backup could decrypt the secrets.

use std::{
    fmt,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{
    error::{At as _, BackupError, Result},
    folder::{self, StoredBackup},
    keys::Identities,
    manifest::{Engine, Manifest, Part},
    payload,
};
use crate::core::{
    config::{Config, SERVICE_KEY},
    files,
    keys::{self, KeyError, ServiceKey, Source},
};

/// The file with the encrypted key.
const FILE: &str = "service.key.age";
/// Maximum size of a key file, in bytes.
const MAX_SIZE: u64 = 4096;

/// Whether a backup includes the service key.
#[derive(Debug)]
pub(super) enum Inclusion {
    /// It is included.
    Included,
    /// The backup is not encrypted.
    NotEncrypted(Source),
    /// The key does not exist.
    NotFound(Source),
    /// The key cannot be read.
    Unreadable(KeyError),
}

impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without = "without it, secrets in a restored database can't be decrypted";
        match self {
            Self::Included => f.write_str("It includes the service key."),
            Self::NotEncrypted(source) => write!(
                f,
                "It does not include the service key, because it is not encrypted. Keep a copy of \
                 {source} in another place: {without}."
            ),
            Self::NotFound(source) => write!(
                f,
                "It does not include the service key: {source} does not exist here. Keep a copy of \
                 the service's own in another place: {without}."
            ),
            Self::Unreadable(error) => {
                write!(f, "It does not include the service key ({error}): {without}.")
            }
        }
    }
}

/// Adds the key to the backup in `folder` if it is encrypted. A missing key is not an error, since a backup
/// without it is better than none.
pub(super) fn add(config: &Config, folder: &Path, manifest: &mut Manifest) -> Result<Inclusion> {
    let source = Source::from_config(config)?;
    if !manifest.is_encrypted() {
        return Ok(Inclusion::NotEncrypted(source));
    }
    let key = match keys::find(config) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(Inclusion::NotFound(source)),
        Err(error) => return Ok(Inclusion::Unreadable(error)),
    };
    let path = folder.join(FILE);
    let mut writer = payload::Writer::create(&path, &config.backup.recipients)?;
    writer.write_all(key.to_text().as_bytes()).at(&path)?;
    manifest.service_key = Some(Part::from(writer.finish().at(&path)?));
    Ok(Inclusion::Included)
}

/// Verifies the digest of the key file, and its content if there are `identities`.
pub(super) fn check(
    backup: &StoredBackup,
    manifest: &Manifest,
    identities: &Identities,
) -> Result<()> {
    let Some(part) = &manifest.service_key else { return Ok(()) };
    let path = backup.path.join(FILE);
    if payload::digest(&path, &payload::Cancellation::default())? != part.digest() {
        let why = format!("{}: the file does not match the manifest", path.display());
        return Err(BackupError::Damaged(why));
    }
    if identities.is_empty() { Ok(()) } else { read(backup, manifest, identities).map(drop) }
}

/// Reads the key in a backup, if it includes one.
fn read(
    backup: &StoredBackup,
    manifest: &Manifest,
    identities: &Identities,
) -> Result<Option<ServiceKey>> {
    let Some(part) = &manifest.service_key else { return Ok(None) };
    let path = backup.path.join(FILE);
    let mut from = payload::open(&path, identities)?;
    let mut text = String::new();
    from.by_ref().take(MAX_SIZE).read_to_string(&mut text).at(&path)?;
    from.finish(&part.digest())?;
    let damaged = |why| BackupError::Damaged(format!("{}: {why}", path.display()));
    ServiceKey::parse(&text).map(Some).map_err(damaged)
}

/// A key to be restored, and its location.
#[derive(Debug)]
pub(super) struct KeyRestore {
    key: ServiceKey,
    path: PathBuf,
    /// Whether a different key exists there, which will be renamed.
    replaces: bool,
}

impl KeyRestore {
    /// Reads the key in a backup that is being restored to `into`.
    ///
    /// # Errors
    /// `Refused` if a different key exists, unless `force` is set, since it may be in use.
    pub(super) fn prepare(
        backup: &StoredBackup,
        manifest: &Manifest,
        identities: &Identities,
        into: &Path,
        force: bool,
    ) -> Result<Option<Self>> {
        let Some(key) = read(backup, manifest, identities)? else { return Ok(None) };
        let path = match manifest.engine {
            Engine::Sqlite => into.parent().unwrap_or(Path::new("")).join(SERVICE_KEY),
            // Not inside the data folder, where it would become part of the server's own backups.
            Engine::Postgresql => {
                let into: PathBuf = into.components().collect();
                folder::with_suffix(&into, &format!(".{SERVICE_KEY}"))
            }
        };
        let replaces = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            text => ServiceKey::parse(&text.at(&path)?).as_ref() != Ok(&key),
        };
        if replaces && !force {
            return Err(BackupError::Refused(format!(
                "{} is a different service key than the one in the backup, and nothing was restored: specify a \
                 location in another folder, or rename the existing key with --force",
                path.display()
            )));
        }
        Ok(Some(Self { key, path, replaces }))
    }

    /// Writes the key, and renames a different one. Returns a message for the report.
    pub(super) fn restore(self, suffix: &str) -> Result<String> {
        let (path, shown) = (&self.path, self.path.display());
        let mut text = String::new();
        if self.replaces {
            let renamed = folder::with_suffix(path, suffix);
            std::fs::rename(path, &renamed).at(path)?;
            text = format!("A different service key was renamed to {}.\n", renamed.display());
        }
        if files::create_private(path, self.key.to_text().as_bytes()).at(path)? {
            return Ok(format!("{text}The service key is in {shown}.\n"));
        }
        Ok(format!("{text}The service key was already in {shown}.\n"))
    }
}
