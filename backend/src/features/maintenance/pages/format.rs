//! Formats due dates, distances and intervals for people.

use chrono::NaiveDate;

use crate::{
    core::units::{Distance, UnitFormatter, day},
    features::maintenance::{
        DueStatus, Item, Upcoming,
        types::{TYPES, TypeName},
    },
};

/// Returns the class and the text of the badge for a status.
pub(super) fn badge(status: DueStatus) -> (&'static str, &'static str) {
    match status {
        DueStatus::Overdue => ("bad", "Overdue"),
        DueStatus::DueSoon => ("soon", "Due soon"),
        DueStatus::Upcoming => ("", ""),
    }
}

/// Describes when an item is due: a line for the date and a line for the reading.
pub(super) fn due(upcoming: &Upcoming, units: &UnitFormatter) -> Vec<String> {
    let sign = units.distance.symbol();
    let by_day = upcoming.item.due_date.zip(upcoming.due_in_days).map(|(date, days)| {
        let when = match days {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            -1 => "yesterday".to_owned(),
            2.. => format!("in {days} days"),
            _ => format!("{} days ago", -days),
        };
        format!("{}, {when}", day(date))
    });
    let by_distance =
        upcoming.item.due_odometer.zip(upcoming.due_in_exact).map(|(at, remaining)| {
            let (at, distance) = (distance(at, units), units.exact_distance(remaining.abs()));
            match remaining {
                _ if distance == "0" => format!("{at}, now"),
                1.. => format!("{at}, {distance} {sign} to go"),
                _ => format!("{at}, {distance} {sign} ago"),
            }
        });
    [by_day, by_distance].into_iter().flatten().collect()
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
    /// Describes the item in a line: `2003 Honda Accord, Oil change: 30 Jan 2026, yesterday`.
    #[must_use]
    pub fn describe(&self, vehicle: &str, units: &UnitFormatter) -> String {
        let (name, about) = title(&self.item.kind, self.item.description.as_deref());
        let about = about.map(|it| format!(" ({it})")).unwrap_or_default();
        format!("{vehicle}, {name}{about}: {}", due(self, units).join("; "))
    }
}

/// Describes when the due reading will be reached, if there is a prediction for it in the future.
pub(super) fn prediction(upcoming: &Upcoming) -> Option<String> {
    let likely = upcoming.predicted_due_date.filter(|_| upcoming.due_in_miles > Some(0))?;
    let range = match (upcoming.predicted_due_earliest, upcoming.predicted_due_latest) {
        (Some(from), Some(to)) if from < to => format!(" ({} to {})", day(from), day(to)),
        _ => String::new(),
    };
    Some(format!("At your rate about {}{range}", day(likely)))
}

/// Describes the interval: `every 6 months or 5,000 mi`.
pub(super) fn interval(item: &Item, units: &UnitFormatter) -> Option<String> {
    let months = item.interval_months.map(|months| match months {
        1 => "month".to_owned(),
        12 => "year".to_owned(),
        months if months % 12 == 0 => format!("{} years", months / 12),
        months => format!("{months} months"),
    });
    let distance = item.interval_distance.map(|it| distance(it, units));
    let both: Vec<_> = [months, distance].into_iter().flatten().collect();
    (!both.is_empty()).then(|| format!("every {}", both.join(" or ")))
}

/// Parses a type from its name or its value; any other input becomes a word with underscores.
pub(super) fn parse_type(input: &str) -> String {
    let input = input.trim();
    let known = TYPES.iter().find(|it| it.name.eq_ignore_ascii_case(input) || it.kind == input);
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
pub(super) fn title(kind: &TypeName, description: Option<&str>) -> (String, Option<String>) {
    let line = description.and_then(|it| it.lines().next()).map(str::to_owned);
    (kind.name().into_owned(), line)
}

#[cfg(test)]
mod tests {
    use super::parse_type;

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
