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
        units::{Distance, choice},
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

choice! {
    /// What kind of vehicle it is.
    VehicleKind {
        /// A car, van or pickup.
        Car = "car", "Car";
        /// A motorcycle, scooter or moped.
        Motorcycle = "motorcycle", "Motorcycle";
        /// A truck.
        Truck = "truck", "Truck";
        /// A bus.
        Bus = "bus", "Bus";
        /// A trailer or caravan.
        Trailer = "trailer", "Trailer";
        /// A boat.
        Boat = "boat", "Boat";
        /// A tractor, mower, generator or other machine.
        Machine = "machine", "Machine";
        /// A bicycle, with or without a motor.
        Bicycle = "bicycle", "Bicycle";
        /// Anything else.
        Other = "other", "Other";
    }
}

/// The columns that a vehicle's VIN is read from.
///
/// The `vin` column can't be NULL. Without a VIN it has a placeholder that follows from the `id`, so
/// that no two vehicles share one, and a VIN that was entered is never taken for one.
#[derive(Debug, sqlx::FromRow)]
struct VinColumns {
    id: VehicleId,
    vin: Vin,
}

impl From<VinColumns> for Option<Vin> {
    fn from(columns: VinColumns) -> Self {
        let is_placeholder = columns.vin.as_str() == placeholder_vin(columns.id);
        (!is_placeholder).then_some(columns.vin)
    }
}

/// What the `vin` column of a vehicle without a VIN has: `0`, which no manufacturer's code begins
/// with, and the last 80 bits of its id in 16 of the characters of VINs.
fn placeholder_vin(id: VehicleId) -> String {
    const CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPRSTUVWXY";
    let bits = id.0.as_u128();
    let place = |nth: u32| usize::try_from((bits >> (5 * nth)) & 31).unwrap_or_default();
    let characters = (0..16).rev().map(|nth| char::from(CHARACTERS[place(nth)]));
    std::iter::once('0').chain(characters).collect()
}

/// A vehicle of one user's.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Vehicle {
    /// Its name in this service.
    pub id: VehicleId,
    /// Its vehicle identification number; null where it has none.
    #[sqlx(flatten, try_from = "VinColumns")]
    pub vin: Option<Vin>,
    /// Another number or text that identifies it, such as a chassis or frame number.
    pub identifier: Option<String>,
    /// What kind of vehicle it is.
    #[sqlx(try_from = "String")]
    pub kind: VehicleKind,
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
    /// Its license plate.
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
        Distance::from_columns(self.odometer_exact, self.odometer_unit.as_deref())
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
    /// its VIN or its identifier.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(nickname) = &self.nickname {
            return nickname.clone();
        }
        let vin = || self.vin.as_ref().map(|it| it.as_str().to_owned());
        let title = self.description().or_else(vin).or_else(|| self.identifier.clone());
        let title = title.unwrap_or_else(|| self.kind.label().to_owned());
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

    /// What tells it apart from a vehicle of the same title, if anything does.
    fn mark(&self) -> Option<String> {
        let plate = self.license_plate.clone().filter(|_| self.nickname.is_some());
        let end = || Some(format!("…{}", self.vin.as_ref()?.as_str().get(11..)?));
        plate.or_else(end).or_else(|| self.identifier.clone())
    }

    /// Its VIN as the database has it, which demands one of every vehicle.
    pub(super) fn stored_vin(&self) -> String {
        let placeholder = || placeholder_vin(self.id);
        self.vin.as_ref().map_or_else(placeholder, |it| it.as_str().to_owned())
    }

    /// Whether nothing says what it is: it has neither VIN nor identifier, nickname or make.
    pub(super) fn is_unidentified(&self) -> bool {
        let texts = [&self.identifier, &self.nickname, &self.make];
        self.vin.is_none() && texts.into_iter().all(Option::is_none)
    }
}

/// Every vehicle's name, no two alike: [`Vehicle::title`], a mark behind the titles that several have,
/// and a number where the marks are alike, too.
#[must_use]
pub fn names(vehicles: &[Vehicle]) -> HashMap<VehicleId, String> {
    let mut of_title: HashMap<String, Vec<&Vehicle>> = HashMap::new();
    for vehicle in vehicles {
        of_title.entry(vehicle.title()).or_default().push(vehicle);
    }
    let mut of_name: HashMap<String, Vec<VehicleId>> = HashMap::new();
    for (title, vehicles) in of_title {
        for vehicle in &vehicles {
            let mark = vehicle.mark().filter(|it| vehicles.len() > 1 && *it != title);
            let name = mark.map_or_else(|| title.clone(), |mark| format!("{title} ({mark})"));
            of_name.entry(name).or_default().push(vehicle.id);
        }
    }
    let mut names = HashMap::new();
    for (name, mut ids) in of_name {
        if ids.len() == 1 {
            names.extend(ids.into_iter().map(|id| (id, name.clone())));
            continue;
        }
        // Ids grow with time: the oldest one is number 1, and stays so when others are added.
        ids.sort();
        names.extend(ids.into_iter().zip(1..).map(|(id, nth)| (id, format!("{name} #{nth}"))));
    }
    names
}

input! {
    /// What it takes to add a vehicle
    pub(super) struct NewVehicle {
        /// Its vehicle identification number: 17 characters, without I, O and Q. It may be left out
        /// where there is an `identifier`, a `nickname` or a `make`
        pub vin: Option<Vin>,
        /// Another number or text that identifies it, such as a chassis, frame or hull number
        pub identifier: Option<Text<100>>,
        /// What kind of vehicle it is; a car by default
        pub kind: Option<VehicleKind>,
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
        /// Its license plate
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
    requires any "vin", "identifier", "nickname", "make"
        => "is required, or an identifier, a nickname or a make instead";
}

input! {
    /// What to change of a vehicle
    pub(super) struct VehicleChange {
        /// Its vehicle identification number: 17 characters, without I, O and Q
        pub vin: Clearable<Vin>,
        /// Another number or text that identifies it, such as a chassis, frame or hull number
        pub identifier: Clearable<Text<100>>,
        /// What kind of vehicle it is
        pub kind: Change<VehicleKind>,
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
        /// Its license plate
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
            identifier: self.identifier.map(|it| it.0),
            kind: self.kind.unwrap_or(VehicleKind::Car),
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

/// Sets what is known where the vehicle has nothing and the change does not mention it.
fn fill<T>(change: Clearable<T>, is_there: bool, known: Option<T>) -> Clearable<T> {
    match (change, known) {
        (Clearable::Keep, Some(known)) if !is_there => Clearable::Set(known),
        (change, _) => change,
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

    /// With what the VIN says, where the vehicle had none before: for what it lacks and the change
    /// does not mention.
    pub(super) fn filled(self, current: &Vehicle, decoded: DecodedVin) -> Self {
        if current.vin.is_some() {
            return self;
        }
        let text = |text: String| Text(text.chars().take(100).collect());
        Self {
            make: fill(self.make, current.make.is_some(), decoded.make.map(text)),
            model: fill(self.model, current.model.is_some(), decoded.model.map(text)),
            year: fill(
                self.year,
                current.year.is_some(),
                decoded.year.map(|it| ModelYear(it.into())),
            ),
            ..self
        }
    }

    /// The members that it clears, of those that identify a vehicle.
    pub(super) fn cleared(&self) -> Vec<&'static str> {
        let members = [
            ("vin", matches!(self.vin, Clearable::Clear)),
            ("identifier", matches!(self.identifier, Clearable::Clear)),
            ("nickname", matches!(self.nickname, Clearable::Clear)),
            ("make", matches!(self.make, Clearable::Clear)),
        ];
        members.into_iter().filter(|it| it.1).map(|it| it.0).collect()
    }

    /// The vehicle after the change.
    pub(super) fn apply(self, vehicle: Vehicle, now: DateTime<Utc>) -> Vehicle {
        let text = |change: Clearable<Text<100>>, current: Option<String>| {
            change.or(current.map(Text)).map(|it| it.0)
        };
        Vehicle {
            vin: self.vin.or(vehicle.vin),
            identifier: text(self.identifier, vehicle.identifier),
            kind: self.kind.or(vehicle.kind),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Uuid, VehicleId, Vin, VinColumns, placeholder_vin};

    proptest! {
        #[test]
        fn a_placeholder_has_the_form_of_a_vin_and_is_read_as_none(id: u128, other: u128) {
            let (id, other) = (VehicleId(Uuid::from_u128(id)), VehicleId(Uuid::from_u128(other)));
            let text = placeholder_vin(id);
            prop_assert!(text.starts_with('0') && text.len() == 17);
            prop_assert!(text.chars().all(|it| "0123456789ABCDEFGHJKLMNPRSTUVWXYZ".contains(it)));
            prop_assert_eq!(Option::<Vin>::from(VinColumns { id, vin: Vin::well_formed(&text).unwrap() }), None);
            // Only the vehicle's own.
            let vin = Vin::well_formed(&placeholder_vin(other)).unwrap();
            prop_assert_eq!(Option::<Vin>::from(VinColumns { id, vin: vin.clone() }), Some(vin));
        }
    }

    #[test]
    fn ids_of_one_moment_have_different_placeholders() {
        let all: std::collections::HashSet<_> =
            (0..10_000).map(|_| placeholder_vin(VehicleId(Uuid::now_v7()))).collect();
        assert_eq!(all.len(), 10_000);
    }
}
