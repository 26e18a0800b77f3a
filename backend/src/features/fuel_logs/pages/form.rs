//! What a fill-up's form holds, and what it says in miles and US gallons.

use chrono::NaiveDate;

use crate::{
    core::{
        App, Error, Result,
        db::fixed::Fixed,
        error::Fault,
        http::{Form, Once},
        units::{Shown, VolumeUnit, day, plain_number},
        web::Errors,
    },
    features::{
        accounts::User,
        fuel_logs::{
            FuelLog, FuelType,
            service::{self, Contradiction},
        },
        vehicles::VehicleId,
    },
};

pub(super) const LABELS: &[(&str, &str)] = &[
    ("odometerReading", "Odometer"),
    ("gallons", "Volume"),
    ("pricePerGallon", "Price"),
    ("totalCost", "Total"),
    ("fuelType", "Fuel"),
    ("isFull", "Filled to the top"),
    ("date", "Date"),
    ("stationName", "Station"),
    ("stationId", "Favourite station"),
    ("missedPrevious", "I missed recording a fill-up before this one"),
    ("notes", "Notes"),
];

/// The form for a new fill-up of that fuel, if it is known.
pub(super) fn fresh(today: NaiveDate, fuel: Option<FuelType>) -> Form {
    Form::of([
        ("date", today.to_string()),
        ("fuelType", fuel.map_or("", FuelType::as_str).to_owned()),
        ("isFull", true.to_string()),
        (Once::FIELD, Once::fresh()),
    ])
}

/// The form as it stands for this fill-up.
pub(super) fn filled(log: &FuelLog, shown: &Shown) -> Form {
    Form::of([
        ("odometerReading", shown.typed_distance(log.odometer_reading.into())),
        ("gallons", shown.volume(log.gallons)),
        ("pricePerGallon", log.price_per_gallon.map(|it| shown.price(it)).unwrap_or_default()),
        ("totalCost", log.total_cost.map(|it| it.to_string()).unwrap_or_default()),
        ("fuelType", log.fuel_type.map_or("", FuelType::as_str).to_owned()),
        ("isFull", log.is_full.to_string()),
        ("date", log.date.to_string()),
        ("stationName", log.station_name.clone().unwrap_or_default()),
        ("stationId", log.station_id.map(|it| it.to_string()).unwrap_or_default()),
        ("missedPrevious", log.missed_previous.to_string()),
        ("notes", log.notes.clone().unwrap_or_default()),
    ])
}

/// The fields of `sent` in miles and US gallons. `typed` is the whole form that they are of.
pub(super) fn in_gallons(mut sent: Form, typed: &Form, shown: &Shown) -> Form {
    let is_meant = |form: &Form, name| form.typed.contains_key(name);
    let concerns_price = is_meant(&sent, "gallons") || is_meant(&sent, "pricePerGallon");
    // What the receipt says is volume times price as they were typed: after their conversion a
    // cent may be missing.
    if shown.volume != VolumeUnit::GallonsUs
        && concerns_price
        && sent.get("totalCost").trim().is_empty()
        && let Some(total) = total_of(typed.get("gallons"), typed.get("pricePerGallon"))
    {
        sent.set("pricePerGallon", typed.get("pricePerGallon").to_owned());
        sent.set("totalCost", total.to_string());
    }
    sent.map("odometerReading", |text| shown.distance.to_miles(text));
    sent.map("gallons", |text| shown.volume.to_gallons(text));
    sent.map("pricePerGallon", |text| shown.volume.to_price_of_gallon(text));
    sent.map("totalCost", plain_number);
    sent
}

fn total_of(volume: &str, price: &str) -> Option<Fixed<8, 2>> {
    let read = |typed: &str| Fixed::<9, 3>::parse(&plain_number(typed)).ok();
    let (volume, price) = (read(volume)?, read(price)?);
    // Millionths; cents are wanted.
    Fixed::from_ratio(i128::from(volume.units()) * i128::from(price.units()), 10_000)
}

/// Takes what was refused about fields; a reading out of order is told in the user's own units.
/// `sent` is what was refused, as a change to `log` if there is one.
pub(super) async fn refusal(
    app: &App,
    user: &User,
    error: Error,
    vehicle: VehicleId,
    sent: &Form,
    log: Option<&FuelLog>,
) -> Result<Errors> {
    let mut errors = Errors::of(error)?;
    let Some(fault) = errors.0.iter_mut().find(|it| it.kind == Some("odometer-order")) else {
        return Ok(errors);
    };
    let date = sent.get("date").parse().ok().or(log.map(|it| it.date));
    let reading = sent.get("odometerReading").parse().ok().or(log.map(|it| it.odometer_reading));
    if let Some((date, reading)) = date.zip(reading) {
        let except = log.map(|it| it.id);
        let found = service::contradiction(app, user, vehicle, (date, reading), except).await?;
        if let Some(found) = found {
            *fault = Fault { detail: told(&found, &user.0.preferences.shown()), ..fault.clone() };
        }
    }
    Ok(errors)
}

fn told(found: &Contradiction, shown: &Shown) -> String {
    let (relation, side) =
        if found.is_before { ("less than", "before") } else { ("more than", "after") };
    format!(
        "is {relation} the {} {} of the fill-up {side} it, on {}",
        shown.distance(found.other.odometer_reading.into()),
        shown.distance.sign(),
        day(found.other.date)
    )
}

#[cfg(test)]
mod tests {
    use super::{Form, Shown, in_gallons};
    use crate::core::units::{DistanceUnit, VolumeUnit};
    use crate::features::accounts::Preferences;

    fn metric() -> Shown {
        Shown {
            distance: DistanceUnit::Kilometres,
            volume: VolumeUnit::Litres,
            ..Preferences::default().shown()
        }
    }

    #[test]
    fn a_total_in_litres_is_the_receipts_own() {
        let typed = Form::of([
            ("gallons", "40,00".to_owned()),
            ("pricePerGallon", "1,799".to_owned()),
            ("totalCost", String::new()),
            ("odometerReading", "100 000".to_owned()),
        ]);
        let sent = in_gallons(typed.clone(), &typed, &metric());
        assert_eq!(sent.get("gallons"), "10.567");
        assert_eq!(sent.get("pricePerGallon"), "6.810");
        assert_eq!(sent.get("totalCost"), "71.96");
        assert_eq!(sent.get("odometerReading"), "62137");
    }

    #[test]
    fn what_is_no_number_is_left_for_the_reader_to_refuse() {
        let typed = Form::of([("gallons", "forty".to_owned()), ("totalCost", "dear".to_owned())]);
        let sent = in_gallons(typed.clone(), &typed, &metric());
        assert_eq!(sent.typed, typed.typed);
    }
}
