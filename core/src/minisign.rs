//! Signatures in the format of minisign: Ed25519, in small text files.
//!
//! The format is described at <https://jedisct1.github.io/minisign/>. The `BLAKE2b` hash of the
//! content is signed; a second signature covers the first one and the trusted comment. Secret keys
//! have no password (`minisign -G -W`) because the service signs unattended.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use blake2::{Blake2b512, Digest as _};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

/// The first bytes of keys, and of signatures of a hash.
const KEY: [u8; 2] = *b"Ed";
const HASHED: [u8; 2] = *b"ED";
/// The prefixes of the first and third line of a file.
const COMMENT: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// A key id, by which a signature names its key.
type Id = [u8; 8];

fn format_id(id: Id) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

/// Removes the first `N` bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// A public key, which verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: Id,
    key: VerifyingKey,
}

impl PublicKey {
    /// The key id, as minisign prints it.
    #[must_use]
    pub fn id(&self) -> String {
        format_id(self.id)
    }

    /// The text of a public key's file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!("{COMMENT}minisign public key {}\n{self}\n", self.id())
    }

    /// Whether the signature of `content` was made with this key.
    #[must_use]
    pub fn verifies(&self, content: &[u8], signature: &Signature) -> bool {
        let all = [&signature.signature[..], signature.comment.as_bytes()].concat();
        let of = |signed: &[u8], signature: &[u8; 64]| {
            let signature = ed25519_dalek::Signature::from_bytes(signature);
            self.key.verify_strict(signed, &signature).is_ok()
        };
        signature.id == self.id
            && of(&Blake2b512::digest(content), &signature.signature)
            && of(&all, &signature.global_signature)
    }
}

impl FromStr for PublicKey {
    type Err = String;

    /// Parses a key, or a key file.
    fn from_str(text: &str) -> Result<Self, String> {
        let line = text.lines().rfind(|it| !it.trim().is_empty()).unwrap_or_default();
        let parse = || {
            let bytes = BASE64_STANDARD.decode(line.trim()).ok()?;
            let mut bytes = &bytes[..];
            let (algorithm, id, key) = (take(&mut bytes)?, take(&mut bytes)?, take(&mut bytes)?);
            let key = VerifyingKey::from_bytes(&key).ok()?;
            (algorithm == KEY && bytes.is_empty()).then_some(Self { id, key })
        };
        parse().ok_or_else(|| "must be a public key of minisign: RWQ…, 56 characters".to_owned())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&KEY[..], &self.id, self.key.as_bytes()].concat();
        f.write_str(&BASE64_STANDARD.encode(bytes))
    }
}

/// A secret key, which signs. It is never printed.
pub struct SecretKey {
    id: Id,
    key: SigningKey,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", format_id(self.id))
    }
}

impl SecretKey {
    /// Generates a key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut seed) = ([0; 8], [0; 32]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut seed)?;
        Ok(Self { id, key: SigningKey::from_bytes(&seed) })
    }

    /// Parses a secret key's file. The error does not repeat the input.
    ///
    /// # Errors
    /// What the text must be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let line = text.lines().rfind(|it| !it.trim().is_empty()).unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(line.trim()).unwrap_or_default();
        let parse = |mut bytes: &[u8]| {
            let (algorithm, derivation) = (take(&mut bytes)?, take(&mut bytes)?);
            // The checksum's algorithm, and the parameters that derive a key from a password.
            let _unused: [u8; 50] = take(&mut bytes)?;
            // The checksum is empty without a password. That the halves of the key match also shows
            // that it is complete.
            let (id, key) = (take(&mut bytes)?, take(&mut bytes)?);
            let _checksum: [u8; 32] = take(&mut bytes)?;
            let key = SigningKey::from_keypair_bytes(&key).ok()?;
            let is_one = algorithm == KEY && derivation == [0, 0] && bytes.is_empty();
            is_one.then_some(Self { id, key })
        };
        parse(&bytes).ok_or_else(|| {
            "must be a secret key of minisign without a password, as minisign -G -W writes it"
                .to_owned()
        })
    }

    /// The text of a secret key's file.
    #[must_use]
    pub fn to_file(&self) -> String {
        let (kind, limits) = ([&KEY[..], &[0, 0], b"B2"].concat(), [0; 16]);
        let key = self.key.to_keypair_bytes();
        let bytes = [&kind[..], &[0; 32], &limits, &self.id, &key, &[0; 32]].concat();
        format!("{COMMENT}minisign secret key\n{}\n", BASE64_STANDARD.encode(bytes))
    }

    /// The corresponding public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey { id: self.id, key: self.key.verifying_key() }
    }

    /// Signs `content` and a one-line comment. Returns the text of the signature file.
    #[must_use]
    pub fn sign(&self, content: &[u8], comment: &str) -> String {
        let signature = self.key.sign(&Blake2b512::digest(content)).to_bytes();
        let global_signature =
            self.key.sign(&[&signature[..], comment.as_bytes()].concat()).to_bytes();
        let signature = [&HASHED[..], &self.id, &signature].concat();
        format!(
            "{COMMENT}signature from minisign secret key\n{}\n{TRUSTED}{comment}\n{}\n",
            BASE64_STANDARD.encode(signature),
            BASE64_STANDARD.encode(global_signature)
        )
    }
}

/// A parsed but unverified signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    id: Id,
    signature: [u8; 64],
    comment: String,
    global_signature: [u8; 64],
}

impl Signature {
    /// Parses a signature file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next()?.strip_prefix(COMMENT)?;
        let signature = BASE64_STANDARD.decode(lines.next()?).ok()?;
        let comment = lines.next()?.strip_prefix(TRUSTED)?.to_owned();
        let global_signature = BASE64_STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let mut bytes = &signature[..];
        let (algorithm, id) = (take(&mut bytes)?, take(&mut bytes)?);
        let signature = bytes.try_into().ok()?;
        // The legacy format signs the content itself; the service never used it.
        (algorithm == HASHED && lines.next().is_none()).then_some(Self {
            id,
            signature,
            comment,
            global_signature,
        })
    }

    /// The id of the key that it claims to be made with.
    #[must_use]
    pub fn key_id(&self) -> String {
        format_id(self.id)
    }

    /// The trusted comment, which is signed as well.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicKey, SecretKey, Signature};

    const CONTENT: &[u8] = b"what is signed\n";
    // Created with minisign 0.11 (Debian): `minisign -G -W`, and `-S -t 'a comment'` of the
    // content.
    const THEIR_PUBLIC: &str = "untrusted comment: minisign public key B9E524DB63DF7C92\n\
RWSSfN9j2yTlueGdEovsPvpdnRM/rPjCSrYV3AV3t3vifqcMnqdsOOdd\n";
    const THEIR_SECRET: &str = "untrusted comment: minisign encrypted secret key\n\
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAknzfY9sk5bm2kaPm047Np6+sf5x5XOFZvAG5ZbBWM0YtZHpcFNNBz+GdEovsPvpdnRM/rPjCSrYV3AV3t3vifqcMnqdsOOddAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    const THEIR_SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
RUSSfN9j2yTlucdzZ0e1Mcq12tiBIhZPxzuSKaEzqGAvpXxIdvhQQVsrblbpH/PyINrX7abZ0zmUZx5g8RZxXUpDsT6spdNUhAA=\n\
trusted comment: a comment\n\
VIIz8vcIS3duwfLw1PSILhAL4xEAnEeO0e1LP7rTfB3hebGIfkJviqRhaZ3ZXdmjof3RdifoPvLHTZqd+Wc7Dw==\n";

    #[test]
    fn files_of_minisign_are_parsed() {
        let public: PublicKey = THEIR_PUBLIC.parse().unwrap();
        assert_eq!(public.to_file(), THEIR_PUBLIC);
        assert_eq!(THEIR_PUBLIC.lines().nth(1), Some(&*public.to_string()));
        let signature = Signature::parse(THEIR_SIGNATURE).unwrap();
        assert_eq!(signature.key_id(), public.id());
        assert_eq!(signature.comment(), "a comment");
        assert!(public.verifies(CONTENT, &signature));
        let secret = SecretKey::parse(THEIR_SECRET).unwrap();
        assert_eq!(secret.public(), public);
        // Ed25519 signatures are deterministic.
        let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&secret.sign(CONTENT, "a comment")), lines(THEIR_SIGNATURE));
        assert_eq!(lines(&secret.to_file()), lines(THEIR_SECRET));
    }

    #[test]
    fn another_implementation_verifies_signatures() {
        let secret = SecretKey::generate().unwrap();
        let public = minisign_verify::PublicKey::from_base64(&secret.public().to_string()).unwrap();
        let signed = secret.sign(CONTENT, "a comment");
        let signature = minisign_verify::Signature::decode(&signed).unwrap();
        assert_eq!(signature.trusted_comment(), "a comment");
        public.verify(CONTENT, &signature, false).unwrap();
        assert!(public.verify(b"something else", &signature, false).is_err());
    }

    #[test]
    fn any_change_invalidates_a_signature() {
        let secret = SecretKey::generate().unwrap();
        let public = SecretKey::parse(&secret.to_file()).unwrap().public();
        let text = secret.sign(CONTENT, "a comment");
        let is_valid = |text: &str, content: &[u8]| {
            Signature::parse(text).is_some_and(|it| public.verifies(content, &it))
        };
        assert!(is_valid(&text, CONTENT));
        assert!(!is_valid(&text, b"what is signed"));
        let other = SecretKey::generate().unwrap().sign(CONTENT, "a comment");
        assert!(!is_valid(&other, CONTENT));
        // The first line is not signed.
        let begin = text.find('\n').unwrap() + 1;
        for at in begin..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(!is_valid(&changed, CONTENT), "{changed}");
            assert!(!is_valid(&text[..at], CONTENT), "{at}");
        }
    }

    #[test]
    fn errors_do_not_repeat_the_input() {
        let secret = SecretKey::generate().unwrap().to_file();
        let line = secret.lines().nth(1).unwrap();
        for text in ["", "hunter2-canary", &line[..50], &line.replace('R', "S")] {
            let message = SecretKey::parse(text).map(drop).unwrap_err();
            assert!(message.contains("minisign -G -W") && !message.contains("canary"), "{message}");
        }
        // The error does not repeat a secret key given by mistake.
        let message = line.parse::<PublicKey>().unwrap_err();
        assert!(message.contains("RWQ") && !message.contains(&line[10..20]), "{message}");
        assert!(!format!("{:?}", SecretKey::parse(&secret).unwrap()).contains(&line[80..]));
    }
}
