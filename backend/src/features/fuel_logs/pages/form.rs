//! What a fill-up's form holds.
//!
//! A quantity is two fields, its number and the code of the unit that the form shows beside it, so
//! that another preference set meanwhile changes nothing.

use chrono::NaiveDate;

use crate::{
    core::{
        error::Fault,
        http::{Form, Once},
        money::Money,
        units::{Distance, Shown, UnitPrice, Volume},
    },
    features::fuel_logs::{FuelLog, FuelType},
};

pub(super) const LABELS: &[(&str, &str)] = &[
    ("odometer", "Odometer"),
    ("tripDistance", "Distance since the last fill-up"),
    ("volume", "Volume"),
    ("unitPrice", "Price"),
    ("amount", "Total"),
    ("currency", "Currency"),
    ("fuelType", "Fuel"),
    ("isFull", "Full tank"),
    ("date", "Date"),
    ("stationName", "Station"),
    ("stationId", "Favorite station"),
    ("missedPrevious", "I forgot to log the previous fill-up"),
    ("notes", "Notes"),
];

/// The quantities, each with a field for its unit.
const MEASURED: &[(&str, &str)] = &[
    ("odometer", "odometerUnit"),
    ("tripDistance", "tripDistanceUnit"),
    ("volume", "volumeUnit"),
    ("unitPrice", "unitPriceUnit"),
];

/// The form for a new fill-up of that fuel, if it is known.
pub(super) fn fresh(today: NaiveDate, fuel: Option<FuelType>, shown: &Shown) -> Form {
    Form::of([
        ("date", today.to_string()),
        ("fuelType", fuel.map_or("", FuelType::as_str).to_owned()),
        ("isFull", true.to_string()),
        ("odometerUnit", shown.distance.as_str().to_owned()),
        ("tripDistanceUnit", shown.distance.as_str().to_owned()),
        ("volumeUnit", shown.volume.as_str().to_owned()),
        ("unitPriceUnit", shown.volume.as_str().to_owned()),
        ("currency", shown.currency.clone()),
        (Once::FIELD, Once::fresh()),
    ])
}

/// The form as it stands for this fill-up: every quantity as it was entered, in its own unit.
pub(super) fn filled(log: &FuelLog, shown: &Shown) -> Form {
    let distance = |it: Option<Distance>| it.map(Distance::value).unwrap_or_default();
    let distance_unit =
        |it: Option<Distance>| it.map_or(shown.distance, Distance::unit).as_str().to_owned();
    let volume_unit = log.volume.map_or(shown.volume, Volume::unit);
    let per = log.unit_price.map_or(volume_unit, |it| it.per);
    Form::of([
        ("odometer", distance(log.odometer)),
        ("odometerUnit", distance_unit(log.odometer)),
        ("tripDistance", distance(log.trip_distance)),
        ("tripDistanceUnit", distance_unit(log.trip_distance)),
        ("volume", log.volume.map(Volume::value).unwrap_or_default()),
        ("volumeUnit", volume_unit.as_str().to_owned()),
        ("unitPrice", log.unit_price.map(UnitPrice::text).unwrap_or_default()),
        ("unitPriceUnit", per.as_str().to_owned()),
        ("amount", log.amount.map(Money::number).unwrap_or_default()),
        ("currency", log.currency.map_or(shown.currency.clone(), |it| it.to_string())),
        ("fuelType", log.fuel_type.map_or("", FuelType::as_str).to_owned()),
        ("isFull", log.is_full.to_string()),
        ("date", log.date.to_string()),
        ("stationName", log.station_name.clone().unwrap_or_default()),
        ("stationId", log.station_id.map(|it| it.to_string()).unwrap_or_default()),
        ("missedPrevious", log.missed_previous.to_string()),
        ("notes", log.notes.clone().unwrap_or_default()),
    ])
}

/// What was changed of a form, each quantity with its unit.
pub(super) fn changed(form: &Form, shown: &Form) -> Form {
    let mut changed = form.clone().changed_from(shown);
    for (value, unit) in MEASURED {
        if changed.typed.contains_key(*value) {
            changed.set(unit, form.get(unit).to_owned());
        } else {
            // A unit alone says nothing.
            changed.typed.remove(*unit);
        }
    }
    changed
}

/// A fill-up without any reading is asked about: most often it was only forgotten.
pub(super) fn without_reading(form: &Form) -> Option<Fault> {
    let is_empty = |name| form.get(name).trim().is_empty();
    let is_confirmed = form.get("confirm").split_whitespace().any(|it| it == "/odometer");
    (is_empty("odometer") && is_empty("tripDistance") && !is_confirmed).then(|| {
        let detail = "is missing: enter it, or confirm that you don't know it";
        Fault::implausible("odometer", detail, "a reading")
    })
}
