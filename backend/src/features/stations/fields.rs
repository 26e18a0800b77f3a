//! Field types that are specific to stations.

use crate::core::locale::Message;
use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::{Schema, json_schema};

use super::geo::{Latitude, Longitude};
use crate::core::{
    db::fixed::{Fixed, FixedError},
    input::{
        Field, FieldValue, Text,
        number::{self, NumberFormat},
    },
};

/// The format of degrees in forms.
const DEGREES: NumberFormat = NumberFormat::decimal(8).signed();

/// Reads degrees from `-max` to `max`, with as many decimals as are stored.
fn read_degrees<const P: u32>(given: &FieldValue, max: i64) -> Result<Fixed<P, 8>, Message> {
    let text = match given {
        FieldValue::Number(text) | FieldValue::Text(text) => text.trim(),
        FieldValue::Typed(text) => &number::parse(text, DEGREES).map_err(Message::from)?.value,
        _ => return Err(crate::t!("core-field-number")),
    };
    let out_of_range = || crate::t!("core-field-range", least = -max, most = max);
    match Fixed::<P, 8>::parse(text) {
        Ok(degrees) if degrees.units().abs() <= max * 100_000_000 => Ok(degrees),
        Ok(_) | Err(FixedError::TooLarge(_)) => Err(out_of_range()),
        Err(error) => Err(error.into()),
    }
}

fn degrees_schema(max: i64) -> Schema {
    json_schema!({
        "type": ["number", "string"], "minimum": -max, "maximum": max, "multipleOf": 1e-8,
        "pattern": "^-?[0-9]{1,3}(\\.[0-9]{1,8})?$",
    })
}

/// A latitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LatitudeInput(pub(super) Latitude);

impl From<LatitudeInput> for Latitude {
    fn from(degrees: LatitudeInput) -> Self {
        degrees.0
    }
}

impl Field for LatitudeInput {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        read_degrees(given, 90).map(Self)
    }

    fn schema() -> Schema {
        degrees_schema(90)
    }
}

/// A longitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LongitudeInput(pub(super) Longitude);

impl From<LongitudeInput> for Longitude {
    fn from(degrees: LongitudeInput) -> Self {
        degrees.0
    }
}

impl Field for LongitudeInput {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        read_degrees(given, 180).map(Self)
    }

    fn schema() -> Schema {
        degrees_schema(180)
    }
}

/// Degrees in a search, with any precision, since they are not stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SearchDegrees<const MAX: i64>(pub(super) f64);

/// Parses a number with an optional decimal point and exponent. Rejects NaN and infinity.
fn read_number(given: &FieldValue) -> Result<f64, Message> {
    let (FieldValue::Number(text) | FieldValue::Text(text) | FieldValue::Typed(text)) = given
    else {
        return Err(crate::t!("core-field-number"));
    };
    let text = text.trim();
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it));
    let number = text.parse::<f64>().ok().filter(|it| is_plain && !it.is_nan());
    number.ok_or_else(|| crate::t!("core-field-number"))
}

impl<const MAX: i64> Field for SearchDegrees<MAX> {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let degrees = read_number(given)?;
        #[expect(clippy::cast_precision_loss, reason = "90 or 180")]
        let is_within = degrees.abs() <= MAX as f64;
        is_within
            .then_some(Self(degrees))
            .ok_or_else(|| crate::t!("core-field-range", least = -MAX, most = MAX))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": -MAX, "maximum": MAX })
    }
}

/// A search radius in meters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Radius(pub(super) f64);

impl Radius {
    /// The largest radius.
    pub(super) const MAX: f64 = 50_000.0;
}

impl Default for Radius {
    fn default() -> Self {
        Self(5_000.0)
    }
}

impl Field for Radius {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let meters = read_number(given)?;
        if meters > 0.0 && meters <= Self::MAX {
            Ok(Self(meters))
        } else {
            Err(crate::t!("stations-field-radius"))
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "number", "exclusiveMinimum": 0, "maximum": 50_000, "default": 5_000,
        })
    }
}

/// A web address that pages may link to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Website(pub(super) String);

impl Website {
    /// Parses an HTTP or HTTPS URL that fits the column.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = url::Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_plain = !text.chars().any(char::is_control) && text.chars().count() <= 255;
        (is_web && is_plain).then(|| Self(text.to_owned()))
    }
}

impl From<Website> for String {
    fn from(website: Website) -> Self {
        website.0
    }
}

impl Field for Website {
    const IS_TEXT: bool = true;

    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<255>::read(given, today)?;
        Self::of(&text).ok_or_else(|| crate::t!("stations-field-website"))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "maxLength": 255,
            "pattern": "^[^\\S\\u0000-\\u001f\\u007f-\\u009f]*\
                (|[hH][tT][tT][pP][sS]?://[a-z0-9-]+(\\.[a-z0-9-]+)*(/[!-~]*)?)\
                [^\\S\\u0000-\\u001f\\u007f-\\u009f]*$",
            "examples": ["https://fuel.example.org/corner"],
        })
    }
}

/// The ID of an OpenStreetMap element, such as `node/123`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OsmId(pub(super) String);

impl OsmId {
    /// Parses an ID.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (kind, number) = text.trim().split_once('/')?;
        let is_number = (1..=19).contains(&number.len())
            && number.bytes().all(|it| it.is_ascii_digit())
            && !number.starts_with('0');
        (matches!(kind, "node" | "way" | "relation") && is_number)
            .then(|| Self(format!("{kind}/{number}")))
    }
}

impl Field for OsmId {
    const IS_TEXT: bool = true;

    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(text) = Text::<64>::read(given, today)?;
        Self::of(&text).ok_or_else(|| crate::t!("stations-field-osm-id"))
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string", "pattern": "^ *(|(node|way|relation)/[1-9][0-9]{0,18}) *$",
            "examples": ["node/240109189"],
        })
    }
}

/// The fuel types that a station may sell: their names in the API and the messages with
/// their labels.
pub const FUEL_TYPES: &[(&str, &str)] = &[
    ("regular", "stations-fuel-regular"),
    ("midgrade", "stations-fuel-midgrade"),
    ("premium", "stations-fuel-premium"),
    ("e5", "stations-fuel-e5"),
    ("e10", "stations-fuel-e10"),
    ("e85", "stations-fuel-e85"),
    ("diesel", "stations-fuel-diesel"),
    ("hvo", "stations-fuel-hvo"),
    ("lpg", "stations-fuel-lpg"),
    ("cng", "stations-fuel-cng"),
    ("lng", "stations-fuel-lng"),
    ("h2", "stations-fuel-hydrogen"),
    ("adblue", "stations-fuel-adblue"),
    ("electric", "stations-fuel-electric"),
];

/// A set of [`FUEL_TYPES`], in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FuelTypes(pub(super) Vec<&'static str>);

impl FuelTypes {
    /// The fuel types with these names. Unknown names are ignored.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<_> = names.into_iter().collect();
        Self(FUEL_TYPES.iter().map(|it| it.0).filter(|it| names.contains(it)).collect())
    }

    /// The value of the column: the names separated by spaces, or `None` if there are none.
    pub(super) fn to_column(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(" "))
    }
}

impl Field for FuelTypes {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let wrong = || crate::t!("stations-field-fuel-list");
        let names: Vec<String> = match given {
            FieldValue::Nested(text) => serde_json::from_str(text).map_err(|_| wrong())?,
            FieldValue::Typed(text) => {
                text.split([',', ' ']).filter(|it| !it.is_empty()).map(str::to_lowercase).collect()
            }
            _ => return Err(wrong()),
        };
        match names.iter().find(|name| !FUEL_TYPES.iter().any(|it| it.0 == name.as_str())) {
            Some(_) => {
                let known: Vec<_> = FUEL_TYPES.iter().map(|it| it.0).collect();
                Err(crate::t!("stations-field-fuel-types", choices = known.join(", ")))
            }
            None => Ok(Self::of(names.iter().map(String::as_str))),
        }
    }

    fn schema() -> Schema {
        let known: Vec<_> = FUEL_TYPES.iter().map(|it| it.0).collect();
        json_schema!({
            "type": "array", "items": { "type": "string", "enum": known },
            "examples": [["diesel", "e10"]],
        })
    }
}
