//! What an item of maintenance is.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    schedule::{Due, Interval, Place},
    types::TypeName,
};
use crate::{
    core::{
        db::fixed::Fixed,
        error::Fault,
        input::{Change, Clearable, LongText, Odometer, PlannedDay, Text, Whole},
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenanceItem")]
pub struct Item {
    /// Its name in this service.
    pub id: ItemId,
    /// Whose maintenance it is.
    pub vehicle_id: VehicleId,
    /// What is done: one of the known types, or any other word.
    #[serde(rename = "type")]
    #[sqlx(rename = "type")]
    pub kind: TypeName,
    /// What it is about.
    pub description: Option<String>,
    /// The day that it is due on.
    pub due_date: Option<NaiveDate>,
    /// What the odometer shows when it is due, in miles.
    pub due_mileage: Option<i32>,
    /// The day that it was done on.
    pub completed_date: Option<NaiveDate>,
    /// What the odometer showed when it was done, in miles.
    pub completed_mileage: Option<i32>,
    /// What it cost.
    pub cost: Option<Fixed<8, 2>>,
    /// Where it was done.
    pub service_location: Option<String>,
    /// What else there is to say.
    pub notes: Option<String>,
    /// Whether it was done.
    pub is_completed: bool,
    /// After how many months it comes again.
    pub interval_months: Option<i32>,
    /// After how many miles it comes again.
    pub interval_miles: Option<i32>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
    /// Where it stands in its series.
    #[serde(skip)]
    #[schemars(skip)]
    #[sqlx(flatten)]
    pub place: Place,
    /// The item that left it behind when it was completed.
    #[serde(skip)]
    #[schemars(skip)]
    pub previous_id: Option<ItemId>,
}

impl Item {
    /// What it is due at.
    pub(super) fn due(&self) -> Due {
        Due { date: self.due_date, mileage: self.due_mileage }
    }

    /// Makes it due at this.
    pub(super) fn set_due(&mut self, due: Due) {
        (self.due_date, self.due_mileage) = (due.date, due.mileage);
    }

    /// After how much it comes again.
    pub(super) fn interval(&self) -> Interval {
        Interval { months: self.interval_months, miles: self.interval_miles }
    }

    /// What is wrong with it as a whole: an open item has to be due at something and a completed one
    /// to have been done on some day.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.is_completed {
            if self.completed_date.is_none() {
                faults.push(Fault::at("completedDate", "is required of a completed item"));
            }
            return faults;
        }
        if self.due_date.is_none() && self.due_mileage.is_none() {
            let why = "is required of an open item, unless it has a dueMileage";
            faults.push(Fault::at("dueDate", why));
        }
        let done = [
            ("completedDate", self.completed_date.is_some()),
            ("completedMileage", self.completed_mileage.is_some()),
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
        /// The day that it was done on
        pub completed_date: Option<NaiveDate>,
        /// What the odometer showed when it was done, in miles
        pub completed_mileage: Option<Odometer>,
        /// What it cost
        pub cost: Option<Cost>,
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
        /// The day that it was done on
        pub completed_date: Clearable<NaiveDate>,
        /// What the odometer showed when it was done, in miles
        pub completed_mileage: Clearable<Odometer>,
        /// What it cost
        pub cost: Clearable<Cost>,
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
    }
}

input! {
    /// How an item of maintenance was done
    pub(super) struct Completion {
        /// The day that it was done on
        pub completed_date: NaiveDate,
        /// What the odometer showed, in miles; unless said, what the vehicle's shows now counts for
        /// what comes next
        pub completed_mileage: Option<Odometer>,
        /// What it cost
        pub cost: Option<Cost>,
        /// Where it was done
        pub service_location: Option<Text<200>>,
        /// What else there is to say
        pub notes: Option<LongText>,
    }
}

input! {
    /// To when an item of maintenance is postponed: a day, a mileage, or both
    pub(super) struct Postponement {
        /// The later day
        pub due_date: Option<PlannedDay>,
        /// The higher mileage
        pub due_mileage: Option<Odometer>,
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
    pub(super) fn into_item(self, id: ItemId, now: DateTime<Utc>) -> Item {
        let due =
            Due { date: self.due_date.map(|it| it.0), mileage: self.due_mileage.map(|it| it.0) };
        Item {
            id,
            vehicle_id: VehicleId(self.vehicle_id.0),
            kind: self.r#type,
            description: self.description.map(|it| it.0),
            due_date: due.date,
            due_mileage: due.mileage,
            completed_date: self.completed_date,
            completed_mileage: self.completed_mileage.map(|it| it.0),
            cost: self.cost,
            service_location: self.service_location.map(|it| it.0),
            notes: self.notes.map(|it| it.0),
            is_completed: self.is_completed.unwrap_or(self.completed_date.is_some()),
            interval_months: self.interval_months.map(|it| it.0),
            interval_miles: self.interval_miles.map(|it| it.0),
            created_at: now,
            updated_at: now,
            place: Place::beginning(due),
            previous_id: None,
        }
    }
}

impl ItemChange {
    /// The item after the change.
    pub(super) fn apply(self, item: Item, now: DateTime<Utc>) -> Item {
        let is_completed = match (&self.is_completed, &self.completed_date) {
            (Change::Set(said), _) => *said,
            (Change::Keep, Clearable::Keep) => item.is_completed,
            (Change::Keep, date) => *date != Clearable::Clear,
        };
        let mut changed = Item {
            vehicle_id: match self.vehicle_id {
                Change::Keep => item.vehicle_id,
                Change::Set(id) => VehicleId(id.0),
            },
            kind: self.r#type.or(item.kind),
            description: self.description.or(item.description.map(LongText)).map(|it| it.0),
            due_date: self.due_date.or(item.due_date.map(PlannedDay)).map(|it| it.0),
            due_mileage: self.due_mileage.or(item.due_mileage.map(Odometer)).map(|it| it.0),
            completed_date: self.completed_date.or(item.completed_date),
            completed_mileage: self
                .completed_mileage
                .or(item.completed_mileage.map(Odometer))
                .map(|it| it.0),
            cost: self.cost.or(item.cost),
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
            interval_miles: self.interval_miles.or(item.interval_miles.map(Whole)).map(|it| it.0),
            updated_at: now,
            ..item
        };
        // A day or a mileage of somebody's own is a base of its own.
        let begun = Place::beginning(changed.due());
        if changed.due_date != item.due_date {
            let Place { base_date, months_from_base, .. } = begun;
            changed.place = Place { base_date, months_from_base, ..changed.place };
        }
        if changed.due_mileage != item.due_mileage {
            changed.place.scheduled_mileage = begun.scheduled_mileage;
        }
        changed
    }
}
