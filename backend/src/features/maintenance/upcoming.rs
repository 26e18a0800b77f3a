//! What is due, most urgent first.
//!
//! Kept for a while is what does not depend on the day: the open items, the odometers and the rates
//! of driving. What today makes of them is worked out each time, so that no answer is yesterday's.

use std::{cmp::Ordering, collections::HashMap, time::Duration};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Item, ItemId,
    forecast::{self, Rate, Reading},
    row::ItemRow,
    store,
};
use crate::{
    core::{
        App, Error, Result, UserId,
        db::Tx,
        http::{Cursor, Limit, Page},
        units::{Distance, MILE, whole_miles},
    },
    features::vehicles::{self, VehicleId, odometer},
};

/// How long a user's open items are kept (the seed's).
const KEPT: Duration = Duration::from_hours(1);

/// Within how many days and miles something is due soon.
const SOON_DAYS: i64 = 30;
const SOON_MILES: i64 = 500;

/// Where a user's open items are kept (the seed's).
#[must_use]
pub fn upcoming_key(user: &UserId) -> String {
    format!("maintenance:upcoming:{}", user.as_str())
}

/// How urgent an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Its day or its mileage has passed.
    Overdue,
    /// It is due within 30 days or 500 miles.
    DueSoon,
    /// It is due later.
    Upcoming,
}

/// An open item, and how urgent it is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UpcomingMaintenance")]
pub struct Upcoming {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// Its vehicle.
    pub vehicle: NamedVehicle,
    /// How urgent it is: by its day or its mileage, whichever comes first.
    pub status: Status,
    /// In how many days it is due, the user's time zone deciding what today is; negative where the
    /// day has passed, null where it is not due by date.
    pub due_in_days: Option<i64>,
    /// In how many miles it is due; negative where they have been driven, null where it is not due
    /// by mileage.
    pub due_in_miles: Option<i64>,
    /// The day on which its mileage will be reached at the vehicle's own rate of driving; null where
    /// its history is too short to tell, or it is not due by mileage.
    pub predicted_due_date: Option<NaiveDate>,
    /// The earliest day on which that may well be.
    pub predicted_due_earliest: Option<NaiveDate>,
    /// The latest; null where the vehicle may as well stand still.
    pub predicted_due_latest: Option<NaiveDate>,
    /// The distance until it is due, in tenths of a millimeter.
    #[serde(skip)]
    #[schemars(skip)]
    pub due_in_exact: Option<i64>,
}

/// A vehicle and what to call it: no two of a user's vehicles have one name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NamedVehicle {
    /// The vehicle.
    pub id: VehicleId,
    /// Its name.
    pub name: String,
}

/// What is known of an open item, whatever the day.
#[derive(Serialize, Deserialize)]
struct Fact {
    item: ItemRow,
    /// The vehicle's name.
    name: String,
    /// The running total, in tenths of a millimeter.
    odometer_exact: i64,
    rate: Option<Rate>,
}

impl Upcoming {
    fn of(fact: Fact, today: NaiveDate) -> Self {
        let Fact { item, name, odometer_exact, rate } = fact;
        let item = Item::from(item);
        let due_in_days = item.due_date.map(|it| it.signed_duration_since(today).num_days());
        let due_at = item.due_odometer.map(Distance::exact);
        let due_in_exact = due_at.map(|it| it - odometer_exact);
        let reached = match (rate, due_at) {
            // The latest reading has already reached it, whatever the rate.
            (Some(rate), Some(_)) if due_in_exact <= Some(0) => rate.reaches(0, today),
            (Some(rate), Some(due_at)) => rate.reaches(due_at, today),
            _ => None,
        };
        let mut upcoming = Self {
            vehicle: NamedVehicle { id: item.vehicle_id, name },
            item,
            status: Status::Upcoming,
            due_in_days,
            due_in_miles: due_in_exact.map(whole_miles),
            predicted_due_date: reached.map(|it| it.likely),
            predicted_due_earliest: reached.map(|it| it.earliest),
            predicted_due_latest: reached.and_then(|it| it.latest),
            due_in_exact,
        };
        upcoming.status = match upcoming.urgency() {
            ..0 => Status::Overdue,
            urgency if urgency <= SOON_DAYS * SOON_MILES * MILE => Status::DueSoon,
            _ => Status::Upcoming,
        };
        upcoming
    }

    /// How far off it is: the less, the more urgent. A day counts as much as the miles that are due
    /// soon with it, so that the order by urgency is also that by status.
    fn urgency(&self) -> i64 {
        let days = self.due_in_days.map(|it| it * SOON_MILES * MILE);
        let distance = self.due_in_exact.map(|it| it * SOON_DAYS);
        days.into_iter().chain(distance).min().unwrap_or(i64::MAX)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let key = |it: &Self| (it.urgency(), it.item.id);
        key(self).cmp(&key(other))
    }
}

/// What a list of due items asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// Of one vehicle; else of all that are not in the trash.
    pub(super) vehicle: Option<VehicleId>,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: Limit,
}

/// A page of the user's open items, most urgent first.
///
/// # Errors
/// `NotFound` where the vehicle is not the user's or in the trash, `Invalid` for a foreign cursor.
pub(super) async fn list(
    app: &App,
    user: &UserId,
    today: NaiveDate,
    listing: &Listing,
) -> Result<Page<Upcoming>> {
    let after = listing.cursor.as_ref().map(|cursor| {
        position(cursor)
            .ok_or_else(|| Error::invalid("cursor", "is not a cursor that this service gave"))
    });
    let after = after.transpose()?;
    let mut all = list_all(app, user, today).await?;
    if let Some(vehicle) = listing.vehicle {
        all.retain(|it| it.item.vehicle_id == vehicle);
        if all.is_empty() {
            vehicles::find(&mut app.db.read_for(user).await?, user, vehicle).await?;
        }
    }
    all.retain(|it| after.is_none_or(|after| (it.urgency(), it.item.id) > after));
    all.truncate(listing.limit.rows() + 1);
    let key = |last: &Upcoming| Cursor::new(&[&last.urgency(), &last.item.id]);
    Ok(Page::of(all, listing.limit, key))
}

fn position(cursor: &Cursor) -> Option<(i64, ItemId)> {
    let mut parts = cursor.parts();
    let urgency = parts.next()?.parse().ok()?;
    let id = parts.next()?.parse::<Uuid>().ok()?;
    parts.next().is_none().then_some((urgency, ItemId(id)))
}

/// All of the user's open items, most urgent first.
///
/// # Errors
/// Unavailable where the database is away.
pub async fn list_all(app: &App, user: &UserId, today: NaiveDate) -> Result<Vec<Upcoming>> {
    let compute = || async {
        let facts = facts(&mut app.db.read_for(user).await?, user).await?;
        let body = serde_json::to_vec(&facts).map_err(|error| Error::Internal(error.into()))?;
        Ok(body.into())
    };
    let body = app.get_or_compute_for(user, &upcoming_key(user), KEPT, compute).await?;
    let facts: Vec<Fact> = match serde_json::from_slice(&body) {
        Ok(facts) => facts,
        // Another version's.
        Err(_) => facts(&mut app.db.read_for(user).await?, user).await?,
    };
    let mut all: Vec<_> = facts.into_iter().map(|fact| Upcoming::of(fact, today)).collect();
    all.sort_by(Upcoming::compare);
    Ok(all)
}

/// What is known of every open item of the user's: a few statements, however many.
async fn facts(tx: &mut Tx, user: &UserId) -> Result<Vec<Fact>> {
    let open = store::list_open(tx, user).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let driven = driven(tx, user).await?;
    let names = vehicles::load_names(tx, user).await?;
    let fact = |row: store::Open| {
        let driven = driven.get(&row.item.vehicle_id);
        let shown = driven.and_then(|it| it.total).unwrap_or(row.odometer.unwrap_or_default());
        let rate = driven.and_then(|it| it.rate);
        let odometer_exact = rate.map_or(shown, |it| it.believable(shown));
        let name = names.get(&row.item.vehicle_id).cloned().unwrap_or_default();
        Fact { item: row.item, name, odometer_exact, rate }
    };
    Ok(open.into_iter().map(fact).collect())
}

/// How a vehicle is driven.
struct Driven {
    rate: Option<Rate>,
    /// How far it has been, where its odometer was replaced and does not tell.
    total: Option<i64>,
}

/// How each of the user's vehicles is driven, as far as that can be told.
async fn driven(tx: &mut Tx, user: &UserId) -> Result<HashMap<VehicleId, Driven>> {
    let most = i64::try_from(forecast::MOST).unwrap_or(i64::MAX);
    let latest = odometer::recent_readings(tx, user, most).await?;
    let driven = |(vehicle, latest): (_, odometer::RecentReadings)| {
        let reading = |(date, exact)| Reading { date, exact };
        let readings: Vec<_> = latest.readings.into_iter().map(reading).collect();
        let last = readings.iter().max().map(|it| it.exact);
        let total = last.filter(|_| latest.is_replaced);
        (vehicle, Driven { rate: forecast::rate(&readings), total })
    };
    Ok(latest.into_iter().map(driven).collect())
}
