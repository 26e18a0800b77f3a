//! Fuel economy, as `docs/FUEL-ECONOMY.md` defines it: full to full, in exact numbers.
//!
//! Distances are tenths of a millimeter on the vehicle's running total (replaced odometers counted),
//! volumes are picoliters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::{
    db::fixed::Fixed,
    money::{Currency, Money},
    units::{EconomyUnit, MILE, UnitFormatter},
};

/// The most stops that an interval may have, which bounds how many fills a write must read. The next
/// full fill after that many stops opens a new first interval.
pub(super) const MOST_STOPS: usize = 128;

/// One fill, as far as economy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    /// The running total, if the odometer was read.
    pub(super) total: Option<i64>,
    /// The distance since the previous fill, if that was entered instead.
    pub(super) trip: Option<i64>,
    /// None if only the amount paid is known.
    pub(super) volume: Option<i64>,
    pub(super) cost: Option<Money>,
    pub(super) is_full: bool,
    /// A fill before this one was not recorded.
    pub(super) missed: bool,
}

/// What a fill says about economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    /// The distance since the previous fill.
    pub(super) distance: Option<i64>,
    /// The interval that it closes, if that is known.
    pub(super) interval: Option<Interval>,
    /// Why it closes none.
    pub(super) reason: Option<Reason>,
}

/// From one full fill to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// In tenths of a millimeter; more than zero.
    pub distance: i64,
    /// All the fuel after the first full fill, up to and including the closing one, in picoliters.
    pub volume: i64,
    /// What that cost, if the amounts of all fills are known and in one currency.
    #[serde(skip)]
    pub cost: Option<Money>,
}

impl Interval {
    /// Miles per US gallon, to the hundredth.
    #[must_use]
    pub fn mpg(&self) -> Option<Fixed<16, 2>> {
        self.economy(EconomyUnit::MpgUs)
    }

    /// Its economy, to the hundredth.
    #[must_use]
    pub fn economy(&self, unit: EconomyUnit) -> Option<Fixed<16, 2>> {
        unit.of_exact(self.distance, self.volume)
    }

    /// Its economy as a person reads it: `31.4`.
    #[must_use]
    pub fn shown(&self, shown: &UnitFormatter) -> Option<String> {
        shown.exact_economy(self.distance, self.volume)
    }

    /// Orders intervals by their exact economy, the least economical first.
    #[must_use]
    pub fn compare_economy(&self, other: &Self) -> std::cmp::Ordering {
        let product = |it: &Self, by: &Self| i128::from(it.distance) * i128::from(by.volume);
        product(self, other).cmp(&product(other, self))
    }

    /// The fuel's cost of one mile, to the thousandth.
    #[must_use]
    pub fn cost_per_mile(&self) -> Option<Fixed<16, 3>> {
        cost_per_mile(self.cost?.thousandths.into(), self.distance.into())
    }
}

/// The cost per mile, to the thousandth, of an amount in thousandths over a distance.
#[must_use]
pub(super) fn cost_per_mile(thousandths: i128, distance: i128) -> Option<Fixed<16, 3>> {
    Fixed::from_ratio(thousandths.checked_mul(MILE.into())?, distance)
}

/// Why a fill has no economy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is the first full fill: what comes after is measured from it.
    First,
    /// The tank was not filled to the top.
    Partial,
    /// A fill since the last full one was not recorded.
    Missed,
    /// A later fill at the same reading stands for the whole stop.
    SameStop,
    /// Its odometer reading is not usable.
    NoOdometer,
    /// The odometer ran backwards since the last full fill.
    Rollback,
}

impl Reason {
    /// The reason that is kept as `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        use Reason::{First, Missed, NoOdometer, Partial, Rollback, SameStop};
        let all = [First, Partial, Missed, SameStop, NoOdometer, Rollback];
        all.into_iter().find(|reason| reason.as_str() == name)
    }

    /// As people say it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::First => "first full tank",
            Self::Partial => "partial fill",
            Self::Missed => "missed one before",
            Self::SameStop => "same stop as the next",
            Self::NoOdometer => "no odometer reading",
            Self::Rollback => "odometer turned back",
        }
    }

    /// As it is kept and sent.
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

/// A sum of amounts in one currency; unknown once an amount is unknown or in another currency.
#[derive(Debug, Clone, Copy)]
enum Spent {
    Nothing,
    Known(i64, Currency),
    Unknown,
}

impl Spent {
    fn of(cost: Option<Money>) -> Self {
        cost.map_or(Self::Unknown, |it| Self::Known(it.thousandths, it.currency))
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, it) | (it, Self::Nothing) => it,
            (Self::Known(a, one), Self::Known(b, two)) if one == two => {
                a.checked_add(b).map_or(Self::Unknown, |sum| Self::Known(sum, one))
            }
            _ => Self::Unknown,
        }
    }

    fn known(self) -> Option<Money> {
        match self {
            Self::Known(thousandths, currency) => Some(Money { thousandths, currency }),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

/// Fills at one and the same reading: one stop.
struct Stop {
    first: usize,
    last: usize,
    total: Option<i64>,
    trip: Option<i64>,
    /// None if a fill's volume is not known.
    volume: Option<i128>,
    spent: Spent,
    is_full: bool,
    missed: bool,
}

fn stops(fills: &[Fill]) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::with_capacity(fills.len());
    for (at, fill) in fills.iter().enumerate() {
        let (volume, spent) = (fill.volume.map(i128::from), Spent::of(fill.cost));
        match stops.last_mut() {
            Some(stop) if stop.total.is_some() && stop.total == fill.total => {
                stop.last = at;
                stop.volume = stop.volume.zip(volume).map(|(sum, more)| sum + more);
                stop.spent = stop.spent.and(spent);
                stop.is_full = fill.is_full;
                stop.missed |= fill.missed;
            }
            _ => stops.push(Stop {
                first: at,
                last: at,
                total: fill.total,
                trip: fill.trip,
                volume,
                spent,
                is_full: fill.is_full,
                missed: fill.missed,
            }),
        }
    }
    stops
}

/// The position of a stop on a line of known distances. Line 0 is the odometer's. A fill with neither
/// a reading nor a distance begins another line, which the distances entered after it continue.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    at: i64,
}

/// The stops since a full fill: an interval that is not closed yet.
#[derive(Clone, Copy)]
struct Open {
    anchor: Place,
    stops: usize,
    volume: Option<i128>,
    spent: Spent,
    missed: bool,
    rolled_back: bool,
}

impl Open {
    fn at(anchor: Place) -> Self {
        Self {
            anchor,
            stops: 0,
            volume: Some(0),
            spent: Spent::Nothing,
            missed: false,
            rolled_back: false,
        }
    }

    /// Adds the fuel of a stop; none if there are too many stops.
    fn with(self, stop: &Stop, rolled_back: bool) -> Option<Self> {
        (self.stops < MOST_STOPS).then(|| Self {
            stops: self.stops + 1,
            volume: self.volume.zip(stop.volume).map(|(sum, more)| sum + more),
            spent: self.spent.and(stop.spent),
            missed: self.missed || stop.missed,
            rolled_back: self.rolled_back || rolled_back,
            ..self
        })
    }

    fn close(&self, place: Place) -> Result<Interval, Reason> {
        let volume = self.volume.filter(|_| !self.missed).ok_or(Reason::Missed)?;
        if self.rolled_back {
            return Err(Reason::Rollback);
        }
        let distance = place.at - self.anchor.at;
        let volume = i64::try_from(volume).ok().filter(|it| *it > 0 && distance > 0);
        // No distance, or more fuel than can be stored: the economy is unknown.
        let volume = volume.ok_or(Reason::SameStop)?;
        Ok(Interval { distance, volume, cost: self.spent.known() })
    }
}

/// Computes the economy of each of a vehicle's fills. The fills are in order (date, running total,
/// entry) and begin with the vehicle's first fill or any full fill with a reading.
pub(super) fn figures(fills: &[Fill]) -> Vec<Figures> {
    let mut figures = vec![Figures::default(); fills.len()];
    // Since the last full fill on the odometer's line, and since the last one on another line.
    let (mut open, mut side): (Option<Open>, Option<Open>) = (None, None);
    let (mut before, mut lines): (Option<Place>, usize) = (None, 0);
    // The last running total that was read, and the sum of the distances entered since then.
    let (mut read, mut since_read): (Option<i64>, i64) = (None, 0);
    for stop in stops(fills) {
        for row in &mut figures[stop.first..stop.last] {
            row.reason = Some(Reason::SameStop);
        }
        for row in &mut figures[stop.first + 1..=stop.last] {
            row.distance = Some(0);
        }
        let driven = stop.total.zip(read).map(|(now, before)| now - before);
        let rolled_back = driven.is_some_and(|it| it < 0);
        let distance = match stop.total {
            Some(_) => driven.filter(|it| *it >= 0).map(|it| (it - since_read).max(0)),
            None => stop.trip,
        };
        figures[stop.first].distance = distance;
        let place = match (stop.total, stop.trip, before) {
            (Some(total), ..) => Place { line: 0, at: total },
            (None, Some(trip), Some(before)) => Place { line: before.line, at: before.at + trip },
            _ => {
                lines += 1;
                Place { line: lines, at: 0 }
            }
        };
        before = Some(place);
        match stop.total {
            Some(total) => (read, since_read) = (Some(total), 0),
            None => since_read += stop.trip.unwrap_or_default(),
        }
        open = open.and_then(|it| it.with(&stop, rolled_back));
        side = side.and_then(|it| it.with(&stop, rolled_back));

        let closing = &mut figures[stop.last];
        let is_placed = stop.total.is_some() || stop.trip.is_some();
        if !stop.is_full {
            closing.reason = Some(if is_placed { Reason::Partial } else { Reason::NoOdometer });
            continue;
        }
        if !is_placed {
            // Its fuel stays in the open interval. Distances entered after it count from here.
            closing.reason = Some(Reason::NoOdometer);
            side = Some(Open::at(place));
            continue;
        }
        let is_open = open.is_some() || side.is_some();
        let closed = [side, open].into_iter().flatten().find(|it| it.anchor.line == place.line);
        match closed.map(|it| it.close(place)) {
            None if is_open => closing.reason = Some(Reason::NoOdometer),
            None => closing.reason = Some(Reason::First),
            Some(Err(reason)) => closing.reason = Some(reason),
            Some(Ok(interval)) => closing.interval = Some(interval),
        }
        (open, side) = if place.line == 0 {
            (Some(Open::at(place)), None)
        } else {
            (None, Some(Open::at(place)))
        };
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::{Figures, Fill, Fixed, MILE, MOST_STOPS, Reason, figures};
    use crate::core::units::{EconomyUnit, GALLON_US, KILOMETER, LITER};

    /// `1000,10,F / 1150,5,P+M / -,5,P / +400,10,F`: the vectors' own notation, and a distance since
    /// the fill before.
    fn fills_in(vector: &str, (distance, volume): (i64, i64)) -> Vec<Fill> {
        vector
            .split(" / ")
            .map(|fill| {
                let parts: Vec<_> = fill.split(',').collect();
                let trip = parts[0].strip_prefix('+').and_then(|it| it.parse::<i64>().ok());
                let total = parts[0].parse::<i64>().ok().filter(|_| trip.is_none());
                let poured = Fixed::<12, 3>::parse(parts[1]).map(Fixed::units).ok();
                Fill {
                    total: total.map(|it| it * distance),
                    trip: trip.map(|it| it * distance),
                    volume: poured.map(|it| it * (volume / 1000)),
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

    fn shown_in(figures: &[Figures], unit: EconomyUnit) -> String {
        let economy = |row: &Figures| row.interval.and_then(|it| it.economy(unit));
        let rows =
            figures.iter().map(|row| economy(row).map_or("-".to_owned(), |it| it.to_string()));
        let known = figures.iter().filter_map(|row| row.interval);
        let (distance, volume) = known.fold((0, 0), |(d, v), it| (d + it.distance, v + it.volume));
        let average = unit.of_exact(distance, volume).unwrap_or_default();
        format!("{} → {average}", rows.collect::<Vec<_>>().join(", "))
    }

    fn shown(figures: &[Figures]) -> String {
        shown_in(figures, EconomyUnit::MpgUs)
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
    fn the_vectors_of_the_definition_hold() {
        for (id, vector, expected) in VECTORS {
            assert_eq!(shown(&figures(&fills(vector))), expected, "vector {id}");
        }
    }

    #[test]
    fn the_vectors_hold_in_kilometers_and_liters() {
        for (id, vector, expected) in VECTORS {
            let metric = fills_in(vector, (KILOMETER, LITER));
            let shown = shown_in(&figures(&metric), EconomyUnit::KmPerLiter);
            assert_eq!(shown, expected, "vector {id}");
        }
    }

    fn reasons(vector: &str) -> String {
        let reason = |row: &Figures| row.reason.map_or("known", Reason::as_str);
        figures(&fills(vector)).iter().map(reason).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_fill_without_economy_says_why() {
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
    fn a_stop_whose_last_fill_is_full_is_full() {
        assert_eq!(
            shown(&figures(&fills("1000,10,F / 1300,4,P / 1300,6,F / 1600,10,F"))),
            "-, -, 30.00, 30.00 → 30.00"
        );
    }

    #[test]
    fn a_full_fill_without_a_reading_keeps_its_fuel_in_the_interval() {
        assert_eq!(shown(&figures(&fills("1000,10,F / -,5,F / 1450,10,F"))), "-, -, 30.00 → 30.00");
    }

    #[test]
    fn a_distance_since_the_fill_before_stands_for_a_reading() {
        for (vector, expected) in [
            ("1000,10,F / +300,10,F / 1600,10,F", "-, 30.00, 30.00 → 30.00"),
            ("1000,10,F / +150,5,P / +250,10,F", "-, -, 26.67 → 26.67"),
            // Without any odometer reading.
            ("-,10,F / +300,10,F / +400,10,F", "-, 30.00, 40.00 → 35.00"),
            // Counted from the full fill that nothing measures, and its fuel counts once.
            ("1000,10,F / -,5,F / +200,10,F / 1450,10,F", "-, -, 20.00, - → 20.00"),
            ("1000,10,F / -,5,P / +200,10,F", "-, -, - → 0.00"),
        ] {
            assert_eq!(shown(&figures(&fills(vector))), expected, "{vector}");
        }
    }

    #[test]
    fn money_without_a_volume_leaves_the_interval_unknown() {
        assert_eq!(
            reasons("1000,9,F / 1300,-,P / 1600,9,F / 1900,9,F"),
            "first partial missed known"
        );
    }

    #[test]
    fn the_distance_is_counted_from_the_fill_before() {
        let distances = |vector: &str| {
            let miles = |row: &Figures| row.distance.map(|it| it / MILE);
            figures(&fills(vector)).iter().map(miles).collect::<Vec<_>>()
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
    fn an_interval_of_more_stops_than_are_looked_at_starts_anew() {
        let history = |partials: usize| {
            let partial = (0..partials).map(|it| format!("{},1,P", 1001 + it));
            let all = std::iter::once("1000,10,F".to_owned())
                .chain(partial)
                .chain(["9000,10,F".to_owned(), "9300,10,F".to_owned()]);
            figures(&fills(&all.collect::<Vec<_>>().join(" / ")))
        };
        let last_two = |figures: Vec<Figures>| {
            let last = figures.len() - 1;
            (figures[last - 1].reason, figures[last].reason)
        };
        assert_eq!(last_two(history(MOST_STOPS - 1)), (None, None));
        assert_eq!(last_two(history(MOST_STOPS)), (Some(Reason::First), None));
    }
}
