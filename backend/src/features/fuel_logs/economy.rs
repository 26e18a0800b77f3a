//! Fuel economy, as `docs/FUEL-ECONOMY.md` defines it: full to full, in exact decimals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::db::fixed::Fixed;

/// US gallons of one fill.
pub(super) type Gallons = Fixed<8, 3>;
/// US gallons of several.
pub(super) type SumOfGallons = Fixed<12, 3>;
/// What one fill cost.
pub(super) type Cost = Fixed<8, 2>;
/// What several cost.
pub(super) type SumOfCost = Fixed<12, 2>;

/// One fill, as far as economy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    /// Miles, where the reading is usable.
    pub(super) odometer: Option<i32>,
    pub(super) gallons: Gallons,
    pub(super) cost: Option<Cost>,
    pub(super) is_full: bool,
    /// A fill before this one was not recorded.
    pub(super) missed: bool,
}

/// What a fill says about economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    /// Miles since the fill before it.
    pub(super) trip: Option<i32>,
    /// The interval that it closes, if that is known.
    pub(super) interval: Option<Interval>,
    /// Why it closes none.
    pub(super) reason: Option<Reason>,
}

/// From one full fill to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Miles; more than none.
    pub distance: i32,
    /// All the fuel after the first full fill, up to and with the closing one.
    pub gallons: SumOfGallons,
    /// What that cost, if every fill says so.
    pub cost: Option<SumOfCost>,
}

impl Interval {
    /// Miles per US gallon, to the hundredth.
    #[must_use]
    pub fn mpg(&self) -> Option<Fixed<16, 2>> {
        let hundredths = i128::from(self.distance) * 100_000;
        Fixed::from_ratio(hundredths, i128::from(self.gallons.units()))
    }

    /// The fuel's cost of one mile, to the thousandth.
    #[must_use]
    pub fn cost_per_mile(&self) -> Option<Fixed<16, 3>> {
        cost_per_mile(self.cost?.units().into(), self.distance.into())
    }
}

/// Cents over miles as the cost of one mile, to the thousandth.
#[must_use]
pub(super) fn cost_per_mile(cents: i128, miles: i128) -> Option<Fixed<16, 3>> {
    Fixed::from_ratio(cents * 10, miles)
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

/// Fills at one and the same reading: one stop.
struct Stop {
    first: usize,
    last: usize,
    odometer: Option<i32>,
    gallons: i64,
    /// Cents, while every fill says what it cost.
    cost: Option<i64>,
    is_full: bool,
    missed: bool,
}

fn stops(fills: &[Fill]) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::with_capacity(fills.len());
    for (at, fill) in fills.iter().enumerate() {
        let cost = fill.cost.map(Fixed::units);
        match stops.last_mut() {
            Some(stop) if stop.odometer.is_some() && stop.odometer == fill.odometer => {
                stop.last = at;
                stop.gallons += fill.gallons.units();
                stop.cost = stop.cost.zip(cost).map(|(sum, cost)| sum + cost);
                stop.is_full = fill.is_full;
                stop.missed |= fill.missed;
            }
            _ => stops.push(Stop {
                first: at,
                last: at,
                odometer: fill.odometer,
                gallons: fill.gallons.units(),
                cost,
                is_full: fill.is_full,
                missed: fill.missed,
            }),
        }
    }
    stops
}

/// What has been driven and poured since the last full fill.
struct Open {
    /// The reading at that fill.
    anchor: i32,
    gallons: i64,
    cost: Option<i64>,
    missed: bool,
    rolled_back: bool,
}

/// What each of a vehicle's fills says about economy. The fills are in order (date, reading,
/// entry), from its first one or from any full fill on.
pub(super) fn figures(fills: &[Fill]) -> Vec<Figures> {
    let mut figures = vec![Figures::default(); fills.len()];
    let mut open: Option<Open> = None;
    let mut reading_before: Option<i32> = None;
    for stop in stops(fills) {
        for row in &mut figures[stop.first..stop.last] {
            row.reason = Some(Reason::SameStop);
        }
        for row in &mut figures[stop.first + 1..=stop.last] {
            row.trip = Some(0);
        }
        let trip = stop.odometer.zip(reading_before).map(|(now, before)| now - before);
        figures[stop.first].trip = trip.filter(|trip| *trip >= 0);
        reading_before = stop.odometer.or(reading_before);

        if let Some(open) = &mut open {
            open.gallons += stop.gallons;
            open.cost = open.cost.zip(stop.cost).map(|(sum, cost)| sum + cost);
            open.missed |= stop.missed;
            open.rolled_back |= trip.is_some_and(|trip| trip < 0);
        }
        let closing = &mut figures[stop.last];
        let Some(reading) = stop.odometer else {
            closing.reason = Some(Reason::NoOdometer);
            continue;
        };
        if !stop.is_full {
            closing.reason = Some(Reason::Partial);
            continue;
        }
        match open.as_ref().map(|open| close(open, reading)) {
            None => closing.reason = Some(Reason::First),
            Some(Err(reason)) => closing.reason = Some(reason),
            Some(Ok(interval)) => closing.interval = Some(interval),
        }
        open = Some(Open {
            anchor: reading,
            gallons: 0,
            cost: Some(0),
            missed: false,
            rolled_back: false,
        });
    }
    figures
}

fn close(open: &Open, reading: i32) -> Result<Interval, Reason> {
    if open.missed {
        return Err(Reason::Missed);
    }
    if open.rolled_back {
        return Err(Reason::Rollback);
    }
    let distance = reading - open.anchor;
    let gallons = Fixed::from_units(open.gallons).filter(|_| distance > 0);
    // Nothing driven, or more fuel than any column holds: nothing can be said of it.
    let gallons = gallons.ok_or(Reason::SameStop)?;
    Ok(Interval { distance, gallons, cost: open.cost.and_then(Fixed::from_units) })
}

#[cfg(test)]
mod tests {
    use super::{Figures, Fill, Fixed, Reason, figures};

    /// `1000,10,F / 1150,5,P+M / -,5,P`: the vectors' own notation.
    fn fills(vector: &str) -> Vec<Fill> {
        vector
            .split(" / ")
            .map(|fill| {
                let parts: Vec<_> = fill.split(',').collect();
                Fill {
                    odometer: parts[0].parse().ok(),
                    gallons: Fixed::parse(parts[1]).unwrap(),
                    cost: None,
                    is_full: parts[2].starts_with('F'),
                    missed: parts[2].ends_with('M'),
                }
            })
            .collect()
    }

    fn shown(figures: &[Figures]) -> String {
        let mpg = |row: &Figures| row.interval.and_then(|it| it.mpg());
        let rows = figures.iter().map(|row| mpg(row).map_or("-".to_owned(), |it| it.to_string()));
        let known = figures.iter().filter_map(|row| row.interval);
        let (miles, gallons) = known.fold((0, 0), |(miles, gallons), it| {
            (miles + i128::from(it.distance), gallons + i128::from(it.gallons.units()))
        });
        let average = Fixed::<16, 2>::from_ratio(miles * 100_000, gallons);
        format!("{} → {}", rows.collect::<Vec<_>>().join(", "), average.unwrap_or_default())
    }

    #[test]
    fn the_definitions_vectors_hold() {
        for (id, vector, expected) in [
            ("A", "1000,10,F / 1150,5,P / 1400,10,F", "-, -, 26.67 → 26.67"),
            ("B", "1000,5,P / 1300,10,F / 1600,10,F", "-, -, 30.00 → 30.00"),
            ("C", "1000,10,F / 1300,10,F / 1400,1,P", "-, 30.00, - → 30.00"),
            ("D", "1000,10,F / 1300,6,F / 1300,6,F / 1600,10,F", "-, -, 25.00, 30.00 → 27.27"),
            ("E", "1000,10,F / 1300,5,P+M / 1600,10,F / 1900,10,F", "-, -, -, 30.00 → 30.00"),
            ("F", "1000,10,F / -,5,P / 1450,10,F", "-, -, 30.00 → 30.00"),
            ("G", "1000,10,F / 1400,10,F / 1450,5,F", "-, 40.00, 10.00 → 30.00"),
            ("H", "1000,10,F / 1300,10,F+M / 1600,10,F", "-, -, 30.00 → 30.00"),
        ] {
            assert_eq!(shown(&figures(&fills(vector))), expected, "vector {id}");
        }
    }

    #[test]
    fn a_fill_without_economy_says_why() {
        let reasons = |vector: &str| {
            let reason = |row: &Figures| row.reason.map_or("known", Reason::as_str);
            figures(&fills(vector)).iter().map(reason).collect::<Vec<_>>().join(" ")
        };
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
    fn the_trip_is_counted_from_the_fill_before() {
        let trips =
            |vector: &str| figures(&fills(vector)).iter().map(|row| row.trip).collect::<Vec<_>>();
        assert_eq!(
            trips("1000,9,F / 1150,5,P / 1400,9,F / 1400,1,F / 20,9,F"),
            [None, Some(150), Some(250), Some(0), None]
        );
    }
}
