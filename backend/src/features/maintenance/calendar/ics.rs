//! Writing a calendar (RFC 5545): all-day events, texts escaped, long lines folded.

use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, Days, NaiveDate, Utc};

/// The longest line, in bytes without its end.
const LONGEST: usize = 75;

/// A calendar to subscribe to.
pub(super) struct Calendar<'a> {
    pub(super) name: &'a str,
    pub(super) events: Vec<Event>,
}

/// Something that is on one day.
pub(super) struct Event {
    /// The same whatever else of it changes.
    pub(super) uid: String,
    pub(super) date: NaiveDate,
    pub(super) summary: String,
    /// May have several lines, or none.
    pub(super) description: String,
    /// Nothing where it is empty.
    pub(super) location: String,
    pub(super) url: String,
    /// When it was changed last.
    pub(super) changed: DateTime<Utc>,
}

impl Display for Calendar<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        line(f, "BEGIN:VCALENDAR")?;
        line(f, "VERSION:2.0")?;
        line(f, "PRODID:-//MotoVaultPro//Maintenance//EN")?;
        line(f, "CALSCALE:GREGORIAN")?;
        line(f, "METHOD:PUBLISH")?;
        text(f, "X-WR-CALNAME", self.name)?;
        line(f, "REFRESH-INTERVAL;VALUE=DURATION:PT12H")?;
        line(f, "X-PUBLISHED-TTL:PT12H")?;
        for event in &self.events {
            event.write(f)?;
        }
        line(f, "END:VCALENDAR")
    }
}

impl Event {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let day = |date: NaiveDate| date.format("%Y%m%d").to_string();
        let changed = self.changed.format("%Y%m%dT%H%M%SZ").to_string();
        line(f, "BEGIN:VEVENT")?;
        text(f, "UID", &self.uid)?;
        line(f, &format!("DTSTAMP:{changed}"))?;
        line(f, &format!("LAST-MODIFIED:{changed}"))?;
        // Calendars that have the event keep the version with the higher number.
        line(f, &format!("SEQUENCE:{}", self.changed.timestamp().clamp(0, i32::MAX.into())))?;
        line(f, &format!("DTSTART;VALUE=DATE:{}", day(self.date)))?;
        if let Some(next) = self.date.checked_add_days(Days::new(1)) {
            line(f, &format!("DTEND;VALUE=DATE:{}", day(next)))?;
        }
        text(f, "SUMMARY", &self.summary)?;
        for (name, value) in [("DESCRIPTION", &self.description), ("LOCATION", &self.location)] {
            if !value.is_empty() {
                text(f, name, value)?;
            }
        }
        line(f, &format!("URL:{}", self.url))?;
        line(f, "TRANSP:TRANSPARENT")?;
        line(f, "END:VEVENT")
    }
}

/// A property that holds a text.
fn text(f: &mut Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    line(f, &format!("{name}:{}", escaped(value)))
}

/// A text as RFC 5545, section 3.3.11, has it; control characters have no place in one.
fn escaped(value: &str) -> String {
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

/// A line with its end, folded where it is long: never within a character.
fn line(f: &mut Formatter<'_>, content: &str) -> fmt::Result {
    let mut room = LONGEST;
    for character in content.chars() {
        if character.len_utf8() > room {
            f.write_str("\r\n ")?;
            // The blank counts, too.
            room = LONGEST - 1;
        }
        write!(f, "{character}")?;
        room -= character.len_utf8();
    }
    f.write_str("\r\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Calendar, Event, LONGEST};

    fn written(summary: &str, description: &str) -> String {
        let event = Event {
            uid: "1@motovaultpro".to_owned(),
            date: "2026-12-31".parse().unwrap(),
            summary: summary.to_owned(),
            description: description.to_owned(),
            location: String::new(),
            url: "https://cars.example/maintenance/1/edit".to_owned(),
            changed: "2026-01-31T12:00:00.123456Z".parse().unwrap(),
        };
        Calendar { name: "Cars", events: vec![event] }.to_string()
    }

    #[test]
    fn an_event_is_written_out() {
        let written = written("Oil; filter, \\ all", "one\ntwo");
        insta::assert_snapshot!(written.replace("\r\n", "\n"), @r"
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
        fn no_text_leaves_its_line(summary in "\\PC{0,200}|[a-z\\r\\n:;,\\\\]{0,200}") {
            let written = written(&summary, &summary);
            prop_assert_eq!(written.matches("BEGIN:VEVENT\r\n").count(), 1);
            for line in written.split("\r\n") {
                prop_assert!(line.len() <= LONGEST, "{}", line);
                prop_assert!(!line.contains(['\r', '\n']), "{}", line);
            }
            // Unfolded and read again, it is what it was.
            let unfolded = written.replace("\r\n ", "");
            let line = unfolded.lines().find_map(|it| it.strip_prefix("SUMMARY:")).unwrap();
            let mut read = String::new();
            let mut rest = line.chars();
            while let Some(character) = rest.next() {
                match character {
                    '\\' => read.push(match rest.next() { Some('n') => '\n', other => other.unwrap() }),
                    other => read.push(other),
                }
            }
            let kept: String =
                summary.chars().filter(|it| !it.is_control() || *it == '\n' || *it == '\t').collect();
            prop_assert_eq!(read, kept);
        }
    }
}
