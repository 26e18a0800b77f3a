//! Finds implausible values of a fill-up, which the user must confirm. The rules are pure functions
//! of the vehicle's history.
//!
//! If the history is long enough, the limits are multiples of its median, which a few wrong values
//! barely affect. Otherwise the limits are fixed and wide.

use chrono::NaiveDate;

use super::{
    FuelLog,
    model::Derived,
    quantities::{Quantities, compute_amount},
    window::Neighbor,
};
use crate::{
    core::{
        db::fixed::Fixed,
        error::FieldError,
        locale::{Message, Value},
        money::{Currency, Money},
        units::{Distance, GALLON_US, KILOMETER, MILE, UnitPrice, Volume, VolumeUnit},
    },
    features::vehicles::odometer::{Contradiction, Side},
    t,
};

/// The maximum distance since the previous fill-up if the history is too short.
const MAX_DISTANCE: i64 = 1_000 * MILE;
/// The maximum distance per day.
const MAX_DISTANCE_PER_DAY: i64 = 1_500 * MILE;
/// The maximum odometer reading of a vehicle's first fill-up.
const MAX_FIRST_READING: i64 = 1_000_000 * KILOMETER;
/// The maximum volume if the history is too short.
const MAX_VOLUME: i64 = 100 * GALLON_US;
/// The maximum economy if the history is too short, in hundredths of a mile per US gallon.
const MAX_MPG: i64 = 12_000;
/// The distance, volume and economy (in hundredths of a mile per US gallon) that are plausible
/// whatever the history.
const ALWAYS_PLAUSIBLE: (i64, i64, i64) = (600 * MILE, 30 * GALLON_US, 6_000);
/// How many values make the history long enough.
const MIN_SAMPLES: usize = 5;

/// The values of the fill-ups before the checked one.
#[derive(Debug, Default)]
pub(super) struct History {
    distances: Vec<i64>,
    volumes: Vec<i64>,
    /// In hundredths of a mile per US gallon.
    economies: Vec<i64>,
    /// Per US gallon, in millionths of the currency.
    prices: Vec<(Currency, i64)>,
    /// The date and running total of the latest one with a reading.
    last: Option<(NaiveDate, i64)>,
}

impl History {
    /// Collects the values of the preceding fill-ups, nearest first.
    pub(super) fn of(before: &[Neighbor]) -> Self {
        let price = |it: &Neighbor| {
            let (amount, volume) = (it.money()?, it.volume_exact?);
            Some((amount.currency, price_per_gallon(amount, volume)?))
        };
        Self {
            distances: before
                .iter()
                .filter_map(|it| it.distance_exact)
                .filter(|it| *it > 0)
                .collect(),
            volumes: before.iter().filter_map(|it| it.volume_exact).collect(),
            economies: before.iter().filter_map(|it| Some(it.interval()?.mpg()?.units())).collect(),
            prices: before.iter().filter_map(price).collect(),
            last: before.iter().find(|it| it.has_reading()).map(|it| (it.date, it.total_exact)),
        }
    }
}

/// The price per US gallon, in millionths of the currency.
fn price_per_gallon(amount: Money, volume: i64) -> Option<i64> {
    let numerator = i128::from(amount.thousandths) * 1000 * i128::from(GALLON_US);
    i64::try_from(numerator.checked_div(volume.into())?).ok()
}

/// The median, if there are at least `min_samples` values.
fn median(values: &[i64], min_samples: usize) -> Option<i64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    (values.len() >= min_samples).then(|| values[values.len() / 2])
}

/// Finds the values of the request that look wrong.
pub(super) fn check(
    log: &FuelLog,
    quantities: &Quantities,
    (sets_date, distance_member): (bool, &'static str),
    history: &History,
    today: NaiveDate,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if sets_date && log.date > today {
        let detail = t!("fuel-logs-field-future", today = today);
        errors.push(FieldError::implausible("date", detail, up_to(today)));
    }
    if quantities.sends_distance() || sets_date {
        errors.extend(check_distance(log, distance_member, history));
    }
    let is_derived = log.derived == Derived::Volume && quantities.sends_payment();
    if quantities.volume.is_sent() || is_derived {
        errors.extend(check_volume(log, quantities, history));
    }
    if quantities.sends_payment() {
        errors.extend(
            check_payment(log, quantities).or_else(|| check_unit_price(log, quantities, history)),
        );
    }
    if (quantities.sends_distance() || quantities.volume.is_sent() || is_derived)
        && errors.is_empty()
    {
        errors.extend(check_economy(log, quantities, distance_member, history));
    }
    errors
}

/// Whether a reading from another source contradicts this one. A lower reading on a later day does
/// so only if the difference is large: people often add a vehicle with its current reading under an
/// inexact date, and then log older fill-ups.
pub(super) fn contradicts(found: &Contradiction, exact: i64) -> bool {
    match found.side {
        Side::Before => true,
        // A typo adds a digit. The distance driven in the meantime does not double the reading.
        Side::After => {
            exact > found.other.reading.exact().saturating_mul(2).saturating_add(MAX_DISTANCE)
        }
    }
}

/// Whether a reading exceeds the highest plausible one by so much that it must be a typo. The margin is
/// wide because the first reading of a vehicle is often an estimate.
pub(super) fn far_exceeds(exact: i64, max: i64) -> bool {
    exact > max.saturating_add(max / 2).saturating_add(10_000 * KILOMETER)
}

/// Describes the values up to a limit.
pub(super) fn up_to(limit: impl Into<Value>) -> Message {
    let limit: Value = limit.into();
    t!("fuel-logs-expected-up-to", limit = limit)
}

fn check_distance(log: &FuelLog, name: &'static str, history: &History) -> Option<FieldError> {
    let far = |at_most: i64, driven: i64| {
        let driven = Value::Distance(driven);
        let detail = if log.missed_previous {
            t!("fuel-logs-field-distance-missed", distance = driven)
        } else {
            t!("fuel-logs-field-distance", distance = driven)
        };
        Some(FieldError::implausible(name, detail, up_to(Value::Distance(at_most))))
    };
    let bound = median(&history.distances, MIN_SAMPLES)
        .map_or(MAX_DISTANCE, |it| it.saturating_mul(4).max(ALWAYS_PLAUSIBLE.0));
    if let Some(trip) = log.trip_distance {
        return if trip.exact() > bound { far(bound, trip.exact()) } else { None };
    }
    let reading = log.odometer?;
    let Some((date, total)) = history.last else {
        if reading.exact() <= MAX_FIRST_READING {
            return None;
        }
        let high = Distance::from_exact(MAX_FIRST_READING, reading.unit());
        let detail = t!("fuel-logs-field-reading-high");
        return Some(FieldError::implausible(name, detail, up_to(high)));
    };
    let driven = log.mileage.total - total;
    let days = (log.date - date).num_days().max(1);
    let at_most = if log.missed_previous {
        MAX_DISTANCE_PER_DAY.saturating_mul(days)
    } else {
        bound.min(MAX_DISTANCE_PER_DAY.saturating_mul(days))
    };
    if driven > at_most { far(at_most, driven) } else { None }
}

fn check_volume(log: &FuelLog, quantities: &Quantities, history: &History) -> Option<FieldError> {
    let volume = log.volume?;
    let bound = median(&history.volumes, MIN_SAMPLES)
        .map_or(MAX_VOLUME, |it| it.saturating_mul(3).max(ALWAYS_PLAUSIBLE.1));
    if volume.exact() <= bound {
        return None;
    }
    let most = Volume::from_exact(bound, volume.unit());
    // An implausible derived volume results from the price or the amount.
    let (name, detail) = if quantities.volume.is_sent() {
        (quantities.volume.name, t!("fuel-logs-field-volume", volume = volume))
    } else {
        let detail = t!("fuel-logs-field-volume-derived", volume = volume);
        (quantities.payment_member(), detail)
    };
    Some(FieldError::implausible(name, detail, up_to(most)))
}

/// Checks that volume, price and amount match if all three were entered.
fn check_payment(log: &FuelLog, quantities: &Quantities) -> Option<FieldError> {
    let (volume, price, amount) = (log.volume?, log.unit_price?, log.amount?);
    if log.derived != Derived::Nothing {
        return None;
    }
    let expected = compute_amount(volume, price, amount.currency)?;
    let apart = (expected.thousandths - amount.thousandths).abs();
    if apart <= amount.currency.cash_step() {
        return None;
    }
    let detail = t!("fuel-logs-field-total", expected = expected, given = amount,);
    let expected = Message::verbatim(expected.number());
    Some(FieldError::implausible(quantities.payment_member(), detail, expected))
}

fn check_unit_price(
    log: &FuelLog,
    quantities: &Quantities,
    history: &History,
) -> Option<FieldError> {
    let (volume, amount, unit_price) = (log.volume?, log.amount?, log.unit_price?);
    let of_currency: Vec<i64> =
        history.prices.iter().filter(|it| it.0 == amount.currency).map(|it| it.1).collect();
    let usual = median(&of_currency, MIN_SAMPLES).filter(|it| *it > 0)?;
    let now = price_per_gallon(amount, volume.exact())?;
    if (usual / 4..=usual.saturating_mul(4)).contains(&now) {
        return None;
    }
    // To the thousandth, like the prices on a pump.
    let usual = Fixed::from_units((usual + 500) / 1000 * 10)?;
    let usual = UnitPrice { value: usual, per: VolumeUnit::GallonsUs };
    let usual = Value::UnitPrice(usual, amount.currency);
    let price = Value::UnitPrice(unit_price, amount.currency);
    let member = quantities.payment_member();
    let detail = match member {
        "unitPrice" | "pricePerGallon" => {
            t!("fuel-logs-field-price", price = price, usual = usual.clone())
        }
        _ => t!("fuel-logs-field-price-derived", price = price, usual = usual.clone()),
    };
    let expected = t!("fuel-logs-expected-about", value = usual);
    Some(FieldError::implausible(member, detail, expected))
}

fn check_economy(
    log: &FuelLog,
    quantities: &Quantities,
    distance_member: &'static str,
    history: &History,
) -> Option<FieldError> {
    let interval = log.exact.interval?;
    let mpg = interval.mpg()?.units();
    let high = median(&history.economies, MIN_SAMPLES)
        .map_or(MAX_MPG, |it| it.saturating_mul(3).max(ALWAYS_PLAUSIBLE.2));
    if mpg <= high {
        return None;
    }
    let best = Value::Economy { distance: high.checked_mul(MILE)?, volume: 100 * GALLON_US };
    let expected = t!("fuel-logs-expected-no-better-than", limit = best);
    let name = if quantities.volume.is_sent() {
        quantities.volume.name
    } else if quantities.sends_distance() {
        distance_member
    } else {
        quantities.payment_member()
    };
    let economy = Value::Economy { distance: interval.distance, volume: interval.volume };
    let detail = t!("fuel-logs-field-economy", economy = economy);
    Some(FieldError::implausible(name, detail, expected))
}
