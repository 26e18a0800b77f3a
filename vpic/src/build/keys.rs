//! Compiles the keys of patterns to character sets: `CM82[67]`, `*****|*A`, `**###`.

use crate::symbols::{ANY, CONFUSABLE, DIGITS, VIN_CHARACTERS, bit};
use crate::tables::KEY_LENGTH;

use super::BuildError;

/// One symbol of a key: the characters that match, and the characters that it specifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Set {
    pub(crate) matches: u64,
    pub(crate) valid: u64,
}

const STAR: Set = Set { matches: ANY, valid: 0 };
/// A symbol that a key omits at its end. It also matches the end of a VIN.
const REST: Set = Set { matches: u64::MAX, valid: 0 };

/// A compiled key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) sets: [Set; KEY_LENGTH],
    /// The first and the last `#`.
    pub(crate) digits: Option<(u8, u8)>,
}

/// Compiles a key. Symbols that it omits at the end match everything.
pub(crate) fn compile(text: &str) -> Result<Key, BuildError> {
    let mut sets = [REST; KEY_LENGTH];
    let mut digits = None;
    let mut rest = text.as_bytes();
    let mut index = 0;
    while let [first, after @ ..] = rest {
        let (set, after) = match first {
            b'[' => {
                let end = after.iter().position(|byte| *byte == b']');
                let end = end.ok_or_else(|| BuildError::new(format!("the key {text} has no ]")))?;
                (brackets(&after[..end]), &after[end + 1..])
            }
            b'*' => (STAR, after),
            b'#' => {
                let here = u8::try_from(index).unwrap_or(u8::MAX);
                digits = Some((digits.map_or(here, |(start, _)| start), here));
                (Set { matches: DIGITS | bit(b'#'), valid: DIGITS }, after)
            }
            literal => (Set { matches: bit(*literal), valid: bit(*literal) }, after),
        };
        *sets
            .get_mut(index)
            .ok_or_else(|| BuildError::new(format!("the key {text} is too long")))? = set;
        index += 1;
        rest = after;
    }
    Ok(Key { sets, digits })
}

/// Compiles a set in brackets. Ranges match all characters between their ends, but specify only
/// those allowed in a VIN. NHTSA's two functions differ in this respect, and both are reproduced.
fn brackets(inside: &[u8]) -> Set {
    let (negated, mut rest) = match inside {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let has_range = rest.contains(&b'-');
    let mut matches = 0;
    while let [from, after @ ..] = rest {
        if let [b'-', to, after @ ..] = after
            && from <= to
        {
            matches |=
                (*from..=*to).filter(u8::is_ascii_alphanumeric).map(bit).fold(0, |a, b| a | b);
            rest = after;
        } else {
            matches |= bit(*from);
            rest = after;
        }
    }
    let matches = if negated { ANY & !matches } else { matches };
    let valid = if has_range || negated { matches & VIN_CHARACTERS & !CONFUSABLE } else { matches };
    Set { matches, valid: valid & !(bit(b'|') | bit(b'*')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> u64 {
        text.bytes().map(bit).fold(0, |a, b| a | b)
    }

    #[test]
    fn a_key_is_compiled_to_a_set_for_each_symbol() {
        let key = compile("C*8[67]|[A-C]").unwrap();
        let matches = key.sets.map(|set| set.matches);
        assert_eq!(matches[..4], [set("C"), ANY, set("8"), set("67")]);
        assert_eq!(matches[4..7], [set("|"), set("ABC"), u64::MAX]);
        assert_eq!(key.sets[1].valid, 0);
    }

    #[test]
    fn a_range_matches_i_but_does_not_specify_it() {
        let range = compile("[G-J]").unwrap().sets[0];
        assert_eq!((range.matches, range.valid), (set("GHIJ"), set("GHJ")));
        let list = compile("[GI]").unwrap().sets[0];
        assert_eq!((list.matches, list.valid), (set("GI"), set("GI")));
    }

    #[test]
    fn a_caret_negates_a_set() {
        let not = compile("[^A-Y0-9]").unwrap().sets[0];
        assert_eq!(not.valid, set("Z"));
        assert_eq!(not.matches & set("A"), 0);
    }

    #[test]
    fn the_first_and_last_digit_to_read_are_recorded() {
        assert_eq!(compile("**###").unwrap().digits, Some((2, 4)));
        assert_eq!(compile("ABC").unwrap().digits, None);
    }

    #[test]
    fn an_unterminated_or_too_long_key_is_rejected() {
        compile("AB[CD").unwrap_err();
        compile("ABCDE|FGHIJK").unwrap_err();
    }
}
