//! Distances and odometer readings.

use chrono::NaiveDate;
use schemars::{Schema, json_schema};
use serde::{Serialize, Serializer};

use super::{
    DistanceUnit, MILE,
    json::{parse_units, quantity, quantity_schema, raw_quantity, write},
    ratio,
};
use crate::{
    input::{Field, FieldValue, Odometer},
    locale::Message,
    t,
};

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

impl Serialize for Distance {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        write(serializer, &self.value(), "unit", self.unit.as_str())
    }
}

quantity!(Distance);

/// Converts tenths of a millimeter to whole miles, rounded half away from zero.
#[must_use]
pub fn whole_miles(exact: i64) -> i64 {
    ratio(exact, MILE)
}

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
