//! Plans: a maker's usual schedule, put on a vehicle in one step.

mod known;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;
use chrono::{DateTime, Months, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

use self::known::PLANS;
use super::{
    Item, ItemId,
    schedule::{Due, Place},
    store,
    types::{self, TypeName},
};
use crate::{
    core::{
        App, Result, UserId,
        http::{Created, New, Once, Page, Path, Stored},
        input::{Field, Given, Odometer, Text},
        units::{Distance, DistanceUnit},
    },
    features::{
        accounts::User,
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    input,
};

/// A maker's usual schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenancePlan")]
pub(super) struct Plan {
    /// What to send as `plan`.
    #[serde(rename = "plan")]
    pub(super) word: &'static str,
    /// What people call it.
    pub(super) name: &'static str,
    /// What is done again and again.
    pub(super) steps: &'static [Step],
}

/// What a plan does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenancePlanStep")]
pub(super) struct Step {
    /// What is done.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// After how many months; null where not by date.
    pub(super) interval_months: Option<i32>,
    /// After how many miles; null where not by distance.
    pub(super) interval_miles: Option<i32>,
    /// The same in kilometers, as a round figure of its own. The unit you prefer decides.
    pub(super) interval_kilometers: Option<i32>,
}

impl Field for &'static Plan {
    fn read(given: &Given, today: NaiveDate) -> Result<Self, String> {
        let Text(name) = Text::<100>::read(given, today)?;
        let names = || PLANS.iter().map(|it| it.word).collect::<Vec<_>>().join(" ");
        let plan = PLANS.iter().find(|it| it.word == name);
        plan.ok_or_else(|| format!("has to be one of: {}", names()))
    }

    fn schema() -> Schema {
        let names: Vec<_> = PLANS.iter().map(|it| it.word).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

input! {
    /// Which plan to put on a vehicle
    pub(super) struct Choice {
        /// The plan
        pub plan: &'static Plan,
        /// The day that the dates are counted from; today unless said
        pub start_date: Option<NaiveDate>,
    }
}

pub(super) fn api() -> ApiRouter<App> {
    let tag = "Maintenance";
    ApiRouter::new()
        .api_route(
            "/maintenance/plans",
            get_with(list, |it| {
                it.id("listMaintenancePlans").tag(tag).summary("List makers' usual schedules")
            }),
        )
        .api_route(
            "/vehicles/{id}/maintenance-plan",
            post_with(apply, |it| {
                it.id("applyMaintenancePlan")
                    .tag(tag)
                    .summary("Put a maker's usual schedule on a vehicle")
            }),
        )
}

/// Every plan, as it is kept and as it is called.
pub(super) fn choices() -> Vec<(&'static str, &'static str)> {
    PLANS.iter().map(|it| (it.word, it.name)).collect()
}

/// The plan of a vehicle's maker, else the one for any.
pub(super) fn usual(vehicle: &Vehicle) -> &'static str {
    let make = vehicle.make.as_deref().unwrap_or_default().to_lowercase();
    let of_maker = PLANS.iter().find(|it| known::makers(it.word).contains(&make.as_str()));
    of_maker.map_or(known::ANY, |it| it.word)
}

async fn list(_: User) -> Result<Stored<Page<Plan>>> {
    Stored::of(&Page { items: PLANS.to_vec(), next_cursor: None })
}

async fn apply(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    New { input, once }: New<Choice>,
) -> Result<Created<Page<Item>>> {
    let today = user.0.preferences.today(app.clock.now());
    let unit = user.0.preferences.distance_unit;
    put(&app, &user, id, &input, (today, unit), &once).await
}

/// Puts a plan on a vehicle: an open item for each step of which the vehicle has none.
pub(super) async fn put(
    app: &App,
    user: &UserId,
    id: VehicleId,
    choice: &Choice,
    (today, unit): (NaiveDate, DistanceUnit),
    once: &Once,
) -> Result<Created<Page<Item>>> {
    let now = app.clock.now();
    let mut tx = app.db.write_for(user).await?;
    if let Some(before) = once.claim(&mut tx, user, now).await? {
        return vehicles::replay(app, user, tx, before).await;
    }
    let vehicle = vehicles::lock(&mut tx, user, id).await?;
    let total = odometer::current_running_total(&mut tx, user, &vehicle).await?;
    let open = store::open_types(&mut tx, user, id).await?;
    let mut items = Vec::new();
    for step in choice.plan.steps {
        if open.iter().any(|it| it.0 == step.kind) {
            continue;
        }
        let item = step.item((id, total), choice.start_date.unwrap_or(today), unit, now);
        if item.due() == Due::default() {
            continue;
        }
        store::insert(&mut tx, user, &item).await?;
        items.push(item);
    }
    let location = format!("/api/maintenance?vehicleId={id}&completed=false");
    let page = Page { items, next_cursor: None };
    let created = once.keep(&mut tx, user, location, &page).await?;
    vehicles::commit_and_invalidate(app, user, tx).await?;
    Ok(created)
}

impl Step {
    /// The first item of its series for a vehicle and its running total: due an interval after `start`,
    /// and at the next multiple of the distance, as makers count it.
    fn item(
        &self,
        (vehicle, total): (VehicleId, i64),
        start: NaiveDate,
        unit: DistanceUnit,
        now: DateTime<Utc>,
    ) -> Item {
        let months = self.interval_months.and_then(|it| u32::try_from(it).ok());
        let every = types::interval((self.interval_miles, self.interval_kilometers), unit);
        let multiple = |every: Distance| {
            let tenths = (total / every.exact() + 1) * every.tenths();
            Some(Distance::of_tenths(tenths, unit))
                .filter(|_| tenths <= i64::from(Odometer::MAX) * 10)
        };
        let due = Due {
            date: months.and_then(|it| start.checked_add_months(Months::new(it))),
            odometer: every.and_then(multiple),
        };
        let mut item = Item {
            id: ItemId(Uuid::now_v7()),
            vehicle_id: vehicle,
            kind: TypeName(self.kind.to_owned()),
            interval_months: self.interval_months,
            place: Place::beginning(due),
            ..Item::empty(now)
        };
        item.set_due(due);
        item.set_interval_distance(every);
        item
    }
}
