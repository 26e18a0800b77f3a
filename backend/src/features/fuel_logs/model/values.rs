//! The values of a fill-up that determine its position and its economy.

use chrono::NaiveDate;

use super::FuelLogId;
use crate::{
    core::http::{Cursor, SortKey},
    features::fuel_logs::economy::Interval,
};

/// The economy of a fill-up in exact units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExactEconomy {
    /// The distance since the previous fill-up, in tenths of a millimeter.
    pub distance: Option<i64>,
    /// The interval that ends with it.
    pub interval: Option<Interval>,
}

/// The odometer reading and running total of a fill-up, in tenths of a millimeter. If no reading was
/// entered, both are derived from the preceding fill-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::features::fuel_logs) struct Mileage {
    /// The odometer reading.
    pub(in crate::features::fuel_logs) odometer: i64,
    /// The total distance the vehicle has driven, including the distance on replaced odometers.
    pub(in crate::features::fuel_logs) total: i64,
}

/// Which of volume, unit price and amount was derived from the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::features::fuel_logs) enum Derived {
    /// All values that are present were entered.
    #[default]
    Nothing,
    Volume,
    UnitPrice,
    Amount,
}

impl Derived {
    /// The stored name.
    pub(in crate::features::fuel_logs) fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Volume => Some("volume"),
            Self::UnitPrice => Some("unit-price"),
            Self::Amount => Some("amount"),
        }
    }

    pub(super) fn from_stored(name: Option<&str>) -> Self {
        match name {
            Some("volume") => Self::Volume,
            Some("unit-price") => Self::UnitPrice,
            Some("amount") => Self::Amount,
            _ => Self::Nothing,
        }
    }
}

/// The position of a fill-up among others, which are sorted by date, running total and order of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(in crate::features::fuel_logs) date: NaiveDate,
    pub(in crate::features::fuel_logs) total: i64,
    pub(in crate::features::fuel_logs) id: FuelLogId,
}

/// The start of a page of fuel logs.
pub type FuelLogCursor = Cursor<Position>;

impl SortKey for Position {
    fn last() -> Self {
        let (date, total, id) = SortKey::last();
        Self { date, total, id }
    }

    fn text(self) -> String {
        (self.date, self.total, self.id).text()
    }

    fn parse(text: &str) -> Option<Self> {
        let (date, total, id) = SortKey::parse(text)?;
        Some(Self { date, total, id })
    }
}
