use serde_json::{Value, json};

use super::account::{Account, merged};
use crate::{dates::Date, process::Result, vins::vin};

/// Each creates an account with its records. The first account is an administrator's.
pub(super) const ALL: [fn(&str) -> Result<Account>; 5] = [us, de, uk, jp, inactive];

/// A varying number between 8 and 14 with three decimals.
fn gallons(nth: i64) -> String {
    format!("{}.{:03}", 8 + nth * 5 % 6, nth * 377 % 1000)
}

/// Miles, US gallons and dollars.
fn us(url: &str) -> Result<Account> {
    let preferences = json!({
        "distanceUnit": "mi", "volumeUnit": "gal_us", "economyUnit": "mpg_us", "currency": "USD",
        "timeZone": "America/Denver", "theme": "dark",
    });
    let mut user = Account::new(url, "us@example.org", "Ann O’Neill", &preferences)?;
    let corner = user.station(&json!({
        "name": "Corner Gas", "brand": "Shell", "address": "12 Main St, Denver, CO 80202",
        "latitude": "39.73915", "longitude": "-104.9847", "phone": "+1 303 555 0100",
        "website": "https://corner.example", "fuelTypes": ["regular", "premium", "diesel"],
    }))?;
    let position = json!({ "name": "Route 66 Fuel", "latitude": "35.1", "longitude": "-106.6" });
    let closed = user.station(&position)?;
    let notes = json!({ "notes": "Cheap on Tuesdays.\nCash only." });
    user.put(&format!("/api/stations/{corner}/favorite"), &notes)?;
    accord(&mut user, &corner, &closed)?;
    truck(&mut user)?;

    // One reading is lower than the previous one.
    let coupe = user.vehicle(&json!({
        "vin": vin("1G1YY22G", "65100001"), "make": "Chevrolet", "model": "Corvette", "year": 2006,
    }))?;
    let day = Date::new(2021, 5, 1);
    for (nth, reading) in (0..).zip([1000, 1300, 1250, 1600, 1930]) {
        let form = json!({ "allowOdometerRollback": nth == 2 });
        user.fill_up(&coupe, day.after(nth * 20), reading, &gallons(nth), form)?;
    }

    let trash = user.vehicle(&json!({ "vin": vin("5YJSA1E2", "HF000337"), "nickname": "Sold" }))?;
    for nth in 0..3 {
        let day = Date::new(2021, 1, 1).after(nth * 7);
        user.fill_up(&trash, day, 20000 + nth * 260, &gallons(nth), Value::Null)?;
    }
    user.maintenance(&trash, json!({ "type": "brake_fluid", "dueDate": "2021-05-05" }))?;
    user.delete(&format!("/api/vehicles/{trash}"))?;
    let restored = user.vehicle(&json!({
        "vin": vin("2T1BURHE", "JC000001"), "nickname": "Restored", "odometerReading": 5,
    }))?;
    user.delete(&format!("/api/vehicles/{restored}"))?;
    user.post(&format!("/api/vehicles/{restored}/restore"), &json!({}))?;
    user.delete(&format!("/api/stations/{closed}"))?;
    Ok(user)
}

/// A long history: partial and missed fill-ups, two fill-ups at one stop, all forms of costs.
fn accord(user: &mut Account, corner: &str, closed: &str) -> Result {
    let accord = user.vehicle(&json!({
        "vin": "1HGCM82633A004352", "nickname": "Accord", "color": "Graphite",
        "licensePlate": "ABC-123", "odometerReading": 84210,
    }))?;
    let (day, mut reading) = (Date::new(2022, 1, 3), 84210);
    for nth in 0..48 {
        reading += if nth == 20 { 0 } else { 211 + nth * 53 % 97 };
        let form = history_form(nth, corner);
        let log = user.fill_up(&accord, day.after(nth * 9), reading, &gallons(nth), form)?;
        match nth {
            10 => {
                // Lower than the next one, so that the deleted reading has no lasting effect.
                let (day, reading) = (day.after(nth * 9 + 2), reading + 90);
                let deleted = user.fill_up(&accord, day, reading, "3.1", Value::Null)?;
                user.delete(&format!("/api/fuel-logs/{deleted}"))?;
            }
            40 => {
                let change = json!({ "gallons": "10.003", "totalCost": "40.00" });
                user.patch(&format!("/api/fuel-logs/{log}"), &change)?;
            }
            41 => {
                let change = json!({ "notes": "Corrected", "stationId": closed });
                user.patch(&format!("/api/fuel-logs/{log}"), &change)?;
            }
            _ => {}
        }
    }
    let inspection = json!({
        "date": day.after(430).to_string(), "reading": reading + 40, "notes": "At the inspection",
    });
    user.post(&format!("/api/vehicles/{accord}/odometer"), &inspection)?;
    accord_maintenance(user, &accord)
}

/// What the `nth` fill-up of the long history has besides the usual.
fn history_form(nth: i64, corner: &str) -> Value {
    let mut form = match nth % 5 {
        0 => json!({ "pricePerGallon": format!("3.{:03}", nth * 61 % 1000) }),
        1 => {
            let total = format!("{}.{:02}", 31 + nth % 9, nth * 17 % 100);
            json!({ "pricePerGallon": null, "totalCost": total })
        }
        2 => json!({ "pricePerGallon": "3.459", "totalCost": format!("{}.05", 30 + nth % 7) }),
        3 => json!({ "pricePerGallon": "4.009", "stationId": corner, "fuelType": "regular" }),
        _ => json!({
            "stationName": "Gas & Go – I-70", "notes": "Coupon:\n5 ¢ off", "fuelType": "premium",
        }),
    };
    if nth == 31 {
        form = json!({ "pricePerGallon": null });
    }
    if nth % 8 == 5 {
        form = merged(form, json!({ "isFull": false }));
    }
    if nth % 17 == 13 {
        form = merged(form, json!({ "missedPrevious": true }));
    }
    form
}

fn accord_maintenance(user: &mut Account, accord: &str) -> Result {
    let oil = user.maintenance(
        accord,
        json!({
            "type": "oil_change", "dueDate": "2022-06-01", "dueMileage": 88000,
            "intervalMonths": 6, "intervalMiles": 5000, "description": "0W-20",
        }),
    )?;
    let done = json!({
        "completedDate": "2022-06-04", "completedMileage": 88700, "cost": "64.95",
        "serviceLocation": "Quick Lube", "notes": "Filter, too",
    });
    user.post(&format!("/api/maintenance/{oil}/complete"), &done)?;
    for item in [
        json!({
            "type": "tire_rotation", "isCompleted": true, "completedDate": "2022-03-31",
            "completedMileage": 86900, "cost": "0.00",
        }),
        json!({ "type": "registration_renewal", "dueDate": "2061-01-31", "intervalMonths": 12 }),
        json!({ "type": "timing_belt", "dueMileage": 150_000 }),
    ] {
        user.maintenance(accord, item)?;
    }
    let wash = json!({ "type": "wash_and_wax", "dueDate": "2023-01-31", "intervalMonths": 1 });
    let later = user.maintenance(accord, wash)?;
    let postponed = json!({ "dueDate": "2060-02-29" });
    user.post(&format!("/api/maintenance/{later}/postpone"), &postponed)?;
    Ok(())
}

/// The odometer was replaced with one that showed more.
fn truck(user: &mut Account) -> Result {
    let truck = user.vehicle(&json!({
        "vin": vin("1FTEW1EP", "JFA12345"), "nickname": "Truck", "odometerReading": 98000,
    }))?;
    let odometer = format!("/api/vehicles/{truck}/odometer");
    user.post(&odometer, &json!({ "date": "2023-02-01", "reading": 98100 }))?;
    let replaced = json!({
        "date": "2023-03-01", "reading": 120_500, "previousReading": 98400, "isReplacement": true,
        "notes": "Used instrument cluster",
    });
    user.post(&odometer, &replaced)?;
    let day = Date::new(2023, 3, 2);
    for nth in 0..12 {
        let (reading, form) = (120_600 + nth * 240, json!({ "fuelType": "diesel" }));
        user.fill_up(&truck, day.after(nth * 10), reading, &gallons(nth + 3), form)?;
    }
    let plan = json!({ "plan": "ford", "startDate": "2023-01-15" });
    user.post(&format!("/api/vehicles/{truck}/maintenance-plan"), &plan)?;
    Ok(())
}

/// Kilometers, liters and euros.
fn de(url: &str) -> Result<Account> {
    let preferences = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "l_per_100km", "currency": "EUR",
        "timeZone": "Europe/Berlin", "theme": "light",
    });
    let mut user = Account::new(url, "de@example.org", "Jürgen Groß", &preferences)?;
    let station = user.station(&json!({
        "name": "Tankstelle Süd", "brand": "Aral", "latitude": "48.137154",
        "longitude": "11.576124", "fuelTypes": ["e5", "e10", "diesel"],
    }))?;
    user.put(&format!("/api/stations/{station}/favorite"), &json!({ "notes": "Günstig" }))?;
    let golf = user.vehicle(&json!({
        "vin": "WVWZZZ1KZ8W000001", "make": "Volkswagen", "model": "Golf", "year": 2008,
        "nickname": "Golf", "licensePlate": "M-AB 1234",
    }))?;
    let (day, mut kilometers) = (Date::new(2022, 7, 1), 128_000);
    for nth in 0..24_u8 {
        let step = i64::from(nth);
        kilometers += 480 + step * 37 % 90;
        // As the pages stored them: whole miles, and gallons with three decimals. A mile has 1.609344 km.
        let miles = (kilometers * 1_000_000 + 804_672) / 1_609_344;
        let volume = f64::from(35_000 + u32::from(nth) * 611 % 9_000) / 3_785.411_784;
        let price = (1.659 + f64::from(nth % 7) / 50.0) * 3.785_411_784;
        let mut form = json!({ "pricePerGallon": format!("{price:.3}"), "fuelType": "e10" });
        if nth % 6 == 4 {
            form = merged(form, json!({ "stationId": station, "isFull": false }));
        }
        if nth == 9 {
            form = merged(form, json!({ "missedPrevious": true }));
        }
        user.fill_up(&golf, day.after(step * 12), miles, &format!("{volume:.3}"), form)?;
    }
    let item = user.maintenance(
        &golf,
        json!({
            "type": "oil_change", "dueDate": "2022-09-01", "intervalMonths": 12,
            "intervalMiles": 9321,
        }),
    )?;
    let done =
        json!({ "completedDate": "2022-09-10", "completedMileage": 81300, "cost": "189.90" });
    user.post(&format!("/api/maintenance/{item}/complete"), &done)?;
    let inspection =
        json!({ "type": "hauptuntersuchung", "dueDate": "2060-03-31", "intervalMonths": 24 });
    user.maintenance(&golf, inspection)?;
    let roller = user.vehicle(&json!({
        "vin": "ZAPC3810000000001", "nickname": "Roller", "make": "Piaggio", "model": "Vespa",
        "year": 2019,
    }))?;
    let reading = json!({ "date": "2023-05-05", "reading": 1234 });
    user.post(&format!("/api/vehicles/{roller}/odometer"), &reading)?;
    Ok(user)
}

/// Miles, UK gallons and pounds.
fn uk(url: &str) -> Result<Account> {
    let preferences = json!({
        "distanceUnit": "mi", "volumeUnit": "gal_uk", "economyUnit": "mpg_uk", "currency": "GBP",
        "timeZone": "Europe/London",
    });
    let mut user = Account::new(url, "uk@example.org", "Zoë", &preferences)?;
    let mini = user.vehicle(&json!({
        "vin": "SARRAFBBAJP000001", "make": "Rover", "model": "Mini", "year": 1998,
        "nickname": "Mini", "odometerReading": 51234,
    }))?;
    let day = Date::new(2023, 1, 2);
    for nth in 0..16 {
        let mut form = json!({ "pricePerGallon": format!("5.{}", 600 + nth * 13 % 300) });
        if nth == 6 {
            form = merged(form, json!({ "isFull": false }));
        }
        let (reading, volume) =
            (51400 + nth * 187, format!("{}.{:03}", 5 + nth % 3, nth * 89 % 1000));
        user.fill_up(&mini, day.after(nth * 8), reading, &volume, form)?;
    }
    let test = json!({ "type": "mot_test", "dueDate": "2023-11-05", "intervalMonths": 12 });
    user.maintenance(&mini, test)?;
    let oil = json!({ "type": "oil_change", "dueMileage": 52000, "intervalMiles": 3000 });
    let skipped = user.maintenance(&mini, oil)?;
    user.post(&format!("/api/maintenance/{skipped}/skip"), &json!({}))?;
    Ok(user)
}

/// A currency without decimals whose stored totals have some.
fn jp(url: &str) -> Result<Account> {
    let preferences = json!({
        "distanceUnit": "km", "volumeUnit": "l", "economyUnit": "km_per_l", "currency": "JPY",
        "timeZone": "Asia/Tokyo",
    });
    let mut user = Account::new(url, "jp@example.org", "山田", &preferences)?;
    let car = user.vehicle(&json!({
        "vin": vin("JTDKN3DU", "A0000001"), "nickname": "プリウス", "make": "Toyota",
        "model": "Prius", "year": 2010,
    }))?;
    let day = Date::new(2023, 4, 1);
    for nth in 0..10 {
        let mut form = json!({ "pricePerGallon": "643.520" });
        if nth % 4 == 3 {
            form = merged(form, json!({ "totalCost": (5200 + nth * 11).to_string() }));
        }
        let (reading, volume) = (60000 + nth * 340, format!("8.{}", nth * 123 % 1000));
        user.fill_up(&car, day.after(nth * 14), reading, &volume, form)?;
    }
    let inspection = json!({
        "type": "shaken", "isCompleted": true, "completedDate": "2023-06-01",
        "completedMileage": 61000, "cost": "98000",
    });
    user.maintenance(&car, inspection)?;
    Ok(user)
}

/// A vehicle that is not in use.
fn inactive(url: &str) -> Result<Account> {
    let preferences = json!({
        "distanceUnit": "mi", "volumeUnit": "gal_us", "economyUnit": "mpg_us", "currency": "CAD",
        "timeZone": "America/Toronto",
    });
    let mut user = Account::new(url, "inactive@example.org", "Laid up", &preferences)?;
    let car = user.vehicle(&json!({
        "vin": vin("2HGES165", "2H500001"), "nickname": "Laid up", "isActive": false,
    }))?;
    for nth in 0..5 {
        let day = Date::new(2020, 2, 1).after(nth * 15);
        user.fill_up(&car, day, 90000 + nth * 280, &gallons(nth), Value::Null)?;
    }
    user.maintenance(&car, json!({ "type": "battery", "dueDate": "2020-06-01" }))?;
    user.inactive = vec![car];
    Ok(user)
}
