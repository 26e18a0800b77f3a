//! Calculates the running total: the total distance that a vehicle has driven, including replaced odometers.
//! No I/O.

use std::cmp::Ordering;

use chrono::NaiveDate;

/// An odometer that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx_derive::FromRow)]
pub struct Replacement {
    /// The date of the replacement.
    pub date: NaiveDate,
    /// The first reading of the new odometer, in tenths of a millimeter.
    pub reading_exact: i64,
    /// The last reading of the old odometer, in tenths of a millimeter.
    pub previous_exact: i64,
}

/// A vehicle's replaced odometers, by date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacements(Vec<Replacement>);

impl Replacements {
    /// Creates the list from a vehicle's replacements in any order.
    #[must_use]
    pub fn new(mut all: Vec<Replacement>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// Adds a replacement.
    #[must_use]
    pub fn with(mut self, one: Replacement) -> Self {
        self.0.push(one);
        Self::new(self.0)
    }

    /// Whether no odometer was replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an odometer was replaced on `date`.
    #[must_use]
    pub fn has_any_on(&self, date: NaiveDate) -> bool {
        self.0.iter().any(|it| it.date == date)
    }

    /// The running total for the reading `exact` on `date`, both in tenths of a millimeter.
    #[must_use]
    pub fn total(&self, date: NaiveDate, exact: i64) -> i64 {
        let offsets = self.before(date, exact).map(|it| it.previous_exact - it.reading_exact);
        exact + offsets.sum::<i64>()
    }

    /// Compares two readings of one day: by running total, then by odometer.
    #[must_use]
    pub fn compare(&self, date: NaiveDate, one: i64, other: i64) -> Ordering {
        let key = |exact| (self.total(date, exact), self.before(date, exact).count());
        key(one).cmp(&key(other))
    }

    fn before(&self, date: NaiveDate, exact: i64) -> impl Iterator<Item = &Replacement> {
        self.0.iter().filter(move |it| it.is_before(date, exact))
    }
}

impl Replacement {
    /// Whether a reading was taken from the new odometer. On the day of the replacement, the reading belongs
    /// to the odometer with the nearer reading.
    fn is_before(&self, date: NaiveDate, exact: i64) -> bool {
        let distance = |from: i64| (exact - from).abs();
        self.date < date
            || self.date == date && distance(self.reading_exact) < distance(self.previous_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::{NaiveDate, Ordering, Replacement, Replacements};
    use crate::core::units::MILE;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn replaced(day: &str, previous: i64, reading: i64) -> Replacement {
        Replacement {
            date: date(day),
            reading_exact: reading * MILE,
            previous_exact: previous * MILE,
        }
    }

    fn total(all: &Replacements, day: &str, reading: i64) -> i64 {
        all.total(date(day), reading * MILE) / MILE
    }

    #[test]
    fn the_total_continues_after_each_replacement() {
        // At 80,000 by a new odometer, and at 500 of that by a used one at 120,000.
        let all = Replacements::new(vec![
            replaced("2025-09-01", 500, 120_000),
            replaced("2025-06-01", 80_000, 0),
        ]);
        for (day, reading, expected) in [
            ("2025-05-31", 79_900, 79_900),
            ("2025-06-01", 80_000, 80_000),
            ("2025-06-01", 0, 80_000),
            ("2025-06-01", 3, 80_003),
            ("2025-08-31", 480, 80_480),
            ("2025-09-01", 120_000, 80_500),
            ("2025-12-01", 121_000, 81_500),
        ] {
            assert_eq!(total(&all, day, reading), expected, "{reading} on {day}");
        }
        assert_eq!(total(&Replacements::default(), "2025-01-01", 7), 7);
    }

    #[test]
    fn a_used_odometer_adds_only_the_distance_driven_since_its_replacement() {
        let all = Replacements::new(vec![replaced("2026-01-10", 100_400, 150_000)]);
        let before = total(&all, "2026-01-05", 100_300);
        assert_eq!(total(&all, "2026-01-15", 150_200) - before, 300);
    }

    #[test]
    fn readings_of_both_odometers_on_the_day_of_a_replacement_are_distinguished() {
        let all = Replacements::new(vec![replaced("2026-01-10", 100_400, 150_000)]);
        assert_eq!(total(&all, "2026-01-10", 100_390), 100_390);
        assert_eq!(total(&all, "2026-01-10", 150_010), 100_410);
        let day = date("2026-01-10");
        let order = |one: i64, other: i64| all.compare(day, one * MILE, other * MILE);
        assert_eq!(order(150_000, 100_400), Ordering::Greater, "the new odometer is later");
        assert_eq!(order(100_390, 150_010), Ordering::Less);
    }

    proptest::proptest! {
        #[test]
        fn totals_of_one_odometer_differ_by_the_same_distance_as_its_readings(
            one in 0_i64..2_000_000, other in 0_i64..2_000_000,
            previous in 0_i64..500_000, reading in 0_i64..500_000,
            day in 1_u32..28,
        ) {
            let all = Replacements::new(vec![replaced("2026-02-28", previous, reading)]);
            for month in [1, 3] {
                let day = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
                let difference = all.total(day, one * MILE) - all.total(day, other * MILE);
                proptest::prop_assert_eq!(difference, (one - other) * MILE);
            }
        }
    }
}
