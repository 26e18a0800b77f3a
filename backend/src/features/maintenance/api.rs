//! The JSON API for maintenance.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;

use super::{
    Item, ItemId, Upcoming, calendar,
    model::{Completion, CompletionResult, ItemChange, NewItem, Postponement},
    plans, service,
    service::Listing,
    types::{MaintenanceType, TYPES, TypeName},
    upcoming,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, Idempotency, IdempotentJson, IfMatch, Json, Limit, NewestFirst,
            NoContent, Ok200, Page, Path, Query, Record, SerializedJson, error_response,
        },
    },
    features::{accounts::User, fuel_logs::Id, vehicles::VehicleId},
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Maintenance";
    ApiRouter::new()
        .api_route(
            "/maintenance",
            get_with(list, |it| {
                // If `vehicleId` is not one of the user's vehicles.
                it.id("listMaintenance")
                    .tag(tag)
                    .summary("List maintenance items")
                    .with(error_response::<404>)
            })
            .post_with(add, |it| {
                it.id("addMaintenance").tag(tag).summary("Add a maintenance item")
            }),
        )
        .api_route(
            "/maintenance/types",
            get_with(types, |it| {
                it.id("listMaintenanceTypes")
                    .tag(tag)
                    .summary("List the known maintenance types with their typical intervals")
            }),
        )
        .api_route(
            "/maintenance/upcoming",
            get_with(due, |it| {
                it.id("listUpcomingMaintenance")
                    .tag(tag)
                    .summary("List upcoming maintenance, most urgent first")
                    .with(error_response::<404>)
            }),
        )
        .api_route(
            "/maintenance/{id}",
            get_with(find, |it| {
                it.id("readMaintenance").tag(tag).summary("Get a maintenance item")
            })
            .patch_with(change, |it| {
                it.id("changeMaintenance").tag(tag).summary("Update a maintenance item")
            })
            .delete_with(remove, |it| {
                it.id("removeMaintenance").tag(tag).summary("Delete a maintenance item")
            }),
        )
        .api_route(
            "/maintenance/{id}/complete",
            post_with(complete, |it| {
                it.id("completeMaintenance")
                    .tag(tag)
                    .summary("Complete a maintenance item, and add the next one if it repeats")
            }),
        )
        .api_route(
            "/maintenance/{id}/skip",
            post_with(skip, |it| {
                it.id("skipMaintenance")
                    .tag(tag)
                    .summary("Skip a maintenance item to its next due time")
            }),
        )
        .api_route(
            "/maintenance/{id}/postpone",
            post_with(postpone, |it| {
                it.id("postponeMaintenance").tag(tag).summary("Postpone a maintenance item")
            }),
        )
        .merge(plans::api())
        .merge(calendar::api())
}

input! {
    /// Filters of the list
    struct ListQuery {
        /// Only items of this vehicle; by default, items of all vehicles outside the trash
        vehicle_id: Option<Id>,
        /// Only completed items, or only open ones
        completed: Option<bool>,
        /// Only items of this type
        r#type: Option<TypeName>,
        /// The cursor of the page
        cursor: Option<Cursor<NewestFirst<ItemId>>>,
        /// The maximum number of items
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<Item>>> {
    let listing = Listing {
        vehicle: query.vehicle_id.map(|id| VehicleId(id.0)),
        is_completed: query.completed,
        kind: query.r#type,
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    SerializedJson::serialize(&service::list(&app, &user, &listing).await?)
}

input! {
    /// Filters of the list
    struct DueQuery {
        /// Only items of this vehicle; by default, items of all vehicles outside the trash
        vehicle_id: Option<Id>,
        /// The cursor of the page
        cursor: Option<Cursor<upcoming::UrgencyKey>>,
        /// The maximum number of items
        limit: Option<Limit>,
    }
}

async fn due(
    State(app): State<App>,
    user: User,
    Query(query): Query<DueQuery>,
) -> Result<SerializedJson<Page<Upcoming>>> {
    let listing = upcoming::Listing {
        vehicle: query.vehicle_id.map(|id| VehicleId(id.0)),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    let today = user.0.preferences.today(app.clock.now());
    SerializedJson::serialize(&upcoming::list(&app, &user, today, &listing).await?)
}

async fn types(_: User) -> Result<SerializedJson<Page<MaintenanceType>>> {
    SerializedJson::serialize(&Page { items: TYPES.to_vec(), next_cursor: None })
}

async fn add(
    State(app): State<App>,
    user: User,
    IdempotentJson { input, idempotency }: IdempotentJson<NewItem>,
) -> Result<Created<Item>> {
    service::add(&app, &user, input, &idempotency).await
}

async fn find(State(app): State<App>, user: User, Path(id): Path<ItemId>) -> Result<Record<Item>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    Json(change): Json<ItemChange>,
) -> Result<Record<Item>> {
    Ok(Record(service::change(&app, &user, id, change, &if_match).await?))
}

async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &user, id, &if_match).await?;
    Ok(NoContent)
}

async fn complete(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    IdempotentJson { input, idempotency }: IdempotentJson<Completion>,
) -> Result<Ok200<CompletionResult>> {
    service::complete(&app, &user, id, input, &if_match, &idempotency).await
}

async fn skip(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    idempotency: Idempotency,
) -> Result<Ok200<Item>> {
    service::skip(&app, &user, id, &if_match, &idempotency).await
}

async fn postpone(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    IdempotentJson { input, idempotency }: IdempotentJson<Postponement>,
) -> Result<Ok200<Item>> {
    service::postpone(&app, &user, id, input, &if_match, &idempotency).await
}
