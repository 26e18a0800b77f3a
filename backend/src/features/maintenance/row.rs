//! The database row of an item.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Item, ItemId,
    model::Cost,
    schedule::{DerivedDue, SeriesPosition},
    types::TypeName,
};
use crate::{
    core::{
        money::{Currency, Money, Thousandths},
        units::Distance,
    },
    features::vehicles::VehicleId,
};

/// A row of the `maintenance` table. Open items are also cached in this form.
#[derive(Debug, Clone, Serialize, Deserialize, sqlx::FromRow)]
pub(super) struct ItemRow {
    id: ItemId,
    pub(super) vehicle_id: VehicleId,
    #[sqlx(rename = "type")]
    kind: TypeName,
    description: Option<String>,
    due_date: Option<NaiveDate>,
    due_mileage: Option<i32>,
    due_exact: Option<i64>,
    due_unit: Option<String>,
    completed_date: Option<NaiveDate>,
    completed_mileage: Option<i32>,
    completed_exact: Option<i64>,
    completed_unit: Option<String>,
    cost: Option<Cost>,
    amount: Option<Thousandths>,
    currency: Option<String>,
    service_location: Option<String>,
    notes: Option<String>,
    is_completed: bool,
    interval_months: Option<i32>,
    interval_miles: Option<i32>,
    interval_exact: Option<i64>,
    interval_unit: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[sqlx(flatten)]
    position: SeriesPosition,
    previous_id: Option<ItemId>,
    #[sqlx(flatten)]
    derived: DerivedDue,
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

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        let due = distance(row.due_mileage, row.due_exact, row.due_unit.as_deref());
        let completed =
            distance(row.completed_mileage, row.completed_exact, row.completed_unit.as_deref());
        let interval =
            distance(row.interval_miles, row.interval_exact, row.interval_unit.as_deref());
        let currency = row.currency.as_deref().and_then(Currency::stored);
        let amount = amount_paid(row.cost, row.amount, currency);
        Self {
            id: row.id,
            vehicle_id: row.vehicle_id,
            kind: row.kind,
            description: row.description,
            due_date: row.due_date,
            due_mileage: due.map(Distance::whole_miles),
            due_odometer: due,
            completed_date: row.completed_date,
            completed_mileage: completed.map(Distance::whole_miles),
            completed_odometer: completed,
            cost: row.cost,
            amount,
            currency: amount.map(|it| it.currency),
            service_location: row.service_location,
            notes: row.notes,
            is_completed: row.is_completed,
            interval_months: row.interval_months,
            interval_miles: interval.map(Distance::whole_miles),
            interval_distance: interval,
            created_at: row.created_at,
            updated_at: row.updated_at,
            position: row.position,
            previous_id: row.previous_id,
            derived: row.derived,
        }
    }
}
