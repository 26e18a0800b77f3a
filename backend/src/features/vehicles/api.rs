//! The JSON API of vehicles.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;

use super::{
    Vehicle, VehicleId,
    model::{NewVehicle, VehicleChange},
    service::{self, Listing},
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
    features::accounts::User,
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Vehicles";
    ApiRouter::new()
        .api_route(
            "/vehicles",
            get_with(list, |it| it.id("listVehicles").tag(tag).summary("List your vehicles"))
                .post_with(add, |it| it.id("addVehicle").tag(tag).summary("Add a vehicle")),
        )
        .api_route(
            "/vehicles/{id}",
            get_with(find, |it| it.id("readVehicle").tag(tag).summary("Get a vehicle"))
                .patch_with(change, |it| {
                    let it = it.id("changeVehicle").tag(tag).summary("Update a vehicle");
                    it.with(error_response::<409>)
                })
                .delete_with(remove, |it| {
                    it.id("removeVehicle").tag(tag).summary("Move a vehicle to the trash")
                }),
        )
        .api_route(
            "/vehicles/{id}/restore",
            post_with(restore, |it| {
                it.id("restoreVehicle").tag(tag).summary("Restore a vehicle from the trash")
            }),
        )
}

input! {
    /// Filters and pagination
    struct ListQuery {
        /// `true` lists the vehicles in the trash instead
        deleted: Option<bool>,
        /// `false` lists the vehicles out of use instead of those in use
        active: Option<bool>,
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<NewestFirst<VehicleId>>>,
        /// The maximum number of items to return
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<Vehicle>>> {
    let listing = Listing {
        deleted: query.deleted.unwrap_or_default(),
        active: query.active.unwrap_or(true),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    service::list(&app, &user, &listing).await
}

async fn add(
    State(app): State<App>,
    user: User,
    IdempotentJson { input, idempotency }: IdempotentJson<NewVehicle>,
) -> Result<Created<Vehicle>> {
    service::add(&app, &user, input, &idempotency).await
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
) -> Result<Record<Vehicle>> {
    let mut tx = app.db.read_for(&user).await?;
    Ok(Record(service::find(&mut tx, &user, id).await?))
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    if_match: IfMatch,
    Json(change): Json<VehicleChange>,
) -> Result<Record<Vehicle>> {
    Ok(Record(service::change(&app, &user, id, change, &if_match).await?))
}

async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &user, id, &if_match).await?;
    Ok(NoContent)
}

async fn restore(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    if_match: IfMatch,
    idempotency: Idempotency,
) -> Result<Ok200<Vehicle>> {
    service::restore(&app, &user, id, &if_match, &idempotency).await
}
