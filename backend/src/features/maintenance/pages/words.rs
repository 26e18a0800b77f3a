//! What is due, in words.

use chrono::NaiveDate;

use crate::{
    core::units::{Distance, Shown, day},
    features::maintenance::{
        Item, Status, Upcoming,
        types::{TYPES, TypeName},
    },
};

/// How urgent something is, as a badge says it; nothing where it is not.
pub(super) fn badge(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Overdue => ("bad", "Overdue"),
        Status::DueSoon => ("soon", "Due soon"),
        Status::Upcoming => ("", ""),
    }
}

/// When it is due: a line for the day, one for the mileage.
pub(super) fn due(upcoming: &Upcoming, shown: &Shown) -> Vec<String> {
    let sign = shown.distance.sign();
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
    let by_distance = upcoming.item.due_odometer.zip(upcoming.due_in_exact).map(|(at, left)| {
        let (at, apart) = (reading(at, shown), shown.exact_distance(left.abs()));
        match left {
            _ if apart == "0" => format!("{at}, now"),
            1.. => format!("{at}, {apart} {sign} to go"),
            _ => format!("{at}, {apart} {sign} ago"),
        }
    });
    [by_day, by_distance].into_iter().flatten().collect()
}

/// A reading or an interval with its unit: as entered if it was in the reader's unit, else in whole
/// units.
pub(in crate::features::maintenance) fn reading(reading: Distance, shown: &Shown) -> String {
    let unit = shown.distance;
    // A sum of distances in two units is not a whole number of tenths of either.
    let is_entered = reading.unit() == unit && reading.exact() % (unit.exact() / 10) == 0;
    let number =
        if is_entered { shown.reading(reading) } else { shown.exact_distance(reading.exact()) };
    format!("{number} {}", unit.sign())
}

impl Upcoming {
    /// What is due and when, in a line: `2003 Honda Accord, Oil change: 30 Jan 2026, yesterday`.
    #[must_use]
    pub fn in_words(&self, vehicle: &str, shown: &Shown) -> String {
        let (name, about) = title(&self.item.kind, self.item.description.as_deref());
        let about = about.map(|it| format!(" ({it})")).unwrap_or_default();
        format!("{vehicle}, {name}{about}: {}", due(self, shown).join("; "))
    }
}

/// When its mileage will be reached, where that can be told and is still to come.
pub(super) fn prediction(upcoming: &Upcoming) -> Option<String> {
    let likely = upcoming.predicted_due_date.filter(|_| upcoming.due_in_miles > Some(0))?;
    let range = match (upcoming.predicted_due_earliest, upcoming.predicted_due_latest) {
        (Some(from), Some(to)) if from < to => format!(" ({} to {})", day(from), day(to)),
        _ => String::new(),
    };
    Some(format!("At your rate about {}{range}", day(likely)))
}

/// After how much it comes again: `every 6 months or 5,000 mi`.
pub(super) fn interval(item: &Item, shown: &Shown) -> Option<String> {
    let months = item.interval_months.map(|months| match months {
        1 => "month".to_owned(),
        12 => "year".to_owned(),
        months if months % 12 == 0 => format!("{} years", months / 12),
        months => format!("{months} months"),
    });
    let distance = item.interval_distance.map(|it| reading(it, shown));
    let both: Vec<_> = [months, distance].into_iter().flatten().collect();
    (!both.is_empty()).then(|| format!("every {}", both.join(" or ")))
}

/// The word for what somebody calls a type: a known type's, else their own words with underscores.
pub(super) fn to_type(called: &str) -> String {
    let called = called.trim();
    let known = TYPES.iter().find(|it| it.name.eq_ignore_ascii_case(called) || it.kind == called);
    if let Some(known) = known {
        return known.kind.to_owned();
    }
    let apart = |it: char| it.is_whitespace() || matches!(it, '-' | '_' | '/' | ',' | '.');
    let words: Vec<_> = called.split(apart).filter(|it| !it.is_empty()).collect();
    words.join("_").to_lowercase()
}

/// The day as its heading says it: the year is enough to find a place in a long history.
pub(super) fn year(date: NaiveDate) -> String {
    date.format("%Y").to_string()
}

/// What a type is called, with an item's own first line where it has one.
pub(super) fn title(kind: &TypeName, description: Option<&str>) -> (String, Option<String>) {
    let line = description.and_then(|it| it.lines().next()).map(str::to_owned);
    (kind.name().into_owned(), line)
}

#[cfg(test)]
mod tests {
    use super::to_type;

    #[test]
    fn what_people_call_a_type_becomes_its_word() {
        for (called, word) in [
            ("Oil change", "oil_change"),
            ("oil change", "oil_change"),
            ("Brake pads, front", "brake_pads_front"),
            ("12 V battery", "battery_12v"),
            (" Ceramic  coat ", "ceramic_coat"),
            ("Anti-rust", "anti_rust"),
            ("", ""),
        ] {
            assert_eq!(to_type(called), word, "{called}");
        }
    }
}
