//! Writes iCalendar files (RFC 5545): all-day events, with text escaped and long lines folded.

use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, Days, NaiveDate, Utc};

/// The maximum length of a line in bytes, without its line break.
const MAX_LINE_BYTES: usize = 75;

/// A calendar.
pub(super) struct Calendar<'a> {
    pub(super) name: &'a str,
    pub(super) events: Vec<Event>,
}

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

impl Display for Calendar<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_line(f, "BEGIN:VCALENDAR")?;
        write_line(f, "VERSION:2.0")?;
        write_line(f, "PRODID:-//MotoVaultPro//Maintenance//EN")?;
        write_line(f, "CALSCALE:GREGORIAN")?;
        write_line(f, "METHOD:PUBLISH")?;
        write_text(f, "X-WR-CALNAME", self.name)?;
        write_line(f, "REFRESH-INTERVAL;VALUE=DURATION:PT12H")?;
        write_line(f, "X-PUBLISHED-TTL:PT12H")?;
        for event in &self.events {
            event.write(f)?;
        }
        write_line(f, "END:VCALENDAR")
    }
}

impl Event {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let day = |date: NaiveDate| date.format("%Y%m%d").to_string();
        let changed_at = self.changed_at.format("%Y%m%dT%H%M%SZ").to_string();
        write_line(f, "BEGIN:VEVENT")?;
        write_text(f, "UID", &self.uid)?;
        write_line(f, &format!("DTSTAMP:{changed_at}"))?;
        write_line(f, &format!("LAST-MODIFIED:{changed_at}"))?;
        // Clients keep the version with the higher number.
        write_line(
            f,
            &format!("SEQUENCE:{}", self.changed_at.timestamp().clamp(0, i32::MAX.into())),
        )?;
        write_line(f, &format!("DTSTART;VALUE=DATE:{}", day(self.date)))?;
        if let Some(next) = self.date.checked_add_days(Days::new(1)) {
            write_line(f, &format!("DTEND;VALUE=DATE:{}", day(next)))?;
        }
        write_text(f, "SUMMARY", &self.summary)?;
        for (name, value) in [("DESCRIPTION", &self.description), ("LOCATION", &self.location)] {
            if !value.is_empty() {
                write_text(f, name, value)?;
            }
        }
        write_line(f, &format!("URL:{}", self.url))?;
        write_line(f, "TRANSP:TRANSPARENT")?;
        write_line(f, "END:VEVENT")
    }
}

/// Writes a text property.
fn write_text(f: &mut Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write_line(f, &format!("{name}:{}", escape(value)))
}

/// Escapes a text as RFC 5545, section 3.3.11, requires, and drops control characters.
fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ';' | ',' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push('\t'),
            other if other.is_control() => {}
            other => text.push(other),
        }
    }
    text
}

/// Writes a line with its line break. A long line is folded, but never within a character.
fn write_line(f: &mut Formatter<'_>, content: &str) -> fmt::Result {
    let mut remaining = MAX_LINE_BYTES;
    for character in content.chars() {
        if character.len_utf8() > remaining {
            f.write_str("\r\n ")?;
            // The leading space counts, too.
            remaining = MAX_LINE_BYTES - 1;
        }
        write!(f, "{character}")?;
        remaining -= character.len_utf8();
    }
    f.write_str("\r\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Calendar, Event, MAX_LINE_BYTES};

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
        Calendar { name: "Cars", events: vec![event] }.to_string()
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
        REFRESH-INTERVAL;VALUE=DURATION:PT12H
        X-PUBLISHED-TTL:PT12H
        BEGIN:VEVENT
        UID:1@motovaultpro
        DTSTAMP:20260131T120000Z
        LAST-MODIFIED:20260131T120000Z
        SEQUENCE:1769860800
        DTSTART;VALUE=DATE:20261231
        DTEND;VALUE=DATE:20270101
        SUMMARY:Oil\; filter\, \\ all
        DESCRIPTION:one\ntwo
        URL:https://cars.example/maintenance/1/edit
        TRANSP:TRANSPARENT
        END:VEVENT
        END:VCALENDAR
        ");
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
