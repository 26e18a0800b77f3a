//! Types for maintenance items and the requests that change them.

mod requests;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use requests::{Completion, Postponement};

use super::{
    schedule::{DerivedDue, Due, Interval, SeriesPosition},
    types::TypeName,
};
use crate::{
    core::{
        db::fixed::Fixed,
        error::FieldError,
        input::{Confirmed, LongText, Odometer, PlannedDay, Text, WholeNumber},
        money::{Amount, Currency, Money, Thousandths},
        units::Distance,
    },
    features::{fuel_logs::Id, vehicles::VehicleId},
    id, record, t,
};

/// A cost with two decimals.
pub(super) type Cost = Fixed<8, 2>;
/// An interval in months, up to a hundred years.
pub(super) type Months = WholeNumber<1, 1200>;
/// An interval in miles.
pub(super) type Miles = WholeNumber<1, 1_000_000>;

id! {
    /// The id of a maintenance item.
    pub ItemId
}

record! {
    /// A maintenance item: a completed service, or one that is due.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[schemars(rename = "MaintenanceItem")]
    pub struct Item {
        /// The id of the item.
        pub id: ItemId {
            start id;
            once id;
        }
        /// The vehicle that the item belongs to.
        pub vehicle_id: VehicleId {
            column vehicle_id;
            input required Id;
        }
        /// The type of work: a known type or any other lowercase word.
        pub r#type: TypeName {
            column r#type;
            input required TypeName;
        }
        /// A description.
        pub description: Option<String> {
            column description;
            input optional LongText;
        }
        /// The date when the item is due.
        pub due_date: Option<NaiveDate> {
            column due_date;
            given optional PlannedDay,
                new "The date when the item is due; an open item needs this or `dueMileage`",
                change "The date when the item is due; a new date restarts the series";
        }
        /// The odometer reading at which the item is due, in whole miles.
        pub due_mileage: Option<i32> {
            column due_mileage;
            given optional Odometer, doc "The odometer reading at which the item is due, in miles";
        }
        /// The odometer reading at which the item is due, as entered.
        pub due_odometer: Option<Distance> {
            column due_exact = item.due_odometer.map(Distance::exact),
                due_unit = item.due_odometer.map(unit)
                => distance(due_mileage, due_exact, due_unit);
            given optional Distance,
                doc "The odometer reading at which the item is due, in miles or kilometers";
        }
        /// The date when the work was done.
        pub completed_date: Option<NaiveDate> {
            column completed_date;
            input optional NaiveDate;
        }
        /// The odometer reading when the work was done, in whole miles.
        pub completed_mileage: Option<i32> {
            column completed_mileage;
            given optional Odometer, doc "The odometer reading when the work was done, in miles";
        }
        /// The odometer reading when the work was done, as entered.
        pub completed_odometer: Option<Distance> {
            column completed_exact = item.completed_odometer.map(Distance::exact),
                completed_unit = item.completed_odometer.map(unit)
                => distance(completed_mileage, completed_exact, completed_unit);
            given optional Distance,
                doc "The odometer reading when the work was done, in miles or kilometers";
        }
        /// The amount paid, rounded to cents; null if it has more than six digits before the decimal
        /// point.
        pub cost: Option<Fixed<8, 2>> {
            column cost;
            given optional Cost, doc "The amount paid, to the cent";
        }
        /// The amount paid, as entered.
        pub amount: Option<Money> {
            column amount = item.amount.and_then(|it| Thousandths::from_units(it.thousandths))
                => amount_paid(cost, amount, Option::and_then(currency, Currency::stored));
            given optional Amount, doc "The amount paid, in `currency`";
        }
        /// The currency of the amount; null if there is no amount.
        pub currency: Option<Currency> {
            column currency = item.currency.as_ref().map(Currency::as_str)
                => Option::and_then(currency, Currency::stored);
            given optional Currency,
                doc "The currency of the amount; defaults to your preferred currency";
        }
        /// The workshop or place where the work was done.
        pub service_location: Option<String> {
            column service_location;
            input optional Text<200>;
        }
        /// Notes.
        pub notes: Option<String> {
            column notes;
            input optional LongText;
        }
        /// Whether the item is completed.
        pub is_completed: bool {
            column is_completed;
            given default bool,
                new "Whether the item is completed; defaults to whether `completedDate` is set",
                change "Whether the item is completed; if omitted, it follows a change of \
                        `completedDate`";
        }
        /// The number of months after which the item repeats.
        pub interval_months: Option<i32> {
            column interval_months;
            input optional Months;
        }
        /// The distance after which the item repeats, in whole miles.
        pub interval_miles: Option<i32> {
            column interval_miles;
            given optional Miles, doc "The number of miles after which the item repeats";
        }
        /// The distance after which the item repeats, as entered.
        pub interval_distance: Option<Distance> {
            column interval_exact = item.interval_distance.map(Distance::exact),
                interval_unit = item.interval_distance.map(unit)
                => distance(interval_miles, interval_exact, interval_unit);
            given optional Distance,
                doc "The distance after which the item repeats, in miles or kilometers";
        }
        /// When the item was created.
        pub created_at: DateTime<Utc> {
            start now;
            once created_at;
        }
        /// When the item was last changed.
        pub updated_at: DateTime<Utc> {
            start now;
            column updated_at;
        }
        /// The position of the item in its series.
        pub position: SeriesPosition {
            serde(skip);
            column base_date = item.position.base_date,
                months_from_base = item.position.months_from_base,
                scheduled_exact = item.position.scheduled_exact
                => SeriesPosition { base_date, months_from_base, scheduled_exact };
            write scheduled_mileage = item.position.scheduled_miles();
        }
        /// The completed item that this one follows.
        pub previous_id: Option<ItemId> {
            serde(skip);
            column previous_id;
        }
        /// The due date and reading that were calculated from the completion of that item.
        pub derived: DerivedDue {
            serde(skip);
            column derived_date = item.derived.date(), derived_exact = item.derived.exact()
                => DerivedDue::from_columns(derived_date, derived_exact);
        }
    }
    table "maintenance" of user by id as item => Item::with_reference_members;
    insert(pub(super));
    update(pub(super));
    cached columns;
    empty(pub(super), id: ItemId, vehicle_id: VehicleId, r#type: TypeName, now: DateTime<Utc>);
    form(pub(super)) {
        r#type "maintenance-label-type" = item.r#type.name().to_string(),
        description "maintenance-label-details",
        due_date "maintenance-label-due-date",
        // The page shows distances in the unit of the form.
        due_odometer "maintenance-label-due-odometer" = String::new(),
        completed_date "maintenance-label-completed-date",
        completed_odometer "maintenance-label-odometer" = String::new(),
        amount "maintenance-label-cost",
        interval_months "maintenance-label-interval-months",
        interval_distance "maintenance-label-interval-distance" = String::new(),
        service_location "maintenance-label-location",
        notes "maintenance-label-notes",
    }
    new {
        /// A new maintenance item
        pub(super) struct NewItem(id: ItemId, now: DateTime<Utc>) {
            /// JSON pointers of values that look implausible but are correct
            confirm: Option<Confirmed>,
        }
    }
    change {
        /// Changes to a maintenance item
        pub(super) struct ItemChange {
            /// JSON pointers of values that look implausible but are correct
            confirm: Option<Confirmed>,
        }
    }
}

fn unit(distance: Distance) -> &'static str {
    distance.unit().as_str()
}

/// Reads a distance from its three columns. An older version of the service updates only the whole
/// miles; if they differ, they win.
pub(super) fn distance(
    miles: Option<i32>,
    exact: Option<i64>,
    unit: Option<&str>,
) -> Option<Distance> {
    let typed = Distance::from_columns(exact, unit).filter(|it| Some(it.whole_miles()) == miles);
    typed.or_else(|| miles.map(Distance::miles))
}

/// Reads an amount from its three columns. An older version of the service updates only the cost;
/// if it differs, it wins.
fn amount_paid(
    cost: Option<Cost>,
    amount: Option<Thousandths>,
    currency: Option<Currency>,
) -> Option<Money> {
    let currency = currency.unwrap_or(Currency::USD);
    let amount = amount.map(|it| Money { thousandths: it.units(), currency });
    match amount {
        Some(amount) if amount.in_cents() == cost => Some(amount),
        _ => cost.map(|it| Money { thousandths: it.units() * 10, currency }),
    }
}

impl Item {
    /// Sets the members that are derived from those that were entered.
    fn with_reference_members(mut self) -> Self {
        self.due_mileage = self.due_odometer.map(Distance::whole_miles);
        self.completed_mileage = self.completed_odometer.map(Distance::whole_miles);
        self.interval_miles = self.interval_distance.map(Distance::whole_miles);
        self.currency = self.amount.map(|it| it.currency);
        self
    }

    /// Returns when the item is due.
    pub(super) fn due(&self) -> Due {
        Due { date: self.due_date, odometer: self.due_odometer }
    }

    /// Sets when the item is due.
    pub(super) fn set_due(&mut self, due: Due) {
        self.due_date = due.date;
        self.due_odometer = due.odometer;
        self.due_mileage = due.odometer.map(Distance::whole_miles);
    }

    /// Sets when the item is due, as calculated from the completion of the previous item.
    pub(super) fn derive_due(&mut self, due: Due) {
        self.set_due(due);
        self.derived = DerivedDue::of(due);
    }

    /// Whether the item is open and its due date and reading are still the calculated ones.
    pub(super) fn is_due_as_derived(&self) -> bool {
        !self.is_completed && self.derived.is_some() && self.derived == DerivedDue::of(self.due())
    }

    /// Sets the odometer reading at completion.
    pub(super) fn set_completed_odometer(&mut self, reading: Option<Distance>) {
        self.completed_odometer = reading;
        self.completed_mileage = reading.map(Distance::whole_miles);
    }

    /// Returns the interval after which the item repeats.
    pub(super) fn interval(&self) -> Interval {
        Interval { months: self.interval_months, distance: self.interval_distance }
    }

    /// Sets the distance after which the item repeats.
    pub(super) fn set_interval_distance(&mut self, distance: Option<Distance>) {
        self.interval_distance = distance;
        self.interval_miles = distance.map(Distance::whole_miles);
    }

    /// Sets the amount paid.
    pub(super) fn set_amount(&mut self, amount: Option<Money>) {
        self.amount = amount;
        self.currency = amount.map(|it| it.currency);
        self.cost = amount.and_then(Money::in_cents);
    }

    /// Returns what is wrong with the item as a whole: an open item needs a due date or a due
    /// reading, a completed one a completion date.
    ///
    /// `is_typed`: whether the completed odometer reading was sent with a unit.
    pub(super) fn faults(&self, is_typed: bool) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if self.is_completed {
            if self.completed_date.is_none() {
                faults.push(FieldError::at(
                    "completedDate",
                    t!("maintenance-field-completed-date-required"),
                ));
            }
            return faults;
        }
        if self.due_date.is_none() && self.due_odometer.is_none() {
            faults.push(FieldError::at("dueDate", t!("maintenance-field-due-required")));
        }
        let reading = if is_typed { "completedOdometer" } else { "completedMileage" };
        let done = [
            ("completedDate", self.completed_date.is_some()),
            (reading, self.completed_odometer.is_some()),
        ];
        for (name, _) in done.into_iter().filter(|it| it.1) {
            faults.push(FieldError::at(name, t!("maintenance-field-not-completed")));
        }
        faults
    }
}

/// A completed item and the next one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompletionResult {
    /// The completed item.
    pub(super) completed: Item,
    /// The next item; null if the completed one does not repeat.
    pub(super) next: Option<Item>,
}
