//! Values that are stored in several columns, or in another form.

use crate::{
    core::{
        db::fixed::Fixed,
        money::{Currency, Money, SumOfThousandths, Thousandths},
        record::known,
        units::{Distance, DistanceUnit, UnitPrice},
    },
    features::fuel_logs::{economy::Interval, model::Mileage},
};

/// The value of the reference schema's column: the reading or, if there is none, the last known
/// reading.
pub(in crate::features::fuel_logs) fn reference_reading(mileage: Mileage) -> i32 {
    Distance::from_exact(mileage.odometer, DistanceUnit::Miles).whole_miles()
}

/// The cost of an interval, as it is stored; `None` if it is unknown.
pub(in crate::features::fuel_logs) fn stored_cost(interval: Interval) -> Option<SumOfThousandths> {
    SumOfThousandths::from_units(interval.cost?.thousandths)
}

/// An amount from its columns.
pub(super) fn money_of(amount: Option<Thousandths>, currency: Option<&str>) -> Option<Money> {
    Some(Money { thousandths: amount?.units(), currency: Currency::stored(currency?)? })
}

/// A price from its columns.
pub(super) fn unit_price_of(value: Option<Fixed<12, 4>>, per: Option<&str>) -> Option<UnitPrice> {
    Some(UnitPrice { value: value?, per: known(per)? })
}

/// An interval from its columns.
pub(in crate::features::fuel_logs) fn interval_of(
    distance: Option<i64>,
    volume: Option<i64>,
    cost: Option<SumOfThousandths>,
    currency: Option<Currency>,
) -> Option<Interval> {
    let cost = cost.zip(currency);
    let cost = cost.map(|(it, currency)| Money { thousandths: it.units(), currency });
    Some(Interval { distance: distance?, volume: volume?, cost })
}

pub(super) fn split_words(stored: Option<&str>) -> Vec<String> {
    stored.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

pub(super) fn join_words(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}
