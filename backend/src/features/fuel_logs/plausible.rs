//! Values of a fill-up that look wrong and must be confirmed. Pure rules over the vehicle's history.
//!
//! If the history is long enough, the bounds come from its median, which a few wrong values do not
//! change. Otherwise they are fixed and wide.

use chrono::NaiveDate;

use super::{
    FuelLog,
    entered::{Entered, amount_of},
    model::Derived,
    window::Near,
};
use crate::core::{
    db::fixed::Fixed,
    error::FieldError,
    money::{Currency, Money},
    units::{
        Distance, EconomyUnit, GALLON_US, KILOMETER, MILE, UnitFormatter, UnitPrice, Volume,
        VolumeUnit, day,
    },
};
use crate::features::vehicles::odometer::{Contradiction, Side};

/// The longest distance on one tank, if the history is too short.
const FAR: i64 = 1_000 * MILE;
/// The longest distance in a day.
const FAR_IN_A_DAY: i64 = 1_500 * MILE;
/// The highest first reading.
const HIGH: i64 = 1_000_000 * KILOMETER;
/// The largest volume, if the history is too short.
const MUCH: i64 = 100 * GALLON_US;
/// The best economy, in hundredths of a mile per US gallon, if the history is too short.
const GOOD: i64 = 12_000;
/// Values up to these are never asked about, whatever the history: a distance, a volume, and an
/// economy in hundredths of a mile per US gallon.
const USUAL: (i64, i64, i64) = (600 * MILE, 30 * GALLON_US, 6_000);
/// How many values are a long enough history.
const ENOUGH: usize = 5;

/// The fill-ups before the one that is checked.
#[derive(Debug, Default)]
pub(super) struct History {
    distances: Vec<i64>,
    volumes: Vec<i64>,
    /// In hundredths of a mile per US gallon.
    economies: Vec<i64>,
    /// Per US gallon, in millionths of the currency.
    prices: Vec<(Currency, i64)>,
    /// The day and running total of the latest one with a reading.
    last: Option<(NaiveDate, i64)>,
}

impl History {
    /// From the fill-ups before one, the nearest first.
    pub(super) fn of(before: &[Near]) -> Self {
        let price = |it: &Near| {
            let (amount, volume) = (it.money()?, it.volume_exact?);
            Some((amount.currency, price(amount, volume)?))
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
            last: before.iter().find(|it| it.is_measured()).map(|it| (it.date, it.total_exact)),
        }
    }
}

/// The amount per US gallon, in millionths of the currency.
fn price(amount: Money, volume: i64) -> Option<i64> {
    let numerator = i128::from(amount.thousandths) * 1000 * i128::from(GALLON_US);
    i64::try_from(numerator.checked_div(volume.into())?).ok()
}

/// The median, if there are enough values.
fn median(values: &[i64], enough: usize) -> Option<i64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    (values.len() >= enough).then(|| values[values.len() / 2])
}

/// Every value of the request that looks wrong.
pub(super) fn check(
    log: &FuelLog,
    entered: &Entered,
    (is_dated, moved_by): (bool, &'static str),
    history: &History,
    today: NaiveDate,
    shown: &UnitFormatter,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if is_dated && log.date > today {
        let detail = format!("is in the future: today is {}", day(today));
        faults.push(FieldError::implausible("date", detail, format!("up to {}", day(today))));
    }
    if entered.moves() || is_dated {
        faults.extend(distance(log, moved_by, history, shown));
    }
    let is_derived = log.derived == Derived::Volume && entered.pays();
    if entered.volume.is_sent() || is_derived {
        faults.extend(volume(log, entered, history, shown));
    }
    if entered.pays() {
        faults.extend(
            payment(log, entered, shown).or_else(|| unit_price(log, entered, history, shown)),
        );
    }
    if (entered.moves() || entered.volume.is_sent() || is_derived) && faults.is_empty() {
        faults.extend(economy(log, entered, moved_by, history, shown));
    }
    faults
}

/// Whether another source's reading makes this one wrong, or only shows that the other's date is not
/// exact: people add a vehicle with its reading of today, and then older fill-ups.
pub(super) fn contradicts(found: &Contradiction, exact: i64) -> bool {
    match found.side {
        Side::Before => true,
        // A slip adds a digit; what is driven meanwhile does not double the reading.
        Side::After => exact > found.other.reading.exact().saturating_mul(2).saturating_add(FAR),
    }
}

/// Whether a reading is so much more than the highest plausible one that it can only be a slip. A first
/// reading that was entered by hand is often a rough one.
pub(super) fn is_far_beyond(exact: i64, most: i64) -> bool {
    exact > most.saturating_add(most / 2).saturating_add(10_000 * KILOMETER)
}

fn distance(
    log: &FuelLog,
    name: &'static str,
    history: &History,
    shown: &UnitFormatter,
) -> Option<FieldError> {
    let far = |at_most: i64, driven: i64| {
        let what_to_do = if log.missed_previous {
            "check the reading and the date, or confirm that it is right"
        } else {
            "check the reading, or mark that a fill-up is missing"
        };
        let detail = format!(
            "is {} {} since the previous fill-up: {what_to_do}",
            shown.exact_distance(driven),
            shown.distance.sign(),
        );
        let expected = format!("up to {} {}", shown.exact_distance(at_most), shown.distance.sign());
        Some(FieldError::implausible(name, detail, expected))
    };
    let bound =
        median(&history.distances, ENOUGH).map_or(FAR, |it| it.saturating_mul(4).max(USUAL.0));
    if let Some(trip) = log.trip_distance {
        return if trip.exact() > bound { far(bound, trip.exact()) } else { None };
    }
    let reading = log.odometer?;
    let Some((date, total)) = history.last else {
        if reading.exact() <= HIGH {
            return None;
        }
        let high = Distance::from_exact(HIGH, reading.unit());
        let high = shown.reading_with_unit(high);
        let detail = format!("is more than {high}");
        return Some(FieldError::implausible(name, detail, format!("up to {high}")));
    };
    let driven = log.places.total - total;
    let days = (log.date - date).num_days().max(1);
    let at_most = if log.missed_previous {
        FAR_IN_A_DAY.saturating_mul(days)
    } else {
        bound.min(FAR_IN_A_DAY.saturating_mul(days))
    };
    if driven > at_most { far(at_most, driven) } else { None }
}

fn volume(
    log: &FuelLog,
    entered: &Entered,
    history: &History,
    shown: &UnitFormatter,
) -> Option<FieldError> {
    let volume = log.volume?;
    let bound =
        median(&history.volumes, ENOUGH).map_or(MUCH, |it| it.saturating_mul(3).max(USUAL.1));
    if volume.exact() <= bound {
        return None;
    }
    let sign = shown.volume.sign();
    let most = shown.fuel(Volume::from_exact(bound, volume.unit()));
    let detail = format!("is {} {sign}, more than this vehicle usually takes", shown.fuel(volume));
    // A derived volume is wrong because of the price or the amount.
    let name = if entered.volume.is_sent() { entered.volume.name } else { entered.payment_name() };
    Some(FieldError::implausible(name, detail, format!("up to {most} {sign}")))
}

/// The fault if volume, price and amount were all entered and do not match.
fn payment(log: &FuelLog, entered: &Entered, shown: &UnitFormatter) -> Option<FieldError> {
    let (volume, price, amount) = (log.volume?, log.unit_price?, log.amount?);
    if log.derived != Derived::Nothing {
        return None;
    }
    let expected = amount_of(volume, price, amount.currency)?;
    let apart = (expected.thousandths - amount.thousandths).abs();
    if apart <= amount.currency.cash_step() {
        return None;
    }
    let detail = format!(
        "does not fit: volume times price is {}, not {}",
        shown.amount(expected),
        shown.amount(amount)
    );
    Some(FieldError::implausible(entered.payment_name(), detail, expected.number()))
}

fn unit_price(
    log: &FuelLog,
    entered: &Entered,
    history: &History,
    shown: &UnitFormatter,
) -> Option<FieldError> {
    let (volume, amount, unit_price) = (log.volume?, log.amount?, log.unit_price?);
    let of_currency: Vec<i64> =
        history.prices.iter().filter(|it| it.0 == amount.currency).map(|it| it.1).collect();
    let usual = median(&of_currency, ENOUGH).filter(|it| *it > 0)?;
    let now = price(amount, volume.exact())?;
    if (usual / 4..=usual.saturating_mul(4)).contains(&now) {
        return None;
    }
    let per = shown.volume;
    let usual = UnitPrice { value: Fixed::from_units(usual / 100)?, per: VolumeUnit::GallonsUs };
    let detail = format!(
        "makes the price {} per {}, far from the usual {}",
        shown.unit_price(unit_price, amount.currency),
        per.sign(),
        shown.unit_price(usual, amount.currency),
    );
    let expected = format!("about {}", shown.unit_price(usual, amount.currency));
    Some(FieldError::implausible(entered.payment_name(), detail, expected))
}

fn economy(
    log: &FuelLog,
    entered: &Entered,
    moved_by: &'static str,
    history: &History,
    shown: &UnitFormatter,
) -> Option<FieldError> {
    let interval = log.figures.interval?;
    let mpg = interval.mpg()?.units();
    let high =
        median(&history.economies, ENOUGH).map_or(GOOD, |it| it.saturating_mul(3).max(USUAL.2));
    if mpg <= high {
        return None;
    }
    let sign = shown.economy.sign();
    let now = interval.shown(shown)?;
    let best = shown.economy_of_mpg(Fixed::from_units(high)?)?;
    let expected = match shown.economy {
        EconomyUnit::LitersPer100Km => format!("at least {best} {sign}"),
        _ => format!("up to {best} {sign}"),
    };
    let name = if entered.volume.is_sent() {
        entered.volume.name
    } else if entered.moves() {
        moved_by
    } else {
        entered.payment_name()
    };
    let detail = format!("makes the economy {now} {sign}: check the volume and the reading");
    Some(FieldError::implausible(name, detail, expected))
}
