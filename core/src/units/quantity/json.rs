//! Reads and writes a quantity: `{"value": …, "unit": …}` in JSON, two fields in a form.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use serde::{Deserialize, Deserializer, Serializer, ser::SerializeStruct as _};
use serde_json::value::RawValue;

use crate::{
    db::fixed::{Fixed, NumberText},
    input::{
        Field, FieldValue,
        number::{self, NumberFormat},
    },
    locale::Message,
    t,
};

/// A number and its unit's code, as received: an object in JSON, two fields in a form.
pub(super) struct RawQuantity {
    value: String,
    is_typed: bool,
    /// The code of the unit.
    pub(super) unit: String,
}

/// Reads `{"value": …, "unit": …}`; `unit_name` is the name of the second member.
pub(super) fn raw_quantity(given: &FieldValue, unit_name: &str) -> Result<RawQuantity, Message> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
        #[serde(alias = "per")]
        unit: String,
    }
    let wrong = || t!("core-field-measurement", unit = unit_name);
    match given {
        FieldValue::Measured { value, unit } => {
            Ok(RawQuantity { value: value.clone(), is_typed: true, unit: unit.clone() })
        }
        FieldValue::Nested(text) => {
            let object: Object<'_> = serde_json::from_str(text).map_err(|_| wrong())?;
            let raw = object.value.get();
            let value = match raw.as_bytes().first() {
                Some(b'"') => serde_json::from_str(raw).map_err(|_| wrong())?,
                _ => raw.to_owned(),
            };
            Ok(RawQuantity { value, is_typed: false, unit: object.unit })
        }
        _ => Err(wrong()),
    }
}

/// Parses a number with at most `P` digits, `S` of them decimals.
pub(super) fn parse_units<const P: u32, const S: u32>(raw: &RawQuantity) -> Result<i64, Message> {
    let text = if raw.is_typed {
        let typed = number::parse(&raw.value, NumberFormat::decimal(S));
        typed.map_err(Message::from)?.value
    } else {
        raw.value.trim().to_owned()
    };
    Fixed::<P, S>::parse(&text).map(Fixed::units).map_err(Message::from)
}

/// The schema of a quantity.
pub(super) fn quantity_schema(value: &Schema, unit: &str, units: &[&str]) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "value": value, unit: { "type": "string", "enum": units } },
        "required": ["value", unit],
        "additionalProperties": false,
    })
}

/// Writes `{"value": …, "unit": …}` with the value's own digits.
pub(super) fn write<Z: Serializer>(
    serializer: Z,
    value: &str,
    unit_name: &'static str,
    unit: &str,
) -> Result<Z::Ok, Z::Error> {
    let mut object = serializer.serialize_struct("Quantity", 2)?;
    object.serialize_field("value", &NumberText(value))?;
    object.serialize_field(unit_name, unit)?;
    object.end()
}

/// Deserializes through the same reader as client input.
pub(super) fn read_back<'de, T: Field, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    let given = FieldValue::Nested(raw.get().to_owned());
    T::read(&given, NaiveDate::default()).map_err(serde::de::Error::custom)
}

/// Deserializes a quantity, and describes it, as a field of a request.
macro_rules! quantity {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::json::read_back(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
                <Self as Field>::schema()
            }
        }
    };
}
pub(super) use quantity;
