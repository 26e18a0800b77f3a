//! The fill-ups around one that is written: as many as its change can touch, and no more.
//!
//! The stop on either side may become one with the changed fill, or with the other where a fill
//! between them goes. Beyond it, the next full stop with a reading is a wall: nothing beyond the wall
//! can change. Without a wall, nothing farther away than the longest interval ([`MOST_STOPS`]) can
//! change.

use std::ops::Range;

use chrono::NaiveDate;

use super::{
    FuelLog, FuelLogId,
    economy::{Figures, Fill, Interval, MOST_STOPS, Reason, figures},
    model::{Places, Position},
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
    rows_by_position,
};

/// How many rows are read at a time: nearly always enough at once.
const CHUNK: i64 = 16;
/// The most rows that are read on either side.
const MOST: usize = MOST_STOPS + 16;

/// A fill-up beside the one that is written, as far as economy goes.
#[derive(Debug, Clone)]
pub(super) struct Near {
    pub(super) id: FuelLogId,
    pub(super) date: NaiveDate,
    pub(super) odometer_exact: i64,
    pub(super) odometer_unit: Option<DistanceUnit>,
    pub(super) total_exact: i64,
    pub(super) trip_exact: Option<i64>,
    pub(super) volume_exact: Option<i64>,
    pub(super) amount: Option<Thousandths>,
    pub(super) currency: Option<Currency>,
    pub(super) is_full: bool,
    pub(super) missed_previous: bool,
    pub(super) distance_exact: Option<i64>,
    pub(super) interval_exact: Option<i64>,
    pub(super) interval_volume: Option<i64>,
    pub(super) interval_amount: Option<SumOfThousandths>,
    pub(super) economy_reason: Option<Reason>,
}

/// The columns of [`Near`], in the order in which every statement has them.
struct NearRow<'r> {
    id: FuelLogId,
    date: NaiveDate,
    odometer_exact: i64,
    odometer_unit: Option<&'r str>,
    total_exact: i64,
    trip_exact: Option<i64>,
    volume_exact: Option<i64>,
    amount: Option<Thousandths>,
    currency: Option<&'r str>,
    is_full: bool,
    missed_previous: bool,
    distance_exact: Option<i64>,
    interval_exact: Option<i64>,
    interval_volume: Option<i64>,
    interval_amount: Option<SumOfThousandths>,
    economy_reason: Option<&'r str>,
}

rows_by_position!(NearRow => Near {
    id, date, odometer_exact, odometer_unit, total_exact, trip_exact, volume_exact, amount, currency, is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount, economy_reason
});

impl From<NearRow<'_>> for Near {
    fn from(row: NearRow<'_>) -> Self {
        let unit = |it: &str| DistanceUnit::try_from(it).unwrap_or(DistanceUnit::Miles);
        Self {
            id: row.id,
            date: row.date,
            odometer_exact: row.odometer_exact,
            odometer_unit: row.odometer_unit.map(unit),
            total_exact: row.total_exact,
            trip_exact: row.trip_exact,
            volume_exact: row.volume_exact,
            amount: row.amount,
            currency: row.currency.and_then(Currency::stored),
            is_full: row.is_full,
            missed_previous: row.missed_previous,
            distance_exact: row.distance_exact,
            interval_exact: row.interval_exact,
            interval_volume: row.interval_volume,
            interval_amount: row.interval_amount,
            economy_reason: row.economy_reason.and_then(Reason::from_name),
        }
    }
}

impl Near {
    /// Whether its odometer was read.
    pub(super) fn is_measured(&self) -> bool {
        self.odometer_unit.is_some()
    }

    /// Its odometer reading as it was entered.
    pub(super) fn reading(&self) -> Option<Distance> {
        Some(Distance::from_exact(self.odometer_exact, self.odometer_unit?))
    }

    /// What was paid.
    pub(super) fn money(&self) -> Option<Money> {
        Some(Money { thousandths: self.amount?.units(), currency: self.currency? })
    }

    /// The interval that it closes.
    pub(super) fn interval(&self) -> Option<Interval> {
        let cost = self.interval_amount.zip(self.currency);
        let cost = cost.map(|(it, currency)| Money { thousandths: it.units(), currency });
        Some(Interval { distance: self.interval_exact?, volume: self.interval_volume?, cost })
    }

    fn places(&self) -> Places {
        Places { odometer: self.odometer_exact, total: self.total_exact }
    }

    fn position(&self) -> Position {
        Position { date: self.date, total: self.total_exact, id: self.id }
    }

    fn rank(&self) -> Rank {
        (self.date, !self.is_measured(), self.position())
    }

    /// What changes of it, if anything does.
    fn changed(&self, figures: Figures, places: Places) -> Option<Recomputed> {
        let is_changed = self.figures() != figures || self.places() != places;
        is_changed.then_some(Recomputed { id: self.id, figures, places })
    }

    fn figures(&self) -> Figures {
        Figures {
            distance: self.distance_exact,
            interval: self.interval(),
            reason: self.economy_reason,
        }
    }

    fn fill(&self) -> Fill {
        Fill {
            total: self.is_measured().then_some(self.total_exact),
            trip: self.trip_exact,
            volume: self.volume_exact,
            cost: self.money(),
            is_full: self.is_full,
            missed: self.missed_previous,
        }
    }
}

/// The order of fill-ups: by date; on one day, those with a reading come first. The running total of one
/// without a reading is derived from the one before it, so it cannot decide which one that is:
/// otherwise the order of entry would change the figures.
type Rank = (NaiveDate, bool, Position);

fn rank(log: &FuelLog) -> Rank {
    (log.date, log.odometer.is_none(), log.position())
}

/// What changes of a fill-up beside the one that is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Recomputed {
    pub(super) id: FuelLogId,
    pub(super) figures: Figures,
    /// Its reading and running total, which change only if its odometer was not read.
    pub(super) places: Places,
}

/// The fill-ups on either side of a position, the nearest first.
pub(super) struct Window {
    /// The day of the position.
    date: NaiveDate,
    pub(super) before: Vec<Near>,
    /// How many of those before are not behind the wall.
    open: usize,
    /// Up to the wall, and with it.
    after: Vec<Near>,
    /// Whether there are more rows after those.
    is_cut: bool,
}

/// Reads what is around `at`, without the log `except`.
pub(super) async fn around(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
) -> Result<Window> {
    let mut before: Vec<Near> = Vec::new();
    let open = loop {
        let from = before.last().map_or(at, Near::position);
        let chunk = store::some_before(tx, user, vehicle, from, except, CHUNK).await?;
        let is_all = is_short(&chunk);
        before.extend(chunk);
        // Of the fills of one stop the latest is met first here.
        let wall = wall(&before, |stop| stop[0].is_full);
        if is_all || wall.is_some() || before.len() >= MOST {
            break wall.map_or(before.len(), |wall| wall.start);
        }
    };
    let mut after: Vec<Near> = Vec::new();
    loop {
        let from = after.last().map_or(at, Near::position);
        let chunk = store::some_after(tx, user, vehicle, from, except, CHUNK).await?;
        let is_all = is_short(&chunk);
        after.extend(chunk);
        let wall = wall(&after, |stop| stop[stop.len() - 1].is_full);
        if is_all || wall.is_some() || after.len() >= MOST {
            after.truncate(wall.map_or(after.len(), |wall| wall.end));
            return Ok(Window { date: at.date, before, open, after, is_cut: !is_all });
        }
    }
}

fn is_short(chunk: &[Near]) -> bool {
    i64::try_from(chunk.len()).is_ok_and(|rows| rows < CHUNK)
}

/// The range of the wall among the rows, the nearest first: a complete full stop with a reading that
/// is not the nearest stop.
fn wall(rows: &[Near], is_full: impl Fn(&[Near]) -> bool) -> Option<Range<usize>> {
    let is_one_stop =
        |a: &Near, b: &Near| a.is_measured() && b.is_measured() && a.total_exact == b.total_exact;
    let mut start = 0;
    for (nth, stop) in rows.chunk_by(is_one_stop).enumerate() {
        let range = start..start + stop.len();
        // The farthest stop may go on beyond what has been read.
        if nth > 0 && range.end < rows.len() && stop[0].is_measured() && is_full(stop) {
            return Some(range);
        }
        start = range.end;
    }
    None
}

impl Window {
    /// The place of a fill-up without a reading: that of the last one, plus the distance entered.
    pub(super) fn places_after(&self, trip: Option<Distance>) -> Places {
        let last = self.before.first().map(Near::places).unwrap_or_default();
        last.and(trip.map(Distance::exact))
    }

    /// The nearest fill-up of an earlier day that has a reading; none if it is not among the rows.
    pub(super) fn day_before(&self, at: Position) -> Option<&Near> {
        self.before.iter().find(|it| it.date < at.date && it.is_measured())
    }

    /// The nearest fill-up of a later day that has a reading; none if it is not among the rows.
    pub(super) fn day_after(&self, at: Position) -> Option<&Near> {
        self.after.iter().find(|it| it.date > at.date && it.is_measured())
    }

    /// Whether the nearest fill-up of an earlier day, and that of a later day, may be beyond the rows
    /// that were read.
    pub(super) fn may_miss_days(&self, at: Position) -> (bool, bool) {
        let is_full = i64::try_from(self.before.len()).is_ok_and(|rows| rows >= CHUNK);
        (
            self.day_before(at).is_none() && is_full,
            self.day_after(at).is_none() && (self.is_cut || !self.after.is_empty()),
        )
    }

    /// Computes the figures of every fill-up in the window, including `log` if it is not deleted.
    /// Returns the others that change.
    pub(super) fn recompute(self, mut log: Option<&mut FuelLog>) -> Vec<Recomputed> {
        let behind_wall = self.before.len() - self.open;
        let mut rows: Vec<Option<Near>> = self.before.into_iter().rev().map(Some).collect();
        // Nothing before the nearest stop changes, and without a wall not all of it is known.
        let first = nearest_stop(&rows).max(behind_wall);
        rows.extend(log.is_some().then_some(None));
        rows.extend(self.after.into_iter().map(Some));
        let own = log.as_deref().map(rank);
        let rank_of = |row: &Option<Near>| row.as_ref().map(Near::rank).or(own);
        rows.sort_by_key(rank_of);
        // Running totals may change from the day of the position on.
        let at = rows.partition_point(|row| rank_of(row).is_some_and(|it| it.0 < self.date));
        let first = first.min(at);
        let mut last = Places::default();
        let mut places = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            last = match row {
                // Derived from the one before it.
                Some(row) if index >= at && !row.is_measured() => last.and(row.trip_exact),
                Some(row) => row.places(),
                None => log.as_deref().map_or(last, |log| log.places),
            };
            places.push(last);
        }
        let own = log.as_deref().map_or(NO_FILL, FuelLog::fill);
        let fills: Vec<_> = rows.iter().map(|row| row.as_ref().map_or(own, Near::fill)).collect();
        let mut changed = Vec::new();
        for (index, figures) in figures(&fills).into_iter().enumerate().skip(first) {
            match (&rows[index], &mut log) {
                (None, Some(log)) => log.set_figures(figures),
                (Some(row), _) => changed.extend(row.changed(figures, places[index])),
                (None, None) => {}
            }
        }
        changed
    }
}

/// Computes the figures of all of a vehicle's fill-ups, in order, after their running totals have
/// changed. Returns those that change.
pub(super) fn recompute_all(mut rows: Vec<Near>, total: impl Fn(&Near) -> i64) -> Vec<Recomputed> {
    let stored: Vec<(FuelLogId, Places, Figures)> =
        rows.iter().map(|it| (it.id, it.places(), it.figures())).collect();
    for row in &mut rows {
        row.total_exact = total(row);
    }
    rows.sort_by_key(Near::rank);
    let mut last = Places::default();
    for row in &mut rows {
        if !row.is_measured() {
            let places = last.and(row.trip_exact);
            (row.odometer_exact, row.total_exact) = (places.odometer, places.total);
        }
        last = row.places();
    }
    let fills: Vec<_> = rows.iter().map(Near::fill).collect();
    let stored: std::collections::HashMap<_, _> =
        stored.into_iter().map(|(id, places, figures)| (id, (places, figures))).collect();
    let recomputed = rows.iter().zip(figures(&fills)).map(|(row, figures)| Recomputed {
        id: row.id,
        figures,
        places: row.places(),
    });
    recomputed.filter(|it| stored.get(&it.id) != Some(&(it.places, it.figures))).collect()
}

const NO_FILL: Fill =
    Fill { total: None, trip: None, volume: None, cost: None, is_full: false, missed: false };

impl Places {
    /// The place after a distance of `trip`.
    fn and(self, trip: Option<i64>) -> Self {
        let trip = trip.unwrap_or_default();
        Self { odometer: self.odometer + trip, total: self.total + trip }
    }
}

/// The index of the first row of the last stop, among rows in order.
fn nearest_stop(rows: &[Option<Near>]) -> usize {
    let Some(Some(last)) = rows.last() else { return rows.len() };
    let is_same = |row: &&Option<Near>| {
        row.as_ref().is_some_and(|it| it.is_measured() && it.total_exact == last.total_exact)
    };
    if !last.is_measured() {
        return rows.len() - 1;
    }
    rows.len() - rows.iter().rev().take_while(is_same).count()
}
