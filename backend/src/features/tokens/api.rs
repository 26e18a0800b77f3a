//! The JSON API for personal tokens.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use uuid::Uuid;

use super::{
    model::{CreatedToken, NewToken, PersonalToken},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, IdempotentJson, IfMatch, Limit, NewestFirst, NoContent, Page, Path,
            Query, Record, SerializedJson,
        },
    },
    features::accounts::{Credential, SessionUser, User},
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Tokens and sessions";
    ApiRouter::new()
        .api_route(
            "/auth/tokens",
            get_with(list, |it| it.id("listTokens").tag(tag).summary("List your personal tokens"))
                .post_with(create, |it| {
                    it.id("createToken")
                        .tag(tag)
                        .summary("Create a personal token")
                        .description("The response is the only one that contains the token itself.")
                }),
        )
        .api_route(
            "/auth/tokens/{id}",
            get_with(find, |it| it.id("readToken").tag(tag).summary("Get a personal token"))
                .delete_with(revoke, |it| {
                    it.id("revokeToken").tag(tag).summary("Revoke a personal token")
                }),
        )
}

input! {
    /// The page of tokens to list
    struct ListQuery {
        /// The `nextCursor` of the previous page
        cursor: Option<Cursor<NewestFirst>>,
        /// The maximum number of tokens to return
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<PersonalToken>>> {
    let limit = query.limit.unwrap_or_default();
    SerializedJson::serialize(&service::list(&app, &user, query.cursor, limit).await?)
}

async fn create(
    State(app): State<App>,
    caller: SessionUser,
    credential: Credential,
    IdempotentJson { input, idempotency }: IdempotentJson<NewToken>,
) -> Result<Created<CreatedToken>> {
    service::create(&app, &caller, &credential, input, &idempotency).await
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<Uuid>,
) -> Result<Record<PersonalToken>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn revoke(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::revoke(&app, &caller, id, &if_match).await?;
    Ok(NoContent)
}
