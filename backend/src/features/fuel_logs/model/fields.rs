//! Types of the members of requests.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use uuid::Uuid;

use super::Gallons;
use crate::{
    core::{
        input::{Field, FieldValue},
        locale::Message,
    },
    features::{stations::StationId, vehicles::VehicleId},
    t,
};

/// A volume in US gallons that is more than 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::features::fuel_logs) struct GallonsFilled(pub(in crate::features::fuel_logs) Gallons);

impl Field for GallonsFilled {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let gallons = Gallons::read(given, today)?;
        if gallons.units() == 0 { Err(t!("core-field-positive")) } else { Ok(Self(gallons)) }
    }

    fn schema() -> Schema {
        let mut schema = <Gallons as Field>::schema();
        schema.remove("minimum");
        schema.insert("exclusiveMinimum".to_owned(), 0.into());
        let some = "^0*([1-9][0-9]{0,4}(\\.[0-9]{1,3})?|0\\.[0-9]{0,2}[1-9])$";
        schema.insert("pattern".to_owned(), some.into());
        schema
    }
}

/// An id in a request, which may or may not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl From<Id> for VehicleId {
    fn from(id: Id) -> Self {
        Self(id.0)
    }
}

impl From<Id> for StationId {
    fn from(id: Id) -> Self {
        Self(id.0)
    }
}

impl Field for Id {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text) => {
                text.trim().parse().map(Self).map_err(|_| t!("core-field-id"))
            }
            _ => Err(t!("core-field-id")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}
