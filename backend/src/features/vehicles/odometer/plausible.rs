//! The highest plausible reading, from the vehicle's history. Pure.

use chrono::NaiveDate;

use crate::core::units::MILE;

/// The longest plausible distance in a day.
const MOST_A_DAY: i64 = 1500 * MILE;
/// The highest plausible first reading.
const MOST_AT_FIRST: i64 = 620_000 * MILE;
/// A plausible distance is at most this many times the usual distance per day, plus a fixed part.
const FACTOR: i64 = 10;
const BEYOND: i64 = 2000 * MILE;
/// How many rates are needed to know the usual one.
const FEWEST_RATES: usize = 3;

/// The highest plausible running total on a day. The readings are those up to that day, in any order:
/// days and running totals in tenths of a millimeter.
pub(super) fn most(readings: &[(NaiveDate, i64)], date: NaiveDate) -> i64 {
    let mut readings = readings.to_vec();
    readings.sort_unstable();
    let Some((last, total)) = readings.last().copied() else { return MOST_AT_FIRST };
    let days = days_between(last, date);
    let mut most = MOST_A_DAY.saturating_mul(days);
    if let Some(usual) = usual_rate(&readings) {
        most = most.min(usual.saturating_mul(FACTOR * days).saturating_add(BEYOND));
    }
    total.saturating_add(most)
}

/// The days between two readings; one if they are of the same day.
fn days_between(one: NaiveDate, other: NaiveDate) -> i64 {
    other.signed_duration_since(one).num_days().max(1)
}

/// The median of the distances per day between neighboring readings.
fn usual_rate(readings: &[(NaiveDate, i64)]) -> Option<i64> {
    // The last reading of each day.
    let days: Vec<_> = readings
        .chunk_by(|one, other| one.0 == other.0)
        .filter_map(|day| day.last().copied())
        .collect();
    let rate = |pair: &[(NaiveDate, i64)]| {
        (pair[1].1 - pair[0].1).max(0) / days_between(pair[0].0, pair[1].0)
    };
    let mut rates: Vec<_> = days.windows(2).map(rate).collect();
    rates.sort_unstable();
    (rates.len() >= FEWEST_RATES).then(|| rates[rates.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::{MILE, NaiveDate, most};

    fn readings(rows: &[(u32, i64)]) -> Vec<(NaiveDate, i64)> {
        rows.iter().map(|(day, miles)| (date(*day), miles * MILE)).collect()
    }

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, day).unwrap()
    }

    fn most_miles(rows: &[(u32, i64)], day: u32) -> i64 {
        most(&readings(rows), date(day)) / MILE
    }

    #[test]
    fn without_readings_only_a_fixed_bound_holds() {
        assert_eq!(most_miles(&[], 1), 620_000);
    }

    #[test]
    fn a_short_history_is_bounded_by_what_anybody_drives() {
        assert_eq!(most_miles(&[(1, 1000)], 3), 4000);
        assert_eq!(most_miles(&[(1, 1000)], 1), 2500, "a day's driving on the same day");
    }

    #[test]
    fn a_longer_history_is_bounded_by_its_own_rate() {
        let weekly = [(1, 1000), (8, 1210), (15, 1420), (22, 1630)];
        // Thirty miles a day.
        assert_eq!(most_miles(&weekly, 29), 1630 + 10 * 30 * 7 + 2000);
        assert_eq!(most_miles(&weekly, 23), 1630 + 1500);
    }

    #[test]
    fn one_wrong_reading_does_not_move_the_bound() {
        let weekly = [(1, 1000), (8, 1210), (15, 1420), (16, 9420), (22, 9630)];
        assert_eq!(most_miles(&weekly, 29), 9630 + 10 * 35 * 7 + 2000);
    }
}
