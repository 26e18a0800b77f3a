//! The economy of an interval between two full fills.

use serde::{Deserialize, Serialize};

use crate::core::{
    db::fixed::Fixed,
    money::Money,
    units::{EconomyUnit, MILE, UnitFormatter},
};

/// The distance, fuel and cost between two full fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// In tenths of a millimeter; more than zero.
    pub distance: i64,
    /// All the fuel after the first full fill, including the last one, in picoliters.
    pub volume: i64,
    /// The cost of that fuel, if all amounts are known and have the same currency.
    #[serde(skip)]
    pub cost: Option<Money>,
}

impl Interval {
    /// Miles per US gallon, with two decimals.
    #[must_use]
    pub fn mpg(&self) -> Option<Fixed<16, 2>> {
        self.economy(EconomyUnit::MpgUs)
    }

    /// The economy in `unit`, with two decimals.
    #[must_use]
    pub fn economy(&self, unit: EconomyUnit) -> Option<Fixed<16, 2>> {
        unit.of_exact(self.distance, self.volume)
    }

    /// Formats the economy in the user's unit, such as `31.4`.
    #[must_use]
    pub fn format(&self, units: &UnitFormatter) -> Option<String> {
        units.exact_economy(self.distance, self.volume)
    }

    /// Compares the exact economy of two intervals; the less economical one is less.
    #[must_use]
    pub fn compare_economy(&self, other: &Self) -> std::cmp::Ordering {
        let product = |it: &Self, by: &Self| i128::from(it.distance) * i128::from(by.volume);
        product(self, other).cmp(&product(other, self))
    }

    /// The fuel cost per mile, with three decimals.
    #[must_use]
    pub fn cost_per_mile(&self) -> Option<Fixed<16, 3>> {
        cost_per_mile(self.cost?.thousandths.into(), self.distance.into())
    }
}

/// The cost per mile, with three decimals, of an amount in thousandths over a distance.
#[must_use]
pub(in crate::features::fuel_logs) fn cost_per_mile(
    thousandths: i128,
    distance: i128,
) -> Option<Fixed<16, 3>> {
    Fixed::from_ratio(thousandths.checked_mul(MILE.into())?, distance)
}
