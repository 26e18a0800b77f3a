//! The pseudo-locale: English with an accent on each letter that can have one, and each vowel doubled,
//! which makes a text some 40 % longer, as other languages are.

use std::borrow::Cow;

/// The text `text`, accented. Tags (`<b>`) stay as they are.
pub(super) fn accent(text: &str) -> Cow<'_, str> {
    let mut accented = String::with_capacity(text.len() * 3);
    let mut is_tag = false;
    for letter in text.chars() {
        is_tag = is_tag && letter != '>' || letter == '<';
        match accented_letter(letter) {
            Some(new) if !is_tag => {
                accented.push(new);
                if "aeiou".contains(letter) {
                    accented.push(new);
                }
            }
            _ => accented.push(letter),
        }
    }
    Cow::Owned(accented)
}

const fn accented_letter(letter: char) -> Option<char> {
    Some(match letter {
        'a' => 'á',
        'b' => 'ƀ',
        'c' => 'ç',
        'd' => 'ð',
        'e' => 'é',
        'f' => 'ƒ',
        'g' => 'ĝ',
        'h' => 'ĥ',
        'i' => 'í',
        'j' => 'ĵ',
        'k' => 'ķ',
        'l' => 'ļ',
        'm' => 'ɱ',
        'n' => 'ñ',
        'o' => 'ó',
        'p' => 'þ',
        'q' => 'ʠ',
        'r' => 'ŕ',
        's' => 'š',
        't' => 'ţ',
        'u' => 'ú',
        'v' => 'ṽ',
        'w' => 'ŵ',
        'x' => 'ẋ',
        'y' => 'ý',
        'z' => 'ž',
        'A' => 'Å',
        'B' => 'Ɓ',
        'C' => 'Ç',
        'D' => 'Ð',
        'E' => 'É',
        'F' => 'Ƒ',
        'G' => 'Ĝ',
        'H' => 'Ĥ',
        'I' => 'Î',
        'J' => 'Ĵ',
        'K' => 'Ķ',
        'L' => 'Ļ',
        'M' => 'Ṁ',
        'N' => 'Ñ',
        'O' => 'Ö',
        'P' => 'Þ',
        'Q' => 'Ǫ',
        'R' => 'Ŕ',
        'S' => 'Š',
        'T' => 'Ţ',
        'U' => 'Û',
        'V' => 'Ṽ',
        'W' => 'Ŵ',
        'X' => 'Ẋ',
        'Y' => 'Ý',
        'Z' => 'Ž',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::accent;

    #[test]
    fn letters_are_accented_and_vowels_doubled_except_in_tags() {
        assert_eq!(accent("Save <b>it</b> now"), "Šááṽéé <b>ííţ</b> ñóóŵ");
        assert_eq!(accent("12.5 %"), "12.5 %");
    }
}
