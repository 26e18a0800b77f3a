//! Volumes of fuel.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use serde::{Serialize, Serializer};

use super::{
    GALLON_US, VolumeUnit,
    json::{parse_units, quantity, quantity_schema, raw_quantity, write},
    ratio,
};
use crate::{
    db::fixed::{BUFFER_SIZE, Fixed},
    input::{Field, FieldValue},
    locale::Message,
    t,
};

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

impl Serialize for Volume {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let value = Fixed::<12, 3>::from_units(self.thousandths()).unwrap_or(Fixed::MAX);
        write(serializer, value.text(&mut [0; BUFFER_SIZE]), "unit", self.unit.as_str())
    }
}

quantity!(Volume);
