//! Values that can be sent in two forms: as entered, or as the reference schema stores them.

use super::model::Cost;
use crate::core::{
    error::Fault,
    input::{Clearable, Odometer},
    money::{Amount, Currency, Money, Thousandths},
    units::{Distance, DistanceUnit, MILE, typed_or_miles},
};

/// A distance that can be sent with its unit or in whole miles, by the names of the two members.
pub(super) struct Pair {
    /// The member with a unit.
    pub(super) typed: &'static str,
    /// The member in whole miles.
    pub(super) miles: &'static str,
    /// Whether it is an interval, which can't be zero.
    is_interval: bool,
}

/// The odometer reading that an item is due at.
pub(super) const DUE: Pair = Pair { typed: "dueOdometer", miles: "dueMileage", is_interval: false };
/// The odometer reading when an item was done.
pub(super) const COMPLETED: Pair =
    Pair { typed: "completedOdometer", miles: "completedMileage", is_interval: false };
/// The distance after which an item repeats.
pub(super) const INTERVAL: Pair =
    Pair { typed: "intervalDistance", miles: "intervalMiles", is_interval: true };

/// The longest interval, in tenths of a millimeter.
const LONGEST: i64 = 1_000_000 * MILE;

impl Pair {
    /// The distance that a new item gives.
    pub(super) fn of_new(
        &self,
        typed: Option<Distance>,
        miles: Option<Odometer>,
        faults: &mut Vec<Fault>,
    ) -> Option<Distance> {
        let typed = typed.filter(|it| self.check(*it, faults));
        typed_or_miles(typed, miles).unwrap_or_else(|detail| {
            faults.push(Fault::at(self.miles, detail));
            None
        })
    }

    /// The distance after a change.
    pub(super) fn of_change(
        &self,
        (typed, miles): (Clearable<Distance>, Clearable<Odometer>),
        current: Option<Distance>,
        faults: &mut Vec<Fault>,
    ) -> Option<Distance> {
        match (typed, miles) {
            (Clearable::Keep, Clearable::Keep) => current,
            (Clearable::Set(typed), Clearable::Keep) => self.of_new(Some(typed), None, faults),
            (Clearable::Keep, Clearable::Set(miles)) => self.of_new(None, Some(miles), faults),
            (Clearable::Set(typed), Clearable::Set(miles)) => {
                self.of_new(Some(typed), Some(miles), faults)
            }
            (Clearable::Set(_), Clearable::Clear) | (Clearable::Clear, Clearable::Set(_)) => {
                let detail = format!("contradicts {}: send one of the two", self.typed);
                faults.push(Fault::at(self.miles, detail));
                current
            }
            _ => None,
        }
    }

    fn check(&self, typed: Distance, faults: &mut Vec<Fault>) -> bool {
        let shortest = typed.unit().exact();
        let fits = !self.is_interval || (shortest..=LONGEST).contains(&typed.exact());
        if !fits {
            let longest = Distance::from_exact(LONGEST, DistanceUnit::Miles).in_unit(typed.unit());
            let detail = format!("must be from 1 to {} {}", longest.value(), typed.unit().sign());
            faults.push(Fault::at(self.typed, detail));
        }
        fits
    }
}

/// The amount paid in the forms that can be sent.
pub(super) struct Entered {
    pub(super) amount: Clearable<Amount>,
    pub(super) cost: Clearable<Cost>,
    pub(super) currency: Clearable<Currency>,
}

fn clearable<T>(value: Option<T>) -> Clearable<T> {
    value.map_or(Clearable::Keep, Clearable::Set)
}

impl Entered {
    pub(super) fn new(
        amount: Option<Amount>,
        cost: Option<Cost>,
        currency: Option<Currency>,
    ) -> Self {
        Self { amount: clearable(amount), cost: clearable(cost), currency: clearable(currency) }
    }

    /// The amount after a request: in the currency that was sent, or else the record's, or else
    /// `default`.
    pub(super) fn change(
        self,
        current: Option<Money>,
        default: Currency,
        faults: &mut Vec<Fault>,
    ) -> Option<Money> {
        let currency = match self.currency {
            Clearable::Keep => current.map_or(default, |it| it.currency),
            Clearable::Clear => default,
            Clearable::Set(currency) => currency,
        };
        let mut refuse = |name: &str, detail: String| {
            faults.push(Fault::at(name, detail));
            current
        };
        let contradicts = || "contradicts amount: send one of the two".to_owned();
        match (self.amount, self.cost) {
            (Clearable::Keep, Clearable::Keep) => match current {
                Some(money) if money.currency != currency => {
                    match in_thousandths(money.thousandths, currency) {
                        Ok(money) => Some(money),
                        Err(detail) => refuse("currency", detail),
                    }
                }
                _ => current,
            },
            (Clearable::Set(amount), cost) => match amount.of(currency) {
                Err(detail) => refuse("amount", detail),
                Ok(money) => match cost {
                    Clearable::Set(cost) if money.in_cents() != Some(cost) => {
                        refuse("cost", contradicts())
                    }
                    Clearable::Clear if money.in_cents().is_some() => refuse("cost", contradicts()),
                    _ => Some(money),
                },
            },
            (Clearable::Keep, Clearable::Set(cost)) => {
                match in_thousandths(cost.units() * 10, currency) {
                    Ok(money) => Some(money),
                    Err(detail) => refuse("cost", detail),
                }
            }
            (Clearable::Clear, Clearable::Set(_)) => refuse("cost", contradicts()),
            _ => None,
        }
    }
}

fn in_thousandths(thousandths: i64, currency: Currency) -> Result<Money, String> {
    let amount = Thousandths::from_units(thousandths).unwrap_or(Thousandths::MAX);
    Amount::of_thousandths(amount).of(currency)
}

#[cfg(test)]
mod tests {
    use super::{
        Amount, COMPLETED, Clearable, Cost, Currency, Distance, DistanceUnit, Entered, INTERVAL,
        Money, Odometer, Thousandths,
    };

    fn km(km: i64) -> Distance {
        Distance::of_tenths(km * 10, DistanceUnit::Kilometres)
    }

    #[test]
    fn miles_alone_become_the_typed_value() {
        let mut faults = Vec::new();
        let change = (Clearable::Keep, Clearable::Set(Odometer(7)));
        let changed = COMPLETED.of_change(change, Some(km(12)), &mut faults);
        assert_eq!((changed, faults.len()), (Some(Distance::miles(7)), 0));
    }

    #[test]
    fn two_forms_that_contradict_each_other_are_refused_at_the_miles() {
        let pointers = |change: (Clearable<Distance>, Clearable<Odometer>)| {
            let mut faults = Vec::new();
            COMPLETED.of_change(change, None, &mut faults);
            faults.into_iter().map(|it| it.pointer).collect::<Vec<_>>()
        };
        let set = |miles| Clearable::Set(Odometer(miles));
        assert_eq!(pointers((Clearable::Set(km(12_346)), set(7671))), [""; 0]);
        assert_eq!(pointers((Clearable::Set(km(12_346)), set(7672))), ["/completedMileage"]);
        assert_eq!(pointers((Clearable::Clear, set(7672))), ["/completedMileage"]);
        assert_eq!(pointers((Clearable::Set(km(1)), Clearable::Clear)), ["/completedMileage"]);
    }

    #[test]
    fn intervals_have_bounds_in_either_unit() {
        for (distance, is_taken) in [
            (km(0), false),
            (km(1), true),
            (km(15_000), true),
            (km(1_609_344), true),
            (km(1_609_345), false),
            (Distance::miles(1_000_000), true),
            (Distance::miles(1_000_001), false),
        ] {
            let mut faults = Vec::new();
            INTERVAL.of_new(Some(distance), None, &mut faults);
            assert_eq!(faults.is_empty(), is_taken, "{}", distance.value());
        }
    }

    #[test]
    fn an_amount_stays_in_its_records_currency() {
        let (huf, usd) = (Currency::parse("HUF").unwrap(), Currency::USD);
        let jpy = Currency::parse("JPY").unwrap();
        let amount =
            |units| Clearable::Set(Amount::of_thousandths(Thousandths::from_units(units).unwrap()));
        let cost = |cents| Clearable::Set(Cost::from_units(cents).unwrap());
        let stored = Some(Money { thousandths: 1_500, currency: huf });
        let change = |amount, cost, currency| {
            let mut faults = Vec::new();
            let paid = Entered { amount, cost, currency }.change(stored, usd, &mut faults);
            let pointers: Vec<_> = faults.into_iter().map(|it| it.pointer).collect();
            (paid.map(|it| (it.thousandths, it.currency)), pointers.join(" "))
        };
        for (amount, cost, currency, wanted, fault) in [
            (Clearable::Keep, Clearable::Keep, Clearable::Keep, Some((1_500, huf)), ""),
            (amount(2_000), Clearable::Keep, Clearable::Keep, Some((2_000, huf)), ""),
            (Clearable::Keep, cost(300), Clearable::Keep, Some((3_000, huf)), ""),
            (amount(2_000), cost(200), Clearable::Set(usd), Some((2_000, usd)), ""),
            (amount(2_000), cost(201), Clearable::Keep, Some((1_500, huf)), "/cost"),
            (
                Clearable::Keep,
                Clearable::Keep,
                Clearable::Set(jpy),
                Some((1_500, huf)),
                "/currency",
            ),
            (amount(1_500), Clearable::Keep, Clearable::Set(jpy), Some((1_500, huf)), "/amount"),
            (Clearable::Keep, cost(150), Clearable::Set(jpy), Some((1_500, huf)), "/cost"),
            (Clearable::Clear, Clearable::Keep, Clearable::Keep, None, ""),
            (Clearable::Keep, Clearable::Clear, Clearable::Keep, None, ""),
        ] {
            assert_eq!(change(amount, cost, currency), (wanted, fault.to_owned()));
        }
    }
}
