//! How far a vehicle is driven in a day, from its odometer readings, and when it will reach a
//! reading. Pure.
//!
//! The likely rate is the average of the last 90 days, so a changed habit counts fully after 90 days.
//! The range comes from the averages of the last 30, 90, 180 and 365 days: it is narrow if they agree,
//! and wide if they don't. Readings that contradict the others, such as one with a digit too many, are
//! ignored.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::core::units::MILE;

/// A vehicle's running total on a day, in tenths of a millimeter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) date: NaiveDate,
    pub(super) exact: i64,
}

/// How a vehicle is driven, in tenths of a millimeter a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rate {
    daily: i64,
    slow: i64,
    fast: i64,
    /// The latest reading that fits the others.
    date: NaiveDate,
    exact: i64,
}

/// When a reading will be reached: most likely, at the earliest and at the latest. The latest is
/// none where the vehicle may as well stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) likely: NaiveDate,
    pub(super) earliest: NaiveDate,
    pub(super) latest: Option<NaiveDate>,
}

/// The fewest days with readings, and the shortest time that they must span, in days.
const FEWEST_DAYS: usize = 3;
const SHORTEST: i64 = 14;
/// Older readings are left out, unless there are too few newer ones.
const RECENT: Days = Days::new(400);
const ENOUGH: usize = 6;
/// How many readings are looked at.
pub(super) const MOST: usize = 60;
/// Three readings have no majority, so their rates must agree to within this factor.
const AGREEMENT: i64 = 4;
/// The days that the likely rate is averaged over, and those for the range.
const LIKELY: i64 = 90;
const WINDOWS: [i64; 4] = [30, LIKELY, 180, 365];
/// The distance that is always plausible between two readings: a fixed part, and a part per day.
const TRIP: i64 = 1_000 * MILE;
const DAILY: i64 = 200 * MILE;

/// How the vehicle with these readings is driven; none where they are too few, span too short a time
/// or the vehicle stands still.
pub(super) fn rate(readings: &[Reading]) -> Option<Rate> {
    let fitting = fitting(&recent(readings));
    let (first, last) = (fitting.first()?, fitting.last()?);
    let mut days: Vec<_> = fitting.iter().map(|it| it.date).collect();
    days.dedup();
    let span = last.date.signed_duration_since(first.date).num_days();
    if days.len() < FEWEST_DAYS || span < SHORTEST {
        return None;
    }
    if days.len() == FEWEST_DAYS {
        let each = fitting.windows(2).filter_map(|it| slope(it[0], it[1]));
        let (lowest, highest) = each.fold((i64::MAX, 0), |it, one| (it.0.min(one), it.1.max(one)));
        if lowest <= 0 || highest > lowest.saturating_mul(AGREEMENT) {
            return None;
        }
    }
    let daily = average(&fitting, LIKELY).filter(|it| *it > 0)?;
    let (mut slow, mut fast) = (daily, daily);
    for window in WINDOWS {
        let average = average(&fitting, window)?;
        (slow, fast) = (slow.min(average), fast.max(average));
    }
    // A rate that has changed may continue to change: by the square root of the change so far, and to
    // at least half and at most double.
    let slower = scaled(daily, daily, fast).max(daily / 2);
    let faster = scaled(daily, daily, slow).min(daily.saturating_mul(2));
    let slow = if slow == daily { slower.min(daily) } else { slow };
    let fast = if fast == daily { faster.max(daily) } else { fast };
    Some(Rate { daily, slow, fast, date: last.date, exact: last.exact })
}

/// `rate` times the square root of `numerator / denominator`.
fn scaled(rate: i64, numerator: i64, denominator: i64) -> i64 {
    let square = i128::from(rate) * i128::from(rate) / i128::from(denominator.max(1));
    let root = square.saturating_mul(numerator.into()).isqrt();
    i64::try_from(root).unwrap_or(i64::MAX)
}

/// The average of about the last `window` days, or of all days if there are fewer. It starts at the
/// first reading within the window if that is in its first half: in a long gap before that reading,
/// the days on which the vehicle was driven are unknown.
fn average(fitting: &[Reading], window: i64) -> Option<i64> {
    let (first, last) = (fitting.first()?, fitting.last()?);
    let ago = |it: &Reading| last.date.signed_duration_since(it.date).num_days();
    let window = window.min(ago(first));
    let later = fitting.iter().find(|it| ago(it) <= window)?;
    if ago(later) * 2 >= window {
        return (ago(later) > 0).then(|| (last.exact - later.exact) / ago(later));
    }
    let earlier = fitting.iter().rev().find(|it| ago(it) >= window)?;
    let gained = i128::from(later.exact - earlier.exact) * i128::from(ago(earlier) - window);
    let gained = i64::try_from(gained / i128::from(ago(earlier) - ago(later))).ok()?;
    Some((last.exact - earlier.exact - gained) / window)
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

/// The largest set of readings that can all be right: none is less than one before it, or implausibly
/// far above it.
fn fitting(sorted: &[Reading]) -> Vec<Reading> {
    let typical = typical(sorted).unwrap_or_default();
    // For each reading, the length of the longest chain of plausible readings that ends with it, and
    // the reading before it in that chain.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, one) in sorted.iter().enumerate() {
        let before = (0..at).filter(|it| follows(sorted[*it], *one, typical));
        let best = before.max_by_key(|it| (chains[*it].0, *it));
        chains.push((best.map_or(0, |it| chains[it].0) + 1, best));
    }
    let mut at = (0..sorted.len()).max_by_key(|it| (chains[*it].0, *it));
    let mut chain = Vec::new();
    while let Some(it) = at {
        chain.push(sorted[it]);
        at = chains[it].1;
    }
    chain.reverse();
    chain
}

/// Whether the reading `other` is plausible after `one`, for a vehicle of this `typical` rate.
fn follows(one: Reading, other: Reading, typical: i64) -> bool {
    let days = other.date.signed_duration_since(one.date).num_days();
    let driven = other.exact - one.exact;
    let most = |daily: i64| daily.saturating_mul(days).saturating_add(TRIP);
    let digit_more = one.exact >= TRIP && other.exact / 5 >= one.exact;
    let most = if digit_more { most(typical * 2) } else { most(DAILY.max(typical * 10)) };
    (0..=most).contains(&driven)
}

/// The median of each reading's median slope to all the others (Siegel's form of Theil and Sen's
/// estimator). With four readings or more, a single wrong one does not change it.
fn typical(sorted: &[Reading]) -> Option<i64> {
    let mut medians = Vec::new();
    for (nth, one) in sorted.iter().enumerate() {
        let others = sorted.iter().enumerate().filter(|it| it.0 != nth);
        let mut slopes: Vec<_> = others.filter_map(|it| slope(*one, *it.1)).collect();
        medians.extend(median(&mut slopes));
    }
    median(&mut medians).map(|it| it.max(0))
}

/// The distance per day between two readings; none if they are of the same day.
fn slope(one: Reading, other: Reading) -> Option<i64> {
    let days = other.date.signed_duration_since(one.date).num_days();
    (days != 0).then(|| (other.exact - one.exact) / days)
}

/// The middle, or the mean of the two in the middle.
pub(super) fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let (upper, lower) = (values.get(values.len() / 2)?, values[(values.len() - 1) / 2]);
    Some(i64::midpoint(*upper, lower))
}

impl Rate {
    /// The most that the vehicle is driven in a day over a longer time.
    pub(super) fn fast(&self) -> i64 {
        self.fast
    }

    /// The odometer reading to use: `shown`, the vehicle's latest one, unless it seems to have a digit
    /// too many.
    pub(super) fn believable(&self, shown: i64) -> i64 {
        let is_absurd = self.exact >= TRIP && shown / 5 >= self.exact;
        if is_absurd { self.exact } else { shown }
    }

    /// When a running total will be reached, not before `today`; none where that is more than a
    /// century away.
    pub(super) fn reaches(&self, exact: i64, today: NaiveDate) -> Option<Prediction> {
        let left = exact.saturating_sub(self.exact).max(0);
        let at = |daily: i64| {
            if daily <= 0 {
                return None;
            }
            let days = left / daily + i64::from(left % daily > 0);
            let days = u64::try_from(days).ok().filter(|it| *it <= 36_525)?;
            self.date.checked_add_days(Days::new(days)).map(|it| it.max(today))
        };
        Some(Prediction {
            likely: at(self.daily)?,
            earliest: at(self.fast)?,
            latest: at(self.slow),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Days, MILE, NaiveDate, Rate, Reading, TRIP, rate};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn day(after: u64) -> NaiveDate {
        date("2025-01-01") + Days::new(after)
    }

    /// Readings on days of 2025 counted from the first of January, in miles.
    fn readings(rows: &[(u64, i32)]) -> Vec<Reading> {
        let reading = |it: &(u64, i32)| Reading { date: day(it.0), exact: i64::from(it.1) * MILE };
        rows.iter().map(reading).collect()
    }

    fn daily(rows: &[(u64, i32)]) -> Option<i64> {
        rate(&readings(rows)).map(|it| it.daily / MILE)
    }

    /// Readings every `each` days, at so many miles a day for so many days.
    fn driven(parts: &[(u64, i32)], each: usize) -> Vec<(u64, i32)> {
        let (mut at, mut miles, mut rows) = (0, 10_000, vec![(0, 10_000)]);
        for (days, per_day) in parts {
            for nth in (each as u64..=*days).step_by(each) {
                rows.push((at + nth, miles + per_day * i32::try_from(nth).unwrap()));
            }
            at += days;
            miles += per_day * i32::try_from(*days).unwrap();
        }
        rows
    }

    /// In how many days so many more miles are reached: at the earliest, likely and at the latest.
    fn range(rows: &[(u64, i32)], miles: i32) -> (i64, i64, Option<i64>) {
        let found = rate(&readings(rows)).unwrap();
        let last = rows.last().unwrap();
        let today = day(last.0);
        let at = found.reaches(i64::from(last.1 + miles) * MILE, today).unwrap();
        let days = |it: NaiveDate| it.signed_duration_since(today).num_days();
        (days(at.earliest), days(at.likely), at.latest.map(days))
    }

    #[test]
    fn too_few_readings_give_no_rate() {
        assert_eq!(daily(&[]), None);
        assert_eq!(daily(&[(0, 1000)]), None);
        assert_eq!(daily(&[(0, 1000), (100, 4000)]), None);
        assert_eq!(daily(&[(0, 1000), (5, 1150), (13, 1390)]), None, "less than two weeks");
        assert_eq!(daily(&[(0, 1000), (0, 1010), (30, 1900)]), None, "two days only");
        assert_eq!(daily(&[(0, 1000), (30, 20_000), (60, 21_000)]), None, "no two agree");
        assert_eq!(daily(&[(0, 1000), (30, 1000), (60, 1000), (90, 1000)]), None, "it stands");
    }

    #[test]
    fn a_steady_rate_is_found_exactly() {
        assert_eq!(daily(&[(0, 1000), (30, 1900), (60, 2800)]), Some(30));
        for (per_day, each) in [(40, 9), (5, 30), (300, 2)] {
            let rows = driven(&[(360, per_day)], each);
            let days = i64::from((1000_i32 + per_day - 1) / per_day);
            assert_eq!(range(&rows, 1000), (days, days, Some(days)), "{per_day}");
        }
    }

    #[test]
    fn a_changed_habit_moves_the_likely_day_and_widens_the_range() {
        // What was driven, how often it was read off, and when 1,000 more miles are reached.
        for (parts, each, wanted) in [
            // From 50 miles a day to 5: the likely day is that of 5, the earliest near that of 50.
            ([(270, 50), (90, 5)], 10, (26, 200, Some(400))),
            ([(270, 50), (90, 5)], 30, (26, 200, Some(400))),
            // Not yet for long.
            ([(330, 50), (30, 5)], 10, (22, 29, Some(200))),
            // And from 5 to 50.
            ([(270, 5), (90, 50)], 10, (12, 20, Some(62))),
        ] {
            assert_eq!(range(&driven(&parts, each), 1000), wanted, "{parts:?} {each}");
        }
    }

    #[test]
    fn one_reading_with_a_digit_too_many_changes_nothing() {
        let good = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 11_700), (120, 12_600)];
        for typo in 0..good.len() {
            let mut rows = good;
            rows[typo].1 *= 10;
            let found = rate(&readings(&rows)).unwrap();
            assert_eq!(found.daily / MILE, 30, "{rows:?}");
            let last = if typo == 4 { good[3] } else { good[4] };
            let wanted = (day(last.0), i64::from(last.1) * MILE);
            assert_eq!((found.date, found.exact), wanted, "{rows:?}");
            assert_eq!(found.believable(126_000 * MILE), found.exact);
            assert_eq!(found.believable(13_000 * MILE), 13_000 * MILE);
        }
        // Of four readings one may be wrong, too.
        let rows = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 117_000)];
        assert_eq!(daily(&rows), Some(30));
    }

    #[test]
    fn old_readings_count_for_nothing() {
        // A commuter who has moved next to the office.
        let rows = driven(&[(570, 100), (420, 5)], 30);
        assert_eq!(range(&rows, 1000), (200, 200, Some(200)));
    }

    #[test]
    fn a_reading_is_reached_within_a_range() {
        let rows = [(0, 1000), (10, 1200), (20, 1500), (30, 1900), (40, 2200), (50, 2500)];
        let found = rate(&readings(&rows)).unwrap();
        let today = day(50);
        let at = found.reaches(4000 * MILE, today).unwrap();
        assert_eq!(at.likely, day(100));
        assert!(at.earliest < at.likely && Some(at.likely) < at.latest, "{at:?}");
        // Reached already: by today.
        assert_eq!(found.reaches(2000 * MILE, today).unwrap().likely, today);
        let slow = Rate { slow: 0, ..found };
        assert_eq!(slow.reaches(4000 * MILE, today).unwrap().latest, None);
        let crawling = Rate { daily: 1, ..found };
        assert_eq!(crawling.reaches(99_999_999 * MILE, today), None);
    }

    proptest! {
        #[test]
        fn a_range_is_in_order_and_never_in_the_past(
            rows in prop::collection::vec((0_u64..5_000, 0..=99_999_999), 0..80),
            goals in prop::collection::vec(0_i32..=99_999_999, 2..6), later in 0_u64..6_000,
        ) {
            let Some(found) = rate(&readings(&rows)) else { return Ok(()) };
            prop_assert!(found.daily > 0);
            prop_assert!(found.slow <= found.daily && found.daily <= found.fast);
            let today = day(later);
            let mut goals = goals;
            goals.sort_unstable();
            let mut before: Option<(NaiveDate, NaiveDate, NaiveDate)> = None;
            for goal in goals {
                let at = found.reaches(i64::from(goal) * MILE, today);
                let far = NaiveDate::MAX;
                let at = at.map_or((today, far, far), |it| {
                    (it.earliest, it.likely, it.latest.unwrap_or(far))
                });
                prop_assert!(at.1 == far || (today <= at.0 && at.0 <= at.1 && at.1 <= at.2));
                // More to go is never reached sooner.
                if let Some(before) = before {
                    prop_assert!(before.1 <= at.1 && before.2 <= at.2);
                    prop_assert!(at.1 == far || before.0 <= at.0);
                }
                before = Some(at);
            }
        }

        #[test]
        fn a_steady_rate_gives_the_exact_day(
            miles in 1_i32..400, gaps in prop::collection::vec(1_u64..60, 5..40), left in 1_i32..20_000,
        ) {
            let mut after = 0;
            let rows: Vec<_> = gaps.iter().map(|gap| {
                after += gap;
                (after, 10_000 + miles * i32::try_from(after).unwrap())
            }).collect();
            prop_assume!(after >= gaps[0] + 14);
            let days = i64::from((left + miles - 1) / miles);
            prop_assert_eq!(range(&rows, left), (days, days, Some(days)));
        }

        #[test]
        fn a_steady_rate_is_found_through_one_absurd_reading(
            miles in 5_i32..200, gaps in prop::collection::vec(3_u64..40, 6..30),
            wrong in 0_usize..30, instead in 0..=99_999_999,
        ) {
            let mut after = 0;
            let mut rows: Vec<_> = gaps.iter().map(|gap| {
                after += gap;
                (after, 10_000 + miles * i32::try_from(after).unwrap())
            }).collect();
            let wrong = wrong % rows.len();
            // One that can't be right beside either neighbor.
            let around = [wrong.checked_sub(1), Some(wrong + 1)];
            let far = |it: &(u64, i32)| {
                (i64::from(it.1) - i64::from(instead)).abs() * MILE > 2000 * 100 * MILE + TRIP
            };
            prop_assume!(around.iter().flatten().filter_map(|it| rows.get(*it)).all(far));
            rows[wrong].1 = instead;
            let rest: u64 = gaps[2..gaps.len() - 1].iter().sum();
            prop_assume!(rest >= 14);
            prop_assert_eq!(daily(&rows), Some(i64::from(miles)));
        }
    }
}
