//! The date a VIN is decoded for. It determines which model years are possible and which
//! manufacturers are already public.

use std::time::{SystemTime, UNIX_EPOCH};

/// A date in the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year, such as 2026.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// The current date in UTC.
    #[must_use]
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_days(u32::try_from(since.as_secs() / 86_400).unwrap_or(u32::MAX))
    }

    /// Days since 1970-01-01. A day past the end of the month counts into the next month.
    #[must_use]
    pub fn days(self) -> u32 {
        let year = u32::from(self.year.max(1970)) - u32::from(self.month <= 2);
        let month = (u32::from(self.month) + 9) % 12;
        let days = year * 365 + year / 4 - year / 100 + year / 400;
        (days + (month * 153 + 2) / 5 + u32::from(self.day)).saturating_sub(719_469)
    }

    fn from_days(days: u32) -> Self {
        // Count years from March, so that the leap day is the last day of the year.
        let days = days.min(20_000_000) + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let narrow = |number: u32| u8::try_from(number).unwrap_or(1);
        Self {
            year: u16::try_from(era * 400 + year + next).unwrap_or(u16::MAX),
            month: narrow(month),
            day: narrow(day),
        }
    }
}

impl From<u16> for Date {
    /// The first day of a year.
    fn from(year: u16) -> Self {
        Self { year, month: 1, day: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_converted_to_days() {
        for (date, days) in [
            (Date { year: 1970, month: 1, day: 1 }, 0),
            (Date { year: 2000, month: 2, day: 29 }, 11_016),
            (Date { year: 2000, month: 3, day: 1 }, 11_017),
            (Date { year: 2026, month: 11, day: 26 }, 20_783),
        ] {
            assert_eq!(date.days(), days);
            assert_eq!(Date::from_days(days), date);
        }
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for days in 0..146_097 {
            assert_eq!(Date::from_days(days).days(), days);
        }
    }
}
