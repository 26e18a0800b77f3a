//! Personal tokens as JSON.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use uuid::Uuid;

use super::{
    model::{NewToken, NewlyMade, PersonalToken},
    service,
};
use crate::{
    core::{
        App, Result,
        http::{
            Created, Cursor, IfMatch, Limit, New, NoContent, Page, Path, Query, Record, Stored,
        },
    },
    features::accounts::{Credential, Signer, User},
    input,
};

pub(in crate::features::accounts) fn router() -> ApiRouter<App> {
    let tag = "Tokens and sessions";
    ApiRouter::new()
        .api_route(
            "/auth/tokens",
            get_with(list, |it| it.id("listTokens").tag(tag).summary("List your personal tokens"))
                .post_with(make, |it| {
                    it.id("makeToken")
                        .tag(tag)
                        .summary("Make a personal token, which is shown this once")
                }),
        )
        .api_route(
            "/auth/tokens/{id}",
            get_with(find, |it| it.id("readToken").tag(tag).summary("Read a personal token"))
                .delete_with(revoke, |it| {
                    it.id("revokeToken").tag(tag).summary("Revoke a personal token")
                }),
        )
}

input! {
    /// Which tokens
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
    Query(query): Query<ListQuery>,
) -> Result<Stored<Page<PersonalToken>>> {
    let limit = query.limit.unwrap_or_default();
    Stored::of(&service::list(&app, &user, query.cursor.as_ref(), limit).await?)
}

async fn make(
    State(app): State<App>,
    signer: Signer,
    credential: Credential,
    New { input, once }: New<NewToken>,
) -> Result<Created<NewlyMade>> {
    service::make(&app, &signer, &credential, input, &once).await
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
    signer: Signer,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::revoke(&app, &signer, id, &if_match).await?;
    Ok(NoContent)
}
