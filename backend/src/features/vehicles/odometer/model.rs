//! The types of readings and their sources.

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    core::{
        UserId,
        db::Tx,
        error::FieldError,
        input::{Confirmed, LongText, Odometer},
        locale::Message,
        units::{Distance, distance_or_miles},
    },
    features::vehicles::VehicleId,
    input, record, t,
};

/// The source of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A reading that was logged by hand.
    Manual,
    /// The first reading of a new odometer.
    Replacement,
    /// A fill-up.
    FuelLog,
    /// A completed maintenance item.
    Maintenance,
}

impl SourceKind {
    /// The name for display.
    pub(super) fn label(self) -> Message {
        match self {
            Self::Manual => t!("vehicles-odometer-source-manual"),
            Self::Replacement => t!("vehicles-odometer-source-replacement"),
            Self::FuelLog => t!("vehicles-odometer-source-fuel-log"),
            Self::Maintenance => t!("vehicles-odometer-source-maintenance"),
        }
    }
}

record! {
    /// A reading as its source stores it. The columns are those of readings that are logged by hand.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SourceReading {
        /// The ID of the source's record.
        pub id: Uuid {
            once id;
        }
        /// The source.
        pub kind: SourceKind {
            read manual_or_replacement(previous_exact);
        }
        /// The date.
        pub date: NaiveDate {
            once date;
        }
        /// The reading as entered.
        pub reading: Distance {
            once reading_exact = it.reading.exact(), reading_unit = it.reading.unit().as_str()
                => Distance::from_columns(Some(reading_exact), Some(reading_unit))
                    .unwrap_or(Distance::miles(0));
            write reading = it.reading.whole_miles();
        }
        /// The last reading of the old odometer, if this is the first reading of a new one.
        pub previous_reading: Option<Distance> {
            once previous_exact = it.previous_reading.map(Distance::exact),
                previous_unit = it.previous_reading.map(|it| it.unit().as_str())
                => Distance::from_columns(previous_exact, previous_unit);
            write previous_reading = it.previous_reading.map(Distance::whole_miles);
        }
        /// Notes.
        pub notes: Option<String> {
            once notes;
        }
    }
    table "odometer_readings" of user by id as it;
    write vehicle_id = vehicle, created_at = now;
    insert(pub(super), vehicle: VehicleId, now: DateTime<Utc>);
}

/// The source of a reading that was logged by hand.
fn manual_or_replacement(previous_exact: Option<i64>) -> SourceKind {
    if previous_exact.is_some() { SourceKind::Replacement } else { SourceKind::Manual }
}

/// The sort key of a vehicle's readings: date, reading in tenths of a millimeter, ID.
pub type Position = (NaiveDate, i64, Uuid);

impl SourceReading {
    pub(super) fn position(&self) -> Position {
        (self.date, self.reading.exact(), self.id)
    }
}

/// A query for readings of a source.
#[derive(Debug, Clone, Copy)]
pub struct ReadingsQuery {
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The exclusive start position.
    pub position: Position,
    /// The maximum number of readings.
    pub limit: i64,
}

/// The future of a source's result.
pub type SourceFuture<'a, T> =
    Pin<Box<dyn Future<Output = crate::core::Result<Vec<T>>> + Send + 'a>>;

/// A query function of a source, for a user and within a transaction.
pub type SourceFn<Q, T> = for<'a> fn(&'a mut Tx, &'a UserId, Q) -> SourceFuture<'a, T>;

/// Recomputes the values that depend on a vehicle's running totals, within the user's transaction.
pub type RecomputeFn =
    for<'a> fn(
        &'a mut Tx,
        &'a UserId,
        (VehicleId, DateTime<Utc>),
    ) -> Pin<Box<dyn Future<Output = crate::core::Result<()>> + Send + 'a>>;

/// A vehicle, a date, and the odometer reading in tenths of a millimeter.
pub type VehicleReading = (VehicleId, NaiveDate, i64);

/// A source of readings. Each function returns only the readings of the given user.
pub struct ReadingSource {
    /// A vehicle's readings before a position, latest first.
    pub before: SourceFn<ReadingsQuery, SourceReading>,
    /// A vehicle's readings on dates after that of a position, earliest first.
    pub after: SourceFn<ReadingsQuery, SourceReading>,
    /// The latest readings of each of the user's vehicles, up to the given number for each.
    pub latest: SourceFn<i64, VehicleReading>,
    /// The statements that these functions execute.
    pub statements: [&'static str; 3],
}

/// An odometer reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OdometerReading {
    /// The ID of the record of the reading: an odometer reading, a fuel log or a maintenance item.
    pub(super) id: Uuid,
    /// The vehicle.
    pub(super) vehicle_id: VehicleId,
    /// The source of the reading.
    pub(super) source: SourceKind,
    /// The date of the reading.
    pub(super) date: NaiveDate,
    /// The reading in whole miles.
    pub(super) reading: i32,
    /// The total distance driven, in whole miles: the reading plus the distance counted by replaced
    /// odometers.
    pub(super) running_total: i64,
    /// The last reading of the old odometer in whole miles, if this is the first reading of a new one.
    pub(super) previous_reading: Option<i32>,
    /// Notes.
    pub(super) notes: Option<String>,
    /// The reading as entered.
    pub(super) odometer: Distance,
    /// The last reading of the old odometer as entered, if this is the first reading of a new one.
    pub(super) previous_odometer: Option<Distance>,
    /// The running total in tenths of a millimeter.
    #[serde(skip)]
    pub(super) total_exact: i64,
}

input! {
    /// A new odometer reading
    pub(super) struct NewReading {
        /// The date
        pub date: NaiveDate,
        /// The reading in whole miles; alternatively, send `odometer`
        pub reading: Option<Odometer>,
        /// The reading with its unit; alternatively, send `reading`
        pub odometer: Option<Distance>,
        /// Whether this is the first reading of a new odometer; the running total continues
        pub is_replacement: Option<bool>,
        /// The last reading of the old odometer in whole miles; by default the latest reading before
        /// this one
        pub previous_reading: Option<Odometer>,
        /// The last reading of the old odometer and its unit
        pub previous_odometer: Option<Distance>,
        /// Notes
        pub notes: Option<LongText>,
        /// Whether the reading is correct although it contradicts other readings
        pub allow_odometer_rollback: Option<bool>,
        /// JSON pointers of members whose values look wrong but are correct
        pub confirm: Option<Confirmed>,
    }
}

/// The reading in a request, and the name of the member that contains it.
#[derive(Debug, Clone, Copy)]
pub(in crate::features::vehicles) struct EnteredReading {
    pub(in crate::features::vehicles) name: &'static str,
    pub(in crate::features::vehicles) reading: Distance,
}

impl EnteredReading {
    /// Combines the member with a unit and the one in whole miles, each given with its name. Returns `None`
    /// if both are absent.
    ///
    /// # Errors
    /// If they contradict each other.
    pub(in crate::features::vehicles) fn combine(
        typed: (&'static str, Option<Distance>),
        miles: (&'static str, Option<Odometer>),
    ) -> Result<Option<Self>, FieldError> {
        let name = if typed.1.is_some() { typed.0 } else { miles.0 };
        let reading = distance_or_miles(typed.1, miles.1)
            .map_err(|detail| FieldError::at(miles.0, detail))?;
        Ok(reading.map(|reading| Self { name, reading }))
    }
}
