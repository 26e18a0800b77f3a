//! Estimates the daily distance of a vehicle from its odometer readings, and predicts when it will
//! reach a reading. Pure functions.
//!
//! The likely rate is the average of the last 90 days, so a change in driving habits takes full
//! effect after 90 days. The range comes from the averages of the last 30, 90, 180 and 365 days: it
//! is narrow if they agree and wide if they do not. Readings that contradict the others, such as
//! one with an extra digit, are ignored.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::core::units::MILE;

/// The running total of a vehicle on a day, in tenths of a millimeter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) date: NaiveDate,
    pub(super) exact: i64,
}

/// The daily distance of a vehicle, in tenths of a millimeter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rate {
    daily: i64,
    slow: i64,
    fast: i64,
    /// The latest reading that is consistent with the others.
    date: NaiveDate,
    exact: i64,
}

/// When a reading will be reached: the most likely, the earliest and the latest date. The latest is
/// `None` if the vehicle may not be driven at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) likely: NaiveDate,
    pub(super) earliest: NaiveDate,
    pub(super) latest: Option<NaiveDate>,
}

/// The minimum number of days with readings, and the minimum time span in days.
const MIN_DAYS: usize = 3;
const MIN_SPAN_DAYS: i64 = 14;
/// Older readings are ignored, unless there are too few recent ones.
const RECENT: Days = Days::new(400);
const MIN_READINGS: usize = 6;
/// The maximum number of readings to use.
pub(super) const MAX_READINGS: usize = 60;
/// Three readings have no majority, so their rates must agree to within this factor.
const MAX_RATE_RATIO: i64 = 4;
/// The window of the likely rate, and those for the range, in days.
const LIKELY_WINDOW: i64 = 90;
const WINDOWS: [i64; 4] = [30, LIKELY_WINDOW, 180, 365];
/// The distance that is always plausible between two readings: a fixed part and a part per day.
const TRIP_ALLOWANCE: i64 = 1_000 * MILE;
const MAX_DAILY: i64 = 200 * MILE;

/// Estimates the rate; `None` if there are too few readings, their time span is too short, or the
/// vehicle is not driven.
pub(super) fn estimate_rate(readings: &[Reading]) -> Option<Rate> {
    let consistent = consistent(&select_recent(readings));
    let (first, last) = (consistent.first()?, consistent.last()?);
    let mut days: Vec<_> = consistent.iter().map(|it| it.date).collect();
    days.dedup();
    let span = last.date.signed_duration_since(first.date).num_days();
    if days.len() < MIN_DAYS || span < MIN_SPAN_DAYS {
        return None;
    }
    if days.len() == MIN_DAYS {
        let each = consistent.windows(2).filter_map(|it| slope(it[0], it[1]));
        let (lowest, highest) = each.fold((i64::MAX, 0), |it, one| (it.0.min(one), it.1.max(one)));
        if lowest <= 0 || highest > lowest.saturating_mul(MAX_RATE_RATIO) {
            return None;
        }
    }
    let daily = average(&consistent, LIKELY_WINDOW).filter(|it| *it > 0)?;
    let (mut slow, mut fast) = (daily, daily);
    for window in WINDOWS {
        let average = average(&consistent, window)?;
        (slow, fast) = (slow.min(average), fast.max(average));
    }
    // A rate that has changed may continue to change: by the square root of the change so far, to
    // at least half and at most double.
    let slower = scale_by_sqrt(daily, daily, fast).max(daily / 2);
    let faster = scale_by_sqrt(daily, daily, slow).min(daily.saturating_mul(2));
    let slow = if slow == daily { slower.min(daily) } else { slow };
    let fast = if fast == daily { faster.max(daily) } else { fast };
    Some(Rate { daily, slow, fast, date: last.date, exact: last.exact })
}

/// Returns the latest reading that is consistent with the others; `None` if too few are.
pub(super) fn latest_consistent(readings: &[Reading]) -> Option<Reading> {
    let consistent = consistent(&select_recent(readings));
    consistent.last().copied().filter(|_| consistent.len() >= MIN_DAYS)
}

/// Returns `rate` times the square root of `numerator / denominator`.
fn scale_by_sqrt(rate: i64, numerator: i64, denominator: i64) -> i64 {
    let square = i128::from(rate) * i128::from(rate) / i128::from(denominator.max(1));
    let root = square.saturating_mul(numerator.into()).isqrt();
    i64::try_from(root).unwrap_or(i64::MAX)
}

/// Averages about the last `window` days, or all days if there are fewer. The average starts at the
/// first reading within the window if that is in its first half: in a long gap before that reading,
/// it is unknown when the vehicle was driven.
fn average(consistent: &[Reading], window: i64) -> Option<i64> {
    let (first, last) = (consistent.first()?, consistent.last()?);
    let ago = |it: &Reading| last.date.signed_duration_since(it.date).num_days();
    let window = window.min(ago(first));
    let later = consistent.iter().find(|it| ago(it) <= window)?;
    if ago(later) * 2 >= window {
        return (ago(later) > 0).then(|| (last.exact - later.exact) / ago(later));
    }
    let earlier = consistent.iter().rev().find(|it| ago(it) >= window)?;
    let gained = i128::from(later.exact - earlier.exact) * i128::from(ago(earlier) - window);
    let gained = i64::try_from(gained / i128::from(ago(earlier) - ago(later))).ok()?;
    Some((last.exact - earlier.exact - gained) / window)
}

/// Returns the readings to use, in order.
fn select_recent(readings: &[Reading]) -> Vec<Reading> {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let since = sorted.last().and_then(|it| it.date.checked_sub_days(RECENT));
    let newer = sorted.iter().filter(|it| since.is_none_or(|since| it.date >= since)).count();
    let count = newer.clamp(MIN_READINGS, MAX_READINGS).min(sorted.len());
    sorted.split_off(sorted.len() - count)
}

/// Returns the largest set of readings that are consistent: none is less than an earlier one, or
/// implausibly far above it.
fn consistent(sorted: &[Reading]) -> Vec<Reading> {
    let typical = median_slope(sorted).unwrap_or_default();
    // For each reading: the length of the longest chain of plausible readings that ends with it,
    // and the previous reading in that chain.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, one) in sorted.iter().enumerate() {
        let before = (0..at).filter(|it| is_plausible_after(sorted[*it], *one, typical));
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

/// Whether the reading `other` is plausible after `one` for a vehicle with this typical rate.
fn is_plausible_after(one: Reading, other: Reading, typical: i64) -> bool {
    let days = other.date.signed_duration_since(one.date).num_days();
    let driven = other.exact - one.exact;
    let most = |daily: i64| daily.saturating_mul(days).saturating_add(TRIP_ALLOWANCE);
    let has_extra_digit = one.exact >= TRIP_ALLOWANCE && other.exact / 5 >= one.exact;
    let most = if has_extra_digit { most(typical * 2) } else { most(MAX_DAILY.max(typical * 10)) };
    (0..=most).contains(&driven)
}

/// Returns the median of each reading's median slope to all others (Siegel's variant of the
/// Theil–Sen estimator). With four or more readings, a single wrong one does not change it.
fn median_slope(sorted: &[Reading]) -> Option<i64> {
    let mut medians = Vec::new();
    for (nth, one) in sorted.iter().enumerate() {
        let others = sorted.iter().enumerate().filter(|it| it.0 != nth);
        let mut slopes: Vec<_> = others.filter_map(|it| slope(*one, *it.1)).collect();
        medians.extend(median(&mut slopes));
    }
    median(&mut medians).map(|it| it.max(0))
}

/// Returns the distance per day between two readings; `None` if they are of the same day.
fn slope(one: Reading, other: Reading) -> Option<i64> {
    let days = other.date.signed_duration_since(one.date).num_days();
    (days != 0).then(|| (other.exact - one.exact) / days)
}

/// Returns the median.
pub(super) fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let (upper, lower) = (values.get(values.len() / 2)?, values[(values.len() - 1) / 2]);
    Some(i64::midpoint(*upper, lower))
}

impl Rate {
    /// Returns the high estimate of the daily distance.
    pub(super) fn fast(&self) -> i64 {
        self.fast
    }

    /// Returns the odometer reading to use: `shown`, the latest one of the vehicle, unless it seems
    /// to have an extra digit.
    pub(super) fn plausible_reading(&self, shown: i64) -> i64 {
        let has_extra_digit = self.exact >= TRIP_ALLOWANCE && shown / 5 >= self.exact;
        if has_extra_digit { self.exact } else { shown }
    }

    /// Predicts when a running total will be reached, not before `today`; `None` if that takes more
    /// than a century.
    pub(super) fn predict(&self, exact: i64, today: NaiveDate) -> Option<Prediction> {
        let remaining = exact.saturating_sub(self.exact).max(0);
        let at = |daily: i64| {
            if daily <= 0 {
                return None;
            }
            let days = remaining / daily + i64::from(remaining % daily > 0);
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

    use super::{
        Days, MILE, NaiveDate, Rate, Reading, TRIP_ALLOWANCE, estimate_rate, latest_consistent,
    };

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn day(after: u64) -> NaiveDate {
        date("2025-01-01") + Days::new(after)
    }

    /// Readings in miles, each with the number of days after January 1, 2025.
    fn readings(rows: &[(u64, i32)]) -> Vec<Reading> {
        let reading = |it: &(u64, i32)| Reading { date: day(it.0), exact: i64::from(it.1) * MILE };
        rows.iter().map(reading).collect()
    }

    fn daily(rows: &[(u64, i32)]) -> Option<i64> {
        estimate_rate(&readings(rows)).map(|it| it.daily / MILE)
    }

    /// Readings every `each` days, while the vehicle is driven a given number of miles per day for
    /// a given number of days.
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

    /// The number of days until the vehicle has been driven `miles` more: earliest, likely and
    /// latest.
    fn range(rows: &[(u64, i32)], miles: i32) -> (i64, i64, Option<i64>) {
        let found = estimate_rate(&readings(rows)).unwrap();
        let last = rows.last().unwrap();
        let today = day(last.0);
        let at = found.predict(i64::from(last.1 + miles) * MILE, today).unwrap();
        let days = |it: NaiveDate| it.signed_duration_since(today).num_days();
        (days(at.earliest), days(at.likely), at.latest.map(days))
    }

    #[test]
    fn too_few_readings_give_no_rate() {
        assert_eq!(daily(&[]), None);
        assert_eq!(daily(&[(0, 1000)]), None);
        assert_eq!(daily(&[(0, 1000), (100, 4000)]), None);
        assert_eq!(daily(&[(0, 1000), (5, 1150), (13, 1390)]), None, "less than two weeks");
        assert_eq!(daily(&[(0, 1000), (0, 1010), (30, 1900)]), None, "only two days");
        assert_eq!(daily(&[(0, 1000), (30, 20_000), (60, 21_000)]), None, "no two rates agree");
        assert_eq!(daily(&[(0, 1000), (30, 1000), (60, 1000), (90, 1000)]), None, "not driven");
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
        // The driving, how often it was recorded, and when 1,000 more miles are reached.
        for (parts, each, expected) in [
            // From 50 miles a day to 5: the likely date follows the new rate, the earliest is near
            // the old one.
            ([(270, 50), (90, 5)], 10, (26, 200, Some(400))),
            ([(270, 50), (90, 5)], 30, (26, 200, Some(400))),
            // The change is recent.
            ([(330, 50), (30, 5)], 10, (22, 29, Some(200))),
            // From 5 to 50.
            ([(270, 5), (90, 50)], 10, (12, 20, Some(62))),
        ] {
            assert_eq!(range(&driven(&parts, each), 1000), expected, "{parts:?} {each}");
        }
    }

    #[test]
    fn a_reading_with_an_extra_digit_is_ignored() {
        let correct = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 11_700), (120, 12_600)];
        for typo in 0..correct.len() {
            let mut rows = correct;
            rows[typo].1 *= 10;
            let found = estimate_rate(&readings(&rows)).unwrap();
            assert_eq!(found.daily / MILE, 30, "{rows:?}");
            let last = if typo == 4 { correct[3] } else { correct[4] };
            let expected = (day(last.0), i64::from(last.1) * MILE);
            assert_eq!((found.date, found.exact), expected, "{rows:?}");
            assert_eq!(found.plausible_reading(126_000 * MILE), found.exact);
            assert_eq!(found.plausible_reading(13_000 * MILE), 13_000 * MILE);
        }
        // One of four readings may be wrong, too.
        let rows = [(0, 9_000), (30, 9_900), (60, 10_800), (90, 117_000)];
        assert_eq!(daily(&rows), Some(30));
    }

    #[test]
    fn a_latest_reading_that_contradicts_the_others_is_found() {
        let latest = |rows: &[(u64, i32)]| latest_consistent(&readings(rows)).map(|it| it.date);
        let correct = [(0, 9_000), (30, 9_900), (60, 10_800)];
        assert_eq!(latest(&correct), Some(day(60)));
        assert_eq!(latest(&[&correct[..], &[(90, 117_000)]].concat()), Some(day(60)));
        assert_eq!(latest(&[&correct[..], &[(90, 1_170)]].concat()), Some(day(60)));
        assert_eq!(latest(&[&correct[..], &[(90, 13_000)]].concat()), Some(day(90)));
        assert_eq!(latest(&correct[..2]), None, "too few readings");
    }

    #[test]
    fn old_readings_are_ignored() {
        // A commuter who moved close to the office.
        let rows = driven(&[(570, 100), (420, 5)], 30);
        assert_eq!(range(&rows, 1000), (200, 200, Some(200)));
    }

    #[test]
    fn a_prediction_has_a_range() {
        let rows = [(0, 1000), (10, 1200), (20, 1500), (30, 1900), (40, 2200), (50, 2500)];
        let found = estimate_rate(&readings(&rows)).unwrap();
        let today = day(50);
        let at = found.predict(4000 * MILE, today).unwrap();
        assert_eq!(at.likely, day(100));
        assert!(at.earliest < at.likely && Some(at.likely) < at.latest, "{at:?}");
        // Already reached: the prediction is today.
        assert_eq!(found.predict(2000 * MILE, today).unwrap().likely, today);
        let slow = Rate { slow: 0, ..found };
        assert_eq!(slow.predict(4000 * MILE, today).unwrap().latest, None);
        let crawling = Rate { daily: 1, ..found };
        assert_eq!(crawling.predict(99_999_999 * MILE, today), None);
    }

    proptest! {
        #[test]
        fn ranges_are_ordered_and_never_in_the_past(
            rows in prop::collection::vec((0_u64..5_000, 0..=99_999_999), 0..80),
            goals in prop::collection::vec(0_i32..=99_999_999, 2..6), later in 0_u64..6_000,
        ) {
            let Some(found) = estimate_rate(&readings(&rows)) else { return Ok(()) };
            prop_assert!(found.daily > 0);
            prop_assert!(found.slow <= found.daily && found.daily <= found.fast);
            let today = day(later);
            let mut goals = goals;
            goals.sort_unstable();
            let mut before: Option<(NaiveDate, NaiveDate, NaiveDate)> = None;
            for goal in goals {
                let at = found.predict(i64::from(goal) * MILE, today);
                let far = NaiveDate::MAX;
                let at = at.map_or((today, far, far), |it| {
                    (it.earliest, it.likely, it.latest.unwrap_or(far))
                });
                prop_assert!(at.1 == far || (today <= at.0 && at.0 <= at.1 && at.1 <= at.2));
                // A longer distance is never reached sooner.
                if let Some(before) = before {
                    prop_assert!(before.1 <= at.1 && before.2 <= at.2);
                    prop_assert!(at.1 == far || before.0 <= at.0);
                }
                before = Some(at);
            }
        }

        #[test]
        fn a_steady_rate_gives_the_exact_day(
            miles in 1_i32..400, gaps in prop::collection::vec(1_u64..60, 5..40), remaining in 1_i32..20_000,
        ) {
            let mut after = 0;
            let rows: Vec<_> = gaps.iter().map(|gap| {
                after += gap;
                (after, 10_000 + miles * i32::try_from(after).unwrap())
            }).collect();
            prop_assume!(after >= gaps[0] + 14);
            let days = i64::from((remaining + miles - 1) / miles);
            prop_assert_eq!(range(&rows, remaining), (days, days, Some(days)));
        }

        #[test]
        fn a_steady_rate_is_found_despite_one_absurd_reading(
            miles in 5_i32..200, gaps in prop::collection::vec(3_u64..40, 6..30),
            wrong in 0_usize..30, instead in 0..=99_999_999,
        ) {
            let mut after = 0;
            let mut rows: Vec<_> = gaps.iter().map(|gap| {
                after += gap;
                (after, 10_000 + miles * i32::try_from(after).unwrap())
            }).collect();
            let wrong = wrong % rows.len();
            // A reading that contradicts both of its neighbors.
            let around = [wrong.checked_sub(1), Some(wrong + 1)];
            let far = |it: &(u64, i32)| {
                (i64::from(it.1) - i64::from(instead)).abs() * MILE > 2000 * 100 * MILE + TRIP_ALLOWANCE
            };
            prop_assume!(around.iter().flatten().filter_map(|it| rows.get(*it)).all(far));
            rows[wrong].1 = instead;
            let rest: u64 = gaps[2..gaps.len() - 1].iter().sum();
            prop_assume!(rest >= 14);
            prop_assert_eq!(daily(&rows), Some(i64::from(miles)));
        }
    }
}
