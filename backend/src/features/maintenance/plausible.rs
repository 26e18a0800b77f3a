//! Values of a completed item that look wrong: they are accepted once they are confirmed.

use chrono::NaiveDate;

use super::{
    Item,
    forecast::{self, median},
    readings::{self, Around},
    store,
};
use crate::{
    core::{
        Result, UserId,
        db::Tx,
        error::Fault,
        input::Confirmed,
        money::Money,
        units::{Distance, MILE, Shown, day},
    },
    features::vehicles::VehicleId,
};

/// The highest plausible reading of a vehicle without a history: a million kilometers.
const MOST_EVER: i64 = 10_000_000_000_000;
/// The longest plausible daily distance over a longer time, if the vehicle's own rate is not known;
/// and the daily distance that is never asked about.
const DAILY: i64 = 300 * MILE;
const DAILY_FLOOR: i64 = 100 * MILE;
/// The factor by which a vehicle may exceed its own rate.
const FACTOR: i64 = 4;
/// The distance that a single trip may add.
const TRIP: i64 = 1_000 * MILE;
/// How many amounts are needed for a median, and the factor by which an amount may exceed it.
const ENOUGH: usize = 5;
const DEAR: i64 = 100;

/// What to check of an item: the names of the members that were sent.
pub(super) struct Checks<'a> {
    pub(super) confirmed: &'a Confirmed,
    pub(super) date: Option<&'static str>,
    pub(super) reading: Option<&'static str>,
    pub(super) amount: Option<&'static str>,
}

/// What looks wrong about a completed item and is not confirmed.
///
/// # Errors
/// Unavailable where the database is unavailable.
pub(super) async fn faults(
    tx: &mut Tx,
    user: &UserId,
    item: &Item,
    checks: &Checks<'_>,
    (shown, today): (&Shown, NaiveDate),
) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let Some(date) = item.completed_date.filter(|_| item.is_completed) else { return Ok(faults) };
    let is_open = |it: &&str| !checks.confirmed.has(it);
    if let Some(name) = checks.date.filter(|it| is_open(it) && date > today) {
        let detail = "is in the future: correct the date, or confirm it";
        faults.push(Fault::implausible(name, detail, format!("{today} or earlier")));
    }
    if let (Some(name), Some(reading)) = (checks.reading.filter(is_open), item.completed_odometer) {
        let found = unlikely(tx, user, item.vehicle_id, (item, date, reading), shown).await?;
        faults.extend(found.map(|(why, expected)| Fault::implausible(name, why, expected)));
    }
    if let (Some(name), Some(amount)) = (checks.amount.filter(is_open), item.amount) {
        let mut others = store::amounts(tx, user, amount.currency).await?;
        others.retain(|it| it.thousandths > 0);
        faults.extend(
            dear(amount, &others, shown)
                .map(|(why, expected)| Fault::implausible(name, why, expected)),
        );
    }
    Ok(faults)
}

/// Why a reading looks wrong compared with the vehicle's others, and what was expected.
async fn unlikely(
    tx: &mut Tx,
    user: &UserId,
    vehicle: VehicleId,
    (item, date, reading): (&Item, NaiveDate, Distance),
    shown: &Shown,
) -> Result<Option<(String, String)>> {
    let around = readings::around(tx, user, vehicle, date, Some(item.id.0)).await?;
    let offset = readings::counted_before(tx, user, vehicle, (date, reading)).await?;
    let (least, most) = range(&around, date);
    let total = reading.exact() + offset;
    if (least..=most).contains(&total) {
        return Ok(None);
    }
    let sign = shown.distance.sign();
    let text = |total: i64| {
        let reading = Distance::from_exact((total - offset).max(0), reading.unit());
        format!("{} {sign}", shown.exact_distance(reading.exact()))
    };
    let expected = format!("{} to {}", text(least), text(most));
    let why = if total < least {
        format!("is less than the vehicle's reading before {}", day(date))
    } else {
        "is far more than the vehicle's other readings suggest".to_owned()
    };
    Ok(Some((format!("{why}: {expected} expected. Correct it, or confirm it"), expected)))
}

/// The lowest and the highest plausible running total on `date`.
fn range(around: &Around, date: NaiveDate) -> (i64, i64) {
    let earlier = around.before.iter().find(|it| it.date < date);
    let least = earlier.map_or(0, |it| it.exact);
    let most = match earlier {
        Some(earlier) => {
            let rate = forecast::rate(&around.before);
            let daily = rate.map_or(DAILY, |it| (it.fast() * FACTOR).max(DAILY_FLOOR));
            let days = date.signed_duration_since(earlier.date).num_days();
            earlier.exact.saturating_add(TRIP).saturating_add(daily.saturating_mul(days))
        }
        None => MOST_EVER,
    };
    // The vehicle cannot have exceeded a reading of a later day.
    let most = around.after.map_or(most, |it| it.exact.min(most));
    (least, most.max(least))
}

/// Why an amount looks wrong compared with the user's others in its currency, and what was expected.
fn dear(amount: Money, others: &[Money], shown: &Shown) -> Option<(String, String)> {
    let mut all: Vec<_> = others.iter().map(|it| it.thousandths).collect();
    let usual = median(&mut all).filter(|_| all.len() >= ENOUGH)?;
    let most = usual.saturating_mul(DEAR);
    if amount.thousandths <= most {
        return None;
    }
    let usual = Money::from_ratio(usual.into(), 1, amount.currency)?;
    let detail = format!(
        "is more than {DEAR} times what your services usually cost, which is {}. Correct it, or \
         confirm it",
        shown.amount(usual),
    );
    let most = Money::from_ratio(most.into(), 1, amount.currency)?;
    Some((detail, format!("at most {}", shown.amount(most))))
}

#[cfg(test)]
mod tests {
    use super::{Money, Shown, dear};
    use crate::{core::money::Currency, features::accounts::Preferences};

    #[test]
    fn an_amount_is_compared_with_the_median_of_five_or_more() {
        let shown: Shown = Preferences::default().display_units();
        let usd = |units: i64| Money { thousandths: units * 1000, currency: Currency::USD };
        let others: Vec<_> = [40, 60, 80, 5_000, 20].map(usd).to_vec();
        assert_eq!(dear(usd(6_000), &others, &shown), None);
        let (why, expected) = dear(usd(6_001), &others, &shown).unwrap();
        assert!(why.contains("$60.00"), "{why}");
        assert_eq!(expected, "at most $6,000.00");
        assert_eq!(dear(usd(1_000_000), &others[..4], &shown), None);
    }
}
