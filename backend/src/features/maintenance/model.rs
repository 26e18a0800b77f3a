//! Types for maintenance items and the requests that change them.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{
    fields::{self, AmountFields},
    schedule::{DerivedDue, Due, Interval, SeriesPosition},
    types::TypeName,
};
use crate::{
    core::{
        db::fixed::Fixed,
        error::FieldError,
        input::{Change, Clearable, Confirmed, LongText, Odometer, PlannedDay, Text, WholeNumber},
        money::{Amount, Currency, Money},
        units::Distance,
    },
    features::{fuel_logs::Id, vehicles::VehicleId},
    id, input, t,
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

/// A maintenance item: a completed service, or one that is due.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenanceItem")]
pub struct Item {
    /// The id of the item.
    pub id: ItemId,
    /// The vehicle that the item belongs to.
    pub vehicle_id: VehicleId,
    /// The type of work: a known type or any other lowercase word.
    #[serde(rename = "type")]
    pub kind: TypeName,
    /// A description.
    pub description: Option<String>,
    /// The date when the item is due.
    pub due_date: Option<NaiveDate>,
    /// The odometer reading at which the item is due, in whole miles.
    pub due_mileage: Option<i32>,
    /// The odometer reading at which the item is due, as entered.
    pub due_odometer: Option<Distance>,
    /// The date when the work was done.
    pub completed_date: Option<NaiveDate>,
    /// The odometer reading when the work was done, in whole miles.
    pub completed_mileage: Option<i32>,
    /// The odometer reading when the work was done, as entered.
    pub completed_odometer: Option<Distance>,
    /// The amount paid, rounded to cents; null if it has more than six digits before the decimal
    /// point.
    pub cost: Option<Fixed<8, 2>>,
    /// The amount paid, as entered.
    pub amount: Option<Money>,
    /// The currency of the amount; null if there is no amount.
    pub currency: Option<Currency>,
    /// The workshop or place where the work was done.
    pub service_location: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Whether the item is completed.
    pub is_completed: bool,
    /// The number of months after which the item repeats.
    pub interval_months: Option<i32>,
    /// The distance after which the item repeats, in whole miles.
    pub interval_miles: Option<i32>,
    /// The distance after which the item repeats, as entered.
    pub interval_distance: Option<Distance>,
    /// When the item was created.
    pub created_at: DateTime<Utc>,
    /// When the item was last changed.
    pub updated_at: DateTime<Utc>,
    /// The position of the item in its series.
    #[serde(skip)]
    #[schemars(skip)]
    pub position: SeriesPosition,
    /// The completed item that this one follows.
    #[serde(skip)]
    #[schemars(skip)]
    pub previous_id: Option<ItemId>,
    /// The due date and reading that were calculated from the completion of that item.
    #[serde(skip)]
    #[schemars(skip)]
    pub derived: DerivedDue,
}

impl Item {
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

input! {
    /// A new maintenance item
    pub(super) struct NewItem {
        /// The vehicle that the item belongs to
        pub vehicle_id: Id,
        /// The type of work: a known type or any other lowercase word
        pub r#type: TypeName,
        /// A description
        pub description: Option<LongText>,
        /// The date when the item is due; an open item needs this or `dueMileage`
        pub due_date: Option<PlannedDay>,
        /// The odometer reading at which the item is due, in miles
        pub due_mileage: Option<Odometer>,
        /// The odometer reading at which the item is due, in miles or kilometers
        pub due_odometer: Option<Distance>,
        /// The date when the work was done
        pub completed_date: Option<NaiveDate>,
        /// The odometer reading when the work was done, in miles
        pub completed_mileage: Option<Odometer>,
        /// The odometer reading when the work was done, in miles or kilometers
        pub completed_odometer: Option<Distance>,
        /// The amount paid, to the cent
        pub cost: Option<Cost>,
        /// The amount paid, in `currency`
        pub amount: Option<Amount>,
        /// The currency of the amount; defaults to your preferred currency
        pub currency: Option<Currency>,
        /// The workshop or place where the work was done
        pub service_location: Option<Text<200>>,
        /// Notes
        pub notes: Option<LongText>,
        /// Whether the item is completed; defaults to whether `completedDate` is set
        pub is_completed: Option<bool>,
        /// The number of months after which the item repeats
        pub interval_months: Option<Months>,
        /// The number of miles after which the item repeats
        pub interval_miles: Option<Miles>,
        /// The distance after which the item repeats, in miles or kilometers
        pub interval_distance: Option<Distance>,
        /// JSON pointers of values that look implausible but are correct
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// Changes to a maintenance item
    pub(super) struct ItemChange {
        /// The vehicle that the item belongs to
        pub vehicle_id: Change<Id>,
        /// The type of work: a known type or any other lowercase word
        pub r#type: Change<TypeName>,
        /// A description
        pub description: Clearable<LongText>,
        /// The date when the item is due; a new date restarts the series
        pub due_date: Clearable<PlannedDay>,
        /// The odometer reading at which the item is due, in miles
        pub due_mileage: Clearable<Odometer>,
        /// The odometer reading at which the item is due, in miles or kilometers
        pub due_odometer: Clearable<Distance>,
        /// The date when the work was done
        pub completed_date: Clearable<NaiveDate>,
        /// The odometer reading when the work was done, in miles
        pub completed_mileage: Clearable<Odometer>,
        /// The odometer reading when the work was done, in miles or kilometers
        pub completed_odometer: Clearable<Distance>,
        /// The amount paid, to the cent
        pub cost: Clearable<Cost>,
        /// The amount paid, in `currency`
        pub amount: Clearable<Amount>,
        /// The currency of the amount; defaults to your preferred currency
        pub currency: Clearable<Currency>,
        /// The workshop or place where the work was done
        pub service_location: Clearable<Text<200>>,
        /// Notes
        pub notes: Clearable<LongText>,
        /// Whether the item is completed; if omitted, it follows a change of `completedDate`
        pub is_completed: Change<bool>,
        /// The number of months after which the item repeats
        pub interval_months: Clearable<Months>,
        /// The number of miles after which the item repeats
        pub interval_miles: Clearable<Miles>,
        /// The distance after which the item repeats, in miles or kilometers
        pub interval_distance: Clearable<Distance>,
        /// JSON pointers of values that look implausible but are correct
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// The completion of a maintenance item
    pub(super) struct Completion {
        /// The date when the work was done
        pub completed_date: NaiveDate,
        /// The odometer reading when the work was done, in miles; if omitted, the next item is
        /// calculated from the readings around that date
        pub completed_mileage: Option<Odometer>,
        /// The odometer reading when the work was done, in miles or kilometers
        pub completed_odometer: Option<Distance>,
        /// The amount paid, to the cent
        pub cost: Option<Cost>,
        /// The amount paid, in `currency`
        pub amount: Option<Amount>,
        /// The currency of the amount; defaults to your preferred currency
        pub currency: Option<Currency>,
        /// The workshop or place where the work was done
        pub service_location: Option<Text<200>>,
        /// Notes
        pub notes: Option<LongText>,
        /// JSON pointers of values that look implausible but are correct
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// A postponement of a maintenance item to a later date, a higher mileage, or both
    pub(super) struct Postponement {
        /// The new, later due date
        pub due_date: Option<PlannedDay>,
        /// The new, higher due reading, in miles
        pub due_mileage: Option<Odometer>,
        /// The new, higher due reading, in miles or kilometers
        pub due_odometer: Option<Distance>,
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

impl NewItem {
    /// Converts the request into an item.
    ///
    /// # Errors
    /// Returns the faults if members contradict each other or do not fit together.
    pub(super) fn into_item(
        self,
        id: ItemId,
        now: DateTime<Utc>,
        default: Currency,
    ) -> Result<Item, Vec<FieldError>> {
        let mut faults = Vec::new();
        let due = Due {
            date: self.due_date.map(|it| it.0),
            odometer: fields::DUE.resolve_new(self.due_odometer, self.due_mileage, &mut faults),
        };
        let completed = fields::COMPLETED.resolve_new(
            self.completed_odometer,
            self.completed_mileage,
            &mut faults,
        );
        let interval = fields::INTERVAL.resolve_new(
            self.interval_distance,
            self.interval_miles.map(|it| Odometer(it.0)),
            &mut faults,
        );
        let paid = AmountFields::new(self.amount, self.cost, self.currency);
        let paid = paid.resolve(None, default, &mut faults);
        let mut item = Item {
            id,
            vehicle_id: VehicleId(self.vehicle_id.0),
            kind: self.r#type,
            description: self.description.map(|it| it.0),
            completed_date: self.completed_date,
            service_location: self.service_location.map(|it| it.0),
            notes: self.notes.map(|it| it.0),
            is_completed: self.is_completed.unwrap_or(self.completed_date.is_some()),
            interval_months: self.interval_months.map(|it| it.0),
            position: SeriesPosition::starting_at(due),
            ..Item::empty(now)
        };
        item.set_due(due);
        item.set_completed_odometer(completed);
        item.set_interval_distance(interval);
        item.set_amount(paid);
        faults.extend(item.faults(self.completed_odometer.is_some()));
        if faults.is_empty() { Ok(item) } else { Err(faults) }
    }
}

impl Item {
    /// Returns an item without any values.
    pub(super) fn empty(now: DateTime<Utc>) -> Self {
        Self {
            id: ItemId(Uuid::nil()),
            vehicle_id: VehicleId(Uuid::nil()),
            kind: TypeName(String::new()),
            description: None,
            due_date: None,
            due_mileage: None,
            due_odometer: None,
            completed_date: None,
            completed_mileage: None,
            completed_odometer: None,
            cost: None,
            amount: None,
            currency: None,
            service_location: None,
            notes: None,
            is_completed: false,
            interval_months: None,
            interval_miles: None,
            interval_distance: None,
            created_at: now,
            updated_at: now,
            position: SeriesPosition::default(),
            previous_id: None,
            derived: DerivedDue::default(),
        }
    }
}

impl ItemChange {
    /// Returns the item with the change applied.
    ///
    /// # Errors
    /// Returns the faults if members contradict each other or do not fit together.
    pub(super) fn apply(
        self,
        item: Item,
        now: DateTime<Utc>,
        default: Currency,
    ) -> Result<Item, Vec<FieldError>> {
        let mut faults = Vec::new();
        let is_completed = match (&self.is_completed, &self.completed_date) {
            (Change::Set(said), _) => *said,
            (Change::Unchanged, Clearable::Unchanged) => item.is_completed,
            (Change::Unchanged, date) => *date != Clearable::Clear,
        };
        let due = Due {
            date: self.due_date.or(item.due_date.map(PlannedDay)).map(|it| it.0),
            odometer: fields::DUE.resolve_change(
                (self.due_odometer, self.due_mileage),
                item.due_odometer,
                &mut faults,
            ),
        };
        let is_typed = matches!(self.completed_odometer, Clearable::Set(_));
        let completed = fields::COMPLETED.resolve_change(
            (self.completed_odometer, self.completed_mileage),
            item.completed_odometer,
            &mut faults,
        );
        let miles = match self.interval_miles {
            Clearable::Unchanged => Clearable::Unchanged,
            Clearable::Clear => Clearable::Clear,
            Clearable::Set(miles) => Clearable::Set(Odometer(miles.0)),
        };
        let interval = fields::INTERVAL.resolve_change(
            (self.interval_distance, miles),
            item.interval_distance,
            &mut faults,
        );
        let paid = AmountFields { amount: self.amount, cost: self.cost, currency: self.currency };
        let paid = paid.resolve(item.amount, default, &mut faults);
        let was_due = item.due();
        let mut changed = Item {
            vehicle_id: match self.vehicle_id {
                Change::Unchanged => item.vehicle_id,
                Change::Set(id) => VehicleId(id.0),
            },
            kind: self.r#type.or(item.kind),
            description: self.description.or(item.description.map(LongText)).map(|it| it.0),
            completed_date: self.completed_date.or(item.completed_date),
            service_location: self
                .service_location
                .or(item.service_location.map(Text))
                .map(|it| it.0),
            notes: self.notes.or(item.notes.map(LongText)).map(|it| it.0),
            is_completed,
            interval_months: self
                .interval_months
                .or(item.interval_months.map(WholeNumber))
                .map(|it| it.0),
            updated_at: now,
            ..item
        };
        changed.set_due(due);
        changed.set_completed_odometer(completed);
        changed.set_interval_distance(interval);
        changed.set_amount(paid);
        // A due date or reading set by the user restarts the series.
        let restarted = SeriesPosition::starting_at(due);
        if due.date != was_due.date {
            let SeriesPosition { base_date, months_from_base, .. } = restarted;
            changed.position = SeriesPosition { base_date, months_from_base, ..changed.position };
        }
        if due.odometer != was_due.odometer {
            changed.position.scheduled_exact = restarted.scheduled_exact;
        }
        faults.extend(changed.faults(is_typed));
        if faults.is_empty() { Ok(changed) } else { Err(faults) }
    }
}
