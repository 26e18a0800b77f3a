//! When something comes again. Pure: days and miles in, days and miles out.
//!
//! A series is counted from a base: the day that the last one was done on, or what the first one was
//! due on. One done on the very day of its series leaves the base where it is, so that a monthly
//! series from the 31st is due on 28 February and on 31 March again. One done on any other day,
//! early or late, is a base of its own: what comes next is due from the completion. Postponing moves
//! what an item is due at and nothing else; skipping goes to the series' next time.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

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
    /// Whether there is neither months nor a distance.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What an item is due at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Due {
    pub(super) date: Option<NaiveDate>,
    pub(super) odometer: Option<Distance>,
}

/// The latest day and the highest reading that an item can be due at: the limits for clients, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds(pub(super) NaiveDate);

impl Bounds {
    /// The bounds as of `today`: a hundred years ahead.
    pub(super) fn on(today: NaiveDate) -> Self {
        Self(today.checked_add_months(Months::new(1200)).unwrap_or(NaiveDate::MAX))
    }

    pub(super) fn has_day(self, due: Due) -> bool {
        due.date.is_none_or(|it| it <= self.0)
    }

    pub(super) fn has_reading(due: Due) -> bool {
        due.odometer.is_none_or(|it| it.tenths() <= i64::from(Odometer::MAX) * 10)
    }
}

/// Where an item stands in its series, wherever it has been postponed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, sqlx::FromRow)]
pub struct Place {
    /// The day that the series is counted from.
    pub(super) base_date: Option<NaiveDate>,
    /// How many months after it the item is due.
    pub(super) months_from_base: i32,
    /// The running total that it is due at, in tenths of a millimeter.
    pub(super) scheduled_exact: Option<i64>,
}

/// What an item became due at when the item before it was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, sqlx::FromRow)]
pub struct Derived {
    /// The day.
    derived_date: Option<NaiveDate>,
    /// The running total, in tenths of a millimeter.
    derived_exact: Option<i64>,
}

impl Derived {
    pub(super) fn of(due: Due) -> Self {
        Self { derived_date: due.date, derived_exact: due.odometer.map(Distance::exact) }
    }

    /// The day, as its column stores it.
    pub(super) fn date(self) -> Option<NaiveDate> {
        self.derived_date
    }

    /// The running total, as its column stores it.
    pub(super) fn exact(self) -> Option<i64> {
        self.derived_exact
    }

    /// Whether there is one.
    pub(super) fn is_some(self) -> bool {
        self != Self::default()
    }
}

/// `months` after `date`; where the month has no such day, its last.
fn months_after(date: NaiveDate, months: i32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(u32::try_from(months).ok()?))
}

impl Place {
    /// That of an item which begins a series: its base is what it is due at.
    pub(super) fn beginning(due: Due) -> Self {
        Self {
            base_date: due.date,
            months_from_base: 0,
            scheduled_exact: due.odometer.map(Distance::exact),
        }
    }

    /// The day that the item is due on by its series.
    pub(super) fn date(self) -> Option<NaiveDate> {
        self.base_date.and_then(|it| months_after(it, self.months_from_base))
    }

    /// The running total that it is due at, in whole miles.
    pub(super) fn scheduled_miles(self) -> Option<i32> {
        self.scheduled_exact.map(|it| Distance::from_exact(it, DistanceUnit::Miles).whole_miles())
    }

    /// What the item is due at by its series, its reading in `unit`.
    pub(super) fn scheduled(self, unit: DistanceUnit) -> Due {
        let odometer = self.scheduled_exact.map(|it| Distance::from_exact(it, unit));
        Due { date: self.date(), odometer }
    }

    /// The place of the next item, after this one was done on `date` at a running total of `exact` tenths
    /// of a millimeter; none if it does not repeat.
    pub(super) fn after_completion(
        self,
        every: Interval,
        (date, exact): (NaiveDate, i64),
    ) -> Option<Self> {
        let is_on_time = self.date() == Some(date);
        let (base_date, before) =
            if is_on_time { (self.base_date, self.months_from_base) } else { (Some(date), 0) };
        let next = Self {
            base_date: every.months.and(base_date),
            months_from_base: every.months.map_or(0, |it| before.saturating_add(it)),
            scheduled_exact: every.distance.map(|it| exact.saturating_add(it.exact())),
        };
        (!every.is_empty()).then_some(next)
    }

    /// The series' first time that is later than what the item is `due` at now; none where it does
    /// not come again, or later than a calendar goes.
    pub(super) fn after_skipping(mut self, every: Interval, due: Due) -> Option<Self> {
        if every.is_empty() {
            return None;
        }
        if let (Some(months), Some(_)) = (every.months, self.base_date) {
            loop {
                self.months_from_base = self.months_from_base.checked_add(months)?;
                let date = self.date()?;
                if due.date.is_none_or(|it| date > it) {
                    break;
                }
            }
        }
        let every = every.distance.map(Distance::exact).filter(|it| *it > 0);
        if let (Some(every), Some(scheduled)) = (every, self.scheduled_exact) {
            let at = due.odometer.map_or(scheduled, Distance::exact);
            let behind = at.saturating_sub(scheduled).max(0);
            // At least one interval, and as many as the item was postponed by.
            let times = behind / every + 1;
            self.scheduled_exact = Some(scheduled.checked_add(times.checked_mul(every)?)?);
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bounds, Distance, DistanceUnit, Due, Interval, NaiveDate, Place};
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

    /// The days of a series that begins on `first` and of which each is done on the day it is due.
    fn on_time(first: &str, every: i32, times: usize) -> String {
        let mut place = Place::beginning(due(first));
        let mut days = Vec::new();
        for _ in 0..times {
            let done = place.date().unwrap();
            place = place.after_completion(months(every), (done, 0)).unwrap();
            days.push(place.date().unwrap().to_string());
        }
        days.join(" ")
    }

    #[test]
    fn a_series_from_the_31st_ends_every_month_for_a_year() {
        assert_eq!(
            on_time("2026-01-31", 1, 12),
            "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31 2026-08-31 \
             2026-09-30 2026-10-31 2026-11-30 2026-12-31 2027-01-31"
        );
        assert_eq!(on_time("2028-01-31", 1, 2), "2028-02-29 2028-03-31");
    }

    #[test]
    fn leap_days_come_back_with_leap_years() {
        assert_eq!(on_time("2028-02-29", 12, 4), "2029-02-28 2030-02-28 2031-02-28 2032-02-29");
        assert_eq!(on_time("2026-08-31", 6, 3), "2027-02-28 2027-08-31 2028-02-29");
    }

    #[test]
    fn done_early_or_late_it_is_due_from_the_completion() {
        let place = Place::beginning(due("2026-01-31"));
        for (done, next) in [
            ("2026-01-10", "2026-02-10"),
            ("2026-02-05", "2026-03-05"),
            ("2026-02-28", "2026-03-28"),
            ("2027-01-31", "2027-02-28"),
        ] {
            let place = place.after_completion(months(1), (date(done), 0)).unwrap();
            assert_eq!(place.scheduled(MI), due(next), "{done}");
        }
    }

    #[test]
    fn both_intervals_are_counted_each_for_itself() {
        let every = Interval { months: Some(6), distance: Some(Distance::miles(5_000)) };
        let first = Due { date: Some(date("2026-01-31")), odometer: Some(Distance::miles(50_000)) };
        let done = (date("2026-02-15"), 50_700 * MILE);
        let next = Place::beginning(first).after_completion(every, done);
        let wanted =
            Due { date: Some(date("2026-08-15")), odometer: Some(Distance::miles(55_700)) };
        assert_eq!(next.unwrap().scheduled(MI), wanted);
        let skipped = Place::beginning(first).after_skipping(every, first).unwrap();
        let wanted =
            Due { date: Some(date("2026-07-31")), odometer: Some(Distance::miles(55_000)) };
        assert_eq!(skipped.scheduled(MI), wanted);
    }

    #[test]
    fn skipping_goes_on_from_the_base_wherever_it_was_postponed_to() {
        let place = Place::beginning(due("2026-01-31"));
        for (postponed, next) in [
            ("2026-01-31", "2026-02-28"),
            ("2026-02-10", "2026-02-28"),
            ("2026-02-28", "2026-03-31"),
            ("2026-05-15", "2026-05-31"),
        ] {
            let skipped = place.after_skipping(months(1), due(postponed)).unwrap();
            assert_eq!(skipped.scheduled(MI), due(next), "{postponed}");
            assert_eq!(skipped.base_date, place.base_date);
        }
        let every = Interval { months: None, distance: Some(Distance::miles(5_000)) };
        let at = |miles| Due { date: None, odometer: Some(Distance::miles(miles)) };
        for (postponed, next) in [(50_000, 55_000), (52_000, 55_000), (55_000, 60_000)] {
            let skipped = Place::beginning(at(50_000)).after_skipping(every, at(postponed));
            assert_eq!(skipped.unwrap().scheduled(MI), at(next), "{postponed}");
        }
    }

    #[test]
    fn what_does_not_come_again_leaves_nothing_behind() {
        let (place, never) = (Place::beginning(due("2026-01-31")), Interval::default());
        assert_eq!(place.after_completion(never, (date("2026-01-31"), 1)), None);
        assert_eq!(place.after_skipping(never, due("2026-01-31")), None);
    }

    #[test]
    fn intervals_in_kilometers_are_added_exactly() {
        let km = |km: i64| Distance::of_tenths(km * 10, DistanceUnit::Kilometres);
        let every = Interval { months: None, distance: Some(km(15_000)) };
        let first = Due { date: None, odometer: Some(km(100_000)) };
        let done = (date("2026-02-15"), 101_234 * KILOMETER);
        let next = Place::beginning(first).after_completion(every, done).unwrap();
        assert_eq!(next.scheduled(DistanceUnit::Kilometres).odometer, Some(km(116_234)));
        let skipped = Place::beginning(first).after_skipping(every, first).unwrap();
        assert_eq!(skipped.scheduled(DistanceUnit::Kilometres).odometer, Some(km(115_000)));
    }

    #[test]
    fn bounds_end_a_hundred_years_ahead_and_at_the_highest_reading() {
        let bounds = Bounds::on(date("2026-01-31"));
        assert!(bounds.has_day(due("2126-01-31")) && !bounds.has_day(due("2126-02-01")));
        let at = |miles| Due { date: None, odometer: Some(Distance::miles(miles)) };
        assert!(Bounds::has_reading(at(99_999_999)) && !Bounds::has_reading(at(100_000_000)));
    }

    proptest! {
        #[test]
        fn what_comes_next_is_later(
            first in 0_i64..40_000, done in 0_i64..40_000, every in 1..=1200, miles in 1..1_000_000,
            at in 0..=99_999_999,
        ) {
            let day = |after| date("1950-01-01") + chrono::TimeDelta::days(after);
            let first = Due { date: Some(day(first)), odometer: Some(Distance::miles(at / 2)) };
            let distance = Some(Distance::miles(miles));
            let interval = Interval { months: Some(every), distance };
            let done = (day(done), i64::from(at) * MILE);
            let next = Place::beginning(first).after_completion(interval, done);
            let next = next.unwrap().scheduled(MI);
            prop_assert!(next.date.unwrap() > done.0);
            prop_assert_eq!(next.odometer.unwrap().exact(), i64::from(at + miles) * MILE);
            let skipped = Place::beginning(first).after_skipping(interval, first).unwrap();
            prop_assert!(skipped.date() > first.date);
            prop_assert!(skipped.scheduled_exact > first.odometer.map(Distance::exact));
        }
    }
}
