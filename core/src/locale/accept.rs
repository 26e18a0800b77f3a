//! `Accept-Language`: which locale fits best.

use super::Locale;

/// The locale that fits `header` best, or none.
pub(super) fn best(header: &str) -> Option<Locale> {
    language_ranges(header).into_iter().find_map(lookup)
}

/// The language ranges in an `Accept-Language` header that are wanted, such as `de-CH`, the most wanted first.
#[must_use]
pub fn language_ranges(header: &str) -> Vec<&str> {
    let mut ranges: Vec<(&str, u16)> = header.split(',').filter_map(range).collect();
    // The sort is stable: ranges of equal weight stay in the order of the header.
    ranges.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    ranges.into_iter().filter(|&(_, weight)| weight > 0).map(|(range, _)| range).collect()
}

/// A language range and its weight in thousandths, such as `de-CH;q=0.8`.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|it| !it.is_empty())?;
    let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
    Some((range, weight.map_or(Some(1000), thousandths)?))
}

/// A weight (RFC 9110, section 12.4.2), such as `0.8`.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = matches!(whole, "0" | "1")
        && fraction.len() <= 3
        && fraction.bytes().all(|it| it.is_ascii_digit());
    let weight = is_valid.then(|| format!("{whole}{fraction:0<3}"))?.parse().ok()?;
    (weight <= 1000).then_some(weight)
}

/// The locale for one range: the range itself, else the range without its last subtag, and so on. A
/// language without a region means its first locale.
fn lookup(range: &str) -> Option<Locale> {
    let mut range = range;
    loop {
        if let Some(locale) = Locale::from_tag(range) {
            return Some(locale);
        }
        let Some((shorter, _)) = range.rsplit_once('-') else { break };
        range = shorter;
    }
    let language = |it: &Locale| it.tag().split('-').next().unwrap_or_default();
    Locale::ALL.into_iter().find(|it| language(it).eq_ignore_ascii_case(range))
}

#[cfg(test)]
mod tests {
    use super::{Locale, best};

    #[test]
    fn the_heaviest_known_range_wins() {
        let cases = [
            ("en-US", Some(Locale::EnUs)),
            ("EN-xa", Some(Locale::Pseudo)),
            ("xx, en-XA;q=0.5, en;q=0.4", Some(Locale::Pseudo)),
            ("en-XA;q=0.4, en-US;q=0.45", Some(Locale::EnUs)),
            ("en-GB", Some(Locale::EnUs)),
            ("en-XA-x-long", Some(Locale::Pseudo)),
            ("en-XA;q=0, tlh", None),
            ("en-XA;q=2", None),
            ("en-XA;q=0.1234", None),
            ("*", None),
            ("", None),
            (";q=1,,", None),
        ];
        for (header, expected) in cases {
            assert_eq!(best(header), expected, "{header}");
        }
    }
}
