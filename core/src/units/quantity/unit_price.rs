//! Prices per unit of volume.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use serde::{Serialize, Serializer};

use super::{
    GALLON_US, VolumeUnit,
    json::{parse_units, quantity, quantity_schema, raw_quantity, write},
};
use crate::{
    db::fixed::{BUFFER_SIZE, Fixed},
    input::{Field, FieldValue},
    locale::Message,
    t,
};

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

impl Serialize for UnitPrice {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut buffer = [0; BUFFER_SIZE];
        let text = self.value.text(&mut buffer);
        write(serializer, text.strip_suffix('0').unwrap_or(text), "per", self.per.as_str())
    }
}

quantity!(UnitPrice);
