//! What the requests that add and change vehicles mean.

use super::{NewVehicle, Vehicle, VehicleChange};
use crate::{
    core::{
        error::FieldError,
        input::{Change, Clearable, ModelYear, Text},
    },
    features::{vehicles::odometer::EnteredReading, vin::DecodedVin},
};

impl NewVehicle {
    /// Today's reading. 0 miles is the column's default and counts as no reading.
    pub(in crate::features::vehicles) fn entered_reading(
        &self,
    ) -> Result<Option<EnteredReading>, FieldError> {
        let miles = self.odometer_reading.filter(|it| it.0 > 0);
        EnteredReading::combine(("odometer", self.odometer), ("odometerReading", miles))
    }

    /// Fills missing make, model and year from the decoded VIN.
    pub(in crate::features::vehicles) fn filled_from_vin(self, decoded: DecodedVin) -> Self {
        let text = |text: String| Text(text.chars().take(100).collect());
        Self {
            make: self.make.or(decoded.make.map(text)),
            model: self.model.or(decoded.model.map(text)),
            year: self.year.or(decoded.year.map(|it| ModelYear(it.into()))),
            ..self
        }
    }
}

/// Sets a decoded value if the vehicle has none and the change does not mention it.
fn fill<T>(change: Clearable<T>, has_value: bool, decoded: Option<T>) -> Clearable<T> {
    match (change, decoded) {
        (Clearable::Unchanged, Some(decoded)) if !has_value => Clearable::Set(decoded),
        (change, _) => change,
    }
}

impl VehicleChange {
    /// Today's reading, unless it equals the vehicle's latest reading.
    pub(in crate::features::vehicles) fn entered_reading(
        &self,
        current: &Vehicle,
    ) -> Result<Option<EnteredReading>, FieldError> {
        let typed = match self.odometer {
            Change::Set(typed) => Some(typed),
            Change::Unchanged => None,
        };
        let miles = match self.odometer_reading {
            Change::Set(miles) => Some(miles),
            Change::Unchanged => None,
        };
        let entered = EnteredReading::combine(("odometer", typed), ("odometerReading", miles))?;
        let is_same = |it: &EnteredReading| match typed {
            Some(typed) => Some(typed) == current.odometer.reading(),
            None => it.reading.whole_miles() == current.odometer_reading,
        };
        Ok(entered.filter(|it| !is_same(it)))
    }

    /// If the vehicle had no VIN before, fills make, model and year from the decoded VIN where the vehicle
    /// has none and the change does not mention them.
    pub(in crate::features::vehicles) fn filled_from_vin(
        self,
        current: &Vehicle,
        decoded: DecodedVin,
    ) -> Self {
        if current.vin.is_some() {
            return self;
        }
        let text = |text: String| Text(text.chars().take(100).collect());
        Self {
            make: fill(self.make, current.make.is_some(), decoded.make.map(text)),
            model: fill(self.model, current.model.is_some(), decoded.model.map(text)),
            year: fill(
                self.year,
                current.year.is_some(),
                decoded.year.map(|it| ModelYear(it.into())),
            ),
            ..self
        }
    }

    /// The identifying members that the change clears.
    pub(in crate::features::vehicles) fn cleared_identifiers(&self) -> Vec<&'static str> {
        let members = [
            ("vin", matches!(self.vin, Clearable::Clear)),
            ("identifier", matches!(self.identifier, Clearable::Clear)),
            ("nickname", matches!(self.nickname, Clearable::Clear)),
            ("make", matches!(self.make, Clearable::Clear)),
        ];
        members.into_iter().filter(|it| it.1).map(|it| it.0).collect()
    }
}
