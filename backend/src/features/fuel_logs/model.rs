//! Fuel logs, and the requests that create and change them.

use crate::core::locale::Message;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

use super::economy::{Fill, FillEconomy, Interval, NoEconomyReason};
use super::fuel::FuelType;
use crate::{
    core::{
        db::fixed::Fixed,
        http::{Cursor, SortKey},
        input::{Change, Clearable, Confirmed, Field, FieldValue, LongText, Odometer, Text},
        money::{Amount, Currency, Money, SumOfThousandths, Thousandths},
        units::{Distance, UnitPrice, Volume, VolumeUnit, whole_miles},
    },
    features::{stations::StationId, vehicles::VehicleId},
    id, input, rows_by_position, t,
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

/// A fill-up of one vehicle, with its economy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelLog {
    /// The id of the fuel log.
    pub id: FuelLogId,
    /// The vehicle that was filled up.
    pub vehicle_id: VehicleId,
    /// The date of the fill-up.
    pub date: NaiveDate,
    /// The odometer reading in whole miles; null if the odometer was not read.
    pub odometer_reading: Option<i32>,
    /// The odometer reading as it was entered.
    pub odometer: Option<Distance>,
    /// The distance since the previous fill-up, if that was entered instead of a reading.
    pub trip_distance: Option<Distance>,
    /// The volume in US gallons; null if only the amount paid is known.
    pub gallons: Option<Gallons>,
    /// The volume as it was entered.
    pub volume: Option<Volume>,
    /// The price per US gallon; null if it does not fit in six digits.
    pub price_per_gallon: Option<Price>,
    /// The price per unit of volume as it was entered.
    pub unit_price: Option<UnitPrice>,
    /// The amount paid; null if it does not fit in eight digits.
    pub total_cost: Option<Cost>,
    /// The amount paid as it was entered.
    pub amount: Option<Money>,
    /// The currency of price and amount.
    pub currency: Option<Currency>,
    /// The fuel type.
    pub fuel_type: Option<FuelType>,
    /// The name of the station.
    pub station_name: Option<String>,
    /// The id of the station, if it is a saved one.
    pub station_id: Option<StationId>,
    /// Free text.
    pub notes: Option<String>,
    /// Whether the tank was filled up.
    pub is_full: bool,
    /// Whether the user forgot to log a fill-up before this one.
    pub missed_previous: bool,
    /// When the fuel log was created.
    pub created_at: DateTime<Utc>,
    /// When the fuel log was last changed.
    pub updated_at: DateTime<Utc>,
    /// Miles since the previous fill-up.
    pub distance: Option<i64>,
    /// Miles per US gallon over the full-to-full interval that ends with this fill-up.
    pub mpg: Option<Fixed<16, 2>>,
    /// The fuel cost per mile of that interval, in the log's currency.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// Why `mpg` is null.
    pub economy_reason: Option<NoEconomyReason>,
    /// The JSON pointers of implausible values that were confirmed.
    pub confirmed: Vec<String>,
    /// The exact economy, for conversion to other units.
    #[serde(skip)]
    pub exact: ExactEconomy,
    /// Which of volume, unit price and amount was derived from the other two.
    #[serde(skip)]
    pub(super) derived: Derived,
    /// The odometer reading and running total, entered or derived.
    #[serde(skip)]
    pub(super) mileage: Mileage,
}

/// The economy of a fill-up in exact units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExactEconomy {
    /// The distance since the previous fill-up, in tenths of a millimeter.
    pub distance: Option<i64>,
    /// The interval that ends with it.
    pub interval: Option<Interval>,
}

/// The odometer reading and running total of a fill-up, in tenths of a millimeter. If no reading was
/// entered, both are derived from the preceding fill-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mileage {
    /// The odometer reading.
    pub(super) odometer: i64,
    /// The total distance the vehicle has driven, including the distance on replaced odometers.
    pub(super) total: i64,
}

/// Which of volume, unit price and amount was derived from the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Derived {
    /// All values that are present were entered.
    #[default]
    Nothing,
    Volume,
    UnitPrice,
    Amount,
}

impl Derived {
    /// The stored name.
    pub(super) fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Volume => Some("volume"),
            Self::UnitPrice => Some("unit-price"),
            Self::Amount => Some("amount"),
        }
    }

    fn from_stored(name: Option<&str>) -> Self {
        match name {
            Some("volume") => Self::Volume,
            Some("unit-price") => Self::UnitPrice,
            Some("amount") => Self::Amount,
            _ => Self::Nothing,
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

/// The position of a fill-up among others, which are sorted by date, running total and order of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(super) date: NaiveDate,
    pub(super) total: i64,
    pub(super) id: FuelLogId,
}

/// The start of a page of fuel logs.
pub type FuelLogCursor = Cursor<Position>;

impl SortKey for Position {
    fn last() -> Self {
        let (date, total, id) = SortKey::last();
        Self { date, total, id }
    }

    fn text(self) -> String {
        (self.date, self.total, self.id).text()
    }

    fn parse(text: &str) -> Option<Self> {
        let (date, total, id) = SortKey::parse(text)?;
        Some(Self { date, total, id })
    }
}

/// A row of `fuel_logs`. Every statement must select the columns in this order.
struct Row<'r> {
    id: FuelLogId,
    vehicle_id: VehicleId,
    date: NaiveDate,
    odometer_exact: i64,
    odometer_unit: Option<&'r str>,
    total_exact: i64,
    trip_exact: Option<i64>,
    trip_unit: Option<&'r str>,
    volume_exact: Option<i64>,
    volume_unit: Option<&'r str>,
    unit_price: Option<Fixed<12, 4>>,
    unit_price_per: Option<&'r str>,
    amount: Option<Thousandths>,
    currency: Option<&'r str>,
    derived: Option<&'r str>,
    confirmed: Option<&'r str>,
    fuel_type: Option<&'r str>,
    station_name: Option<String>,
    station_id: Option<StationId>,
    notes: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_full: bool,
    missed_previous: bool,
    distance_exact: Option<i64>,
    interval_exact: Option<i64>,
    interval_volume: Option<i64>,
    interval_amount: Option<SumOfThousandths>,
    economy_reason: Option<&'r str>,
}

rows_by_position!(Row => FuelLog {
    id, vehicle_id, date, odometer_exact, odometer_unit, total_exact, trip_exact, trip_unit, volume_exact, volume_unit, unit_price, unit_price_per, amount, currency, derived, confirmed, fuel_type, station_name, station_id, notes, created_at, updated_at, is_full, missed_previous, distance_exact, interval_exact, interval_volume, interval_amount, economy_reason
});

impl From<Row<'_>> for FuelLog {
    fn from(row: Row<'_>) -> Self {
        let currency = row.currency.and_then(Currency::stored);
        let money = |thousandths: i64| Some(Money { thousandths, currency: currency? });
        let interval = row.interval_exact.zip(row.interval_volume).map(|(distance, volume)| {
            let cost = row.interval_amount.and_then(|it| money(it.units()));
            Interval { distance, volume, cost }
        });
        let reason = row.economy_reason.and_then(NoEconomyReason::from_name);
        let per = row.unit_price_per.and_then(|it| VolumeUnit::try_from(it).ok());
        let odometer = Some(row.odometer_exact).filter(|_| row.odometer_unit.is_some());
        let mut log = Self {
            id: row.id,
            vehicle_id: row.vehicle_id,
            date: row.date,
            odometer_reading: None,
            odometer: Distance::from_columns(odometer, row.odometer_unit),
            trip_distance: Distance::from_columns(row.trip_exact, row.trip_unit),
            gallons: None,
            volume: Volume::from_columns(row.volume_exact, row.volume_unit),
            price_per_gallon: None,
            unit_price: row.unit_price.zip(per).map(|(value, per)| UnitPrice { value, per }),
            total_cost: None,
            amount: row.amount.and_then(|it| money(it.units())),
            currency,
            fuel_type: row.fuel_type.and_then(|it| FuelType::try_from(it).ok()),
            station_name: row.station_name,
            station_id: row.station_id,
            notes: row.notes,
            is_full: row.is_full,
            missed_previous: row.missed_previous,
            created_at: row.created_at,
            updated_at: row.updated_at,
            distance: None,
            mpg: None,
            cost_per_mile: None,
            economy_reason: None,
            confirmed: split_words(row.confirmed),
            exact: ExactEconomy::default(),
            derived: Derived::from_stored(row.derived),
            mileage: Mileage { odometer: row.odometer_exact, total: row.total_exact },
        };
        log.set_economy(FillEconomy { distance: row.distance_exact, interval, reason });
        log.set_reference_members();
        log
    }
}

fn split_words(stored: Option<&str>) -> Vec<String> {
    stored.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// A volume in US gallons that is more than 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GallonsFilled(pub(super) Gallons);

impl Field for GallonsFilled {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let gallons = Gallons::read(given, today)?;
        if gallons.units() == 0 { Err(t!("core-field-positive")) } else { Ok(Self(gallons)) }
    }

    fn schema() -> Schema {
        let mut schema = <Gallons as Field>::schema();
        schema.remove("minimum");
        schema.insert("exclusiveMinimum".to_owned(), 0.into());
        let some = "^0*([1-9][0-9]{0,4}(\\.[0-9]{1,3})?|0\\.[0-9]{0,2}[1-9])$";
        schema.insert("pattern".to_owned(), some.into());
        schema
    }
}

/// An id in a request, which may or may not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl Field for Id {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, Message> {
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text) => {
                text.trim().parse().map(Self).map_err(|_| t!("core-field-id"))
            }
            _ => Err(t!("core-field-id")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

input! {
    /// A new fuel log
    pub(super) struct NewFuelLog {
        /// The vehicle that was filled up
        pub vehicle_id: Id,
        /// The date of the fill-up
        pub date: NaiveDate,
        /// The odometer reading in whole miles; omit it if the odometer was not read
        pub odometer_reading: Option<Odometer>,
        /// The odometer reading with its unit, instead of `odometerReading`
        pub odometer: Option<Distance>,
        /// The distance since the previous fill-up, instead of a reading
        pub trip_distance: Option<Distance>,
        /// The volume in US gallons; required unless `volume` or an amount is given
        pub gallons: Option<GallonsFilled>,
        /// The volume with its unit, instead of `gallons`
        pub volume: Option<Volume>,
        /// The price per US gallon; derived from volume and amount if omitted
        pub price_per_gallon: Option<Price>,
        /// The price per unit of volume, instead of `pricePerGallon`
        pub unit_price: Option<UnitPrice>,
        /// The amount paid; derived from volume and price if omitted
        pub total_cost: Option<Cost>,
        /// The amount paid, with the decimals of its currency, instead of `totalCost`
        pub amount: Option<Amount>,
        /// The currency of price and amount; your preferred currency by default
        pub currency: Option<Currency>,
        /// The fuel type
        pub fuel_type: Option<FuelType>,
        /// The name of the station; by default, the name of the saved station
        pub station_name: Option<Text<200>>,
        /// The id of a saved station
        pub station_id: Option<Id>,
        /// Free text
        pub notes: Option<LongText>,
        /// Whether the tank was filled up; true by default
        pub is_full: Option<bool>,
        /// Whether you forgot to log a fill-up before this one; false by default
        pub missed_previous: Option<bool>,
        /// Accept a reading lower than an earlier one because the odometer was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
        /// JSON pointers of implausible values to accept
        pub confirm: Option<Confirmed>,
    }
    requires any "gallons", "volume", "totalCost", "amount";
}

input! {
    /// Changes to a fuel log
    pub(super) struct FuelLogChange {
        /// The vehicle that was filled up
        pub vehicle_id: Change<Id>,
        /// The date of the fill-up
        pub date: Change<NaiveDate>,
        /// The odometer reading in whole miles; null if the odometer was not read
        pub odometer_reading: Clearable<Odometer>,
        /// The odometer reading with its unit, instead of `odometerReading`
        pub odometer: Clearable<Distance>,
        /// The distance since the previous fill-up, instead of a reading
        pub trip_distance: Clearable<Distance>,
        /// The volume in US gallons; null if only the amount is known
        pub gallons: Clearable<GallonsFilled>,
        /// The volume with its unit, instead of `gallons`
        pub volume: Clearable<Volume>,
        /// The price per US gallon
        pub price_per_gallon: Clearable<Price>,
        /// The price per unit of volume, instead of `pricePerGallon`
        pub unit_price: Clearable<UnitPrice>,
        /// The amount paid
        pub total_cost: Clearable<Cost>,
        /// The amount paid, with the decimals of its currency, instead of `totalCost`
        pub amount: Clearable<Amount>,
        /// The currency of price and amount
        pub currency: Change<Currency>,
        /// The fuel type
        pub fuel_type: Clearable<FuelType>,
        /// The name of the station
        pub station_name: Clearable<Text<200>>,
        /// The id of a saved station
        pub station_id: Clearable<Id>,
        /// Free text
        pub notes: Clearable<LongText>,
        /// Whether the tank was filled up
        pub is_full: Change<bool>,
        /// Whether you forgot to log a fill-up before this one
        pub missed_previous: Change<bool>,
        /// Accept a reading lower than an earlier one because the odometer was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
        /// JSON pointers of implausible values to accept
        pub confirm: Option<Confirmed>,
    }
}
