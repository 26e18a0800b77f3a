//! Dates of the data that commands generate.

/// A date from 1970-01-01 on, as the number of days since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(i64);

impl Date {
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Self {
        // Years begin in March, so that a leap day comes last. Months then begin after 0, 31, 61, 92 … days.
        let years = if month < 3 { year - 1 } else { year };
        let months = (month + 9) % 12;
        let days_before =
            years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
        Self(days_before + (153 * months + 2) / 5 + day - 1 - 719_468)
    }

    /// The date that many days later.
    pub(crate) fn after(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}

impl std::fmt::Display for Date {
    /// Writes `YYYY-MM-DD`.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut year = 1970 + self.0.div_euclid(366);
        while Self::new(year + 1, 1, 1).0 <= self.0 {
            year += 1;
        }
        let mut month = 1;
        while month < 12 && Self::new(year, month + 1, 1).0 <= self.0 {
            month += 1;
        }
        write!(to, "{year:04}-{month:02}-{:02}", self.0 - Self::new(year, month, 1).0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_across_months_and_leap_years() {
        assert_eq!(Date::new(1970, 1, 1), Date(0));
        assert_eq!(Date::new(2000, 3, 1), Date(11_017));
        for (date, days, later) in [
            (Date::new(2024, 2, 28), 1, "2024-02-29"),
            (Date::new(2023, 2, 28), 1, "2023-03-01"),
            (Date::new(2000, 2, 28), 2, "2000-03-01"),
            (Date::new(1990, 1, 1), 3998, "2000-12-12"),
            (Date::new(2023, 12, 31), 1, "2024-01-01"),
            (Date::new(2022, 1, 3), 0, "2022-01-03"),
        ] {
            assert_eq!(date.after(days).to_string(), later);
        }
    }
}
