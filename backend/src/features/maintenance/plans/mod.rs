//! Plans: the typical schedules of manufacturers, which can be applied to a vehicle.

mod catalog;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;
use chrono::{DateTime, Months, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use uuid::Uuid;

use self::catalog::PLANS;
use super::{
    Item, ItemId,
    schedule::{Due, SeriesPosition},
    store,
    types::{self, TypeName},
};
use crate::{
    app::App,
    core::{
        Result, UserId,
        http::{Created, Idempotency, IdempotentJson, Page, Path, SerializedJson},
        input::{Field, FieldValue, Odometer, Text},
        locale::Message,
        units::{Distance, DistanceUnit},
    },
    features::{
        accounts::User,
        vehicles::{self, Vehicle, VehicleId, odometer},
    },
    input, t,
};

/// The typical schedule of a manufacturer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenancePlan")]
pub(super) struct Plan {
    /// The value to send as `plan`.
    #[serde(rename = "plan")]
    pub(super) slug: &'static str,
    /// The display name.
    pub(super) name: Message,
    /// The repeating work.
    pub(super) steps: &'static [Step],
}

/// A type of work that a plan repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MaintenancePlanStep")]
pub(super) struct Step {
    /// The type of work.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The interval in months; null if the work does not repeat by date.
    pub(super) interval_months: Option<i32>,
    /// The interval in miles; null if the work does not repeat by distance.
    pub(super) interval_miles: Option<i32>,
    /// The interval in kilometers, a round number rather than a conversion. It is used if you
    /// prefer kilometers.
    pub(super) interval_kilometers: Option<i32>,
}

impl Field for &'static Plan {
    fn read(value: &FieldValue, today: NaiveDate) -> Result<Self, Message> {
        let Text(name) = Text::<100>::read(value, today)?;
        let slugs = || PLANS.iter().map(|it| it.slug).collect::<Vec<_>>().join(" ");
        let plan = PLANS.iter().find(|it| it.slug == name);
        plan.ok_or_else(|| t!("core-field-choice", choices = slugs()))
    }

    fn schema() -> Schema {
        let slugs: Vec<_> = PLANS.iter().map(|it| it.slug).collect();
        json_schema!({ "type": "string", "enum": slugs })
    }
}

input! {
    /// The plan to apply to a vehicle
    pub(super) struct PlanSelection {
        /// The plan
        pub plan: &'static Plan,
        /// The date from which due dates are counted; defaults to today
        pub start_date: Option<NaiveDate>,
    }
}

pub(super) fn api() -> ApiRouter<App> {
    let tag = "Maintenance";
    ApiRouter::new()
        .api_route(
            "/maintenance/plans",
            get_with(list, |it| {
                it.id("listMaintenancePlans")
                    .tag(tag)
                    .summary("List the maintenance plans of manufacturers")
            }),
        )
        .api_route(
            "/vehicles/{id}/maintenance-plan",
            post_with(apply, |it| {
                it.id("applyMaintenancePlan")
                    .tag(tag)
                    .summary("Apply a maintenance plan to a vehicle")
            }),
        )
}

/// Returns the value and the name of every plan.
pub(super) fn options() -> Vec<(&'static str, &'static Message)> {
    PLANS.iter().map(|it| (it.slug, &it.name)).collect()
}

/// Returns the plan for the manufacturer of a vehicle, or else the default plan.
pub(super) fn default_for(vehicle: &Vehicle) -> &'static str {
    let make = vehicle.make.as_deref().unwrap_or_default().to_lowercase();
    let by_make = PLANS.iter().find(|it| catalog::makes(it.slug).contains(&make.as_str()));
    by_make.map_or(catalog::DEFAULT_PLAN, |it| it.slug)
}

async fn list(_: User) -> Result<SerializedJson<Page<Plan>>> {
    SerializedJson::serialize(&Page { items: PLANS.to_vec(), next_cursor: None })
}

async fn apply(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    IdempotentJson { input, idempotency }: IdempotentJson<PlanSelection>,
) -> Result<Created<Page<Item>>> {
    let today = user.0.preferences.today(app.clock.now());
    let unit = user.0.preferences.distance_unit;
    apply_to_vehicle(&app, &user, id, &input, (today, unit), &idempotency).await
}

/// Applies a plan to a vehicle: adds an open item for each step whose type has none.
pub(super) async fn apply_to_vehicle(
    app: &App,
    user: &UserId,
    id: VehicleId,
    selection: &PlanSelection,
    (today, unit): (NaiveDate, DistanceUnit),
    idempotency: &Idempotency,
) -> Result<Created<Page<Item>>> {
    let now = app.clock.now();
    app.write_once(user, idempotency, async |tx| {
        let vehicle = vehicles::lock(tx, user, id).await?;
        let total = odometer::current_running_total(tx, user, &vehicle).await?;
        let open = store::list_open_types(tx, user, id).await?;
        let mut items = Vec::new();
        for step in selection.plan.steps {
            if open.iter().any(|it| it.0 == step.kind) {
                continue;
            }
            let item = step.item((id, total), selection.start_date.unwrap_or(today), unit, now);
            if item.due() == Due::default() {
                continue;
            }
            store::insert(tx, user, &item).await?;
            items.push(item);
        }
        let location = format!("/api/maintenance?vehicleId={id}&completed=false");
        Ok((location, Page { items, next_cursor: None }))
    })
    .await
}

impl Step {
    /// Creates the first item for a vehicle with this running total: due one interval after
    /// `start`, and at the next multiple of the distance, as manufacturers count it.
    fn item(
        &self,
        (vehicle, total): (VehicleId, i64),
        start: NaiveDate,
        unit: DistanceUnit,
        now: DateTime<Utc>,
    ) -> Item {
        let months = self.interval_months.and_then(|it| u32::try_from(it).ok());
        let interval = types::interval((self.interval_miles, self.interval_kilometers), unit);
        let multiple = |interval: Distance| {
            let tenths = (total / interval.exact() + 1) * interval.tenths();
            Some(Distance::of_tenths(tenths, unit))
                .filter(|_| tenths <= i64::from(Odometer::MAX) * 10)
        };
        let due = Due {
            date: months.and_then(|it| start.checked_add_months(Months::new(it))),
            odometer: interval.and_then(multiple),
        };
        let kind = TypeName(self.kind.to_owned());
        let mut item = Item {
            interval_months: self.interval_months,
            position: SeriesPosition::starting_at(due),
            ..Item::empty(ItemId(Uuid::now_v7()), vehicle, kind, now)
        };
        item.set_due(due);
        item.set_interval_distance(interval);
        item
    }
}
