//! Stops, which are consecutive fills at one reading, and the intervals between full ones.

use super::{Fill, Interval, MAX_STOPS, NoEconomyReason};
use crate::core::money::{Currency, Money};

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
pub(super) struct Stop {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) total: Option<i64>,
    pub(super) trip: Option<i64>,
    /// `None` if any fill's volume is unknown.
    volume: Option<i128>,
    cost: CostSum,
    pub(super) is_full: bool,
    missed: bool,
}

pub(super) fn group_into_stops(fills: &[Fill]) -> Vec<Stop> {
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
pub(super) struct ScalePoint {
    pub(super) scale: usize,
    pub(super) value: i64,
}

/// The stops since a full fill: an interval that has not ended yet.
#[derive(Clone, Copy)]
pub(super) struct OpenInterval {
    pub(super) start: ScalePoint,
    stops: usize,
    volume: Option<i128>,
    cost: CostSum,
    missed: bool,
    rolled_back: bool,
}

impl OpenInterval {
    pub(super) fn starting_at(start: ScalePoint) -> Self {
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
    pub(super) fn with_stop(self, stop: &Stop, rolled_back: bool) -> Option<Self> {
        (self.stops < MAX_STOPS).then(|| Self {
            stops: self.stops + 1,
            volume: self.volume.zip(stop.volume).map(|(sum, more)| sum + more),
            cost: self.cost.plus(stop.cost),
            missed: self.missed || stop.missed,
            rolled_back: self.rolled_back || rolled_back,
            ..self
        })
    }

    pub(super) fn close(&self, end: ScalePoint) -> Result<Interval, NoEconomyReason> {
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
