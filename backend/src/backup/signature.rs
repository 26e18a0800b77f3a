//! Who made a backup: its manifest is signed, and the manifest has the payload's SHA-256.

use std::fmt;

use super::{
    error::{At as _, BackupError, Result},
    folder::StoredBackup,
    manifest,
};
use crate::core::{
    config::{Config, PublicKeys},
    files,
    minisign::{PublicKey, SecretKey, Signature},
};

/// The signature's file in a backup's folder, where minisign looks for it.
pub(super) const FILE: &str = "manifest.json.minisig";
/// The largest file that is read as a signature, in bytes.
const MAX_SIZE: u64 = 4096;

/// What a backup's signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignatureStatus {
    /// A key that is known here has signed it.
    Known(String),
    /// A key has signed it that is not known here, so nothing can be said of it.
    Unknown(String),
    /// It has no signature.
    Unsigned,
}

impl fmt::Display for SignatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(id) => write!(f, "signed with the known key {id}"),
            Self::Unknown(id) => write!(
                f,
                "signed with the key {id}, which is not known here: pass it with --public-key"
            ),
            Self::Unsigned => f.write_str(
                "not signed: it was made before backups were signed, or its signature was removed",
            ),
        }
    }
}

/// The keys that are known here.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedKeys(Vec<PublicKey>);

impl TrustedKeys {
    /// Those that are named, those of the settings, and the service's own.
    pub(super) fn new(config: &Config, named: &[PublicKey]) -> Result<Self> {
        let PublicKeys(configured) = &config.backup.public_keys;
        let own = match load_key(config) {
            Ok(own) => own,
            // Another user's, say, who makes the backups that this one checks.
            Err(BackupError::Io { .. }) => None,
            Err(error) => return Err(error),
        };
        let own = own.map(|it| it.public());
        Ok(Self(named.iter().chain(configured).cloned().chain(own).collect()))
    }

    /// What the signature of a backup says.
    ///
    /// # Errors
    /// Damaged where the signature is wrong; Refused where one by a known key is `required` and it
    /// has none.
    pub(super) fn check(&self, backup: &StoredBackup, required: bool) -> Result<SignatureStatus> {
        let signed = self.signature_status(backup)?;
        match &signed {
            SignatureStatus::Unknown(_) | SignatureStatus::Unsigned if required => {
                Err(BackupError::Refused(signed.to_string()))
            }
            _ => Ok(signed),
        }
    }

    fn signature_status(&self, backup: &StoredBackup) -> Result<SignatureStatus> {
        let path = backup.path.join(FILE);
        let Some(text) = manifest::read_small(&path, MAX_SIZE)? else {
            return Ok(SignatureStatus::Unsigned);
        };
        let wrong = |why: &str| Err(BackupError::Damaged(format!("{}: {why}", path.display())));
        let signature = String::from_utf8(text).ok().and_then(|text| Signature::parse(&text));
        let Some(signature) = signature else { return wrong("this is not a signature") };
        let id = signature.key_id();
        // A number is chosen freely, so several keys may have the same.
        let mut keys = self.0.iter().filter(|it| it.id() == id).peekable();
        if keys.peek().is_none() {
            return Ok(SignatureStatus::Unknown(id));
        }
        if !keys.any(|it| it.verifies(&backup.text, &signature)) {
            return wrong("the signature is wrong: the manifest is not the one that was signed");
        }
        // Else an older backup could be passed off as this one.
        if signature.comment() != backup.name {
            return wrong(&format!("the signature is of the backup {:?}", signature.comment()));
        }
        Ok(SignatureStatus::Known(id))
    }
}

/// The service's own key, which is created where there is none.
///
/// # Errors
/// Refused where the file holds something else, `Io` where it cannot be read or created.
pub(super) fn load_or_create_key(config: &Config) -> Result<SecretKey> {
    if let Some(key) = load_key(config)? {
        return Ok(key);
    }
    let path = config.backup.signing_key_path(&config.database)?;
    let key = SecretKey::generate().map_err(|error| BackupError::Refused(error.to_string()))?;
    if files::create_private(&path, key.to_file().as_bytes()).at(&path)? {
        tracing::info!(path = %path.display(), key = key.public().id(), "Signing key created");
        return Ok(key);
    }
    // Another process was faster.
    let missing = || BackupError::Refused(format!("{}: it is gone", path.display()));
    load_key(config)?.ok_or_else(missing)
}

/// The service's own key, if there is one.
fn load_key(config: &Config) -> Result<Option<SecretKey>> {
    if let Some(key) = &config.backup.signing_key {
        let key = SecretKey::parse(key.expose());
        let message = |why| BackupError::Refused(format!("backup.signing_key: {why}"));
        return key.map(Some).map_err(message);
    }
    let path = config.backup.signing_key_path(&config.database)?;
    // In the service's own folder a link is the operator's.
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text.at(&path)?,
    };
    let key = SecretKey::parse(&String::from_utf8_lossy(&text));
    key.map(Some).map_err(|why| BackupError::Refused(format!("{}: {why}", path.display())))
}
