//! The JSON API of fuel logs.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;

use super::{
    FuelLog, FuelLogCursor, FuelLogId, FuelStats, Listing, cache,
    model::{FuelLogChange, Id, NewFuelLog},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, IdempotentJson, IfMatch, Json, Limit, NoContent, Page, Path, Query, Record,
            SerializedJson, SerializedRecord, error_response,
        },
        input::FilterDay,
    },
    features::{accounts::User, vehicles::VehicleId},
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Fuel logs";
    ApiRouter::new()
        .api_route(
            "/fuel-logs",
            get_with(list, |it| {
                // If `vehicleId` is not one of the user's vehicles.
                it.id("listFuelLogs")
                    .tag(tag)
                    .summary("List your fuel logs")
                    .with(error_response::<404>)
            })
            .post_with(add, |it| it.id("addFuelLog").tag(tag).summary("Add a fuel log")),
        )
        .api_route(
            "/fuel-logs/{id}",
            get_with(find, |it| it.id("readFuelLog").tag(tag).summary("Get a fuel log"))
                .patch_with(change, |it| {
                    it.id("changeFuelLog").tag(tag).summary("Update a fuel log")
                })
                .delete_with(remove, |it| {
                    it.id("removeFuelLog").tag(tag).summary("Delete a fuel log")
                }),
        )
        .api_route(
            "/vehicles/{id}/fuel-stats",
            get_with(fuel_stats, |it| {
                it.id("readFuelStats").tag(tag).summary("Get a vehicle's fuel statistics")
            }),
        )
}

input! {
    /// Filters and pagination for a list of fuel logs
    struct ListQuery {
        /// Only fuel logs of this vehicle; by default, of all vehicles that are not in the trash
        vehicle_id: Option<Id>,
        /// Only fuel logs on or after this day
        from: Option<FilterDay>,
        /// Only fuel logs on or before this day
        to: Option<FilterDay>,
        /// The `nextCursor` of the previous page
        cursor: Option<FuelLogCursor>,
        /// The maximum number of items on the page
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<FuelLog>>> {
    let listing = Listing {
        vehicle: query.vehicle_id.map(|id| VehicleId(id.0)),
        from: query.from.map(|it| it.0),
        to: query.to.map(|it| it.0),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    SerializedJson::serialize(&service::list(&app, &user, &listing).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    IdempotentJson { input, idempotency }: IdempotentJson<NewFuelLog>,
) -> Result<Created<FuelLog>> {
    service::add(&app, &user, input, &idempotency).await
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<FuelLogId>,
) -> Result<Record<FuelLog>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<FuelLogId>,
    if_match: IfMatch,
    Json(change): Json<FuelLogChange>,
) -> Result<Record<FuelLog>> {
    Ok(Record(service::change(&app, &user, id, change, &if_match).await?))
}

async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<FuelLogId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &user, id, &if_match).await?;
    Ok(NoContent)
}

async fn fuel_stats(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
) -> Result<SerializedRecord<FuelStats>> {
    Ok(SerializedRecord(cache::stats_document(&app, &user, id).await?))
}
