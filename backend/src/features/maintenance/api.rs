//! Maintenance as JSON.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;

use super::{
    Item, ItemId, Upcoming, calendar,
    model::{Completed, Completion, ItemChange, NewItem, Postponement},
    plans, service,
    service::Listing,
    types::{KnownType, TYPES, TypeName},
    upcoming,
};
use crate::{
    core::{
        App, Result,
        http::{
            Created, Cursor, Done, IfMatch, Json, Limit, New, NoContent, Once, Page, Path, Query,
            Record, Stored, refuses,
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
                // Where `vehicleId` names none of theirs.
                it.id("listMaintenance")
                    .tag(tag)
                    .summary("List what was done and what is due")
                    .with(refuses::<404>)
            })
            .post_with(add, |it| {
                it.id("addMaintenance").tag(tag).summary("Add an item of maintenance")
            }),
        )
        .api_route(
            "/maintenance/types",
            get_with(types, |it| {
                it.id("listMaintenanceTypes")
                    .tag(tag)
                    .summary("List the types that have a name here, with their usual intervals")
            }),
        )
        .api_route(
            "/maintenance/upcoming",
            get_with(due, |it| {
                it.id("listUpcomingMaintenance")
                    .tag(tag)
                    .summary("List what is due, most urgent first")
                    .with(refuses::<404>)
            }),
        )
        .api_route(
            "/maintenance/{id}",
            get_with(find, |it| {
                it.id("readMaintenance").tag(tag).summary("Read an item of maintenance")
            })
            .patch_with(change, |it| {
                it.id("changeMaintenance").tag(tag).summary("Change an item of maintenance")
            })
            .delete_with(remove, |it| {
                it.id("removeMaintenance").tag(tag).summary("Remove an item of maintenance")
            }),
        )
        .api_route(
            "/maintenance/{id}/complete",
            post_with(complete, |it| {
                it.id("completeMaintenance")
                    .tag(tag)
                    .summary("Complete an item, which leaves the next one behind if it comes again")
            }),
        )
        .api_route(
            "/maintenance/{id}/skip",
            post_with(skip, |it| {
                it.id("skipMaintenance").tag(tag).summary("Leave this one out: to the next time")
            }),
        )
        .api_route(
            "/maintenance/{id}/postpone",
            post_with(postpone, |it| {
                it.id("postponeMaintenance").tag(tag).summary("Make an item due later")
            }),
        )
        .merge(plans::api())
        .merge(calendar::api())
}

input! {
    /// Which items
    struct ListQuery {
        /// Of one vehicle; else of all that are not in the trash
        vehicle_id: Option<Id>,
        /// Only completed ones, or only open ones
        completed: Option<bool>,
        /// Of one type
        r#type: Option<TypeName>,
        /// Where the page begins
        cursor: Option<Cursor>,
        /// How many at most
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<Stored<Page<Item>>> {
    let listing = Listing {
        vehicle: query.vehicle_id.map(|id| VehicleId(id.0)),
        is_completed: query.completed,
        kind: query.r#type,
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    Stored::of(&service::list(&app, &user, &listing).await?)
}

input! {
    /// Which open items
    struct DueQuery {
        /// Of one vehicle; else of all that are not in the trash
        vehicle_id: Option<Id>,
        /// Where the page begins
        cursor: Option<Cursor>,
        /// How many at most
        limit: Option<Limit>,
    }
}

async fn due(
    State(app): State<App>,
    user: User,
    Query(query): Query<DueQuery>,
) -> Result<Stored<Page<Upcoming>>> {
    let listing = upcoming::Listing {
        vehicle: query.vehicle_id.map(|id| VehicleId(id.0)),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    let today = user.0.preferences.today(app.clock.now());
    Stored::of(&upcoming::list(&app, &user, today, &listing).await?)
}

async fn types(_: User) -> Result<Stored<Page<KnownType>>> {
    Stored::of(&Page { items: TYPES.to_vec(), next_cursor: None })
}

async fn add(
    State(app): State<App>,
    user: User,
    New { input, once }: New<NewItem>,
) -> Result<Created<Item>> {
    service::add(&app, &user, input, &once).await
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
    New { input, once }: New<Completion>,
) -> Result<Done<Completed>> {
    service::complete(&app, &user, id, input, &if_match, &once).await
}

async fn skip(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    once: Once,
) -> Result<Done<Item>> {
    service::skip(&app, &user, id, &if_match, &once).await
}

async fn postpone(
    State(app): State<App>,
    user: User,
    Path(id): Path<ItemId>,
    if_match: IfMatch,
    New { input, once }: New<Postponement>,
) -> Result<Done<Item>> {
    service::postpone(&app, &user, id, input, &if_match, &once).await
}
