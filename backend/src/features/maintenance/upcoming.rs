//! Open items by urgency.
//!
//! The cache holds only what does not depend on the date: open items, odometer readings and daily
//! distances. How urgent they are is calculated for each request, so a response is never out of
//! date.

use std::{collections::HashMap, time::Duration};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Item, ItemId,
    forecast::{self, Rate, Reading},
    overview, store,
};
use crate::{
    app::App,
    core::{
        Error, Result, UserId,
        db::Tx,
        http::{Cursor, Limit, Page},
        record::{Columns, With},
        units::{Distance, MILE, whole_miles},
    },
    features::vehicles::{self, VehicleId, odometer},
};

/// How long a user's open items are cached. The value is from the reference schema.
const CACHE_TTL: Duration = Duration::from_hours(1);

/// The number of days and miles within which an item is due soon.
const SOON_DAYS: i64 = 30;
const SOON_MILES: i64 = 500;

/// The cache key of a user's open items. The key is from the reference schema.
#[must_use]
pub(super) fn upcoming_key(user: &UserId) -> String {
    format!("maintenance:upcoming:{}", user.as_str())
}

/// How urgent an open item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DueStatus {
    /// The due date or the due mileage has passed.
    Overdue,
    /// The item is due within 30 days or 500 miles.
    DueSoon,
    /// The item is due later.
    Upcoming,
}

/// An open item with its urgency.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UpcomingMaintenance")]
pub struct Upcoming {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// The vehicle of the item.
    pub vehicle: NamedVehicle,
    /// How urgent the item is by its due date or its due mileage, whichever comes first.
    pub status: DueStatus,
    /// The number of days until the due date, in your time zone; negative if the date has passed,
    /// null if the item has no due date.
    pub due_in_days: Option<i64>,
    /// The number of miles until the due mileage; negative if it has been passed, null if the item
    /// has no due mileage.
    pub due_in_miles: Option<i64>,
    /// The predicted date on which the vehicle reaches the due mileage; null if there are too few
    /// odometer readings, or if the item has no due mileage.
    pub predicted_due_date: Option<NaiveDate>,
    /// The earliest likely date.
    pub predicted_due_earliest: Option<NaiveDate>,
    /// The latest likely date; null if the vehicle may not be driven at all.
    pub predicted_due_latest: Option<NaiveDate>,
    /// The distance until the item is due, in tenths of a millimeter.
    #[serde(skip)]
    #[schemars(skip)]
    pub due_in_exact: Option<i64>,
}

/// A vehicle with a name that is unique among the user's vehicles.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NamedVehicle {
    /// The id of the vehicle.
    pub id: VehicleId,
    /// The name of the vehicle.
    pub name: String,
}

/// The cached data of an open item, which does not depend on the date.
#[derive(Serialize, Deserialize)]
pub(super) struct CachedItem {
    pub(super) item: Columns<Item>,
    /// The name of the vehicle.
    pub(super) name: String,
    /// The running total, in tenths of a millimeter.
    odometer_exact: i64,
    rate: Option<Rate>,
}

impl CachedItem {
    /// `odometer`: the vehicle's latest reading, in tenths of a millimeter.
    pub(super) fn new(
        item: Item,
        odometer: Option<i64>,
        usage: Option<&VehicleUsage>,
        name: String,
    ) -> Self {
        let shown = usage.and_then(|it| it.total).unwrap_or(odometer.unwrap_or_default());
        let rate = usage.and_then(|it| it.rate);
        let odometer_exact = rate.map_or(shown, |it| it.plausible_reading(shown));
        Self { item: Columns(item), name, odometer_exact, rate }
    }
}

impl Upcoming {
    pub(super) fn of(item: CachedItem, today: NaiveDate) -> Self {
        let CachedItem { item: Columns(item), name, odometer_exact, rate } = item;
        let due_in_days = item.due_date.map(|it| it.signed_duration_since(today).num_days());
        let due_at = item.due_odometer.map(Distance::exact);
        let due_in_exact = due_at.map(|it| it - odometer_exact);
        let prediction = match (rate, due_at) {
            // The latest reading has already passed it, whatever the rate.
            (Some(rate), Some(_)) if due_in_exact <= Some(0) => rate.predict(0, today),
            (Some(rate), Some(due_at)) => rate.predict(due_at, today),
            _ => None,
        };
        let mut upcoming = Self {
            vehicle: NamedVehicle { id: item.vehicle_id, name },
            item,
            status: DueStatus::Upcoming,
            due_in_days,
            due_in_miles: due_in_exact.map(whole_miles),
            predicted_due_date: prediction.map(|it| it.likely),
            predicted_due_earliest: prediction.map(|it| it.earliest),
            predicted_due_latest: prediction.and_then(|it| it.latest),
            due_in_exact,
        };
        upcoming.status = match upcoming.urgency() {
            ..0 => DueStatus::Overdue,
            urgency if urgency <= SOON_DAYS * SOON_MILES * MILE => DueStatus::DueSoon,
            _ => DueStatus::Upcoming,
        };
        upcoming
    }

    /// How far ahead the item is due; a smaller value is more urgent. One day counts as much as the
    /// distance that corresponds to it in the "due soon" limits, so sorting by urgency also sorts
    /// by status.
    fn urgency(&self) -> i64 {
        let days = self.due_in_days.map(|it| it * SOON_MILES * MILE);
        let distance = self.due_in_exact.map(|it| it * SOON_DAYS);
        days.into_iter().chain(distance).min().unwrap_or(i64::MAX)
    }

    pub(super) fn urgency_key(&self) -> UrgencyKey {
        (self.urgency(), self.item.id)
    }
}

/// The sort key of open items: urgency, id.
pub(super) type UrgencyKey = (i64, ItemId);

/// The filter and the page of a list of open items.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// The vehicle; all vehicles outside the trash if `None`.
    pub(super) vehicle: Option<VehicleId>,
    pub(super) cursor: Option<Cursor<UrgencyKey>>,
    pub(super) limit: Limit,
}

/// Lists a page of the user's open items, most urgent first.
///
/// # Errors
/// `NotFound` if the vehicle is not the user's or is in the trash.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    today: NaiveDate,
    listing: &Listing,
) -> Result<Page<Upcoming>> {
    let after = listing.cursor.map(Cursor::key);
    let mut all = list_all(app, user, today).await?;
    if let Some(vehicle) = listing.vehicle {
        all.retain(|it| it.item.vehicle_id == vehicle);
        if all.is_empty() {
            vehicles::find(&mut app.db.read_for(user).await?, user, vehicle).await?;
        }
    }
    all.retain(|it| after.is_none_or(|after| it.urgency_key() > after));
    all.truncate(listing.limit.rows() + 1);
    Ok(Page::new(all, listing.limit, Upcoming::urgency_key))
}

/// Lists all open items of the user, most urgent first.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn list_all(app: &App, user: &UserId, today: NaiveDate) -> Result<Vec<Upcoming>> {
    let compute = || async {
        let items = load_open_items(&mut app.db.read_for(user).await?, user).await?;
        let body = serde_json::to_vec(&items).map_err(|error| Error::Internal(error.into()))?;
        Ok(body.into())
    };
    let body = app.get_or_compute_for(user, &upcoming_key(user), CACHE_TTL, compute).await?;
    let items: Vec<CachedItem> = match serde_json::from_slice(&body) {
        Ok(items) => items,
        // Another version of the service has cached this.
        Err(_) => load_open_items(&mut app.db.read_for(user).await?, user).await?,
    };
    let mut all: Vec<_> = items.into_iter().map(|item| Upcoming::of(item, today)).collect();
    all.sort_by_key(Upcoming::urgency_key);
    Ok(all)
}

/// Loads all open items of the user, with a fixed number of queries.
async fn load_open_items(tx: &mut Tx, user: &UserId) -> Result<Vec<CachedItem>> {
    let open = store::list_open(tx, user).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let usage = load_usage(tx, user).await?;
    let names = vehicles::load_names(tx, user).await?;
    let to_cached = |With(item, odometer): With<Item, Option<i64>>| {
        let usage = usage.get(&item.vehicle_id);
        let name = names.get(&item.vehicle_id).cloned().unwrap_or_default();
        CachedItem::new(item, odometer, usage, name)
    };
    Ok(open.into_iter().map(to_cached).collect())
}

/// The driving history of a vehicle.
pub(super) struct VehicleUsage {
    rate: Option<Rate>,
    /// The total distance, if the odometer was replaced and does not show it.
    total: Option<i64>,
    /// Whether the latest reading contradicts the others.
    pub(super) is_latest_suspicious: bool,
}

/// Estimates the rate of each of the user's vehicles.
pub(super) async fn load_usage(
    tx: &mut Tx,
    user: &UserId,
) -> Result<HashMap<VehicleId, VehicleUsage>> {
    let limit = i64::try_from(forecast::MAX_READINGS).unwrap_or(i64::MAX);
    let latest = odometer::recent_readings(tx, user, limit).await?;
    let usage = |(vehicle, latest): (_, odometer::RecentReadings)| {
        let reading = |(date, exact)| Reading { date, exact };
        let readings: Vec<_> = latest.readings.into_iter().map(reading).collect();
        let last = readings.iter().max().map(|it| it.exact);
        let total = last.filter(|_| latest.is_replaced);
        let is_latest_suspicious = overview::is_latest_suspicious(&readings);
        (
            vehicle,
            VehicleUsage { rate: forecast::estimate_rate(&readings), total, is_latest_suspicious },
        )
    };
    Ok(latest.into_iter().map(usage).collect())
}
