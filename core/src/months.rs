//! The current month and the one before it, for figures that compare the two.

use chrono::{Datelike as _, Months, NaiveDate};

/// Two months: the current one, and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoMonths {
    /// The first day of the month before the current one.
    pub previous: NaiveDate,
    /// The first day of the current month.
    pub current: NaiveDate,
    /// The first day of the next month.
    pub next: NaiveDate,
}

impl TwoMonths {
    /// The months for the day `today`.
    #[must_use]
    pub fn on(today: NaiveDate) -> Self {
        let current = today.with_day(1).unwrap_or(today);
        Self {
            previous: current.checked_sub_months(Months::new(1)).unwrap_or(current),
            current,
            next: current.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TwoMonths;

    #[test]
    fn months_begin_on_their_first_day() {
        for (today, expected) in [
            ("2026-01-31", ["2025-12-01", "2026-01-01", "2026-02-01"]),
            ("2026-03-01", ["2026-02-01", "2026-03-01", "2026-04-01"]),
            ("2028-02-29", ["2028-01-01", "2028-02-01", "2028-03-01"]),
        ] {
            let months = TwoMonths::on(today.parse().unwrap());
            let [previous, current, next] = expected.map(|it| it.parse().unwrap());
            assert_eq!(months, TwoMonths { previous, current, next }, "{today}");
        }
    }
}
