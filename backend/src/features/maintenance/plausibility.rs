//! Finds implausible values in completed items. They are accepted once the client confirms them.

use chrono::NaiveDate;

use super::{
    Item,
    forecast::{self, median},
    readings::{self, NearbyReadings},
    store,
};
use crate::{
    core::{
        Result, UserId,
        db::Tx,
        error::FieldError,
        input::Confirmed,
        locale::{Message, Value},
        money::Money,
        units::{Distance, MILE},
    },
    features::vehicles::VehicleId,
    t,
};

/// The highest plausible total of a vehicle without a history: a million kilometers.
const MAX_TOTAL: i64 = 10_000_000_000_000;
/// The longest plausible average daily distance if the rate of the vehicle is unknown, and the
/// lowest limit if it is known.
const DEFAULT_DAILY_LIMIT: i64 = 300 * MILE;
const MIN_DAILY_LIMIT: i64 = 100 * MILE;
/// The factor by which a vehicle may exceed its usual rate.
const RATE_FACTOR: i64 = 4;
/// The distance that a single trip may add.
const TRIP_ALLOWANCE: i64 = 1_000 * MILE;
/// The minimum number of amounts for a median, and the factor by which an amount may exceed it.
const MIN_AMOUNTS: usize = 5;
const AMOUNT_FACTOR: i64 = 100;

/// The members to check, by the names under which they were sent.
pub(super) struct Checks<'a> {
    pub(super) confirmed: &'a Confirmed,
    pub(super) date: Option<&'static str>,
    pub(super) reading: Option<&'static str>,
    pub(super) amount: Option<&'static str>,
}

/// Returns a fault for each implausible value that is not confirmed.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub(super) async fn faults(
    tx: &mut Tx,
    user: &UserId,
    item: &Item,
    checks: &Checks<'_>,
    today: NaiveDate,
) -> Result<Vec<FieldError>> {
    let mut faults = Vec::new();
    let Some(date) = item.completed_date.filter(|_| item.is_completed) else { return Ok(faults) };
    let is_unconfirmed = |it: &&str| !checks.confirmed.has(it);
    if let Some(name) = checks.date.filter(|it| is_unconfirmed(it) && date > today) {
        let expected = t!("maintenance-expected-date", date = today);
        faults.push(FieldError::implausible(name, t!("maintenance-field-future"), expected));
    }
    if let (Some(name), Some(reading)) =
        (checks.reading.filter(is_unconfirmed), item.completed_odometer)
    {
        let found = check_reading(tx, user, item.vehicle_id, (item, date, reading)).await?;
        faults.extend(found.map(|(why, expected)| FieldError::implausible(name, why, expected)));
    }
    if let (Some(name), Some(amount)) = (checks.amount.filter(is_unconfirmed), item.amount) {
        let mut others = store::list_recent_amounts(tx, user, amount.currency).await?;
        others.retain(|it| it.thousandths > 0);
        faults.extend(
            check_amount(amount, &others)
                .map(|(why, expected)| FieldError::implausible(name, why, expected)),
        );
    }
    Ok(faults)
}

/// Returns why a reading is implausible for the vehicle, and the expected range.
async fn check_reading(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (item, date, reading): (&Item, NaiveDate, Distance),
) -> Result<Option<(Message, Message)>> {
    let around = readings::load_nearby(tx, user, vehicle, date, Some(item.id.0)).await?;
    let offset = readings::replacement_offset(tx, user, vehicle, (date, reading)).await?;
    let (min, max) = plausible_range(&around, date);
    let total = reading.exact() + offset;
    if (min..=max).contains(&total) {
        return Ok(None);
    }
    let limit = |total: i64| {
        let reading = Distance::from_exact((total - offset).max(0), reading.unit());
        Value::Distance(reading.exact())
    };
    let expected = t!("maintenance-expected-range", least = limit(min), most = limit(max));
    let why = if total < min {
        t!("maintenance-field-reading-low", expected = &expected)
    } else {
        t!("maintenance-field-reading-high", expected = &expected)
    };
    Ok(Some((why, expected)))
}

/// Returns the lowest and the highest plausible running total on `date`.
fn plausible_range(around: &NearbyReadings, date: NaiveDate) -> (i64, i64) {
    let earlier = around.before.iter().find(|it| it.date < date);
    let min = earlier.map_or(0, |it| it.exact);
    let max = match earlier {
        Some(earlier) => {
            let rate = forecast::estimate_rate(&around.before);
            let daily = rate
                .map_or(DEFAULT_DAILY_LIMIT, |it| (it.fast() * RATE_FACTOR).max(MIN_DAILY_LIMIT));
            let days = date.signed_duration_since(earlier.date).num_days();
            earlier.exact.saturating_add(TRIP_ALLOWANCE).saturating_add(daily.saturating_mul(days))
        }
        None => MAX_TOTAL,
    };
    // The total cannot exceed a reading of a later date.
    let max = around.after.map_or(max, |it| it.exact.min(max));
    (min, max.max(min))
}

/// Returns why an amount is implausible compared with the user's other amounts in the currency, and
/// the expected maximum.
fn check_amount(amount: Money, others: &[Money]) -> Option<(Message, Message)> {
    let mut all: Vec<_> = others.iter().map(|it| it.thousandths).collect();
    let median_amount = median(&mut all).filter(|_| all.len() >= MIN_AMOUNTS)?;
    let max = median_amount.saturating_mul(AMOUNT_FACTOR);
    if amount.thousandths <= max {
        return None;
    }
    let median_amount = Money::from_ratio(median_amount.into(), 1, amount.currency)?;
    let detail = t!("maintenance-field-amount-high", factor = AMOUNT_FACTOR, usual = median_amount);
    let max = Money::from_ratio(max.into(), 1, amount.currency)?;
    Some((detail, t!("maintenance-expected-amount", most = max)))
}

#[cfg(test)]
mod tests {
    use super::{Money, check_amount};
    use crate::core::money::Currency;

    #[test]
    fn an_amount_is_compared_with_the_median_of_at_least_five() {
        let usd = |units: i64| Money { thousandths: units * 1000, currency: Currency::USD };
        let others: Vec<_> = [40, 60, 80, 5_000, 20].map(usd).to_vec();
        assert_eq!(check_amount(usd(6_000), &others), None);
        let (why, expected) = check_amount(usd(6_001), &others).unwrap();
        assert!(why.to_string().contains("$60.00"), "{why}");
        assert_eq!(expected.to_string(), "at most $6,000.00");
        assert_eq!(check_amount(usd(1_000_000), &others[..4]), None);
    }
}
