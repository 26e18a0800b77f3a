//! Recovery codes: ten, shown once, each good for one sign-in when the telephone is lost.

use sha2::{Digest as _, Sha256};

use crate::core::{Error, Result};

/// How many there are.
pub(super) const COUNT: usize = 10;
/// Characters of a code, each one of 32: 80 random bits, so that a plain hash is enough.
const LENGTH: usize = 16;
/// Letters and digits that nobody takes for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A code's SHA-256.
pub(super) type CodeHash = [u8; 32];

/// A set of new codes, as they are shown: `abcd-efgh-jkmn-pqrs`.
pub(super) fn fresh() -> Result<Vec<String>> {
    (0..COUNT).map(|_| one()).collect()
}

fn one() -> Result<String> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random).map_err(|error| Error::Internal(error.to_string().into()))?;
    // 256 is a multiple of 32: every character is as likely as any other.
    let letters: Vec<char> =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// What is kept of the code in `text`, if it has the shape of one; `text` is plain already.
pub(super) fn hash(plain: &str) -> Option<CodeHash> {
    let is_code = plain.len() == LENGTH && plain.bytes().all(|byte| ALPHABET.contains(&byte));
    is_code.then(|| Sha256::digest(plain).into())
}

/// A code as it is compared: without the blanks and dashes that people put between.
pub(super) fn plain(text: &str) -> String {
    let is_kept = |it: &char| !it.is_whitespace() && !matches!(it, '-' | '\u{2010}'..='\u{2015}');
    text.chars().filter(is_kept).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{fresh, hash, plain};

    #[test]
    fn ten_codes_differ_and_each_is_read_as_it_is_shown_or_typed() {
        let codes = fresh().unwrap();
        let hashes: std::collections::BTreeSet<_> =
            codes.iter().map(|code| hash(&plain(code)).unwrap()).collect();
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        assert_eq!(hash(&plain(&typed)), hash(&plain(&codes[0])));
        assert_eq!(codes[0].len(), 19, "{}", codes[0]);
    }

    #[test]
    fn what_has_another_shape_is_no_code() {
        for text in
            ["", "abcdefghijkmnpq", "abcdefghijkmnpqrs", "abcdefghijkmnpq0", "abcdefghijkmnpqü"]
        {
            assert_eq!(hash(text), None, "{text}");
        }
    }
}
