//! Loads and recomputes the fill-ups around a changed one: only as many as the change can affect.
//!
//! The stop on either side may merge with the changed fill, or with the other one if the fill
//! between them is deleted. Beyond it, the next full stop with a reading is a boundary: nothing
//! past it can change. If there is no boundary, nothing farther away than the longest interval
//! ([`MAX_STOPS`]) can change.

use std::ops::Range;

use chrono::NaiveDate;

use super::{
    FuelLog, FuelLogId,
    economy::{Fill, FillEconomy, Interval, MAX_STOPS, NoEconomyReason, compute_economy},
    model::{Mileage, Position, interval_of},
    store,
};
use crate::{
    core::{
        Result, UserId,
        db::Tx,
        money::{Currency, Money, SumOfThousandths, Thousandths},
        units::{Distance, DistanceUnit},
    },
    features::vehicles::VehicleId,
    record,
};

/// How many rows are read at a time. One chunk is nearly always enough.
const CHUNK: i64 = 16;
/// The maximum number of rows that are read on either side.
const MAX_ROWS: usize = MAX_STOPS + 16;

record! {
    /// The values of a fill-up near the changed one that determine its economy.
    #[derive(Debug, Clone)]
    pub(super) struct Neighbor {
        pub(super) id: FuelLogId { once id; }
        pub(super) date: NaiveDate { column date; }
        pub(super) odometer_exact: i64 { column odometer_exact; }
        pub(super) odometer_unit: Option<DistanceUnit> {
            column odometer_unit => Option::map(odometer_unit, stored_unit);
        }
        pub(super) total_exact: i64 { column total_exact; }
        pub(super) trip_exact: Option<i64> { column trip_exact; }
        pub(super) volume_exact: Option<i64> { column volume_exact; }
        pub(super) amount: Option<Thousandths> { column amount; }
        pub(super) currency: Option<Currency> {
            column currency => Option::and_then(currency, Currency::stored);
        }
        pub(super) is_full: bool { column is_full; }
        pub(super) missed_previous: bool { column missed_previous; }
        pub(super) distance_exact: Option<i64> { column distance_exact; }
        pub(super) interval_exact: Option<i64> { column interval_exact; }
        pub(super) interval_volume: Option<i64> { column interval_volume; }
        pub(super) interval_amount: Option<SumOfThousandths> { column interval_amount; }
        pub(super) economy_reason: Option<NoEconomyReason> {
            column economy_reason => Option::and_then(economy_reason, NoEconomyReason::from_name);
        }
    }
    table "fuel_logs" of user by id as neighbor;
}

fn stored_unit(name: &str) -> DistanceUnit {
    DistanceUnit::try_from(name).unwrap_or(DistanceUnit::Miles)
}

impl Neighbor {
    /// Whether it has an odometer reading.
    pub(super) fn has_reading(&self) -> bool {
        self.odometer_unit.is_some()
    }

    /// Its odometer reading as it was entered.
    pub(super) fn reading(&self) -> Option<Distance> {
        Some(Distance::from_exact(self.odometer_exact, self.odometer_unit?))
    }

    /// The amount paid.
    pub(super) fn money(&self) -> Option<Money> {
        Some(Money { thousandths: self.amount?.units(), currency: self.currency? })
    }

    /// The interval that ends with it.
    pub(super) fn interval(&self) -> Option<Interval> {
        interval_of(self.interval_exact, self.interval_volume, self.interval_amount, self.currency)
    }

    fn mileage(&self) -> Mileage {
        Mileage { odometer: self.odometer_exact, total: self.total_exact }
    }

    fn position(&self) -> Position {
        Position { date: self.date, total: self.total_exact, id: self.id }
    }

    fn rank(&self) -> Rank {
        (self.date, !self.has_reading(), self.position())
    }

    /// The recomputed values, if they differ from the stored ones.
    fn changed(&self, economy: FillEconomy, mileage: Mileage) -> Option<Recomputed> {
        let is_changed = self.economy() != economy || self.mileage() != mileage;
        is_changed.then_some(Recomputed { id: self.id, economy, mileage })
    }

    fn economy(&self) -> FillEconomy {
        FillEconomy {
            distance: self.distance_exact,
            interval: self.interval(),
            reason: self.economy_reason,
        }
    }

    fn fill(&self) -> Fill {
        Fill {
            total: self.has_reading().then_some(self.total_exact),
            trip: self.trip_exact,
            volume: self.volume_exact,
            cost: self.money(),
            is_full: self.is_full,
            missed: self.missed_previous,
        }
    }
}

/// The sort key of fill-ups: by date, and on the same day those with a reading first. The running
/// total of a fill-up without a reading is derived from the preceding one, so it must not affect
/// the order. Otherwise the order of entry would change the economy.
type Rank = (NaiveDate, bool, Position);

fn rank(log: &FuelLog) -> Rank {
    (log.date, log.odometer.is_none(), log.position())
}

/// The recomputed values of a fill-up near the changed one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Recomputed {
    pub(super) id: FuelLogId,
    pub(super) economy: FillEconomy,
    /// The reading and running total, which change only if they are derived.
    pub(super) mileage: Mileage,
}

/// The fill-ups on either side of a position, nearest first.
pub(super) struct Window {
    /// The date of the position.
    date: NaiveDate,
    pub(super) before: Vec<Neighbor>,
    /// How many of `before` are on this side of the boundary.
    open: usize,
    /// Up to and including the boundary.
    after: Vec<Neighbor>,
    /// Whether there are more rows than those in `after`.
    is_truncated: bool,
}

/// Loads the fill-ups around `at`, without the log `excluded`.
pub(super) async fn load_around(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    excluded: FuelLogId,
) -> Result<Window> {
    let mut before: Vec<Neighbor> = Vec::new();
    let open = loop {
        let from = before.last().map_or(at, Neighbor::position);
        let chunk = store::list_before(tx, user, vehicle, from, excluded, CHUNK).await?;
        let is_last = is_last_chunk(&chunk);
        before.extend(chunk);
        // The rows are in reverse order, so the first row of a stop is its last fill.
        let boundary = find_boundary(&before, |stop| stop[0].is_full);
        if is_last || boundary.is_some() || before.len() >= MAX_ROWS {
            break boundary.map_or(before.len(), |boundary| boundary.start);
        }
    };
    let mut after: Vec<Neighbor> = Vec::new();
    loop {
        let from = after.last().map_or(at, Neighbor::position);
        let chunk = store::list_after(tx, user, vehicle, from, excluded, CHUNK).await?;
        let is_last = is_last_chunk(&chunk);
        after.extend(chunk);
        let boundary = find_boundary(&after, |stop| stop[stop.len() - 1].is_full);
        if is_last || boundary.is_some() || after.len() >= MAX_ROWS {
            after.truncate(boundary.map_or(after.len(), |boundary| boundary.end));
            return Ok(Window { date: at.date, before, open, after, is_truncated: !is_last });
        }
    }
}

fn is_last_chunk(chunk: &[Neighbor]) -> bool {
    i64::try_from(chunk.len()).is_ok_and(|rows| rows < CHUNK)
}

/// Finds the boundary among the rows, which are sorted nearest first: the first full stop with a
/// reading that is complete and not the nearest stop.
fn find_boundary(rows: &[Neighbor], is_full: impl Fn(&[Neighbor]) -> bool) -> Option<Range<usize>> {
    let is_one_stop = |a: &Neighbor, b: &Neighbor| {
        a.has_reading() && b.has_reading() && a.total_exact == b.total_exact
    };
    let mut start = 0;
    for (nth, stop) in rows.chunk_by(is_one_stop).enumerate() {
        let range = start..start + stop.len();
        // The farthest stop may have more fills that were not read.
        if nth > 0 && range.end < rows.len() && stop[0].has_reading() && is_full(stop) {
            return Some(range);
        }
        start = range.end;
    }
    None
}

impl Window {
    /// The mileage of a fill-up without a reading: that of the preceding one plus the entered distance.
    pub(super) fn mileage_after(&self, trip: Option<Distance>) -> Mileage {
        let last = self.before.first().map(Neighbor::mileage).unwrap_or_default();
        last.plus(trip.map(Distance::exact))
    }

    /// The nearest fill-up with a reading on an earlier day; `None` if it is not among the rows.
    pub(super) fn nearest_on_earlier_day(&self, at: Position) -> Option<&Neighbor> {
        self.before.iter().find(|it| it.date < at.date && it.has_reading())
    }

    /// The nearest fill-up with a reading on a later day; `None` if it is not among the rows.
    pub(super) fn nearest_on_later_day(&self, at: Position) -> Option<&Neighbor> {
        self.after.iter().find(|it| it.date > at.date && it.has_reading())
    }

    /// Whether the nearest fill-up on an earlier day, and on a later day, may exist beyond the rows
    /// that were read.
    pub(super) fn may_miss_days(&self, at: Position) -> (bool, bool) {
        let is_full = i64::try_from(self.before.len()).is_ok_and(|rows| rows >= CHUNK);
        (
            self.nearest_on_earlier_day(at).is_none() && is_full,
            self.nearest_on_later_day(at).is_none()
                && (self.is_truncated || !self.after.is_empty()),
        )
    }

    /// Computes the economy of every fill-up in the window, including `log` unless it is being deleted.
    /// Returns the other fill-ups that change.
    pub(super) fn recompute(self, mut log: Option<&mut FuelLog>) -> Vec<Recomputed> {
        let beyond_boundary = self.before.len() - self.open;
        let mut rows: Vec<Option<Neighbor>> = self.before.into_iter().rev().map(Some).collect();
        // Nothing before the nearest stop changes. Without a boundary, not all of the rows needed to
        // compute it have been read.
        let first = nearest_stop_start(&rows).max(beyond_boundary);
        rows.extend(log.is_some().then_some(None));
        rows.extend(self.after.into_iter().map(Some));
        let own = log.as_deref().map(rank);
        let rank_of = |row: &Option<Neighbor>| row.as_ref().map(Neighbor::rank).or(own);
        rows.sort_by_key(rank_of);
        // Running totals may change from the date of the position on.
        let at = rows.partition_point(|row| rank_of(row).is_some_and(|it| it.0 < self.date));
        let first = first.min(at);
        let mut last = Mileage::default();
        let mut mileages = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            last = match row {
                // Derived from the preceding fill-up.
                Some(row) if index >= at && !row.has_reading() => last.plus(row.trip_exact),
                Some(row) => row.mileage(),
                None => log.as_deref().map_or(last, |log| log.mileage),
            };
            mileages.push(last);
        }
        let own = log.as_deref().map_or(EMPTY_FILL, FuelLog::fill);
        let fills: Vec<_> =
            rows.iter().map(|row| row.as_ref().map_or(own, Neighbor::fill)).collect();
        let mut changed = Vec::new();
        for (index, economy) in compute_economy(&fills).into_iter().enumerate().skip(first) {
            match (&rows[index], &mut log) {
                (None, Some(log)) => log.set_economy(economy),
                (Some(row), _) => changed.extend(row.changed(economy, mileages[index])),
                (None, None) => {}
            }
        }
        changed
    }
}

/// Recomputes the order and economy of all of a vehicle's fill-ups after their running totals have
/// changed. Returns those that change.
pub(super) fn recompute_all(
    mut rows: Vec<Neighbor>,
    total: impl Fn(&Neighbor) -> i64,
) -> Vec<Recomputed> {
    let stored: Vec<(FuelLogId, Mileage, FillEconomy)> =
        rows.iter().map(|it| (it.id, it.mileage(), it.economy())).collect();
    for row in &mut rows {
        row.total_exact = total(row);
    }
    rows.sort_by_key(Neighbor::rank);
    let mut last = Mileage::default();
    for row in &mut rows {
        if !row.has_reading() {
            let mileage = last.plus(row.trip_exact);
            (row.odometer_exact, row.total_exact) = (mileage.odometer, mileage.total);
        }
        last = row.mileage();
    }
    let fills: Vec<_> = rows.iter().map(Neighbor::fill).collect();
    let stored: std::collections::HashMap<_, _> =
        stored.into_iter().map(|(id, mileage, economy)| (id, (mileage, economy))).collect();
    let recomputed = rows.iter().zip(compute_economy(&fills)).map(|(row, economy)| Recomputed {
        id: row.id,
        economy,
        mileage: row.mileage(),
    });
    recomputed.filter(|it| stored.get(&it.id) != Some(&(it.mileage, it.economy))).collect()
}

const EMPTY_FILL: Fill =
    Fill { total: None, trip: None, volume: None, cost: None, is_full: false, missed: false };

impl Mileage {
    /// The mileage after another distance of `trip`.
    fn plus(self, trip: Option<i64>) -> Self {
        let trip = trip.unwrap_or_default();
        Self { odometer: self.odometer + trip, total: self.total + trip }
    }
}

/// The index of the first row of the last stop. The rows must be in order.
fn nearest_stop_start(rows: &[Option<Neighbor>]) -> usize {
    let Some(Some(last)) = rows.last() else { return rows.len() };
    let is_same = |row: &&Option<Neighbor>| {
        row.as_ref().is_some_and(|it| it.has_reading() && it.total_exact == last.total_exact)
    };
    if !last.has_reading() {
        return rows.len() - 1;
    }
    rows.len() - rows.iter().rev().take_while(is_same).count()
}
