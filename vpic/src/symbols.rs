//! Represents the characters of VINs and keys as numbers below 64, so that a set of them is a `u64`.

/// The number of any other character.
const OTHER: u8 = 40;
/// The separator between the keys of positions 4–8 and 10–17.
pub(crate) const BAR: u8 = 36;
const UNDERSCORE: u8 = 37;
const HASH: u8 = 38;
const DASH: u8 = 39;

/// All symbols: the meaning of `*` in a key.
#[cfg(feature = "build")]
pub(crate) const ANY: u64 = (1 << (OTHER + 1)) - 1;
/// 0 to 9.
pub(crate) const DIGITS: u64 = (1 << 10) - 1;
/// A to Z.
pub(crate) const LETTERS: u64 = ((1 << 26) - 1) << 10;
/// The letters that ISO 3779 excludes because they look like 1 and 0.
pub(crate) const CONFUSABLE: u64 = bit(b'I') | bit(b'O') | bit(b'Q');
/// The characters that ISO 3779 allows in a VIN.
pub(crate) const VIN_CHARACTERS: u64 = (DIGITS | LETTERS) & !CONFUSABLE;
/// The characters that 49 CFR 565.15(d)(1), table VII, allows at position 10.
pub(crate) const YEAR_CHARACTERS: u64 = VIN_CHARACTERS & !(bit(b'U') | bit(b'Z') | bit(b'0'));

/// The number of a character. Lowercase letters are other characters.
pub(crate) const fn symbol(character: u8) -> u8 {
    match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'Z' => character - b'A' + 10,
        b'|' => BAR,
        b'_' => UNDERSCORE,
        b'#' => HASH,
        b'-' => DASH,
        _ => OTHER,
    }
}

/// The set that contains one character.
pub(crate) const fn bit(character: u8) -> u64 {
    1 << symbol(character)
}

/// The characters of a set in NHTSA's order: underscore, digits, letters.
pub(crate) fn characters(set: u64) -> impl Iterator<Item = char> {
    let underscore = (set >> UNDERSCORE & 1 == 1).then_some('_');
    let rest = (0..BAR)
        .filter(move |symbol| set >> symbol & 1 == 1)
        .map(|symbol| char::from(if symbol < 10 { b'0' + symbol } else { b'A' + symbol - 10 }));
    underscore.into_iter().chain(rest)
}
