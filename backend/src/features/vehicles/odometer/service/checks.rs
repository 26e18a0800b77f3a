//! Checks a reading against the other readings of its vehicle.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    nearby::{before, first_after, last_before},
    replacements,
};
use crate::{
    core::{Result, UserId, db::Tx, error::FieldError, locale::Value},
    features::vehicles::{
        VehicleId,
        odometer::{ReadingsQuery, Replacements, SourceKind, SourceReading, plausibility},
    },
    t,
};

/// The number of earlier readings of each source that a reading is checked against.
const CHECKED_READINGS: i64 = 20;

/// Returns the highest plausible reading on a date if `exact` exceeds it, or `None` if `exact` is plausible.
/// Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn exceeded_maximum(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, exact): (NaiveDate, i64),
    replaced: &Replacements,
) -> Result<Option<i64>> {
    let position = (date, i64::MAX, Uuid::max());
    let query = ReadingsQuery { vehicle, position, limit: CHECKED_READINGS };
    let earlier = before(tx, user, query).await?;
    let totals = earlier.iter().map(|it| (it.date, replaced.total(it.date, it.reading.exact())));
    let total = replaced.total(date, exact);
    let max = plausibility::max_total(&totals.collect::<Vec<_>>(), date);
    // Convert the running total to a reading of that day's odometer.
    Ok((total > max).then_some(max - (total - exact)))
}

/// The fault of a reading that is higher than `max`, in tenths of a millimeter.
pub(super) fn implausibly_high(name: &str, max: i64) -> FieldError {
    FieldError::implausible(
        name,
        t!("vehicles-field-reading-high"),
        t!("vehicles-field-reading-high-expected", max = Value::Distance(max)),
    )
}

pub(super) fn future_date(name: &str, today: NaiveDate) -> FieldError {
    let expected = t!("vehicles-field-date-in-future-expected", today = today);
    FieldError::implausible(name, t!("vehicles-field-date-in-future"), expected)
}

/// The position of a reading relative to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On an earlier day, with a higher running total.
    Before,
    /// On a later day, with a lower running total.
    After,
}

/// An existing reading that a new one contradicts because the running total would decrease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The existing reading.
    pub other: SourceReading,
    /// Its position relative to the new reading.
    pub side: Side,
}

/// Finds the nearest reading, from any source, that a reading of `exact` tenths of a millimeter on `date`
/// contradicts. Ignores the record `except`, which is being changed. Runs within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_contradiction(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    exact: i64,
    except: Option<Uuid>,
) -> Result<Option<Contradiction>> {
    let replaced = replacements(tx, user, vehicle).await?;
    contradiction(tx, user, vehicle, (date, exact), except, &replaced).await
}

pub(super) async fn contradiction(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, exact): (NaiveDate, i64),
    except: Option<Uuid>,
    replaced: &Replacements,
) -> Result<Option<Contradiction>> {
    let new_total = replaced.total(date, exact);
    let total = |it: &SourceReading| replaced.total(it.date, it.reading.exact());
    let start_of_day = (date, i64::MIN, Uuid::nil());
    let earlier = last_before(tx, user, vehicle, start_of_day, except, replaced).await?;
    if let Some(other) = earlier.filter(|it| total(it) > new_total) {
        return Ok(Some(Contradiction { other, side: Side::Before }));
    }
    let later = first_after(tx, user, vehicle, date, except, replaced).await?;
    let later = later.filter(|it| total(it) < new_total);
    Ok(later.map(|other| Contradiction { other, side: Side::After }))
}

pub(super) fn out_of_order(name: &str, found: &Contradiction) -> FieldError {
    let other = &found.other;
    let (reading, source) = (other.reading, other.kind.label());
    let detail = match found.side {
        Side::Before => t!(
            "vehicles-field-less-than-earlier",
            reading = reading,
            date = other.date,
            source = source
        ),
        Side::After => t!(
            "vehicles-field-more-than-later",
            reading = reading,
            date = other.date,
            source = source
        ),
    };
    let fuel_log = (other.kind == SourceKind::FuelLog).then_some(other.id);
    FieldError { kind: Some("odometer-order"), fuel_log, ..FieldError::at(name, detail) }
}
