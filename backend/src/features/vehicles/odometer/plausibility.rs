//! Calculates the highest plausible reading from the vehicle's history, without I/O.

use chrono::NaiveDate;

use crate::core::units::MILE;

/// The longest plausible distance in a day.
const MAX_PER_DAY: i64 = 1500 * MILE;
/// The highest plausible first reading.
const MAX_FIRST_READING: i64 = 620_000 * MILE;
/// A plausible distance is at most this multiple of the usual distance per day, plus a fixed allowance.
const FACTOR: i64 = 10;
const ALLOWANCE: i64 = 2000 * MILE;
/// The minimum number of daily rates for a meaningful median.
const MIN_RATES: usize = 3;

/// The highest plausible running total on a date. `readings` are the dates and running totals up to that
/// date, in any order and in tenths of a millimeter.
pub(super) fn max_total(readings: &[(NaiveDate, i64)], date: NaiveDate) -> i64 {
    let mut readings = readings.to_vec();
    readings.sort_unstable();
    let Some((last, total)) = readings.last().copied() else { return MAX_FIRST_READING };
    let days = days_between(last, date);
    let mut max = MAX_PER_DAY.saturating_mul(days);
    if let Some(usual) = usual_rate(&readings) {
        max = max.min(usual.saturating_mul(FACTOR * days).saturating_add(ALLOWANCE));
    }
    total.saturating_add(max)
}

/// The days between two readings, or 1 if they are of the same day.
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
    (rates.len() >= MIN_RATES).then(|| rates[rates.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::{MILE, NaiveDate, max_total};

    fn readings(rows: &[(u32, i64)]) -> Vec<(NaiveDate, i64)> {
        rows.iter().map(|(day, miles)| (date(*day), miles * MILE)).collect()
    }

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, day).unwrap()
    }

    fn max_miles(rows: &[(u32, i64)], day: u32) -> i64 {
        max_total(&readings(rows), date(day)) / MILE
    }

    #[test]
    fn without_readings_the_maximum_is_fixed() {
        assert_eq!(max_miles(&[], 1), 620_000);
    }

    #[test]
    fn a_short_history_allows_the_longest_plausible_daily_distance() {
        assert_eq!(max_miles(&[(1, 1000)], 3), 4000);
        assert_eq!(max_miles(&[(1, 1000)], 1), 2500, "one day's maximum on the same day");
    }

    #[test]
    fn a_longer_history_allows_a_multiple_of_its_median_rate() {
        let weekly = [(1, 1000), (8, 1210), (15, 1420), (22, 1630)];
        // Thirty miles a day.
        assert_eq!(max_miles(&weekly, 29), 1630 + 10 * 30 * 7 + 2000);
        assert_eq!(max_miles(&weekly, 23), 1630 + 1500);
    }

    #[test]
    fn one_wrong_reading_does_not_change_the_rate() {
        let weekly = [(1, 1000), (8, 1210), (15, 1420), (16, 9420), (22, 9630)];
        assert_eq!(max_miles(&weekly, 29), 9630 + 10 * 35 * 7 + 2000);
    }
}
