//! VINs with valid check digits.

const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
/// What each of the characters counts.
const VALUES: [u32; 33] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8,
    9,
];
const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// The VIN with these first and last eight characters.
pub(crate) fn vin(start: &str, end: &str) -> String {
    let value = |it| CHARACTERS.find(it).map_or(0, |nth| VALUES[nth]);
    let whole = format!("{start}0{end}");
    let sum: u32 = whole.chars().zip(WEIGHTS).map(|(it, weight)| value(it) * weight).sum();
    let check = char::from_digit(sum % 11, 10).unwrap_or('X');
    format!("{start}{check}{end}")
}

/// The `nth` of a series of VINs.
pub(crate) fn nth(nth: u32) -> String {
    let digits = format!("{nth:013}");
    vin(&format!("WVB{}", &digits[..5]), &digits[5..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_computed() {
        assert_eq!(vin("1HGCM826", "3A004352"), "1HGCM82633A004352");
        assert_eq!(vin("11111111", "11111111"), "11111111111111111");
        assert_eq!(vin("1M8GDM9A", "KP042788"), "1M8GDM9AXKP042788");
    }

    #[test]
    fn a_series_has_different_vins_of_17_characters() {
        assert_eq!(nth(1).len(), 17);
        assert_ne!(nth(1), nth(2));
    }
}
