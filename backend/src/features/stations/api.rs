//! The JSON API of stations.

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
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, IdempotentJson, IfMatch, Json, Limit, NewestFirst, NoContent,
            OptionalJson, Page, Path, Query, Record, SerializedJson, error_response,
        },
    },
    features::{
        accounts::User,
        fuel_logs::{self, FuelType, PricePaid},
    },
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Stations";
    ApiRouter::new()
        .api_route(
            "/stations",
            get_with(list, |it| it.id("listStations").tag(tag).summary("List stations"))
                .post_with(add, |it| it.id("saveStation").tag(tag).summary("Save a station")),
        )
        .api_route(
            "/stations/search",
            get_with(search, |it| {
                it.id("searchStations").tag(tag).summary("Search for stations by words or location")
            }),
        )
        .api_route(
            "/stations/{id}",
            get_with(find, |it| it.id("readStation").tag(tag).summary("Get a station"))
                .patch_with(change, |it| {
                    let it = it.id("changeStation").tag(tag).summary("Update a station");
                    it.with(error_response::<409>)
                })
                .delete_with(remove, |it| {
                    it.id("removeStation").tag(tag).summary("Delete a station")
                }),
        )
        .api_route(
            "/stations/{id}/prices",
            get_with(prices, |it| {
                it.id("readStationPrices")
                    .tag(tag)
                    .summary("List the prices that you paid at a station")
            }),
        )
        .api_route(
            "/stations/{id}/favorite",
            put_with(add_favorite, |it| {
                it.id("markStation").tag(tag).summary("Add a station to your favorites")
            })
            .delete_with(remove_favorite, |it| {
                it.id("unmarkStation").tag(tag).summary("Remove a station from your favorites")
            }),
        )
}

/// The prices that you paid at a station.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Prices {
    /// Your fill-ups there with a known price, latest first, up to 500.
    items: Vec<PricePaid>,
}

input! {
    /// Filters
    struct PricesQuery {
        /// Returns only the prices of this fuel
        fuel_type: Option<FuelType>,
    }
}

async fn prices(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    Query(query): Query<PricesQuery>,
) -> Result<SerializedJson<Prices>> {
    service::find(&app, &user, id).await?;
    let items = fuel_logs::prices_paid_at(&app, &user, id, query.fuel_type).await?;
    SerializedJson::serialize(&Prices { items })
}

input! {
    /// Filters and pagination
    struct ListQuery {
        /// `true` lists only your favorites
        favorite: Option<bool>,
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<NewestFirst<StationId>>>,
        /// The maximum number of items to return
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<Station>>> {
    let listing = Listing {
        favorites: query.favorite.unwrap_or_default(),
        cursor: query.cursor,
        limit: query.limit.unwrap_or_default(),
    };
    SerializedJson::serialize(&service::list(&app, &user, &listing).await?)
}

async fn search(
    State(app): State<App>,
    user: User,
    Query(query): Query<SearchQuery>,
) -> Result<SerializedJson<Page<FoundStation>>> {
    SerializedJson::serialize(&search::search(&app, &user, &query.into_criteria()?).await?)
}

async fn add(
    State(app): State<App>,
    user: User,
    IdempotentJson { input, idempotency }: IdempotentJson<NewStation>,
) -> Result<Created<Station>> {
    service::add(&app, &user, input, &idempotency).await
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

async fn add_favorite(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
    OptionalJson(favorite): OptionalJson<NewFavorite>,
) -> Result<Record<Station>> {
    Ok(Record(service::add_favorite(&app, &user, id, favorite).await?))
}

async fn remove_favorite(
    State(app): State<App>,
    user: User,
    Path(id): Path<StationId>,
) -> Result<NoContent> {
    service::remove_favorite(&app, &user, id).await?;
    Ok(NoContent)
}
