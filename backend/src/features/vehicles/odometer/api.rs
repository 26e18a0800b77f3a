//! The JSON API of the odometer log.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use uuid::Uuid;

use super::{
    Position,
    model::{NewReading, OdometerReading},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, IdempotentJson, IfMatch, Limit, NoContent, Page, Path, Query, Record,
            SerializedJson,
        },
    },
    features::{accounts::User, vehicles::VehicleId},
    input,
};

pub(in crate::features::vehicles) fn router() -> ApiRouter<App> {
    let tag = "Vehicles";
    ApiRouter::new()
        .api_route(
            "/vehicles/{id}/odometer",
            get_with(list, |it| {
                it.id("listOdometerReadings")
                    .tag(tag)
                    .summary("List a vehicle's odometer readings from all sources")
            })
            .post_with(add, |it| {
                it.id("addOdometerReading").tag(tag).summary("Log an odometer reading")
            }),
        )
        .api_route(
            "/odometer-readings/{id}",
            get_with(find, |it| {
                it.id("readOdometerReading").tag(tag).summary("Get an odometer reading")
            })
            .delete_with(remove, |it| {
                it.id("removeOdometerReading").tag(tag).summary("Delete an odometer reading")
            }),
        )
}

input! {
    /// Pagination
    struct ListQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<Position>>,
        /// The maximum number of items to return
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<OdometerReading>>> {
    let limit = query.limit.unwrap_or_default();
    SerializedJson::serialize(&service::list(&app, &user, id, query.cursor, limit).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    IdempotentJson { input, idempotency }: IdempotentJson<NewReading>,
) -> Result<Created<OdometerReading>> {
    service::add(&app, &user, id, input, &idempotency).await
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<Uuid>,
) -> Result<Record<OdometerReading>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &user, id, &if_match).await?;
    Ok(NoContent)
}
