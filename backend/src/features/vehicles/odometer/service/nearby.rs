//! The readings of all sources around a position in a vehicle's log.

use std::cmp::Ordering;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{Result, UserId, db::Tx},
    features::vehicles::{
        VehicleId,
        contribution::reading_sources,
        odometer::{Position, ReadingsQuery, Replacements, SourceReading},
    },
};

/// The readings of all sources before a position, latest first.
pub(super) async fn before(
    tx: &mut Tx,
    user: &UserId,
    query: ReadingsQuery,
) -> Result<Vec<SourceReading>> {
    let mut all = Vec::new();
    for source in reading_sources() {
        all.extend((source.before)(tx, user, query).await?);
    }
    all.sort_unstable_by_key(|it| std::cmp::Reverse(it.position()));
    Ok(all)
}

/// The maximum number of readings per source to compare for a day on which an odometer was replaced.
const MAX_PER_DAY: i64 = 100;

/// The latest reading before a position, ordered by date and running total. Ignores the record `except`.
pub(super) async fn last_before(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    position: Position,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<SourceReading>> {
    let query = ReadingsQuery { vehicle, position, limit: 1 + i64::from(except.is_some()) };
    let mut all = before(tx, user, query).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.first().map(|it| it.date) else { return Ok(None) };
    if replaced.has_any_on(date) {
        all = before(tx, user, ReadingsQuery { limit: MAX_PER_DAY, ..query }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.max_by(|one, other| by_total(replaced, one, other)))
}

/// The earliest reading after a date, ordered by date and running total. Ignores the record `except`.
pub(super) async fn first_after(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<SourceReading>> {
    let position = (date, i64::MAX, Uuid::max());
    let query = ReadingsQuery { vehicle, position, limit: 1 + i64::from(except.is_some()) };
    let mut all = after(tx, user, query).await?;
    all.retain(|it| Some(it.id) != except);
    let Some(date) = all.iter().map(|it| it.date).min() else { return Ok(None) };
    if replaced.has_any_on(date) {
        all = after(tx, user, ReadingsQuery { limit: MAX_PER_DAY, ..query }).await?;
    }
    let of_day = all.into_iter().filter(|it| it.date == date && Some(it.id) != except);
    Ok(of_day.min_by(|one, other| by_total(replaced, one, other)))
}

/// The readings of all sources on dates after that of a position, in no particular order.
async fn after(tx: &mut Tx, user: &UserId, query: ReadingsQuery) -> Result<Vec<SourceReading>> {
    let mut all = Vec::new();
    for source in reading_sources() {
        all.extend((source.after)(tx, user, query).await?);
    }
    Ok(all)
}

/// Compares readings of one day.
fn by_total(replaced: &Replacements, one: &SourceReading, other: &SourceReading) -> Ordering {
    replaced.compare(one.date, one.reading.exact(), other.reading.exact())
}
