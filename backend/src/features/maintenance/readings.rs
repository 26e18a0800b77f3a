//! The odometer readings of all sources around a date.

use chrono::NaiveDate;
use uuid::Uuid;

use super::forecast::{self, Reading};
use crate::{
    core::{
        Result, UserId,
        db::{Tx, fixed::divide_rounded},
        units::{Distance, DistanceUnit},
    },
    features::vehicles::{
        VehicleId,
        odometer::{self, ReadingsQuery, SourceReading},
    },
};

/// The running totals of a vehicle around a date, without one record.
pub(super) struct NearbyReadings {
    /// Those on or before the date, latest first.
    pub(super) before: Vec<Reading>,
    /// The first one after the date.
    pub(super) after: Option<Reading>,
    /// The unit of the nearest one.
    unit: Option<DistanceUnit>,
}

/// Loads the readings of a vehicle around `date` from all sources, without the record `except`.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn load_nearby(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    date: NaiveDate,
    except: Option<Uuid>,
) -> Result<NearbyReadings> {
    let limit = i64::try_from(forecast::MAX_READINGS).unwrap_or(i64::MAX);
    let until = ReadingsQuery { vehicle, position: (date, i64::MAX, Uuid::max()), limit };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for source in odometer::reading_sources() {
        before.extend((source.before)(tx, user, until).await?);
        after.extend((source.after)(tx, user, ReadingsQuery { limit: 2, ..until }).await?);
    }
    let replacements = odometer::replacements(tx, user, vehicle).await?;
    let nearest = |readings: Vec<SourceReading>| {
        let others = readings.into_iter().filter(|it| Some(it.id) != except);
        let total = |it: SourceReading| {
            let exact = replacements.total(it.date, it.reading.exact());
            (Reading { date: it.date, exact }, it.reading.unit())
        };
        let mut totals: Vec<_> = others.map(total).collect();
        totals.sort_by_key(|it| it.0);
        totals
    };
    let (before, after) = (nearest(before), nearest(after));
    let unit = before.last().or(after.first()).map(|it| it.1);
    let before = before.into_iter().rev().take(forecast::MAX_READINGS).map(|it| it.0).collect();
    Ok(NearbyReadings { before, after: after.first().map(|it| it.0), unit })
}

impl NearbyReadings {
    /// Estimates the running total on `date` in whole units: interpolated between the readings
    /// before and after it, or else the nearest one; `None` without readings.
    pub(super) fn interpolate(&self, date: NaiveDate) -> Option<Distance> {
        let unit = self.unit?;
        let days =
            |from: NaiveDate, to: NaiveDate| i128::from(to.signed_duration_since(from).num_days());
        let exact = match (self.before.first(), &self.after) {
            (Some(one), Some(other)) if one.date < date && one.exact < other.exact => {
                let driven = i128::from(other.exact - one.exact) * days(one.date, date);
                let driven = divide_rounded(driven, days(one.date, other.date))?;
                one.exact + i64::try_from(driven).ok()?
            }
            (Some(one), _) => one.exact,
            (None, other) => other.as_ref()?.exact,
        };
        let whole = divide_rounded(exact.into(), unit.exact().into())?;
        Some(Distance::of_tenths(i64::try_from(whole).ok()? * 10, unit))
    }
}

/// Returns the distance of replacements odometers: the running total minus the reading.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn replacement_offset(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (date, reading): (NaiveDate, Distance),
) -> Result<i64> {
    let replacements = odometer::replacements(tx, user, vehicle).await?;
    Ok(replacements.total(date, reading.exact()) - reading.exact())
}

#[cfg(test)]
mod tests {
    use super::{Distance, DistanceUnit, NearbyReadings, Reading};
    use crate::core::units::KILOMETER;

    fn reading(date: &str, km: i64) -> Reading {
        Reading { date: date.parse().unwrap(), exact: km * KILOMETER }
    }

    #[test]
    fn readings_of_past_days_are_interpolated() {
        let unit = Some(DistanceUnit::Kilometers);
        let (one, other) = (reading("2026-01-01", 1000), reading("2026-01-11", 2001));
        let nearby =
            |before: &[Reading], after| NearbyReadings { before: before.to_vec(), after, unit };
        let on = |around: NearbyReadings, day: &str| {
            around.interpolate(day.parse().unwrap()).map(Distance::value)
        };
        for (around, day, km) in [
            (nearby(&[one], Some(other)), "2026-01-01", Some("1000")),
            (nearby(&[one], Some(other)), "2026-01-06", Some("1501")),
            (nearby(&[one], None), "2026-01-06", Some("1000")),
            (nearby(&[], Some(other)), "2026-01-06", Some("2001")),
            (nearby(&[], None), "2026-01-06", None),
            // Contradicting readings: the earlier one counts.
            (nearby(&[other], Some(reading("2026-02-01", 1500))), "2026-01-20", Some("2001")),
        ] {
            assert_eq!(on(around, day).as_deref(), km, "{day}");
        }
    }
}
