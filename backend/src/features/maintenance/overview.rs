//! The maintenance of all vehicles at a glance, for the home page: open items, what was paid this month
//! and in the last, and odometers whose latest reading looks wrong.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    forecast, store,
    upcoming::{CachedItem, Upcoming, load_usage},
};
use crate::{
    core::{Result, UserId, db::Tx, money::Currency, months::TwoMonths, record::With},
    features::vehicles::VehicleId,
};

/// The maintenance of a user's vehicles at a glance. It does not depend on the day, only on the month.
#[derive(Serialize, Deserialize)]
pub struct MaintenanceOverview {
    items: Vec<CachedItem>,
    /// What was paid in the current month and in the month before.
    pub payments: Vec<Payment>,
    /// The vehicles whose latest odometer reading contradicts the others.
    pub suspicious_odometers: Vec<VehicleId>,
}

/// What was paid for a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The date.
    pub date: NaiveDate,
    /// The currency.
    pub currency: Currency,
    /// The amount, in thousandths.
    pub thousandths: i64,
}

impl MaintenanceOverview {
    /// Takes the open items, with their urgency on the day `today`, most urgent first.
    #[must_use]
    pub fn take_upcoming(
        &mut self,
        today: NaiveDate,
        names: &HashMap<VehicleId, String>,
    ) -> Vec<Upcoming> {
        let upcoming = |mut item: CachedItem| {
            item.name = names.get(&item.item.0.vehicle_id).cloned().unwrap_or_default();
            Upcoming::of(item, today)
        };
        let mut all: Vec<_> = std::mem::take(&mut self.items).into_iter().map(upcoming).collect();
        all.sort_by_key(Upcoming::urgency_key);
        all
    }
}

/// Reads the overview of the user's vehicles with a fixed number of statements, within the caller's
/// transaction.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn overview(
    tx: &mut Tx,
    user: &UserId,
    months: TwoMonths,
) -> Result<MaintenanceOverview> {
    let rows = store::list_open_and_paid(tx, user, months).await?;
    let usage = load_usage(tx, user).await?;
    let suspicious = usage.iter().filter(|it| it.1.is_latest_suspicious).map(|it| *it.0);
    let mut overview = MaintenanceOverview {
        items: Vec::new(),
        payments: Vec::new(),
        suspicious_odometers: suspicious.collect(),
    };
    for With(item, odometer) in rows {
        if item.is_completed {
            let payment = item.completed_date.zip(item.amount).map(|(date, amount)| Payment {
                vehicle: item.vehicle_id,
                date,
                currency: amount.currency,
                thousandths: amount.thousandths,
            });
            overview.payments.extend(payment);
        } else {
            let usage = usage.get(&item.vehicle_id);
            overview.items.push(CachedItem::new(item, odometer, usage, String::new()));
        }
    }
    Ok(overview)
}

impl Upcoming {
    /// How much of the time or distance until the item is due has passed, in percent, whichever is more;
    /// `None` if it is unknown when that began.
    #[must_use]
    pub fn elapsed_percent(&self) -> Option<u8> {
        let by_date = self.item.due_date.zip(self.due_in_days).and_then(|(due, days)| {
            let begin = match self.item.interval_months.and_then(|it| u32::try_from(it).ok()) {
                Some(months) => due.checked_sub_months(chrono::Months::new(months))?,
                None => self.item.created_at.date_naive(),
            };
            elapsed(due.signed_duration_since(begin).num_days(), days)
        });
        let by_distance = self
            .item
            .interval_distance
            .zip(self.due_in_exact)
            .and_then(|(interval, remaining)| elapsed(interval.exact(), remaining));
        by_date.max(by_distance)
    }
}

/// How much of `total` has passed, in percent.
fn elapsed(total: i64, remaining: i64) -> Option<u8> {
    let total = i128::from(total);
    let passed = (total - i128::from(remaining)).clamp(0, total.max(0));
    passed.checked_mul(100)?.checked_div(total).and_then(|it| u8::try_from(it).ok())
}

/// Whether the latest of a vehicle's readings contradicts the others.
pub(super) fn is_latest_suspicious(readings: &[forecast::Reading]) -> bool {
    let latest = readings.iter().max();
    latest.is_some_and(|it| forecast::latest_consistent(readings).is_some_and(|other| other != *it))
}

#[cfg(test)]
mod tests {
    use super::elapsed;

    #[test]
    fn elapsed_time_is_a_share_of_the_interval() {
        for (total, remaining, percent) in [
            (100, 100, Some(0)),
            (365, 73, Some(80)),
            (100, -20, Some(100)),
            (100, 500, Some(0)),
            (i64::MAX, 1, Some(99)),
            (0, 5, None),
        ] {
            assert_eq!(elapsed(total, remaining), percent, "{remaining} of {total}");
        }
    }
}
