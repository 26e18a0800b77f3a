//! When something comes again. Pure: days and miles in, days and miles out.
//!
//! A series is counted from a base: the day that the last one was done on, or what the first one was
//! due on. One done on the very day of its series leaves the base where it is, so that a monthly
//! series from the 31st is due on 28 February and on 31 March again. One done on any other day,
//! early or late, is a base of its own: what comes next is due from the completion. Postponing moves
//! what an item is due at and nothing else; skipping goes to the series' next time.

use chrono::{Months, NaiveDate};

/// After how much something comes again: months, miles, or whichever is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Interval {
    pub(super) months: Option<i32>,
    pub(super) miles: Option<i32>,
}

/// What an item is due at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Due {
    pub(super) date: Option<NaiveDate>,
    pub(super) mileage: Option<i32>,
}

/// Where an item stands in its series, wherever it has been postponed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::FromRow)]
pub struct Place {
    /// The day that the series is counted from.
    pub(super) base_date: Option<NaiveDate>,
    /// How many months after it the item is due.
    pub(super) months_from_base: i32,
    /// The miles that it is due at.
    pub(super) scheduled_mileage: Option<i32>,
}

/// `months` after `date`; where the month has no such day, its last.
fn months_after(date: NaiveDate, months: i32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(u32::try_from(months).ok()?))
}

impl Place {
    /// That of an item which begins a series: its base is what it is due at.
    pub(super) fn beginning(due: Due) -> Self {
        Self { base_date: due.date, months_from_base: 0, scheduled_mileage: due.mileage }
    }

    /// What the series says that the item is due at.
    pub(super) fn scheduled(self) -> Due {
        Due {
            date: self.base_date.and_then(|it| months_after(it, self.months_from_base)),
            mileage: self.scheduled_mileage,
        }
    }

    /// The next one's, after the item was done on `date` at `mileage`; none where it does not come
    /// again.
    pub(super) fn after_completion(
        self,
        every: Interval,
        (date, mileage): (NaiveDate, i32),
    ) -> Option<Self> {
        let is_on_time = self.scheduled().date == Some(date);
        let (base_date, before) =
            if is_on_time { (self.base_date, self.months_from_base) } else { (Some(date), 0) };
        let next = Self {
            base_date: every.months.and(base_date),
            months_from_base: every.months.map_or(0, |it| before.saturating_add(it)),
            scheduled_mileage: every.miles.map(|it| mileage.saturating_add(it)),
        };
        (every != Interval::default()).then_some(next)
    }

    /// The series' first time that is later than what the item is `due` at now; none where it does
    /// not come again.
    pub(super) fn after_skipping(mut self, every: Interval, due: Due) -> Option<Self> {
        if every == Interval::default() {
            return None;
        }
        if let (Some(months), Some(_)) = (every.months, self.base_date) {
            loop {
                self.months_from_base = self.months_from_base.checked_add(months)?;
                let date = self.scheduled().date?;
                if due.date.is_none_or(|it| date > it) {
                    break;
                }
            }
        }
        if let (Some(miles), Some(scheduled)) = (every.miles, self.scheduled_mileage) {
            let behind = due.mileage.unwrap_or(scheduled).saturating_sub(scheduled).max(0);
            // At least one interval, and as many as the item was postponed by.
            let times = behind / miles + 1;
            self.scheduled_mileage = Some(scheduled.checked_add(times.checked_mul(miles)?)?);
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Due, Interval, NaiveDate, Place};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(months: i32) -> Interval {
        Interval { months: Some(months), miles: None }
    }

    fn due(day: &str) -> Due {
        Due { date: Some(date(day)), mileage: None }
    }

    /// The days of a series that begins on `first` and of which each is done on the day it is due.
    fn on_time(first: &str, every: i32, times: usize) -> String {
        let mut place = Place::beginning(due(first));
        let mut days = Vec::new();
        for _ in 0..times {
            let done = place.scheduled().date.unwrap();
            place = place.after_completion(months(every), (done, 0)).unwrap();
            days.push(place.scheduled().date.unwrap().to_string());
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
            assert_eq!(place.scheduled(), due(next), "{done}");
        }
    }

    #[test]
    fn both_intervals_are_counted_each_for_itself() {
        let every = Interval { months: Some(6), miles: Some(5_000) };
        let first = Due { date: Some(date("2026-01-31")), mileage: Some(50_000) };
        let next = Place::beginning(first).after_completion(every, (date("2026-02-15"), 50_700));
        let wanted = Due { date: Some(date("2026-08-15")), mileage: Some(55_700) };
        assert_eq!(next.unwrap().scheduled(), wanted);
        let skipped = Place::beginning(first).after_skipping(every, first).unwrap();
        let wanted = Due { date: Some(date("2026-07-31")), mileage: Some(55_000) };
        assert_eq!(skipped.scheduled(), wanted);
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
            assert_eq!(skipped.scheduled(), due(next), "{postponed}");
            assert_eq!(skipped.base_date, place.base_date);
        }
        let every = Interval { months: None, miles: Some(5_000) };
        let at = |mileage| Due { date: None, mileage: Some(mileage) };
        for (postponed, next) in [(50_000, 55_000), (52_000, 55_000), (55_000, 60_000)] {
            let skipped = Place::beginning(at(50_000)).after_skipping(every, at(postponed));
            assert_eq!(skipped.unwrap().scheduled(), at(next), "{postponed}");
        }
    }

    #[test]
    fn what_does_not_come_again_leaves_nothing_behind() {
        let (place, never) = (Place::beginning(due("2026-01-31")), Interval::default());
        assert_eq!(place.after_completion(never, (date("2026-01-31"), 1)), None);
        assert_eq!(place.after_skipping(never, due("2026-01-31")), None);
    }

    proptest! {
        #[test]
        fn what_comes_next_is_later(
            first in 0_i64..40_000, done in 0_i64..40_000, every in 1..=1200, miles in 1..1_000_000,
            at in 0..=99_999_999,
        ) {
            let day = |after| date("1950-01-01") + chrono::TimeDelta::days(after);
            let first = Due { date: Some(day(first)), mileage: Some(at / 2) };
            let interval = Interval { months: Some(every), miles: Some(miles) };
            let next = Place::beginning(first).after_completion(interval, (day(done), at));
            let next = next.unwrap().scheduled();
            prop_assert!(next.date.unwrap() > day(done));
            prop_assert_eq!(next.mileage, Some(at + miles));
            let skipped = Place::beginning(first).after_skipping(interval, first).unwrap();
            prop_assert!(skipped.scheduled().date > first.date);
            prop_assert!(skipped.scheduled().mileage > first.mileage);
        }
    }
}
