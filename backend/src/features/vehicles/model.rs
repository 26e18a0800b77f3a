//! What a vehicle is.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::{Vin, odometer::Entered};
use crate::{
    core::{
        error::Fault,
        input::{Change, Clearable, Confirmed, ModelYear, Odometer, Pointers, Text},
        units::Distance,
    },
    features::vin::DecodedVin,
    input,
};

/// Names one vehicle.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct VehicleId(pub Uuid);

impl std::fmt::Display for VehicleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A vehicle of one user's.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Vehicle {
    /// Its name in this service.
    pub id: VehicleId,
    /// Its vehicle identification number.
    pub vin: Vin,
    /// Who made it.
    pub make: Option<String>,
    /// What its maker calls it.
    pub model: Option<String>,
    /// Its model year.
    pub year: Option<i32>,
    /// What its owner calls it.
    pub nickname: Option<String>,
    /// Its colour.
    pub color: Option<String>,
    /// Its licence plate.
    pub license_plate: Option<String>,
    /// The latest odometer reading in whole miles; 0 where there is none.
    pub odometer_reading: i32,
    /// The latest odometer reading as entered; null where there is none.
    #[sqlx(flatten)]
    pub odometer: LatestReading,
    /// Whether it is in use.
    pub is_active: bool,
    /// The pointers of the members that looked wrong and were confirmed.
    #[sqlx(try_from = "Option<String>")]
    pub confirmed: Pointers,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was put into the trash; null outside it.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A vehicle's latest odometer reading and its day.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LatestReading {
    odometer_exact: Option<i64>,
    odometer_unit: Option<String>,
    odometer_date: Option<NaiveDate>,
}

impl LatestReading {
    /// The reading of that day.
    pub(super) fn new(date: NaiveDate, reading: Distance) -> Self {
        Self {
            odometer_exact: Some(reading.exact()),
            odometer_unit: Some(reading.unit().as_str().to_owned()),
            odometer_date: Some(date),
        }
    }

    /// The day and the reading, unless the vehicle has none.
    #[must_use]
    pub fn latest(&self) -> Option<(NaiveDate, Distance)> {
        Some((self.odometer_date?, self.reading()?))
    }

    /// The reading as entered, unless the vehicle has none.
    #[must_use]
    pub fn reading(&self) -> Option<Distance> {
        Distance::from_columns(self.odometer_exact, self.odometer_unit.clone())
    }
}

impl Serialize for LatestReading {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.reading().serialize(serializer)
    }
}

impl JsonSchema for LatestReading {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LatestReading".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<Distance>::json_schema(generator)
    }
}

impl Vehicle {
    /// What to call it: its nickname, or else year, make and model with the license plate, or else
    /// its VIN.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(nickname) = &self.nickname {
            return nickname.clone();
        }
        let title = self.description().unwrap_or_else(|| self.vin.as_str().to_owned());
        match &self.license_plate {
            Some(plate) => format!("{title} ({plate})"),
            None => title,
        }
    }

    /// Its year, make and model, where make or model is known.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        let year = self.year.map(|year| year.to_string());
        let parts = [year.as_deref(), self.make.as_deref(), self.model.as_deref()];
        let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (self.make.is_some() || self.model.is_some()).then_some(title)
    }

    /// What tells it apart from a vehicle of the same title.
    fn mark(&self) -> String {
        match &self.license_plate {
            Some(plate) if self.nickname.is_some() => plate.clone(),
            _ => format!("…{}", self.vin.as_str().get(11..).unwrap_or_default()),
        }
    }
}

/// Every vehicle's name, no two alike where the vehicles differ: [`Vehicle::title`], and a mark behind
/// the titles that several have.
#[must_use]
pub fn names(vehicles: &[Vehicle]) -> HashMap<VehicleId, String> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for vehicle in vehicles {
        *count.entry(vehicle.title()).or_default() += 1;
    }
    let name = |it: &Vehicle| match it.title() {
        title if count.get(&title).is_some_and(|it| *it > 1) => format!("{title} ({})", it.mark()),
        title => title,
    };
    vehicles.iter().map(|it| (it.id, name(it))).collect()
}

input! {
    /// What it takes to add a vehicle
    pub(super) struct NewVehicle {
        /// Its vehicle identification number: 17 characters, without I, O and Q
        pub vin: Vin,
        /// Who made it
        pub make: Option<Text<100>>,
        /// What its maker calls it
        pub model: Option<Text<100>>,
        /// Its model year
        pub year: Option<ModelYear>,
        /// What its owner calls it
        pub nickname: Option<Text<100>>,
        /// Its colour
        pub color: Option<Text<50>>,
        /// Its licence plate
        pub license_plate: Option<Text<20>>,
        /// Its odometer reading of today in whole miles; or send `odometer`
        pub odometer_reading: Option<Odometer>,
        /// Its odometer reading of today and the unit; or send `odometerReading`
        pub odometer: Option<Distance>,
        /// Whether it is in use
        pub is_active: Option<bool>,
        /// The members that are right although they look wrong
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// What to change of a vehicle
    pub(super) struct VehicleChange {
        /// Its vehicle identification number: 17 characters, without I, O and Q
        pub vin: Change<Vin>,
        /// Who made it
        pub make: Clearable<Text<100>>,
        /// What its maker calls it
        pub model: Clearable<Text<100>>,
        /// Its model year
        pub year: Clearable<ModelYear>,
        /// What its owner calls it
        pub nickname: Clearable<Text<100>>,
        /// Its colour
        pub color: Clearable<Text<50>>,
        /// Its licence plate
        pub license_plate: Clearable<Text<20>>,
        /// Its odometer reading of today in whole miles; or send `odometer`
        pub odometer_reading: Change<Odometer>,
        /// Its odometer reading of today and the unit; or send `odometerReading`
        pub odometer: Change<Distance>,
        /// Whether it is in use: one that is not is left out of lists, of what is due, of the calendar
        /// and of notifications
        pub is_active: Change<bool>,
        /// The members that are right although they look wrong
        pub confirm: Option<Confirmed>,
    }
}

impl NewVehicle {
    /// Its reading of today. 0 miles are the column's default, and no reading.
    pub(super) fn reading(&self) -> Result<Option<Entered>, Fault> {
        let miles = self.odometer_reading.filter(|it| it.0 > 0);
        Entered::of(("odometer", self.odometer), ("odometerReading", miles))
    }

    /// With what its VIN says where nothing was given.
    pub(super) fn filled(self, decoded: DecodedVin) -> Self {
        let text = |text: String| Text(text.chars().take(100).collect());
        Self {
            make: self.make.or(decoded.make.map(text)),
            model: self.model.or(decoded.model.map(text)),
            year: self.year.or(decoded.year.map(|it| ModelYear(it.into()))),
            ..self
        }
    }

    /// The vehicle that it makes.
    pub(super) fn into_vehicle(self, id: VehicleId, now: DateTime<Utc>) -> Vehicle {
        Vehicle {
            id,
            vin: self.vin,
            make: self.make.map(|it| it.0),
            model: self.model.map(|it| it.0),
            year: self.year.map(|it| it.0),
            nickname: self.nickname.map(|it| it.0),
            color: self.color.map(|it| it.0),
            license_plate: self.license_plate.map(|it| it.0),
            odometer_reading: 0,
            odometer: LatestReading::default(),
            is_active: self.is_active.unwrap_or(true),
            confirmed: Pointers::default(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }
}

impl VehicleChange {
    /// The reading of today, unless it is the one that the vehicle shows.
    pub(super) fn reading(&self, current: &Vehicle) -> Result<Option<Entered>, Fault> {
        let typed = match self.odometer {
            Change::Set(typed) => Some(typed),
            Change::Keep => None,
        };
        let miles = match self.odometer_reading {
            Change::Set(miles) => Some(miles),
            Change::Keep => None,
        };
        let entered = Entered::of(("odometer", typed), ("odometerReading", miles))?;
        let is_same = |it: &Entered| match typed {
            Some(typed) => Some(typed) == current.odometer.reading(),
            None => it.reading.whole_miles() == current.odometer_reading,
        };
        Ok(entered.filter(|it| !is_same(it)))
    }

    /// The vehicle after the change.
    pub(super) fn apply(self, vehicle: Vehicle, now: DateTime<Utc>) -> Vehicle {
        let text = |change: Clearable<Text<100>>, current: Option<String>| {
            change.or(current.map(Text)).map(|it| it.0)
        };
        Vehicle {
            vin: self.vin.or(vehicle.vin),
            make: text(self.make, vehicle.make),
            model: text(self.model, vehicle.model),
            year: self.year.or(vehicle.year.map(ModelYear)).map(|it| it.0),
            nickname: text(self.nickname, vehicle.nickname),
            color: self.color.or(vehicle.color.map(Text)).map(|it| it.0),
            license_plate: self.license_plate.or(vehicle.license_plate.map(Text)).map(|it| it.0),
            is_active: self.is_active.or(vehicle.is_active),
            updated_at: now,
            ..vehicle
        }
    }
}
