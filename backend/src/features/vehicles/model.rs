//! The types of a vehicle.

mod names;
mod requests;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

pub use names::unique_names;

use super::Vin;
use crate::{
    core::{
        input::{Confirmed, ModelYear, Odometer, Pointers, Text},
        locale::Message,
        units::{Distance, text_enum},
    },
    id, record,
};

id! {
    /// The ID of a vehicle.
    pub VehicleId
}

text_enum! {
    /// The kind of a vehicle.
    VehicleKind {
        /// A car, van or pickup.
        Car = "car", "vehicles-kind-car";
        /// A motorcycle, scooter or moped.
        Motorcycle = "motorcycle", "vehicles-kind-motorcycle";
        /// A truck.
        Truck = "truck", "vehicles-kind-truck";
        /// A bus.
        Bus = "bus", "vehicles-kind-bus";
        /// A trailer or caravan.
        Trailer = "trailer", "vehicles-kind-trailer";
        /// A boat.
        Boat = "boat", "vehicles-kind-boat";
        /// A tractor, mower, generator or other machine.
        Machine = "machine", "vehicles-kind-machine";
        /// A bicycle, with or without a motor.
        Bicycle = "bicycle", "vehicles-kind-bicycle";
        /// Anything else.
        Other = "other", "vehicles-kind-other";
    }
}

impl VehicleKind {
    /// The name for display.
    #[must_use]
    pub fn name(self) -> Message {
        Message::plain(self.label())
    }
}

/// The VIN from the `vin` column, which is NOT NULL. A vehicle without a VIN stores a placeholder that is
/// derived from its `id`: placeholders are unique, and can't be confused with a VIN that a user entered.
fn stored_vin(id: VehicleId, vin: Vin) -> Option<Vin> {
    (vin.as_str() != placeholder_vin(id)).then_some(vin)
}

/// The value of the `vin` column for a vehicle without a VIN: `0`, which no manufacturer code starts with,
/// followed by the last 80 bits of the ID, encoded as 16 VIN characters.
fn placeholder_vin(id: VehicleId) -> String {
    const CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPRSTUVWXY";
    let bits = id.0.as_u128();
    let digit = |nth: u32| usize::try_from((bits >> (5 * nth)) & 31).unwrap_or_default();
    let characters = (0..16).rev().map(|nth| char::from(CHARACTERS[digit(nth)]));
    std::iter::once('0').chain(characters).collect()
}

record! {
    /// A vehicle, owned by one user.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct Vehicle {
        /// Unique identifier of the vehicle.
        pub id: VehicleId {
            start id;
            once id;
        }
        /// The vehicle identification number, if the vehicle has one.
        pub vin: Option<Vin> {
            column vin = vehicle.vin_column() => stored_vin(id, vin);
            input optional Vin,
                new "The vehicle identification number: 17 characters, excluding I, O and Q. Optional if an \
                     `identifier`, a `nickname` or a `make` is given",
                change "The vehicle identification number: 17 characters, excluding I, O and Q";
        }
        /// Another number or text that identifies it, such as a chassis or frame number.
        pub identifier: Option<String> {
            column identifier;
            input optional Text<100>,
                doc "Another number or text that identifies the vehicle, such as a chassis, frame or hull \
                     number";
        }
        /// The kind of vehicle.
        pub kind: VehicleKind {
            column kind;
            input default VehicleKind = VehicleKind::Car, new "The kind of vehicle; `car` by default";
        }
        /// The manufacturer.
        pub make: Option<String> {
            column make;
            input optional Text<100>;
        }
        /// The model name.
        pub model: Option<String> {
            column model;
            input optional Text<100>;
        }
        /// The model year.
        pub year: Option<i32> {
            column year;
            input optional ModelYear;
        }
        /// The owner's name for the vehicle.
        pub nickname: Option<String> {
            column nickname;
            input optional Text<100>, doc "Your name for the vehicle";
        }
        /// The color.
        pub color: Option<String> {
            column color;
            input optional Text<50>;
        }
        /// The license plate.
        pub license_plate: Option<String> {
            column license_plate;
            input optional Text<20>;
        }
        /// The latest odometer reading in whole miles, or 0 if there is none.
        pub odometer_reading: i32 {
            once odometer_reading;
            given default Odometer,
                doc "Today's odometer reading in whole miles; alternatively, send `odometer`";
        }
        /// The latest odometer reading as entered, or null if there is none.
        pub odometer: LatestReading {
            once odometer_exact = vehicle.odometer.reading().map(Distance::exact),
                odometer_unit = vehicle.odometer.reading().map(|it| it.unit().as_str()),
                odometer_date = vehicle.odometer.latest().map(|it| it.0)
                => LatestReading { odometer_exact, odometer_unit, odometer_date };
            given default Distance,
                doc "Today's odometer reading with its unit; alternatively, send `odometerReading`";
        }
        /// Whether the vehicle is in use.
        pub is_active: bool {
            column is_active;
            input default bool = true,
                change "Whether the vehicle is in use. Vehicles out of use are excluded from lists, due \
                        maintenance, the calendar and notifications";
        }
        /// JSON pointers of the members whose values looked wrong but were confirmed.
        pub confirmed: Pointers {
            column confirmed;
        }
        /// When the vehicle was added.
        pub created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// When the vehicle was last changed.
        pub updated_at: DateTime<Utc> {
            start now;
            column updated_at;
        }
        /// When the vehicle was moved to the trash; null if it is not in the trash.
        pub deleted_at: Option<DateTime<Utc>> {
            column deleted_at;
        }
    }
    table "vehicles" of user by id as vehicle;
    insert(pub(super));
    update(pub(super));
    form(pub(super)) {
        vin "vehicles-form-vin"
            = vehicle.vin.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        identifier "vehicles-form-identifier",
        kind "vehicles-form-kind",
        year "vehicles-form-year",
        make "vehicles-form-make",
        model "vehicles-form-model",
        nickname "vehicles-form-nickname",
        color "vehicles-form-color",
        license_plate "vehicles-form-license-plate",
        // A reading is entered only with a new vehicle.
        odometer "vehicles-form-odometer" = String::new(),
        odometer_unit "vehicles-form-odometer-unit" = String::new(),
    }
    new {
        /// A vehicle to add
        pub(super) struct NewVehicle(id: VehicleId, now: DateTime<Utc>) {
            /// JSON pointers of members whose values look wrong but are correct
            confirm: Option<Confirmed>,
        }
        requires any "vin", "identifier", "nickname", "make" => "vehicles-field-vin-or-other";
    }
    change {
        /// Changes to a vehicle
        pub(super) struct VehicleChange {
            /// JSON pointers of members whose values look wrong but are correct
            confirm: Option<Confirmed>,
        }
    }
}

/// A vehicle's latest odometer reading and its date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatestReading {
    odometer_exact: Option<i64>,
    odometer_unit: Option<String>,
    odometer_date: Option<NaiveDate>,
}

impl LatestReading {
    /// Creates a reading for a date.
    pub(super) fn new(date: NaiveDate, reading: Distance) -> Self {
        Self {
            odometer_exact: Some(reading.exact()),
            odometer_unit: Some(reading.unit().as_str().to_owned()),
            odometer_date: Some(date),
        }
    }

    /// The date and the reading, if the vehicle has a reading.
    #[must_use]
    pub fn latest(&self) -> Option<(NaiveDate, Distance)> {
        Some((self.odometer_date?, self.reading()?))
    }

    /// The reading as entered, if the vehicle has one.
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
    /// The value of the `vin` column: the VIN, or a placeholder.
    pub(super) fn vin_column(&self) -> String {
        let placeholder = || placeholder_vin(self.id);
        self.vin.as_ref().map_or_else(placeholder, |it| it.as_str().to_owned())
    }

    /// Whether nothing identifies the vehicle: it has no VIN, identifier, nickname or make.
    pub(super) fn is_unidentified(&self) -> bool {
        let texts = [&self.identifier, &self.nickname, &self.make];
        self.vin.is_none() && texts.into_iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use uuid::Uuid;

    use super::{VehicleId, Vin, placeholder_vin, stored_vin};

    proptest! {
        #[test]
        fn a_placeholder_has_the_form_of_a_vin_and_reads_as_none(id: u128, other: u128) {
            let (id, other) = (VehicleId(Uuid::from_u128(id)), VehicleId(Uuid::from_u128(other)));
            let text = placeholder_vin(id);
            prop_assert!(text.starts_with('0') && text.len() == 17);
            prop_assert!(text.chars().all(|it| "0123456789ABCDEFGHJKLMNPRSTUVWXYZ".contains(it)));
            prop_assert_eq!(stored_vin(id, Vin::parse(&text).unwrap()), None);
            // Another vehicle's placeholder reads as a VIN.
            let vin = Vin::parse(&placeholder_vin(other)).unwrap();
            prop_assert_eq!(stored_vin(id, vin.clone()), Some(vin));
        }
    }

    #[test]
    fn ids_created_at_the_same_time_have_different_placeholders() {
        let all: std::collections::HashSet<_> =
            (0..10_000).map(|_| placeholder_vin(VehicleId(Uuid::now_v7()))).collect();
        assert_eq!(all.len(), 10_000);
    }
}
