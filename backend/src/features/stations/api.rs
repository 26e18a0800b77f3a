//! Stations as JSON.

use aide::axum::{
    ApiRouter,
    routing::{get_with, put_with},
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Station, StationId,
    model::{NewFavorite, NewStation, StationChange},
    search::{self, FoundStation, SearchQuery},
    service::{self, Listing},
};
use crate::{
    core::{
        App, Result,
        http::{
            Created, Cursor, IfMatch, Json, JsonOrNone, Limit, New, NoContent, Page, Path, Query,
            Record, Stored, refuses,
        },
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelType, Paid},
    },
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Stations";
    ApiRouter::new()
        .api_route(
            "/stations",
            get_with(list, |it| it.id("listStations").tag(tag).summary("List the stations"))
                .post_with(add, |it| it.id("saveStation").tag(tag).summary("Save a station")),
        )
        .api_route(
            "/stations/search",
            get_with(search, |it| {
                it.id("searchStations").tag(tag).summary("Find stations by words or nearby")
            }),
        )
        .api_route(
            "/stations/{id}",
            get_with(find, |it| it.id("readStation").tag(tag).summary("Read a station"))
                .patch_with(change, |it| {
                    let it = it.id("changeStation").tag(tag).summary("Change a station");
                    it.with(refuses::<409>)
                })
                .delete_with(remove, |it| {
                    it.id("removeStation").tag(tag).summary("Remove a station")
                }),
        )
        .api_route(
            "/stations/{id}/prices",
            get_with(prices, |it| {
                it.id("readStationPrices").tag(tag).summary("Read what you paid at a station")
            }),
        )
        .api_route(
            "/stations/{id}/favorite",
            put_with(mark, |it| {
                it.id("markStation").tag(tag).summary("Make a station one of your favourites")
            })
            .delete_with(unmark, |it| {
                it.id("unmarkStation").tag(tag).summary("Make a station no favourite of yours")
            }),
        )
}

/// What you paid at a station.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Prices {
    /// Each fill-up there whose price is known, the latest first: the last 500 at most.
    items: Vec<Paid>,
}

input! {
    /// Which prices
    struct PricesQuery {
        /// Of one fuel only
        fuel_type: Option<FuelType>,
    }
}

async fn prices(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    Query(query): Query<PricesQuery>,
) -> Result<Stored<Prices>> {
    service::find(&app, &user, id).await?;
    let items = fuel_logs::paid_at(&app, &user, id, query.fuel_type).await?;
    Stored::of(&Prices { items })
}

input! {
    /// Which stations
    struct ListQuery {
        /// Your favourites only
        favorite: Option<bool>,
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
) -> Result<Stored<Page<Station>>> {
    let listing = Listing {
        favorites: query.favorite.unwrap_or_default(),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    Stored::of(&service::list(&app, &user, &listing).await?)
}

async fn search(
    State(app): State<App>,
    user: User,
    Query(query): Query<SearchQuery>,
) -> Result<Stored<Page<FoundStation>>> {
    Stored::of(&search::search(&app, &user, &query.wanted()?).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    New { input, once }: New<NewStation>,
) -> Result<Created<Station>> {
    service::add(&app, &user, input, &once).await
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<Record<Station>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn change(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    if_match: IfMatch,
    Json(change): Json<StationChange>,
) -> Result<Record<Station>> {
    Ok(Record(service::change(&app, &user, id, change, &if_match).await?))
}

async fn remove(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &user, id, &if_match).await?;
    Ok(NoContent)
}

async fn mark(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    JsonOrNone(favorite): JsonOrNone<NewFavorite>,
) -> Result<Record<Station>> {
    Ok(Record(service::mark(&app, &user, id, favorite).await?))
}

async fn unmark(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<NoContent> {
    service::unmark(&app, &user, id).await?;
    Ok(NoContent)
}
