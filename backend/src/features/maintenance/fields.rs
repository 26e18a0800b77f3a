//! Request fields that set one value in two forms: as entered, or as in the reference schema.

use super::model::Cost;
use crate::{
    core::{
        error::FieldError,
        input::{Clearable, Odometer},
        locale::{self, Message},
        money::{Amount, Currency, Money, Thousandths},
        units::{Distance, DistanceUnit, MILE, distance_or_miles},
    },
    t,
};

/// The names of the two members for a distance: with a unit, or in whole miles.
pub(super) struct DistanceFields {
    /// The member with a unit.
    pub(super) typed: &'static str,
    /// The member in whole miles.
    pub(super) miles: &'static str,
    /// Whether the distance is an interval, which must not be zero.
    is_interval: bool,
}

/// The odometer reading at which an item is due.
pub(super) const DUE: DistanceFields =
    DistanceFields { typed: "dueOdometer", miles: "dueMileage", is_interval: false };
/// The odometer reading when an item was completed.
pub(super) const COMPLETED: DistanceFields =
    DistanceFields { typed: "completedOdometer", miles: "completedMileage", is_interval: false };
/// The distance after which an item repeats.
pub(super) const INTERVAL: DistanceFields =
    DistanceFields { typed: "intervalDistance", miles: "intervalMiles", is_interval: true };

/// The longest interval, in tenths of a millimeter.
const MAX_INTERVAL: i64 = 1_000_000 * MILE;

impl DistanceFields {
    /// Returns the distance of a new item.
    pub(super) fn resolve_new(
        &self,
        typed: Option<Distance>,
        miles: Option<Odometer>,
        faults: &mut Vec<FieldError>,
    ) -> Option<Distance> {
        let typed = typed.filter(|it| self.check(*it, faults));
        distance_or_miles(typed, miles).unwrap_or_else(|detail| {
            faults.push(FieldError::at(self.miles, detail));
            None
        })
    }

    /// Returns the distance after a change.
    pub(super) fn resolve_change(
        &self,
        (typed, miles): (Clearable<Distance>, Clearable<Odometer>),
        current: Option<Distance>,
        faults: &mut Vec<FieldError>,
    ) -> Option<Distance> {
        match (typed, miles) {
            (Clearable::Unchanged, Clearable::Unchanged) => current,
            (Clearable::Set(typed), Clearable::Unchanged) => {
                self.resolve_new(Some(typed), None, faults)
            }
            (Clearable::Unchanged, Clearable::Set(miles)) => {
                self.resolve_new(None, Some(miles), faults)
            }
            (Clearable::Set(typed), Clearable::Set(miles)) => {
                self.resolve_new(Some(typed), Some(miles), faults)
            }
            (Clearable::Set(_), Clearable::Clear) | (Clearable::Clear, Clearable::Set(_)) => {
                let detail = t!("maintenance-field-contradicts", name = self.typed);
                faults.push(FieldError::at(self.miles, detail));
                current
            }
            _ => None,
        }
    }

    fn check(&self, typed: Distance, faults: &mut Vec<FieldError>) -> bool {
        let min = typed.unit().exact();
        let is_in_range = !self.is_interval || (min..=MAX_INTERVAL).contains(&typed.exact());
        if !is_in_range {
            let max = Distance::from_exact(MAX_INTERVAL, DistanceUnit::Miles).in_unit(typed.unit());
            let most = locale::number(&max.value());
            let unit = typed.unit().symbol();
            let detail = t!("maintenance-field-interval", most = most, unit = unit);
            faults.push(FieldError::at(self.typed, detail));
        }
        is_in_range
    }
}

/// The fields that set the amount paid.
pub(super) struct AmountFields {
    pub(super) amount: Clearable<Amount>,
    pub(super) cost: Clearable<Cost>,
    pub(super) currency: Clearable<Currency>,
}

fn set_or_keep<T>(value: Option<T>) -> Clearable<T> {
    value.map_or(Clearable::Unchanged, Clearable::Set)
}

impl AmountFields {
    pub(super) fn new(
        amount: Option<Amount>,
        cost: Option<Cost>,
        currency: Option<Currency>,
    ) -> Self {
        Self {
            amount: set_or_keep(amount),
            cost: set_or_keep(cost),
            currency: set_or_keep(currency),
        }
    }

    /// Returns the amount after a request. The currency is the one that was sent, or else the one
    /// of the record, or else `default`.
    pub(super) fn resolve(
        self,
        current: Option<Money>,
        default: Currency,
        faults: &mut Vec<FieldError>,
    ) -> Option<Money> {
        let currency = match self.currency {
            Clearable::Unchanged => current.map_or(default, |it| it.currency),
            Clearable::Clear => default,
            Clearable::Set(currency) => currency,
        };
        let mut reject = |name: &str, detail: Message| {
            faults.push(FieldError::at(name, detail));
            current
        };
        let contradicts = || t!("maintenance-field-contradicts", name = "amount");
        match (self.amount, self.cost) {
            (Clearable::Unchanged, Clearable::Unchanged) => match current {
                Some(money) if money.currency != currency => {
                    match to_money(money.thousandths, currency) {
                        Ok(money) => Some(money),
                        Err(detail) => reject("currency", detail),
                    }
                }
                _ => current,
            },
            (Clearable::Set(amount), cost) => match amount.of(currency) {
                Err(detail) => reject("amount", detail),
                Ok(money) => match cost {
                    Clearable::Set(cost) if money.in_cents() != Some(cost) => {
                        reject("cost", contradicts())
                    }
                    Clearable::Clear if money.in_cents().is_some() => reject("cost", contradicts()),
                    _ => Some(money),
                },
            },
            (Clearable::Unchanged, Clearable::Set(cost)) => {
                match to_money(cost.units() * 10, currency) {
                    Ok(money) => Some(money),
                    Err(detail) => reject("cost", detail),
                }
            }
            (Clearable::Clear, Clearable::Set(_)) => reject("cost", contradicts()),
            _ => None,
        }
    }
}

fn to_money(thousandths: i64, currency: Currency) -> Result<Money, Message> {
    let amount = Thousandths::from_units(thousandths).unwrap_or(Thousandths::MAX);
    Amount::of_thousandths(amount).of(currency)
}

#[cfg(test)]
mod tests {
    use super::{
        Amount, AmountFields, COMPLETED, Clearable, Cost, Currency, Distance, DistanceUnit,
        INTERVAL, Money, Odometer, Thousandths,
    };

    fn km(km: i64) -> Distance {
        Distance::of_tenths(km * 10, DistanceUnit::Kilometers)
    }

    #[test]
    fn miles_alone_set_the_distance() {
        let mut faults = Vec::new();
        let change = (Clearable::Unchanged, Clearable::Set(Odometer(7)));
        let changed = COMPLETED.resolve_change(change, Some(km(12)), &mut faults);
        assert_eq!((changed, faults.len()), (Some(Distance::miles(7)), 0));
    }

    #[test]
    fn contradicting_values_are_reported_on_the_miles_member() {
        let pointers = |change: (Clearable<Distance>, Clearable<Odometer>)| {
            let mut faults = Vec::new();
            COMPLETED.resolve_change(change, None, &mut faults);
            faults.into_iter().map(|it| it.pointer).collect::<Vec<_>>()
        };
        let set = |miles| Clearable::Set(Odometer(miles));
        assert_eq!(pointers((Clearable::Set(km(12_346)), set(7671))), [""; 0]);
        assert_eq!(pointers((Clearable::Set(km(12_346)), set(7672))), ["/completedMileage"]);
        assert_eq!(pointers((Clearable::Clear, set(7672))), ["/completedMileage"]);
        assert_eq!(pointers((Clearable::Set(km(1)), Clearable::Clear)), ["/completedMileage"]);
    }

    #[test]
    fn intervals_are_limited_in_both_units() {
        for (distance, is_accepted) in [
            (km(0), false),
            (km(1), true),
            (km(15_000), true),
            (km(1_609_344), true),
            (km(1_609_345), false),
            (Distance::miles(1_000_000), true),
            (Distance::miles(1_000_001), false),
        ] {
            let mut faults = Vec::new();
            INTERVAL.resolve_new(Some(distance), None, &mut faults);
            assert_eq!(faults.is_empty(), is_accepted, "{}", distance.value());
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
            let paid = AmountFields { amount, cost, currency }.resolve(stored, usd, &mut faults);
            let pointers: Vec<_> = faults.into_iter().map(|it| it.pointer).collect();
            (paid.map(|it| (it.thousandths, it.currency)), pointers.join(" "))
        };
        for (amount, cost, currency, expected, fault) in [
            (
                Clearable::Unchanged,
                Clearable::Unchanged,
                Clearable::Unchanged,
                Some((1_500, huf)),
                "",
            ),
            (amount(2_000), Clearable::Unchanged, Clearable::Unchanged, Some((2_000, huf)), ""),
            (Clearable::Unchanged, cost(300), Clearable::Unchanged, Some((3_000, huf)), ""),
            (amount(2_000), cost(200), Clearable::Set(usd), Some((2_000, usd)), ""),
            (amount(2_000), cost(201), Clearable::Unchanged, Some((1_500, huf)), "/cost"),
            (
                Clearable::Unchanged,
                Clearable::Unchanged,
                Clearable::Set(jpy),
                Some((1_500, huf)),
                "/currency",
            ),
            (
                amount(1_500),
                Clearable::Unchanged,
                Clearable::Set(jpy),
                Some((1_500, huf)),
                "/amount",
            ),
            (Clearable::Unchanged, cost(150), Clearable::Set(jpy), Some((1_500, huf)), "/cost"),
            (Clearable::Clear, Clearable::Unchanged, Clearable::Unchanged, None, ""),
            (Clearable::Unchanged, Clearable::Clear, Clearable::Unchanged, None, ""),
        ] {
            assert_eq!(change(amount, cost, currency), (expected, fault.to_owned()));
        }
    }
}
