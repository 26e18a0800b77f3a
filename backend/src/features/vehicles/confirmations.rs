//! Checks values that look wrong but can be confirmed.

use chrono::NaiveDate;

use super::{Vehicle, Vin};
use crate::{
    core::{Error, Result, input::Confirmed},
    features::vin,
};

/// Rejects a VIN or a year that looks wrong, unless it is confirmed or unchanged. Records on the vehicle what
/// is confirmed. A year that was not sent (`sends_year`) is not rejected: a client can't confirm a value that
/// it did not send.
///
/// # Errors
/// `Invalid` with every value that must be confirmed.
pub(super) fn check(
    vehicle: &mut Vehicle,
    before: Option<&Vehicle>,
    sends_year: bool,
    confirm: Option<&Confirmed>,
    today: NaiveDate,
) -> Result<()> {
    let is_new_vin = before.is_none_or(|it| it.vin != vehicle.vin);
    let is_new_year = is_new_vin || before.is_none_or(|it| it.year != vehicle.year);
    if is_new_vin {
        vehicle.confirmed.remove("vin");
    }
    if is_new_year {
        vehicle.confirmed.remove("year");
    }
    let vin: Option<&Vin> = (&vehicle.vin).into();
    let Some(vin) = vin else { return Ok(()) };
    let mut unconfirmed = Vec::new();
    for doubt in vin::check_plausibility(vin, vehicle.year, today)? {
        let is_new = if doubt.name() == "vin" { is_new_vin } else { is_new_year && sends_year };
        if confirm.is_some_and(|it| it.has(doubt.name())) {
            vehicle.confirmed.add(doubt.name());
        } else if is_new {
            unconfirmed.push(doubt);
        }
    }
    if unconfirmed.is_empty() { Ok(()) } else { Err(Error::Invalid(unconfirmed)) }
}
