//! The fill-ups around one that is written: as many as its change can touch, and no more.
//!
//! The stop on either side may become one with the changed fill, or with the other where a fill
//! between them goes. Beyond it, the next full stop is a wall: what lies behind it is worked out
//! the same whatever happens here.

use std::ops::Range;

use super::{
    FuelLog, FuelLogId,
    economy::{Figures, figures},
    model::Position,
    store,
};
use crate::{
    core::{Result, UserId, db::Tx},
    features::vehicles::VehicleId,
};

/// How many rows are read at a time: nearly always enough at once.
const CHUNK: i64 = 16;

/// The fill-ups on either side of a position, the nearest first.
pub(super) struct Window {
    before: Vec<FuelLog>,
    /// How many of those before are not behind the wall.
    open: usize,
    /// Up to the wall, and with it.
    after: Vec<FuelLog>,
}

/// Reads what is around `at`, without the log `except`.
pub(super) async fn around(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    at: Position,
    except: FuelLogId,
) -> Result<Window> {
    let mut before: Vec<FuelLog> = Vec::new();
    let open = loop {
        let from = before.last().map_or(at, FuelLog::position);
        let chunk = store::some_before(tx, user, vehicle, from, except, CHUNK).await?;
        let is_all = is_short(&chunk);
        before.extend(chunk);
        // Of the fills of one stop the latest is met first here.
        let wall = wall(&before, |stop| stop[0].is_full);
        match wall {
            Some(wall) if has_another_day(&before, at) => break wall.start,
            _ if is_all => break wall.map_or(before.len(), |wall| wall.start),
            _ => {}
        }
    };
    let mut after: Vec<FuelLog> = Vec::new();
    loop {
        let from = after.last().map_or(at, FuelLog::position);
        let chunk = store::some_after(tx, user, vehicle, from, except, CHUNK).await?;
        let is_all = is_short(&chunk);
        after.extend(chunk);
        let wall = wall(&after, |stop| stop[stop.len() - 1].is_full);
        if is_all || wall.is_some() && has_another_day(&after, at) {
            after.truncate(wall.map_or(after.len(), |wall| wall.end));
            return Ok(Window { before, open, after });
        }
    }
}

fn is_short(chunk: &[FuelLog]) -> bool {
    i64::try_from(chunk.len()).is_ok_and(|rows| rows < CHUNK)
}

/// Whether the order of readings by date can be told from these rows.
fn has_another_day(rows: &[FuelLog], at: Position) -> bool {
    rows.iter().any(|it| it.date != at.date)
}

/// Where among the rows, the nearest first, the wall is: a whole full stop that is not the
/// nearest stop.
fn wall(rows: &[FuelLog], is_full: impl Fn(&[FuelLog]) -> bool) -> Option<Range<usize>> {
    let mut start = 0;
    for (nth, stop) in rows.chunk_by(|a, b| a.odometer_reading == b.odometer_reading).enumerate() {
        let range = start..start + stop.len();
        // The farthest stop may go on beyond what has been read.
        if nth > 0 && range.end < rows.len() && is_full(stop) {
            return Some(range);
        }
        start = range.end;
    }
    None
}

impl Window {
    /// The fill-up of an earlier day that is nearest.
    pub(super) fn day_before(&self, at: Position) -> Option<&FuelLog> {
        self.before.iter().find(|it| it.date < at.date)
    }

    /// The fill-up of a later day that is nearest.
    pub(super) fn day_after(&self, at: Position) -> Option<&FuelLog> {
        self.after.iter().find(|it| it.date > at.date)
    }

    /// Works out what every fill-up in the window says, with `log` among them or, where it is
    /// gone, without; gives those of the others that change.
    pub(super) fn settle(self, mut log: Option<&mut FuelLog>) -> Vec<(FuelLogId, Figures)> {
        let Self { before, open, after } = self;
        let (at, behind_wall) = (before.len(), before.len() - open);
        let mut logs: Vec<FuelLog> = before.into_iter().rev().collect();
        logs.extend(log.as_deref().cloned());
        logs.extend(after);
        let fills: Vec<_> = logs.iter().map(FuelLog::fill).collect();
        let mut changed = Vec::new();
        for (index, figures) in figures(&fills).into_iter().enumerate().skip(behind_wall) {
            match &mut log {
                Some(log) if index == at => log.set_figures(figures),
                _ if logs[index].figures() != figures => changed.push((logs[index].id, figures)),
                _ => {}
            }
        }
        changed
    }
}
