//! The service key. It encrypts ("seals") secrets that must be stored in recoverable format, such as
//! those of authenticator apps: a copy of the database alone does not reveal them.
//!
//! A value is sealed with XChaCha20-Poly1305 and a random nonce, under a key derived for its
//! purpose. Its table, column and row are authenticated as well, so a sealed value that is moved to
//! another row cannot be opened.

mod file;
mod start;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;

use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use super::{Error, Result, hex};
pub use file::{KeyError, Source, find};
pub use start::{KeyStatus, SealedSecrets, check, discard, prepare};

/// The length of a key in bytes.
const KEY_LENGTH: usize = 32;
/// The length of a nonce in bytes. Random nonces of this length do not repeat.
const NONCE_LENGTH: usize = 24;
/// The first byte of a sealed value: the version of its format.
const FORMAT: u8 = 1;

/// The key from which all others are derived. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceKey([u8; KEY_LENGTH]);

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey([redacted])")
    }
}

impl ServiceKey {
    /// A new random key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; KEY_LENGTH];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// Parses the text of a key file. The error does not repeat it.
    ///
    /// # Errors
    /// What the text should be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let byte = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        let bytes: Option<Vec<u8>> = text.chunks_exact(2).map(byte).collect();
        let bytes = bytes.filter(|_| text.len() == 2 * KEY_LENGTH);
        bytes.and_then(|it| it.try_into().ok()).map(Self).ok_or_else(|| {
            "must be 64 hexadecimal digits, as `openssl rand -hex 32` prints them".to_owned()
        })
    }

    /// The text of a key file.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", hex(&self.0))
    }

    /// Derives a key for one purpose. Other keys can't be calculated from it.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; KEY_LENGTH] {
        // HMAC pads short keys with zeros.
        let mut block = [0; 64];
        block[..KEY_LENGTH].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(b"motovaultpro/");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Seals `plaintext`. It can only be opened with the same purpose and context.
    ///
    /// # Errors
    /// `Internal` if the system has no random bytes.
    pub fn seal(&self, purpose: &str, context: &Context<'_>, plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(|error| Error::Internal(error.to_string().into()))?;
        let payload = Payload { msg: plaintext, aad: &context.to_bytes() };
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::Internal("the value is too long to seal".into()))?;
        Ok([&[FORMAT][..], &nonce, &sealed].concat())
    }

    /// Opens a sealed value.
    ///
    /// # Errors
    /// It was sealed with another key, or with another purpose or context, or was changed.
    pub fn open(
        &self,
        purpose: &str,
        context: &Context<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, UnsealError> {
        let (format, rest) = sealed.split_first().ok_or(UnsealError)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(UnsealError)?;
        if *format != FORMAT {
            return Err(UnsealError);
        }
        let payload = Payload { msg: sealed, aad: &context.to_bytes() };
        let opened = self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_| UnsealError)
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.derive(purpose)))
    }

    /// A value that identifies the key in the database. The key can't be calculated from it.
    fn check_value(&self) -> [u8; KEY_LENGTH] {
        self.derive("check value")
    }
}

/// Where a sealed value is stored.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The id of the row.
    pub row: Uuid,
}

impl Context<'_> {
    fn to_bytes(self) -> Vec<u8> {
        [self.table.as_bytes(), b"\0", self.column.as_bytes(), b"\0", self.row.as_bytes()].concat()
    }
}

/// A sealed value that can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value was sealed with another key or for another row, was changed, or was discarded")]
pub struct UnsealError;

impl From<UnsealError> for Error {
    fn from(error: UnsealError) -> Self {
        Self::Internal(error.into())
    }
}
