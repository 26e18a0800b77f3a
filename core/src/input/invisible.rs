//! Invisible characters: a text must not contain hidden ones or consist of blank ones.

use crate::{locale::Message, t};

/// The joiners, which some scripts and emoji need between two characters.
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// The ranges of characters that a text must not contain, with their names.
const INVISIBLE: &[(char, char, &str)] = &[
    ('\u{ad}', '\u{ad}', "soft hyphen"),
    ('\u{61c}', '\u{61c}', "Arabic letter mark"),
    ('\u{180e}', '\u{180e}', "Mongolian vowel separator"),
    ('\u{200b}', '\u{200b}', "zero-width space"),
    ('\u{200e}', '\u{200e}', "left-to-right mark"),
    ('\u{200f}', '\u{200f}', "right-to-left mark"),
    ('\u{2028}', '\u{2028}', "line separator"),
    ('\u{2029}', '\u{2029}', "paragraph separator"),
    ('\u{202a}', '\u{202e}', "bidirectional control"),
    ('\u{2060}', '\u{2060}', "word joiner"),
    ('\u{2061}', '\u{2064}', "invisible operator"),
    ('\u{2065}', '\u{2065}', "unassigned format character"),
    ('\u{2066}', '\u{2069}', "bidirectional control"),
    ('\u{206a}', '\u{206f}', "deprecated format character"),
    ('\u{feff}', '\u{feff}', "zero-width no-break space"),
    ('\u{fff9}', '\u{fffb}', "interlinear annotation"),
    ('\u{1bca0}', '\u{1bca3}', "shorthand format control"),
    ('\u{1d173}', '\u{1d17a}', "musical format control"),
    ('\u{e0000}', '\u{e007f}', "tag character"),
];

/// [`INVISIBLE`] as part of a character class in a regular expression, without the characters above
/// U+FFFF: regular-expression engines do not agree on how to write those.
pub(super) const IN_PATTERN: &str = "\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\
    \\u2060-\\u206f\\ufeff\\ufff9-\\ufffb";

/// How many characters before an invisible character an error quotes.
const QUOTED: usize = 20;

fn name(character: char) -> Option<&'static str> {
    if character.is_ascii() {
        return None;
    }
    let found = INVISIBLE.iter().find(|it| (it.0..=it.1).contains(&character));
    found.map(|it| it.2)
}

/// Whether a character is blank, or only modifies the one before it.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, NON_JOINER | JOINER | '\u{34f}' | '\u{2800}')
        || matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
        || matches!(character, '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}')
        || matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a joiner is allowed next to the character: ASCII never needs one.
fn is_joined(character: Option<char>) -> bool {
    character.is_some_and(|it| {
        !it.is_ascii()
            && !it.is_whitespace()
            && !matches!(it, NON_JOINER | JOINER)
            && name(it).is_none()
    })
}

/// The first invisible character of the text: its position in characters, the character, and its
/// name.
fn first(text: &str) -> Option<(usize, char, &'static str)> {
    let mut before = None;
    let mut rest = text.chars().enumerate().peekable();
    while let Some((place, character)) = rest.next() {
        let name = match character {
            NON_JOINER | JOINER => {
                let after = rest.peek().map(|it| it.1);
                let is_needed = is_joined(before) && is_joined(after);
                let name = if character == JOINER { "joiner" } else { "non-joiner" };
                (!is_needed).then_some(name)
            }
            other => name(other),
        };
        if let Some(name) = name {
            return Some((place, character, name));
        }
        before = Some(character);
    }
    None
}

/// Rejects a text that contains invisible characters or consists of blank ones.
///
/// # Errors
/// Names the character and quotes the text before it.
pub(super) fn reject_invisible(text: &str) -> Result<(), Message> {
    if text.is_ascii() {
        return Ok(());
    }
    if let Some((place, character, name)) = first(text) {
        let begin = place.saturating_sub(QUOTED);
        let before: String = text.chars().skip(begin).take(place - begin).collect();
        let before = before.trim();
        let code = format!("U+{:04X}", u32::from(character));
        return Err(if before.is_empty() {
            t!("core-field-invisible-first", code = code, name = name)
        } else {
            t!("core-field-invisible-after", code = code, name = name, before = before)
        });
    }
    if !text.trim().is_empty() && text.chars().all(is_blank) {
        return Err(t!("core-field-only-invisible"));
    }
    Ok(())
}

/// Removes invisible characters from external text; returns an empty text if nothing visible
/// remains.
#[must_use]
pub fn strip_invisible(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut visible = String::with_capacity(text.len());
    let mut rest = text.chars().filter(|it| name(*it).is_none()).peekable();
    while let Some(character) = rest.next() {
        let is_joiner = matches!(character, NON_JOINER | JOINER);
        let after = rest.peek().copied();
        if !is_joiner || (is_joined(visible.chars().next_back()) && is_joined(after)) {
            visible.push(character);
        }
    }
    if visible.chars().all(is_blank) { String::new() } else { visible }
}

#[cfg(test)]
mod tests {
    use super::{INVISIBLE, reject_invisible, strip_invisible};

    #[test]
    fn every_invisible_character_is_rejected_with_its_code() {
        for (least, most, name) in INVISIBLE {
            for character in *least..=*most {
                let code = format!("U+{:04X} ({name})", u32::from(character));
                for text in [
                    format!("{character}"),
                    format!("{character}Car"),
                    format!("C{character}ar"),
                    format!("Car{character}"),
                    format!("Ca\n{character}r"),
                ] {
                    let refused = reject_invisible(&text).unwrap_err().to_string();
                    assert!(refused.contains(&code), "{text:?}: {refused}");
                }
                assert_eq!(strip_invisible(&format!("Ca{character}r")), "Car");
            }
        }
        let refused = reject_invisible("Red C\u{200b}ar").unwrap_err().to_string();
        let expected =
            "contains an invisible character, U+200B (zero-width space), after “Red C”: remove it";
        assert_eq!(refused, expected);
    }

    #[test]
    fn joiners_are_accepted_only_where_scripts_and_emoji_need_them() {
        for text in [
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}💻",
            "👨🏽\u{200d}🚀",
            "🏳\u{fe0f}\u{200d}🌈",
            "👩\u{200d}❤\u{fe0f}\u{200d}👨",
        ] {
            assert_eq!(reject_invisible(text), Ok(()), "{text:?}");
            assert_eq!(strip_invisible(text), text);
        }
        for joiner in ['\u{200c}', '\u{200d}'] {
            for text in [
                format!("{joiner}"),
                format!("{joiner}{joiner}"),
                format!("{joiner}م"),
                format!("م{joiner}"),
                format!("C{joiner}ar"),
                format!("م{joiner} م"),
                format!("م{joiner}{joiner}م"),
            ] {
                let refused = reject_invisible(&text).unwrap_err().to_string();
                assert!(refused.contains("joiner"), "{text:?}: {refused}");
            }
        }
    }

    #[test]
    fn a_text_without_visible_characters_is_rejected() {
        for text in ["\u{3164}", "\u{2800}", "\u{fe0f}", "\u{a0}\u{2800}", "\u{115f}\u{1160}"] {
            let refused = reject_invisible(text).unwrap_err().to_string();
            assert!(refused.starts_with("contains only invisible"), "{text:?}: {refused}");
            assert_eq!(strip_invisible(text), "");
        }
        for text in ["", "Car", "é", "Дом", "車", "🚗", "❤\u{fe0f}", "שלום", "مرحبا", "e\u{301}"]
        {
            assert_eq!(reject_invisible(text), Ok(()), "{text:?}");
        }
    }
}
