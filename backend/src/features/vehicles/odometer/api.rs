//! The odometer log as JSON.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use uuid::Uuid;

use super::{
    model::{NewReading, Shown},
    service,
};
use crate::{
    core::{
        App, Result,
        http::{
            Created, Cursor, IfMatch, Limit, New, NoContent, Page, Path, Query, Record, Stored,
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
                    .summary("List what a vehicle's odometer showed, from every source")
            })
            .post_with(add, |it| {
                it.id("addOdometerReading").tag(tag).summary("Note what a vehicle's odometer shows")
            }),
        )
        .api_route(
            "/odometer-readings/{id}",
            get_with(find, |it| {
                it.id("readOdometerReading")
                    .tag(tag)
                    .summary("Read what was noted of a vehicle's odometer")
            })
            .delete_with(remove, |it| {
                it.id("removeOdometerReading")
                    .tag(tag)
                    .summary("Remove what was noted of a vehicle's odometer")
            }),
        )
}

input! {
    /// Which readings
    struct ListQuery {
        /// Where the page begins
        cursor: Option<Cursor>,
        /// How many at most
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    Query(query): Query<ListQuery>,
) -> Result<Stored<Page<Shown>>> {
    let limit = query.limit.unwrap_or_default();
    Stored::of(&service::list(&app, &user, id, query.cursor.as_ref(), limit).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    Path(id): Path<VehicleId>,
    New { input, once }: New<NewReading>,
) -> Result<Created<Shown>> {
    service::add(&app, &user, id, input, &once).await
}

async fn find(State(app): State<App>, user: User, Path(id): Path<Uuid>) -> Result<Record<Shown>> {
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
