//! Calculates fuel economy from full tank to full tank, as defined in `docs/FUEL-ECONOMY.md`, with
//! exact integers.
//!
//! Distances are tenths of a millimeter on the vehicle's running total, which includes the distance
//! driven on replaced odometers. Volumes are picoliters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    core::{
        db::fixed::Fixed,
        locale::Message,
        money::{Currency, Money},
        units::{EconomyUnit, MILE, UnitFormatter},
    },
    t,
};

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

/// The distance, fuel and cost between two full fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// In tenths of a millimeter; more than zero.
    pub distance: i64,
    /// All the fuel after the first full fill, including the last one, in picoliters.
    pub volume: i64,
    /// The cost of that fuel, if all amounts are known and have the same currency.
    #[serde(skip)]
    pub cost: Option<Money>,
}

impl Interval {
    /// Miles per US gallon, with two decimals.
    #[must_use]
    pub fn mpg(&self) -> Option<Fixed<16, 2>> {
        self.economy(EconomyUnit::MpgUs)
    }

    /// The economy in `unit`, with two decimals.
    #[must_use]
    pub fn economy(&self, unit: EconomyUnit) -> Option<Fixed<16, 2>> {
        unit.of_exact(self.distance, self.volume)
    }

    /// Formats the economy in the user's unit, such as `31.4`.
    #[must_use]
    pub fn format(&self, units: &UnitFormatter) -> Option<String> {
        units.exact_economy(self.distance, self.volume)
    }

    /// Compares the exact economy of two intervals; the less economical one is less.
    #[must_use]
    pub fn compare_economy(&self, other: &Self) -> std::cmp::Ordering {
        let product = |it: &Self, by: &Self| i128::from(it.distance) * i128::from(by.volume);
        product(self, other).cmp(&product(other, self))
    }

    /// The fuel cost per mile, with three decimals.
    #[must_use]
    pub fn cost_per_mile(&self) -> Option<Fixed<16, 3>> {
        cost_per_mile(self.cost?.thousandths.into(), self.distance.into())
    }
}

/// The cost per mile, with three decimals, of an amount in thousandths over a distance.
#[must_use]
pub(super) fn cost_per_mile(thousandths: i128, distance: i128) -> Option<Fixed<16, 3>> {
    Fixed::from_ratio(thousandths.checked_mul(MILE.into())?, distance)
}

/// Why a fill has no economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoEconomyReason {
    /// It is the first full fill, from which later ones are measured.
    First,
    /// The tank was not filled up.
    Partial,
    /// A fill since the last full one was not logged.
    Missed,
    /// A later fill at the same odometer reading represents the whole stop.
    SameStop,
    /// It has no usable odometer reading.
    NoOdometer,
    /// The odometer ran backward since the last full fill.
    Rollback,
}

impl NoEconomyReason {
    /// Parses the stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        use NoEconomyReason::{First, Missed, NoOdometer, Partial, Rollback, SameStop};
        let all = [First, Partial, Missed, SameStop, NoOdometer, Rollback];
        all.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The label on pages.
    #[must_use]
    pub fn label(self) -> Message {
        match self {
            Self::First => t!("fuel-logs-no-economy-first"),
            Self::Partial => t!("fuel-logs-no-economy-partial"),
            Self::Missed => t!("fuel-logs-no-economy-missed"),
            Self::SameStop => t!("fuel-logs-no-economy-same-stop"),
            Self::NoOdometer => t!("fuel-logs-no-economy-no-odometer"),
            Self::Rollback => t!("fuel-logs-no-economy-rollback"),
        }
    }

    /// The name in the database and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::SameStop => "same-stop",
            Self::NoOdometer => "no-odometer",
            Self::Rollback => "rollback",
        }
    }
}

/// A sum of amounts. It is unknown if any amount is unknown or the currencies differ.
#[derive(Debug, Clone, Copy)]
enum CostSum {
    Nothing,
    Known(i64, Currency),
    Unknown,
}

impl CostSum {
    fn of(cost: Option<Money>) -> Self {
        cost.map_or(Self::Unknown, |it| Self::Known(it.thousandths, it.currency))
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, it) | (it, Self::Nothing) => it,
            (Self::Known(a, one), Self::Known(b, two)) if one == two => {
                a.checked_add(b).map_or(Self::Unknown, |sum| Self::Known(sum, one))
            }
            _ => Self::Unknown,
        }
    }

    fn total(self) -> Option<Money> {
        match self {
            Self::Known(thousandths, currency) => Some(Money { thousandths, currency }),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

/// Consecutive fills at the same odometer reading.
struct Stop {
    first: usize,
    last: usize,
    total: Option<i64>,
    trip: Option<i64>,
    /// `None` if any fill's volume is unknown.
    volume: Option<i128>,
    cost: CostSum,
    is_full: bool,
    missed: bool,
}

fn group_into_stops(fills: &[Fill]) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::with_capacity(fills.len());
    for (index, fill) in fills.iter().enumerate() {
        let (volume, cost) = (fill.volume.map(i128::from), CostSum::of(fill.cost));
        match stops.last_mut() {
            Some(stop) if stop.total.is_some() && stop.total == fill.total => {
                stop.last = index;
                stop.volume = stop.volume.zip(volume).map(|(sum, more)| sum + more);
                stop.cost = stop.cost.plus(cost);
                stop.is_full = fill.is_full;
                stop.missed |= fill.missed;
            }
            _ => stops.push(Stop {
                first: index,
                last: index,
                total: fill.total,
                trip: fill.trip,
                volume,
                cost,
                is_full: fill.is_full,
                missed: fill.missed,
            }),
        }
    }
    stops
}

/// The position of a stop on a distance scale. Scale 0 is the odometer. A fill with neither a reading
/// nor a distance starts a new scale, on which the distances entered after it are measured.
#[derive(Clone, Copy)]
struct ScalePoint {
    scale: usize,
    value: i64,
}

/// The stops since a full fill: an interval that has not ended yet.
#[derive(Clone, Copy)]
struct OpenInterval {
    start: ScalePoint,
    stops: usize,
    volume: Option<i128>,
    cost: CostSum,
    missed: bool,
    rolled_back: bool,
}

impl OpenInterval {
    fn starting_at(start: ScalePoint) -> Self {
        Self {
            start,
            stops: 0,
            volume: Some(0),
            cost: CostSum::Nothing,
            missed: false,
            rolled_back: false,
        }
    }

    /// Adds the fuel of a stop. Returns `None` if there are too many stops.
    fn with_stop(self, stop: &Stop, rolled_back: bool) -> Option<Self> {
        (self.stops < MAX_STOPS).then(|| Self {
            stops: self.stops + 1,
            volume: self.volume.zip(stop.volume).map(|(sum, more)| sum + more),
            cost: self.cost.plus(stop.cost),
            missed: self.missed || stop.missed,
            rolled_back: self.rolled_back || rolled_back,
            ..self
        })
    }

    fn close(&self, end: ScalePoint) -> Result<Interval, NoEconomyReason> {
        let volume = self.volume.filter(|_| !self.missed).ok_or(NoEconomyReason::Missed)?;
        if self.rolled_back {
            return Err(NoEconomyReason::Rollback);
        }
        let distance = end.value - self.start.value;
        let volume = i64::try_from(volume).ok().filter(|it| *it > 0 && distance > 0);
        // Without a distance, or with more fuel than can be stored, the economy is unknown.
        let volume = volume.ok_or(NoEconomyReason::SameStop)?;
        Ok(Interval { distance, volume, cost: self.cost.total() })
    }
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
    use super::{Fill, FillEconomy, Fixed, MAX_STOPS, MILE, NoEconomyReason, compute_economy};
    use crate::core::units::{EconomyUnit, GALLON_US, KILOMETER, LITER};

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
