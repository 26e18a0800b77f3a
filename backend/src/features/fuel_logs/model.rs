//! Fuel logs, and the requests that create and change them.

mod columns;
mod fields;
mod values;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use columns::{interval_of, reference_reading, stored_cost};
pub(super) use fields::GallonsFilled;
pub use fields::Id;
pub(super) use values::{Derived, Mileage, Position};
pub use values::{ExactEconomy, FuelLogCursor};

use self::columns::{join_words, money_of, split_words, unit_price_of};
use super::{
    economy::{Fill, FillEconomy, NoEconomyReason},
    fuel::FuelType,
};
use crate::{
    core::{
        db::fixed::Fixed,
        http::Cursor,
        input::{Confirmed, LongText, Odometer, Text},
        money::{Amount, Currency, Money, Thousandths},
        record::known,
        units::{Distance, UnitPrice, Volume, whole_miles},
    },
    features::{stations::StationId, vehicles::VehicleId},
    id, record,
};

/// A volume in US gallons.
pub(super) type Gallons = Fixed<8, 3>;
/// A price per US gallon.
pub(super) type Price = Fixed<6, 3>;
/// An amount paid, as stored in the reference schema.
pub(super) type Cost = Fixed<8, 2>;

id! {
    /// The id of a fuel log.
    pub FuelLogId
}

record! {
    /// A fill-up of one vehicle, with its economy.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub struct FuelLog {
        /// The id of the fuel log.
        pub id: FuelLogId {
            start id;
            once id;
        }
        /// The vehicle that was filled up.
        pub vehicle_id: VehicleId {
            column vehicle_id;
            input required Id;
        }
        /// The date of the fill-up.
        pub date: NaiveDate {
            column date;
            input required NaiveDate;
        }
        /// The odometer reading in whole miles; null if the odometer was not read.
        pub odometer_reading: Option<i32> {
            write odometer_reading = reference_reading(log.mileage);
            given optional Odometer,
                new "The odometer reading in whole miles; omit it if the odometer was not read";
        }
        /// The odometer reading as it was entered.
        pub odometer: Option<Distance> {
            column odometer_exact = log.mileage.odometer,
                odometer_unit = log.odometer.map(|it| it.unit().as_str())
                => Distance::from_columns(Some(odometer_exact), odometer_unit);
            given optional Distance,
                doc "The odometer reading with its unit, instead of `odometerReading`";
        }
        /// The distance since the previous fill-up, if that was entered instead of a reading.
        pub trip_distance: Option<Distance> {
            column trip_exact = log.trip_distance.map(Distance::exact),
                trip_unit = log.trip_distance.map(|it| it.unit().as_str())
                => Distance::from_columns(trip_exact, trip_unit);
            given optional Distance,
                doc "The distance since the previous fill-up, instead of a reading";
        }
        /// The volume in US gallons; null if only the amount paid is known.
        pub gallons: Option<Gallons> {
            write gallons = log.reference_gallons();
            given optional GallonsFilled,
                new "The volume in US gallons; required unless `volume` or an amount is given",
                change "The volume in US gallons; null if only the amount is known";
        }
        /// The volume as it was entered.
        pub volume: Option<Volume> {
            column volume_exact = log.volume.map(Volume::exact),
                volume_unit = log.volume.map(|it| it.unit().as_str())
                => Volume::from_columns(volume_exact, volume_unit);
            given optional Volume, doc "The volume with its unit, instead of `gallons`";
        }
        /// The price per US gallon; null if it does not fit in six digits.
        pub price_per_gallon: Option<Price> {
            write price_per_gallon = log.price_per_gallon;
            given optional Price,
                new "The price per US gallon; derived from volume and amount if omitted",
                change "The price per US gallon";
        }
        /// The price per unit of volume as it was entered.
        pub unit_price: Option<UnitPrice> {
            column unit_price = log.unit_price.map(|it| it.value),
                unit_price_per = log.unit_price.map(|it| it.per.as_str())
                => unit_price_of(unit_price, unit_price_per);
            given optional UnitPrice,
                doc "The price per unit of volume, instead of `pricePerGallon`";
        }
        /// The amount paid; null if it does not fit in eight digits.
        pub total_cost: Option<Cost> {
            write total_cost = log.total_cost;
            given optional Cost,
                new "The amount paid; derived from volume and price if omitted",
                change "The amount paid";
        }
        /// The amount paid as it was entered.
        pub amount: Option<Money> {
            column amount = log.amount.and_then(|it| Thousandths::from_units(it.thousandths))
                => money_of(amount, currency);
            given optional Amount,
                doc "The amount paid, with the decimals of its currency, instead of `totalCost`";
        }
        /// The currency of price and amount.
        pub currency: Option<Currency> {
            column currency = log.currency.as_ref().map(Currency::as_str)
                => Option::and_then(currency, Currency::stored);
            given default Currency,
                new "The currency of price and amount; your preferred currency by default";
        }
        /// The fuel type.
        pub fuel_type: Option<FuelType> {
            column fuel_type => known(fuel_type);
            input optional FuelType;
        }
        /// The name of the station.
        pub station_name: Option<String> {
            column station_name;
            input optional Text<200>,
                new "The name of the station; by default, the name of the saved station";
        }
        /// The id of the station, if it is a saved one.
        pub station_id: Option<StationId> {
            column station_id;
            input optional Id, doc "The id of a saved station";
        }
        /// Free text.
        pub notes: Option<String> {
            column notes;
            input optional LongText;
        }
        /// Whether the tank was filled up.
        pub is_full: bool {
            column is_full;
            input default bool = true, new "Whether the tank was filled up; true by default";
        }
        /// Whether the user forgot to log a fill-up before this one.
        pub missed_previous: bool {
            column missed_previous;
            input default bool = false,
                new "Whether you forgot to log a fill-up before this one; false by default",
                change "Whether you forgot to log a fill-up before this one";
        }
        /// When the fuel log was created.
        pub created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// When the fuel log was last changed.
        pub updated_at: DateTime<Utc> {
            start now;
            column updated_at;
        }
        /// Miles since the previous fill-up.
        pub distance: Option<i64> {}
        /// Miles per US gallon over the full-to-full interval that ends with this fill-up.
        pub mpg: Option<Fixed<16, 2>> {
            write mpg = log.mpg;
        }
        /// The fuel cost per mile of that interval, in the log's currency.
        pub cost_per_mile: Option<Fixed<16, 3>> {}
        /// Why `mpg` is null.
        pub economy_reason: Option<NoEconomyReason> {
            column economy_reason = log.economy_reason.map(NoEconomyReason::as_str)
                => Option::and_then(economy_reason, NoEconomyReason::from_name);
        }
        /// The JSON pointers of implausible values that were confirmed.
        pub confirmed: Vec<String> {
            column confirmed = join_words(&log.confirmed) => split_words(confirmed);
        }
        /// The exact economy, for conversion to other units.
        pub exact: ExactEconomy {
            serde(skip);
            column distance_exact = log.exact.distance,
                interval_exact = log.exact.interval.map(|it| it.distance),
                interval_volume = log.exact.interval.map(|it| it.volume),
                interval_amount = log.exact.interval.and_then(stored_cost)
                => ExactEconomy {
                    distance: distance_exact,
                    interval: interval_of(
                        interval_exact,
                        interval_volume,
                        interval_amount,
                        Option::and_then(currency, Currency::stored),
                    ),
                };
        }
        /// Which of volume, unit price and amount was derived from the other two.
        pub(super) derived: Derived {
            serde(skip);
            column derived = log.derived.as_str() => Derived::from_stored(derived);
        }
        /// The odometer reading and running total, entered or derived.
        pub(super) mileage: Mileage {
            serde(skip);
            column total_exact = log.mileage.total
                => Mileage { odometer: odometer_exact, total: total_exact };
        }
    }
    table "fuel_logs" of user by id as log => FuelLog::with_derived_members;
    insert(pub(super));
    update(pub(super));
    form(pub(super)) {
        odometer "fuel-logs-odometer",
        trip_distance "fuel-logs-trip",
        volume "fuel-logs-volume",
        unit_price "fuel-logs-price",
        amount "fuel-logs-total",
        currency "fuel-logs-currency",
        fuel_type "fuel-logs-fuel",
        is_full "fuel-logs-full",
        date "fuel-logs-date",
        station_name "fuel-logs-station",
        station_id "fuel-logs-favorite",
        missed_previous "fuel-logs-missed",
        notes "fuel-logs-notes",
    }
    new {
        /// A new fuel log
        pub(super) struct NewFuelLog(id: FuelLogId, now: DateTime<Utc>) {
            /// Accept a reading lower than an earlier one because the odometer was replaced or turned back
            allow_odometer_rollback: Option<bool>,
            /// JSON pointers of implausible values to accept
            confirm: Option<Confirmed>,
        }
        requires any "gallons", "volume", "totalCost", "amount";
    }
    change {
        /// Changes to a fuel log
        pub(super) struct FuelLogChange {
            /// Accept a reading lower than an earlier one because the odometer was replaced or turned back
            allow_odometer_rollback: Option<bool>,
            /// JSON pointers of implausible values to accept
            confirm: Option<Confirmed>,
        }
    }
}

impl FuelLog {
    /// The values that determine its economy.
    pub(super) fn fill(&self) -> Fill {
        Fill {
            total: self.odometer.map(|_| self.mileage.total),
            trip: self.trip_distance.map(Distance::exact),
            volume: self.volume.map(Volume::exact),
            cost: self.amount,
            is_full: self.is_full,
            missed: self.missed_previous,
        }
    }

    /// Sets its economy.
    pub(super) fn set_economy(&mut self, economy: FillEconomy) {
        self.distance = economy.distance.map(whole_miles);
        self.mpg = economy.interval.and_then(|it| it.mpg());
        self.cost_per_mile = economy.interval.and_then(|it| it.cost_per_mile());
        self.economy_reason = economy.reason;
        self.exact = ExactEconomy { distance: economy.distance, interval: economy.interval };
    }

    /// Sets the members that are not stored.
    fn with_derived_members(mut self) -> Self {
        let ExactEconomy { distance, interval } = self.exact;
        self.set_economy(FillEconomy { distance, interval, reason: self.economy_reason });
        self.set_reference_members();
        self
    }

    /// Sets the members of the reference schema, which are converted from the entered values.
    pub(super) fn set_reference_members(&mut self) {
        self.odometer_reading = self.odometer.map(Distance::whole_miles);
        self.gallons = self.volume.and_then(Volume::us_gallons);
        self.price_per_gallon = self.unit_price.and_then(UnitPrice::of_us_gallon);
        self.total_cost = self.amount.and_then(Money::in_cents);
    }

    /// The value of the reference schema's column `gallons`, which can't be null: 0 if the volume is
    /// unknown, the maximum if it does not fit.
    pub(super) fn reference_gallons(&self) -> Gallons {
        self.volume.map_or(Gallons::default(), |it| it.us_gallons().unwrap_or(Gallons::MAX))
    }

    /// The cursor of the page after this fuel log.
    #[must_use]
    pub fn cursor(&self) -> FuelLogCursor {
        Cursor::after(self.position())
    }

    /// Its position among the vehicle's fill-ups.
    pub(super) fn position(&self) -> Position {
        Position { date: self.date, total: self.mileage.total, id: self.id }
    }
}
