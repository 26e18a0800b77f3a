//! What an item of maintenance is.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    entered::{self, Entered},
    schedule::{Derived, Due, Interval, Place},
    types::TypeName,
};
use crate::{
    core::{
        db::fixed::Fixed,
        error::Fault,
        input::{Change, Clearable, Confirmed, LongText, Odometer, PlannedDay, Text, Whole},
        money::{Amount, Currency, Money},
        units::Distance,
    },
    features::{fuel_logs::Id, vehicles::VehicleId},
    input,
};

/// What something cost.
pub(super) type Cost = Fixed<8, 2>;
/// How many months may lie between two times: up to a hundred years.
pub(super) type Months = Whole<1, 1200>;
/// How many miles may lie between two times.
pub(super) type Miles = Whole<1, 1_000_000>;

/// Names one item of maintenance.
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
pub struct ItemId(pub Uuid);

impl std::fmt::Display for ItemId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that was done to a vehicle, or is due to be.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenanceItem")]
pub struct Item {
    /// Its name in this service.
    pub id: ItemId,
    /// Whose maintenance it is.
    pub vehicle_id: VehicleId,
    /// What is done: one of the known types, or any other word.
    #[serde(rename = "type")]
    pub kind: TypeName,
    /// What it is about.
    pub description: Option<String>,
    /// The day that it is due on.
    pub due_date: Option<NaiveDate>,
    /// The odometer reading that it is due at, in whole miles.
    pub due_mileage: Option<i32>,
    /// The odometer reading that it is due at, as entered.
    pub due_odometer: Option<Distance>,
    /// The day that it was done on.
    pub completed_date: Option<NaiveDate>,
    /// The odometer reading when it was done, in whole miles.
    pub completed_mileage: Option<i32>,
    /// The odometer reading when it was done, as entered.
    pub completed_odometer: Option<Distance>,
    /// The amount paid to the cent; null if it has more than six digits before the point.
    pub cost: Option<Fixed<8, 2>>,
    /// The amount paid as entered.
    pub amount: Option<Money>,
    /// The currency of the amount; null if there is no amount.
    pub currency: Option<Currency>,
    /// Where it was done.
    pub service_location: Option<String>,
    /// What else there is to say.
    pub notes: Option<String>,
    /// Whether it was done.
    pub is_completed: bool,
    /// After how many months it comes again.
    pub interval_months: Option<i32>,
    /// The distance after which it repeats, in whole miles.
    pub interval_miles: Option<i32>,
    /// The distance after which it repeats, as entered.
    pub interval_distance: Option<Distance>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// Where it stands in its series.
    #[serde(skip)]
    #[schemars(skip)]
    pub place: Place,
    /// The item that left it behind when it was completed.
    #[serde(skip)]
    #[schemars(skip)]
    pub previous_id: Option<ItemId>,
    /// What it became due at when that item was completed.
    #[serde(skip)]
    #[schemars(skip)]
    pub derived: Derived,
}

impl Item {
    /// What it is due at.
    pub(super) fn due(&self) -> Due {
        Due { date: self.due_date, odometer: self.due_odometer }
    }

    /// Makes it due at this.
    pub(super) fn set_due(&mut self, due: Due) {
        self.due_date = due.date;
        self.due_odometer = due.odometer;
        self.due_mileage = due.odometer.map(Distance::whole_miles);
    }

    /// Makes it due at what the completion of the item before it gives.
    pub(super) fn derive_due(&mut self, due: Due) {
        self.set_due(due);
        self.derived = Derived::of(due);
    }

    /// Whether it is open and still due at what the completion of the item before it gave.
    pub(super) fn is_due_as_derived(&self) -> bool {
        !self.is_completed && self.derived.is_some() && self.derived == Derived::of(self.due())
    }

    /// Sets the odometer reading when it was done.
    pub(super) fn set_completed_odometer(&mut self, reading: Option<Distance>) {
        self.completed_odometer = reading;
        self.completed_mileage = reading.map(Distance::whole_miles);
    }

    /// After how much it comes again.
    pub(super) fn interval(&self) -> Interval {
        Interval { months: self.interval_months, distance: self.interval_distance }
    }

    /// Sets the distance after which it repeats.
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

    /// What is wrong with it as a whole: an open item has to be due at something and a completed one
    /// to have been done on some day.
    ///
    /// `is_typed`: whether the odometer reading was sent with its unit.
    pub(super) fn faults(&self, is_typed: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.is_completed {
            if self.completed_date.is_none() {
                faults.push(Fault::at("completedDate", "is required of a completed item"));
            }
            return faults;
        }
        if self.due_date.is_none() && self.due_odometer.is_none() {
            let why = "is required of an open item, unless it has a dueMileage";
            faults.push(Fault::at("dueDate", why));
        }
        let reading = if is_typed { "completedOdometer" } else { "completedMileage" };
        let done = [
            ("completedDate", self.completed_date.is_some()),
            (reading, self.completed_odometer.is_some()),
        ];
        for (name, _) in done.into_iter().filter(|it| it.1) {
            faults.push(Fault::at(name, "cannot be there unless the item is completed"));
        }
        faults
    }
}

input! {
    /// What it takes to add an item of maintenance
    pub(super) struct NewItem {
        /// Whose maintenance it is
        pub vehicle_id: Id,
        /// What is done: one of the known types, or any other lower-case word
        pub r#type: TypeName,
        /// What it is about
        pub description: Option<LongText>,
        /// The day that it is due on; an open item has this or `dueMileage`
        pub due_date: Option<PlannedDay>,
        /// What the odometer shows when it is due, in miles
        pub due_mileage: Option<Odometer>,
        /// What the odometer shows when it is due, in miles or kilometers
        pub due_odometer: Option<Distance>,
        /// The day that it was done on
        pub completed_date: Option<NaiveDate>,
        /// What the odometer showed when it was done, in miles
        pub completed_mileage: Option<Odometer>,
        /// What the odometer showed when it was done, in miles or kilometers
        pub completed_odometer: Option<Distance>,
        /// What it cost
        pub cost: Option<Cost>,
        /// The amount paid, in the currency
        pub amount: Option<Amount>,
        /// The currency of the amount; your preferred one by default
        pub currency: Option<Currency>,
        /// Where it was done
        pub service_location: Option<Text<200>>,
        /// What else there is to say
        pub notes: Option<LongText>,
        /// Whether it was done; unless said, whether it has a `completedDate`
        pub is_completed: Option<bool>,
        /// After how many months it comes again
        pub interval_months: Option<Months>,
        /// After how many miles it comes again
        pub interval_miles: Option<Miles>,
        /// The distance after which it repeats, in miles or kilometers
        pub interval_distance: Option<Distance>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// What to change of an item of maintenance
    pub(super) struct ItemChange {
        /// Whose maintenance it is
        pub vehicle_id: Change<Id>,
        /// What is done: one of the known types, or any other lower-case word
        pub r#type: Change<TypeName>,
        /// What it is about
        pub description: Clearable<LongText>,
        /// The day that it is due on, from which its series is counted anew
        pub due_date: Clearable<PlannedDay>,
        /// What the odometer shows when it is due, in miles
        pub due_mileage: Clearable<Odometer>,
        /// What the odometer shows when it is due, in miles or kilometers
        pub due_odometer: Clearable<Distance>,
        /// The day that it was done on
        pub completed_date: Clearable<NaiveDate>,
        /// What the odometer showed when it was done, in miles
        pub completed_mileage: Clearable<Odometer>,
        /// What the odometer showed when it was done, in miles or kilometers
        pub completed_odometer: Clearable<Distance>,
        /// What it cost
        pub cost: Clearable<Cost>,
        /// The amount paid, in the currency
        pub amount: Clearable<Amount>,
        /// The currency of the amount; your preferred one by default
        pub currency: Clearable<Currency>,
        /// Where it was done
        pub service_location: Clearable<Text<200>>,
        /// What else there is to say
        pub notes: Clearable<LongText>,
        /// Whether it was done; unless said, as `completedDate` says where that is mentioned
        pub is_completed: Change<bool>,
        /// After how many months it comes again
        pub interval_months: Clearable<Months>,
        /// After how many miles it comes again
        pub interval_miles: Clearable<Miles>,
        /// The distance after which it repeats, in miles or kilometers
        pub interval_distance: Clearable<Distance>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// How an item of maintenance was done
    pub(super) struct Completion {
        /// The day that it was done on
        pub completed_date: NaiveDate,
        /// What the odometer showed, in miles; by default, the next item is counted from the readings
        /// around that day
        pub completed_mileage: Option<Odometer>,
        /// What the odometer showed, in miles or kilometers
        pub completed_odometer: Option<Distance>,
        /// What it cost
        pub cost: Option<Cost>,
        /// The amount paid, in the currency
        pub amount: Option<Amount>,
        /// The currency of the amount; your preferred one by default
        pub currency: Option<Currency>,
        /// Where it was done
        pub service_location: Option<Text<200>>,
        /// What else there is to say
        pub notes: Option<LongText>,
        /// The pointers of values that look wrong but are right
        pub confirm: Option<Confirmed>,
    }
}

input! {
    /// To when an item of maintenance is postponed: a day, a mileage, or both
    pub(super) struct Postponement {
        /// The later day
        pub due_date: Option<PlannedDay>,
        /// The higher mileage
        pub due_mileage: Option<Odometer>,
        /// The higher odometer reading, in miles or kilometers
        pub due_odometer: Option<Distance>,
    }
}

/// A completed item, and what it left behind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completed {
    /// The item.
    pub(super) completed: Item,
    /// The item that comes next; null where it does not come again.
    pub(super) next: Option<Item>,
}

impl NewItem {
    /// The item that it makes.
    ///
    /// # Errors
    /// Members that contradict each other or don't fit together.
    pub(super) fn into_item(
        self,
        id: ItemId,
        now: DateTime<Utc>,
        default: Currency,
    ) -> Result<Item, Vec<Fault>> {
        let mut faults = Vec::new();
        let due = Due {
            date: self.due_date.map(|it| it.0),
            odometer: entered::DUE.of_new(self.due_odometer, self.due_mileage, &mut faults),
        };
        let completed =
            entered::COMPLETED.of_new(self.completed_odometer, self.completed_mileage, &mut faults);
        let interval = entered::INTERVAL.of_new(
            self.interval_distance,
            self.interval_miles.map(|it| Odometer(it.0)),
            &mut faults,
        );
        let paid = Entered::new(self.amount, self.cost, self.currency);
        let paid = paid.change(None, default, &mut faults);
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
            place: Place::beginning(due),
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
    /// An empty item.
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
            place: Place::default(),
            previous_id: None,
            derived: Derived::default(),
        }
    }
}

impl ItemChange {
    /// The item after the change.
    ///
    /// # Errors
    /// Members that contradict each other or don't fit together.
    pub(super) fn apply(
        self,
        item: Item,
        now: DateTime<Utc>,
        default: Currency,
    ) -> Result<Item, Vec<Fault>> {
        let mut faults = Vec::new();
        let is_completed = match (&self.is_completed, &self.completed_date) {
            (Change::Set(said), _) => *said,
            (Change::Keep, Clearable::Keep) => item.is_completed,
            (Change::Keep, date) => *date != Clearable::Clear,
        };
        let due = Due {
            date: self.due_date.or(item.due_date.map(PlannedDay)).map(|it| it.0),
            odometer: entered::DUE.of_change(
                (self.due_odometer, self.due_mileage),
                item.due_odometer,
                &mut faults,
            ),
        };
        let is_typed = matches!(self.completed_odometer, Clearable::Set(_));
        let completed = entered::COMPLETED.of_change(
            (self.completed_odometer, self.completed_mileage),
            item.completed_odometer,
            &mut faults,
        );
        let miles = match self.interval_miles {
            Clearable::Keep => Clearable::Keep,
            Clearable::Clear => Clearable::Clear,
            Clearable::Set(miles) => Clearable::Set(Odometer(miles.0)),
        };
        let interval = entered::INTERVAL.of_change(
            (self.interval_distance, miles),
            item.interval_distance,
            &mut faults,
        );
        let paid = Entered { amount: self.amount, cost: self.cost, currency: self.currency };
        let paid = paid.change(item.amount, default, &mut faults);
        let was_due = item.due();
        let mut changed = Item {
            vehicle_id: match self.vehicle_id {
                Change::Keep => item.vehicle_id,
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
                .or(item.interval_months.map(Whole))
                .map(|it| it.0),
            updated_at: now,
            ..item
        };
        changed.set_due(due);
        changed.set_completed_odometer(completed);
        changed.set_interval_distance(interval);
        changed.set_amount(paid);
        // A due date or reading set by the user restarts the series.
        let begun = Place::beginning(due);
        if due.date != was_due.date {
            let Place { base_date, months_from_base, .. } = begun;
            changed.place = Place { base_date, months_from_base, ..changed.place };
        }
        if due.odometer != was_due.odometer {
            changed.place.scheduled_exact = begun.scheduled_exact;
        }
        faults.extend(changed.faults(is_typed));
        if faults.is_empty() { Ok(changed) } else { Err(faults) }
    }
}
