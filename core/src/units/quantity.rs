//! Distances and volumes exactly as they were entered: a value and its unit.
//!
//! Each is stored as a whole number of a small base unit (tenths of a millimeter, picoliters) and the
//! code of the unit it was entered in. The base units are small enough that every value of every unit
//! is a whole number: the entered value is recovered exactly, and arithmetic is exact.

mod distance;
mod json;
mod unit_price;
mod volume;

pub use distance::{Distance, distance_or_miles, whole_miles};
pub use unit_price::UnitPrice;
pub use volume::Volume;

use super::{DistanceUnit, VolumeUnit};
use crate::db::fixed::divide_rounded;

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

/// Divides, and rounds half away from zero.
fn ratio(numerator: i64, denominator: i64) -> i64 {
    let rounded = divide_rounded(numerator.into(), denominator.into());
    rounded.and_then(|it| i64::try_from(it).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::{Distance, DistanceUnit, UnitPrice, Volume, VolumeUnit, distance_or_miles};
    use crate::{
        db::fixed::Fixed,
        input::{Field as _, FieldValue, Odometer},
    };

    fn measured(value: &str, unit: &str) -> FieldValue {
        FieldValue::Measured { value: value.to_owned(), unit: unit.to_owned() }
    }

    fn distance(value: &str, unit: &str) -> Result<Distance, crate::locale::Message> {
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
