//! What a fuel log is.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::economy::{Figures, Fill, Interval, Reason};
use super::fuel::FuelType;
use crate::{
    core::{
        db::fixed::Fixed,
        http::Cursor,
        input::{Change, Clearable, Confirmed, Field, FieldValue, LongText, Odometer, Text},
        money::{Amount, Currency, Money, SumOfThousandths, Thousandths},
        units::{Distance, UnitPrice, Volume, VolumeUnit, whole_miles},
    },
    features::{stations::StationId, vehicles::VehicleId},
    input, rows_by_position,
};

/// US gallons of one fill.
pub(super) type Gallons = Fixed<8, 3>;
/// The price of a US gallon.
pub(super) type Price = Fixed<6, 3>;
/// The amount paid, as the reference schema's column stores it.
pub(super) type Cost = Fixed<8, 2>;

/// Names one fuel log.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct FuelLogId(pub Uuid);

impl std::fmt::Display for FuelLogId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A fill-up of one vehicle, with its economy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelLog {
    /// The record's id.
    pub id: FuelLogId,
    /// The vehicle that was filled up.
    pub vehicle_id: VehicleId,
    /// The day.
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
    /// Which fuel it was.
    pub fuel_type: Option<FuelType>,
    /// The station's name.
    pub station_name: Option<String>,
    /// The station, where it is a saved one.
    pub station_id: Option<StationId>,
    /// Free text.
    pub notes: Option<String>,
    /// Whether the tank was filled up.
    pub is_full: bool,
    /// Whether a fill-up before this one was not recorded.
    pub missed_previous: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Miles since the previous fill-up.
    pub distance: Option<i64>,
    /// Miles per US gallon over the full-to-full interval that it closes.
    pub mpg: Option<Fixed<16, 2>>,
    /// The fuel cost per mile of that interval, in the log's currency.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// Why `mpg` is null.
    pub economy_reason: Option<Reason>,
    /// The pointers of the values that looked wrong and were confirmed.
    pub confirmed: Vec<String>,
    /// The figures themselves, for showing them in other units.
    #[serde(skip)]
    pub figures: Exact,
    /// Which of volume, unit price and amount was derived from the other two.
    #[serde(skip)]
    pub(super) derived: Derived,
    /// Its odometer reading and running total, read or derived.
    #[serde(skip)]
    pub(super) places: Places,
}

/// A fill-up's figures in exact units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exact {
    /// The distance since the previous fill-up, in tenths of a millimeter.
    pub distance: Option<i64>,
    /// The interval that it closes.
    pub interval: Option<Interval>,
}

/// The odometer reading and the running total of a fill-up, in tenths of a millimeter: read or, if
/// the odometer was not read, derived from the fill-ups before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places {
    /// The odometer reading.
    pub(super) odometer: i64,
    /// The distance that the vehicle has driven in all, replaced odometers included.
    pub(super) total: i64,
}

/// Which of volume, unit price and amount was derived from the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Derived {
    /// None: all values that are present were entered.
    #[default]
    Nothing,
    Volume,
    UnitPrice,
    Amount,
}

impl Derived {
    /// As it is stored.
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
    /// As far as economy goes.
    pub(super) fn fill(&self) -> Fill {
        Fill {
            total: self.odometer.map(|_| self.places.total),
            trip: self.trip_distance.map(Distance::exact),
            volume: self.volume.map(Volume::exact),
            cost: self.amount,
            is_full: self.is_full,
            missed: self.missed_previous,
        }
    }

    /// Replaces its figures.
    pub(super) fn set_figures(&mut self, figures: Figures) {
        self.distance = figures.distance.map(whole_miles);
        self.mpg = figures.interval.and_then(|it| it.mpg());
        self.cost_per_mile = figures.interval.and_then(|it| it.cost_per_mile());
        self.economy_reason = figures.reason;
        self.figures = Exact { distance: figures.distance, interval: figures.interval };
    }

    /// Sets the members that are converted from the entered values.
    pub(super) fn set_seed_members(&mut self) {
        self.odometer_reading = self.odometer.map(Distance::whole_miles);
        self.gallons = self.volume.and_then(Volume::us_gallons);
        self.price_per_gallon = self.unit_price.and_then(UnitPrice::of_us_gallon);
        self.total_cost = self.amount.and_then(Money::in_cents);
    }

    /// The value of the reference schema's column `gallons`, which cannot be null: 0 if the volume is
    /// not known, and the largest possible one if it does not fit.
    pub(super) fn seed_gallons(&self) -> Gallons {
        self.volume.map_or(Gallons::default(), |it| it.us_gallons().unwrap_or(Gallons::MAX))
    }

    /// Where a list that shows it goes on.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::new(&[&self.date, &self.places.total, &self.id])
    }

    /// Where it stands among the vehicle's fill-ups.
    pub(super) fn position(&self) -> Position {
        Position { date: self.date, total: self.places.total, id: self.id }
    }
}

/// The position of a fill-up among others: by date, running total and order of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) date: NaiveDate,
    pub(super) total: i64,
    pub(super) id: FuelLogId,
}

/// A row of the table, in the order in which every statement here has the columns.
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
        let reason = row.economy_reason.and_then(Reason::from_name);
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
            confirmed: words(row.confirmed),
            figures: Exact::default(),
            derived: Derived::from_stored(row.derived),
            places: Places { odometer: row.odometer_exact, total: row.total_exact },
        };
        log.set_figures(Figures { distance: row.distance_exact, interval, reason });
        log.set_seed_members();
        log
    }
}

fn words(stored: Option<&str>) -> Vec<String> {
    stored.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// A volume in US gallons: more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GallonsFilled(pub(super) Gallons);

impl Field for GallonsFilled {
    fn read(given: &FieldValue, today: NaiveDate) -> Result<Self, String> {
        let gallons = Gallons::read(given, today)?;
        if gallons.units() == 0 { Err("must be more than 0".to_owned()) } else { Ok(Self(gallons)) }
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

/// A name that may be that of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl Field for Id {
    fn read(given: &FieldValue, _: NaiveDate) -> Result<Self, String> {
        match given {
            FieldValue::Text(text) | FieldValue::Typed(text) => {
                text.trim().parse().map(Self).map_err(|_| "has to be an id (a UUID)".to_owned())
            }
            _ => Err("has to be an id (a UUID)".to_owned()),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

input! {
    /// A new fill-up
    pub(super) struct NewFuelLog {
        /// The vehicle that was filled up
        pub vehicle_id: Id,
        /// The day
        pub date: NaiveDate,
        /// The odometer reading in whole miles; leave it out if the odometer was not read
        pub odometer_reading: Option<Odometer>,
        /// The odometer reading with its unit, instead of `odometerReading`
        pub odometer: Option<Distance>,
        /// The distance since the previous fill-up, instead of a reading
        pub trip_distance: Option<Distance>,
        /// The volume in US gallons; required unless `volume` or an amount is given
        pub gallons: Option<GallonsFilled>,
        /// The volume with its unit, instead of `gallons`
        pub volume: Option<Volume>,
        /// The price per US gallon; derived from volume and amount if it is left out
        pub price_per_gallon: Option<Price>,
        /// The price per unit of volume, instead of `pricePerGallon`
        pub unit_price: Option<UnitPrice>,
        /// The amount paid; derived from volume and price if it is left out
        pub total_cost: Option<Cost>,
        /// The amount paid, with the decimals of its currency, instead of `totalCost`
        pub amount: Option<Amount>,
        /// The currency of price and amount; your preferred one by default
        pub currency: Option<Currency>,
        /// Which fuel it was
        pub fuel_type: Option<FuelType>,
        /// The station's name
        pub station_name: Option<Text<200>>,
        /// The station, where it is a saved one
        pub station_id: Option<Id>,
        /// Free text
        pub notes: Option<LongText>,
        /// Whether the tank was filled up; true by default
        pub is_full: Option<bool>,
        /// Whether a fill-up before this one was not recorded; false by default
        pub missed_previous: Option<bool>,
        /// Whether the odometer really was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
    requires any "gallons", "volume", "totalCost", "amount";
}

input! {
    /// What to change of a fill-up
    pub(super) struct FuelLogChange {
        /// The vehicle that was filled up
        pub vehicle_id: Change<Id>,
        /// The day
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
        /// The price of a US gallon
        pub price_per_gallon: Clearable<Price>,
        /// The price per unit of volume, instead of `pricePerGallon`
        pub unit_price: Clearable<UnitPrice>,
        /// The amount paid
        pub total_cost: Clearable<Cost>,
        /// The amount paid, with the decimals of its currency, instead of `totalCost`
        pub amount: Clearable<Amount>,
        /// The currency of price and amount
        pub currency: Change<Currency>,
        /// Which fuel it was
        pub fuel_type: Clearable<FuelType>,
        /// The station's name
        pub station_name: Clearable<Text<200>>,
        /// The station, where it is a saved one
        pub station_id: Clearable<Id>,
        /// Free text
        pub notes: Clearable<LongText>,
        /// Whether the tank was filled up
        pub is_full: Change<bool>,
        /// Whether a fill-up before this one was not recorded
        pub missed_previous: Change<bool>,
        /// Whether the odometer really was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
}
