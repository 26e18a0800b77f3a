//! Keys of patterns as sets of characters: `CM82[67]`, `*****|*A`, `**###`.

use crate::symbols::{ANY, CONFUSABLE, DIGITS, VIN_CHARACTERS, bit};
use crate::tables::KEY_LENGTH;

use super::BuildError;

/// One symbol of a key: what matches there, and which characters the key so speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Set {
    pub(crate) matches: u64,
    pub(crate) valid: u64,
}

const STAR: Set = Set { matches: ANY, valid: 0 };
/// What a key leaves out at its end: that matches also where a VIN has already ended.
const REST: Set = Set { matches: u64::MAX, valid: 0 };

/// A compiled key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) sets: [Set; KEY_LENGTH],
    /// The first and the last `#`.
    pub(crate) digits: Option<(u8, u8)>,
}

/// Compiles a key; what it leaves out at the end matches everything.
pub(crate) fn compile(text: &str) -> Result<Key, BuildError> {
    let mut sets = [REST; KEY_LENGTH];
    let mut digits = None;
    let mut rest = text.as_bytes();
    let mut place = 0;
    while let [first, after @ ..] = rest {
        let (set, after) = match first {
            b'[' => {
                let end = after.iter().position(|byte| *byte == b']');
                let end = end.ok_or_else(|| BuildError::new(format!("the key {text} has no ]")))?;
                (brackets(&after[..end]), &after[end + 1..])
            }
            b'*' => (STAR, after),
            b'#' => {
                let here = u8::try_from(place).unwrap_or(u8::MAX);
                digits = Some((digits.map_or(here, |(start, _)| start), here));
                (Set { matches: DIGITS | bit(b'#'), valid: DIGITS }, after)
            }
            literal => (Set { matches: bit(*literal), valid: bit(*literal) }, after),
        };
        *sets
            .get_mut(place)
            .ok_or_else(|| BuildError::new(format!("the key {text} is too long")))? = set;
        place += 1;
        rest = after;
    }
    Ok(Key { sets, digits })
}

/// A set in brackets. Ranges match whatever lies between their ends, yet speak only of what a VIN
/// may hold: so NHTSA's two functions differ, and both are kept.
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
    fn a_key_is_a_set_for_each_symbol() {
        let key = compile("C*8[67]|[A-C]").unwrap();
        let matches = key.sets.map(|set| set.matches);
        assert_eq!(matches[..4], [set("C"), ANY, set("8"), set("67")]);
        assert_eq!(matches[4..7], [set("|"), set("ABC"), u64::MAX]);
        assert_eq!(key.sets[1].valid, 0);
    }

    #[test]
    fn a_range_matches_i_but_speaks_of_none() {
        let range = compile("[G-J]").unwrap().sets[0];
        assert_eq!((range.matches, range.valid), (set("GHIJ"), set("GHJ")));
        let list = compile("[GI]").unwrap().sets[0];
        assert_eq!((list.matches, list.valid), (set("GI"), set("GI")));
    }

    #[test]
    fn a_caret_negates() {
        let not = compile("[^A-Y0-9]").unwrap().sets[0];
        assert_eq!(not.valid, set("Z"));
        assert_eq!(not.matches & set("A"), 0);
    }

    #[test]
    fn digits_to_read_have_a_first_and_a_last() {
        assert_eq!(compile("**###").unwrap().digits, Some((2, 4)));
        assert_eq!(compile("ABC").unwrap().digits, None);
    }

    #[test]
    fn a_key_without_end_or_too_long_is_refused() {
        compile("AB[CD").unwrap_err();
        compile("ABCDE|FGHIJK").unwrap_err();
    }
}
