//! Calculates when a repeating item is due next. Pure functions of dates and distances.
//!
//! A series is counted from a base: the date of the last completion, or the due date of the first
//! item. A completion exactly on the scheduled date does not move the base, so a monthly series
//! from the 31st is due on February 28 and then on March 31. A completion on any other date becomes
//! the new base. Postponing changes when an item is due, but not its series; skipping continues
//! with the next time of the series.

use chrono::{Months, NaiveDate};

use crate::core::{
    input::Odometer,
    units::{Distance, DistanceUnit},
};

/// The interval after which an item repeats: months, a distance, or whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Interval {
    pub(super) months: Option<i32>,
    pub(super) distance: Option<Distance>,
}

impl Interval {
    /// Whether there are neither months nor a distance.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// When an item is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Due {
    pub(super) date: Option<NaiveDate>,
    pub(super) odometer: Option<Distance>,
}

/// The latest date and the highest reading at which an item can be due. Clients have the same
/// limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds(pub(super) NaiveDate);

impl Bounds {
    /// The bounds on the day `today`: up to a hundred years ahead.
    pub(super) fn on(today: NaiveDate) -> Self {
        Self(today.checked_add_months(Months::new(1200)).unwrap_or(NaiveDate::MAX))
    }

    pub(super) fn allows_date(self, due: Due) -> bool {
        due.date.is_none_or(|it| it <= self.0)
    }

    pub(super) fn allows_odometer(due: Due) -> bool {
        due.odometer.is_none_or(|it| it.tenths() <= i64::from(Odometer::MAX) * 10)
    }
}

/// The position of an item in its series. Postponing the item does not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeriesPosition {
    /// The date from which the series is counted.
    pub(super) base_date: Option<NaiveDate>,
    /// The number of months after `base_date` when the item is due.
    pub(super) months_from_base: i32,
    /// The running total at which the item is due, in tenths of a millimeter.
    pub(super) scheduled_exact: Option<i64>,
}

/// The due date and reading that were calculated from the completion of the previous item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DerivedDue {
    /// The date.
    derived_date: Option<NaiveDate>,
    /// The running total, in tenths of a millimeter.
    derived_exact: Option<i64>,
}

impl DerivedDue {
    pub(super) fn of(due: Due) -> Self {
        Self { derived_date: due.date, derived_exact: due.odometer.map(Distance::exact) }
    }

    /// Creates it from its columns.
    pub(super) fn from_columns(
        derived_date: Option<NaiveDate>,
        derived_exact: Option<i64>,
    ) -> Self {
        Self { derived_date, derived_exact }
    }

    /// Returns the date for its column.
    pub(super) fn date(self) -> Option<NaiveDate> {
        self.derived_date
    }

    /// Returns the running total for its column.
    pub(super) fn exact(self) -> Option<i64> {
        self.derived_exact
    }

    /// Whether there is a date or a running total.
    pub(super) fn is_some(self) -> bool {
        self != Self::default()
    }
}

/// Adds months to a date. If that month has no such day, the result is its last day.
fn months_after(date: NaiveDate, months: i32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(u32::try_from(months).ok()?))
}

impl SeriesPosition {
    /// The position of the first item of a series: its due date and reading are the base.
    pub(super) fn starting_at(due: Due) -> Self {
        Self {
            base_date: due.date,
            months_from_base: 0,
            scheduled_exact: due.odometer.map(Distance::exact),
        }
    }

    /// Returns the scheduled date.
    pub(super) fn date(self) -> Option<NaiveDate> {
        self.base_date.and_then(|it| months_after(it, self.months_from_base))
    }

    /// Returns the scheduled running total in whole miles.
    pub(super) fn scheduled_miles(self) -> Option<i32> {
        self.scheduled_exact.map(|it| Distance::from_exact(it, DistanceUnit::Miles).whole_miles())
    }

    /// Returns the scheduled date and the scheduled reading in `unit`.
    pub(super) fn scheduled(self, unit: DistanceUnit) -> Due {
        let odometer = self.scheduled_exact.map(|it| Distance::from_exact(it, unit));
        Due { date: self.date(), odometer }
    }

    /// Calculates the position of the next item after this one was completed on `date` at a running
    /// total of `exact` tenths of a millimeter; `None` if it does not repeat.
    pub(super) fn after_completion(
        self,
        interval: Interval,
        (date, exact): (NaiveDate, i64),
    ) -> Option<Self> {
        let is_on_schedule = self.date() == Some(date);
        let (base_date, before) =
            if is_on_schedule { (self.base_date, self.months_from_base) } else { (Some(date), 0) };
        let next = Self {
            base_date: interval.months.and(base_date),
            months_from_base: interval.months.map_or(0, |it| before.saturating_add(it)),
            scheduled_exact: interval.distance.map(|it| exact.saturating_add(it.exact())),
        };
        (!interval.is_empty()).then_some(next)
    }

    /// Advances to the first time of the series after `due`; `None` if the item does not repeat or
    /// the date is out of range.
    pub(super) fn after_skipping(mut self, interval: Interval, due: Due) -> Option<Self> {
        if interval.is_empty() {
            return None;
        }
        if let (Some(months), Some(_)) = (interval.months, self.base_date) {
            loop {
                self.months_from_base = self.months_from_base.checked_add(months)?;
                let date = self.date()?;
                if due.date.is_none_or(|it| date > it) {
                    break;
                }
            }
        }
        let interval = interval.distance.map(Distance::exact).filter(|it| *it > 0);
        if let (Some(interval), Some(scheduled)) = (interval, self.scheduled_exact) {
            let at = due.odometer.map_or(scheduled, Distance::exact);
            let postponed_by = at.saturating_sub(scheduled).max(0);
            // Advance by at least one interval, or by as many as the item was postponed.
            let times = postponed_by / interval + 1;
            self.scheduled_exact = Some(scheduled.checked_add(times.checked_mul(interval)?)?);
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bounds, Distance, DistanceUnit, Due, Interval, NaiveDate, SeriesPosition};
    use crate::core::units::{KILOMETER, MILE};

    const MI: DistanceUnit = DistanceUnit::Miles;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(months: i32) -> Interval {
        Interval { months: Some(months), distance: None }
    }

    fn due(day: &str) -> Due {
        Due { date: Some(date(day)), odometer: None }
    }

    /// Lists the due dates of a series in which each item is completed on its due date.
    fn due_dates_when_on_time(first: &str, every: i32, times: usize) -> String {
        let mut position = SeriesPosition::starting_at(due(first));
        let mut days = Vec::new();
        for _ in 0..times {
            let done = position.date().unwrap();
            position = position.after_completion(months(every), (done, 0)).unwrap();
            days.push(position.date().unwrap().to_string());
        }
        days.join(" ")
    }

    #[test]
    fn a_series_from_the_31st_falls_on_every_month_end() {
        assert_eq!(
            due_dates_when_on_time("2026-01-31", 1, 12),
            "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31 2026-08-31 \
             2026-09-30 2026-10-31 2026-11-30 2026-12-31 2027-01-31"
        );
        assert_eq!(due_dates_when_on_time("2028-01-31", 1, 2), "2028-02-29 2028-03-31");
    }

    #[test]
    fn a_leap_day_series_returns_to_february_29_in_leap_years() {
        assert_eq!(
            due_dates_when_on_time("2028-02-29", 12, 4),
            "2029-02-28 2030-02-28 2031-02-28 2032-02-29"
        );
        assert_eq!(due_dates_when_on_time("2026-08-31", 6, 3), "2027-02-28 2027-08-31 2028-02-29");
    }

    #[test]
    fn an_early_or_late_completion_becomes_the_new_base() {
        let position = SeriesPosition::starting_at(due("2026-01-31"));
        for (done, next) in [
            ("2026-01-10", "2026-02-10"),
            ("2026-02-05", "2026-03-05"),
            ("2026-02-28", "2026-03-28"),
            ("2027-01-31", "2027-02-28"),
        ] {
            let position = position.after_completion(months(1), (date(done), 0)).unwrap();
            assert_eq!(position.scheduled(MI), due(next), "{done}");
        }
    }

    #[test]
    fn month_and_distance_intervals_are_independent() {
        let every = Interval { months: Some(6), distance: Some(Distance::miles(5_000)) };
        let first = Due { date: Some(date("2026-01-31")), odometer: Some(Distance::miles(50_000)) };
        let done = (date("2026-02-15"), 50_700 * MILE);
        let next = SeriesPosition::starting_at(first).after_completion(every, done);
        let expected =
            Due { date: Some(date("2026-08-15")), odometer: Some(Distance::miles(55_700)) };
        assert_eq!(next.unwrap().scheduled(MI), expected);
        let skipped = SeriesPosition::starting_at(first).after_skipping(every, first).unwrap();
        let expected =
            Due { date: Some(date("2026-07-31")), odometer: Some(Distance::miles(55_000)) };
        assert_eq!(skipped.scheduled(MI), expected);
    }

    #[test]
    fn skipping_counts_from_the_base_and_not_from_the_postponed_date() {
        let position = SeriesPosition::starting_at(due("2026-01-31"));
        for (postponed, next) in [
            ("2026-01-31", "2026-02-28"),
            ("2026-02-10", "2026-02-28"),
            ("2026-02-28", "2026-03-31"),
            ("2026-05-15", "2026-05-31"),
        ] {
            let skipped = position.after_skipping(months(1), due(postponed)).unwrap();
            assert_eq!(skipped.scheduled(MI), due(next), "{postponed}");
            assert_eq!(skipped.base_date, position.base_date);
        }
        let every = Interval { months: None, distance: Some(Distance::miles(5_000)) };
        let at = |miles| Due { date: None, odometer: Some(Distance::miles(miles)) };
        for (postponed, next) in [(50_000, 55_000), (52_000, 55_000), (55_000, 60_000)] {
            let skipped =
                SeriesPosition::starting_at(at(50_000)).after_skipping(every, at(postponed));
            assert_eq!(skipped.unwrap().scheduled(MI), at(next), "{postponed}");
        }
    }

    #[test]
    fn without_an_interval_there_is_no_next_position() {
        let (position, never) =
            (SeriesPosition::starting_at(due("2026-01-31")), Interval::default());
        assert_eq!(position.after_completion(never, (date("2026-01-31"), 1)), None);
        assert_eq!(position.after_skipping(never, due("2026-01-31")), None);
    }

    #[test]
    fn intervals_in_kilometers_are_added_exactly() {
        let km = |km: i64| Distance::of_tenths(km * 10, DistanceUnit::Kilometers);
        let every = Interval { months: None, distance: Some(km(15_000)) };
        let first = Due { date: None, odometer: Some(km(100_000)) };
        let done = (date("2026-02-15"), 101_234 * KILOMETER);
        let next = SeriesPosition::starting_at(first).after_completion(every, done).unwrap();
        assert_eq!(next.scheduled(DistanceUnit::Kilometers).odometer, Some(km(116_234)));
        let skipped = SeriesPosition::starting_at(first).after_skipping(every, first).unwrap();
        assert_eq!(skipped.scheduled(DistanceUnit::Kilometers).odometer, Some(km(115_000)));
    }

    #[test]
    fn bounds_end_a_hundred_years_ahead_and_at_the_highest_reading() {
        let bounds = Bounds::on(date("2026-01-31"));
        assert!(bounds.allows_date(due("2126-01-31")) && !bounds.allows_date(due("2126-02-01")));
        let at = |miles| Due { date: None, odometer: Some(Distance::miles(miles)) };
        assert!(
            Bounds::allows_odometer(at(99_999_999)) && !Bounds::allows_odometer(at(100_000_000))
        );
    }

    proptest! {
        #[test]
        fn the_next_position_is_always_later(
            first in 0_i64..40_000, done in 0_i64..40_000, every in 1..=1200, miles in 1..1_000_000,
            at in 0..=99_999_999,
        ) {
            let day = |after| date("1950-01-01") + chrono::TimeDelta::days(after);
            let first = Due { date: Some(day(first)), odometer: Some(Distance::miles(at / 2)) };
            let distance = Some(Distance::miles(miles));
            let interval = Interval { months: Some(every), distance };
            let done = (day(done), i64::from(at) * MILE);
            let next = SeriesPosition::starting_at(first).after_completion(interval, done);
            let next = next.unwrap().scheduled(MI);
            prop_assert!(next.date.unwrap() > done.0);
            prop_assert_eq!(next.odometer.unwrap().exact(), i64::from(at + miles) * MILE);
            let skipped = SeriesPosition::starting_at(first).after_skipping(interval, first).unwrap();
            prop_assert!(skipped.date() > first.date);
            prop_assert!(skipped.scheduled_exact > first.odometer.map(Distance::exact));
        }
    }
}
