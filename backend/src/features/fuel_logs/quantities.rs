//! The quantities of a request: reading, trip distance, volume, price and amount. They are merged
//! with the stored fill-up, and one of volume, price and amount is derived from the other two.

use super::{
    FuelLog,
    model::{Cost, Derived, FuelLogChange, Gallons, NewFuelLog, Price},
};
use crate::{
    core::{
        db::fixed::{Fixed, divide_rounded},
        error::FieldError,
        input::Clearable,
        money::{Amount, Currency, Money, Thousandths},
        units::{Distance, UnitPrice, Volume, VolumeUnit},
    },
    t,
};

/// A value in a request, and the name of the JSON member that it was sent as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<T> {
    pub(super) value: Sent<T>,
    /// The JSON member to report errors for.
    pub(super) name: &'static str,
}

/// How a request changes a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent<T> {
    Nothing,
    Clear,
    Set(T),
}

impl<T> Member<T> {
    /// Whether the request sets or clears the value.
    pub(super) fn is_sent(&self) -> bool {
        !matches!(self.value, Sent::Nothing)
    }

    fn is_set(&self) -> bool {
        matches!(self.value, Sent::Set(_))
    }

    fn is_cleared(&self) -> bool {
        matches!(self.value, Sent::Clear)
    }

    /// The value after the request.
    fn or(self, current: Option<T>) -> Option<T> {
        match self.value {
            Sent::Nothing => current,
            Sent::Clear => None,
            Sent::Set(value) => Some(value),
        }
    }
}

/// The quantities of a fill-up in a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quantities {
    pub(super) odometer: Member<Distance>,
    pub(super) trip: Member<Distance>,
    pub(super) volume: Member<Volume>,
    pub(super) price: Member<UnitPrice>,
    pub(super) amount: Member<Amount>,
    currency: Option<Currency>,
    is_new: bool,
}

/// Merges the two forms of a value: with a unit, and in the unit of the reference schema.
fn merge_forms<T: Copy, S: Copy>(
    (typed, typed_name): (Clearable<T>, &'static str),
    (reference, reference_name): (Clearable<S>, &'static str),
    convert: fn(S) -> T,
    agree: fn(T, Option<S>) -> bool,
    errors: &mut Vec<FieldError>,
) -> Member<T> {
    let (value, name) = match (typed, reference) {
        (Clearable::Unchanged, Clearable::Unchanged) => (Sent::Nothing, reference_name),
        (Clearable::Clear, Clearable::Unchanged) => (Sent::Clear, typed_name),
        (Clearable::Unchanged | Clearable::Clear, Clearable::Clear) => {
            (Sent::Clear, reference_name)
        }
        (Clearable::Set(typed), Clearable::Unchanged) => (Sent::Set(typed), typed_name),
        (Clearable::Unchanged, Clearable::Set(reference)) => {
            (Sent::Set(convert(reference)), reference_name)
        }
        (Clearable::Set(typed), Clearable::Set(reference)) if agree(typed, Some(reference)) => {
            (Sent::Set(typed), typed_name)
        }
        // Responses have null here if the converted value does not fit, and may be sent back.
        (Clearable::Set(typed), Clearable::Clear) if agree(typed, None) => {
            (Sent::Set(typed), typed_name)
        }
        (Clearable::Set(_) | Clearable::Clear, _) => {
            let detail = t!("fuel-logs-field-two-forms", name = typed_name);
            errors.push(FieldError::at(reference_name, detail));
            (Sent::Nothing, reference_name)
        }
    };
    Member { value, name }
}

fn to_clearable<T>(value: Option<T>) -> Clearable<T> {
    value.map_or(Clearable::Unchanged, Clearable::Set)
}

impl Quantities {
    /// Reads the quantities of a new fill-up.
    ///
    /// # Errors
    /// An error for every member that contradicts another form of the same value.
    pub(super) fn from_new(new: &NewFuelLog) -> Result<Self, Vec<FieldError>> {
        Self::of(
            (to_clearable(new.odometer), to_clearable(new.odometer_reading.map(|it| it.0))),
            to_clearable(new.trip_distance),
            (to_clearable(new.volume), to_clearable(new.gallons.map(|it| it.0))),
            (to_clearable(new.unit_price), to_clearable(new.price_per_gallon)),
            (to_clearable(new.amount), to_clearable(new.total_cost)),
            new.currency,
            true,
        )
    }

    /// Reads the quantities of an update.
    ///
    /// # Errors
    /// As [`Quantities::from_new`].
    pub(super) fn from_change(change: &FuelLogChange) -> Result<Self, Vec<FieldError>> {
        Self::of(
            (change.odometer.clone(), change.odometer_reading.clone().map(|it| it.0)),
            change.trip_distance.clone(),
            (change.volume.clone(), change.gallons.clone().map(|it| it.0)),
            (change.unit_price.clone(), change.price_per_gallon.clone()),
            (change.amount.clone(), change.total_cost.clone()),
            change.currency.clone().into_value(),
            false,
        )
    }

    fn of(
        odometer: (Clearable<Distance>, Clearable<i32>),
        trip: Clearable<Distance>,
        volume: (Clearable<Volume>, Clearable<Gallons>),
        price: (Clearable<UnitPrice>, Clearable<Price>),
        amount: (Clearable<Amount>, Clearable<Cost>),
        currency: Option<Currency>,
        is_new: bool,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let entered = Self {
            odometer: merge_forms(
                (odometer.0, "odometer"),
                (odometer.1, "odometerReading"),
                Distance::miles,
                |typed, miles| miles == Some(typed.whole_miles()),
                &mut errors,
            ),
            trip: merge_forms(
                (trip, "tripDistance"),
                (Clearable::<()>::Unchanged, "tripDistance"),
                |()| Distance::miles(0),
                |_, _| true,
                &mut errors,
            ),
            volume: merge_forms(
                (volume.0, "volume"),
                (volume.1, "gallons"),
                Volume::gallons,
                |typed, gallons| typed.us_gallons() == gallons,
                &mut errors,
            ),
            price: merge_forms(
                (price.0, "unitPrice"),
                (price.1, "pricePerGallon"),
                price_per_us_gallon,
                |typed, gallon| typed.of_us_gallon() == gallon,
                &mut errors,
            ),
            amount: merge_forms(
                (amount.0, "amount"),
                (amount.1, "totalCost"),
                |cost| {
                    let thousandths = Thousandths::from_units(cost.units() * 10);
                    Amount::of_thousandths(thousandths.unwrap_or_default())
                },
                |typed, cost| {
                    let cents = divide_rounded(typed.0.units().into(), 10);
                    let cents = cents.and_then(|it| i64::try_from(it).ok());
                    cents.and_then(Cost::from_units) == cost
                },
                &mut errors,
            ),
            currency,
            is_new,
        };
        if entered.odometer.is_set() && entered.trip.is_set() {
            errors.push(FieldError::at("tripDistance", t!("fuel-logs-field-trip-and-reading")));
        }
        if errors.is_empty() { Ok(entered) } else { Err(errors) }
    }

    /// Whether the request sets or clears the reading or the trip distance.
    pub(super) fn sends_distance(&self) -> bool {
        self.odometer.is_sent() || self.trip.is_sent()
    }

    /// The member that determines the distance between fill-ups: the reading or trip distance if
    /// one was sent, otherwise `other`.
    pub(super) fn distance_member(&self, other: &'static str) -> &'static str {
        let members = [
            (self.odometer.is_set(), self.odometer.name),
            (self.trip.is_set(), self.trip.name),
            (self.odometer.is_sent(), self.odometer.name),
            (self.trip.is_sent(), self.trip.name),
        ];
        members.into_iter().find(|it| it.0).map_or(other, |it| it.1)
    }

    /// Whether the request sets or clears the volume, price or amount.
    pub(super) fn sends_payment(&self) -> bool {
        self.volume.is_sent() || self.price.is_sent() || self.amount.is_sent()
    }

    /// The member to report a mismatch of volume, price and amount for: one that was sent.
    pub(super) fn payment_member(&self) -> &'static str {
        [
            (self.amount.is_sent(), self.amount.name),
            (self.price.is_sent(), self.price.name),
            (self.volume.is_sent(), self.volume.name),
        ]
        .into_iter()
        .find(|it| it.0)
        .map_or(self.amount.name, |it| it.1)
    }

    /// Applies the request to the log and derives one of volume, price and amount from the other two.
    /// Values entered earlier remain unless the request replaces them. `currency` is the default.
    ///
    /// # Errors
    /// An error for every invalid member.
    pub(super) fn apply(
        &self,
        log: &mut FuelLog,
        currency: Currency,
    ) -> Result<(), Vec<FieldError>> {
        log.odometer = self.odometer.or(log.odometer.filter(|_| !self.trip.is_set()));
        log.trip_distance = self.trip.or(log.trip_distance.filter(|_| !self.odometer.is_set()));
        let currency = self.currency.or(log.currency).unwrap_or(currency);
        let entered = |derived: Derived| log.derived != derived;
        let volume = self.volume.or(log.volume.filter(|_| entered(Derived::Volume)));
        let price = self.price.or(log.unit_price.filter(|_| entered(Derived::UnitPrice)));
        let stored = log.amount.filter(|_| entered(Derived::Amount));
        let stored = stored.and_then(|it| Thousandths::from_units(it.thousandths));
        let stored = stored.map(Amount::of_thousandths);
        let amount = self.amount.or(stored).map(|it| it.of(currency)).transpose();
        let name = if self.amount.is_set() { self.amount.name } else { "currency" };
        let amount = amount.map_err(|detail| vec![FieldError::at(name, detail)])?;

        (log.volume, log.unit_price, log.amount) = (volume, price, amount);
        let may_derive = self.is_new
            || log.derived != Derived::Nothing
            || self.price.is_set()
            || self.amount.is_set();
        log.derived = Derived::Nothing;
        if may_derive {
            self.derive(log, currency).map_err(|error| vec![error])?;
        }
        if log.volume.is_none() && log.amount.is_none() {
            return Err(vec![FieldError::at(
                self.volume.name,
                t!("fuel-logs-field-volume-required"),
            )]);
        }
        log.currency = (log.amount.is_some() || log.unit_price.is_some()).then_some(currency);
        log.set_reference_members();
        Ok(())
    }

    fn derive(&self, log: &mut FuelLog, currency: Currency) -> Result<(), FieldError> {
        // A value that the request clears stays empty, unless the request sets another value.
        let sets = self.volume.is_set() || self.price.is_set() || self.amount.is_set();
        let derives = |is_cleared: bool| sets || !is_cleared;
        match (log.volume, log.unit_price, log.amount) {
            (Some(volume), Some(price), None) if derives(self.amount.is_cleared()) => {
                let amount = compute_amount(volume, price, currency);
                let detail = t!("fuel-logs-field-total-too-large");
                log.amount = Some(amount.ok_or_else(|| FieldError::at(self.price.name, detail))?);
                log.derived = Derived::Amount;
            }
            (Some(volume), None, Some(amount)) if derives(self.price.is_cleared()) => {
                let detail = t!("fuel-logs-field-price-too-large");
                let price = compute_price(volume, amount);
                log.unit_price =
                    Some(price.ok_or_else(|| FieldError::at(self.amount.name, detail))?);
                log.derived = Derived::UnitPrice;
            }
            (None, Some(price), Some(amount)) if derives(self.volume.is_cleared()) => {
                let detail = t!("fuel-logs-field-volume-incalculable");
                let volume = compute_volume(price, amount);
                log.volume = Some(volume.ok_or_else(|| FieldError::at(self.volume.name, detail))?);
                log.derived = Derived::Volume;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Volume times price, rounded half up to the decimals of the currency.
pub(super) fn compute_amount(
    volume: Volume,
    price: UnitPrice,
    currency: Currency,
) -> Option<Money> {
    // The price is in ten-thousandths, the amount in thousandths.
    let numerator = i128::from(volume.exact()).checked_mul(price.value.units().into())?;
    let money = Money::from_ratio(numerator, i128::from(price.per.exact()) * 10, currency)?;
    Thousandths::from_units(money.thousandths).map(|_| money)
}

/// The amount divided by the volume, with three decimals.
fn compute_price(volume: Volume, amount: Money) -> Option<UnitPrice> {
    let per = volume.unit();
    let numerator = i128::from(amount.thousandths) * i128::from(per.exact());
    let thousandths = divide_rounded(numerator, volume.exact().into())?;
    let units = i64::try_from(thousandths.checked_mul(10)?).ok()?;
    Some(UnitPrice { value: Fixed::from_units(units)?, per })
}

/// The amount divided by the price, with three decimals.
fn compute_volume(price: UnitPrice, amount: Money) -> Option<Volume> {
    let numerator = i128::from(amount.thousandths) * 10_000;
    let thousandths = divide_rounded(numerator, price.value.units().into())?;
    let thousandths = i64::try_from(thousandths).ok()?;
    (1..100_000_000).contains(&thousandths).then(|| Volume::of_thousandths(thousandths, price.per))
}

/// Converts a price per US gallon.
fn price_per_us_gallon(price: Price) -> UnitPrice {
    let value = Fixed::from_units(price.units() * 10);
    UnitPrice { value: value.unwrap_or_default(), per: VolumeUnit::GallonsUs }
}
