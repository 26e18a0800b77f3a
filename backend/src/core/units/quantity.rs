//! Distances and volumes exactly as they were entered: a value and its unit.
//!
//! Each is stored as a whole number of a small base unit (tenths of a millimeter, picoliters) and the
//! code of the unit it was entered in. The base units are small enough that every value of every unit
//! is a whole number: the entered value is recovered exactly, and arithmetic is exact.

use crate::{core::locale::Message, t};
use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct as _};
use serde_json::value::RawValue;

use super::{DistanceUnit, VolumeUnit};
use crate::core::{
    db::fixed::{BUFFER_SIZE, Fixed, NumberText, divide_rounded},
    input::{
        Field, FieldValue, Odometer,
        number::{self, NumberFormat},
    },
};

/// Tenths of a millimeter in a mile (international mile, NIST SP 811, appendix B).
pub const MILE: i64 = 16_093_440;
/// Tenths of a millimeter in a kilometer.
pub const KILOMETER: i64 = 10_000_000;
/// Picoliters in a US gallon (NIST SP 811, appendix B).
pub const GALLON_US: i64 = 3_785_411_784_000;
/// Picoliters in an imperial gallon (NIST SP 811, appendix B).
pub const GALLON_UK: i64 = 4_546_090_000_000;
/// Picoliters in a liter.
pub const LITER: i64 = 1_000_000_000_000;

/// A distance or an odometer reading as someone entered it, to a tenth of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distance {
    exact: i64,
    unit: DistanceUnit,
}

impl Distance {
    /// A distance of `tenths` tenths of the unit.
    #[must_use]
    pub const fn of_tenths(tenths: i64, unit: DistanceUnit) -> Self {
        Self { exact: tenths * (unit.exact() / 10), unit }
    }

    /// A distance in whole miles.
    #[must_use]
    pub const fn miles(miles: i32) -> Self {
        Self { exact: miles as i64 * MILE, unit: DistanceUnit::Miles }
    }

    /// A distance of `exact` tenths of a millimeter, entered in `unit`.
    #[must_use]
    pub const fn from_exact(exact: i64, unit: DistanceUnit) -> Self {
        Self { exact, unit }
    }

    /// The distance from its two columns: tenths of a millimeter and the unit's code.
    #[must_use]
    pub fn from_columns(exact: Option<i64>, unit: Option<&str>) -> Option<Self> {
        let unit = DistanceUnit::try_from(unit?).unwrap_or(DistanceUnit::Miles);
        Some(Self { exact: exact?, unit })
    }

    /// In tenths of a millimeter.
    #[must_use]
    pub const fn exact(self) -> i64 {
        self.exact
    }

    /// The unit it was entered in.
    #[must_use]
    pub const fn unit(self) -> DistanceUnit {
        self.unit
    }

    /// In whole miles, rounded half up, as the reference schema's columns store it.
    #[must_use]
    pub fn whole_miles(self) -> i32 {
        whole_miles(self.exact).try_into().unwrap_or(i32::MAX)
    }

    /// In tenths of its own unit.
    #[must_use]
    pub fn tenths(self) -> i64 {
        ratio(self.exact, self.unit.exact() / 10)
    }

    /// The same distance in another unit, rounded to whole units; unchanged in its own unit.
    #[must_use]
    pub fn in_unit(self, unit: DistanceUnit) -> Self {
        if unit == self.unit {
            return self;
        }
        Self::of_tenths(ratio(self.exact, unit.exact()) * 10, unit)
    }

    /// The value as it is typed, without its unit: `84210` or `84210.5`.
    #[must_use]
    pub fn value(self) -> String {
        let tenths = self.tenths();
        let sign = if tenths < 0 { "-" } else { "" };
        match (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10) {
            (whole, 0) => format!("{sign}{whole}"),
            (whole, tenth) => format!("{sign}{whole}.{tenth}"),
        }
    }
}

/// Converts tenths of a millimeter to whole miles, rounded half away from zero.
#[must_use]
pub fn whole_miles(exact: i64) -> i64 {
    ratio(exact, MILE)
}

fn ratio(numerator: i64, denominator: i64) -> i64 {
    let rounded = divide_rounded(numerator.into(), denominator.into());
    rounded.and_then(|it| i64::try_from(it).ok()).unwrap_or_default()
}

/// A volume of fuel as someone entered it, to a thousandth of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    exact: i64,
    unit: VolumeUnit,
}

impl Volume {
    /// A volume of `thousandths` thousandths of the unit.
    #[must_use]
    pub const fn of_thousandths(thousandths: i64, unit: VolumeUnit) -> Self {
        Self { exact: thousandths * (unit.exact() / 1000), unit }
    }

    /// A volume in US gallons.
    #[must_use]
    pub fn gallons(gallons: Fixed<8, 3>) -> Self {
        Self::of_thousandths(gallons.units(), VolumeUnit::GallonsUs)
    }

    /// A volume of `exact` picoliters, entered in `unit`.
    #[must_use]
    pub const fn from_exact(exact: i64, unit: VolumeUnit) -> Self {
        Self { exact, unit }
    }

    /// The volume from its two columns: picoliters and the unit's code.
    #[must_use]
    pub fn from_columns(exact: Option<i64>, unit: Option<&str>) -> Option<Self> {
        let unit = VolumeUnit::try_from(unit?).unwrap_or(VolumeUnit::GallonsUs);
        Some(Self { exact: exact?, unit })
    }

    /// In picoliters.
    #[must_use]
    pub const fn exact(self) -> i64 {
        self.exact
    }

    /// The unit it was entered in.
    #[must_use]
    pub const fn unit(self) -> VolumeUnit {
        self.unit
    }

    /// In thousandths of its own unit.
    #[must_use]
    pub fn thousandths(self) -> i64 {
        ratio(self.exact, self.unit.exact() / 1000)
    }

    /// In US gallons to the thousandth, rounded half up; none if it does not fit in a `DECIMAL(8,3)`.
    #[must_use]
    pub fn us_gallons(self) -> Option<Fixed<8, 3>> {
        Fixed::from_units(ratio(self.exact, GALLON_US / 1000))
    }

    /// The same volume in another unit, rounded to the thousandth (liters to the hundredth); unchanged
    /// in its own unit.
    #[must_use]
    pub fn in_unit(self, unit: VolumeUnit) -> Self {
        if unit == self.unit {
            return self;
        }
        // A liter is about a quarter of a gallon: its hundredths are precise enough.
        let step = if unit == VolumeUnit::Liters { 10 } else { 1 };
        Self::of_thousandths(ratio(self.exact, unit.exact() / 1000 * step) * step, unit)
    }

    /// The value without its unit, with the decimals that were entered and at least two.
    #[must_use]
    pub fn value(self) -> String {
        let thousandths = self.thousandths();
        match thousandths % 10 {
            0 => format!("{}.{:02}", thousandths / 1000, thousandths % 1000 / 10),
            _ => format!("{}.{:03}", thousandths / 1000, thousandths % 1000),
        }
    }
}

impl DistanceUnit {
    /// Tenths of a millimeter in one unit.
    #[must_use]
    pub const fn exact(self) -> i64 {
        match self {
            Self::Miles => MILE,
            Self::Kilometers => KILOMETER,
        }
    }
}

impl VolumeUnit {
    /// Picoliters in one unit.
    #[must_use]
    pub const fn exact(self) -> i64 {
        match self {
            Self::GallonsUs => GALLON_US,
            Self::GallonsUk => GALLON_UK,
            Self::Liters => LITER,
        }
    }
}

/// A number and its unit's code, as received: an object in JSON, two fields in a form.
struct RawQuantity {
    value: String,
    is_typed: bool,
    unit: String,
}

/// Reads `{"value": …, "unit": …}`; `unit_name` is the name of the second member.
fn raw_quantity(given: &FieldValue, unit_name: &str) -> Result<RawQuantity, Message> {
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
fn parse_units<const P: u32, const S: u32>(raw: &RawQuantity) -> Result<i64, Message> {
    let text = if raw.is_typed {
        let typed = number::parse(&raw.value, NumberFormat::decimal(S));
        typed.map_err(Message::from)?.value
    } else {
        raw.value.trim().to_owned()
    };
    Fixed::<P, S>::parse(&text).map(Fixed::units).map_err(Message::from)
}

impl Field for Distance {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let raw = raw_quantity(given, "unit")?;
        let unit =
            DistanceUnit::try_from(raw.unit.clone()).map_err(|_| t!("core-field-distance-unit"))?;
        let tenths = parse_units::<9, 1>(&raw)?;
        if tenths < 0 || tenths > i64::from(Odometer::MAX) * 10 {
            return Err(t!("core-field-range", least = 0, most = Odometer::MAX));
        }
        Ok(Self::of_tenths(tenths, unit))
    }

    fn schema() -> Schema {
        let value = json_schema!({ "type": "number", "minimum": 0, "maximum": Odometer::MAX });
        quantity_schema(&value, "unit", &["mi", "km"])
    }
}

impl Field for Volume {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let raw = raw_quantity(given, "unit")?;
        let unit =
            VolumeUnit::try_from(raw.unit.clone()).map_err(|_| t!("core-field-volume-unit"))?;
        let thousandths = parse_units::<8, 3>(&raw)?;
        if thousandths <= 0 {
            return Err(t!("core-field-positive"));
        }
        Ok(Self::of_thousandths(thousandths, unit))
    }

    fn schema() -> Schema {
        let value =
            json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 99_999.999 });
        quantity_schema(&value, "unit", &["l", "gal_us", "gal_uk"])
    }
}

/// The price per unit of volume as it was entered, to four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    /// In the record's currency.
    pub value: Fixed<12, 4>,
    /// The unit of volume.
    pub per: VolumeUnit,
}

impl UnitPrice {
    /// The same price for another unit of volume, rounded to the thousandth.
    #[must_use]
    pub fn in_unit(self, per: VolumeUnit) -> Self {
        if per == self.per {
            return self;
        }
        let scaled = i128::from(self.value.units()) * i128::from(per.exact());
        // To the thousandth, like the prices on a pump.
        let thousandths = Fixed::<11, 3>::from_ratio(scaled, i128::from(self.per.exact()) * 10);
        let value = thousandths.and_then(|it| Fixed::from_units(it.units() * 10));
        Self { value: value.unwrap_or(Fixed::MAX), per }
    }

    /// The price per US gallon to the thousandth; none if it does not fit in a `DECIMAL(6,3)`.
    #[must_use]
    pub fn of_us_gallon(self) -> Option<Fixed<6, 3>> {
        let scaled = i128::from(self.value.units()) * i128::from(GALLON_US);
        Fixed::from_ratio(scaled, i128::from(self.per.exact()) * 10)
    }

    /// The price without its unit, with the decimals that were entered and at least three.
    #[must_use]
    pub fn text(self) -> String {
        let text = self.value.to_string();
        text.strip_suffix('0').map_or(text.clone(), str::to_owned)
    }
}

impl Field for UnitPrice {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        let raw = raw_quantity(given, "per")?;
        let per =
            VolumeUnit::try_from(raw.unit.clone()).map_err(|_| t!("core-field-price-unit"))?;
        let units = parse_units::<12, 4>(&raw)?;
        let value = Fixed::from_units(units).filter(|_| units >= 0);
        Ok(Self { value: value.ok_or_else(|| t!("core-field-not-negative"))?, per })
    }

    fn schema() -> Schema {
        let value = json_schema!({ "type": "number", "minimum": 0, "maximum": 99_999_999.999_9 });
        quantity_schema(&value, "per", &["l", "gal_us", "gal_uk"])
    }
}

fn quantity_schema(value: &Schema, unit: &str, units: &[&str]) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "value": value, unit: { "type": "string", "enum": units } },
        "required": ["value", unit],
        "additionalProperties": false,
    })
}

/// Writes `{"value": …, "unit": …}` with the value's own digits.
fn write<Z: Serializer>(
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

impl Serialize for Distance {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        write(serializer, &self.value(), "unit", self.unit.as_str())
    }
}

impl Serialize for Volume {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let value = Fixed::<12, 3>::from_units(self.thousandths()).unwrap_or(Fixed::MAX);
        write(serializer, value.text(&mut [0; BUFFER_SIZE]), "unit", self.unit.as_str())
    }
}

impl Serialize for UnitPrice {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut buffer = [0; BUFFER_SIZE];
        let text = self.value.text(&mut buffer);
        write(serializer, text.strip_suffix('0').unwrap_or(text), "per", self.per.as_str())
    }
}

/// Deserializes through the same reader as client input.
fn read_back<'de, T: Field, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    let given = FieldValue::Nested(raw.get().to_owned());
    T::read(&given, NaiveDate::default()).map_err(serde::de::Error::custom)
}

macro_rules! quantities {
    ($($name:ident),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_back(deserializer)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                <Self as Field>::schema()
            }
        }
    )+};
}
quantities!(Distance, Volume, UnitPrice);

/// The reading in a request, as a quantity or in whole miles.
///
/// # Errors
/// An error message for the second if both are present and disagree.
pub fn distance_or_miles(
    typed: Option<Distance>,
    miles: Option<Odometer>,
) -> Result<Option<Distance>, Message> {
    match (typed, miles) {
        (Some(typed), Some(miles)) if typed.whole_miles() != miles.0 => Err(t!(
            "core-field-distance-contradicts",
            unit = typed.unit.symbol(),
            miles = typed.whole_miles()
        )),
        (Some(typed), _) => Ok(Some(typed)),
        (None, miles) => Ok(miles.map(|it| Distance::miles(it.0))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Distance, DistanceUnit, Field as _, FieldValue, Fixed, NaiveDate, Odometer, UnitPrice,
        Volume, VolumeUnit, distance_or_miles,
    };

    fn measured(value: &str, unit: &str) -> FieldValue {
        FieldValue::Measured { value: value.to_owned(), unit: unit.to_owned() }
    }

    fn distance(value: &str, unit: &str) -> Result<Distance, crate::core::locale::Message> {
        Distance::read(&measured(value, unit), NaiveDate::default())
    }

    #[test]
    fn whole_miles_are_the_exact_conversion_rounded_half_up() {
        assert_eq!(distance("12346", "km").unwrap().whole_miles(), 7671);
        assert_eq!(distance("0.5", "mi").unwrap().whole_miles(), 1);
        assert_eq!(distance("0.4", "mi").unwrap().whole_miles(), 0);
    }

    #[test]
    fn readings_have_tenths_and_volumes_thousandths() {
        assert_eq!(distance("12346.5", "km").unwrap().value(), "12346.5");
        assert_eq!(distance("12,346", "km").unwrap().value(), "12346");
        assert!(distance("12346.55", "km").is_err());
        let volume = |value: &str| Volume::read(&measured(value, "l"), NaiveDate::default());
        assert_eq!(volume("12,345").unwrap().value(), "12.345");
        assert_eq!(volume("40").unwrap().value(), "40.00");
        assert!(volume("0").is_err());
        assert!(volume("1.2345").is_err());
    }

    #[test]
    fn json_quantities_are_objects_with_a_value_and_a_known_unit() {
        let read =
            |json: &str| Distance::read(&FieldValue::Nested(json.to_owned()), NaiveDate::default());
        assert_eq!(read(r#"{"value":12346,"unit":"km"}"#).unwrap().value(), "12346");
        assert_eq!(read(r#"{"value":"12346.5","unit":"mi"}"#).unwrap().value(), "12346.5");
        for json in [
            r#"{"value":1}"#,
            r#"{"unit":"km"}"#,
            r#"{"value":1,"unit":"leagues"}"#,
            r#"{"value":-1,"unit":"km"}"#,
            r#"{"value":1,"unit":"km","more":1}"#,
            r#"{"value":null,"unit":"km"}"#,
            "[1]",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_quantity_and_miles_agree_if_their_whole_miles_are_equal() {
        let km = distance("12346", "km").ok();
        assert_eq!(distance_or_miles(km, Some(Odometer(7671))), Ok(km));
        assert!(distance_or_miles(km, Some(Odometer(7672))).is_err());
        assert_eq!(distance_or_miles(None, Some(Odometer(7))), Ok(Some(Distance::miles(7))));
    }

    #[test]
    fn prices_are_converted_to_gallons_if_they_fit() {
        let price = |value: &str| UnitPrice {
            value: Fixed::parse(value).unwrap(),
            per: VolumeUnit::Liters,
        };
        assert_eq!(price("1.799").of_us_gallon().unwrap().to_string(), "6.810");
        assert_eq!(price("615").of_us_gallon(), None);
        assert_eq!(price("1.799").text(), "1.799");
        assert_eq!(price("1.7994").text(), "1.7994");
    }

    proptest! {
        #[test]
        fn distances_survive_storage(tenths in 0_i64..=999_999_990, is_km: bool) {
            let unit = if is_km { DistanceUnit::Kilometers } else { DistanceUnit::Miles };
            let typed = Distance::of_tenths(tenths, unit);
            let read = Distance::from_columns(Some(typed.exact()), Some(unit.as_str()));
            prop_assert_eq!(read, Some(typed));
            prop_assert_eq!(typed.tenths(), tenths);
            let json = serde_json::to_string(&typed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Distance>(&json).unwrap(), typed);
        }

        #[test]
        fn volumes_survive_storage(thousandths in 1_i64..=99_999_999, nth in 0_usize..3) {
            let unit = [VolumeUnit::Liters, VolumeUnit::GallonsUs, VolumeUnit::GallonsUk][nth];
            let typed = Volume::of_thousandths(thousandths, unit);
            let read = Volume::from_columns(Some(typed.exact()), Some(unit.as_str()));
            prop_assert_eq!(read, Some(typed));
            prop_assert_eq!(typed.thousandths(), thousandths);
            let json = serde_json::to_string(&typed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Volume>(&json).unwrap(), typed);
        }
    }
}
