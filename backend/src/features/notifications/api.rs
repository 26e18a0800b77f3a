//! The JSON API for notification channels.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;

use super::{
    model::{Channel, ChannelId, NewChannel, SendResult},
    service,
};
use crate::{
    app::App,
    core::{
        Result,
        http::{
            Created, Cursor, IdempotentJson, IfMatch, Limit, NewestFirst, NoContent, Page, Path,
            Query, Record, SerializedJson, error_response,
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
                it.id("listNotificationChannels").tag(tag).summary("List notification channels")
            })
            .post_with(add, |it| {
                it.id("addNotificationChannel").tag(tag).summary("Add a notification channel")
            }),
        )
        .api_route(
            "/notifications/channels/{id}",
            get_with(find, |it| {
                it.id("readNotificationChannel").tag(tag).summary("Get a notification channel")
            })
            .delete_with(remove, |it| {
                it.id("removeNotificationChannel").tag(tag).summary("Remove a notification channel")
            }),
        )
        .api_route(
            "/notifications/confirmation",
            post_with(resend_confirmation, |it| {
                it.id("sendAddressConfirmation")
                    .tag(tag)
                    .summary("Send the confirmation link for your email address again")
                    .with(error_response::<409>)
            }),
        )
        .api_route(
            "/notifications/channels/{id}/test",
            post_with(test, |it| {
                it.id("testNotificationChannel")
                    .tag(tag)
                    .summary("Send a test message to a notification channel")
            }),
        )
}

input! {
    /// The page to list
    struct ListQuery {
        /// The cursor of the page
        cursor: Option<Cursor<NewestFirst<ChannelId>>>,
        /// The maximum number of channels
        limit: Option<Limit>,
    }
}

async fn list(
    State(app): State<App>,
    user: User,
    Query(query): Query<ListQuery>,
) -> Result<SerializedJson<Page<Channel>>> {
    let limit = query.limit.unwrap_or_default();
    SerializedJson::serialize(&service::list(&app, &user, query.cursor, limit).await?)
}

async fn add(
    State(app): State<App>,
    caller: SessionUser,
    IdempotentJson { input, idempotency }: IdempotentJson<NewChannel>,
) -> Result<Created<Channel>> {
    service::add(&app, &caller, input, idempotency).await
}

async fn resend_confirmation(State(app): State<App>, caller: SessionUser) -> Result<NoContent> {
    service::resend_confirmation(&app, &caller.user).await?;
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
) -> Result<SerializedJson<SendResult>> {
    SerializedJson::serialize(&service::test(&app, &caller.user, id).await?)
}
