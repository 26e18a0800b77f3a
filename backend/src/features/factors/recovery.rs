//! Recovery codes: ten single-use codes, shown once, for signing in when the other factors are lost.

use sha2::{Digest as _, Sha256};

use crate::core::{Error, Result};

/// The number of codes in a set.
pub(super) const COUNT: usize = 10;
/// The length of a code. Each of its characters is one of 32, so a code has 80 random bits and an
/// unsalted hash is enough.
const LENGTH: usize = 16;
/// Letters and digits that can't be confused with each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The SHA-256 hash of a code.
pub(super) type CodeHash = [u8; 32];

/// Generates a set of codes in the form shown to users: `abcd-efgh-jkmn-pqrs`.
pub(super) fn generate_codes() -> Result<Vec<String>> {
    (0..COUNT).map(|_| generate_code()).collect()
}

fn generate_code() -> Result<String> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random).map_err(|error| Error::Internal(error.to_string().into()))?;
    // 256 is a multiple of 32, so all characters are equally likely.
    let letters: Vec<char> =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// Hashes a normalized code. Returns `None` if it isn't a well-formed code.
pub(super) fn hash_code(plain: &str) -> Option<CodeHash> {
    let is_code = plain.len() == LENGTH && plain.bytes().all(|byte| ALPHABET.contains(&byte));
    is_code.then(|| Sha256::digest(plain).into())
}

/// Removes whitespace and dashes and converts to lower case.
pub(super) fn normalize(text: &str) -> String {
    let is_significant =
        |it: &char| !it.is_whitespace() && !matches!(it, '-' | '\u{2010}'..='\u{2015}');
    text.chars().filter(is_significant).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{generate_codes, hash_code, normalize};

    #[test]
    fn codes_are_unique_and_accepted_in_any_formatting() {
        let codes = generate_codes().unwrap();
        let hashes: std::collections::BTreeSet<_> =
            codes.iter().map(|code| hash_code(&normalize(code)).unwrap()).collect();
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        assert_eq!(hash_code(&normalize(&typed)), hash_code(&normalize(&codes[0])));
        assert_eq!(codes[0].len(), 19, "{}", codes[0]);
    }

    #[test]
    fn malformed_codes_are_rejected() {
        for text in
            ["", "abcdefghijkmnpq", "abcdefghijkmnpqrs", "abcdefghijkmnpq0", "abcdefghijkmnpqü"]
        {
            assert_eq!(hash_code(text), None, "{text}");
        }
    }
}
