//! Step 1: normalizes a VIN and extracts its world manufacturer identifier (WMI; ISO 3780, 49 CFR
//! 565.15(a)).

use crate::symbols::{BAR, symbol};
use crate::tables::KEY_LENGTH;

/// Longer input is truncated, so that a result never repeats a megabyte of input.
const MAX_CHARACTERS: usize = 32;
/// The number of characters in a VIN.
pub(crate) const LENGTH: usize = 17;
/// Replaces characters outside ASCII. No VIN and no key contains it.
const NON_ASCII: u8 = 0x80;
/// The symbol after the end of a VIN. It matches only symbols that a key omits.
const END: u8 = 63;

/// A VIN, trimmed and in upper case. It may be malformed.
#[derive(Debug, Clone)]
pub(crate) struct Vin {
    pub(crate) text: String,
    bytes: [u8; MAX_CHARACTERS],
    length: usize,
}

impl Vin {
    pub(crate) fn new(typed: &str) -> Self {
        let mut text = String::with_capacity(MAX_CHARACTERS);
        let mut bytes = [0; MAX_CHARACTERS];
        let mut length = 0;
        for character in typed.trim().chars().take(MAX_CHARACTERS) {
            let character = character.to_ascii_uppercase();
            text.push(character);
            bytes[length] = if character.is_ascii() { character as u8 } else { NON_ASCII };
            length += 1;
        }
        Self { text, bytes, length }
    }

    /// The number of characters; 17 if the VIN is well-formed.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The first 17 characters.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.min(LENGTH)]
    }

    /// All characters.
    pub(crate) fn all(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The character at a position, starting at 1 as in the standard.
    pub(crate) fn at(&self, position: usize) -> Option<u8> {
        self.all().get(position - 1).copied()
    }

    /// The character at a position, including those outside ASCII.
    pub(crate) fn character(&self, position: usize) -> char {
        self.text.chars().nth(position - 1).unwrap_or(' ')
    }

    /// Whether the manufacturer builds fewer than 1,000 vehicles per year: position 3 is 9.
    pub(crate) fn is_low_volume(&self) -> bool {
        self.at(3) == Some(b'9')
    }

    /// The WMI and its length: characters 1–3 and, for low-volume manufacturers, 12–14 if the VIN
    /// is long enough.
    pub(crate) fn wmi(&self) -> ([u8; 6], usize) {
        let mut wmi = [0; 6];
        let own = self.length.min(3);
        wmi[..own].copy_from_slice(&self.bytes[..own]);
        if self.is_low_volume() && self.length >= 14 {
            wmi[3..].copy_from_slice(&self.bytes[11..14]);
            return (wmi, 6);
        }
        (wmi, own)
    }

    /// The symbols to match against keys in step 3: characters 4–8, the bar, characters 10–14.
    pub(crate) fn key(&self) -> [u8; KEY_LENGTH] {
        let mut key = [END; KEY_LENGTH];
        let bytes = self.bytes();
        for (index, byte) in bytes.iter().skip(3).take(5).enumerate() {
            key[index] = symbol(*byte);
        }
        if bytes.len() > 9 {
            key[5] = BAR;
            for (index, byte) in bytes.iter().skip(9).take(5).enumerate() {
                key[6 + index] = symbol(*byte);
            }
        }
        key
    }

    /// The characters that identify a type of vehicle: 1–11, or 1–14 for low-volume manufacturers,
    /// without the check digit.
    pub(crate) fn descriptor(&self) -> String {
        let length = if self.is_low_volume() { 14 } else { 11 };
        let characters = self.text.chars().chain(std::iter::repeat('*')).take(length);
        characters
            .enumerate()
            .map(|(index, character)| if index == 8 { '*' } else { character })
            .collect()
    }
}

/// Converts a WMI to a number with the same sort order; `None` if it is longer than six characters.
pub(crate) fn pack(wmi: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes[2..].get_mut(..wmi.len())?.copy_from_slice(wmi);
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vin_is_trimmed_and_converted_to_upper_case() {
        assert_eq!(Vin::new(" 1hgcm82633a004352\n").text, "1HGCM82633A004352");
    }

    #[test]
    fn a_low_volume_manufacturer_has_a_wmi_of_six_characters() {
        assert_eq!(Vin::new("1A9CM82633A004352").wmi(), (*b"1A9004", 6));
        assert_eq!(Vin::new("1A9CM8").wmi(), (*b"1A9\0\0\0", 3));
        assert_eq!(Vin::new("1HGCM82633A004352").wmi(), (*b"1HG\0\0\0", 3));
    }

    #[test]
    fn the_descriptor_omits_the_check_digit() {
        assert_eq!(Vin::new("1HGCM82633A004352").descriptor(), "1HGCM826*3A");
        assert_eq!(Vin::new("1A9CM82633A004352").descriptor(), "1A9CM826*3A004");
        assert_eq!(Vin::new("1HG").descriptor(), "1HG********");
    }

    #[test]
    fn packed_wmis_sort_like_their_texts() {
        let mut wmis = ["1A9004", "1A9", "1HG", "ZZZ", "1A8"];
        wmis.sort_unstable();
        assert!(wmis.is_sorted_by_key(|wmi| pack(wmi.as_bytes())));
        assert_eq!(pack(b"1234567"), None);
    }
}
