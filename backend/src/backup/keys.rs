//! The secret halves of the keys: what opens a encrypted backup.

use std::path::Path;

use age::{IdentityFile, secrecy::ExposeSecret as _};

use super::error::{At as _, BackupError, Result};

/// What opens encrypted files; without any, only those that are not encrypted can be read.
#[derive(Default)]
pub(super) struct Identities(Vec<Box<dyn age::Identity + Send + Sync>>);

impl Identities {
    /// Reads an identity file as `age-keygen` and `backup keygen` write it.
    pub(super) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let opened = std::fs::File::open(file).at(file)?;
        // The parser names the line, and never repeats it.
        let parsed = IdentityFile::from_buffer(std::io::BufReader::new(opened)).at(file)?;
        let identities = parsed.into_identities().unwrap_or_default();
        if identities.is_empty() {
            let message = format!("{}: there is no identity in it", file.display());
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

/// A new identity, as the text of an identity file.
pub(super) fn generate() -> String {
    let identity = age::x25519::Identity::generate();
    let (public, secret) = (identity.to_public(), identity.to_string());
    format!("# public key: {public}\n{}\n", secret.expose_secret())
}
