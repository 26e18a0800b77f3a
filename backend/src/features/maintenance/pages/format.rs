//! Formats due dates, distances and intervals for people.

use chrono::NaiveDate;

use crate::{
    core::{
        locale::Message,
        units::{Distance, UnitFormatter},
    },
    features::maintenance::{
        DueStatus, Item, Upcoming,
        types::{TYPES, TypeName},
    },
    t,
};

/// Returns the class and the text of the badge for a status, if it has one.
pub(super) fn badge(status: DueStatus) -> Option<(&'static str, Message)> {
    match status {
        DueStatus::Overdue => Some(("bad", t!("maintenance-overdue"))),
        DueStatus::DueSoon => Some(("soon", t!("maintenance-due-soon"))),
        DueStatus::Upcoming => None,
    }
}

/// Describes when an item is due: a line for the date and a line for the reading.
pub(super) fn due(upcoming: &Upcoming, units: &UnitFormatter) -> Vec<Message> {
    let sign = units.distance.symbol();
    let by_day = upcoming
        .item
        .due_date
        .zip(upcoming.due_in_days)
        .map(|(date, days)| t!("maintenance-due-date", date = date, when = relative_day(days)));
    let by_distance =
        upcoming.item.due_odometer.zip(upcoming.due_in_exact).map(|(at, remaining)| {
            let (at, number) = (distance(at, units), units.exact_distance(remaining.abs()));
            let distance = format!("{number} {sign}");
            match remaining {
                _ if number == "0" => t!("maintenance-due-now", reading = at),
                1.. => t!("maintenance-due-reading", reading = at, distance = distance),
                _ => t!("maintenance-overdue-reading", reading = at, distance = distance),
            }
        });
    [by_day, by_distance].into_iter().flatten().collect()
}

/// Describes a day relative to today, in the largest unit that is precise enough.
fn relative_day(days: i64) -> Message {
    let count = days.abs();
    // A month has 30.4375 days on average.
    let months = (count * 10_000 + 152_187) / 304_375;
    let is_years = months >= 24 || months % 12 == 0;
    let years = (months + 6) / 12;
    match days {
        0 => t!("maintenance-today"),
        1 => t!("maintenance-tomorrow"),
        -1 => t!("maintenance-yesterday"),
        2..60 => t!("maintenance-in-days", count = count),
        -59..=-2 => t!("maintenance-days-ago", count = count),
        60.. if is_years => t!("maintenance-in-years", count = years),
        60.. => t!("maintenance-in-months", count = months),
        _ if is_years => t!("maintenance-years-ago", count = years),
        _ => t!("maintenance-months-ago", count = months),
    }
}

/// Formats a reading or an interval with its unit: as entered if it was in the user's unit, or else
/// in whole units.
pub(in crate::features::maintenance) fn distance(
    reading: Distance,
    units: &UnitFormatter,
) -> String {
    let unit = units.distance;
    // A sum of distances in different units is not a whole number of tenths.
    let is_entered = reading.unit() == unit && reading.exact() % (unit.exact() / 10) == 0;
    let number =
        if is_entered { units.reading(reading) } else { units.exact_distance(reading.exact()) };
    format!("{number} {}", unit.symbol())
}

impl Upcoming {
    /// The name of the item's type, and the first line of its description if it has one.
    #[must_use]
    pub fn title(&self) -> (Message, Option<String>) {
        title(&self.item.r#type, self.item.description.as_deref())
    }

    /// Describes when the item is due: a line for the date and a line for the reading.
    #[must_use]
    pub fn due_lines(&self, units: &UnitFormatter) -> Vec<Message> {
        due(self, units)
    }

    /// The class and the text of the badge for the status, if it has one.
    #[must_use]
    pub fn badge(&self) -> Option<(&'static str, Message)> {
        badge(self.status)
    }

    /// Describes the item in a line: `2003 Honda Accord, Oil change: Jan 30, 2026, yesterday`.
    #[must_use]
    pub fn describe(&self, vehicle: &str, units: &UnitFormatter) -> String {
        let (name, details) = title(&self.item.r#type, self.item.description.as_deref());
        let due: Vec<_> = due(self, units).iter().map(Message::to_string).collect();
        let due = due.join("; ");
        match details {
            Some(details) => t!(
                "maintenance-reminder-with-details",
                vehicle = vehicle,
                name = name,
                details = details,
                due = due
            ),
            None => t!("maintenance-reminder", vehicle = vehicle, name = name, due = due),
        }
        .to_string()
    }
}

/// Describes when the due reading will be reached, if there is a prediction for it in the future.
pub(super) fn prediction(upcoming: &Upcoming) -> Option<Message> {
    let likely = upcoming.predicted_due_date.filter(|_| upcoming.due_in_miles > Some(0))?;
    Some(match (upcoming.predicted_due_earliest, upcoming.predicted_due_latest) {
        (Some(from), Some(to)) if from < to => {
            t!("maintenance-prediction-with-range", date = likely, from = from, to = to)
        }
        _ => t!("maintenance-prediction", date = likely),
    })
}

/// Describes the interval: `every 6 months or 5,000 mi`.
pub(super) fn interval(item: &Item, units: &UnitFormatter) -> Option<Message> {
    let distance = item.interval_distance.map(|it| distance(it, units));
    Some(match (item.interval_months, distance) {
        (None, None) => return None,
        (None, Some(distance)) => t!("maintenance-every-distance", distance = distance),
        (Some(months), None) if months % 12 == 0 => {
            t!("maintenance-every-years", count = months / 12)
        }
        (Some(months), None) => t!("maintenance-every-months", count = months),
        (Some(months), Some(distance)) if months % 12 == 0 => {
            t!("maintenance-every-years-or-distance", count = months / 12, distance = distance)
        }
        (Some(months), Some(distance)) => {
            t!("maintenance-every-months-or-distance", count = months, distance = distance)
        }
    })
}

/// Parses a type from its name or its value; any other input becomes a word with underscores.
pub(super) fn parse_type(input: &str) -> String {
    let input = input.trim();
    let known = TYPES
        .iter()
        .find(|it| it.kind == input || it.name.to_string().to_lowercase() == input.to_lowercase());
    if let Some(known) = known {
        return known.kind.to_owned();
    }
    let is_separator = |it: char| it.is_whitespace() || matches!(it, '-' | '_' | '/' | ',' | '.');
    let words: Vec<_> = input.split(is_separator).filter(|it| !it.is_empty()).collect();
    words.join("_").to_lowercase()
}

/// Formats the heading for a date: its year.
pub(super) fn year(date: NaiveDate) -> String {
    date.format("%Y").to_string()
}

/// Returns the name of a type, and the first line of the description if there is one.
pub(super) fn title(kind: &TypeName, description: Option<&str>) -> (Message, Option<String>) {
    let line = description.and_then(|it| it.lines().next()).map(str::to_owned);
    (kind.name(), line)
}

#[cfg(test)]
mod tests {
    use super::{parse_type, relative_day};

    #[test]
    fn distant_days_are_described_in_months_or_years() {
        for (days, text) in [
            (0, "today"),
            (-1, "yesterday"),
            (59, "in 59 days"),
            (-2, "2 days ago"),
            (60, "in 2 months"),
            (-90, "3 months ago"),
            (365, "in 1 year"),
            (366, "in 1 year"),
            (547, "in 18 months"),
            (1826, "in 5 years"),
            (-730, "2 years ago"),
        ] {
            assert_eq!(relative_day(days).to_string(), text, "{days}");
        }
    }

    #[test]
    fn display_names_are_parsed_into_types() {
        for (input, word) in [
            ("Oil change", "oil_change"),
            ("oil change", "oil_change"),
            ("Brake pads, front", "brake_pads_front"),
            ("12 V battery", "battery_12v"),
            (" Ceramic  coat ", "ceramic_coat"),
            ("Anti-rust", "anti_rust"),
            ("", ""),
        ] {
            assert_eq!(parse_type(input), word, "{input}");
        }
    }
}
