//! Serializes the calendar of upcoming maintenance as iCalendar (RFC 5545).

use chrono::{DateTime, Days, NaiveDate, Utc};
use icalendar::{Calendar, Component as _, EventLike as _, Property};

/// The maximum length of a line in bytes, without its line break (RFC 5545, section 3.1).
const MAX_LINE_BYTES: usize = 75;
/// How often clients should update the calendar.
const REFRESH_INTERVAL: &str = "PT12H";

/// An all-day event.
pub(super) struct Event {
    /// A stable id: it stays the same when the event changes.
    pub(super) uid: String,
    pub(super) date: NaiveDate,
    pub(super) summary: String,
    /// May have several lines or be empty.
    pub(super) description: String,
    /// May be empty.
    pub(super) location: String,
    pub(super) url: String,
    /// When the event was last changed.
    pub(super) changed_at: DateTime<Utc>,
}

/// Serializes a calendar with this name.
pub(super) fn serialize(name: &str, events: impl IntoIterator<Item = Event>) -> String {
    let mut calendar = Calendar::empty();
    let name = without_controls(name);
    for property in [
        ("VERSION", "2.0"),
        ("PRODID", "-//MotoVaultPro//Maintenance//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", name.as_str()),
        ("X-PUBLISHED-TTL", REFRESH_INTERVAL),
    ] {
        calendar.append_property(property);
    }
    let mut interval = Property::new("REFRESH-INTERVAL", REFRESH_INTERVAL);
    calendar.append_property(interval.add_parameter("VALUE", "DURATION").done());
    calendar.extend(events.into_iter().map(Event::build));
    fold(&calendar.to_string())
}

/// Folds long lines. The library does, too, but its last part of a line can be a byte too long.
fn fold(calendar: &str) -> String {
    let mut folded = String::with_capacity(calendar.len());
    for line in calendar.replace("\r\n ", "").split_inclusive("\r\n") {
        let (mut rest, mut limit) = (line, MAX_LINE_BYTES);
        while rest.trim_end_matches("\r\n").len() > limit {
            let (part, others) = rest.split_at(rest.floor_char_boundary(limit));
            folded.push_str(part);
            folded.push_str("\r\n ");
            // The following lines begin with a space.
            (rest, limit) = (others, MAX_LINE_BYTES - 1);
        }
        folded.push_str(rest);
    }
    folded
}

impl Event {
    fn build(self) -> icalendar::Event {
        let mut event = icalendar::Event::new();
        // Clients keep the version with the higher number.
        let sequence = self.changed_at.timestamp().clamp(0, i32::MAX.into());
        event
            .uid(&self.uid)
            .timestamp(self.changed_at)
            .last_modified(self.changed_at)
            .sequence(u32::try_from(sequence).unwrap_or_default())
            .starts(self.date)
            .summary(&without_controls(&self.summary))
            .url(&self.url)
            .add_property("TRANSP", "TRANSPARENT");
        if let Some(next) = self.date.checked_add_days(Days::new(1)) {
            event.ends(next);
        }
        if !self.description.is_empty() {
            event.description(&without_controls(&self.description));
        }
        if !self.location.is_empty() {
            event.location(&without_controls(&self.location));
        }
        event.done()
    }
}

/// A text without control characters: the library escapes line breaks, but writes all others as they are.
fn without_controls(text: &str) -> String {
    text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Event, MAX_LINE_BYTES};

    fn serialize(summary: &str, description: &str) -> String {
        let event = Event {
            uid: "1@motovaultpro".to_owned(),
            date: "2026-12-31".parse().unwrap(),
            summary: summary.to_owned(),
            description: description.to_owned(),
            location: String::new(),
            url: "https://cars.example/maintenance/1/edit".to_owned(),
            changed_at: "2026-01-31T12:00:00.123456Z".parse().unwrap(),
        };
        super::serialize("Cars", [event])
    }

    #[test]
    fn an_event_is_serialized() {
        let serialized = serialize("Oil; filter, \\ all", "one\ntwo");
        insta::assert_snapshot!(serialized.replace("\r\n", "\n"), @r"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//MotoVaultPro//Maintenance//EN
        CALSCALE:GREGORIAN
        METHOD:PUBLISH
        X-WR-CALNAME:Cars
        X-PUBLISHED-TTL:PT12H
        REFRESH-INTERVAL;VALUE=DURATION:PT12H
        BEGIN:VEVENT
        DESCRIPTION:one\ntwo
        DTEND;VALUE=DATE:20270101
        DTSTAMP:20260131T120000Z
        DTSTART;VALUE=DATE:20261231
        LAST-MODIFIED:20260131T120000Z
        SEQUENCE:1769860800
        SUMMARY:Oil\; filter\, \\ all
        TRANSP:TRANSPARENT
        UID:1@motovaultpro
        URL:https://cars.example/maintenance/1/edit
        END:VEVENT
        END:VCALENDAR
        ");
    }

    #[test]
    fn a_text_of_any_length_is_folded_into_short_lines() {
        for length in 0..300 {
            let serialized = serialize(&"é".repeat(length), &"a".repeat(length));
            let longest = serialized.split("\r\n").map(str::len).max();
            assert!(longest <= Some(MAX_LINE_BYTES), "{length}: {serialized}");
        }
    }

    proptest! {
        #[test]
        fn text_cannot_break_out_of_its_property(summary in "\\PC{0,200}|[a-z\\r\\n:;,\\\\]{0,200}") {
            let serialized = serialize(&summary, &summary);
            prop_assert_eq!(serialized.matches("BEGIN:VEVENT\r\n").count(), 1);
            for line in serialized.split("\r\n") {
                prop_assert!(line.len() <= MAX_LINE_BYTES, "{}", line);
                prop_assert!(!line.contains(['\r', '\n']), "{}", line);
            }
            // Unfolded and unescaped, the text is the original.
            let unfolded = serialized.replace("\r\n ", "");
            let line = unfolded.lines().find_map(|it| it.strip_prefix("SUMMARY:")).unwrap();
            let mut unescaped = String::new();
            let mut rest = line.chars();
            while let Some(character) = rest.next() {
                match character {
                    '\\' => unescaped.push(match rest.next() { Some('n') => '\n', other => other.unwrap() }),
                    other => unescaped.push(other),
                }
            }
            let expected: String =
                summary.chars().filter(|it| !it.is_control() || *it == '\n' || *it == '\t').collect();
            prop_assert_eq!(unescaped, expected);
        }
    }
}
