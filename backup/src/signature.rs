//! Signs manifests, which contain the SHA-256 of the payload, and verifies their signatures.

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

/// The signature file, named as minisign expects.
pub(super) const FILE: &str = "manifest.json.minisig";
/// Maximum size of a signature file, in bytes.
const MAX_SIZE: u64 = 4096;

/// The status of a backup's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignatureStatus {
    /// Signed with this trusted key.
    Known(String),
    /// Signed with this unknown key, so it cannot be verified.
    Unknown(String),
    /// Not signed.
    Unsigned,
}

impl fmt::Display for SignatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(id) => write!(f, "signed with the trusted key {id}"),
            Self::Unknown(id) => {
                write!(f, "signed with the unknown key {id}: specify it with --public-key")
            }
            Self::Unsigned => f.write_str(
                "not signed: it was created by an older version, or its signature was removed",
            ),
        }
    }
}

/// The keys whose signatures are trusted.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedKeys(Vec<PublicKey>);

impl TrustedKeys {
    /// The given keys, the configured ones and the service's own.
    pub(super) fn new(config: &Config, named: &[PublicKey]) -> Result<Self> {
        let PublicKeys(configured) = &config.backup.public_keys;
        let own = match load_key(config) {
            Ok(own) => own,
            // The key may belong to another user, whose backups this one verifies.
            Err(BackupError::Io { .. }) => None,
            Err(error) => return Err(error),
        };
        let own = own.map(|it| it.public());
        Ok(Self(named.iter().chain(configured).cloned().chain(own).collect()))
    }

    /// Verifies the signature of a backup.
    ///
    /// # Errors
    /// `Damaged` if the signature is wrong; `Refused` if it is `required` and missing or by an unknown key.
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
        // Key ids are chosen freely, so several keys may have the same id.
        let mut keys = self.0.iter().filter(|it| it.id() == id).peekable();
        if keys.peek().is_none() {
            return Ok(SignatureStatus::Unknown(id));
        }
        if !keys.any(|it| it.verifies(&backup.text, &signature)) {
            return wrong("the signature is wrong: it was created for a different manifest");
        }
        // Otherwise an older backup could be renamed to pass as this one.
        if signature.comment() != backup.name {
            return wrong(&format!("the signature is of the backup {:?}", signature.comment()));
        }
        Ok(SignatureStatus::Known(id))
    }
}

/// The service's own key, created if it does not exist.
///
/// # Errors
/// `Refused` if the file is not a key, `Io` if it cannot be read or created.
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
    // Another process created it first.
    let missing = || BackupError::Refused(format!("{}: the file has disappeared", path.display()));
    load_key(config)?.ok_or_else(missing)
}

/// The service's own key, if it exists.
fn load_key(config: &Config) -> Result<Option<SecretKey>> {
    if let Some(key) = &config.backup.signing_key {
        let key = SecretKey::parse(key.expose());
        let message = |why| BackupError::Refused(format!("backup.signing_key: {why}"));
        return key.map(Some).map_err(message);
    }
    let path = config.backup.signing_key_path(&config.database)?;
    // Symlinks are followed here: the folder belongs to the operator.
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text.at(&path)?,
    };
    let key = SecretKey::parse(&String::from_utf8_lossy(&text));
    key.map(Some).map_err(|why| BackupError::Refused(format!("{}: {why}", path.display())))
}
