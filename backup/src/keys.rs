//! The private keys that decrypt encrypted backups.

use std::path::Path;

use age::{IdentityFile, secrecy::ExposeSecret as _};

use super::error::{At as _, BackupError, Result};

/// Private keys that decrypt backup files. Without any, only unencrypted files can be read.
#[derive(Default)]
pub(super) struct Identities(Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Reads an identity file as written by `age-keygen` and `backup keygen`.
    pub(super) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let opened = std::fs::File::open(file).at(file)?;
        // The parser's errors name the line, but do not contain it.
        let parsed = IdentityFile::from_buffer(std::io::BufReader::new(opened)).at(file)?;
        let identities = parsed.into_identities().unwrap_or_default();
        if identities.is_empty() {
            let message = format!("{}: the file contains no identity", file.display());
            return Err(BackupError::Refused(message));
        }
        Ok(Self(identities))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|it| &**it as &dyn age::Identity)
    }
}

/// Generates an identity, as the text of an identity file.
pub(super) fn generate() -> String {
    let identity = age::x25519::Identity::generate();
    let (public, secret) = (identity.to_public(), identity.to_string());
    format!("# public key: {public}\n{}\n", secret.expose_secret())
}
