//! Channels as JSON.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;

use super::{
    model::{Channel, ChannelId, NewChannel, Tried},
    service,
};
use crate::{
    core::{
        App, Result,
        http::{
            Created, Cursor, IfMatch, Limit, New, NoContent, Page, Path, Query, Record, Stored,
            refuses,
        },
    },
    features::accounts::{SessionUser, User},
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "Notifications";
    ApiRouter::new()
        .api_route(
            "/notifications/channels",
            get_with(list, |it| {
                it.id("listNotificationChannels")
                    .tag(tag)
                    .summary("List where you are told what is due")
            })
            .post_with(add, |it| {
                it.id("addNotificationChannel")
                    .tag(tag)
                    .summary("Add a place to be told what is due")
            }),
        )
        .api_route(
            "/notifications/channels/{id}",
            get_with(find, |it| {
                it.id("readNotificationChannel")
                    .tag(tag)
                    .summary("Read a place where you are told what is due")
            })
            .delete_with(remove, |it| {
                it.id("removeNotificationChannel").tag(tag).summary("Be told there no longer")
            }),
        )
        .api_route(
            "/notifications/confirmation",
            post_with(confirm_again, |it| {
                it.id("sendAddressConfirmation")
                    .tag(tag)
                    .summary("Mail the link that confirms your address again")
                    .with(refuses::<409>)
            }),
        )
        .api_route(
            "/notifications/channels/{id}/test",
            post_with(test, |it| {
                it.id("testNotificationChannel").tag(tag).summary("Send something there now")
            }),
        )
}

input! {
    /// Which channels
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
) -> Result<Stored<Page<Channel>>> {
    let limit = query.limit.unwrap_or_default();
    Stored::of(&service::list(&app, &user, query.cursor.as_ref(), limit).await?)
}

async fn add(
    State(app): State<App>,
    caller: SessionUser,
    New { input, once }: New<NewChannel>,
) -> Result<Created<Channel>> {
    service::add(&app, &caller, input, once).await
}

async fn confirm_again(State(app): State<App>, caller: SessionUser) -> Result<NoContent> {
    service::confirm_again(&app, &caller.user).await?;
    Ok(NoContent)
}

async fn find(
    State(app): State<App>,
    user: User,
    Path(id): Path<ChannelId>,
) -> Result<Record<Channel>> {
    Ok(Record(service::find(&app, &user, id).await?))
}

async fn remove(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    service::remove(&app, &caller, id, &if_match).await?;
    Ok(NoContent)
}

async fn test(
    State(app): State<App>,
    caller: SessionUser,
    Path(id): Path<ChannelId>,
) -> Result<Stored<Tried>> {
    Stored::of(&service::test(&app, &caller.user, id).await?)
}
