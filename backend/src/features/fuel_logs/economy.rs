//! Calculates fuel economy from full tank to full tank, as defined in `docs/FUEL-ECONOMY.md`, with
//! exact integers.
//!
//! Distances are tenths of a millimeter on the vehicle's running total, which includes the distance
//! driven on replaced odometers. Volumes are picoliters.

mod interval;
mod reason;
mod stops;

pub use interval::Interval;
pub(super) use interval::cost_per_mile;
pub use reason::NoEconomyReason;

use self::stops::{OpenInterval, ScalePoint, group_into_stops};
use crate::core::money::Money;

/// The maximum number of stops in an interval. It limits how many fills a write must read. The first
/// full fill after this many stops starts a new sequence of intervals.
pub(super) const MAX_STOPS: usize = 128;

/// The values of a fill-up that determine its economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    /// The running total, if the odometer was read.
    pub(super) total: Option<i64>,
    /// The distance since the previous fill, if it was entered instead of a reading.
    pub(super) trip: Option<i64>,
    /// `None` if only the amount paid is known.
    pub(super) volume: Option<i64>,
    pub(super) cost: Option<Money>,
    pub(super) is_full: bool,
    /// Whether a fill between the previous one and this one was not logged.
    pub(super) missed: bool,
}

/// The calculated economy of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FillEconomy {
    /// The distance since the previous fill.
    pub(super) distance: Option<i64>,
    /// The interval that ends with it, if it can be calculated.
    pub(super) interval: Option<Interval>,
    /// Why there is no interval.
    pub(super) reason: Option<NoEconomyReason>,
}

/// Computes the economy of each of a vehicle's fills. The fills must be sorted by date, running total
/// and order of entry, and begin with the vehicle's first fill or any full fill with a reading.
pub(super) fn compute_economy(fills: &[Fill]) -> Vec<FillEconomy> {
    let mut economies = vec![FillEconomy::default(); fills.len()];
    // Since the last full fill on the odometer's scale, and since the last one on another scale.
    let (mut open, mut side): (Option<OpenInterval>, Option<OpenInterval>) = (None, None);
    let (mut previous, mut scales): (Option<ScalePoint>, usize) = (None, 0);
    // The last running total with a reading, and the sum of the distances entered since then.
    let (mut last_total, mut since_last_total): (Option<i64>, i64) = (None, 0);
    for stop in group_into_stops(fills) {
        for row in &mut economies[stop.first..stop.last] {
            row.reason = Some(NoEconomyReason::SameStop);
        }
        for row in &mut economies[stop.first + 1..=stop.last] {
            row.distance = Some(0);
        }
        let driven = stop.total.zip(last_total).map(|(now, before)| now - before);
        let rolled_back = driven.is_some_and(|it| it < 0);
        let distance = match stop.total {
            Some(_) => driven.filter(|it| *it >= 0).map(|it| (it - since_last_total).max(0)),
            None => stop.trip,
        };
        economies[stop.first].distance = distance;
        let point = match (stop.total, stop.trip, previous) {
            (Some(total), ..) => ScalePoint { scale: 0, value: total },
            (None, Some(trip), Some(previous)) => {
                ScalePoint { scale: previous.scale, value: previous.value + trip }
            }
            _ => {
                scales += 1;
                ScalePoint { scale: scales, value: 0 }
            }
        };
        previous = Some(point);
        match stop.total {
            Some(total) => (last_total, since_last_total) = (Some(total), 0),
            None => since_last_total += stop.trip.unwrap_or_default(),
        }
        open = open.and_then(|it| it.with_stop(&stop, rolled_back));
        side = side.and_then(|it| it.with_stop(&stop, rolled_back));

        let closing = &mut economies[stop.last];
        let has_distance = stop.total.is_some() || stop.trip.is_some();
        if !stop.is_full {
            closing.reason = Some(if has_distance {
                NoEconomyReason::Partial
            } else {
                NoEconomyReason::NoOdometer
            });
            continue;
        }
        if !has_distance {
            // Its fuel stays in the open interval. Later distances are measured from here.
            closing.reason = Some(NoEconomyReason::NoOdometer);
            side = Some(OpenInterval::starting_at(point));
            continue;
        }
        let is_open = open.is_some() || side.is_some();
        let closed = [side, open].into_iter().flatten().find(|it| it.start.scale == point.scale);
        match closed.map(|it| it.close(point)) {
            None if is_open => closing.reason = Some(NoEconomyReason::NoOdometer),
            None => closing.reason = Some(NoEconomyReason::First),
            Some(Err(reason)) => closing.reason = Some(reason),
            Some(Ok(interval)) => closing.interval = Some(interval),
        }
        (open, side) = if point.scale == 0 {
            (Some(OpenInterval::starting_at(point)), None)
        } else {
            (None, Some(OpenInterval::starting_at(point)))
        };
    }
    economies
}

#[cfg(test)]
mod tests {
    use super::{Fill, FillEconomy, MAX_STOPS, NoEconomyReason, compute_economy};
    use crate::core::{
        db::fixed::Fixed,
        units::{EconomyUnit, GALLON_US, KILOMETER, LITER, MILE},
    };

    /// Parses `1000,10,F / 1150,5,P+M / -,5,P / +400,10,F`: the notation of the test vectors in
    /// `docs/FUEL-ECONOMY.md`, where `+400` is a distance since the previous fill.
    fn fills_in(vector: &str, (distance, volume): (i64, i64)) -> Vec<Fill> {
        vector
            .split(" / ")
            .map(|fill| {
                let parts: Vec<_> = fill.split(',').collect();
                let trip = parts[0].strip_prefix('+').and_then(|it| it.parse::<i64>().ok());
                let total = parts[0].parse::<i64>().ok().filter(|_| trip.is_none());
                let filled = Fixed::<12, 3>::parse(parts[1]).map(Fixed::units).ok();
                Fill {
                    total: total.map(|it| it * distance),
                    trip: trip.map(|it| it * distance),
                    volume: filled.map(|it| it * (volume / 1000)),
                    cost: None,
                    is_full: parts[2].starts_with('F'),
                    missed: parts[2].ends_with('M'),
                }
            })
            .collect()
    }

    fn fills(vector: &str) -> Vec<Fill> {
        fills_in(vector, (MILE, GALLON_US))
    }

    fn shown_in(economies: &[FillEconomy], unit: EconomyUnit) -> String {
        let economy = |row: &FillEconomy| row.interval.and_then(|it| it.economy(unit));
        let rows =
            economies.iter().map(|row| economy(row).map_or("-".to_owned(), |it| it.to_string()));
        let known = economies.iter().filter_map(|row| row.interval);
        let (distance, volume) = known.fold((0, 0), |(d, v), it| (d + it.distance, v + it.volume));
        let average = unit.of_exact(distance, volume).unwrap_or_default();
        format!("{} → {average}", rows.collect::<Vec<_>>().join(", "))
    }

    fn shown(economies: &[FillEconomy]) -> String {
        shown_in(economies, EconomyUnit::MpgUs)
    }

    const VECTORS: [(&str, &str, &str); 8] = [
        ("A", "1000,10,F / 1150,5,P / 1400,10,F", "-, -, 26.67 → 26.67"),
        ("B", "1000,5,P / 1300,10,F / 1600,10,F", "-, -, 30.00 → 30.00"),
        ("C", "1000,10,F / 1300,10,F / 1400,1,P", "-, 30.00, - → 30.00"),
        ("D", "1000,10,F / 1300,6,F / 1300,6,F / 1600,10,F", "-, -, 25.00, 30.00 → 27.27"),
        ("E", "1000,10,F / 1300,5,P+M / 1600,10,F / 1900,10,F", "-, -, -, 30.00 → 30.00"),
        ("F", "1000,10,F / -,5,P / 1450,10,F", "-, -, 30.00 → 30.00"),
        ("G", "1000,10,F / 1400,10,F / 1450,5,F", "-, 40.00, 10.00 → 30.00"),
        ("H", "1000,10,F / 1300,10,F+M / 1600,10,F", "-, -, 30.00 → 30.00"),
    ];

    #[test]
    fn documented_test_vectors_are_computed_correctly() {
        for (id, vector, expected) in VECTORS {
            assert_eq!(shown(&compute_economy(&fills(vector))), expected, "vector {id}");
        }
    }

    #[test]
    fn documented_test_vectors_are_computed_correctly_in_metric_units() {
        for (id, vector, expected) in VECTORS {
            let metric = fills_in(vector, (KILOMETER, LITER));
            let shown = shown_in(&compute_economy(&metric), EconomyUnit::KmPerLiter);
            assert_eq!(shown, expected, "vector {id}");
        }
    }

    fn reasons(vector: &str) -> String {
        let reason = |row: &FillEconomy| row.reason.map_or("known", NoEconomyReason::as_str);
        compute_economy(&fills(vector)).iter().map(reason).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_fill_without_economy_has_a_reason() {
        assert_eq!(reasons("1000,5,P / 1300,10,F / 1600,10,F"), "partial first known");
        assert_eq!(reasons("1000,9,F / 1300,6,F / 1300,6,F"), "first same-stop known");
        assert_eq!(reasons("1000,9,F / 1300,5,P+M / 1600,9,F"), "first partial missed");
        assert_eq!(reasons("1000,9,F / -,5,P / 1450,9,F"), "first no-odometer known");
        assert_eq!(reasons("1000,9,F / 20,9,F / 320,9,F"), "first rollback known");
        assert_eq!(reasons("1000,9,F / 1300,9,F / 1300,1,P"), "first same-stop partial");
        assert_eq!(
            reasons("1000,9,F / 1100,9,P / 20,9,P / 320,9,F"),
            "first partial partial rollback"
        );
    }

    #[test]
    fn a_stop_is_full_if_its_last_fill_is_full() {
        assert_eq!(
            shown(&compute_economy(&fills("1000,10,F / 1300,4,P / 1300,6,F / 1600,10,F"))),
            "-, -, 30.00, 30.00 → 30.00"
        );
    }

    #[test]
    fn a_full_fill_without_a_reading_counts_toward_the_open_interval() {
        assert_eq!(
            shown(&compute_economy(&fills("1000,10,F / -,5,F / 1450,10,F"))),
            "-, -, 30.00 → 30.00"
        );
    }

    #[test]
    fn a_distance_since_the_previous_fill_replaces_a_reading() {
        for (vector, expected) in [
            ("1000,10,F / +300,10,F / 1600,10,F", "-, 30.00, 30.00 → 30.00"),
            ("1000,10,F / +150,5,P / +250,10,F", "-, -, 26.67 → 26.67"),
            // Without any odometer reading.
            ("-,10,F / +300,10,F / +400,10,F", "-, 30.00, 40.00 → 35.00"),
            // Measured from the full fill without a reading or distance; its fuel counts only once.
            ("1000,10,F / -,5,F / +200,10,F / 1450,10,F", "-, -, 20.00, - → 20.00"),
            ("1000,10,F / -,5,P / +200,10,F", "-, -, - → 0.00"),
        ] {
            assert_eq!(shown(&compute_economy(&fills(vector))), expected, "{vector}");
        }
    }

    #[test]
    fn an_interval_with_an_unknown_volume_is_unknown() {
        assert_eq!(
            reasons("1000,9,F / 1300,-,P / 1600,9,F / 1900,9,F"),
            "first partial missed known"
        );
    }

    #[test]
    fn the_distance_is_measured_from_the_previous_fill() {
        let distances = |vector: &str| {
            let miles = |row: &FillEconomy| row.distance.map(|it| it / MILE);
            compute_economy(&fills(vector)).iter().map(miles).collect::<Vec<_>>()
        };
        assert_eq!(
            distances("1000,9,F / 1150,5,P / 1400,9,F / 1400,1,F / 20,9,F"),
            [None, Some(150), Some(250), Some(0), None]
        );
        assert_eq!(
            distances("1000,9,F / +200,5,P / -,5,P / 1450,9,F"),
            [None, Some(200), None, Some(250)]
        );
    }

    #[test]
    fn an_interval_with_too_many_stops_starts_over() {
        let history = |partials: usize| {
            let partial = (0..partials).map(|it| format!("{},1,P", 1001 + it));
            let all = std::iter::once("1000,10,F".to_owned())
                .chain(partial)
                .chain(["9000,10,F".to_owned(), "9300,10,F".to_owned()]);
            compute_economy(&fills(&all.collect::<Vec<_>>().join(" / ")))
        };
        let last_two = |economies: Vec<FillEconomy>| {
            let last = economies.len() - 1;
            (economies[last - 1].reason, economies[last].reason)
        };
        assert_eq!(last_two(history(MAX_STOPS - 1)), (None, None));
        assert_eq!(last_two(history(MAX_STOPS)), (Some(NoEconomyReason::First), None));
    }
}
