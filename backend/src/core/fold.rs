//! Text as it is searched: without case and without accents.

use unicode_normalization::UnicodeNormalization as _;

/// The text in lower case and without accents: `Café` and `CAFE` are both `cafe`.
///
/// Only Latin, Greek and Cyrillic accents are removed: in other scripts a mark makes a different
/// letter.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        fold(letter, &mut folded);
    }
    folded
}

fn fold(letter: char, folded: &mut String) {
    if is_accent(letter) {
        return;
    }
    let has_accent = letter.is_alphabetic() && std::iter::once(letter).nfd().any(is_accent);
    if !has_accent {
        return push_plain(letter, folded);
    }
    let plain = std::iter::once(letter).nfd().filter(|it| !is_accent(*it)).nfc();
    plain.for_each(|it| push_plain(it, folded));
}

fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// Writes letters with a stroke, and ligatures, as people type them: Unicode does not decompose them.
fn push_plain(letter: char, folded: &mut String) {
    match letter {
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        'đ' | 'ð' => folded.push('d'),
        'ħ' => folded.push('h'),
        'ı' => folded.push('i'),
        'ł' => folded.push('l'),
        'ø' => folded.push('o'),
        'ŧ' => folded.push('t'),
        'ſ' => folded.push('s'),
        'ς' => folded.push('σ'),
        other => folded.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_and_accents_make_no_difference() {
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
            assert_eq!(folded(text), plain, "{text}");
            assert_eq!(folded(plain), plain, "{plain}");
        }
    }

    #[test]
    fn other_scripts_keep_their_marks() {
        for text in ["ガソリン", "주유소", "पेट्रोल", "ปั๊มน้ำมัน", "תַּחֲנָה", "加油站", "مَحَطَّة"]
        {
            assert_eq!(folded(text), text);
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for letter in (0..=0x10_ffff).filter_map(char::from_u32) {
            let once = folded(&letter.to_string());
            assert_eq!(folded(&once), once, "{letter:?}");
        }
    }
}
