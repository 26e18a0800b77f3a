//! The running total. Pure.

use chrono::NaiveDate;

/// An odometer that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(super) struct Replacement {
    pub(super) date: NaiveDate,
    /// What the new one showed first, and the old one last.
    pub(super) reading: i32,
    pub(super) previous_reading: i32,
}

/// What the vehicle had done when its odometer showed `reading` on `date`, in miles. The replacements
/// are in order.
pub(super) fn running_total(replacements: &[Replacement], date: NaiveDate, reading: i32) -> i64 {
    let counted = replacements.iter().filter(|it| it.is_before(date, reading));
    let before: i64 =
        counted.map(|it| i64::from(it.previous_reading) - i64::from(it.reading)).sum();
    i64::from(reading) + before
}

impl Replacement {
    /// Whether a reading is one of the new odometer's. On the day itself the nearer one counts.
    fn is_before(&self, date: NaiveDate, reading: i32) -> bool {
        let apart = |from: i32| (i64::from(reading) - i64::from(from)).abs();
        self.date < date || self.date == date && apart(self.reading) < apart(self.previous_reading)
    }
}

#[cfg(test)]
mod tests {
    use super::{Replacement, running_total};

    #[test]
    fn the_total_goes_on_where_odometers_begin_anew() {
        let date = |text: &str| text.parse().unwrap();
        let replaced = |day: &str, previous_reading, reading| Replacement {
            date: date(day),
            reading,
            previous_reading,
        };
        // At 80,000 by a new one, and at 500 of that by a used one that showed 120,000.
        let all = [replaced("2025-06-01", 80_000, 0), replaced("2025-09-01", 500, 120_000)];
        for (day, reading, total) in [
            ("2025-05-31", 79_900, 79_900),
            ("2025-06-01", 80_000, 80_000),
            ("2025-06-01", 0, 80_000),
            ("2025-06-01", 3, 80_003),
            ("2025-08-31", 480, 80_480),
            ("2025-09-01", 120_000, 80_500),
            ("2025-12-01", 121_000, 81_500),
        ] {
            assert_eq!(running_total(&all, date(day), reading), total, "{reading} on {day}");
        }
        assert_eq!(running_total(&[], date("2025-01-01"), 7), 7);
    }
}
