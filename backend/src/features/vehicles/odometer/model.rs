//! What a reading is, and who keeps readings.

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    core::{
        UserId,
        db::Tx,
        error::Fault,
        http::Cursor,
        input::{Confirmed, LongText, Odometer},
        units::{Distance, typed_or_miles},
    },
    features::vehicles::VehicleId,
    input,
};

/// Where a reading comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Noted by hand.
    Manual,
    /// The first of a cluster that was replaced.
    Replacement,
    /// A fill-up.
    FuelLog,
    /// Something that was done.
    Maintenance,
}

impl SourceKind {
    /// In words, after "the".
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Manual => "reading",
            Self::Replacement => "replaced odometer",
            Self::FuelLog => "fill-up",
            Self::Maintenance => "service",
        }
    }
}

/// What an odometer showed, as its source keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The record that tells it.
    pub id: Uuid,
    /// Where it comes from.
    pub kind: SourceKind,
    /// The day.
    pub date: NaiveDate,
    /// The reading as entered.
    pub reading: Distance,
    /// The last reading of the old odometer, where this is the first of a new one.
    pub previous_reading: Option<Distance>,
    /// What else there is to say.
    pub notes: Option<String>,
}

/// A reading's place in the order of a vehicle's readings: date, reading in tenths of a millimeter,
/// id.
pub type Position = (NaiveDate, i64, Uuid);

impl Seen {
    pub(super) fn position(&self) -> Position {
        (self.date, self.reading.exact(), self.id)
    }

    /// Where a list that shows it goes on.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(&[&self.date, &self.reading.exact(), &self.id])
    }
}

/// Which readings a source is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Of which vehicle.
    pub vehicle: VehicleId,
    /// Beyond which position.
    pub beyond: Position,
    /// How many at most.
    pub most: i64,
}

/// What a source is about to give.
pub type Found<'a, T> = Pin<Box<dyn Future<Output = crate::core::Result<Vec<T>>> + Send + 'a>>;

/// How a source is asked for something, within a transaction and for a user.
pub type Ask<For, T> = for<'a> fn(&'a mut Tx, &'a UserId, For) -> Found<'a, T>;

/// Recomputes the values that depend on a vehicle's running totals, within the user's transaction.
pub type Recompute =
    for<'a> fn(
        &'a mut Tx,
        &'a UserId,
        (VehicleId, DateTime<Utc>),
    ) -> Pin<Box<dyn Future<Output = crate::core::Result<()>> + Send + 'a>>;

/// A vehicle, a day, and the odometer reading in tenths of a millimeter.
pub type OfVehicle = (VehicleId, NaiveDate, i64);

/// Who keeps readings. Each function is given the user whose they have to be.
pub struct Source {
    /// A vehicle's readings before a position, the latest first.
    pub before: Ask<Asked, Seen>,
    /// A vehicle's readings of later days than a position's, the earliest first.
    pub after: Ask<Asked, Seen>,
    /// The latest readings of each of the user's vehicles, so many of each.
    pub latest: Ask<i64, OfVehicle>,
}

/// What an odometer showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OdometerReading")]
pub(super) struct Shown {
    /// The record that tells it: one of these, a fuel log or an item of maintenance.
    pub(super) id: Uuid,
    /// Whose odometer it is.
    pub(super) vehicle_id: VehicleId,
    /// Where it comes from.
    pub(super) source: SourceKind,
    /// The day.
    pub(super) date: NaiveDate,
    /// What it showed, in miles.
    pub(super) reading: i32,
    /// What the vehicle had done by then, in miles: the reading, and what replaced odometers had
    /// counted before.
    pub(super) running_total: i64,
    /// What the old one showed last, where this is the first of a new one.
    pub(super) previous_reading: Option<i32>,
    /// What else there is to say.
    pub(super) notes: Option<String>,
    /// The reading as entered.
    pub(super) odometer: Distance,
    /// The last reading of the old odometer as entered, where this is the first of a new one.
    pub(super) previous_odometer: Option<Distance>,
    /// The running total in tenths of a millimeter.
    #[serde(skip)]
    pub(super) total_exact: i64,
}

input! {
    /// A new odometer reading
    pub(super) struct NewReading {
        /// The day
        pub date: NaiveDate,
        /// The reading in whole miles; or send `odometer`
        pub reading: Option<Odometer>,
        /// The reading and its unit; or send `reading`
        pub odometer: Option<Distance>,
        /// Whether it is the first of a new odometer: the running total continues
        pub is_replacement: Option<bool>,
        /// The last reading of the old odometer in whole miles; by default the latest reading before
        /// this one
        pub previous_reading: Option<Odometer>,
        /// The last reading of the old odometer and its unit
        pub previous_odometer: Option<Distance>,
        /// Notes
        pub notes: Option<LongText>,
        /// Whether the reading is right although it contradicts other readings
        pub allow_odometer_rollback: Option<bool>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
}

/// The reading of a request, and the name of the member that it was sent as.
#[derive(Debug, Clone, Copy)]
pub(in crate::features::vehicles) struct Entered {
    pub(in crate::features::vehicles) name: &'static str,
    pub(in crate::features::vehicles) reading: Distance,
}

impl Entered {
    /// Combines the typed member and the one in whole miles, each with its name; none if both are
    /// absent.
    ///
    /// # Errors
    /// If they contradict each other.
    pub(in crate::features::vehicles) fn of(
        typed: (&'static str, Option<Distance>),
        miles: (&'static str, Option<Odometer>),
    ) -> Result<Option<Self>, Fault> {
        let name = if typed.1.is_some() { typed.0 } else { miles.0 };
        let reading =
            typed_or_miles(typed.1, miles.1).map_err(|detail| Fault::at(miles.0, detail))?;
        Ok(reading.map(|reading| Self { name, reading }))
    }
}
