//! The JSON API for the access review.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;

use super::AccessReview;
use crate::{
    app::App,
    core::{
        Result,
        http::{NoContent, Record},
    },
    features::accounts::{SessionUser, User},
};

pub(in crate::features::sessions) fn router() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/auth/review",
        get_with(find, |it| {
            it.id("readAccessReview")
                .tag("Accounts")
                .summary("List what has access to your account")
                .description(
                    "Lists passkeys, linked accounts and notification channels. After a password reset, \
                     those that were added before it have no effect until you complete the review.",
                )
        })
        .delete_with(finish, |it| {
            it.id("endAccessReview")
                .tag("Accounts")
                .summary("Complete the access review after a password reset")
                .description("The items that you have not removed take effect again.")
        }),
    )
}

async fn find(State(app): State<App>, user: User) -> Result<Record<AccessReview>> {
    Ok(Record(super::find(&app, &user).await?))
}

async fn finish(State(app): State<App>, caller: SessionUser) -> Result<NoContent> {
    super::finish(&app, &caller).await?;
    Ok(NoContent)
}
