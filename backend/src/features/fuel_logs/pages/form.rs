//! The fields of the fill-up form.
//!
//! A quantity has two fields: its number and the code of the unit shown in the form. The unit is
//! submitted too, so that changing the preferred unit does not affect a form that is already open.

use chrono::NaiveDate;

use crate::{
    core::{
        db::fixed::Fixed,
        error::FieldError,
        http::{Form, Idempotency},
        input::number::{self, Ambiguous, NumberFormat},
        money::Currency,
        units::{Distance, LITER, UnitFormatter, Volume, VolumeUnit, currency_symbol},
    },
    features::fuel_logs::{FuelLog, FuelType},
    t,
};

/// The quantities and the fields of their units.
const MEASURED: &[(&str, &str)] = &[
    ("odometer", "odometerUnit"),
    ("tripDistance", "tripDistanceUnit"),
    ("volume", "volumeUnit"),
    ("unitPrice", "unitPriceUnit"),
];

/// The form for a new fill-up.
pub(super) fn new_form(today: NaiveDate, fuel: Option<FuelType>, units: &UnitFormatter) -> Form {
    Form::from_fields([
        ("date", today.to_string()),
        ("fuelType", fuel.map_or("", FuelType::as_str).to_owned()),
        ("isFull", true.to_string()),
        ("odometerUnit", units.distance.as_str().to_owned()),
        ("tripDistanceUnit", units.distance.as_str().to_owned()),
        ("volumeUnit", units.volume.as_str().to_owned()),
        ("unitPriceUnit", units.volume.as_str().to_owned()),
        ("currency", units.currency.clone()),
        (Idempotency::FORM_FIELD, Idempotency::new_form_token()),
    ])
}

/// The form for an existing fill-up, with every quantity as it was entered, in its own unit.
pub(super) fn edit_form(log: &FuelLog, units: &UnitFormatter) -> Form {
    let distance = |it: Option<Distance>| it.map_or(units.distance, Distance::unit).as_str();
    let volume = log.volume.map_or(units.volume, Volume::unit);
    let mut form = Form::from_fields(log.form_fields());
    for (name, unit) in [
        ("odometerUnit", distance(log.odometer)),
        ("tripDistanceUnit", distance(log.trip_distance)),
        ("volumeUnit", volume.as_str()),
        ("unitPriceUnit", log.unit_price.map_or(volume, |it| it.per).as_str()),
    ] {
        form.set(name, unit.to_owned());
    }
    if log.currency.is_none() {
        form.set("currency", units.currency.clone());
    }
    form
}

/// The fields of a form that differ from those shown, each quantity with its unit.
pub(super) fn changed_fields(form: &Form, shown: &Form) -> Form {
    let mut changed = form.clone().changed_from(shown);
    for (value, unit) in MEASURED {
        if changed.typed.contains_key(*value) {
            changed.set(unit, form.get(unit).to_owned());
        } else {
            // A unit without a number has no effect.
            changed.typed.remove(*unit);
        }
    }
    changed
}

fn is_confirmed(form: &Form, pointer: &str) -> bool {
    form.get("confirm").split_whitespace().any(|it| it == pointer)
}

/// The maximum plausible volume in liters, such as the tank of a large truck.
const MAX_LITERS: i64 = 2_000;

/// The maximum plausible volume in whole units.
pub(super) fn max_plausible_volume(unit: VolumeUnit) -> i64 {
    MAX_LITERS * LITER / unit.exact()
}

/// Checks for a volume that is plausible with either meaning of its separator: 1.234 or 1234 liters.
pub(super) fn check_ambiguous_volume(form: &Form) -> Option<FieldError> {
    if is_confirmed(form, "/volume") {
        return None;
    }
    let unit = VolumeUnit::try_from(form.get("volumeUnit").to_owned()).ok()?;
    let max = max_plausible_volume(unit) * 1000;
    let is_plausible = |volume: &str| {
        Fixed::<12, 3>::parse(volume).is_ok_and(|it| (1..=max).contains(&it.units()))
    };
    let volume = number::parse(form.get("volume"), NumberFormat::decimal(3)).ok()?;
    let Ambiguous { decimal, grouped } = volume.resolve(is_plausible).err()?;
    let sign = unit.symbol();
    Some(ambiguous("volume", &grouped, [&decimal, &grouped].map(|it| format!("{it} {sign}"))))
}

/// Checks for a price that is plausible with either meaning of its separator in its currency: 13.500 or
/// 13500 rupiah. In most other currencies, prices with three decimals are usual, such as 1.799 euros.
pub(super) fn check_ambiguous_price(form: &Form) -> Option<FieldError> {
    if is_confirmed(form, "/unitPrice") {
        return None;
    }
    let currency = Currency::parse(form.get("currency").trim())?;
    let typed = number::parse(form.get("unitPrice"), NumberFormat::decimal(4)).ok()?;
    let Ambiguous { decimal, grouped } = typed.resolve(|_| true).err()?;
    if !currency.has_large_amounts() {
        return None;
    }
    let sign = currency_symbol(currency.as_str());
    Some(ambiguous("unitPrice", &grouped, [&decimal, &grouped].map(|it| format!("{sign} {it}"))))
}

/// The error of a number that has two meanings: `grouped` is the second one, without its unit.
fn ambiguous(name: &str, grouped: &str, [first, second]: [String; 2]) -> FieldError {
    let detail = t!("fuel-logs-field-ambiguous", decimal = &first, grouped = grouped);
    let expected = t!("fuel-logs-expected-either", first = first, second = second);
    FieldError::implausible(name, detail, expected)
}

/// Checks for a missing reading, which is usually an oversight.
pub(super) fn check_missing_reading(form: &Form) -> Option<FieldError> {
    let is_empty = |name| form.get(name).trim().is_empty();
    let is_confirmed = is_confirmed(form, "/odometer");
    (is_empty("odometer") && is_empty("tripDistance") && !is_confirmed).then(|| {
        let expected = t!("fuel-logs-expected-reading");
        FieldError::implausible("odometer", t!("fuel-logs-field-reading-missing"), expected)
    })
}

#[cfg(test)]
mod tests {
    use super::{Form, VolumeUnit, check_ambiguous_price, check_ambiguous_volume};

    #[test]
    fn a_price_is_ambiguous_only_in_currencies_with_large_amounts() {
        let is_ambiguous = |typed: &str, currency: &str| {
            let form = Form::from_fields([
                ("unitPrice", typed.to_owned()),
                ("currency", currency.to_owned()),
            ]);
            check_ambiguous_price(&form).is_some()
        };
        for (typed, currency) in
            [("13.500", "IDR"), ("13,500", "IDR"), ("23.450", "VND"), ("1.234", "COP")]
        {
            assert!(is_ambiguous(typed, currency), "{typed} {currency}");
        }
        for (typed, currency) in
            [("1.799", "EUR"), ("3.459", "USD"), ("615.00", "HUF"), ("13500", "IDR"), ("", "IDR")]
        {
            assert!(!is_ambiguous(typed, currency), "{typed} {currency}");
        }
    }

    #[test]
    fn a_volume_is_ambiguous_only_if_both_interpretations_fit_in_a_tank() {
        let is_ambiguous = |typed: &str, unit: VolumeUnit| {
            let unit = unit.as_str().to_owned();
            let form = Form::from_fields([("volume", typed.to_owned()), ("volumeUnit", unit)]);
            check_ambiguous_volume(&form).is_some()
        };
        for typed in ["1.234", "1,234", "2,000"] {
            assert!(is_ambiguous(typed, VolumeUnit::Liters), "{typed}");
            assert!(!is_ambiguous(typed, VolumeUnit::GallonsUs), "{typed}");
        }
        for typed in ["40.123", "2,001", "0.500", "1234", "1.2340", "1 234", "1.23", "forty", ""] {
            assert!(!is_ambiguous(typed, VolumeUnit::Liters), "{typed}");
        }
    }
}
