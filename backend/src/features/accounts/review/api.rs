//! Reviewing as JSON.

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;

use super::Review;
use crate::{
    core::{
        App, Result,
        http::{NoContent, Record},
    },
    features::accounts::{Signer, User},
};

pub(in crate::features::accounts) fn router() -> ApiRouter<App> {
    ApiRouter::new().api_route(
        "/auth/review",
        get_with(find, |it| {
            it.id("readAccessReview")
                .tag("Accounts")
                .summary("List what can act for your account")
                .description(
                    "Passkeys, linked log-ins and notification channels. After a password reset, those \
                     that were added before it have no effect until you end the review.",
                )
        })
        .delete_with(finish, |it| {
            it.id("endAccessReview")
                .tag("Accounts")
                .summary("End the review after a password reset")
                .description("Whatever you have not removed takes effect again.")
        }),
    )
}

async fn find(State(app): State<App>, user: User) -> Result<Record<Review>> {
    Ok(Record(super::find(&app, &user).await?))
}

async fn finish(State(app): State<App>, signer: Signer) -> Result<NoContent> {
    super::finish(&app, &signer).await?;
    Ok(NoContent)
}
