//! Normalizes text for searching: case-insensitive and accent-insensitive.

use unicode_normalization::UnicodeNormalization as _;

/// Returns the text in lower case and without accents: `Café` and `CAFE` become `cafe`.
///
/// Only Latin, Greek and Cyrillic accents are removed: in other scripts a mark makes a different
/// letter.
#[must_use]
pub fn normalize(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut normalized = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        push_normalized(letter, &mut normalized);
    }
    normalized
}

fn push_normalized(letter: char, normalized: &mut String) {
    if is_accent(letter) {
        return;
    }
    let has_accent = letter.is_alphabetic() && std::iter::once(letter).nfd().any(is_accent);
    if !has_accent {
        return push_plain(letter, normalized);
    }
    let plain = std::iter::once(letter).nfd().filter(|it| !is_accent(*it)).nfc();
    plain.for_each(|it| push_plain(it, normalized));
}

fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// Replaces letters with a stroke, and ligatures, by the letters that people type: Unicode does not
/// decompose them.
fn push_plain(letter: char, normalized: &mut String) {
    match letter {
        'ß' => normalized.push_str("ss"),
        'æ' => normalized.push_str("ae"),
        'œ' => normalized.push_str("oe"),
        'þ' => normalized.push_str("th"),
        'đ' | 'ð' => normalized.push('d'),
        'ħ' => normalized.push('h'),
        'ı' => normalized.push('i'),
        'ł' => normalized.push('l'),
        'ø' => normalized.push('o'),
        'ŧ' => normalized.push('t'),
        'ſ' => normalized.push('s'),
        'ς' => normalized.push('σ'),
        other => normalized.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn case_and_accents_are_removed() {
        for (text, plain) in [
            ("Café", "cafe"),
            ("CAFÉ", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("MÜNCHEN Straße", "munchen strasse"),
            ("STRASSE", "strasse"),
            ("Łódź Żabka", "lodz zabka"),
            ("Ærø", "aero"),
            ("İstanbul ışık", "istanbul isik"),
            ("Tiếng Việt", "tieng viet"),
            ("Ελλάς Αθήνα", "ελλασ αθηνα"),
            ("Ёлка Йод", "елка иод"),
            ("Œuvre À l’Été", "oeuvre a l’ete"),
        ] {
            assert_eq!(normalize(text), plain, "{text}");
            assert_eq!(normalize(plain), plain, "{plain}");
        }
    }

    #[test]
    fn marks_of_other_scripts_are_preserved() {
        for text in ["ガソリン", "주유소", "पेट्रोल", "ปั๊มน้ำมัน", "תַּחֲנָה", "加油站", "مَحَطَّة"]
        {
            assert_eq!(normalize(text), text);
        }
    }

    #[test]
    fn normalizing_is_idempotent() {
        for letter in (0..=0x10_ffff).filter_map(char::from_u32) {
            let once = normalize(&letter.to_string());
            assert_eq!(normalize(&once), once, "{letter:?}");
        }
    }
}
