//! Numbers as people type them into forms: `1,234.5`, `1.234,5`, `1 234,5`, `1'234.5`.
//!
//! JSON numbers have only one spelling and are not parsed here. The browser's script parses numbers
//! by the same rules (`core/assets/numbers.js`); both are tested with `tests/data/numbers.json`.

use crate::{locale::Message, t};

/// Which numbers a field accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    /// The maximum number of decimals.
    decimals: u32,
    /// Whether it may be negative.
    signed: bool,
}

impl NumberFormat {
    /// Whole numbers.
    pub const WHOLE: Self = Self::decimal(0);

    /// Numbers with at most `decimals` decimals.
    #[must_use]
    pub const fn decimal(decimals: u32) -> Self {
        Self { decimals, signed: false }
    }

    /// The same, including negative numbers.
    #[must_use]
    pub const fn signed(self) -> Self {
        Self { signed: true, ..self }
    }
}

/// A typed number as plain text: digits, and a point before the decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The number, if its only separator is a decimal mark.
    pub value: String,
    /// The number if that mark separates thousands instead: `1.234` may be 1.234 or 1234.
    pub other: Option<String>,
}

/// A number with two plausible readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// The number if the mark starts the decimals.
    pub decimal: String,
    /// The number if the mark separates thousands.
    pub grouped: String,
}

impl Typed {
    /// The reading that `is_plausible` accepts; if it accepts neither, the one with decimals.
    ///
    /// # Errors
    /// Both readings, if it accepts both.
    pub fn resolve(self, is_plausible: impl Fn(&str) -> bool) -> Result<String, Ambiguous> {
        match self.other {
            Some(grouped) if is_plausible(&grouped) => {
                if is_plausible(&self.value) {
                    Err(Ambiguous { decimal: self.value, grouped })
                } else {
                    Ok(grouped)
                }
            }
            _ => Ok(self.value),
        }
    }
}

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Nothing was typed.
    Empty,
    /// It has digits of another script.
    Digits,
    /// It has a sign that the field does not accept.
    Sign,
    /// It has something other than digits and marks: a unit, a currency, an exponent.
    Symbol,
    /// Its marks do not separate groups of three digits.
    Groups,
    /// It has more decimals than the field accepts.
    Decimals(u32),
}

impl From<NumberError> for Message {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Empty => t!("core-field-number-empty"),
            NumberError::Digits => t!("core-field-number-digits"),
            NumberError::Sign => t!("core-field-number-sign"),
            NumberError::Symbol => t!("core-field-number-symbol"),
            NumberError::Groups => t!("core-field-number-groups"),
            NumberError::Decimals(0) => t!("core-field-whole-number"),
            NumberError::Decimals(most) => t!("core-field-number-decimals", most = most),
        }
    }
}

/// Parses a number as people type it.
///
/// Commas, points, apostrophes or spaces may separate groups of exactly three digits, if all of them
/// are the same; after the groups, a different comma or point may start the decimals. A single comma
/// or point before exactly three digits is ambiguous: it separates thousands if the field does not
/// accept three decimals, and starts the decimals otherwise.
///
/// # Errors
/// [`NumberError`]
pub fn parse(text: &str, format: NumberFormat) -> Result<Typed, NumberError> {
    let text = text.trim_matches(|it: char| is_blank(it) || matches!(it, '\t' | '\r' | '\n'));
    let (sign, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) if format.signed => ("-", rest),
        _ => ("", text),
    };
    let (runs, marks) = split(text)?;
    let plain = |whole: &[&str], decimals: &str| {
        let whole = whole.concat();
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let point = if decimals.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{decimals}")
    };
    let one = |value: String| Ok(Typed { value, other: None });
    let most = format.decimals;
    let (Some((last, before)), Some((mark, marks_before))) =
        (runs.split_last(), marks.split_last())
    else {
        return one(plain(&runs, ""));
    };
    let grouped = are_groups(&runs, &marks).then(|| plain(&runs, ""));
    let is_decimal_mark = matches!(mark, ',' | '.') && !marks_before.contains(mark);
    let has_whole = are_groups(before, marks_before) || marks_before.is_empty();
    if !is_decimal_mark || !has_whole {
        return grouped.map_or(Err(NumberError::Groups), one);
    }
    // The mark before the last run starts the decimals, unless it separates another group.
    let with_decimals = plain(before, last);
    match grouped {
        Some(grouped) if length(last) > most => one(grouped),
        other if length(last.trim_end_matches('0')) <= most => {
            Ok(Typed { value: with_decimals, other })
        }
        _ => Err(NumberError::Decimals(most)),
    }
}

/// Splits the text into runs of digits and the marks between them.
fn split(text: &str) -> Result<(Vec<&str>, Vec<char>), NumberError> {
    let mut marks = Vec::new();
    for (at, sign) in text.char_indices() {
        match sign {
            '0'..='9' => {}
            ',' | '.' => marks.push(sign),
            '\'' | '\u{2019}' => marks.push('\''),
            _ if is_blank(sign) => marks.push(' '),
            '-' | '+' | '\u{2212}' if at == 0 => return Err(NumberError::Sign),
            _ if sign.is_numeric() => return Err(NumberError::Digits),
            _ => return Err(NumberError::Symbol),
        }
    }
    let runs: Vec<_> = text.split(|it: char| !it.is_ascii_digit()).collect();
    if runs.iter().all(|it| it.is_empty()) {
        return Err(if marks.is_empty() { NumberError::Empty } else { NumberError::Symbol });
    }
    Ok((runs, marks))
}

fn is_blank(sign: char) -> bool {
    matches!(sign, ' ' | '\u{a0}' | '\u{202f}')
}

/// Whether these are groups of three digits, all separated by the same mark.
fn are_groups(runs: &[&str], marks: &[char]) -> bool {
    let Some((first, others)) = runs.split_first() else { return false };
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && !others.is_empty()
        && others.iter().all(|it| it.len() == 3)
        && marks.iter().all(|it| Some(it) == marks.first())
}

fn length(digits: &str) -> u32 {
    u32::try_from(digits.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Ambiguous, NumberError, NumberFormat, Typed, parse};

    /// The cases that the browser's script is tested with as well.
    const TABLE: &str = include_str!("../../tests/data/numbers.json");

    /// The result in the table's format: the value, both readings, or why it is rejected.
    fn written(read: Result<Typed, NumberError>) -> Value {
        let refused = match read {
            Ok(Typed { value, other: None }) => return json!(value),
            Ok(Typed { value, other: Some(other) }) => return json!([value, other]),
            Err(NumberError::Empty) => "empty",
            Err(NumberError::Digits) => "digits",
            Err(NumberError::Sign) => "sign",
            Err(NumberError::Symbol) => "symbol",
            Err(NumberError::Groups) => "groups",
            Err(NumberError::Decimals(_)) => "decimals",
        };
        json!({ "refused": refused })
    }

    #[test]
    fn every_case_of_the_table_is_parsed_as_expected() {
        let table: Value = serde_json::from_str(TABLE).unwrap();
        let fields = table["fields"].as_object().unwrap();
        let cases = table["cases"].as_array().unwrap();
        let spellings: HashSet<_> = cases.iter().map(|it| it["typed"].as_str().unwrap()).collect();
        assert_eq!(spellings.len(), cases.len(), "a spelling appears twice");
        assert!(spellings.len() >= 60);
        for case in cases {
            let typed = case["typed"].as_str().unwrap();
            for (field, format_of_field) in fields {
                let decimals = format_of_field["decimals"].as_u64().unwrap().try_into().unwrap();
                let signed = format_of_field["signed"].as_bool().unwrap();
                let format = NumberFormat { decimals, signed };
                let expected = case.get(field).unwrap_or(&case["all"]);
                assert_eq!(&written(parse(typed, format)), expected, "{typed:?} as {field}");
            }
        }
    }

    #[test]
    fn a_number_is_ambiguous_only_if_both_readings_are_plausible() {
        let resolve = |typed: &str, plausible: &[&str]| {
            let typed = parse(typed, NumberFormat::decimal(3)).unwrap();
            typed.resolve(|it| plausible.contains(&it))
        };
        let ambiguous = Ambiguous { decimal: "1.234".to_owned(), grouped: "1234".to_owned() };
        assert_eq!(resolve("1,234", &["1.234", "1234"]), Err(ambiguous));
        assert_eq!(resolve("1,234", &["1.234"]), Ok("1.234".to_owned()));
        assert_eq!(resolve("1,234", &["1234"]), Ok("1234".to_owned()));
        assert_eq!(resolve("1,234", &[]), Ok("1.234".to_owned()));
        assert_eq!(resolve("1,2", &[]), Ok("1.2".to_owned()));
    }

    #[test]
    fn errors_say_how_to_fix_the_input() {
        let message = |typed: &str, format| {
            crate::locale::Message::from(parse(typed, format).unwrap_err()).to_string()
        };
        let decimal = NumberFormat::decimal(2);
        assert_eq!(message("1.2345", decimal), "has more than 2 decimals: round it to 2");
        assert_eq!(
            message("1.25", NumberFormat::decimal(1)),
            "has more than 1 decimal: round it to one"
        );
        assert_eq!(message("1.5", NumberFormat::WHOLE), "must be a whole number");
        assert_eq!(
            message("40 L", decimal),
            "must be a number in digits, without a unit or a currency"
        );
        assert_eq!(message("٤٠", decimal), "must be written with the digits 0 to 9");
    }

    proptest! {
        #[test]
        fn every_grouping_style_gives_the_same_number(
            whole in 0_u64..10_000_000_000, decimals in "[0-9]{0,2}", style in 0_usize..6,
        ) {
            let (group, point) =
                [(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u{a0}", "."), ("\u{202f}", ",")]
                [style];
            let digits = whole.to_string();
            let mut typed = String::new();
            for (at, digit) in digits.char_indices() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    typed.push_str(group);
                }
                typed.push(digit);
            }
            let mut plain = digits;
            if !decimals.is_empty() {
                typed = format!("{typed}{point}{decimals}");
                plain = format!("{plain}.{decimals}");
            }
            let read = parse(&typed, NumberFormat::decimal(2));
            prop_assert_eq!(read, Ok(Typed { value: plain, other: None }));
        }

        #[test]
        fn plain_numbers_are_unchanged(text in "(0|[1-9][0-9]{3,12})(\\.[0-9]{1,8})?") {
            let read = parse(&text, NumberFormat::decimal(8));
            prop_assert_eq!(read, Ok(Typed { value: text, other: None }));
        }

        #[test]
        fn parsed_numbers_are_digits_and_a_point(text in "\\PC*|[-+0-9.,' \u{a0}e]{0,12}") {
            let format = NumberFormat::decimal(3).signed();
            if let Ok(Typed { value, other }) = parse(&text, format) {
                for plain in [Some(value), other].into_iter().flatten() {
                    let digits = plain.strip_prefix('-').unwrap_or(&plain);
                    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
                    for run in [whole, decimals] {
                        prop_assert!(!run.is_empty() && run.bytes().all(|it| it.is_ascii_digit()));
                    }
                }
            }
        }
    }
}
