//! The requests that add, change, complete and postpone items.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Cost, Item, ItemChange, ItemId, NewItem};
use crate::{
    core::{
        error::FieldError,
        input::{Change, Clearable, Confirmed, LongText, Odometer, PlannedDay, Text},
        money::{Amount, Currency},
        units::Distance,
    },
    features::maintenance::{
        fields::{self, AmountFields},
        schedule::{Due, SeriesPosition},
    },
    input,
};

input! {
    /// The completion of a maintenance item
    pub(in crate::features::maintenance) struct Completion {
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
    pub(in crate::features::maintenance) struct Postponement {
        /// The new, later due date
        pub due_date: Option<PlannedDay>,
        /// The new, higher due reading, in miles
        pub due_mileage: Option<Odometer>,
        /// The new, higher due reading, in miles or kilometers
        pub due_odometer: Option<Distance>,
    }
}

impl NewItem {
    /// Converts the request into an item.
    ///
    /// # Errors
    /// Returns the faults if members contradict each other or do not fit together.
    pub(in crate::features::maintenance) fn into_item(
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
        let is_typed = self.completed_odometer.is_some();
        let is_completed = self.is_completed.unwrap_or(self.completed_date.is_some());
        let position = SeriesPosition::starting_at(due);
        let mut item = Item { is_completed, position, ..self.into_record(id, now) };
        item.set_due(due);
        item.set_completed_odometer(completed);
        item.set_interval_distance(interval);
        item.set_amount(paid);
        faults.extend(item.faults(is_typed));
        if faults.is_empty() { Ok(item) } else { Err(faults) }
    }
}

impl ItemChange {
    /// Returns the item with the change applied.
    ///
    /// # Errors
    /// Returns the faults if members contradict each other or do not fit together.
    pub(in crate::features::maintenance) fn apply(
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
            date: self.due_date.clone().map(NaiveDate::from).or(item.due_date),
            odometer: fields::DUE.resolve_change(
                (self.due_odometer.clone(), self.due_mileage.clone()),
                item.due_odometer,
                &mut faults,
            ),
        };
        let is_typed = matches!(self.completed_odometer, Clearable::Set(_));
        let completed = fields::COMPLETED.resolve_change(
            (self.completed_odometer.clone(), self.completed_mileage.clone()),
            item.completed_odometer,
            &mut faults,
        );
        let miles = self.interval_miles.clone().map(|it| Odometer(it.0));
        let interval = fields::INTERVAL.resolve_change(
            (self.interval_distance.clone(), miles),
            item.interval_distance,
            &mut faults,
        );
        let paid = AmountFields {
            amount: self.amount.clone(),
            cost: self.cost.clone(),
            currency: self.currency.clone(),
        };
        let paid = paid.resolve(item.amount, default, &mut faults);
        let was_due = item.due();
        let mut changed = Item { is_completed, updated_at: now, ..item };
        self.apply_to(&mut changed);
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
