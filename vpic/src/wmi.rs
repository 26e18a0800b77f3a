//! Step 1: a VIN as typed, made comparable, and the world manufacturer identifier in it (ISO 3780,
//! 49 CFR 565.15(a)).

use crate::symbols::{BAR, symbol};
use crate::tables::KEY_LENGTH;

/// Characters beyond this are cut off: no VIN has them, and an answer must not repeat a megabyte.
const MOST_CHARACTERS: usize = 32;
/// How many characters a VIN has.
pub(crate) const LENGTH: usize = 17;
/// What a character outside ASCII counts as: no VIN and no key has it.
const OUTSIDE: u8 = 0x80;
/// The symbol after the last: only what a key leaves out matches it.
const END: u8 = 63;

/// A VIN trimmed and in capitals.
#[derive(Debug, Clone)]
pub(crate) struct Vin {
    pub(crate) text: String,
    bytes: [u8; MOST_CHARACTERS],
    length: usize,
}

impl Vin {
    pub(crate) fn new(typed: &str) -> Self {
        let mut text = String::with_capacity(MOST_CHARACTERS);
        let mut bytes = [0; MOST_CHARACTERS];
        let mut length = 0;
        for character in typed.trim().chars().take(MOST_CHARACTERS) {
            let character = character.to_ascii_uppercase();
            text.push(character);
            bytes[length] = if character.is_ascii() { character as u8 } else { OUTSIDE };
            length += 1;
        }
        Self { text, bytes, length }
    }

    /// How many characters there are, 17 in a VIN that is one.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The characters up to the 17th.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.min(LENGTH)]
    }

    /// All characters.
    pub(crate) fn all(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The character at a position, counted from 1 as in the standard.
    pub(crate) fn at(&self, position: usize) -> Option<u8> {
        self.all().get(position - 1).copied()
    }

    /// The text of a character, also of one outside ASCII.
    pub(crate) fn character(&self, position: usize) -> char {
        self.text.chars().nth(position - 1).unwrap_or(' ')
    }

    /// Whether the maker builds fewer than 1,000 vehicles a year: 9 in the third position.
    pub(crate) fn is_small_maker(&self) -> bool {
        self.at(3) == Some(b'9')
    }

    /// Characters 1–3, and of a small maker 12–14 as well where the VIN has them.
    pub(crate) fn wmi(&self) -> ([u8; 6], usize) {
        let mut wmi = [0; 6];
        let own = self.length.min(3);
        wmi[..own].copy_from_slice(&self.bytes[..own]);
        if self.is_small_maker() && self.length >= 14 {
            wmi[3..].copy_from_slice(&self.bytes[11..14]);
            return (wmi, 6);
        }
        (wmi, own)
    }

    /// Step 3's key string: characters 4–8, the bar, 10–14, as symbols.
    pub(crate) fn key(&self) -> [u8; KEY_LENGTH] {
        let mut key = [END; KEY_LENGTH];
        let bytes = self.bytes();
        for (place, byte) in bytes.iter().skip(3).take(5).enumerate() {
            key[place] = symbol(*byte);
        }
        if bytes.len() > 9 {
            key[5] = BAR;
            for (place, byte) in bytes.iter().skip(9).take(5).enumerate() {
                key[6 + place] = symbol(*byte);
            }
        }
        key
    }

    /// What makers describe a kind of vehicle by: characters 1–11 without the check digit, 1–14 of a
    /// small maker.
    pub(crate) fn descriptor(&self) -> String {
        let length = if self.is_small_maker() { 14 } else { 11 };
        let characters = self.text.chars().chain(std::iter::repeat('*')).take(length);
        characters
            .enumerate()
            .map(|(place, character)| if place == 8 { '*' } else { character })
            .collect()
    }
}

/// A WMI as a number that sorts as its text does; `None` if it is longer than six characters.
pub(crate) fn pack(wmi: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[2..].get_mut(..wmi.len())?.copy_from_slice(wmi);
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vin_is_trimmed_and_in_capitals() {
        assert_eq!(Vin::new(" 1hgcm82633a004352\n").text, "1HGCM82633A004352");
    }

    #[test]
    fn a_small_maker_is_known_by_six_characters() {
        assert_eq!(Vin::new("1A9CM82633A004352").wmi(), (*b"1A9004", 6));
        assert_eq!(Vin::new("1A9CM8").wmi(), (*b"1A9\0\0\0", 3));
        assert_eq!(Vin::new("1HGCM82633A004352").wmi(), (*b"1HG\0\0\0", 3));
    }

    #[test]
    fn the_descriptor_leaves_the_check_digit_out() {
        assert_eq!(Vin::new("1HGCM82633A004352").descriptor(), "1HGCM826*3A");
        assert_eq!(Vin::new("1A9CM82633A004352").descriptor(), "1A9CM826*3A004");
        assert_eq!(Vin::new("1HG").descriptor(), "1HG********");
    }

    #[test]
    fn packed_wmis_sort_as_their_text() {
        let mut wmis = ["1A9004", "1A9", "1HG", "ZZZ", "1A8"];
        wmis.sort_unstable();
        assert!(wmis.is_sorted_by_key(|wmi| pack(wmi.as_bytes())));
        assert_eq!(pack(b"1234567"), None);
    }
}
