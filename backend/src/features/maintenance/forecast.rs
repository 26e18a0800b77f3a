//! How far a vehicle is driven in a day, from what its odometer has shown. Pure.
//!
//! The median of each reading's median slope to all the others (Siegel's form of Theil and Sen's
//! estimator) over the recent history: one reading with a digit too many, of four or more, moves it
//! no more than any other reading would.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// What an odometer showed on a day, in miles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) date: NaiveDate,
    pub(super) miles: i32,
}

/// How a vehicle is driven, in thousandths of a mile a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rate {
    per_day: i64,
    /// A quarter of its history was slower, and a quarter faster.
    slow: i64,
    fast: i64,
    /// The latest reading that fits the others.
    date: NaiveDate,
    miles: i32,
}

/// When a mileage will be reached: most likely, at the earliest and at the latest. The latest is
/// none where the vehicle may as well stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) likely: NaiveDate,
    pub(super) earliest: NaiveDate,
    pub(super) latest: Option<NaiveDate>,
}

/// Readings of fewer days, or all within fewer days, tell nothing of a habit.
const FEWEST_DAYS: usize = 3;
const SHORTEST: i64 = 14;
/// What is older than so many days is no habit any more, unless there is hardly anything newer.
const RECENT: Days = Days::new(400);
const ENOUGH: usize = 6;
/// How many readings are looked at.
pub(super) const MOST: usize = 60;
/// Three readings alone have no majority: they have to agree to within this factor.
const AGREEMENT: i64 = 4;

/// How the vehicle with these readings is driven; none where they are too few, span too short a time
/// or say that it stands still.
pub(super) fn rate(readings: &[Reading]) -> Option<Rate> {
    let recent = recent(readings);
    let mut days: Vec<_> = recent.iter().map(|it| it.date).collect();
    days.dedup();
    let span = days.last()?.signed_duration_since(*days.first()?).num_days();
    if days.len() < FEWEST_DAYS || span < SHORTEST {
        return None;
    }
    let (mut all, mut medians) = (Vec::new(), Vec::new());
    for (nth, one) in recent.iter().enumerate() {
        let others = recent.iter().enumerate().filter(|it| it.0 != nth);
        let mut slopes: Vec<_> = others.filter_map(|it| slope(*one, *it.1)).collect();
        medians.extend(median(&mut slopes));
        all.extend(slopes);
    }
    let per_day = median(&mut medians).filter(|it| *it > 0)?;
    // Sorted by the median's own sorting.
    let _ = median(&mut all);
    let (slow, fast) = (all[all.len() / 4], all[all.len() - 1 - all.len() / 4]);
    if days.len() == FEWEST_DAYS && (all[0] <= 0 || all[all.len() - 1] > all[0] * AGREEMENT) {
        return None;
    }
    let last = recent.iter().rev().find(|it| fits(**it, &recent, per_day))?;
    let (slow, fast) = (slow.min(per_day), fast.max(per_day));
    Some(Rate { per_day, slow, fast, date: last.date, miles: last.miles })
}

/// The readings that count, in order.
fn recent(readings: &[Reading]) -> Vec<Reading> {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let since = sorted.last().and_then(|it| it.date.checked_sub_days(RECENT));
    let newer = sorted.iter().filter(|it| since.is_none_or(|since| it.date >= since)).count();
    let wanted = newer.clamp(ENOUGH, MOST).min(sorted.len());
    sorted.split_off(sorted.len() - wanted)
}

/// Thousandths of a mile a day between two readings; none where they are of one day.
fn slope(one: Reading, other: Reading) -> Option<i64> {
    let days = other.date.signed_duration_since(one.date).num_days();
    let miles = i64::from(other.miles) - i64::from(one.miles);
    (days != 0).then(|| miles * 1000 / days)
}

/// The middle, or the mean of the two in the middle.
fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let (upper, lower) = (values.get(values.len() / 2)?, values[(values.len() - 1) / 2]);
    Some(i64::midpoint(*upper, lower))
}

/// Whether a reading lies about where the others say, at this rate: within a month's driving, a
/// thousand miles and four times what readings usually are off by.
fn fits(reading: Reading, all: &[Reading], per_day: i64) -> bool {
    let level = |it: &Reading| {
        let days = it.date.signed_duration_since(reading.date).num_days();
        i64::from(it.miles) - days * per_day / 1000
    };
    let mut levels: Vec<_> = all.iter().map(level).collect();
    let Some(middle) = median(&mut levels) else { return true };
    let mut off: Vec<_> = levels.iter().map(|it| (it - middle).abs()).collect();
    let usual = median(&mut off).unwrap_or_default();
    let tolerance = 1000 + usual * 4 + per_day * 30 / 1000;
    (i64::from(reading.miles) - middle).abs() <= tolerance
}

impl Rate {
    /// What the odometer shows, where `shown` is the highest reading known: that may be one with a
    /// digit too many, which nothing lowers.
    pub(super) fn believable(&self, shown: i32) -> i32 {
        // Nobody drives a car four times as far as ever without a reading.
        let is_absurd = self.miles >= 1000 && i64::from(shown) >= i64::from(self.miles) * 5;
        if is_absurd { self.miles } else { shown }
    }

    /// When `mileage` will be reached, not before `today`; none where that is beyond a century.
    pub(super) fn reaches(&self, mileage: i32, today: NaiveDate) -> Option<Prediction> {
        let left = (i64::from(mileage) - i64::from(self.miles)).max(0) * 1000;
        let at = |per_day: i64| {
            if per_day <= 0 {
                return None;
            }
            let days = (left + per_day - 1) / per_day;
            let days = u64::try_from(days).ok().filter(|it| *it <= 36_525)?;
            self.date.checked_add_days(Days::new(days)).map(|it| it.max(today))
        };
        Some(Prediction {
            likely: at(self.per_day)?,
            earliest: at(self.fast)?,
            latest: at(self.slow),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Days, NaiveDate, Rate, Reading, rate};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn day(after: u64) -> NaiveDate {
        date("2025-01-01") + Days::new(after)
    }

    /// Readings on days of 2025 counted from the first of January.
    fn readings(rows: &[(u64, i32)]) -> Vec<Reading> {
        rows.iter().map(|(after, miles)| Reading { date: day(*after), miles: *miles }).collect()
    }

    fn per_day(rows: &[(u64, i32)]) -> Option<i64> {
        rate(&readings(rows)).map(|it| it.per_day)
    }

    #[test]
    fn too_little_tells_nothing() {
        assert_eq!(per_day(&[]), None);
        assert_eq!(per_day(&[(0, 1000)]), None);
        assert_eq!(per_day(&[(0, 1000), (100, 4000)]), None);
        assert_eq!(per_day(&[(0, 1000), (5, 1150), (13, 1390)]), None, "less than two weeks");
        assert_eq!(per_day(&[(0, 1000), (0, 1010), (30, 1900)]), None, "two days only");
        assert_eq!(per_day(&[(0, 1000), (30, 20_000), (60, 21_000)]), None, "no two agree");
        assert_eq!(per_day(&[(0, 1000), (30, 1000), (60, 1000), (90, 1000)]), None, "it stands");
    }

    #[test]
    fn a_steady_drivers_rate_is_found() {
        assert_eq!(per_day(&[(0, 1000), (30, 1900), (60, 2800)]), Some(30_000));
        let rows = (0..40).map(|nth| (nth * 9, 50_000 + i32::try_from(nth).unwrap() * 360));
        assert_eq!(per_day(&rows.collect::<Vec<_>>()), Some(40_000));
    }

    #[test]
    fn one_reading_of_ten_times_changes_nothing() {
        let good = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 11_700), (120, 12_600)];
        for typo in 0..good.len() {
            let mut rows = good;
            rows[typo].1 *= 10;
            let found = rate(&readings(&rows)).unwrap();
            assert_eq!(found.per_day, 30_000, "{rows:?}");
            let last = if typo == 4 { good[3] } else { good[4] };
            assert_eq!((found.date, found.miles), (day(last.0), last.1), "{rows:?}");
            assert_eq!(found.believable(126_000), found.miles);
            assert_eq!(found.believable(13_000), 13_000);
        }
        // Of four readings one may be wrong, too.
        let rows = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 117_000)];
        assert_eq!(rate(&readings(&rows)).unwrap().per_day, 30_000);
    }

    #[test]
    fn what_is_long_past_counts_for_nothing() {
        // A commuter who has moved next to the office.
        let before = (0..20).map(|nth| (nth * 30, i32::try_from(nth).unwrap() * 3000));
        let after = (1..15).map(|nth| (570 + nth * 30, 57_000 + i32::try_from(nth).unwrap() * 150));
        assert_eq!(per_day(&before.chain(after).collect::<Vec<_>>()), Some(5_000));
    }

    #[test]
    fn a_mileage_is_reached_within_a_range() {
        let rows = [(0, 1000), (10, 1200), (20, 1500), (30, 1900), (40, 2200), (50, 2500)];
        let found = rate(&readings(&rows)).unwrap();
        let today = day(50);
        let at = found.reaches(4000, today).unwrap();
        assert_eq!(at.likely, day(50) + Days::new(1_500_000_u64.div_ceil(30_333)));
        assert!(at.earliest <= at.likely && Some(at.likely) <= at.latest, "{at:?}");
        // Reached already: by today.
        assert_eq!(found.reaches(2000, today).unwrap().likely, today);
        let slow = Rate { slow: 0, ..found };
        assert_eq!(slow.reaches(4000, today).unwrap().latest, None);
        let crawling = Rate { per_day: 1, ..found };
        assert_eq!(crawling.reaches(99_999_999, today), None);
    }

    proptest! {
        #[test]
        fn no_history_makes_it_panic(rows in prop::collection::vec((0_u64..5_000, 0..=99_999_999), 0..80)) {
            if let Some(found) = rate(&readings(&rows)) {
                prop_assert!(found.per_day > 0);
                prop_assert!(found.slow <= found.per_day && found.per_day <= found.fast);
                let _ = found.reaches(99_999_999, day(0));
            }
        }

        #[test]
        fn a_steady_rate_is_found_through_any_one_wrong_reading(
            miles in 5_i32..200, gaps in prop::collection::vec(3_u64..40, 5..30),
            wrong in 0_usize..30, instead in 0..=99_999_999,
        ) {
            let mut after = 0;
            let mut rows: Vec<_> = gaps.iter().map(|gap| {
                after += gap;
                (after, 10_000 + miles * i32::try_from(after).unwrap())
            }).collect();
            prop_assume!(after >= gaps[0] + 14);
            let wrong = wrong % rows.len();
            rows[wrong].1 = instead;
            // Those of less than 400 days before the last are looked at.
            prop_assert_eq!(per_day(&rows), Some(i64::from(miles) * 1000));
        }
    }
}
