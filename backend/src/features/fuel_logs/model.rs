//! What a fuel log is.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::economy::{Cost, Figures, Fill, Gallons, Interval, Reason, SumOfCost, SumOfGallons};
use super::fuel::FuelType;
use crate::{
    core::{
        db::fixed::Fixed,
        http::Cursor,
        input::{Change, Clearable, Field, Given, LongText, Odometer, Text},
    },
    features::{stations::StationId, vehicles::VehicleId},
    input,
};

/// The price of a US gallon.
pub(super) type Price = Fixed<6, 3>;

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

/// A fill-up of one vehicle's, and what it says about economy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FuelLog {
    /// Its name in this service.
    pub id: FuelLogId,
    /// Whose fill-up it is.
    pub vehicle_id: VehicleId,
    /// The day.
    pub date: NaiveDate,
    /// What the odometer showed, in miles.
    pub odometer_reading: i32,
    /// How much was filled in, in US gallons.
    pub gallons: Fixed<8, 3>,
    /// What a US gallon cost.
    pub price_per_gallon: Option<Fixed<6, 3>>,
    /// What all of it cost.
    pub total_cost: Option<Fixed<8, 2>>,
    /// Which fuel it was.
    pub fuel_type: Option<FuelType>,
    /// Where it was.
    pub station_name: Option<String>,
    /// The station where it was, of those known here.
    pub station_id: Option<StationId>,
    /// What else there is to say.
    pub notes: Option<String>,
    /// Whether the tank was filled to the top.
    pub is_full: bool,
    /// Whether a fill-up before this one was not recorded.
    pub missed_previous: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// Miles since the fill-up before it.
    pub distance: Option<i32>,
    /// Miles per US gallon over the full-to-full interval that it closes.
    pub mpg: Option<Fixed<16, 2>>,
    /// What the fuel for a mile of that interval cost.
    pub cost_per_mile: Option<Fixed<16, 3>>,
    /// Why `mpg` is null.
    pub economy_reason: Option<Reason>,
    /// The interval itself, for showing it in other units.
    #[serde(skip)]
    pub interval: Option<Interval>,
}

impl FuelLog {
    /// As far as economy goes.
    pub(super) fn fill(&self) -> Fill {
        Fill {
            odometer: Some(self.odometer_reading),
            gallons: self.gallons,
            cost: self.total_cost,
            is_full: self.is_full,
            missed: self.missed_previous,
        }
    }

    /// What it says about economy.
    pub(super) fn figures(&self) -> Figures {
        Figures { trip: self.distance, interval: self.interval, reason: self.economy_reason }
    }

    /// Takes over what it says about economy now.
    pub(super) fn set_figures(&mut self, figures: Figures) {
        self.distance = figures.trip;
        self.mpg = figures.interval.and_then(|it| it.mpg());
        self.cost_per_mile = figures.interval.and_then(|it| it.cost_per_mile());
        self.economy_reason = figures.reason;
        self.interval = figures.interval;
    }

    /// Where a list that shows it goes on.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::new(&[&self.date, &self.odometer_reading, &self.id])
    }

    /// Where it stands among the vehicle's fill-ups.
    pub(super) fn position(&self) -> Position {
        Position { date: self.date, odometer: self.odometer_reading, id: self.id }
    }
}

/// Where a fill-up stands among others: by date, reading, and order of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) date: NaiveDate,
    pub(super) odometer: i32,
    pub(super) id: FuelLogId,
}

/// A row of the table.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: FuelLogId,
    vehicle_id: VehicleId,
    date: NaiveDate,
    odometer_reading: i32,
    gallons: Gallons,
    price_per_gallon: Option<Price>,
    total_cost: Option<Cost>,
    fuel_type: Option<String>,
    station_name: Option<String>,
    station_id: Option<StationId>,
    notes: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_full: bool,
    missed_previous: bool,
    trip_distance: Option<i32>,
    interval_distance: Option<i32>,
    interval_gallons: Option<SumOfGallons>,
    interval_cost: Option<SumOfCost>,
    economy_reason: Option<String>,
}

impl From<Row> for FuelLog {
    fn from(row: Row) -> Self {
        let interval = row
            .interval_distance
            .zip(row.interval_gallons)
            .map(|(distance, gallons)| Interval { distance, gallons, cost: row.interval_cost });
        let reason = row.economy_reason.as_deref().and_then(Reason::from_name);
        let mut log = Self {
            id: row.id,
            vehicle_id: row.vehicle_id,
            date: row.date,
            odometer_reading: row.odometer_reading,
            gallons: row.gallons,
            price_per_gallon: row.price_per_gallon,
            total_cost: row.total_cost,
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
            interval: None,
        };
        log.set_figures(Figures { trip: row.trip_distance, interval, reason });
        log
    }
}

/// A volume of fuel: more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Volume(pub(super) Gallons);

impl Field for Volume {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let gallons = Gallons::read(given, today)?;
        if gallons.units() == 0 {
            Err("has to be more than 0".to_owned())
        } else {
            Ok(Self(gallons))
        }
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
    fn read(given: &Given, _: NaiveDate) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Typed(text) => {
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
    /// What it takes to add a fill-up
    pub(super) struct NewFuelLog {
        /// Whose fill-up it is
        pub vehicle_id: Id,
        /// The day
        pub date: NaiveDate,
        /// What the odometer shows, in miles
        pub odometer_reading: Odometer,
        /// How much was filled in, in US gallons
        pub gallons: Volume,
        /// What a US gallon cost; worked out from the total where left out
        pub price_per_gallon: Option<Price>,
        /// What all of it cost; worked out from the price where left out
        pub total_cost: Option<Cost>,
        /// Which fuel it was
        pub fuel_type: Option<FuelType>,
        /// Where it was
        pub station_name: Option<Text<200>>,
        /// The station where it was, of those known here
        pub station_id: Option<Id>,
        /// What else there is to say
        pub notes: Option<LongText>,
        /// Whether the tank was filled to the top; true unless said
        pub is_full: Option<bool>,
        /// Whether a fill-up before this one was not recorded; false unless said
        pub missed_previous: Option<bool>,
        /// Whether the odometer really was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
    }
}

input! {
    /// What to change of a fill-up
    pub(super) struct FuelLogChange {
        /// Whose fill-up it is
        pub vehicle_id: Change<Id>,
        /// The day
        pub date: Change<NaiveDate>,
        /// What the odometer showed, in miles
        pub odometer_reading: Change<Odometer>,
        /// How much was filled in, in US gallons
        pub gallons: Change<Volume>,
        /// What a US gallon cost; worked out from the total where that alone is given
        pub price_per_gallon: Clearable<Price>,
        /// What all of it cost; worked out from the price where that alone is given
        pub total_cost: Clearable<Cost>,
        /// Which fuel it was
        pub fuel_type: Clearable<FuelType>,
        /// Where it was
        pub station_name: Clearable<Text<200>>,
        /// The station where it was, of those known here
        pub station_id: Clearable<Id>,
        /// What else there is to say
        pub notes: Clearable<LongText>,
        /// Whether the tank was filled to the top
        pub is_full: Change<bool>,
        /// Whether a fill-up before this one was not recorded
        pub missed_previous: Change<bool>,
        /// Whether the odometer really was replaced or turned back
        pub allow_odometer_rollback: Option<bool>,
    }
}

/// A fill's price and total, as far as they are known.
type PriceAndTotal = (Option<Price>, Option<Cost>);

/// Price and total, either worked out from the other to the last decimal that is kept.
///
/// # Errors
/// The field whose value is more than can be kept, and why.
pub(super) fn price_and_total(
    gallons: Gallons,
    price: Option<Price>,
    total: Option<Cost>,
) -> Result<PriceAndTotal, (&'static str, &'static str)> {
    let gallons = i128::from(gallons.units());
    match (price, total) {
        (Some(price), None) => {
            // Thousandths of a gallon times thousandths of a price are millionths; cents are wanted.
            let total = Cost::from_ratio(gallons * i128::from(price.units()), 10_000);
            let why = "times the volume is more than a total can be";
            Ok((Some(price), Some(total.ok_or(("pricePerGallon", why))?)))
        }
        (None, Some(total)) => {
            let price = Price::from_ratio(i128::from(total.units()) * 10_000, gallons);
            let why = "for this volume is more than a price can be";
            Ok((Some(price.ok_or(("totalCost", why))?), Some(total)))
        }
        both => Ok(both),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Gallons, Price, price_and_total};

    #[test]
    fn of_price_and_total_either_is_worked_out() {
        let shown = |gallons: &str, price: Option<&str>, total: Option<&str>| {
            let both = price_and_total(
                Gallons::parse(gallons).unwrap(),
                price.map(|it| Price::parse(it).unwrap()),
                total.map(|it| Cost::parse(it).unwrap()),
            );
            both.map(|(price, total)| {
                let text = |it: Option<String>| it.unwrap_or_else(|| "-".to_owned());
                format!(
                    "{} {}",
                    text(price.map(|it| it.to_string())),
                    text(total.map(|it| it.to_string()))
                )
            })
            .map_err(|(field, _)| field)
        };
        assert_eq!(shown("12.345", Some("3.499"), None), Ok("3.499 43.20".to_owned()));
        assert_eq!(shown("12.345", None, Some("43.19")), Ok("3.499 43.19".to_owned()));
        assert_eq!(shown("0.500", Some("0.010"), None), Ok("0.010 0.01".to_owned()));
        assert_eq!(shown("10", Some("3"), Some("25")), Ok("3.000 25.00".to_owned()));
        assert_eq!(shown("10", None, None), Ok("- -".to_owned()));
        assert_eq!(shown("99999.999", Some("999.999"), None), Err("pricePerGallon"));
        assert_eq!(shown("0.001", None, Some("999999.99")), Err("totalCost"));
    }
}
